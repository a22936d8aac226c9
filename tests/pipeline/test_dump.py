"""`zero dump`: four levels, three formats; the text reads back, the JSON follows its schema, the TSV is a table."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from compiler import dumping
from compiler.diagnostics import Sink
from compiler.options import Options
from tests.conftest import ROOT

LEVELS = ("hir", "mir", "lir", "machine")
# Closures, records, patterns, floats, texts, tests, features, several modules.
PROGRAMS = (
    "fixtures/programs/show-all.0x0",
    "fixtures/programs/closures.0x0",
    "fixtures/programs/floats.0x0",
    "fixtures/programs/patterns.0x0",
    "fixtures/projects/minisql/main.0x0",
)


@functools.cache
def dumped(path: str, level: str, format: str, optimized: str = "dev") -> str:  # noqa: A002
    sink = Sink()
    text = dumping.dump(str(ROOT / path), level, format, Options(level=optimized), sink)
    assert not sink
    return text


def _ssa(text: str, level: str) -> str:
    from compiler.ir.text import parse_module, print_module
    from compiler.lir.module import LirModule
    from compiler.lir.ops import LIR
    from compiler.mir.ops import MIR

    if level == "mir":
        return print_module(parse_module(text, MIR), MIR)
    return print_module(parse_module(text, LIR, LirModule()), LIR)


def again(text: str, level: str) -> str:
    """The text, read and written once more."""
    if level == "hir":
        from compiler.hir.text import parse_program, print_program

        return print_program(parse_program(text))
    if level == "machine":
        from compiler.machine.text import parse_function, print_function

        blocks = ["machine " + part for part in text.split("\nmachine ")]
        blocks[0] = blocks[0].removeprefix("machine ")
        return "\n".join(print_function(parse_function(block)) for block in blocks)
    return _ssa(text, level)


@pytest.mark.parametrize("optimized", ["dev", "release"])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("path", PROGRAMS)
def test_the_text_reads_back(path: str, level: str, optimized: str) -> None:
    text = dumped(path, level, "text", optimized)
    assert text
    assert again(text, level) == text


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("path", PROGRAMS)
def test_the_json_follows_its_schema(path: str, level: str) -> None:
    schema = json.loads((ROOT / "schemas" / f"ir.{level}.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    document = json.loads(dumped(path, level, "json"))
    assert [error.message for error in validator.iter_errors(document)][:3] == []
    assert document["functions"]
    for damage in (_without, _renamed):
        assert list(validator.iter_errors(damage(document))), "a schema that accepts anything says nothing"


def _without(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "functions"}


def _renamed(document: dict[str, Any]) -> dict[str, Any]:
    first = {**document["functions"][0], "surprise": 1}
    return {**document, "functions": [first, *document["functions"][1:]]}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("path", PROGRAMS)
def test_the_tsv_is_a_table(path: str, level: str) -> None:
    head, *rows = dumped(path, level, "tsv").removesuffix("\n").split("\n")
    columns = head.split("\t")
    assert {"function", "op"} <= set(columns)
    assert rows
    assert {row.count("\t") for row in rows} == {len(columns) - 1}
    document = json.loads(dumped(path, level, "json"))
    names = {row.split("\t")[columns.index("function")] for row in rows}
    assert names <= {function["name"] for function in document["functions"]}
    listed = sum(len(function["nodes" if level == "hir" else "rows"]) for function in document["functions"])
    assert len(rows) == listed


def test_the_release_level_is_another_program() -> None:
    path = PROGRAMS[0]
    assert dumped(path, "mir", "text", "release") != dumped(path, "mir", "text")
    assert dumped(path, "hir", "text", "release") == dumped(path, "hir", "text")


def test_as_a_command(zero: Callable[..., Any]) -> None:
    path = "fixtures/programs/hello.0x0"
    done = zero("dump", path, "--level", "mir")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith("module mir\n")
    assert f'!"{path}:3:3"' in done.stdout.decode()
    done = zero("dump", "fixtures/negative/PARSE-012-at-the-end.0x0", "--level", "lir")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"error[PARSE-012]" in done.stderr
