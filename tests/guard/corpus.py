"""The corpus as executables: each program at each level, compiled by `zero` as a process and run.

A `Case` is a program at a level.  `Maker` is one state to compile in: store, remote tier, hash seed, folder, locale.
Knows no reason to compile twice; those are the rows of `states.py`.
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tests.corpus.programs import ROOT, Program

LEVELS = ("dev", "release")
SECONDS = 120  # for one build or run; nothing in the corpus takes two
STATS = re.compile(rb"^zr-stats: live_blocks=(\d+) .*\n", re.MULTILINE)

Item = TypeVar("Item")
Made = TypeVar("Made")


class Wrong(Exception):
    """What the guard is there to find; the text names the program, the level and the state."""


class Case:
    """One program at one level."""

    __slots__ = ("level", "program")

    def __init__(self, program: Program, level: str) -> None:
        self.program, self.level = program, level

    def __str__(self) -> str:
        return f"{self.program.path} at {self.level}"

    @property
    def name(self) -> str:
        """Where its executable lies, below a folder of executables."""
        return f"{self.level}/{self.program.path}"


def label(path: str) -> str:
    """What people call a program: its file's name, or its project's."""
    pure = pathlib.PurePath(path)
    return pure.parent.name if pure.name == "main.0x0" else pure.stem


def cases(programs: Iterable[Program], levels: tuple[str, ...] = LEVELS) -> list[Case]:
    return [Case(program, level) for program in programs for level in levels]


def each(items: Iterable[Item], work: Callable[[Item], Made], jobs: int) -> Iterator[Made]:
    """The work's results in the order of the items, whatever the number of jobs."""
    if jobs == 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        yield from pool.map(work, items)


class Maker:
    """Compiles cases in one state."""

    def __init__(
        self,
        store: pathlib.Path,
        *,
        remote: pathlib.Path | None = None,
        seed: int = 0,
        cwd: pathlib.Path = ROOT,
        flags: tuple[str, ...] = (),
        root: pathlib.Path = ROOT,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.cwd, self.flags = cwd, flags
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": str(root),
            "PYTHONSAFEPATH": "1",  # or the folder would come before the tree whose compiler is meant
            "PYTHONHASHSEED": str(seed),
            "ZERO_CACHE": str(store),
            "LC_ALL": "C.UTF-8",
        } | (environment or {})
        if remote is not None:
            self.environment["ZERO_CACHE_REMOTE"] = str(remote)
        if "CC" in os.environ:
            self.environment["CC"] = os.environ["CC"]

    def run(self, *words: str, module: str = "compiler.cli") -> subprocess.CompletedProcess[bytes]:
        """`zero` with these words, or another module of the tree."""
        return subprocess.run(
            [sys.executable, "-m", module, *words],
            cwd=self.cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )

    def words(self, case: Case, out: pathlib.Path) -> list[str]:
        return ["build", case.program.path, "-o", str(out), "--level", case.level, *self.flags]

    def make(self, case: Case, out: pathlib.Path) -> bytes:
        """The executable's bytes, left at `out`, too.  Errors: Wrong, when it is refused or anything is said."""
        out.parent.mkdir(parents=True, exist_ok=True)
        done = self.run(*self.words(case, out))
        if done.returncode != 0 or done.stdout or done.stderr:
            said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().partition("\n")[0]
            raise Wrong(f"{case}: zero build ends with {done.returncode}: {said[:300]}")
        return out.read_bytes()


def behaves(case: Case, image: pathlib.Path) -> str:
    """What is wrong with how an executable runs, against outputs that none of our lanes made; or an empty text."""
    program = case.program
    try:
        done = subprocess.run(
            [program.path],
            executable=str(image),
            cwd=ROOT,
            env={"ZR_STATS": "1", "PATH": os.defpath},
            input=program.stdin,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{case}: it does not end"
    stats = STATS.search(done.stderr)
    found = (done.returncode, done.stdout, re.sub(rb"^zr-stats: .*\n", b"", done.stderr, flags=re.MULTILINE))
    wanted = (program.status, program.stdout, program.stderr)
    for what, one, other in zip(("status", "output", "error output"), wanted, found, strict=True):
        if one != other:
            return f"{case}: its {what} is not the golden one: {_first(one, other)}"
    if program.status == 0 and (stats is None or stats[1] != b"0"):
        return f"{case}: blocks are still live when main has returned"
    return ""


def _first(wanted: object, found: object) -> str:
    """The first line in which two outputs differ."""
    if not isinstance(wanted, bytes) or not isinstance(found, bytes):
        return f"wanted {wanted}, found {found}"
    one, other = wanted.split(b"\n"), found.split(b"\n")
    line = next((at for at, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
    shown = [
        repr(lines[line].decode("utf-8", "replace")[:80]) if line < len(lines) else "the end" for lines in (one, other)
    ]
    return f"line {line + 1}: wanted {shown[0]}, found {shown[1]}"


def difference(one: bytes, other: bytes) -> str:
    """How two executables differ, in words."""
    count = sum(a != b for a, b in zip(one, other)) + abs(len(one) - len(other))
    first = next((at for at, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
    return f"{count} bytes differ, the first at {first:#x}; sizes {len(one)} and {len(other)}"
