"""What `show` writes is an expression: put into a program it builds an equal value, which is shown alike."""

from __future__ import annotations

import pytest

from tests.lower.lanes import LANES, lines

TYPES = """(τ Shape (Circle F64) (Square (side F64)) Dot)
(τ (Tree a) Leaf (Node (Tree a) a (Tree a)))
(τ Counter (Counter (mut n I64) (name Text)))
"""
VALUES = [
    "unit",
    "(list true false)",
    "(list 0 -1 9223372036854775807 -9223372036854775808)",
    "(list 0.0 -0.0 1e16 1e-5 0.1 5e-324 -1.7976931348623157e308)",
    '(list "" "a\\"b\\\\c" "\\n\\t\\r" "\\u{0}\\u{1}\\u{7f}" "é😀")',
    "(bytes-of)",
    "(list (bytes-of 0 255 7) (bytes 3))",
    "(array-of (list 1) (list))",
    "(array 2 (Some 1.5))",
    "(: (array-of) (Array I64))",
    "(list (Circle 1.0) (Square 2.5) Dot)",
    "(Node (Node Leaf 1 Leaf) 2 Leaf)",
    '(Node Leaf (Ok (list "x")) (Node Leaf (Err 1) Leaf))',
    '(Counter -3 "n")',
    "(list (: 1 Any) (: 2.0 Any) (: (list (bytes-of 1)) Any) (: (: (Some true) Any) Any))",
    "(list (Some (list)) None (Some (list 1)))",
]


@pytest.mark.parametrize("lane", LANES)
def test_what_show_writes_reads_back(lane: str) -> None:
    asked = "\n  ".join([f"(print (show {value}))" for value in VALUES])
    shown = lines(f"{TYPES}(ƒ main (_)\n  {asked})", lane)
    assert len(shown) == len(VALUES)
    again = "\n  ".join(
        [
            f"(print (show (= {value} {text})))\n  (print (show {text}))"
            for value, text in zip(VALUES, shown, strict=True)
        ]
    )
    assert lines(f"{TYPES}(ƒ main (_)\n  {again})", lane) == [x for text in shown for x in ("true", text)]
