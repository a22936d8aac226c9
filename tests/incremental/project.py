"""A project in a folder that is built twice over: by a session over a store of its own, and by the whole pipeline.

`build()` compares the two byte for byte and tells which queries the session answered anew.
"""

from __future__ import annotations

import pathlib
from typing import Any

from compiler import pipeline
from compiler.cas.store import Store
from compiler.diagnostics import Sink, UsageError
from compiler.incremental.front import Fallback
from compiler.incremental.session import Session
from compiler.options import Options
from compiler.records import Recorder, key

WORLD = {
    "foreign",
    "modules",
    "path",
    "prefix",
    "root",
    "runtime",
    "source",
    "targets",
    "testing",
}  # asked of the world in every build


class Anew:
    """What a session answered anew, by kind, and whether it gave the program at all."""

    def __init__(self) -> None:
        self.made: dict[str, set[str]] = {}
        self.image = b""
        self.fallback = ""
        self.inputs: list[str] = []

    def names(self, kind: str) -> set[str]:
        """The MIR names of the instances whose answers of a kind are new."""
        return {argument.partition("#")[2] for argument in self.made.get(kind, ())}

    @property
    def kinds(self) -> set[str]:
        return set(self.made) - WORLD


class Project:
    """Files in a folder, and a store beside it."""

    def __init__(
        self, folder: pathlib.Path, files: dict[str, str], links: tuple[str, ...] = (), level: str = "dev"
    ) -> None:
        self.level = level
        self.folder = folder / "project"
        self.store = str(folder / "store")
        self.links = tuple([str(self.folder / name) for name in links])
        self.write(files)

    @property
    def root(self) -> str:
        return str(self.folder / "main.0x0")

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text, "utf-8")

    def edit(self, name: str, old: str, new: str, count: int = 1) -> None:
        """Replace the first of what must be in the file exactly so often."""
        text = (self.folder / name).read_text("utf-8")
        assert text.count(old) == count, (name, old)
        (self.folder / name).write_text(text.replace(old, new, 1), "utf-8")

    def whole(self) -> tuple[bytes, list[str]]:
        """(the executable, messages), by the whole pipeline."""
        sink = Sink()
        try:
            image, _ = pipeline.compile_program(self.root, Options(links=self.links, level=self.level), sink)
        except UsageError as error:
            return b"", [error.message]
        return image, [item.message for item in sink.items]

    def session(self) -> Anew:
        """By a session; what it gave and what it had to do for it."""
        return session(self.root, self.store, self.links, self.level)

    def build(self) -> Anew:
        """A program without mistakes, both ways: the same bytes."""
        image, messages = self.whole()
        assert not messages, messages
        anew = self.session()
        assert (anew.fallback, anew.image) == ("", image), anew.fallback
        return anew

    def refuse(self) -> list[str]:
        """A program with mistakes: the session leaves it to the pipeline, whose messages these are."""
        image, messages = self.whole()
        assert messages and not image
        assert self.session().fallback == "messages"
        return messages


def session(root: str, store: str, links: tuple[str, ...] = (), level: str = "dev", jobs: int = 1) -> Anew:
    anew = Anew()
    recorder = Recorder()
    opened = Session(root, frozenset(), recorder.read, Store(store), links, level, jobs=jobs)
    for kind in opened.kinds.values():
        kind.provide = _watched(anew, kind.name, kind.provide)
    references = [key("test", root)]
    opened.open(references)
    try:
        anew.image = opened.build()
    except Fallback as error:
        anew.fallback = str(error)
        return anew
    opened.keep(references)
    assert not opened.objects.faults
    anew.inputs = [place for place, *_ in recorder.inputs]
    return anew


def _watched(anew: Anew, kind: str, provide: Any) -> Any:
    def inner(engine: Any, argument: str) -> Any:
        anew.made.setdefault(kind, set()).add(argument)
        return provide(engine, argument)

    return inner
