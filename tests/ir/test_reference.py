"""The reference pages are what the op tables say."""

from __future__ import annotations

import os
import pathlib

import pytest

from compiler.ir.reference import EFFECTS, page
from compiler.lir import ops as lir
from compiler.mir import ops as mir

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.mark.parametrize(
    ("level", "module", "title", "ownership"),
    [(mir.MIR, mir, "MIR: the middle representation", True), (lir.LIR, lir, "LIR: the low representation", False)],
    ids=["mir", "lir"],
)
def test_the_page_is_current(level, module, title, ownership):
    text = page(level, title, module.__doc__, ownership=ownership)
    path = DOCS / f"{level.name}.md"
    if os.environ.get("BLESS") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text, f"{path.name} is not current; run: invoke bless"


def test_every_effect_has_words():
    assert {row.effect for row in (*mir.OPS, *lir.OPS)} == set(EFFECTS)
