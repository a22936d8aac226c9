"""The reference pages are what the op tables say."""

from __future__ import annotations

import os
import pathlib

import pytest

from compiler.ir.reference import EFFECTS
from compiler.lir import ops as lir
from compiler.lir import spec as lir_spec
from compiler.mir import ops as mir
from compiler.mir import spec as mir_spec

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.mark.parametrize(("name", "spec", "level"), [("mir", mir_spec, mir.MIR), ("lir", lir_spec, lir.LIR)])
def test_the_page_is_current(name, spec, level):
    text = spec.reference()
    path = DOCS / f"{name}.md"
    if os.environ.get("BLESS") == "1":
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text, f"{path.name} is not current; run: invoke docs"
    for row in level.ops:
        assert f"| `{row.name}` |" in text


def test_every_effect_has_words():
    assert {row.effect for row in (*mir.OPS, *lir.OPS)} == set(EFFECTS)
