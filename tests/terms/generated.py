"""Random terms and random modules for the calculator of s-expressions, each repeated by its seed.

Terms are grown from the twin's table of operators.  Modules are real ones with words exchanged, expressions repeated
and expressions put into a form that a lint looks for, where any expression may stand; so they read, and mean nothing.
"""

from __future__ import annotations

import importlib
import random
import sys
from types import ModuleType
from typing import Any

from tests.conftest import ROOT

PROJECT = ROOT / "fixtures/projects/terms"
# What has other things than expressions inside, where words may not be exchanged.
CALM = {"mut", "match", "fn", "let", "λ", "ƒ", "≔", "for", "set!", "with"}
CLOSED = {"doc", "import", "↥", "τ", "type", "cap", "cfg", "∷", "::", "extern", "const"}
WRAPPED = ("(not {0})", "(if {0} {0} {0})", "(+ 0 {0})", "(do {0})", "(= {0} {0})", "(and {0} {0} true)", "(≔ () {0})")
WRAPPED += (
    "(match {0} (zz zz) (_ 1))",
    "(if (= zz 1) 1 (if (= zz 1) {0} 2))",
    "(λ (zz) (ff zz))",
    "(≔ ((mut zz 1)) {0} zz)",
)
WRAPPED += ("(not (= {0} 1))", "(not (not {0}))", "(if {0} true false)", "(= (len {0}) 0)", "(for (i 2 1) {0})")
WRAPPED += ("(set! zz zz)", "(match {0} (1 2) (1 3) (zz 4) (_ {0}))")


def twin(name: str) -> ModuleType:
    """A module of the twin; its files are beside the project and write no bytecode there."""
    sys.path.insert(0, str(PROJECT))
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        return importlib.import_module(name)
    finally:
        sys.dont_write_bytecode = kept
        sys.path.remove(str(PROJECT))


def term(r: random.Random, sort: str, depth: int) -> str:
    operators = twin("expressions").OPERATORS
    if depth == 0 or r.random() < 0.15:
        return r.choice(["-1", "0", "1", "2", "x", "y", "z"] if sort == "#" else ["p?", "q?", "true", "false"])
    name = r.choice([name for name, (_, gives, _) in operators.items() if gives == sort])
    return f"({name} {' '.join(term(r, each, depth - 1) for each in operators[name][0])})"


def words(form: Any) -> set[str]:
    return ({form.word} if form.word else set()).union(*map(words, form.items))


def mutate(r: random.Random, form: Any, pool: list[str]) -> None:
    if form.head in CLOSED:
        return
    calm = not form.head or form.head[0].isupper() or form.head in CALM
    for index, each in enumerate(form.items):
        chance = 1.0 if calm or not index else r.random()
        if chance < 0.04 and each.word:
            form.items[index] = twin("expressions").read(r.choice(pool))[0]
        elif chance < 0.06:
            form.items[index] = twin("expressions").read(r.choice(WRAPPED).format(each))[0]
        elif chance < 0.08 and len(form.items) > 2:
            form.items[index] = form.items[r.randrange(1, len(form.items))]
        else:
            mutate(r, each, pool)


def module(r: random.Random, source: str) -> str:
    """The module as a command to lint it."""
    forms = twin("expressions").read(source)
    known = set().union(*map(words, forms)) - CALM - CLOSED
    pool = sorted(known) + ["0", "1", "true", "false", "x", '""'] * 3
    for form in forms:
        mutate(r, form, pool)
    return "\n".join(("(lint", *map(repr, forms), ")\n"))
