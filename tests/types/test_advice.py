"""The help for those who come from other languages names things that exist, and never stands in a word's own way."""

from __future__ import annotations

import re

from compiler.builtins import BY_NAME
from compiler.messages import elsewhere
from compiler.types import advice
from tests.conftest import ROOT

WORDS = {"if", "do", "match", "while", "for", "and", "or", "list", "array-of", "when", "mut", "panic", "the", "tail"}
PLACEHOLDERS = {"message", "text", "pattern", "x", "y", "e", "c", "a", "f", "i", "t", "n", "name", "body"}


def test_no_row_is_a_name_of_the_language() -> None:
    from compiler.syntax.forms import GLYPHS

    taken = set(BY_NAME) | {word for pair in GLYPHS.items() for word in pair} | {"I64", "F64", "Bool", "Text", "Unit"}
    assert not taken & set(elsewhere.VALUES)
    assert not taken & set(elsewhere.TYPES)


def test_what_is_advised_exists() -> None:
    rows = [*elsewhere.VALUES.values(), *advice.CONVERSIONS.values()]
    named = {word for row in rows for word in re.findall(r"\(([a-z][-a-z0-9>!?<]*)", row)}
    unknown = named - set(BY_NAME) - WORDS - PLACEHOLDERS
    assert not unknown, sorted(unknown)
    for row in [*rows, *elsewhere.TYPES.values()]:
        for module in re.findall(r"std:([a-z]+)", row):
            library = (ROOT / "compiler" / "std" / f"{module}.0x0").read_text("utf-8")
            for member in re.findall(r"`([a-z-]+)` of std", row):
                assert f"(ƒ {member} " in library, (member, module)
