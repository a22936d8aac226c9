"""Dumps: text reads back to the same function and bytes, JSON fits its schema, the reference page is the table."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest

from compiler.machine import dump, spec, text
from compiler.machine.ops import OPS
from compiler.targets.x86_64.compile import allocate, encode, machine_function, select
from tests.machine.generator import Generator

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("seed", range(40, 60))
def test_text_reads_back_at_both_stages(seed: int) -> None:
    mf = select(Generator(seed, 60).make())
    selected = text.print_function(mf)
    again = text.parse_function(selected)
    assert text.print_function(again) == selected
    allocate(mf)
    allocated = text.print_function(mf)
    parsed = text.parse_function(allocated)
    assert text.print_function(parsed) == allocated
    expected = encode(mf)
    assert encode(parsed).bytes == expected.bytes
    allocate(again)
    code = encode(again)
    assert (code.bytes, code.relocs) == (expected.bytes, expected.relocs)


def test_a_bad_text_is_refused() -> None:
    good = text.print_function(machine_function(Generator(1, 20).make()))
    for bad in (good.replace(" ret", " rot"), good.replace("b0()", "b0"), good.replace("rdi", "rzz")):
        with pytest.raises(text.TextError):
            text.parse_function(bad)


def test_json_fits_its_schema_and_tsv_its_columns() -> None:
    functions = [machine_function(Generator(seed, 60).make()) for seed in range(5)]
    document = json.loads(dump.to_json(functions))
    jsonschema.validate(document, json.loads((ROOT / "schemas/ir.machine.json").read_text()))
    lines = dump.to_tsv(functions).splitlines()
    assert {line.count("\t") for line in lines} == {len(dump.COLUMNS) - 1}
    assert len(lines) == 1 + sum(len(function["rows"]) for function in document["functions"])


def test_the_reference_page_is_the_table() -> None:
    path = ROOT / "docs/reference/machine.md"
    if os.environ.get("BLESS"):
        path.write_text(spec.reference())
    assert path.read_text() == spec.reference()
    assert len({row.name for row in OPS}) == len(OPS)


def test_selection_is_the_same_every_time() -> None:
    first = dump.to_text([machine_function(Generator(77, 120).make())])
    assert dump.to_text([machine_function(Generator(77, 120).make())]) == first
