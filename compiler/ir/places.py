"""Places in sources, by number: `places[k]` is "file:line:column", and places[0] is "".

    ["", "a.0x0:3:1", "a.0x0:3:9"]  ──▶  which file, which line, which column, as three columns of small ints

A place relative to a function, "function+line:column", is kept likewise.  A program has about as many places as
instructions, so as texts of their own they would be a third of MIR; here they take 12 bytes each and become a text when
one is read.  What is no such place is kept as it is.  `number` and `number_at` give each place one number; what they
need for that is forgotten by `settle`, and by `add`, which is for those who know their places to be new.
"""

from __future__ import annotations

from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_BITS = 32  # of lines, and of columns


class Places:
    """The table; grows by `number`, `number_at` and `add` only."""

    __slots__ = ("_columns", "_file", "_file_ids", "_function_ids", "_heads", "_ids", "_lines", "_odd")

    def __init__(self) -> None:
        self._heads = [""]  # what stands before the line; file 0 has no places: what is kept as it is has file 0
        self._file_ids: dict[str, int] = {}
        self._function_ids: dict[str, int] = {}
        self._file = array("I")
        self._lines = array("I")
        self._columns = array("I")
        self._odd: dict[int, str] = {}
        self._ids: dict[int | str, int] = {}
        self.number("")

    def number(self, text: str) -> int:
        """The number of a place that is given as a text."""
        path, line, column = _parts(text)
        if path:
            return self.number_at(path, line, column)
        self._remember()
        found = self._ids.get(text)
        if found is None:
            found = self._ids[text] = self._append(0, 0, 0)
            self._odd[found] = text
        return found

    def number_at(self, path: str, line: int, column: int) -> int:
        """The number of a place in a file."""
        file = self.file(path)
        if not self._ids:
            self._remember()
        key = (file << _BITS | line) << _BITS | column
        found = self._ids.get(key)
        if found is None:
            found = self._ids[key] = self._append(file, line, column)
        return found

    def file(self, path: str) -> int:
        """What `add` calls a file."""
        found = self._file_ids.get(path)
        if found is None:
            found = self._file_ids[path] = self._head(f"{path}:")
        return found

    def function(self, name: str) -> int:
        """What `add` calls a function when lines are counted from its first one."""
        found = self._function_ids.get(name)
        if found is None:
            found = self._function_ids[name] = self._head(f"{name}+")
        return found

    def _head(self, text: str) -> int:
        self._heads.append(text)
        return len(self._heads) - 1

    def add(self, file: int, line: int, column: int) -> int:
        """A number for a place that the caller knows to have none yet."""
        if self._ids:
            self._ids = {}
        self._file.append(file)
        self._lines.append(line)
        self._columns.append(column)
        return len(self._file) - 1

    def settle(self) -> None:
        """No place is expected to come: only the table itself stays."""
        self._ids = {}

    def __getitem__(self, place: int) -> str:
        file = self._file[place]
        if file:
            return f"{self._heads[file]}{self._lines[place]}:{self._columns[place]}"
        return self._odd[place]

    def __len__(self) -> int:
        return len(self._file)

    def __iter__(self) -> Iterator[str]:
        return map(self.__getitem__, range(len(self)))

    def _append(self, file: int, line: int, column: int) -> int:
        self._file.append(file)
        self._lines.append(line)
        self._columns.append(column)
        return len(self._file) - 1

    def _remember(self) -> None:
        if self._ids or not len(self):
            return
        for place, (file, line, column) in enumerate(zip(self._file, self._lines, self._columns, strict=True)):
            self._ids[(file << _BITS | line) << _BITS | column if file else self._odd[place]] = place


def _parts(text: str) -> tuple[str, int, int]:
    """File, line and column; no file when the text would not come out the same again."""
    rest, _, column = text.rpartition(":")
    path, _, line = rest.rpartition(":")
    if path and _plain(line) and _plain(column):
        return path, int(line), int(column)
    return "", 0, 0


def _plain(digits: str) -> bool:
    return digits.isascii() and digits.isdecimal() and len(digits) < 10 and str(int(digits)) == digits
