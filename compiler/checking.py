"""Check a program, or make its page, with what earlier checks and builds found out.

A program of one small file is checked as a whole: that takes less than asking the store.  All others go through a
session that ends where code would begin; it shares the graph of the program's builds and leaves what they need.
"""

from __future__ import annotations

import os
from stat import S_ISREG

from compiler.diagnostics import Sink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.incremental.session import Session

SMALL = 1 << 15  # bytes, some thousand lines
_IMPORTS = (b"(\xe2\x86\xa5", b"(import")
_LIBRARY = b'"std:'


def check(path: str, features: frozenset[str], tell: Callable[[str], object]) -> Sink:
    """What is wrong with a program; `tell` hears of damage in the store.  Errors: UsageError."""
    if not _pays(path):
        return whole(path, features)
    session, references = _opened(path, features)
    sink = session.messages.said("")
    _keep(session, references, tell)
    return sink


def whole(path: str, features: frozenset[str]) -> Sink:
    """The same without a store."""
    from compiler import pipeline

    sink = Sink()
    pipeline.front(path, features, sink)
    return sink


def page(path: str, features: frozenset[str], sink: Sink, tell: Callable[[str], object]) -> str | None:
    """The documentation of a program's root module; None with diagnostics in `sink`.  Errors: UsageError."""
    from compiler.incremental.front import Fallback

    session, references = _opened(path, features)
    found = session.messages.said("")
    sink.items += found.items
    text: str | None = None
    try:
        if not sink:
            text = _page(session)
    except Fallback:
        session.spoiled = True
    _keep(session, references, tell)
    if text is None and not sink:
        from compiler import pipeline
        from compiler.documenting import page as of_program

        graph, program = pipeline.front(path, features, sink)
        text = of_program(graph, program) if graph is not None and program is not None else None
    return text


def _page(session: Session) -> str | None:
    if session.spoiled:
        return None
    front = session.front
    if not front.index:
        front.load(session.engine)
    text: str = session.engine.ask("documentation", front.root())
    return text


def _pays(path: str) -> bool:
    """Whether the store can answer sooner than the checker: a large file, or one that imports others of its own."""
    try:
        status = os.stat(path)
        if not S_ISREG(status.st_mode) or status.st_size >= SMALL:  # a pipe can be read only once
            return S_ISREG(status.st_mode)
        with open(path, "rb") as file:
            data = file.read()
    except (OSError, ValueError):
        return False
    places = [place for word in _IMPORTS for place in data.split(word)[1:]]
    return any(not place.lstrip().startswith(_LIBRARY) for place in places)


def _opened(path: str, features: frozenset[str]) -> tuple[Session, list[str]]:
    from compiler.building import graphs
    from compiler.cas.store import open_store
    from compiler.incremental.session import Session
    from compiler.options import Options
    from compiler.syntax.source import read_bytes

    store = open_store()
    references = graphs(path, Options(features=features))
    session = Session(path, features, read_bytes, store, back=False)
    session.open(references)
    return session, references


def _keep(session: Session, references: list[str], tell: Callable[[str], object]) -> None:
    """Keep what is new; where nothing was asked that was not known, what is kept stays as it is."""
    from compiler.building import tell_damage
    from compiler.cas.kinds import Fault

    store = session.store
    assert store is not None
    tallies = session.engine.tallies
    if session.messages.keeps and (tallies["diagnostics"].red or tallies["documentation"].red):
        try:
            if session.spoiled:
                session.keep_messages(references)
            else:
                session.keep(references, rest=True)
        except Fault as fault:
            store.faults.append(fault)
        store.trim_when_due()
    store.faults += session.objects.faults
    if store.faults:
        tell_damage(store.faults, tell)
