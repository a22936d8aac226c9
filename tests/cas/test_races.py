"""Several processes on one store, and processes that are killed: nothing that was said to be kept is lost or wrong."""

from __future__ import annotations

import pathlib
import random

from compiler.cas.store import Store
from compiler.cas.sweep import collect
from tests.cas import killing
from tests.cas.conftest import file_of

KILLS = 50


def test_two_writers_of_the_same_and_of_other_results(store: Store) -> None:
    """They start from nothing, so that they also race for making the store."""
    processes = [killing.writer(store.root, start, 40) for start in (0, 0, 20)]
    for process in processes:
        output, _ = process.communicate()
        assert process.returncode == 0
        assert len(killing.said(output)) == 40
    assert [problem for number in range(60) if (problem := killing.check(store, number))] == []
    assert killing.left_wrong(store.root) == []
    assert list(file_of(store, "tmp").iterdir()) == []


def test_collections_while_others_write(store: Store) -> None:
    """A collection may take an older result for want of room, never give a wrong one."""
    processes = [killing.writer(store.root, start, 30, collecting=True) for start in (0, 15)]
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    present = [number for number in range(45) if store.find(killing.key(number), "build-record")]
    assert present, "the last ones have room"
    assert [problem for number in present if (problem := killing.check(store, number))] == []
    assert killing.left_wrong(store.root) == []


def test_killed_writers(store: Store, tmp_path: pathlib.Path) -> None:
    generator = random.Random(50)
    written = 0
    for _ in range(KILLS):
        count, wrong = killing.kill(store.root, written, generator.random() * 0.01)
        assert wrong == []
        written += count
    assert written > KILLS
    for number in range(5):
        assert killing.kill_at_the_start(str(tmp_path / f"fresh-{number}"), generator.random() * 0.15) == []
    assert [problem for number in range(written) if (problem := killing.check(store, number))] == []
    assert killing.left_wrong(store.root) == []
    collect(store, grace_s=-1)
    assert list(file_of(store, "tmp").iterdir()) == []
    assert [problem for number in range(written) if (problem := killing.check(store, number))] == []
