"""A build as the command makes it, with its session watched: which queries it answered anew, and how it ended.

`watching()` puts `Watched` in the place of the session for the length of a test; `build` then is `building.build`.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

from compiler import building
from compiler.diagnostics import Sink, UsageError
from compiler.incremental import session as sessions
from compiler.options import Options
from compiler.query.kind import Kind

Said = list[tuple[str, str, int, int, str]]  # messages: code, file, from, to, text


class Watched(sessions.Session):
    """The session of the newest build; `last` is None after a build that needed none."""

    last: Watched | None = None

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self.ended = ""  # why it gave no program
        self.answered: list[tuple[str, str]] = []  # kind, argument
        for kind in self.kinds.values():
            kind.provide = self._noting(kind)
        Watched.last = self

    def _noting(self, kind: Kind) -> Callable[[Any, str], Any]:
        provide = kind.provide

        def noting(engine: Any, argument: str) -> Any:
            self.answered.append((kind.name, argument))
            return provide(engine, argument)

        return noting

    def build(self) -> bytes:
        try:
            return super().build()
        except BaseException as error:
            self.ended = f"{type(error).__name__}: {error}"
            raise

    def anew(self) -> dict[str, set[str]]:
        """The arguments of what was answered anew, by kind, without what is asked of the world each time."""
        found: dict[str, set[str]] = {}
        for kind, argument in self.answered:
            if not self.kinds[kind].always:
                found.setdefault(kind, set()).add(argument)
        return found


@contextlib.contextmanager
def watching() -> Iterator[None]:
    before = sessions.Session
    sessions.Session = Watched  # type: ignore[misc]
    try:
        yield
    finally:
        sessions.Session = before  # type: ignore[misc]


def build(
    path: str,
    out: pathlib.Path,
    features: frozenset[str],
    store: pathlib.Path,
    *,
    level: str = "dev",
    links: tuple[str, ...] = (),
) -> tuple[bytes, Said, list[str]]:
    """(the executable or b"", the messages, what was said of the store), as `zero build` does it."""
    os.environ["ZERO_CACHE"] = str(store)
    Watched.last = None
    sink = Sink()
    heard: list[str] = []
    try:
        options = Options(features=features, level=level, links=links)
        status = building.build(path, str(out), options, sink, heard.append)
    except UsageError as error:
        return b"", [("usage", "", 0, 0, error.message)], heard
    return b"" if status else out.read_bytes(), said(sink), heard


def said(sink: Sink) -> Said:
    return [(item.kind.code, item.file.path, item.start, item.end, item.message) for item in sink.ordered()]
