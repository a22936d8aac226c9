"""`0x0.pkg`: the project's folder, and the features and dependencies it declares.

A manifest is lines of words; `LINES` has one row a kind of line.  Knows nothing of modules or of the language.
"""

from __future__ import annotations

import os
import re

from compiler.diagnostics import SourceFile, meant
from compiler.messages import package

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.diagnostics import Sink

FILE = "0x0.pkg"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")

# word -> (what follows, in words; an example; may it come several times)
LINES: dict[str, tuple[tuple[str, ...], str, bool]] = {
    "package": (("NAME",), "package shapes", False),
    "version": (("VERSION",), "version 0.1.0", False),
    "source": (("PATH",), "source src", False),
    "dep": (("NAME", "PATH"), "dep colours lib/colours", True),
    "feature": (("NAME",), "feature debug", True),
}


class Manifest:
    """What a `0x0.pkg` says; `folder` is where it lies."""

    __slots__ = ("deps", "features", "file", "folder", "package", "places", "source", "version")

    def __init__(self, folder: str, file: SourceFile) -> None:
        self.folder = folder
        self.file = file
        self.package = ""
        self.version = ""
        self.source = ""
        self.deps: dict[str, str] = {}
        self.places: dict[str, tuple[int, int]] = {}  # of the path of each dependency
        self.features: list[str] = []


def find(start: str) -> str:
    """The nearest folder from `start` upward that holds a manifest, or an empty text."""
    folder = start
    while True:
        if os.path.isfile(os.path.join(folder, FILE)):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above


def parse(file: SourceFile, folder: str, sink: Sink) -> Manifest:
    """Read a manifest; each line that cannot be read is one diagnostic."""
    result = Manifest(folder, file)
    seen: set[tuple[str, ...]] = set()
    offset = 0
    for line in file.text.split("\n"):
        words = [(match[0], offset + match.start()) for match in re.finditer(r"[^\s#]\S*", line.partition("#")[0])]
        offset += len(line) + 1
        if words:
            _line(result, words, seen, sink)
    return result


def _line(result: Manifest, words: list[tuple[str, int]], seen: set[tuple[str, ...]], sink: Sink) -> None:
    file = result.file
    word, at = words[0]
    row = LINES.get(word)
    if row is None:
        advice = meant(word, LINES, "the lines are " + ", ".join(LINES))
        sink.add(package.UNKNOWN_LINE, file, at, at + len(word), word=word, advice=advice)
        return
    wanted, example, several = row
    if len(words) != 1 + len(wanted):
        place, text = words[len(wanted) + 1][::-1] if len(words) > len(wanted) + 1 else (at, word)
        phrase = " and ".join(wanted)
        sink.add(package.LINE_SHAPE, file, place, place + len(text), word=word, wanted=phrase, example=example)
        return
    for kind, (text, place) in zip(wanted, words[1:], strict=True):
        if kind == "NAME" and not _NAME.fullmatch(text):
            sink.add(package.BAD_NAME, file, place, place + len(text), name=text)
            return
        if kind == "PATH" and (os.path.isabs(text) or ".." in text.split("/")):
            sink.add(package.BAD_PATH, file, place, place + len(text), path=text)
            return
    key = (word, words[1][0]) if several else (word,)
    if key in seen:
        sink.add(package.LINE_TWICE, file, at, words[-1][1] + len(words[-1][0]), what=" ".join(key))
        return
    seen.add(key)
    value = words[1][0]
    if word == "feature":
        result.features.append(value)
    elif word == "dep":
        result.deps[value], place = words[2]
        result.places[value] = (place, place + len(words[2][0]))
    else:
        setattr(result, word, value)
