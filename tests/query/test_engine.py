"""The engine against a spreadsheet that is computed anew each time."""

from __future__ import annotations

import marshal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.digest import brief
from compiler.query import graph
from compiler.query.engine import CycleError, Engine, UnstableError
from compiler.query.kind import Kind

Formula = tuple[str, tuple[str, ...]]  # "sum", "half" or "pick" of other cells
Sheet = dict[str, int | Formula]


class Memory:
    """A store that can lose things."""

    def __init__(self) -> None:
        self.objects: dict[bytes, bytes] = {}
        self.lost: set[bytes] = set()

    def get(self, group: str, digest: bytes) -> bytes | None:
        assert group.startswith(("value ", "even "))
        return None if digest in self.lost else self.objects.get(digest)

    def put(self, group: str, data: bytes) -> bytes:
        name = brief(data)
        self.objects[name] = data
        self.lost.discard(name)
        return name


class World:
    """A sheet behind queries: `cell` is what stands in it, `value` what it comes to, `even` whether that is even."""

    def __init__(self, sheet: Sheet, *, kept: bool = True) -> None:
        self.sheet = sheet
        self.ran: list[tuple[str, str]] = []
        encode, decode = (marshal.dumps, marshal.loads) if kept else (None, None)
        self.kinds = {
            kind.name: kind
            for kind in (
                Kind("cell", "what stands in a cell", self.cell, always=True, mark=marshal.dumps),
                Kind("value", "a cell's value", self.value, encode=encode, decode=decode, mark=marshal.dumps),
                Kind("even", "whether a cell is even", self.even, encode=encode, decode=decode, mark=marshal.dumps),
            )
        }

    def cell(self, _: Engine, name: str) -> int | Formula | None:
        return self.sheet.get(name)

    def value(self, engine: Engine, name: str) -> int:
        self.ran.append(("value", name))
        cell = engine.ask("cell", name)
        if cell is None or isinstance(cell, int):
            return cell or 0
        return evaluate(cell, lambda other: engine.ask("value", other), lambda other: engine.ask("even", other))

    def even(self, engine: Engine, name: str) -> bool:
        self.ran.append(("even", name))
        return bool(engine.ask("value", name) % 2 == 0)


def evaluate(formula: Formula, value: object, even: object) -> int:
    """`pick` reads its second or third cell by whether the first is even: its edges depend on values."""
    assert callable(value)
    assert callable(even)
    op, others = formula
    if op == "sum":
        return sum(value(other) for other in others)
    if op == "half":
        return int(value(others[0])) // 2 if others else 0
    if len(others) < 3:
        return 1
    return int(value(others[1] if even(others[0]) else others[2]))


def naive(sheet: Sheet, name: str, above: tuple[str, ...] = ()) -> int:
    if name in above:
        raise RecursionError(name)
    cell = sheet.get(name)
    if cell is None or isinstance(cell, int):
        return cell or 0

    def value(other: str) -> int:
        return naive(sheet, other, (*above, name))

    return evaluate(cell, value, lambda other: value(other) % 2 == 0)


NAMES = [f"c{k}" for k in range(8)]
names = st.sampled_from(NAMES)
formulas = st.tuples(st.sampled_from(["sum", "half", "pick"]), st.lists(names, max_size=3).map(tuple))
cells = st.one_of(st.integers(0, 5), formulas)
edits = st.lists(st.tuples(names, cells), max_size=3)


@settings(deadline=None, max_examples=300, derandomize=True)
@given(
    st.dictionaries(names, cells), st.lists(st.tuples(edits, st.lists(names, max_size=2)), max_size=6), st.booleans()
)
def test_answers_are_those_of_computing_anew(
    sheet: Sheet, steps: list[tuple[list[tuple[str, int | Formula]], list[str]]], kept: bool
) -> None:
    store = Memory()
    world = World(dict(sheet), kept=kept)
    data = b""
    before: Sheet = {}
    fresh = True
    for changes, lost in [([], []), *steps]:
        world.sheet.update(changes)
        engine = Engine(world.kinds, store, graph.load(data, world.kinds))
        world.ran.clear()
        broken, whole = False, not store.lost
        for name in NAMES:
            try:
                wanted: int | None = naive(world.sheet, name)
            except RecursionError:
                wanted = None
            try:
                found: int | None = engine.ask("value", name)
            except CycleError as error:
                found = None
                broken = True
                assert error.path[0] == error.path[-1]
            assert found == wanted, (name, world.sheet)
        if kept and not fresh and not broken and before == world.sheet and whole:
            assert not world.ran
        assert len(set(world.ran)) == len(world.ran) or broken or not kept or not whole
        data = graph.dump(engine.answered(), engine.revision, world.kinds)
        before, fresh = dict(world.sheet), broken
        store.lost = {node.object for node in engine.answered() if node.key[1] in lost} if lost else set()


def revision(world: World, store: Memory, data: bytes, *asked: tuple[str, str]) -> tuple[bytes, Engine]:
    world.ran.clear()
    engine = Engine(world.kinds, store, graph.load(data, world.kinds))
    for kind, name in asked:
        engine.ask(kind, name)
    return graph.dump(engine.answered(), engine.revision, world.kinds), engine


CHAIN: Sheet = {"c0": 4, "c1": ("half", ("c0",)), "c2": ("sum", ("c1", "c1")), "c3": ("sum", ("c2",))}


@settings(deadline=None, max_examples=300, derandomize=True)
@given(
    st.dictionaries(names, cells),
    st.lists(st.tuples(edits, st.lists(names, max_size=3), st.sampled_from([None, "value", "even"])), max_size=8),
)
def test_what_was_not_asked_stands_and_is_looked_at_when_it_is(
    sheet: Sheet, steps: list[tuple[list[tuple[str, int | Formula]], list[str], str | None]]
) -> None:
    """Revisions ask for some cells and leave the others in the graph; no later answer may be of an older sheet."""
    store, world, data = Memory(), World(dict(sheet)), b""
    for changes, asked, root in [*steps, ([], NAMES, None)]:
        world.sheet.update(changes)
        engine = Engine(world.kinds, store, graph.load(data, world.kinds))
        for name in asked:
            held = engine.holds("value", name)
            try:
                wanted: int | None = naive(world.sheet, name)
            except RecursionError:
                wanted = None
            try:
                assert engine.ask("value", name) == wanted
            except CycleError:
                assert wanted is None
                assert not held
        standing = engine.standing(None if root is None else {root})
        data = graph.dump([*engine.answered(), *standing], engine.revision, world.kinds, engine.gone(standing))
        found = graph.load(data)
        assert found.nodes.keys() >= {node.key for node in standing}
        assert not {node.key for node in standing} & set(found.gone)
        assert {node.object for node in standing if node.object} <= {each for _, each in engine.kept(standing)}


def test_what_stands_costs_nothing_when_nothing_of_it_has_changed() -> None:
    world, store = World(dict(CHAIN)), Memory()
    data, _ = revision(world, store, b"", ("value", "c3"))
    engine = Engine(world.kinds, store, graph.load(data, world.kinds))
    assert engine.ask("value", "c0") == 4
    standing = engine.standing(("value",))
    assert {node.key[1] for node in standing} == {"c1", "c2", "c3"}
    data = graph.dump([*engine.answered(), *standing], engine.revision, world.kinds, engine.gone(standing))
    assert {key for key in graph.load(data).asked() if key[0] == "value"} == {("value", "c0")}
    revision(world, store, data, ("value", "c3"))
    assert world.ran == []
    world.sheet["c0"] = 40
    revision(world, store, data, ("value", "c3"))
    assert [name for _, name in world.ran] == ["c0", "c1", "c2", "c3"]


def test_what_stands_on_another_schema_does_not() -> None:
    world, store = World(dict(CHAIN)), Memory()
    data, _ = revision(world, store, b"", ("even", "c3"))
    world.kinds["cell"].schema = 2
    engine = Engine(world.kinds, store, graph.load(data, world.kinds))
    assert engine.standing(None) == []


def test_questions_apart_are_no_edges() -> None:
    world, store = World(dict(CHAIN)), Memory()
    engine = Engine(world.kinds, store)
    world.kinds["even"].provide = lambda engine, name: engine.apart(lambda: engine.ask("value", name)) % 2 == 0
    assert engine.ask("even", "c0") is True
    assert engine.nodes["even", "c0"].deps == ()
    assert engine.holds("even", "c0")
    assert not engine.holds("even", "c1"), "it was never asked"
    assert ("even", "c1") not in engine.nodes


def test_only_what_an_edit_reaches_is_answered_anew() -> None:
    world, store = World(dict(CHAIN)), Memory()
    data, _ = revision(world, store, b"", ("value", "c3"))
    assert world.ran == [("value", "c3"), ("value", "c2"), ("value", "c1"), ("value", "c0")]
    world.sheet["c0"] = 5  # its half is as before
    data, engine = revision(world, store, data, ("value", "c3"))
    assert world.ran == [("value", "c0"), ("value", "c1")]
    assert (engine.tallies["value"].green, engine.tallies["value"].red, engine.tallies["value"].same) == (2, 2, 1)
    world.sheet["c0"] = 6
    revision(world, store, data, ("value", "c3"))
    assert world.ran == [("value", "c0"), ("value", "c1"), ("value", "c2"), ("value", "c3")]


def test_a_reason_names_the_red_edge() -> None:
    world, store = World(dict(CHAIN)), Memory()
    data, _ = revision(world, store, b"", ("value", "c3"))
    world.sheet["c0"] = 8
    _, engine = revision(world, store, data, ("value", "c3"))
    assert engine.nodes["value", "c1"].reason == ("edge", ("value", "c0"))
    assert engine.nodes["value", "c0"].reason == ("edge", ("cell", "c0"))
    assert engine.nodes["cell", "c0"].reason == ("world", None)


def test_edges_turned_round_are_no_cycle() -> None:
    world, store = World({"c0": ("sum", ("c1",)), "c1": 3}), Memory()
    data, _ = revision(world, store, b"", ("value", "c0"), ("value", "c1"))
    world.sheet.update({"c0": 3, "c1": ("sum", ("c0",))})
    _, engine = revision(world, store, data, ("value", "c0"), ("value", "c1"))
    assert engine.ask("value", "c1") == 3


def test_a_cycle_shows_its_path() -> None:
    world, store = World({"c0": ("sum", ("c1",)), "c1": ("half", ("c2",)), "c2": ("sum", ("c1",))}), Memory()
    with pytest.raises(CycleError, match="value:c1 -> value:c2 -> value:c1"):
        revision(world, store, b"", ("value", "c0"))


def test_a_cycle_that_an_edit_closes_shows_its_path() -> None:
    world, store = World({"c0": ("sum", ("c1",)), "c1": ("half", ("c2",)), "c2": 3}), Memory()
    data, _ = revision(world, store, b"", ("value", "c0"))
    world.sheet["c2"] = ("sum", ("c0",))
    with pytest.raises(
        CycleError, match=r"value:c0 -> value:c1 -> value:c2 -> value:c0|value:c2 -> value:c0 -> value:c1"
    ):
        revision(world, store, data, ("value", "c0"))


def test_a_lost_answer_is_made_again() -> None:
    world, store = World(dict(CHAIN)), Memory()
    data, engine = revision(world, store, b"", ("value", "c3"))
    store.lost = {engine.nodes["value", "c1"].object}
    _, engine = revision(world, store, data, ("value", "c1"))
    assert world.ran == [("value", "c1")]
    assert engine.nodes["value", "c1"].reason == ("lost", None)


def test_a_provider_that_changes_its_mind_is_named() -> None:
    world, store = World(dict(CHAIN)), Memory()
    data, engine = revision(world, store, b"", ("value", "c3"))
    store.lost = {engine.nodes["value", "c1"].object}
    half = world.kinds["value"].provide
    world.kinds["value"].provide = lambda engine, name: half(engine, name) + 1
    with pytest.raises(UnstableError, match="value:c1"):
        revision(world, store, data, ("value", "c1"))


def test_a_moved_schema_makes_its_kind_anew() -> None:
    world, store = World({**CHAIN, "c4": ("pick", ("c0", "c1", "c2"))}), Memory()
    data, _ = revision(world, store, b"", ("value", "c4"))
    world.kinds["even"].schema = 2
    _, engine = revision(world, store, data, ("value", "c4"))
    assert world.ran == [("even", "c0"), ("value", "c4")] or world.ran == [("value", "c4"), ("even", "c0")]
    assert engine.nodes["even", "c0"].reason == ("schema", None)


@pytest.mark.parametrize(
    ("spoil", "refused"),
    [
        (lambda data: b"", ""),
        (lambda data: b"not a graph", "format"),
        (lambda data: data.replace(b"cpython", b"cpyth0n", 1), "python"),
        (lambda data: data[:-1], "damaged"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "damaged"),
    ],
)
def test_a_damaged_graph_is_none(spoil: object, refused: str) -> None:
    assert callable(spoil)
    world, store = World(dict(CHAIN)), Memory()
    data, _ = revision(world, store, b"", ("value", "c3"))
    loaded = graph.load(spoil(data), world.kinds)
    assert (loaded.refused, loaded.nodes) == (refused, {})


def test_equal_graphs_are_equal_files() -> None:
    one, store = World(dict(CHAIN)), Memory()
    first, _ = revision(one, store, b"", ("value", "c3"), ("even", "c0"))
    second, _ = revision(one, Memory(), b"", ("even", "c0"), ("value", "c1"), ("value", "c3"))
    assert list(graph.load(first, one.kinds).nodes) == list(graph.load(second, one.kinds).nodes)
