"""Instances compiled one by one are, byte for byte, those of the whole program."""

from __future__ import annotations

import pathlib

import pytest

from compiler import pipeline
from compiler.diagnostics import Sink
from compiler.lower.lower import ENTRY, lower, lower_one
from compiler.memory.borrow import Uses, solve, uses_of
from compiler.memory.rc import run_module as count
from compiler.mir.regions import has_regions
from compiler.natively import native_one
from compiler.options import Options

ROOT = pathlib.Path(__file__).parents[2]
PROGRAMS = [
    *sorted((ROOT / "fixtures/programs").glob("*.0x0")),
    *sorted((ROOT / "fixtures/projects").glob("*/main.0x0")),
]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_one_by_one_and_all_at_once(path: pathlib.Path) -> None:
    sink = Sink()
    _, program = pipeline.front(str(path), frozenset(), sink)
    assert program is not None
    whole = lower(program, entry=program.main)
    if any(has_regions(function) for function in whole.functions.values()):
        pytest.skip("regions look into callees")
    entry = whole.functions[ENTRY]
    count(whole)
    codes, lir = pipeline.back(whole, Options())
    line_of = {f.name: (f.file.path, f.file.place(f.start)[0]) for f in program.functions}
    uses: dict[str, Uses] = {ENTRY: uses_of(entry)}
    singles = {}
    todo: list[tuple[int, tuple[int, ...]]] = [(program.main, ())]
    seen = set(todo)
    while todo:
        asked = todo.pop()
        single = singles[asked] = lower_one(program, *asked)
        places = single.module.places
        for k, place in enumerate(places):
            name, _, rest = place.rpartition("+")
            line, _, column = rest.partition(":")
            places[k] = f"{line_of[name][0]}:{line_of[name][1] + int(line)}:{column}" if name else ""
        uses.update({name: uses_of(function) for name, function in single.module.functions.items()})
        for key in single.asked.values():
            if key not in seen:
                seen.add(key)
                todo.append(key)
    borrows = solve(uses, ENTRY)
    found, data = {}, {}
    for single in singles.values():
        names = [*single.module.functions, *single.asked]
        made, statics = native_one(single.module, {name: tuple(sorted(borrows[name])) for name in names})
        found.update({code.name: code for code in made})
        data.update({datum.name: (datum.bytes, datum.relocs) for datum in statics})
    for code in codes:
        if code.name in (ENTRY, "zero_main"):
            continue
        other = found.pop(code.name)
        assert bytes(other.bytes) == bytes(code.bytes), code.name
        assert other.relocs == code.relocs
        assert [(d.name, bytes(d.bytes), d.relocs) for d in other.data] == [
            (d.name, bytes(d.bytes), d.relocs) for d in code.data
        ]
    assert not found
    wanted = {datum.name: (datum.bytes, datum.relocs) for datum in lir.data}
    assert {name: wanted[name] for name in data} == data
