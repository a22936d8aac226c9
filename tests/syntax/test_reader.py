"""The reader against the lexical rules of the language, case by case, and against random text."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import Kind, Sink, SourceFile
from compiler.messages import parse
from compiler.syntax.forms import FLOAT, INT, LIST, SYMBOL, Forms, Symbols
from compiler.syntax.quick import read_quickly
from compiler.syntax.reader import DEPTH, _find_invisible, _walk, read
from compiler.syntax.source import decode


def reading(text: str) -> tuple[list[object], list[str]]:
    """The top-level forms as Python values, and what is wrong as `CODE line:col`."""
    file, symbols, sink = SourceFile(0, "a.0x0", text), Symbols(), Sink()
    forms = read(file, symbols, sink)
    wrong = ["{} {}:{}".format(item.kind.code, *file.place(item.start)) for item in sink.items]
    return [value(forms, symbols, node) for node in forms.top], wrong


def value(forms: Forms, symbols: Symbols, node: int) -> object:
    """Lists as lists, symbols as `'name`, floats and ints as themselves, texts as ("text", …)."""
    kind, data = forms.kind[node], forms.data[node]
    if kind == LIST:
        return [value(forms, symbols, child) for child in forms.children(node)]
    if kind == SYMBOL:
        return "'" + symbols.names[data]
    if kind == FLOAT:
        return struct.unpack("<d", data.to_bytes(8, "little"))[0]
    return data if kind == INT else ("text", forms.texts[data])


GOOD = [
    ("", []),
    ("; only a comment", []),
    ("(a (b 1) -2)", [["'a", ["'b", 1], -2]]),
    ("a\tb\r\nc ; d\n(e)", ["'a", "'b", "'c", ["'e"]]),
    ("0 -0 007 1_000 1_", [0, 0, 7, 1000, 1]),
    ("0xff 0xFF -0x10 0b1010 0xF_F", [255, 255, -16, 10, 255]),
    ("9223372036854775807 -9223372036854775808", [(1 << 63) - 1, -(1 << 63)]),
    ("1.5 -2e9 1e0 6.02E+23 1_0.2_5", [1.5, -2e9, 1.0, 6.02e23, 10.25]),
    ("0.1 1e-400 1.7976931348623157e308", [0.1, 0.0, 1.7976931348623157e308]),
    (r'"a\n\t\r\"\\b" ""', [("text", 'a\n\t\r"\\b'), ("text", "")]),
    (r'"\u{1F600}\u{0}\u{10FFFF}"', [("text", "\U0001f600\0\U0010ffff")]),
    ('"two\nlines" "crlf\r\nend"', [("text", "two\nlines"), ("text", "crlf\nend")]),
    ('"; no comment" "(" a', [("text", "; no comment"), ("text", "("), "'a"]),
    ('(f"x"g)', [["'f", ("text", "x"), "'g"]]),
    ("(⊙ m) (↥ x) (↦ y) (τ T)", [["'module", "'m"], ["'import", "'x"], ["'export", "'y"], ["'type", "'T"]]),
    ("(ƒ λ ≔ ∷ →)", [["'fn", "'fn", "'let", "'::", "'->"]]),
    ("i64->f64 empty? set! != <= . geo.area _ - -> été", None),
    ("()", [[]]),
]


@pytest.mark.parametrize(("text", "expected"), GOOD)
def test_reads(text: str, expected: list[object] | None) -> None:
    forms, wrong = reading(text)
    assert wrong == []
    assert forms == (["'" + word for word in text.split()] if expected is None else expected)


BAD = [
    ("\ufeff(a)", "PARSE-002 1:1"),
    ("(a\u200bb)", "PARSE-003 1:3"),
    ('(a "\u202e")', "PARSE-003 1:5"),
    ("(a)\n; \x07", "PARSE-003 2:3"),
    ("(a\rb)", "PARSE-003 1:3"),
    ("(a\xa0b)", "PARSE-003 1:3"),
    ("(a\u3164)", "PARSE-003 1:3"),
    ("(a 'b)", "PARSE-004 1:4"),
    ("(a b@c)", "PARSE-004 1:5"),
    ("(a ½)", "PARSE-004 1:4"),
    ("(a [1 2] {)", "PARSE-005 1:4", "PARSE-005 1:10"),
    ("(a ])", "PARSE-005 1:4"),
    *[
        (word, "PARSE-006 1:1")
        for word in ("12abc", "1.", ".5", "-.5", "+5", "1.5.2", "0x", "0b2", "0xg", "1e", "1e+", "--5"[1:] + "x")
    ],
    ("9223372036854775808", "PARSE-007 1:1"),
    ("-9223372036854775809", "PARSE-007 1:1"),
    ("0x8000000000000000", "PARSE-007 1:1"),
    ("9" * 10_000, "PARSE-007 1:1"),
    ("0x" + "f" * 10_000, "PARSE-007 1:1"),
    ("1e999", "PARSE-008 1:1"),
    ("-1.8e308", "PARSE-008 1:1"),
    (r'(a "x\q\z")', "PARSE-009 1:6", "PARSE-009 1:8"),
    (r'"\u{D800}"', "PARSE-010 1:2"),
    (r'"\u{110000}" "\u{}" "\u{1"', "PARSE-010 1:2", "PARSE-010 1:15", "PARSE-010 1:22"),
    ('(a "b)\n(c', "PARSE-011 1:4", "PARSE-012 2:1"),
    ('(a "b\\', "PARSE-011 1:4"),
    ("(a (b 1)", "PARSE-012 1:1"),
    ("(a (b 1", "PARSE-012 1:4"),
    ("(a (b)\n(c d)\n(e))\n(f (g)", "PARSE-012 1:1", "PARSE-013 3:4", "PARSE-012 4:1"),
    ("(a))\n)", "PARSE-013 1:4", "PARSE-013 2:1"),
    ("x" * 256, "PARSE-014 1:1"),
    ("é" * 128, "PARSE-014 1:1"),
    ("(" * 100_000, "PARSE-015 1:10001"),
    ("(" * 100_000 + ")" * 100_000, "PARSE-015 1:10001"),
]


@pytest.mark.parametrize(("text", "codes"), [(row[0], list(row[1:])) for row in BAD], ids=lambda row: repr(row)[:30])
def test_complains(text: str, codes: list[str]) -> None:
    assert reading(text)[1] == codes


def test_the_longest_name_and_the_deepest_form_are_fine() -> None:
    assert reading("x" * 255)[1] == []
    assert reading("(" * DEPTH + ")" * DEPTH) == ([_nested(DEPTH)], []) if DEPTH < 500 else True
    file, sink = SourceFile(0, "a", "(" * DEPTH + ")" * DEPTH), Sink()
    assert len(read(file, Symbols(), sink).kind) == DEPTH
    assert not sink


def _nested(depth: int) -> object:
    return [] if depth == 1 else [_nested(depth - 1)]


def test_a_broken_form_is_left_out_and_the_rest_is_read() -> None:
    assert reading('(a 1.)\n(b)\n(c "\\q")\n(d)') == ([["'b"], ["'d"]], ["PARSE-006 1:4", "PARSE-009 3:5"])
    assert reading("(a (b)\n(c)\n(d)") == ([["'c"], ["'d"]], ["PARSE-012 1:1"])
    assert reading('(a "b)\n(c)\n(d "e")') == ([["'c"], ["'d", ("text", "e")]], ["PARSE-011 1:4"])


def test_a_name_is_interned_once_whatever_its_spelling() -> None:
    symbols = Symbols()
    read(SourceFile(0, "a", "≔ let ∷ :: → -> ⊙ module ↥ import ↦ export τ type ƒ λ fn"), symbols, Sink())
    assert symbols.names == ["let", "::", "->", "module", "import", "export", "type", "fn"]


@pytest.mark.parametrize("data", [b"(a \xff)", b"(a \xc3\xa9 \xc3)", b"\x80", b"(\xed\xa0\x80)"])
def test_not_utf8_has_a_place(data: bytes) -> None:
    sink = Sink()
    file, readable = decode(0, "a.0x0", data, sink)
    assert not readable
    (item,) = sink.items
    assert item.kind is parse.NOT_UTF8
    before = data[: int(str(item.facts["offset"]))].decode("utf-8")
    assert item.start == len(before)
    assert file.text.startswith(before + "\ufffd")


def test_places_are_those_of_the_text() -> None:
    text = '(≔ ((x "é\\n")) -12) ; c\nlast'
    file, sink = SourceFile(0, "a", text), Sink()
    forms = read(file, Symbols(), sink)
    assert [text[forms.start[n] : forms.end[n]] for n in range(len(forms.kind))] == [
        '(≔ ((x "é\\n")) -12)',
        "≔",
        '((x "é\\n"))',
        '(x "é\\n")',
        "x",
        '"é\\n"',
        "-12",
        "last",
    ]


@given(st.text(alphabet=st.sampled_from('()"\\;[]{} \n\r\tab1.-ue\u200bé≔λ\x00@'), max_size=60) | st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    file, sink = SourceFile(0, "a", text), Sink()
    forms = read(file, Symbols(), sink)
    for item in sink.items:
        assert 0 <= item.start < max(item.end, 1) <= len(text)
        assert item.message
        assert item.help
    assert [item.start for item in sink.items] == sorted(item.start for item in sink.items)
    for node in forms.top:
        assert text[forms.start[node] : forms.end[node]]
    balanced = text.count("(") == text.count(")")
    if not sink and '"' not in text and ";" not in text:
        assert balanced


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    sink = Sink()
    file, readable = decode(0, "a", data, sink)
    if readable:
        read(file, Symbols(), sink)
    else:
        assert len(sink.items) == 1


def test_every_float_is_read_as_python_reads_it() -> None:
    words = ["1e22", "9007199254740993.0", "2.2250738585072011e-308", "5e-324", "0.1e1", "123456789.123456789e-5"]
    assert reading(" ".join(words))[0] == [float(word) for word in words]


def test_work_grows_with_the_text_and_not_faster() -> None:
    """A word is classified once however often it stands; nodes are one per token."""
    symbols = Symbols()
    forms = read(SourceFile(0, "a", "(f a b)\n" * 5000), symbols, Sink())
    assert len(symbols.names) == 3
    assert len(forms.kind) == 20_000
    assert len(forms.kids) == 15_000


PIECES = [
    "(",
    ")",
    " ",
    "\n",
    "  ",
    "a",
    "(fn ",
    "))",
    "-1",
    "1.5",
    "1.",
    '"t"',
    '"\\q"',
    '"',
    "; c\n",
    "\t",
    "\r",
    "[",
    "≔",
    "\xa0",
]


def both_ways(text: str) -> bool:
    """Whether the quick reader takes a text, which the walk must then read as the same forms and find right."""
    symbols = Symbols()
    quick = read_quickly(text, symbols, DEPTH)
    problems: list[tuple[Kind, int, int, Mapping[str, object]]] = []
    walked, complete = _walk(text, symbols, problems, strict=False)
    _find_invisible(text, problems)
    assert (quick is not None) == (complete and not problems), text
    if quick is not None:
        for part in Forms.__slots__:
            assert getattr(quick, part) == getattr(walked, part), (part, text)
    return quick is not None


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_the_quick_reader_and_the_walk_read_alike(text: str) -> None:
    both_ways(text)


def test_the_quick_reader_takes_every_program_without_mistakes() -> None:
    root = Path(__file__).parents[2]
    paths = sorted([*(root / "fixtures").rglob("*.0x0"), *(root / "compiler" / "std").glob("*.0x0")])
    taken = 0
    for path in paths:
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue
        taken += both_ways(text)
    assert taken > 200
    assert both_ways("(" * DEPTH + ")" * DEPTH)
    assert not both_ways("(" * (DEPTH + 1) + ")" * (DEPTH + 1))
