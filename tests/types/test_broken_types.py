"""A user type with a mistake in a field gives that one message; no later check stumbles over the field."""

from __future__ import annotations

import pathlib

import pytest

from compiler import pipeline
from compiler.diagnostics import Sink

# Types with mistakes are numbered in the order of inference, so there has to be some before them.
EARLIER = "\n".join(f"(ƒ f{k} (n) (≔ ((a n) (b (list a n)) (c (list b))) (list c)))" for k in range(200))

USES = {
    "a callee stores": (
        "(ƒ put (∷ (→ Table Unit)) (b) (array-set! (. b cells) 0 3))\n(ƒ go (_) (put (Table (array 2 0) (list))))"
    ),
    "equality": "(ƒ same (a b) (= (: a Table) b))",
    "showing": "(ƒ shown (a) (show (: a Table)))",
    "a match": "(ƒ look (t) (match t ((Table a (list)) 1) ((Table a (cons b c)) 2)))",
    "a match with holes": "(ƒ look (t) (match t ((Table a (cons b c)) 2)))",
    "a match in a field of its own": "(ƒ look (t) (match t ((Table a (list (cons (Really 1) b))) 2) (_ 3)))",
    "Any": "(ƒ boxed (t) (: (: t Table) Any))",
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_one_message(tmp_path: pathlib.Path, use: str) -> None:
    (tmp_path / "a.0x0").write_text(EARLIER, "utf-8")
    (tmp_path / "main.0x0").write_text(
        '(↥ "a.0x0" a)\n(τ (Perhaps a) (Really a) Not)\n'
        f"(τ Table (Table (cells (Array I64)) (rows (List (List Nope)))))\n{use}\n(ƒ main (_) 0)\n",
        "utf-8",
    )
    sink = Sink()
    pipeline.front(str(tmp_path / "main.0x0"), frozenset(), sink)
    assert [item.kind.code for item in sink.items] == ["SEM_UNBOUND-021"]
