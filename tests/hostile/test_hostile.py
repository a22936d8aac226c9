"""Hostile inputs do the front end no harm; what once did stays harmless; and harm would be seen."""

from __future__ import annotations

import os
import pathlib
import signal

import pytest

from tests.conftest import ROOT
from tests.hostile import drive
from tests.hostile.inputs import KINDS, hostile

COUNT = 4_000
FOUND = sorted((ROOT / "fixtures/hostile").glob("*.0x0"))


def test_inputs_are_harmless() -> None:
    kinds, failures = drive.drive(hostile, 0, COUNT)
    assert failures == []
    assert sum(kinds.values()) == COUNT
    # Not all of it stops at the first parenthesis.
    assert kinds["checked"] > COUNT // 4
    assert kinds["accepted"] > 0


def test_the_same_seed_gives_the_same_input() -> None:
    assert [hostile(seed) for seed in range(50)] == [hostile(seed) for seed in range(50)]
    assert len({hostile(seed) for seed in range(200)}) > 150
    assert len(KINDS) == 6


@pytest.mark.parametrize("path", FOUND, ids=lambda p: p.stem)
def test_found_before(path: pathlib.Path) -> None:
    """Once each of these crashed, hung or was wrong; each is within its work, too."""
    data = path.read_bytes()
    assert drive.judged(data).split(" ")[0] not in drive.FAILED
    assert drive.counted(data, drive.work(len(data))) > 0


def spin(text: str, path: str) -> str:
    while True:
        text.strip()


def swell(text: str, path: str) -> str:
    return "x" * (2 * drive.MEMORY)


def die(text: str, path: str) -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return text


@pytest.mark.parametrize(
    ("planted", "word"),
    [
        (lambda text, path: text[10**9], "crash IndexError"),
        (lambda text, path: text + ";", "wrong formatting"),
        (spin, "hang more than"),
        (swell, "memory"),
        (die, "died -9"),
    ],
    ids=["crash", "wrong", "hang", "memory", "death"],
)
def test_harm_is_seen(monkeypatch: pytest.MonkeyPatch, planted: object, word: str) -> None:
    monkeypatch.setattr(drive, "format_source", planted)
    monkeypatch.setattr(drive, "SUSPECT_SECONDS", 0.2)
    monkeypatch.setattr(drive, "work", lambda size: 50_000)
    kinds, failures = drive.drive(lambda seed: (b"(", b"", b"(\xff")[seed % 3], 3, 3)
    ((seed, what),) = failures
    assert (seed, what[: len(word)]) == (4, word)
    assert kinds.total() >= 2


def test_work_is_counted_in_calls() -> None:
    small = drive.counted(b"(\xc6\x92 main (_) 1)", 10**7)
    large = drive.counted(b"".join(b"(\xc6\x92 f%d (x) (+ x 1))\n" % k for k in range(200)), 10**7)
    assert 0 < small < large < drive.work(4_000)
