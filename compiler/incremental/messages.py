"""What is wrong with a program, as the answer of a query, kept with the files that it rests on.

    diagnostics: ─▶ named (how the command names the program), input:FILE for all that was read or looked for
    diagnostics:build ─▶ diagnostics:, and the files to link with

A session without a mistake says that there is none; else the whole pipeline reads the same bytes, and its words are the
answer.  Edges are files and not queries, so that an answer holds or not before anything is read as a program.  Kept as
JSON: files, then for each message its code, file, place, facts and notes.  What cannot be kept so that it comes back
as it was (`keeps`) is said and not kept.
"""

from __future__ import annotations

import os

from compiler.diagnostics import KINDS, Diagnostic, Note, Sink, SourceFile
from compiler.digest import brief
from compiler.incremental.front import Fallback
from compiler.modules import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compiler.incremental.session import Session
    from compiler.options import Options
    from compiler.query.engine import Engine

BUILD = "build"  # the argument of what keeps a program from being built
NONE = "[]"  # nothing is wrong
# What packages say can rest on where links lead that nobody read through.
UNKEPT = ("PKG_MANIFEST", "PKG_DIGEST")
ESCAPED = {k: f"%{k:02X}" for k in (*range(32), 127, ord("%"), ord("#"))}  # in names of files as arguments


class Messages:
    """The messages of one session, and the files that they rest on."""

    __slots__ = ("_cwd", "_folder", "_held", "_links", "_looked", "_options", "_path", "_reader", "_real", "_session",
                 "_told", "image", "inputs", "keeps")  # fmt: skip

    def __init__(self, session: Session, path: str, links: tuple[str, ...], reader: Callable[[str], bytes]) -> None:
        self._session = session
        self._path = path
        self._links = links
        self._reader = reader
        self._cwd = os.getcwd()
        self._folder = os.path.dirname(os.path.join(self._cwd, path))
        self._held: dict[str, bytes | OSError] = {}  # by argument: a file is read once
        self._looked: dict[str, None] = {}  # arguments of what was read or looked for
        self._real: dict[str, str] = {}  # folder -> without links
        self._options: Options | None = None
        self._told: dict[str, Sink] = {}  # what was found in this process
        self.image = b""  # what the whole pipeline made where nothing was wrong, and
        self.inputs: list[str] = []  # what it read or looked for
        self.keeps = True

    def said(self, argument: str) -> Sink:
        """What is wrong.  Errors: UsageError."""
        text = self._session.engine.ask("diagnostics", argument)
        return self._told.get(argument) or self._restored(text)

    def held(self) -> Sink:
        """What is known to be wrong without looking at the program again; nothing where that is not known."""
        engine = self._session.engine
        for argument in ("", BUILD):
            text = engine.before("diagnostics", argument) if engine.holds("diagnostics", argument) else None
            if text is None:  # a build sees for itself
                break
            if text != NONE:
                return self._restored(text)
        self._held.clear()
        return Sink()

    def compile(self, options: Options) -> Sink:
        """What keeps the program from being built, where a session made none; else `image` and `inputs` are there.

        Errors: UsageError.
        """
        self._session.spoiled = True
        self._options = options
        return self.said(BUILD)

    def read(self, path: str) -> bytes:
        """The bytes of a file, as they were when it was first read.  Errors: OSError."""
        name = self._name(path)
        self._looked[name] = None
        return self._get(name, path)

    # Providers.

    def named(self, what: str) -> str:
        return "\0".join((self._path, self._cwd) if not what else self._links)

    def input(self, name: str) -> bytes:
        path = self._place(name)
        try:
            data = self._get(name, path)
        except OSError as error:
            return b"!%d" % (error.errno or 0)
        folder, last = os.path.split(path.rstrip(os.sep))
        real = self._real.get(folder)
        if real is None:
            real = self._real[folder] = os.path.realpath(folder)
        real = os.path.join(real, last)
        return os.fsencode(os.path.realpath(path) if os.path.islink(real) else real) + b"\0" + brief(data)

    def diagnostics(self, engine: Engine, argument: str) -> str:
        engine.mark("named", "")
        if argument == BUILD:
            engine.mark("named", "links")
            text: str = engine.ask("diagnostics", "")
            if text != NONE:
                if "" in self._told:
                    self._told[BUILD] = self._told[""]
                return text
        self._looked.clear()
        sink = engine.apart(self._built if argument == BUILD else self._checked)
        names = sorted(self._looked)
        for name in names:
            engine.mark("input", name)
        self._told[argument] = sink
        return self._spelled(sink, names) if sink else NONE

    # What they are made of.

    def _checked(self) -> Sink:
        session = self._session
        if not session.spoiled:
            try:
                session.check_only()
                self._note(session.front.graph.inputs)
                return Sink()
            except Fallback:
                session.spoiled = True
        from compiler import pipeline

        sink = Sink()
        looked: list[str] = []
        pipeline.front(self._path, session.front.features, sink, reader=self.read, looked=looked)
        self._note(looked)
        return sink

    def _built(self) -> Sink:
        from compiler import pipeline

        assert self._options is not None
        sink = Sink()
        self._note(self._links)
        self.image, self.inputs = pipeline.compile_program(self._path, self._options, sink, self.read)
        return sink

    def _note(self, paths: list[str] | tuple[str, ...]) -> None:
        self._looked.update(dict.fromkeys(map(self._name, paths)))

    def _get(self, name: str, path: str) -> bytes:
        found = self._held.get(name)
        if found is None:
            try:
                found = self._reader(path)
            except OSError as error:
                found = error
            self._held[name] = found
        if isinstance(found, OSError):
            raise found.with_traceback(None)
        return found

    def _name(self, path: str) -> str:
        """A file as an argument: from the root file's folder, or as one of the library's."""
        whole = os.path.join(self._cwd, path)
        if whole.startswith(load.STD + os.sep):
            return f"std:{whole[len(load.STD) + 1 :]}".translate(ESCAPED)
        plain = os.path.normpath(whole)
        if plain != whole.rstrip(os.sep) and "\0" not in path and os.path.realpath(plain) != os.path.realpath(whole):
            self.keeps = False  # links on the way: no such name leads there
        name = os.path.relpath(plain, self._folder) if "\0" not in path else path
        if name.startswith("std:"):
            name = f"./{name}"
        return (name + os.sep * path.endswith(os.sep)).translate(ESCAPED)

    def _place(self, name: str) -> str:
        """Where such a file is."""
        first, *rest = name.split("%")
        name = first + "".join([chr(int(part[:2], 16)) + part[2:] for part in rest])
        if name.startswith("std:"):
            return os.path.join(load.STD, name.removeprefix("std:"))
        return os.path.normpath(os.path.join(self._folder, name)) + os.sep * name.endswith(os.sep)

    # As kept.

    def _spelled(self, sink: Sink, names: list[str]) -> str:
        import json

        items = sink.ordered()
        files: dict[int, int] = {}  # of the file's object -> its row
        rows: list[list[object]] = []

        def number(file: SourceFile) -> int:
            found = files.get(id(file))
            if found is None:
                found = files[id(file)] = len(rows)
                origin = next((name for name in names if self._text(name) == file.text), None)
                rows.append([file.id, file.path, origin] + [file.text] * (origin is None))
            return found

        found = [
            [
                item.kind.code,
                number(item.file),
                item.start,
                item.end,
                {key: fact if isinstance(fact, str | int) else str(fact) for key, fact in item.facts.items()},
                [[number(note.file), note.start, note.end, note.text] for note in item.notes],
            ]
            for item in items
        ]
        text = json.dumps([rows, found], separators=(",", ":"), sort_keys=True)
        again = self._restored(text).items
        same = [_shown(item) for item in again] == [_shown(item) for item in items]
        if not same or any(item.kind.code.rpartition("-")[0] in UNKEPT for item in items):
            self.keeps = False
        return text

    def _text(self, name: str) -> str | None:
        data = self._held.get(name)
        return data.decode("utf-8", "replace") if isinstance(data, bytes) else None

    def _restored(self, text: str) -> Sink:
        sink = Sink()
        if text == NONE:
            return sink
        import json

        from compiler.messages import everything

        everything()
        rows, items = json.loads(text)
        files = [SourceFile(number, path, self._text_of(name, *kept)) for number, path, name, *kept in rows]
        for code, file, start, end, facts, notes in items:
            told = tuple([Note(files[at], first, last, words) for at, first, last, words in notes])
            sink.put(Diagnostic(KINDS[code], files[file], start, end, facts, told))
        return sink

    def _text_of(self, name: str | None, kept: str = "") -> str:
        if name is None:
            return kept
        try:
            return self._get(name, self._place(name)).decode("utf-8", "replace")
        except OSError:  # it went a moment ago
            return ""


def _shown(item: Diagnostic) -> tuple[Any, ...]:
    notes = [(note.file.path, note.file.text, note.start, note.end, note.text) for note in item.notes]
    file = item.file
    return item.kind.code, file.id, file.path, file.text, item.start, item.end, item.message, item.help, notes
