"""Code that forks make is the code that one process makes, and a fork that fails costs nothing but time."""

import os
import signal
from pathlib import Path

import pytest

from compiler.cas.store import Store
from compiler.incremental.session import Session
from compiler.incremental.workers import LEAST, Workers
from compiler.records import Recorder

KEYS = [f"key {k}" for k in range(3 * LEAST)]


def shown(key: str) -> tuple[str, int]:
    return key, os.getpid()


def test_every_key_is_made_once_by_the_one_in_whose_share_it_is() -> None:
    workers = Workers(KEYS, 3, shown)
    try:
        found = [workers.take(key) for key in KEYS]
        assert found[:LEAST] == [None] * LEAST  # left to whoever asks
        assert [key for key, _ in found[LEAST:]] == KEYS[LEAST:]
        assert len({process for _, process in found[LEAST:]} | {os.getpid()}) == 3
        assert workers.take(KEYS[-1]) is None
        assert workers.take("another") is None
    finally:
        workers.close()


@pytest.mark.parametrize("jobs", [1, 2, 3, 1000])
def test_nobody_forks_for_little(jobs: int) -> None:
    workers = Workers(KEYS[: 2 * LEAST - 1], jobs, shown)
    assert [workers.take(key) for key in KEYS] == [None] * len(KEYS)
    workers.close()


def fail(key: str) -> str:
    if key == KEYS[-1]:
        raise ValueError(key)
    return key


def die(key: str) -> str:
    if key == KEYS[-1]:
        os.kill(os.getpid(), signal.SIGKILL)
    return key


@pytest.mark.parametrize("make", [fail, die])
def test_a_fork_that_fails_has_made_nothing(make: object) -> None:
    workers = Workers(KEYS, 3, make)  # type: ignore[arg-type]
    try:
        assert [workers.take(key) for key in KEYS[LEAST : 2 * LEAST]] == KEYS[LEAST : 2 * LEAST]
        assert [workers.take(key) for key in KEYS[2 * LEAST :]] == [None] * LEAST
    finally:
        workers.close()


def test_forks_that_nobody_waits_for_are_ended() -> None:
    def stay(_: str) -> str:
        signal.pause()
        return ""

    workers = Workers(KEYS, 3, stay)
    processes = list(workers._files)
    assert len(processes) == 2
    workers.close()
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_the_executable_is_the_same_for_any_number_of_jobs(tmp_path: Path) -> None:
    images, graphs, forks = [], [], []
    for jobs in (1, 2, 4):
        store = Store(str(tmp_path / str(jobs)))
        session = Session("fixtures/projects/minisql/main.0x0", frozenset(), Recorder().read, store, jobs=jobs)
        session.open(["0" * 64])
        images.append(session.build())
        forks.append(len(session.engine.before("instances", "")) // LEAST)
        session.keep(["0" * 64])
        graphs.append(sorted((node.key, node.fingerprint) for node in session.engine.answered()))
    assert forks[0] >= 4
    assert images[1:] == images[:1] * 2
    assert graphs[1:] == graphs[:1] * 2
