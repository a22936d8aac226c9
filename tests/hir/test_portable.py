"""A program taken apart and put together in another: the same text, whatever its numbers are."""

from __future__ import annotations

import marshal
import pathlib

import pytest

from compiler import pipeline
from compiler.diagnostics import Sink
from compiler.hir.portable import pack, pack_data, unpack, unpack_data
from compiler.hir.program import Const, Data, Function, Program
from compiler.hir.text import print_program
from compiler.hir.verify import verify

ROOT = pathlib.Path(__file__).parents[2]
PROGRAMS = [
    *sorted((ROOT / "fixtures/programs").glob("*.0x0")),
    *sorted((ROOT / "fixtures/projects").glob("*/main.0x0")),
    *sorted((ROOT / "compiler/std").glob("*.0x0")),
]


class Numbers:
    """Names of one program, numbered in their order, types from the back."""

    def __init__(self, program: Program, other: Program) -> None:
        self.datas = {data.name: k for k, data in enumerate(program.datas)}
        self.functions = {f.name: f.id for f in program.functions}
        self.consts = {const.name: k for k, const in enumerate(program.consts)}
        for data in program.datas:
            other.datas.append(Data(data.id, data.name, 0))
            other.types.user_names.append("")

    def data(self, name: str) -> int:
        return self.datas[name]

    def function(self, name: str, _: int) -> int:
        return self.functions[name]

    def const(self, name: str) -> int:
        return self.consts[name]


def checked(path: pathlib.Path) -> Program:
    sink = Sink()
    _, program = pipeline.front(str(path), frozenset(), sink)
    assert program is not None, [each.message for each in sink.items]
    return program


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_program_survives_being_taken_apart(path: pathlib.Path) -> None:
    program = checked(path)
    other = Program()
    names = Numbers(program, other)
    for k in range(30, 0, -1):
        other.types.var(k)  # so that numbers differ
    datas = marshal.dumps([pack_data(program, data) for data in program.datas], 0)
    functions = marshal.dumps([pack(program, f) for f in reversed(program.functions)], 0)
    for packed in marshal.loads(datas):
        unpack_data(other, packed, names)
    found: dict[int, Function] = {}
    for packed in marshal.loads(functions):
        f = unpack(other, packed, names)
        found[f.id] = f
        before = program.functions[f.id]
        places = [before.file.place(at) for at in before.body.start]
        line = before.file.place(before.start)[0]
        assert [f.file.place(at) for at in f.body.start] == [(at - line + 1, column) for at, column in places]
        # Places as a file has them: where a form ends, no code depends on.
        f.file, f.start, f.end, before.body.end = before.file, before.start, before.end, before.body.start
        f.body.start = f.body.end = [at + before.start for at in f.body.start]
    other.functions = [found[k] for k in range(len(program.functions))]
    other.consts = [Const(each.name, other.functions[each.function].result, each.function) for each in program.consts]
    other.tests = program.tests
    other.main = program.main
    other.files = program.files
    assert print_program(other) == print_program(program)
    assert verify(other) == []


def test_what_moves_as_a_whole_stays_the_same(tmp_path: pathlib.Path) -> None:
    text = '(τ Shape (Box I64) Dot)\n(ƒ area (s) (match s ((Box w) (* w w)) (Dot 0)))\n(ƒ main (_) (print "a"))\n'
    first, second = tmp_path / "one" / "a.0x0", tmp_path / "two" / "a.0x0"
    first.parent.mkdir()
    second.parent.mkdir()
    first.write_text(text, "utf-8")
    second.write_text(
        "; a comment\n\n(τ Other (None-of-it Text))\n" + text.replace("(ƒ main", "; more\n(ƒ main"), "utf-8"
    )
    rows = []
    for path in (first, second):
        program = checked(path)
        rows.append([marshal.dumps(pack(program, f), 0) for f in program.functions])
    assert rows[0] == rows[1]
