"""What a session did, as its graph tells it, against a watcher of the providers and plain sets."""

from __future__ import annotations

import pathlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.query import drawing, graph, story
from compiler.query.engine import CycleError, Engine
from compiler.query.kind import Kind
from tests.query.test_engine import CHAIN, NAMES, Memory, Sheet, World, edits, formulas

Keys = dict[tuple[str, str], Any]


def watched(world: World) -> Keys:
    """What each provider that ran gave, by key."""
    ran: Keys = {}

    def watch(kind: Kind) -> None:
        provide = kind.provide

        def told(engine: Engine, argument: str) -> Any:
            found = ran[kind.name, argument] = provide(engine, argument)
            return found

        kind.provide = told

    for kind in world.kinds.values():
        watch(kind)
    return ran


@settings(deadline=None, max_examples=150, derandomize=True)
@given(
    st.dictionaries(st.sampled_from(NAMES), st.one_of(st.integers(0, 5), formulas)),
    st.lists(st.tuples(edits, st.lists(st.sampled_from(NAMES), max_size=4)), min_size=1, max_size=5),
)
def test_a_graph_tells_what_its_session_did(sheet: Sheet, steps: list[tuple[list[Any], list[str]]]) -> None:
    store = Memory()
    world = World(dict(sheet))
    ran = watched(world)
    data = b""
    known: Keys = {}
    for changes, asked in steps:
        world.sheet.update(changes)
        loaded = graph.load(data, world.kinds)
        before = set(loaded.nodes)
        engine = Engine(world.kinds, store, loaded)
        ran.clear()
        try:
            for name in asked:
                engine.ask("value", name)
        except CycleError:
            return
        data = graph.dump(engine.answered(), engine.revision, world.kinds, engine.gone(), engine.origin)
        kept = graph.load(data)
        now = set(kept.nodes)
        counts = story.counts(kept, world.kinds)
        for kind, count in counts.items():
            mine = {key for key in now if key[0] == kind}
            again = {key for key in ran if key[0] == kind}
            assert count.asked == len(mine)
            assert count.recomputed == len(again)
            assert count.reused == len(mine - again)
            assert count.new == len(mine - before)
            assert count.gone == len({key for key in before - now if key[0] == kind})
            assert count.unchanged == len([key for key in again & before if ran[key] == known[key]])
        rows = story.recomputed(kept)
        assert [row[0] for row in rows] == [graph.spell(key) for key in sorted(ran)]
        for key, reason, because in rows:
            told = tuple(key.split(":"))
            assert (reason == "new") == (told not in before)
            assert (because != "") == (reason == "dependency")
            if reason == "dependency":
                edge = kept.nodes[told].deps  # type: ignore[index]
                assert because in [graph.spell(dep.key) for dep in edge] or because.startswith("cell:")
            if reason in ("input", "always"):
                assert told[0] == "cell"
                assert (reason == "always") == (ran[told] == known[told])  # type: ignore[index]
        known = {key: ran.get(key, known.get(key)) for key in now}


def left(world: World, store: Memory, data: bytes, *asked: str) -> bytes:
    engine = Engine(world.kinds, store, graph.load(data, world.kinds))
    for name in asked:
        engine.ask("value", name)
    return graph.dump(engine.answered(), engine.revision, world.kinds, engine.gone(), engine.origin)


def reasons(data: bytes) -> dict[str, tuple[str, str]]:
    return {key: (reason, because) for key, reason, because in story.recomputed(graph.load(data))}


def test_each_reason_has_its_word() -> None:
    world, store = World(dict(CHAIN)), Memory()
    data = left(world, store, b"", "c1")
    assert set(reasons(data).values()) == {("new", "")}
    world.sheet["c0"] = 8
    data = left(world, store, data, "c1")
    assert reasons(data) == {
        "cell:c0": ("input", ""),
        "cell:c1": ("always", ""),
        "value:c0": ("dependency", "cell:c0"),
        "value:c1": ("dependency", "value:c0"),
    }
    store.lost = {graph.load(data).nodes["value", "c1"].object}
    data = left(world, store, data, "c1")
    assert reasons(data)["value:c1"] == ("lost", "")
    world.kinds["value"].schema = 2
    data = left(world, store, data, "c1")
    assert reasons(data)["value:c1"] == ("schema", "")
    assert story.counts(graph.load(data), ())["value"].row() == [2, 0, 2, 0, 0, 0]


def test_a_value_that_is_not_kept_is_called_so() -> None:
    world, store = World(dict(CHAIN), kept=False), Memory()
    data = left(world, store, b"", "c1")
    data = left(world, store, data, "c1")
    assert reasons(data)["value:c1"] == ("unkept", "")
    assert story.counts(graph.load(data), ())["value"].row() == [2, 0, 2, 2, 0, 0]


def test_a_schema_that_moved_and_is_asked_no_more_is_gone() -> None:
    world, store = World(dict(CHAIN)), Memory()
    data = left(world, store, b"", "c3")
    world.kinds["value"].schema = 2
    data = left(world, store, data, "c0")
    assert sorted(graph.load(data).gone) == [(kind, name) for kind in ("cell", "value") for name in ("c1", "c2", "c3")]


def test_what_another_verb_left_was_not_asked() -> None:
    world, store = World(dict(CHAIN)), Memory()
    engine = Engine(world.kinds, store, graph.load(left(world, store, b"", "c3"), world.kinds))
    engine.ask("value", "c0")
    standing = engine.standing(None)
    found = graph.load(graph.dump([*engine.answered(), *standing], engine.revision, world.kinds))
    assert story.counts(found, ())["value"].row() == [1, 1, 0, 0, 0, 0]
    assert story.why(found, ("value", "c3")) == ["value:c3 was not asked: its answer is kept for a verb that asks it"]
    assert [node.key for node in drawing.choose(found, ("value",), "")] == [("value", "c0")]


def test_a_graph_that_could_not_be_used_is_told() -> None:
    world, store = World(dict(CHAIN)), Memory()
    data = left(world, store, b"", "c3")
    kept = graph.load(left(world, store, data[:-1] + bytes([data[-1] ^ 1]), "c3"))
    assert (kept.origin, kept.revision) == ("damaged", 1)


def test_every_reason_of_the_engine_has_words() -> None:
    source = pathlib.Path(graph.__file__).with_name("engine.py").read_text("utf-8")
    for word in ("world", "edge", "cycle", "lost", "value", "schema"):
        assert f'"{word}"' in source
        assert word in story.REASONS
