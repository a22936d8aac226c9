"""Run a program and say what it cost: CPU time, peak memory, executed instructions, bytes of code.

Instructions come from callgrind, which counts the same on every run of a single-threaded program; the
machine's own counters are often not to be had.  Interleaved pairs are taken here too, in balanced
random order.  Knows no compiler and no metric.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gates.collect.samples import ROOT, Unavailable

# The whole environment of a measured program: its size and content would move counts otherwise.
CLEAN = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)}
LIMIT_S = 600


@dataclass(frozen=True, slots=True)
class Cost:
    status: int
    cpu_s: float
    peak_bytes: int
    out: bytes
    error: bytes


@cache
def compiled(source: Path, name: str, *flags: str) -> str:
    """A small C file as a program or library under `build`; compiled once per content."""
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    path = ROOT / "build" / "collect" / digest / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{name}.{os.getpid()}.{threading.get_ident()}")
        words = [os.environ.get("CC", "cc"), "-O1", "-Wall", "-Wextra", "-Werror", *flags]
        try:
            subprocess.run([*words, "-o", str(fresh), str(source)], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            raise Unavailable("no C compiler; run: sudo apt-get install -y gcc libc6-dev") from None
        fresh.replace(path)
    return str(path)


def launcher() -> str:
    """The small program that starts others and reports their cost."""
    return compiled(Path(__file__).with_name("launch.c"), "launch")


def run(command: list[str], *, environment: dict[str, str] | None = None, expect: int | None = 0) -> Cost:
    """Run to the end in a clean environment; a status other than `expect` is an error."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error, tempfile.NamedTemporaryFile() as facts:
        done = subprocess.run(
            [launcher(), facts.name, *command],
            cwd=ROOT,
            env=CLEAN | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=error,
            timeout=LIMIT_S,
            check=False,
        )
        out.seek(0)
        error.seek(0)
        words = Path(facts.name).read_text("ascii").split()
        if done.returncode != 0 or len(words) != 3:
            raise RuntimeError(f"{shown(command)}: it could not be launched")
        cost = Cost(int(words[0]), int(words[1]) / 1e6, int(words[2]) * 1024, out.read(), error.read())
    if expect is not None and cost.status != expect:
        said = cost.error.decode("utf-8", "replace").strip().split("\n")[-1]
        raise RuntimeError(f"{shown(command)}: status {cost.status}: {said}")
    return cost


def shown(command: list[str]) -> str:
    """The command as it may stand in a message: no path of this machine in it."""
    words = [".venv/bin/python" if word == sys.executable else word for word in command]
    return " ".join(os.path.basename(word) if word.startswith("/") else word for word in words)


def has_valgrind() -> bool:
    return shutil.which("valgrind") is not None


NO_VALGRIND = "valgrind is not installed; run: sudo apt-get install -y valgrind"


def instructions(command: list[str], expect: int | None = 0) -> int:
    """Instructions that the program executes in user space, as callgrind counts them."""
    if not has_valgrind():
        raise Unavailable(NO_VALGRIND)
    tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    cost = run([*tool, *command], expect=expect)
    found = re.search(rb"Collected\s*:\s*([0-9]+)", cost.error)
    if found is None:
        raise RuntimeError(f"callgrind gave no count for {shown(command)}")
    return int(found[1])


def code_bytes(path: Path) -> int:
    """Bytes of machine code in an executable: its executable segments, as stored."""
    from elftools.elf.elffile import ELFFile

    with path.open("rb") as stream:
        segments = list(ELFFile(stream).iter_segments())
        return sum(each["p_filesz"] for each in segments if each["p_type"] == "PT_LOAD" and each["p_flags"] & 1)


def interleave(
    pairs: int, before: Callable[[], float], after: Callable[[], float], seed: str
) -> list[tuple[float, float]]:
    """Pairs of one run each, side by side, in balanced random order; the first pair warms up and is dropped."""
    order = [index % 2 == 0 for index in range(pairs + pairs % 2)]
    random.Random(seed).shuffle(order)
    taken = []
    for before_first in [True, *order[:pairs]]:
        if before_first:
            one = before()
            other = after()
        else:
            other = after()
            one = before()
        taken.append((one, other))
    return taken[1:]
