"""Dumps: JSON fits its schema, TSV has its columns, and both say what the text says."""

from __future__ import annotations

import json
import pathlib

import jsonschema
import pytest

from compiler.ir.dump import COLUMNS, to_json, to_tsv
from compiler.ir.text import parse_module
from compiler.lir.ops import LIR
from compiler.mir.ops import MIR
from tests.mir.random_modules import generate
from tests.mir.samples import SAMPLES

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"
LIR_TEXT = """module lir

function @f -> i64
b0(%0:i64 %1:ptr)
  %2:i64 = load.i64 #[16,8] %1 %0
  store.i64 #[-8,1] %2 %1
  ret %2
"""


def schema(level):
    return json.loads((SCHEMAS / f"ir.{level}.json").read_text("utf-8"))


def modules():
    yield from ((parse_module(text, MIR), MIR) for text, _ in SAMPLES.values())
    yield from ((generate(seed), MIR) for seed in range(10))
    yield parse_module(LIR_TEXT, LIR), LIR


def test_json_fits_its_schema_and_the_module():
    for module, level in modules():
        document = json.loads(to_json(module, level))
        jsonschema.validate(document, schema(level.name))
        assert [f["name"] for f in document["functions"]] == list(module.functions)
        for function in document["functions"]:
            mine = module.functions[function["name"]]
            assert len(function["rows"]) == sum(len(b.params) + len(b.body) for b in mine.blocks)


def test_the_schemas_name_every_op_and_refuse_others():
    for level in (MIR, LIR):
        found = schema(level.name)
        ops = found["$defs"]["row"]["properties"]["op"]["enum"]
        assert ops == ["param", *(row.name for row in level.ops)]
    document = json.loads(to_json(parse_module(LIR_TEXT, LIR), LIR))
    document["functions"][0]["rows"][2]["op"] = "frob"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema("lir"))


def test_tsv_has_one_row_an_instruction():
    for module, level in modules():
        lines = to_tsv(module, level).split("\n")
        assert lines[0].split("\t") == list(COLUMNS)
        assert lines[-1] == ""
        assert all(line.count("\t") == len(COLUMNS) - 1 for line in lines[:-1])
        count = sum(len(b.params) + len(b.body) for f in module.functions.values() for b in f.blocks)
        assert len(lines) == count + 2


def test_hotness_is_the_loop_depth_and_ownership_the_tables():
    module = parse_module(SAMPLES["arrays"][0], MIR)
    rows = [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in to_tsv(module, MIR).split("\n")[1:] if line]
    mine = [row for row in rows if row["function"] == "sum"]
    assert {row["block"]: row["hotness"] for row in mine} == {
        "0": "0", "1": "1", "2": "1", "3": "2", "4": "2", "5": "1", "6": "0",
    }  # fmt: skip
    store = next(row for row in mine if row["op"] == "array.set")
    assert (store["ownership"], store["effect"], store["args"]) == ("bbo", "writes", "[9,10,17]")
    checked = [row["place"] for row in mine if row["op"] == "check.bounds"]
    assert checked == ["m.0x0:3:3", "m.0x0:4:3", "m.0x0:5:3"]
