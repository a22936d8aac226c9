"""The corpus as data: every positive program with its input, and what it must print and end with.

A program `NAME.0x0` has `NAME.out`, the expected output, which none of our lanes made: `NAME.py` beside it is the
same algorithm in Python (a kernel's twin is `NAME.c`), and `test_references.py` runs the twin again.
Header comments `; status: N` and `; stderr: LINE` state any other end.
"""

from __future__ import annotations

import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDERS = ("fixtures/programs", "fixtures/workloads")
LANES = (
    ("interp",),
    ("mir", "--level", "dev"),
    ("mir", "--level", "release"),
    ("native", "--level", "dev"),
    ("native", "--level", "release"),
)


class Program:
    """One corpus program; `path` is relative to the project's root, as panics print it."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = str(path.relative_to(ROOT))
        self.name = path.stem
        header = [line[2:] for line in path.read_text("utf-8").splitlines() if line.startswith("; ")]
        self.status = next((int(line[8:]) for line in header if line.startswith("status: ")), 0)
        self.stderr = "".join(line[8:] + "\n" for line in header if line.startswith("stderr: ")).encode()
        self.stdout_path = path.with_suffix(".out")
        self.twin = next((t for t in (path.with_suffix(".py"), path.with_suffix(".c")) if t.exists()), None)
        source = path.with_suffix(".in")
        self.stdin = source.read_bytes() if source.exists() else b""

    @property
    def stdout(self) -> bytes:
        return self.stdout_path.read_bytes()


def projects() -> list[pathlib.Path]:
    """The root file of each multi-module project: `fixtures/projects/NAME/main.0x0`."""
    return sorted((ROOT / "fixtures/projects").glob("*/main.0x0"))


PROGRAMS = [Program(path) for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.0x0"))]
PROGRAMS += [Program(path) for path in projects()]
