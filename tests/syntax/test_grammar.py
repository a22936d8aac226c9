"""docs/language/grammar.ebnf is the language's grammar: a parser made of it takes every program, refuses broken ones.

The parser is lark's (LALR, contextual lexer) and shares nothing with our reader and checker; that it can be built shows
that the grammar is not ambiguous.
"""

from __future__ import annotations

import functools
import re

import pytest
from lark import Lark
from lark.exceptions import UnexpectedInput

from compiler.modules.toplevel import FORMS
from compiler.syntax.forms import GLYPHS
from compiler.types.declare import CAPABILITIES
from compiler.types.special import SPECIAL
from tests.conftest import ROOT
from tests.repo.tracked import files

GRAMMAR = (ROOT / "docs/language/grammar.ebnf").read_text("utf-8")
PROGRAMS = [path for path in map(str, files("*.0x0")) if not re.match("fixtures/(negative|regressions|hostile)/", path)]
# Mistakes that lie in values, encodings or depth, which no context-free grammar of characters sees.
BEYOND = ("PARSE-001", "PARSE-002", "PARSE-003", "PARSE-007", "PARSE-008", "PARSE-010", "PARSE-014", "PARSE-015")
BROKEN = [
    path for path in map(str, files("fixtures/negative/PARSE-*.0x0")) if not path.split("/")[-1].startswith(BEYOND)
]
# Other shapes that the grammar alone refuses.
SHAPES = (
    "SEM_SHAPE-020",
    "SEM_SHAPE-021",
    "SEM_SHAPE-022",
    "SEM_SHAPE-101",
    "SEM_SHAPE-105",
    "SEM_SHAPE-109",
    "SEM_SHAPE-111",
)


def lark_text(ebnf: str) -> str:
    """The grammar in lark's notation: other signs for definition and comments, rules in lower case."""
    lines = []
    for line in re.sub(r"\(\*.*?\*\)", "", ebnf, flags=re.S).splitlines():
        name, defines, body = line.partition("::= ")
        name = name.strip()
        priority = ".2" if name in ("INTEGER", "FLOAT", "TEXT") else ""
        lines.append(f"{name}{priority}: {body}" if defines else line)
    return "\n".join(lines) + "\n%ignore SPACE\n"


@functools.cache
def parser() -> Lark:
    return Lark(lark_text(GRAMMAR), start="program", parser="lalr", lexer="contextual")


@pytest.mark.parametrize("path", PROGRAMS)
def test_takes_every_program(path: str) -> None:
    parser().parse((ROOT / path).read_text("utf-8"))


@pytest.mark.parametrize("path", BROKEN)
def test_refuses_what_does_not_parse(path: str) -> None:
    with pytest.raises(UnexpectedInput):
        parser().parse((ROOT / path).read_bytes().decode("utf-8", "replace"))


@pytest.mark.parametrize("path", [str(p) for code in SHAPES for p in files(f"fixtures/negative/{code}-*.0x0")])
def test_refuses_what_has_no_shape(path: str) -> None:
    with pytest.raises(UnexpectedInput):
        parser().parse((ROOT / path).read_text("utf-8"))


def test_the_grammar_has_every_word_of_the_tables() -> None:
    """Forms, capabilities and glyphs come from the compiler's tables; the grammar names each."""
    literals = set(re.findall(r'"([^"\s]+)"', re.sub(r"\(\*.*?\*\)|/.*/", "", GRAMMAR, flags=re.S | re.M)))
    words = {*SPECIAL, *FORMS, *CAPABILITIES, *GLYPHS, *GLYPHS.values(), "mut", "when", "cfg"}
    assert sorted(words - literals) == []


def test_every_rule_is_used() -> None:
    names = re.findall(r"^(\w+) +::=", GRAMMAR, re.M)
    assert len(names) == len(set(names))
    for name in set(names) - {"program", "SPACE"}:
        assert len(re.findall(rf"\b{name}\b", re.sub(r"\(\*.*?\*\)", "", GRAMMAR, flags=re.S))) > 1, name
