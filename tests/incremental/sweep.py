"""Small projects and edits of them, each built by a session from the graph that the build before the edit left.

    python -m tests.incremental.sweep [--level dev|release]

What comes out must be what a build from nothing makes: the whole pipeline for a program, the same bytes or a refusal
by both; for a program's tests a session without a store.  An edit is there for the query that must be answered anew
because of it and of nothing else (`test_edges.py` says which).  Status 3 and one line for the first difference.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from types import FrameType

from compiler import pipeline
from compiler.cas.store import Store
from compiler.diagnostics import Sink
from compiler.incremental.front import Fallback
from compiler.incremental.session import Session
from compiler.options import Options
from compiler.query.engine import Engine
from compiler.query.graph import Key, spell
from compiler.records import Recorder, key
from runtime_c.build import compile_freestanding
from tests.incremental.gardens import EDITS, PROJECTS, Edit, Files

LEVELS = ("dev", "release")
SECONDS = 20  # of CPU for one build: one that was broken on purpose may not end
REFERENCES = [key("sweep")]
C = "long long c0(long long n);\nlong long c0(long long n) {{ return n + {}; }}\n"

EXHAUSTED = b"memory exhausted"

Image = tuple[bytes, ...]
Break = Callable[[Engine], object]


class Differs(Exception):
    """A build after an edit gave something else."""


def edited(edit: Edit) -> Files:
    """The project's files after the edit."""
    files = dict(PROJECTS[edit.project])
    for name, old, new in edit.changes:
        if old:
            assert files[name].count(old) == 1, (edit.name, old)
            files[name] = files[name].replace(old, new)
        else:
            files[name] = new
    return files


class World:
    """A folder with one project at a time, and for each project and level what its first build left."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.runtime_library = pipeline.runtime_library
        self.libraries = [pipeline.runtime_library(), self._other_library()]
        self.objects = [self._object(k) for k in range(2)]
        self.wanted: dict[tuple[str, str], Image | None] = {}
        self.answers: dict[tuple[str, str], dict[Key, bytes]] = {}
        self.engine: Engine  # of the last session
        self.stores: dict[tuple[str, str], Store] = {}

    def leave(self) -> None:
        """Put back what building looks at; the folder is no longer the current one."""
        pipeline.runtime_library = self.runtime_library
        os.chdir("/")

    def _other_library(self) -> str:
        """Another runtime library: one that says something else."""
        path = self.folder / "runtime" / "other" / "libzr.a"
        path.parent.mkdir(parents=True)
        data = pathlib.Path(pipeline.runtime_library()).read_bytes()
        assert data.count(EXHAUSTED) == 1
        path.write_bytes(data.replace(EXHAUSTED, EXHAUSTED.upper()))
        return str(path)

    def _object(self, state: int) -> bytes:
        path = self.folder / f"c{state}.c"
        path.write_text(C.format(state), "ascii")
        return pathlib.Path(compile_freestanding(str(path))).read_bytes()

    def write(self, files: Files) -> None:
        """Only these files are in the folder, which is the current one."""
        project = self.folder / "project"
        os.chdir(self.folder)
        shutil.rmtree(project, ignore_errors=True)
        for name, text in files.items():
            if not name.startswith("@"):
                (project / name).parent.mkdir(parents=True, exist_ok=True)
                if text.startswith("@"):
                    (project / name).symlink_to(text[1:])
                else:
                    (project / name).write_text(text, "utf-8")
        (self.folder / "c.o").write_bytes(self.objects[int(files.get("@object", "0"))])
        pipeline.runtime_library = lambda: self.libraries["@runtime" in files]
        os.chdir(project)

    def session(self, files: Files, level: str, store: Store | None, broken: Break | None = None) -> Image | None:
        """What a session makes, None when it has to say something; with a store that has no graph, it leaves one."""
        session = Session(
            files.get("@path", "main.0x0"),
            frozenset(),
            Recorder().read,
            store,
            links_of(files),
            level,
            jobs=1,
            tests="@tests" in files,
        )
        session.open(REFERENCES if store is not None else [])
        self.engine = session.engine
        if broken is not None:
            broken(session.engine)
        try:
            if "@tests" in files:
                session.check()
                found: Image = tuple([session.image(name) for _, _, name in session.tests()])
            else:
                found = (session.build(),)
        except Fallback as error:
            if str(error) != "messages":
                raise
            return None
        if store is not None and not session.engine.origin and session.engine.revision == 1:
            session.keep(REFERENCES)
        return found

    def whole(self, files: Files, level: str) -> Image | None:
        """What a build from nothing makes of the files, which lie there."""
        if "@tests" in files:
            return self.session(files, level, None)
        sink = Sink()
        options = Options(level=level, links=links_of(files))
        image, _ = pipeline.compile_program(files.get("@path", "main.0x0"), options, sink)
        return None if sink.items else (image,)

    def store(self, project: str, level: str) -> Store:
        """What the build before any edit left; only to be read."""
        found = self.stores.get((project, level))
        if found is None:
            files = PROJECTS[project]
            found = self.stores[project, level] = Store(str(self.folder / f"{project}-{level}"))
            self.write(files)
            made = self.session(files, level, found)
            if made is None or made != self.whole(files, level):
                raise Differs(f"{project}, {level}: before any edit")
        return found

    def difference(self, edit: Edit, level: str, broken: Break | None = None) -> str:
        """What is wrong after an edit, or nothing; `broken` spoils the engine with the graph of the build before."""
        store = self.store(edit.project, level)
        files = edited(edit)
        self.write(files)
        if (edit.name, level) not in self.wanted:
            self.wanted[edit.name, level] = self.whole(files, level)
        wanted = self.wanted[edit.name, level]
        before = signal.signal(signal.SIGVTALRM, _stop)
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        try:
            found = self.session(files, level, store, broken)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)
        if found == wanted:
            return self.stale(edit, level, files) if wanted is not None else ""
        return "refused" if found is None else "accepted" if wanted is None else "other bytes"

    def stale(self, edit: Edit, level: str, files: Files) -> str:
        """The first answer of the last session that a session from nothing answers in another way, or nothing."""
        answers = self.engine.answered()
        if (edit.name, level) not in self.answers:
            self.session(files, level, None)
            found = {node.key: node.fingerprint for node in self.engine.answered()}
            self.answers[edit.name, level] = found
        right = self.answers[edit.name, level]
        wrong = [node.key for node in answers if right.get(node.key, node.fingerprint) != node.fingerprint]
        return f"another answer: {spell(min(wrong))}" if wrong else ""


def _stop(_: int, __: FrameType | None) -> None:
    raise TimeoutError("no end")


def links_of(files: Files) -> tuple[str, ...]:
    return ("../c.o",) if "@object" in files else ()


def levels_of(edit: Edit) -> tuple[str, ...]:
    """The tests of a program are built by sessions at dev level only."""
    return ("dev",) if edit.tests else LEVELS


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="sweep")
    parser.add_argument("--level", choices=LEVELS)
    options = parser.parse_args(arguments)
    found = first((options.level,) if options.level else LEVELS)
    if found:
        print(f"edit\t{found}")
    return 3 if found else 0


def first(levels: tuple[str, ...] = LEVELS) -> str:
    """The first edit after which something is wrong, with its level and what, or nothing."""
    with tempfile.TemporaryDirectory(prefix="zero-sweep-") as folder:
        world = World(pathlib.Path(folder))
        try:
            for edit in EDITS.values():
                for level in levels_of(edit):
                    found = world.difference(edit, level) if level in levels else ""
                    if found:
                        return f"{edit.name}, {level}: {found}"
        except Differs as error:
            return str(error)
        finally:
            world.leave()
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
