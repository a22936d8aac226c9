"""Forms: what the reader makes of a file, as flat arrays of ints.

A form is an index.  `kind[n]`, `start[n]`, `end[n]` (character offsets) and `data[n]` describe it;
a list's children are `kids[data[n] : data[n] + count[n]]`.  Symbols are interned once per process
in `Symbols`; glyphs are interned as their ASCII spelling, so `≔` and `let` are one symbol.
What is not being read rests in 7 to 16 bytes a form (`compiler/columns.py`).  Knows nothing of what a form means.
"""

from __future__ import annotations

from operator import add, sub

from compiler.owned import Resting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from compiler.columns import Column
    from compiler.diagnostics import Kind

    Chunk = tuple[int, int, int, int, int]  # lists opened, kind or -1, data, characters of the atom, lists closed

LIST, SYMBOL, INT, FLOAT, TEXT = range(5)
KIND_NAMES = ("list", "symbol", "int", "float", "text")

# glyph -> ASCII spelling.  ƒ and λ share `fn`: where it stands tells which is meant.
GLYPHS = {
    "⊙": "module",
    "↥": "import",
    "↦": "export",
    "ƒ": "fn",
    "τ": "type",
    "≔": "let",
    "λ": "fn",
    "∷": "::",
    "→": "->",
}


class Symbols:
    """Interned names: `id(name)` and `name(id)`; ids are small ints in order of first sight.

    `words` and `chunks` are the reader's: what it has found each word, and each word with the parentheses and spaces
    beside it, of the program's files to be.
    """

    __slots__ = ("_ids", "chunks", "names", "words")

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self.names: list[str] = []
        self.words: dict[str, tuple[int, int] | tuple[Kind, Mapping[str, object]]] = {}
        self.chunks: dict[str, Chunk] = {}

    def id(self, name: str) -> int:
        found = self._ids.get(name)
        if found is None:
            found = self._ids[name] = len(self.names)
            self.names.append(name)
        return found

    def name(self, symbol: int) -> str:
        return self.names[symbol]

    def forget_words(self) -> None:
        """All files are read: what is kept for the next one goes."""
        self.words.clear()
        self.chunks.clear()


class Forms(Resting):
    """One file's forms.

    `data[n]` by kind: list, index of its first child in `kids`; symbol, symbol id; int, the
    value; float, the IEEE bits as an unsigned int; text, index into `texts`.
    """

    __slots__ = ("count", "data", "end", "kids", "kind", "start", "texts", "top")
    WHAT = "forms"
    COLUMNS = ("kind", "start", "end", "data", "count", "kids", "top")

    def __init__(self) -> None:
        self.kind: list[int] = []
        self.start: list[int] = []
        self.end: list[int] = []
        self.data: list[int] = []
        self.count: list[int] = []
        self.kids: list[int] = []
        self.texts: list[str] = []  # decoded text literals; a lone byte cannot occur: source is UTF-8
        self.top: list[int] = []  # the file's top-level forms, in order

    def children(self, node: int) -> list[int]:
        """The children of a list form; empty for an atom."""
        if self.kind[node] != LIST:
            return []
        first = self.data[node]
        return self.kids[first : first + self.count[node]]

    def _pack(self) -> tuple[Column, ...]:
        """In a long file an end is kept as the form's length, which is short."""
        from compiler.columns import pack

        ends = self.end
        if _long(self.start):
            ends = list(map(sub, ends, self.start))
        return tuple([pack(ends if name == "end" else getattr(self, name)) for name in self.COLUMNS])

    def _unpack(self, columns: tuple[Column, ...]) -> list[list[int]]:
        lists = super()._unpack(columns)
        starts, ends = lists[1], lists[2]
        if _long(starts):
            lists[2] = list(map(add, ends, starts))
        return lists


def _long(starts: list[int]) -> bool:
    """Whether the last form starts where two bytes do not reach."""
    return bool(starts) and starts[-1] >> 16 > 0
