"""Instances lowered one by one are those of the whole program."""

from __future__ import annotations

import pathlib
import re

import pytest

from compiler import pipeline
from compiler.diagnostics import Sink
from compiler.ir.text import print_function
from compiler.lower.lower import ENTRY, lower, lower_one
from compiler.mir.ops import MIR

ROOT = pathlib.Path(__file__).parents[2]
PROGRAMS = [
    *sorted((ROOT / "fixtures/programs").glob("*.0x0")),
    *sorted((ROOT / "fixtures/projects").glob("*/main.0x0")),
]
PLACE = re.compile(r' !"?[^ "]*"?')


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_one_by_one_and_all_at_once(path: pathlib.Path) -> None:
    sink = Sink()
    _, program = pipeline.front(str(path), frozenset(), sink)
    assert program is not None
    whole = lower(program, entry=program.main)
    line_of = {f.name: (f.file.path, f.file.place(f.start)[0]) for f in program.functions}
    found: dict[str, str] = {}
    todo: list[tuple[int, tuple[int, ...]]] = [(program.main, ())]
    seen = set(todo)
    while todo:
        single = lower_one(program, *todo.pop())
        places = []
        for place in single.module.places:
            name, _, rest = place.rpartition("+")
            line, _, column = rest.partition(":")
            places.append(f"{line_of[name][0]}:{line_of[name][1] + int(line)}:{column}" if name else "")
        for name, function in single.module.functions.items():
            text = print_function(function, MIR, places)
            assert found.setdefault(name, text) == text  # a wrapper that several need
        for asked in single.asked.values():
            if asked not in seen:
                seen.add(asked)
                todo.append(asked)
        for layout, row in single.module.layouts.items():
            assert whole.layouts[layout].variants == row.variants
    wanted = {name: print_function(f, MIR, whole.places) for name, f in whole.functions.items() if name != ENTRY}
    assert found == wanted
