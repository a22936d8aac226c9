"""Code that forks make is the code that one process makes, and a fork that fails costs nothing but time."""

import os
import signal
from pathlib import Path

import pytest

from compiler.cas.store import Store
from compiler.incremental.middle import Middle
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


def built(folder: Path, jobs: int) -> tuple[bytes, list[object], int]:
    """(the executable, what was asked and answered, how many instances there are)."""
    session = Session("fixtures/projects/minisql/main.0x0", frozenset(), Recorder().read, Store(str(folder)), jobs=jobs)
    session.open(["0" * 64])
    image = session.build()
    instances = len(session.engine.before("instances", ""))
    session.keep(["0" * 64])
    return image, sorted((node.key, node.fingerprint) for node in session.engine.answered()), instances


def test_the_executable_is_the_same_for_any_number_of_jobs(tmp_path: Path) -> None:
    found = [built(tmp_path / str(jobs), jobs) for jobs in (1, 2, 4)]
    assert found[0][2] >= 4 * LEAST
    assert found[1:] == found[:1] * 2


def test_what_a_dead_fork_had_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = built(tmp_path / "alone", 1)
    dead = tmp_path / "dead"

    def die_here(_middle: Middle, key: str) -> object:
        dead.touch()
        raise ValueError(key)

    monkeypatch.setattr(Middle, "_alone", die_here)  # what forks run
    assert built(tmp_path / "four", 4) == alone
    assert dead.exists()
