"""Several processes on one store, and processes that are killed: nothing that was said to be kept is lost or wrong."""

from __future__ import annotations

import os
import pathlib
import random
import subprocess
import sys
import time

from compiler.cas.store import Store
from compiler.cas.sweep import collect
from tests.cas import killing
from tests.cas.conftest import file_of
from tests.conftest import ROOT

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


def start(folder: pathlib.Path, name: str, out: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "compiler.cli", "build", f"{name}.0x0", "-o", out],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ZERO_CACHE": str(folder / "store")},
    )


def prints(path: pathlib.Path) -> str:
    return subprocess.run([path], capture_output=True, check=True).stdout.decode().strip()


def test_builds_race_and_are_killed(tmp_path: pathlib.Path) -> None:
    """Two of the same and one of another program from an empty store; then builds that are killed anywhere."""
    for name in "ab":
        (tmp_path / f"{name}.0x0").write_text(f'(ƒ main (_) (print "{name}"))\n', "utf-8")
    racing = [start(tmp_path, name, out) for name, out in (("a", "a1"), ("a", "a2"), ("b", "b1"))]
    assert [process.wait() for process in racing] == [0, 0, 0]
    assert [prints(tmp_path / out) for out in ("a1", "a2", "b1")] == ["a", "a", "b"]
    image = (tmp_path / "a1").read_bytes()
    assert (tmp_path / "a2").read_bytes() == image
    generator = random.Random(7)
    for number in range(12):
        (tmp_path / "a.0x0").write_text(f'(ƒ main (_) (print "{number}"))\n', "utf-8")
        process = start(tmp_path, "a", "a1")
        time.sleep(generator.random() * 0.25)
        process.kill()
        process.wait()
        assert start(tmp_path, "a", "a1").wait() == 0
        assert prints(tmp_path / "a1") == str(number)
    (tmp_path / "a.0x0").write_text('(ƒ main (_) (print "a"))\n', "utf-8")
    assert start(tmp_path, "a", "a1").wait() == 0
    assert (tmp_path / "a1").read_bytes() == image
    assert killing.left_wrong(str(tmp_path / "store")) == []
