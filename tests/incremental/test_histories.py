"""A short history of every kind of edit, each build held against one from nothing; `invoke histories` is the long one.

Then the net itself: histories over an engine that was broken on purpose must come to an end.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator

import pytest

from compiler.incremental import image, queries
from compiler.query import engine, kind
from tests.incremental import edits, start
from tests.incremental.histories import Differs, History

EDITS = 40
SEEDS = (1, 8)

Run = Callable[[int, int], History]


@pytest.fixture
def run(tmp_path: pathlib.Path) -> Iterator[Run]:
    """A history of so many edits from a seed."""
    history: History | None = None

    def go(seed: int, count: int) -> History:
        nonlocal history
        history = History(tmp_path, seed, cold=10, process=20, files=start.text(database=False))
        history.enter()
        history.begin()
        for _ in range(count):
            history.step()
        return history

    yield go
    if history is not None:
        history.leave()


@pytest.mark.parametrize("seed", SEEDS)
def test_each_edit_gives_the_program_that_is_made_from_nothing(run: Run, seed: int) -> None:
    history = run(seed, EDITS)
    assert history.counts["incremental"] > EDITS / 2
    assert history.counts["wrong"] > 0, "messages were compared, too"
    assert history.counts["cold"] == 1 + EDITS // 10
    assert history.counts["processes"] == 1 + EDITS // 20
    drawn = {name for name, found in history.drawn.items() if sum(found.values())}
    assert len(drawn) >= len(edits.EDITS) - 6, "some may have found nothing to do"


def no_edge_is_red(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine.Engine, "_red_edge", lambda *_: None)


def fingerprints_see_little(patch: pytest.MonkeyPatch) -> None:
    right = engine.brief  # type: ignore[attr-defined]
    patch.setattr(engine, "brief", lambda data: right(data[:4]))


def places_stay_where_they_were(patch: pytest.MonkeyPatch) -> None:
    right = queries.Kind  # type: ignore[attr-defined]

    def row(name: str, *rest: object, **more: object) -> kind.Kind:
        if name in ("lines", "positions"):
            more["mark"] = lambda _: b"always"
        return right(name, *rest, **more)  # type: ignore[arg-type]

    patch.setattr(queries, "Kind", row)


def names_are_not_resolved(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(image, "PLACE", "$nothing.")


@pytest.mark.parametrize(
    "broken", [no_edge_is_red, fingerprints_see_little, places_stay_where_they_were, names_are_not_resolved]
)
def test_a_broken_engine_is_found(run: Run, broken: Callable[[pytest.MonkeyPatch], None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        broken(patch)
        with pytest.raises((Differs, KeyError, AssertionError)):
            run(SEEDS[0], EDITS)
