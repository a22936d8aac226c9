"""Regions in the runtime: memory comes in chunks, goes at once, and what the objects refer to loses one owner each."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.hosted import LOC, content, drop, ffi, lib, live, show, text

REF, FLAT = 4, 0


def descriptor(kind: int, *fields: int) -> Any:
    made = ffi.new("zr_desc *", {"kind": kind, "count": len(fields), "fields": bytes(fields)})
    KEPT.append(made)
    return made


KEPT: list[Any] = []
ARRAY, TEXTS, CELL = descriptor(3, FLAT), descriptor(3, REF), descriptor(5, REF)


def address(value: Any) -> int:
    return int(ffi.cast("intptr_t", value))


def items(array: Any) -> Any:
    return ffi.cast("zr_array *", array).items


@given(st.lists(st.integers(0, 20_000), max_size=60))
def test_sizes_are_kept_apart_and_all_comes_back(sizes: list[int]) -> None:
    before = live()
    region = lib.zr_region_enter()
    made = []
    for number, size in enumerate(sizes):
        array = lib.zr_region_array(region, size, number, ARRAY, LOC)
        made.append((array, size, number))
    spans = sorted((address(array), address(array) + 24 + 8 * size) for array, size, _ in made)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    assert all(start % 8 == 0 for start, _ in spans)
    for array, size, number in made:
        assert set(items(array)[0:size]) <= {number}
    lib.zr_region_leave(region, 1)
    assert live() == before


@given(st.integers(0, 300))
def test_bytes_are_zero_whatever_was_there(size: int) -> None:
    drop(text(b"\xff" * 700))
    region = lib.zr_region_enter()
    made = lib.zr_region_bytes(region, size, LOC)
    assert show(made) == b"(bytes-of" + b" 0" * size + b")"
    lib.zr_region_leave(region, 1)


@pytest.mark.parametrize("length", [0, 1, 5, 5000])
def test_what_the_objects_refer_to_loses_one_owner_each(length: int) -> None:
    before = live()
    held = text(b"held")
    for _ in range(3):
        region = lib.zr_region_enter()
        held.count += 1
        first = lib.zr_region_array(region, length, ffi.cast("int64_t", held), TEXTS, LOC)
        second = lib.zr_region_copy(region, first)
        assert held.count == 1 + 2 * length
        assert lib.zr_equal(first, second, LOC) == 1
        lib.zr_region_leave(region, 1)
        assert held.count == 1
    assert content(held) == b"held"  # which drops it
    assert live() == before


def test_counts_in_a_region_are_exact_and_never_reach_0() -> None:
    region = lib.zr_region_enter()
    made = lib.zr_region_array(region, 1, 0, ARRAY, LOC)
    base = made.count
    assert base < -(1 << 30)
    for _ in range(3):
        drop(lib.zr_array_copy(lib.zr_region_array(region, 4, ffi.cast("int64_t", made), TEXTS, LOC)))
    # Three arrays of the region still own four each; the copies gave back what they took.
    assert made.count == base + 3 * 3
    lib.zr_region_leave(region, 1)


def test_a_counted_object_that_refers_into_the_region_dies_with_it() -> None:
    before = live()
    region = lib.zr_region_enter()
    inside = lib.zr_region_new(region, 24, CELL, 0)
    outside = lib.zr_new(24, CELL, 0)
    ffi.cast("int64_t *", inside)[2] = address(outside)
    ffi.cast("int64_t *", outside)[2] = address(inside)
    lib.zr_region_leave(region, 1)
    assert live() == before


def test_an_open_region_holds_about_what_was_made() -> None:
    start = live()
    region = lib.zr_region_enter()
    for _ in range(10_000):
        lib.zr_region_new(region, 32, CELL, 0)
    stats = ffi.new("zr_stats *")
    lib.zr_stats_read(stats)
    held = stats.live_bytes
    lib.zr_region_leave(region, 0)
    lib.zr_stats_read(stats)
    assert 320_000 <= held - stats.live_bytes <= 320_000 + 2 * 32768 + 20_000
    assert live() == start
