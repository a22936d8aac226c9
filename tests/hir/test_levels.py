"""HIR of every positive program: the verifier accepts it, the text reads back, the dumps fit their descriptions."""

from __future__ import annotations

import csv
import io
import json
import os
import pathlib

import jsonschema
import pytest

from compiler.diagnostics import Sink
from compiler.hir import dump, spec
from compiler.hir.program import Program
from compiler.hir.text import TextError, parse_program, print_program
from compiler.hir.verify import verify
from compiler.modules.load import load
from compiler.types.check import check
from tests.conftest import ROOT

PROGRAMS = sorted([*(ROOT / "fixtures/programs").glob("*.0x0"), *(ROOT / "fixtures/projects").glob("*/main.0x0")])
SCHEMA = json.loads((ROOT / "schemas/ir.hir.json").read_text("utf-8"))


def checked(path: pathlib.Path) -> Program:
    sink = Sink()
    graph = load(str(path), frozenset(), sink)
    assert graph is not None
    found = check(graph, sink)
    assert found is not None
    return found


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.parent.name + "/" + path.stem)
def test_every_program(path: pathlib.Path) -> None:
    program = checked(path)
    assert verify(program) == []
    text = print_program(program)
    again = parse_program(text)
    assert print_program(again) == text
    assert verify(again) == []
    document = json.loads(dump.to_json(program))
    jsonschema.validate(document, SCHEMA)
    rows = list(csv.reader(io.StringIO(dump.to_tsv(program)), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert tuple(rows[0]) == dump.TSV_COLUMNS
    assert len(rows) - 1 == sum(len(f.body.op) for f in program.functions)
    assert {len(row) for row in rows} == {len(dump.TSV_COLUMNS)}


@pytest.mark.parametrize("body", ["x", "(λ (y) x)", "(list)", "(do x x)"])
def test_bodies_that_look_like_rows(body: str) -> None:
    from tests.types.checking import MAIN
    from tests.types.checking import program as source

    program = source(f"(ƒ f (x) {body}){MAIN}")
    assert verify(parse_program(print_program(program))) == verify(program) == []


def test_the_text_keeps_what_running_needs() -> None:
    """The reference interpreter gives the same output for a program and for its text read back."""
    from compiler.hir.interp import run

    for name in ("closures", "patterns", "show-all", "records"):
        path = ROOT / f"fixtures/programs/{name}.0x0"
        program = checked(path)
        outputs = []
        for each in (program, parse_program(print_program(program))):
            out, err = io.BytesIO(), io.BytesIO()
            status = run(each, argv=[], stdin=io.BytesIO(), stdout=out, stderr=err)
            outputs.append((status, out.getvalue(), err.getvalue()))
        assert outputs[0] == outputs[1]


HEAD = 'hir program\n(file 0 "x" "")\n(function f 0 0 0 () () (caps) (doc "") (params)'
BAD_TEXTS = {
    "another level": "mir program\n",
    "nothing": "",
    "open": "hir program\n(data main.T 0",
    "too many": "hir program\n)",
    "unknown row": "hir program\n(frob 1)",
    "unknown function": "hir program\n(main main.main)",
    "row cut short": "hir program\n(file 0)",
    "no body": HEAD + " (result I64))",
    "unknown op": HEAD + " (result I64) (jump I64 0 0))",
    "unknown type": HEAD + " (result I65) (i64 I64 0 0 1))",
    "word for a number": HEAD + " (result I64) (i64 I64 0 0 one))",
}


def test_a_small_text_is_read() -> None:
    """What the bad ones are bad against."""
    assert verify(parse_program(HEAD + " (result I64) (i64 I64 0 0 1))")) == []


@pytest.mark.parametrize("name", BAD_TEXTS)
def test_bad_text_is_refused(name: str) -> None:
    with pytest.raises(TextError):
        parse_program(BAD_TEXTS[name])


def test_the_reference_page_is_current() -> None:
    path = ROOT / "docs/reference/hir.md"
    if os.environ.get("BLESS") == "1":
        path.write_text(spec.reference(), "utf-8")
    assert path.read_text("utf-8") == spec.reference()
