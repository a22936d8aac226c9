"""Every row of the language's and the levels' tables is used: a row that no program reaches proves nothing."""

from __future__ import annotations

import functools
import re

import pytest

from compiler import pipeline
from compiler.builtins import BUILTINS
from compiler.diagnostics import Sink
from compiler.options import Options
from tests.conftest import ROOT
from tests.repo.tracked import files

CORPUS = files("fixtures/programs/*.0x0", "fixtures/workloads/*.0x0", "fixtures/projects/*/main.0x0")

SOURCES = files("fixtures/programs/*.0x0", "fixtures/workloads/*.0x0", "fixtures/projects/*.0x0")


def _add(found: dict[str, set[str]], level: str, names: object) -> None:
    found.setdefault(level, set()).update(names)  # type: ignore[call-overload]


@functools.cache
def reached() -> dict[str, set[str]]:
    """The names of the ops of each level, and of the builtins, that the corpus reaches at either level."""
    from compiler.hir import ops as hir
    from compiler.lir.lower import lower
    from compiler.lir.ops import LIR
    from compiler.machine.ops import OPS
    from compiler.mir.ops import MIR
    from compiler.targets.x86_64.compile import machine_function

    found: dict[str, set[str]] = {}
    for path in CORPUS:
        sink = Sink()
        _, program = pipeline.front(str(ROOT / path), frozenset(), sink)
        assert program is not None, (path, sink.items)
        for function in program.functions:
            _add(found, "hir", {hir.OPS[op].name for op in function.body.op})
        for level in ("dev", "release"):
            module = pipeline.middle(program, Options(level=level))
            for f in module.functions.values():
                _add(found, "mir", {MIR.ops[f.op[v]].name for block in f.blocks for v in block.body})
            lir = lower(module)
            for f in lir.functions.values():
                _add(found, "lir", {LIR.ops[f.op[v]].name for block in f.blocks for v in block.body})
            for f in lir.functions.values():
                mf = machine_function(f)
                _add(found, "machine", {OPS[inst.op].name for block in mf.blocks for inst in block.body})
    return found


@functools.cache
def table(level: str) -> list[str]:
    from importlib import import_module

    return [row.name for row in import_module(f"compiler.{level}.ops").OPS]


@functools.cache
def units_of(level: str) -> str:
    """The unit tests of a level, where ops that only special programs need are named."""
    areas = {"machine": ("machine", "targets", "lir"), "lir": ("lir", "machine")}.get(level, (level,))
    return "\n".join((ROOT / path).read_text("utf-8") for area in areas for path in files(f"tests/{area}/*"))


@pytest.mark.parametrize("level", ["hir", "mir", "lir", "machine"])
def test_every_op_is_used(level: str) -> None:
    used = reached()[level]
    lost = [
        op
        for op in table(level)
        if op not in used and not re.search(rf"(?<![\w.-]){re.escape(op)}(?![\w-])", units_of(level))
    ]
    assert lost == [], f"neither the corpus nor a test of {level} uses these"
    assert len(used) * 10 >= len(table(level)) * 7, "the corpus itself should reach most of them"


@pytest.mark.parametrize("row", [row for row in BUILTINS if row.status == "built"], ids=lambda row: row.name)
def test_every_builtin_is_in_the_corpus(row: object) -> None:
    """By its name as a word; which ones the compiler really meets, the ops show."""
    name = row.name  # type: ignore[attr-defined]
    word = re.compile(rf"(?<![^\s()]){re.escape(name)}(?![^\s()])")
    assert any(word.search((ROOT / path).read_text("utf-8")) for path in SOURCES), "no program uses it"


@pytest.mark.parametrize("row", BUILTINS, ids=lambda row: row.name)
def test_every_builtin_is_on_its_page(row: object) -> None:
    page = (ROOT / "docs/reference/builtins.md").read_text("utf-8")
    assert f"| `{row.name}` | `{row.type}` |" in page  # type: ignore[attr-defined]


@pytest.mark.parametrize("row", [row for row in BUILTINS if row.status != "built"], ids=lambda row: row.name)
def test_a_planned_builtin_says_so(row: object, tmp_path: object) -> None:
    """Its use is one diagnostic with its code, and no crash."""
    arguments = {"Bytes": "(bytes 1)"}
    parameters = row.type.strip("()").split()[1:-1]  # type: ignore[attr-defined]
    text = f"(ƒ main (_) (do ({row.name} {' '.join(arguments.get(p, '1') for p in parameters)}) unit))"  # type: ignore[attr-defined]
    path = tmp_path / "planned.0x0"  # type: ignore[operator]
    path.write_text(text, "utf-8")
    sink = Sink()
    pipeline.front(str(path), frozenset(), sink)
    assert "BACKEND_UNSUPPORTED-002" in {item.kind.code for item in sink.items}
