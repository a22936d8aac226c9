"""Frame slots: values whose lives meet never share one, and lives without gaps take no more than are alive at once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.machine import bundles
from compiler.machine.bundles import Allocation

MOMENTS = 60
SPAN = st.tuples(st.integers(0, MOMENTS), st.integers(1, MOMENTS))
SPANS = st.lists(SPAN, min_size=1, max_size=120)


def whole(span: tuple[int, int]) -> int:
    """A life without gaps, as a mask."""
    start, length = span
    return ((1 << length) - 1) << start


LIVES = st.lists(st.integers(1, (1 << MOMENTS) - 1) | SPAN.map(whole), min_size=1, max_size=120)


def slots(lives: list[int]) -> list[int]:
    """The slot of each value, asked for in order."""
    mf: Any = SimpleNamespace(classes=lives, blocks=[], order=[], slots=[])
    allocation = Allocation(mf, cast("Any", SimpleNamespace(live=lives)))
    found = [allocation.frame_slot(index) for index in range(len(lives))]
    assert found == [allocation.frame_slot(index) for index in range(len(lives))]
    assert len(mf.slots) == len(set(found))
    return found


@settings(max_examples=200)
@given(LIVES)
def test_lives_that_meet_share_no_slot(lives: list[int]) -> None:
    held: dict[int, int] = {}
    for slot, live in zip(slots(lives), lives, strict=True):
        assert not held.get(slot, 0) & live
        held[slot] = held.get(slot, 0) | live


@settings(max_examples=200)
@given(SPANS)
def test_whole_lives_in_order_take_as_many_slots_as_are_alive_at_once(spans: list[tuple[int, int]]) -> None:
    lives = [whole(span) for span in sorted(spans)]
    most = max(sum(live >> moment & 1 for live in lives) for moment in range(2 * MOMENTS))
    assert len(set(slots(lives))) == most


def test_slots_behind_the_first_are_used_again() -> None:
    count = 2 * bundles._FITTED
    assert slots([0b0011] * count + [0b1100] * count) == [*slots([1] * count), *slots([1] * count)]
