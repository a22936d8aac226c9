"""Histories of random edits: after each, an incremental build gives what the whole compiler gives from the sources.

    python -m tests.incremental.histories --count 1000 --seed 1

The reference is the pipeline without the store, which shares neither graph nor packs nor interfaces with the session:
the same bytes, or for a program with mistakes, a session that says nothing and leaves the word to the pipeline.
"""

from __future__ import annotations

import argparse
import pathlib
import random
import sys
import tempfile
from collections import Counter

from compiler import pipeline
from compiler.cas.store import Store
from compiler.diagnostics import Sink, UsageError
from compiler.incremental.front import Fallback
from compiler.incremental.session import Session
from compiler.options import Options
from compiler.records import Recorder, key
from runtime_c.build import compile_freestanding
from tests.conftest import ROOT
from tests.incremental import edits

PROJECT = "fixtures/projects/minisql"
BACK = 0.85  # how often a program with mistakes is mended at once
OBJECTS = 3  # states of the object that is linked, each with every C function


class Differs(Exception):
    """An incremental build gave something else."""


class History:
    """A project in a folder, its store, and what became of its edits."""

    def __init__(self, folder: pathlib.Path, seed: int, project: str = PROJECT, level: str = "dev") -> None:
        self.level = level
        self.rnd = random.Random(seed)
        self.folder = folder / "project"
        self.store = folder / "store"
        self.files = {
            str(path.relative_to(ROOT / project)): path.read_text("utf-8")
            for path in sorted((ROOT / project).rglob("*.0x0"))
        }
        self.sound: edits.Files = {}  # the last right ones
        self.right = True
        self.why = ""
        self.counts: Counter[str] = Counter()
        self.red: Counter[str] = Counter()
        self.objects = [self._compiled(folder / f"c{k}.c", k) for k in range(OBJECTS)]
        self.links = (str(folder / "c.o"),)
        self.write({})

    def _compiled(self, path: pathlib.Path, state: int) -> bytes:
        lines = [
            f"long long c{k}(long long n);\nlong long c{k}(long long n) {{ return n + {k + state}; }}\n"
            for k in range(edits.C_FUNCTIONS)
        ]
        path.write_text("".join(lines), "ascii")
        return pathlib.Path(compile_freestanding(str(path))).read_bytes()

    def write(self, before: edits.Files) -> None:
        pathlib.Path(self.links[0]).write_bytes(self.objects[int(self.files.get("object", "0"))])
        for name in before.keys() - self.files.keys():
            (self.folder / name).unlink()
        for name, text in self.files.items():
            if before.get(name) != text:
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / name).write_text(text, "utf-8")

    def options(self, features: frozenset[str]) -> Options:
        return Options(features=features, links=self.links, level=self.level)

    def wanted(self, features: frozenset[str]) -> tuple[bytes, list[str]]:
        """(the executable, messages), by the whole pipeline."""
        sink = Sink()
        try:
            image, _ = pipeline.compile_program(str(self.folder / "main.0x0"), self.options(features), sink)
        except UsageError as error:
            return b"", [error.message]
        return image, [item.message for item in sink.items]

    def found(self, features: frozenset[str]) -> tuple[bytes, Session]:
        """By a session over the store."""
        session = Session(
            str(self.folder / "main.0x0"), features, Recorder().read, Store(str(self.store)), self.links, self.level
        )
        references = [key("test", self.level, *sorted(features))]
        session.open(references)
        try:
            image = session.build()
        except (Fallback, UsageError) as error:
            self.why = str(error)
            return b"", session
        session.keep(references)
        return image, session

    def compare(self, what: str) -> bool:
        """Whether the program is right; builds it with and without a feature now and then.  Errors: Differs."""
        features = frozenset(("extra",)) if self.rnd.random() < 0.2 else frozenset()
        image, messages = self.wanted(features)
        other, session = self.found(features)
        self.counts["wrong" if messages else "right"] += 1
        if image != other:
            why = f"{len(other)} bytes" if other else self.why
            raise Differs(f"{what}: {len(image)} bytes, {messages[:1]}; incremental: {why}")
        self.red.update({name: tally.red for name, tally in session.engine.tallies.items()})
        if session.objects.faults:
            raise Differs(f"{what}: {session.objects.faults[0]}")
        return not messages

    def step(self) -> str:
        """One edit and a comparison; a wrong program is mended most of the time."""
        before = dict(self.files)
        if self.right:
            self.sound = before
        name, where = edits.apply(self.rnd, self.files)
        self.counts[name] += 1
        self.write(before)
        self.right = self.compare(f"{name} at {where}")
        if not self.right and self.rnd.random() < BACK:
            wrong, self.files = self.files, dict(self.sound)
            self.write(wrong)
            self.right = True
        return name


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="histories")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--project", default=PROJECT)
    parser.add_argument("--level", choices=("dev", "release"), default="dev")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="zero-history-") as folder:
        history = History(pathlib.Path(folder), options.seed, options.project, options.level)
        history.compare("the start")
        for k in range(options.count):
            try:
                history.step()
            except Differs as error:
                print(f"edit {k + 1}: {error}")
                return 3
            if (k + 1) % 50 == 0:
                print(f"{k + 1} edits: {history.counts['right']} right, {history.counts['wrong']} wrong", flush=True)
        print(" ".join(f"{name}={count}" for name, count in sorted(history.counts.items())))
        print("answered anew:", " ".join(f"{name}={count}" for name, count in history.red.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
