"""Histories of random edits: after each, an incremental build gives what the whole compiler gives from the sources.

    python -m tests.incremental.histories --count 1000 --seed 1 [--record]

The reference is the pipeline without the store, which shares neither graph nor packs nor interfaces with the session:
the same bytes, or the same messages at the same places.  Every `COLD`th time a session over an empty store builds it
too, every `PROCESS`th time the command itself does, in another checkout and another process over the same store.
Status 3 for a difference, or when a long run never left a right program after some kind of edit; the seed repeats it.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter

import pytest

from compiler import checking, documenting, pipeline, records
from compiler.cli import render
from compiler.diagnostics import Sink, UsageError
from compiler.modules import load, manifest
from compiler.modules.packages import Packages, lock_text
from compiler.options import Options
from compiler.syntax.source import decode, read_bytes
from runtime_c.build import compile_freestanding
from tests.heavy.results import commit, record_run
from tests.heavy.tree import tree
from tests.incremental import edits, start
from tests.incremental.text import Files
from tests.incremental.watched import Said, Watched, build, said, watching

LINKED = "../c.o"
OBJECTS = 3  # states of the object that is linked, each with every C function
BACK = 0.85  # how often a program with mistakes is mended at once
LOCKED = 0.9  # how often an edit of a package is locked
FEATURE = 0.15  # how often a program is built with its feature
COLD, PROCESS, CHECK = 10, 25, 2
LONG = 500  # edits: enough for every kind
FRESH = 50  # edits after which the project is the first one again: much of it is not in the program by then
MAIN = "main.0x0"


class Differs(Exception):
    """An incremental build gave something else."""


def compile_whole(path: str, options: Options) -> tuple[bytes, Said]:
    """By the whole pipeline, without a store."""
    sink = Sink()
    try:
        image, _ = pipeline.compile_program(path, options, sink)
    except UsageError as error:
        return b"", [("usage", "", 0, 0, error.message)]
    return image, said(sink)


def asked_whole(path: str, features: frozenset[str], *, page: bool) -> str:
    """What a check says or a page shows, by the whole pipeline without a store."""
    sink = Sink()
    try:
        graph, program = pipeline.front(path, features, sink)
    except UsageError as error:
        return error.message
    if sink or not page:
        return render.text(sink) + render.json(sink)
    assert graph is not None
    assert program is not None
    return documenting.page(graph, program)


def asked_session(path: str, features: frozenset[str], *, page: bool) -> str:
    """The same with the store's answers; damage is told elsewhere."""
    sink, text = Sink(), None
    try:
        if page:
            text = checking.page(path, features, sink, lambda _: None)
        else:
            sink = checking.check(path, features, lambda _: None)
    except UsageError as error:
        return error.message
    return render.text(sink) + render.json(sink) if text is None else text


class History:
    """A project in a folder, its store, and what became of its edits.

    It lives in the current folder and the environment of the process: `enter` and `leave`.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        seed: int,
        *,
        cold: int = COLD,
        process: int = PROCESS,
        damage: int = 0,
        check: int = CHECK,
        level: str = "dev",
        files: Files | None = None,
    ) -> None:
        self.rnd = random.Random(seed)
        self.seed = seed
        self.level = level
        self.first = start.text() if files is None else files
        self.cold, self.process, self.damage, self.check = cold, process, damage, check  # every how many edits
        self.folder = folder
        self.project = folder / "project"
        self.store = folder / "store"
        self.files = dict(self.first)
        self.sound: Files = {}  # the last ones that were right without the feature
        self.plain = True  # built without it
        self.right = True
        self.deck: list[str] = []
        self.steps = 0
        self.counts: Counter[str] = Counter()
        self.drawn: dict[str, Counter[str]] = {name: Counter() for name in edits.EDITS}
        self.red: Counter[str] = Counter()
        self._world = contextlib.ExitStack()

    def enter(self) -> None:
        """Write the project and go there; the library is that of a tree of its own."""
        self.zero = tree(self.folder / "tree", front=False)
        patch = pytest.MonkeyPatch()
        self._world.callback(patch.undo)
        self._world.enter_context(watching())
        patch.setattr(load, "STD", str(self.folder / "tree/compiler/std"))
        patch.setattr(records, "compiler_stamp", functools.cache(records.compiler_stamp))
        patch.setenv("ZERO_CACHE", str(self.store))
        patch.setattr(checking, "SMALL", 0)  # its root file is one of many in most states of it, and alone in some
        self.objects = [self.compiled(k) for k in range(OBJECTS)]
        self.project.mkdir(parents=True)
        patch.chdir(self.project)
        self.write({}, locked=True)

    def leave(self) -> None:
        self._world.close()

    def compiled(self, state: int) -> bytes:
        """An object with the C functions that programs may declare."""
        path = self.folder / f"c{state}.c"
        lines = [
            f"long long c{k}(long long n);\nlong long c{k}(long long n) {{ return n + {k + state}; }}\n"
            for k in range(edits.C_FUNCTIONS)
        ]
        path.write_text("".join(lines), "ascii")
        return pathlib.Path(compile_freestanding(str(path))).read_bytes()

    def options(self, features: frozenset[str], jobs: int = 1) -> Options:
        """What the program is built with; its C functions, where it has any, lie beside the project."""
        links = (LINKED,) if any('(extern "C"' in text for text in self.files.values()) else ()
        return Options(features=features, links=links, level=self.level, jobs=jobs)

    def place(self, name: str) -> pathlib.Path:
        if name == "object":
            return self.folder / "object"
        return (self.folder / "tree/compiler" if name.startswith("std/") else self.project) / name

    def write(self, before: Files, *, locked: bool) -> None:
        for name in before.keys() - self.files.keys():
            self.place(name).unlink()
        (self.project / LINKED).write_bytes(self.objects[int(self.files.get("object", "0"))])
        moved = before.keys() ^ self.files.keys()
        for name, text in self.files.items():
            if before.get(name) != text:
                self.place(name).parent.mkdir(parents=True, exist_ok=True)
                self.place(name).write_text(text, "utf-8")
                moved.add(name)
        if locked and any(name.startswith("lib/") for name in moved):
            (self.project / "0x0.lock").write_text(lock_of(str(self.project)), "utf-8")

    def compare(self, what: str) -> bool:
        """Whether the program is right; whoever builds it must say the same.  Errors: Differs."""
        features = frozenset(("extra",)) if self.rnd.random() < FEATURE else frozenset()
        if self.damage and self.steps % self.damage == 0:
            self.hurt()
        self.plain = not features
        wanted = compile_whole(MAIN, self.options(features))
        self.differ(what, wanted, self.built(self.options(features), self.store))
        self.counts["right" if wanted[0] else "wrong"] += 1
        session = Watched.last
        if session is None:
            self.counts["found whole"] += 1  # a record of this very program
        elif not session.ended:
            self.counts["incremental"] += 1
            self.red.update([kind for kind, _ in session.answered])
            if session.objects.faults and not self.damage:
                raise Differs(f"{what}: {session.objects.faults[0]}")
        elif wanted[0]:
            raise Differs(f"seed {self.seed}, {what}: left to the whole pipeline: {session.ended}")
        if self.cold and self.steps % self.cold == 0:
            shutil.rmtree(self.folder / "empty", ignore_errors=True)
            self.differ(f"{what}, from nothing", wanted, self.built(self.options(features, 2), self.folder / "empty"))
            self.counts["cold"] += 1
        if self.check and self.steps % self.check == 0:
            self.asked(what, features)
        if self.process and self.steps % self.process == 0:
            self.elsewhere(what, features, wanted[0])
        return bool(wanted[0])

    def asked(self, what: str, features: frozenset[str]) -> None:
        """`zero check` and `zero doc` over the same store.  Errors: Differs."""
        os.environ["ZERO_CACHE"] = str(self.store)
        page = self.steps % (2 * self.check) == 0
        for again in ("", ", again"):
            wanted, found = asked_whole(MAIN, features, page=page), asked_session(MAIN, features, page=page)
            if wanted != found:
                raise Differs(f"seed {self.seed}, {what}, asked{again}: wanted {wanted[:200]!r}; found {found[:200]!r}")
        self.counts["pages" if page else "checks"] += 1

    def built(self, options: Options, store: pathlib.Path) -> tuple[bytes, Said]:
        image, messages, heard = build(MAIN, self.folder / "out", options, store)
        if heard and not self.damage:
            raise Differs(f"seed {self.seed}, edit {self.steps}: the store is damaged: {heard[0]}")
        return image, messages

    def hurt(self) -> None:
        """Damage or lose some of what the session has kept."""
        for kind, most in (("query-pack-1", 3), ("query-graph-1", 1), ("diagnostics-1", 1), ("api-docs-1", 1)):
            held = sorted(path for path in (self.store / "objects" / kind).rglob("*") if path.is_file())
            for path in self.rnd.sample(held, min(len(held), self.rnd.randrange(most + 1))):
                path.chmod(0o644)
                if self.rnd.random() < 0.5:
                    path.unlink()
                else:
                    path.write_bytes(path.read_bytes()[: self.rnd.randrange(100)])
                self.counts["damaged objects"] += 1

    def differ(self, what: str, wanted: tuple[bytes, Said], found: tuple[bytes, Said]) -> None:
        if wanted != found:
            shown = [f"{len(image)} bytes, {said[:1]}" for image, said in (wanted, found)]
            raise Differs(
                f"seed {self.seed}, {what}: wanted {shown[0]}; found {shown[1]}; {Watched.last and Watched.last.ended}"
            )

    def elsewhere(self, what: str, features: frozenset[str], wanted: bytes) -> None:
        """The command, in a process of its own, in another checkout, over the same store."""
        other = self.folder / f"checkout-{self.steps % 2}/project"
        shutil.rmtree(other, ignore_errors=True)
        shutil.copytree(self.project, other)
        shutil.copy(self.project / LINKED, other / LINKED)
        out = other / "program"
        words = [
            str(self.zero),
            "build",
            MAIN,
            "-o",
            str(out),
            "--level",
            self.level,
            "--jobs",
            str(self.steps % 3 + 1),
        ]
        for link in self.options(features).links:
            words += ["--link", link]
        if features:
            words += ["--feature", *features]
        done = subprocess.run(
            words, cwd=other, capture_output=True, check=False, env={**os.environ, "PYTHONHASHSEED": str(self.steps)}
        )
        if done.returncode != (0 if wanted else 1) or (out.read_bytes() if out.exists() else b"") != wanted:
            raise Differs(
                f"seed {self.seed}, {what}, by the command: status {done.returncode}, {done.stderr.decode()[:300]}"
            )
        self.counts["processes"] += 1

    def begin(self) -> None:
        """Build what is there before the first edit.  Errors: Differs."""
        if not self.compare("the start"):
            raise Differs(f"the project to begin with is wrong: {compile_whole(MAIN, self.options(frozenset()))[1]}")

    def step(self) -> str:
        """One edit and a comparison; a wrong program is mended most of the time."""
        before = dict(self.files)
        if self.steps % FRESH == FRESH - 1:
            self.files = dict(self.first)
            self.write(before, locked=True)
            self.right = self.plain = True
            before = dict(self.files)
        if self.right and self.plain:
            self.sound = before
        name, where = edits.apply(self.rnd, self.files, self.deck)
        self.write(before, locked=self.rnd.random() < LOCKED)
        self.steps += 1
        self.right = self.compare(f"edit {self.steps}, {name} at {where}")
        self.drawn[name]["right" if self.right else "wrong"] += 1
        if not self.right and self.rnd.random() < BACK:
            wrong, self.files = self.files, dict(self.sound)
            self.write(wrong, locked=True)
            self.right = self.plain = True
        return name

    def coverage(self) -> str:
        """Every kind of edit with how many left a right and a wrong program."""
        return ", ".join(f"{name} {found['right']}+{found['wrong']}" for name, found in self.drawn.items())

    def never(self) -> list[str]:
        """Kinds that never left a right program: nothing was learned of them."""
        return [name for name, found in self.drawn.items() if not found["right"]]


def lock_of(folder: str) -> str:
    """The lock of a project as it lies there."""
    sink = Sink()
    file, _ = decode(0, manifest.FILE, read_bytes(f"{folder}/{manifest.FILE}"), sink)
    return lock_text(Packages(manifest.parse(file, os.path.realpath(folder), sink), folder, read_bytes, sink, 1).lock())


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="histories")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--small", action="store_true", help="without the database: a fifth of the time")
    parser.add_argument("--level", choices=("dev", "release"), default="dev")
    parser.add_argument("--damage", type=int, default=0, help="every how many edits the store is damaged; 0: never")
    parser.add_argument("--record", action="store_true", help="keep the outcome in ledgers/heavy/long-runs.tsv")
    options = parser.parse_args(arguments)
    tree_of = commit()
    files = start.text(database=not options.small)
    failures = 0
    with tempfile.TemporaryDirectory(prefix="zero-history-") as folder:
        history = History(pathlib.Path(folder), options.seed, damage=options.damage, level=options.level, files=files)
        history.enter()
        try:
            history.begin()
            for k in range(options.count):
                history.step()
                if (k + 1) % 100 == 0:
                    print(
                        f"{k + 1} edits: {history.counts['right']} right, {history.counts['wrong']} wrong", flush=True
                    )
        except Differs as error:
            print(error)
            failures = 1
        finally:
            history.leave()
    print("edits by kind, right+wrong:", history.coverage())
    print("builds:", ", ".join(f"{name} {count}" for name, count in sorted(history.counts.items())))
    print("queries answered anew:", ", ".join(f"{name} {count}" for name, count in sorted(history.red.items())))
    never = history.never() if history.steps >= LONG else []
    if never:
        print(f"never right: {', '.join(never)}")
    if options.record:
        detail = f"{options.level}; " + "; ".join(f"{name} {count}" for name, count in sorted(history.counts.items()))
        detail += f"; edits right+wrong: {history.coverage()}"
        kind = "histories" + "-small" * options.small + "-release" * (options.level == "release")
        record_run(kind, options.seed, history.steps, failures, detail, tree_of)
    return 3 if failures or never else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
