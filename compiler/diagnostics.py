"""Every message the compiler can give, one row each.

A code is a class and a number, permanent: retire it, never reuse it.  Each has a negative
fixture under `fixtures/negative/<code>-*.0x0`, an `explain` text here, and a line in
`docs/reference/diagnostics.md`, which is generated.  Knows nothing of any phase: a phase names
a row and a place.  To add a message, add a row to the family's table in `compiler/messages/`;
the tests then name the missing fixture.
"""

from __future__ import annotations

from bisect import bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable, Mapping

CLASSES = (
    "PARSE",
    "SEM_SHAPE",
    "SEM_DUPLICATE",
    "SEM_UNBOUND",
    "SEM_IMPORT",
    "SEM_FEATURE",
    "SEM_MATCH",
    "SEM_MUTABILITY",
    "SEM_CONST",
    "TYPE_CONTRACT",
    "TYPE_ARITY",
    "TYPE_EFFECT",
    "TYPE_TAIL",
    "TYPE_ESCAPE",
    "PKG_MANIFEST",
    "PKG_DIGEST",
    "BACKEND_UNSUPPORTED",
    "REGION",
)
REMARKS = ("REGION",)  # classes that say something about programs that are fine; only --remarks shows them

LIMIT = 50  # diagnostics shown per file

KINDS: dict[str, Kind] = {}


class Kind:
    """One message: its code, what is wrong (with {facts}), what to do next, and the long explanation."""

    __slots__ = ("code", "explain", "help", "summary")

    def __init__(self, code: str, summary: str, *, help: str, explain: str) -> None:  # noqa: A002
        family = code.rpartition("-")[0]
        if family not in CLASSES:
            raise ValueError(f"{code}: no such class of diagnostics")
        if code in KINDS:
            raise ValueError(f"{code} is declared twice")
        self.code = code
        self.summary = summary
        self.help = help
        self.explain = explain
        KINDS[code] = self


class Note:
    """A second place that belongs to a diagnostic ("first defined here")."""

    __slots__ = ("end", "file", "start", "text")

    def __init__(self, file: SourceFile, start: int, end: int, text: str) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.text = text


class Diagnostic:
    """One message at one place; `start` and `end` are character offsets into the file's text."""

    __slots__ = ("end", "facts", "file", "kind", "notes", "start")

    def __init__(
        self,
        kind: Kind,
        file: SourceFile,
        start: int,
        end: int,
        facts: Mapping[str, object],
        notes: tuple[Note, ...] = (),
    ) -> None:
        self.kind = kind
        self.file = file
        self.start = start
        self.end = end
        self.facts = facts
        self.notes = notes

    @property
    def message(self) -> str:
        return self.kind.summary.format(**self.facts)

    @property
    def help(self) -> str:
        return self.kind.help.format(**self.facts)

    @property
    def severity(self) -> str:
        """`error`, or `remark` where nothing is wrong."""
        return "remark" if self.kind.code.rpartition("-")[0] in REMARKS else "error"


class SourceFile:
    """A file's text and how to name a place in it; `path` is what messages print.

    Units: offsets, lines and columns in characters; lines and columns count from 1.
    """

    __slots__ = ("_starts", "id", "path", "text")

    def __init__(self, id: int, path: str, text: str) -> None:  # noqa: A002
        self.id = id
        self.path = path
        self.text = text
        self._starts: array[int] | None = None

    def place(self, offset: int) -> tuple[int, int]:
        """(line, column) of a character offset."""
        starts = self.starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def lines(self, start: int, end: int) -> tuple[int, list[int]]:
        """The line of `start`, and the offsets where that and the lines up to `end` begin."""
        starts = self.starts()
        first = bisect_right(starts, start)
        return first, starts[first - 1 : bisect_right(starts, end)].tolist()

    def starts(self) -> array[int]:
        """The offsets where lines begin."""
        found = self._starts
        if found is None:
            from array import array

            found = self._starts = array("I", [0])
            find = self.text.find
            at = find("\n")
            while at >= 0:
                found.append(at + 1)
                at = find("\n", at + 1)
        return found

    def offset(self, line: int, column: int) -> int:
        """The character offset of a place."""
        self.place(0)
        assert self._starts is not None
        return self._starts[line - 1] + column - 1

    def line(self, number: int) -> str:
        """The text of one line, without its end."""
        self.place(0)
        starts = self._starts
        assert starts is not None
        begin = starts[number - 1]
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[begin:end].rstrip("\r")


class Sink:
    """Collects diagnostics; they are values and are never raised."""

    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items: list[Diagnostic] = []

    def add(
        self,
        kind: Kind,
        file: SourceFile,
        start: int,
        end: int,
        notes: Iterable[Note] = (),
        **facts: object,
    ) -> None:
        self.put(Diagnostic(kind, file, start, end, facts, tuple(notes)))

    def put(self, diagnostic: Diagnostic) -> None:
        self.items.append(diagnostic)

    def ordered(self) -> list[Diagnostic]:
        """By file in the order they were opened, then by place; each diagnostic once."""
        seen: set[tuple[int, int, str, str]] = set()
        result = []
        for item in sorted(self.items, key=lambda item: (item.file.id, item.start, item.end, item.kind.code)):
            key = (item.file.id, item.start, item.kind.code, item.message)
            if key not in seen:
                seen.add(key)
                result.append(item)
        return result

    def __bool__(self) -> bool:
        return bool(self.items)


class UsageError(Exception):
    """The command cannot be carried out as given: one line and a hint, status 2; no place in a program is wrong."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def closest(name: str, candidates: Iterable[str]) -> str:
    """The candidate that `name` was most probably meant to be, or an empty text.

    Few enough edits (insert, delete, replace, swap neighbours): one for every three characters, at least one.
    Ties go to the first in alphabetical order, so the answer depends on nothing but the names.
    """
    limit = max(1, len(name) // 3)
    best: tuple[int, str] | None = None
    for candidate in candidates:
        if candidate == name or abs(len(candidate) - len(name)) > limit:
            continue
        found = (edits(name, candidate, limit), candidate)
        if found[0] <= limit and (len(name) > 1 or found[0] == 0) and (best is None or found < best):
            best = found
    return best[1] if best else ""


def edits(left: str, right: str, limit: int) -> int:
    """Edit distance with swaps of neighbours, or `limit + 1` when it is larger; a change of case only costs nothing."""
    left, right = left.lower(), right.lower()
    shorter = min(len(left), len(right))
    same = 0
    while same < shorter and left[same] == right[same]:
        same += 1
    left, right = left[same:], right[same:]  # what both begin with needs no edit
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        after = [i]
        for j, b in enumerate(right, 1):
            cost = min(row[j] + 1, after[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and b == left[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            after.append(cost)
        if min(after) > limit:
            return limit + 1
        before, row = row, after
    return row[-1]


def meant(name: str, candidates: Iterable[str], otherwise: str) -> str:
    """A help line: the closest candidate as a question, or another advice."""
    candidate = closest(name, candidates)
    return f"did you mean `{candidate}`?" if candidate else otherwise
