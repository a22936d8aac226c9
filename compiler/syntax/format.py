"""Lay a source file out: `zero fmt`.

The layout depends on the forms and comments alone, never on how the lines were broken before, so formatting twice
changes nothing.  Reading the result gives the same forms: only the words at the heads of forms become glyphs.
A list goes on one line where it fits and its head allows it (`ONE_LINE`), else by the style of its head (`HEADERS`).
Widths are measured once and nothing is tried twice: linear in the size of the file.  Knows nothing of meaning.
"""

from __future__ import annotations

import re
import sys

from compiler.syntax.forms import GLYPHS
from compiler.syntax.lexer import TEXT_PATTERN, WORD_PATTERN

COLUMNS = 100
DEEPEST = 60  # indentation goes no further: nesting as deep as the reader allows stays linear in output, too
_TOKEN = re.compile(rf"([ \t\r\n]++)|(;[^\n]*+)|(\()|(\))|({WORD_PATTERN})|({TEXT_PATTERN})", re.S)

TOP = {"module", "import", "export", "type"}  # words that are glyphs at the head of a top-level form only
GLYPH_OF = {ascii_: glyph for glyph, ascii_ in GLYPHS.items() if ascii_ != "fn"}

# head -> the widest it may be on one line; others may fill the line
ONE_LINE = {"match": 0, "do": 50, "while": 50, "for": 50, "≔": 60, "ƒ": 80, "τ": 80, "test": 80}
# head -> how many items stay on its first line; the rest goes below, two columns in
HEADERS = {
    "do": 1,
    "region": 1,
    "while": 2,
    "for": 2,
    "match": 2,
    "≔": 2,
    "λ": 2,
    "τ": 2,
    "const": 3,
    "test": 2,
    "extern": 3,
}
FILLED = {"list", "array-of", "bytes-of", "↦"}  # as many items on a line as there is room for
ANNOTATIONS = {"∷", "cap", "doc", "inline", "tail", "cfg"}


class Item:
    """An atom, a list (`items` is not None) or a comment, with what stood before it."""

    __slots__ = ("blank", "items", "own_line", "text", "width")

    def __init__(self, text: str, blank: bool, own_line: bool) -> None:
        self.text = text
        self.blank = blank  # an empty line stood before it
        self.own_line = own_line  # it began a line
        self.items: list[Item] | None = None
        self.width = -1 if "\n" in text or text[:1] == ";" else len(text) or -1  # on one line; -1: cannot be

    @property
    def is_comment(self) -> bool:
        return self.text[:1] == ";"

    def first(self) -> Item | None:
        """The atom a list begins with, if it begins with one."""
        for child in self.items or ():
            if not child.is_comment:
                return child if child.items is None else None
        return None

    def head(self) -> str:
        first = self.first()
        return first.text if first else ""


def format_source(text: str, path: str) -> str:  # noqa: ARG001 - the path is for callers that keep results by file
    """The text laid out anew.  It must be one that reads without errors."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 100_000))  # the reader bounds nesting; calls within Python use no C stack
    try:
        printer = _Printer()
        first = True
        for item in _parse(text):
            if item.is_comment and not item.own_line and not first:
                printer.write("  ")
            elif not first:
                printer.newline(0, item.blank)
            printer.item(item, 0)
            first = False
        return printer.text()
    finally:
        sys.setrecursionlimit(limit)


def _parse(text: str) -> list[Item]:
    """The file's items, measured and with their glyphs."""
    top: list[Item] = []
    stack: list[Item] = []
    items = top
    blank, own_line = False, True
    for match in _TOKEN.finditer(text):
        group = match.lastindex
        token = match[0]
        if group == 1:
            lines = token.count("\n")
            blank, own_line = lines > 1, lines > 0
            continue
        if group == 3:
            item = Item("", blank, own_line)
            item.items = []
            items.append(item)
            stack.append(item)
            items = item.items
        elif group == 4:
            item = stack.pop()
            _close(item, not stack)
            items = (stack[-1].items or []) if stack else top
        else:
            items.append(Item(token.rstrip() if group == 2 else token.replace("\r\n", "\n"), blank, own_line))
        blank, own_line = False, False
    return top


def _close(item: Item, is_top: bool) -> None:
    """Give a complete list its head's glyph and its width."""
    items = item.items or []
    first = item.first()
    if first:
        word = first.text
        if word in ("fn", "ƒ", "λ"):
            word = "ƒ" if is_top else "λ"
        elif is_top or word not in TOP:
            word = GLYPH_OF.get(word, word)
        if word != first.text:
            first.text, first.width = word, len(word)
    width = 1 + len(items) if items else 2
    for child in items:
        if child.width < 0:
            return
        width += child.width
    if width <= ONE_LINE.get(item.head(), COLUMNS):
        item.width = width


class _Printer:
    __slots__ = ("column", "parts", "stop")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.column = 0
        self.stop = False  # a comment ends the line: nothing may follow on it

    def text(self) -> str:
        return "".join(self.parts) + "\n" if self.parts else ""

    def write(self, text: str) -> None:
        self.parts.append(text)
        end = text.rfind("\n")
        self.column = self.column + len(text) if end < 0 else len(text) - end - 1

    def newline(self, indent: int, blank: bool = False) -> None:
        indent = min(indent, DEEPEST)
        self.parts.append(("\n\n" if blank else "\n") + " " * indent)
        self.column = indent
        self.stop = False

    def item(self, item: Item, tail: int, style: str = "") -> None:
        """Write an item here; `tail` parentheses will follow it."""
        if item.items is None:
            self.write(item.text)
            self.stop = item.is_comment
        elif item.width >= 0 and self.column + item.width + tail <= COLUMNS:
            self.flat(item)
        else:
            self.broken(item, tail, style)

    def flat(self, item: Item) -> None:
        if item.items is None:
            self.write(item.text)
            return
        self.write("(")
        for number, child in enumerate(item.items):
            if number:
                self.write(" ")
            self.flat(child)
        self.write(")")

    def broken(self, item: Item, tail: int, style: str) -> None:
        items = item.items or []
        start = self.column
        head = item.head()
        header, indent = _shape(item, start, style)
        filled = head in FILLED or (header == 2 and not style and all(child.items is None for child in items))
        self.write("(")
        count = 0  # items that are no comments
        for number, child in enumerate(items):
            behind = tail + 1 if number == len(items) - 1 else 0
            if child.is_comment:
                if child.own_line:
                    self.newline(indent, child.blank and number > 0)
                else:
                    self.write("  ")
                self.item(child, 0)
                continue
            if self.stop:
                self.newline(indent, child.blank and count > 0)
            elif count == 0:
                pass
            elif count < header:
                # A header that does not fit goes on below, further in than the body.
                room = self.column + 1 + max(child.width, 0) <= COLUMNS
                if room or count == 1:
                    self.write(" ")
                else:
                    self.newline(start + 4)
            elif filled and not child.blank and child.width >= 0 and self.column + 1 + child.width + behind <= COLUMNS:
                self.write(" ")
            else:
                self.newline(indent, child.blank)
            self.item(child, behind, _child_style(head, style, count))
            count += 1
        if self.stop:
            self.newline(indent)
        self.write(")")


def _shape(item: Item, start: int, style: str) -> tuple[int, int]:
    """(how many items stay on the first line, the column of those below) of a list that does not fit."""
    items = [child for child in item.items or [] if not child.is_comment]
    if style == "rows":
        return 1, start + 1
    if style == "arm":
        return 2 if len(items) > 1 and items[1].head() == "when" else 1, start + 2
    head = item.head()
    if head == "ƒ":
        for number, child in enumerate(items[2:], 2):
            if child.items is not None and child.head() not in ANNOTATIONS:
                return number + 1, start + 2
        return len(items), start + 2
    if head in HEADERS:
        return HEADERS[head], start + 2
    if not head:
        return 1, start + 1
    if len(head) <= 14 and start + len(head) + 2 <= DEEPEST:
        return 2, start + len(head) + 2
    return 1, start + 2


def _child_style(head: str, style: str, number: int) -> str:
    if style:
        return ""
    if head == "≔" and number == 1:
        return "rows"
    return "arm" if head == "match" and number > 1 else ""
