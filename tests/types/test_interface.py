"""A module checked against interfaces alone comes out as it does from its imports' sources."""

from __future__ import annotations

import marshal
import pathlib
import sys

import pytest

from compiler.diagnostics import Sink
from compiler.hir.portable import pack, pack_data
from compiler.modules.load import load
from compiler.modules.module import NoForms, Unread
from compiler.types.check import FRAMES, begin, check_module
from compiler.types.declare import unique_prefixes
from compiler.types.interface import declare, interface
from compiler.types.state import Checker

ROOT = pathlib.Path(__file__).parents[2]
PROGRAMS = [
    path
    for path in [
        *sorted((ROOT / "fixtures/programs").glob("*.0x0")),
        *sorted((ROOT / "fixtures/projects").glob("*/main.0x0")),
        *sorted((ROOT / "compiler/std").glob("*.0x0")),
    ]
    if "(↥ " in path.read_text("utf-8")
]

Rows = tuple[object, bytes, list[bytes], list[bytes]]


def load_checker(path: pathlib.Path) -> Checker:
    sink = Sink()
    graph = load(str(path), frozenset(), sink)
    assert graph is not None
    assert graph.complete
    return Checker(graph, sink)


def rows(c: Checker, index: int) -> Rows:
    """All that is known of a module after checking."""
    own = [info for info in c.infos if info.module == index and info.node >= 0]
    datas = [info.data for info in c.data_infos if info.module == index]
    packed = interface(c, index)
    functions = [marshal.dumps(pack(c.program, info.function), 0) for info in own]
    effects = [sorted(c.effects[info.function.id]) for info in own]
    return (
        effects,
        marshal.dumps(packed, 0),
        functions,
        [marshal.dumps(pack_data(c.program, data), 0) for data in datas],
    )


@pytest.fixture(autouse=True)
def _deep() -> None:
    sys.setrecursionlimit(max(sys.getrecursionlimit(), FRAMES))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_the_same_from_sources_and_from_interfaces(path: pathlib.Path) -> None:
    whole = load_checker(path)
    base = begin(whole)
    prefixes = unique_prefixes(whole)
    for index, prefix in enumerate(prefixes):
        check_module(whole, index, prefix, base, set(range(1 << 20)))
    assert [each.message for each in whole.sink.items] == []
    wanted = [rows(whole, index) for index in range(len(prefixes))]
    for chosen, prefix in enumerate(prefixes):
        c = load_checker(path)
        base = begin(c)
        for index in range(chosen):
            module = c.graph.modules[index]
            file, module.forms = module.file, NoForms()  # type: ignore[assignment]
            module.exports, module.disabled, module.name = {}, {}, ""
            declare(c, index, marshal.loads(wanted[index][1]), file)
        check_module(c, chosen, prefix, base, set(range(1 << 20)))
        assert [each.message for each in c.sink.items] == []
        assert rows(c, chosen) == wanted[chosen]


def test_a_message_that_needs_a_place_elsewhere_ends_the_attempt(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.0x0").write_text("(↦ twice)\n(ƒ twice (∷ (→ I64 I64)) (n) (* 2 n))\n", "utf-8")
    main = tmp_path / "main.0x0"
    main.write_text('(↥ "a.0x0" a)\n(ƒ main (_) (a.twice 1 2))\n', "utf-8")
    whole = load_checker(main)
    base = begin(whole)
    check_module(whole, 0, "a", base, set())
    packed = interface(whole, 0)
    c = load_checker(main)
    base = begin(c)
    file, c.graph.modules[0].forms = c.graph.modules[0].file, NoForms()  # type: ignore[assignment]
    declare(c, 0, packed, file)
    with pytest.raises(Unread):
        check_module(c, 1, "main", base, set())
