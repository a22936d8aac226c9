"""Forms: what the reader makes of a file, as flat arrays of ints.

A form is an index.  `kind[n]`, `start[n]`, `end[n]` (character offsets) and `data[n]` describe it;
a list's children are `kids[data[n] : data[n] + count[n]]`.  Symbols are interned once per process
in `Symbols`; glyphs are interned as their ASCII spelling, so `≔` and `let` are one symbol.
Knows nothing of what a form means.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

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


class Forms:
    """One file's forms.

    `data[n]` by kind: list, index of its first child in `kids`; symbol, symbol id; int, the
    value; float, the IEEE bits as an unsigned int; text, index into `texts`.
    """

    __slots__ = ("count", "data", "end", "kids", "kind", "start", "texts", "top")

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
