"""The corpus as data: every positive program with its input, and what it must print and end with.

A program `NAME.0x0` has `NAME.out`, the expected output, which none of our lanes made: `NAME.py` beside it is the
same algorithm in Python (a kernel's twin is `NAME.c`), and `test_references.py` runs the twin again.
Header comments `; status: N` and `; stderr: LINE` state any other end.  `NAME.a+b.out` is what the same program prints
when it is built with the features a and b, which its twin is given as arguments.
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

    def __init__(self, path: pathlib.Path, features: tuple[str, ...] = ()) -> None:
        self.path = str(path.relative_to(ROOT))
        self.features = features
        self.label = "+".join((self.path, *features))
        self.name = path.stem
        header = [line[2:] for line in path.read_text("utf-8").splitlines() if line.startswith("; ")]
        self.status = next((int(line[8:]) for line in header if line.startswith("status: ")), 0)
        self.stderr = "".join(line[8:] + "\n" for line in header if line.startswith("stderr: ")).encode()
        self.stdout_path = path.with_suffix(".".join(("", *(["+".join(features)] if features else []), "out")))
        self.twin = next((t for t in (path.with_suffix(".py"), path.with_suffix(".c")) if t.exists()), None)
        source = path.with_suffix(".in")
        self.stdin = source.read_bytes() if source.exists() else b""

    @property
    def flags(self) -> list[str]:
        """What `zero` is given beside the path."""
        return [word for name in self.features for word in ("--feature", name)]

    @property
    def stdout(self) -> bytes:
        return self.stdout_path.read_bytes()


def variants(path: pathlib.Path) -> list[Program]:
    """The program with each set of features that it has an output for."""
    found = sorted(path.parent.glob(f"{path.stem}.*.out"))
    return [Program(path, tuple(out.name[len(path.stem) + 1 : -len(".out")].split("+"))) for out in found]


def projects() -> list[pathlib.Path]:
    """The root file of each multi-module project: `fixtures/projects/NAME/main.0x0`."""
    return sorted((ROOT / "fixtures/projects").glob("*/main.0x0"))


PROGRAMS = [Program(path) for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.0x0"))]
PROGRAMS += [Program(path) for path in projects()]
VARIANTS = [each for path in projects() for each in variants(path)]
