"""The allocator against a naive model: no overlap, alignment, contents kept, statistics exact."""

from __future__ import annotations

import itertools
import threading
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime.hosted import ffi, lib, live, stats

EDGES = [0, 1, 15, 16, 17, 127, 128, 129, 1023, 1024, 1025, 8192, 8193, 65535, 65536, 65537, 524288, 524289, 5_000_000]
SIZES = st.one_of(st.integers(0, 300), st.integers(0, 9000), st.sampled_from(EDGES), st.integers(0, 600_000))
STEPS = st.lists(st.tuples(SIZES, st.integers(0, 10**6), st.booleans()), max_size=200)


def fill(block: Any, size: int, seed: int) -> None:
    """A pattern at both ends, which is where a neighbour would write."""
    view = ffi.buffer(block, size) if size else b""
    pattern = bytes((seed + i) & 255 for i in range(min(size, 64)))
    if size:
        view[: len(pattern)] = pattern
        view[size - len(pattern) :] = pattern


def intact(block: Any, size: int, seed: int) -> bool:
    pattern = bytes((seed + i) & 255 for i in range(min(size, 64)))
    if not size:
        return True
    view = ffi.buffer(block, size)
    return bytes(view[size - len(pattern) :]) == pattern and (size < 128 or bytes(view[: len(pattern)]) == pattern)


@settings(max_examples=150)
@given(STEPS)
def test_against_the_model(steps: list[tuple[int, int, bool]]) -> None:
    before = stats()
    model: list[tuple[int, Any, int, int]] = []  # address, block, size, seed
    taken = freed = most = held = 0
    for size, seed, give_back in steps:
        if give_back and model:
            address, block, old, old_seed = model.pop(seed % len(model))
            assert intact(block, old, old_seed)
            lib.zr_free(block)
            freed += 1
            held -= lib.zr_block_size(old)
            continue
        block = lib.zr_alloc(size)
        address = int(ffi.cast("uintptr_t", block))
        assert address % 16 == 0
        for other, _, other_size, _ in model:
            assert address + max(size, 1) <= other or other + max(other_size, 1) <= address
        fill(block, size, seed)
        model.append((address, block, size, seed))
        taken += 1
        held += lib.zr_block_size(size)
        most = max(most, held)
    now = stats()
    assert now.live_blocks - before.live_blocks == len(model) == taken - freed
    assert now.live_bytes - before.live_bytes == held
    assert now.peak_bytes == max(before.peak_bytes, before.live_bytes + most)
    assert (now.allocs - before.allocs, now.frees - before.frees) == (taken, freed)
    for _, block, size, seed in model:
        assert intact(block, size, seed)
        lib.zr_free(block)
    assert live() == (before.live_blocks, before.live_bytes)


def test_no_class_wastes_more_than_an_eighth() -> None:
    for size in range(1, 524_289, 7):
        block = lib.zr_block_size(size)
        assert size <= block
        assert block - size < 16 or (block - size) * 8 <= block, size
        assert block % 16 == 0


def in_thread(work: Any) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as failure:  # carried to the test's own thread
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def test_a_block_given_back_serves_again() -> None:
    """Many more pairs than memory, and what was empty goes back to the system; on a heap that nobody has used."""

    def work() -> None:
        lib.zr_free(lib.zr_alloc(48))  # the first segment stays
        held = stats().held_bytes
        for size in (48, 3000, 100_000, 2_000_000):
            for _ in range(300):
                lib.zr_free(lib.zr_alloc(size))
        assert stats().held_bytes - held <= 8 << 20
        blocks = [lib.zr_alloc(60_000) for _ in range(1000)]
        assert stats().held_bytes - held > 60 << 20
        for block in blocks:
            lib.zr_free(block)
        assert stats().held_bytes - held <= 8 << 20

    in_thread(work)


def test_the_fast_path_keeps_exact_counts() -> None:
    """A thread that is not tracked: the same books, without the peak."""

    def work() -> None:
        start = stats()
        assert start.peak_bytes == -1
        blocks = [(lib.zr_alloc(n), n) for n in range(0, 3000, 3)] + [(lib.zr_alloc(40), 40) for _ in range(5000)]
        now = stats()
        assert now.live_blocks - start.live_blocks == len(blocks)
        assert now.live_bytes - start.live_bytes == sum(lib.zr_block_size(n) for _, n in blocks)
        addresses = sorted((int(ffi.cast("uintptr_t", block)), n) for block, n in blocks)
        assert all(a + max(n, 1) <= b for (a, n), (b, _) in itertools.pairwise(addresses))
        for block, n in blocks:
            fill(block, n, n)
        assert all(intact(block, n, n) for block, n in blocks)
        for block, _ in blocks[::2] + blocks[1::2]:
            lib.zr_free(block)
        end = stats()
        assert (end.live_blocks, end.live_bytes) == (start.live_blocks, start.live_bytes)
        assert end.allocs - start.allocs == end.frees - start.frees == len(blocks)
        for n in (48, 1000, 3000, 20_000):  # more than a page, oldest first: full pages come back into use
            for _ in range(3):
                many = [lib.zr_alloc(n) for _ in range(20_000_000 // n)]
                for block in many:
                    lib.zr_free(block)
            # A class keeps its newest page, which keeps its segment: at most one for each size above, and a spare.
            assert stats().held_bytes <= 32 << 20
        many = [lib.zr_alloc(48) for _ in range(400_000)]
        held = stats().held_bytes
        for _ in range(3):  # a few blocks keep every page; the room between them serves again
            for i, block in enumerate(many):
                if i % 100:
                    lib.zr_free(block)
            many = [block if i % 100 == 0 else lib.zr_alloc(48) for i, block in enumerate(many)]
            assert stats().held_bytes <= held + (4 << 20)
        for block in many:
            lib.zr_free(block)
        end = stats()
        assert (end.live_blocks, end.live_bytes) == (start.live_blocks, start.live_bytes)
        lib.zr_track()
        late = lib.zr_alloc(100)
        assert stats().peak_bytes == end.live_bytes + lib.zr_block_size(100)
        lib.zr_free(late)

    in_thread(work)


def test_a_block_may_be_freed_by_another_thread() -> None:
    handed: list[Any] = []
    ready, done = threading.Event(), threading.Event()

    def owner() -> None:
        start = stats()
        handed.extend(lib.zr_alloc(n) for n in [32] * 3000 + [20_000] * 40 + [1_000_000])
        ready.set()
        done.wait()
        end = stats()  # brings home what others freed
        assert (end.live_blocks, end.live_bytes) == (start.live_blocks, start.live_bytes)
        again = [lib.zr_alloc(32) for _ in range(3000)]
        for block in again:
            lib.zr_free(block)

    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            owner()
        except BaseException as failure:
            failures.append(failure)
            ready.set()

    thread = threading.Thread(target=guarded)
    thread.start()
    ready.wait()
    before = live()
    for block in handed:
        lib.zr_free(block)
    assert live() == before
    done.set()
    thread.join()
    assert not failures, failures
