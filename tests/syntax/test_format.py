"""The formatter: the same forms, the same comments, the same again when repeated."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import Sink, SourceFile
from compiler.syntax.format import COLUMNS, format_source
from compiler.syntax.forms import Symbols
from compiler.syntax.reader import read, same

SAMPLE = """\
; header comment
(module shapes) (import "lib/x.0x0" x)


(export area Shape)
(type Shape (Circle (r F64)) (Rect (w F64) (h F64)))   ; trailing
(fn area (:: (-> Shape F64)) (cap pure) (s) (match s ((Circle r) (* 3.14 (* r r))) ; circle
 ((Rect w h) (when (> w 0.0)) (* w h)) (_ 0.0)))
(fn long-name (:: (-> (List (Option I64)) (-> I64 I64) (Array F64) (Result I64 Text) Unit)) (cap io file) (xs f a r)
(do (print "hello") (print "world, this is long")

   ; about to set
   (set! x 1)) (list 1111111 2222222 3333333 4444444 5555555 6666666 7777777 8888888 99999999 1010101010 11111111))
(fn main (_) (let ((x 1) (mut y (fn (a b) (+ a b)))) (while (< x 10) (set! x (+ x 1)) (print (i64->text x)))
(if (= x 10) (print "a
b") (some-function-with-a-long-name (nested (deeply (and-more 1 2 3) 4) 5) (another-thing 12345 67890) 1)) y) ; last
)
"""


def check(text: str) -> str:
    """The text laid out, after looking at everything that must hold of it."""
    once = format_source(text, "a.0x0")
    symbols, sink = Symbols(), Sink()
    before = read(SourceFile(0, "a", text), symbols, sink)
    after = read(SourceFile(1, "a", once), symbols, sink)
    assert not sink
    assert same(before, after)
    assert format_source(once, "a.0x0") == once
    assert comments(once) == comments(text)
    assert not once or (once.endswith("\n") and not once.endswith("\n\n"))
    return once


def comments(text: str) -> list[str]:
    """The comments of a text, found by a loop of its own."""
    found, at = [], 0
    while at < len(text):
        if text[at] == '"':
            at += 1
            while text[at] != '"':
                at += 1 + (text[at] == "\\")
        elif text[at] == ";":
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            found.append(text[at:end].rstrip())
            at = end
        at += 1
    return found


def test_the_sample(golden: Callable[[str, str], None]) -> None:
    golden("syntax/format.0x0", check(SAMPLE))


def test_no_line_is_too_wide() -> None:
    assert max(map(len, check(SAMPLE).splitlines())) <= COLUMNS


CASES = [
    ("", ""),
    (" \n\n ", ""),
    ("; c", "; c\n"),
    ("(a)(b) c", "(a)\n(b)\nc\n"),
    ("(a)\n\n\n\n(b)", "(a)\n\n(b)\n"),
    ("(fn f (x) (fn (y) (let () y)))", "(ƒ f (x) (λ (y) (≔ () y)))\n"),
    ("(module m)(f module (type x) type)", "(⊙ m)\n(f module (type x) type)\n"),
    ("(a ; c\n b)", "(a  ; c\n   b)\n"),
    ("(a b ; c\n)", "(a b  ; c\n   )\n"),
    ("( ; c\n)", "(  ; c\n )\n"),
    ("( ; c\n fn f () 1)", "(  ; c\n  ƒ f ()\n  1)\n"),
    ('(a "x\r\ny" 0x_f 1_0)\r\n', '(a "x\ny" 0x_f 1_0)\n'),
    ("(match x (a 1) (_ 2))", "(match x\n  (a 1)\n  (_ 2))\n"),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=range(len(CASES)))
def test_layout(text: str, expected: str) -> None:
    assert check(text) == expected


def test_the_deepest_form_is_laid_out() -> None:
    check("(" * 9_999 + ")" * 9_999)
    text = check("(abc " * 9_999 + ")" * 9_999)
    assert len(text) < 9_999 * 80


heads = st.sampled_from(
    [
        "fn",
        "let",
        "match",
        "do",
        "if",
        "for",
        "τ",
        "::",
        "when",
        "cfg",
        "module",
        "f",
        "list",
        "very-long-name-for-a-head",
    ]
)
atoms = heads | st.sampled_from(["x", "1", "-2.5", '"t"', '"two\nlines"', '"\\""', "some-rather-long-identifier-here"])
spaces = st.sampled_from([" ", "\n", "\n\n", " ; note\n", "\n; own\n", "\n\n  ;; apart\n\n\n", "\t\r\n"])
trees = st.recursive(atoms, lambda inner: st.lists(inner, max_size=7), max_leaves=40)


@st.composite
def sources(draw: st.DrawFn) -> str:
    """A file: random trees, random space and comments between any two tokens."""

    def write(tree: object) -> str:
        gap = draw(spaces)
        if isinstance(tree, str):
            return gap + tree
        assert isinstance(tree, list)
        return gap + "(" + "".join(map(write, tree)) + draw(spaces | st.just("")) + ")"

    return "".join(write(tree) for tree in draw(st.lists(trees, max_size=4))) + draw(spaces)


@given(sources())
def test_any_file_keeps_its_forms_and_comments(text: str) -> None:
    check(text)
