"""A naive reader, kept for comparison: an object a token, an object a node, a copy of the text for each.

Reads the same language into the same forms as `compiler/syntax`, with its token expression and its meaning of a word,
so that the rest of the compiler runs on it unchanged: `NaiveForms` answers `kind[n]`, `kids[a:b]`, … from the objects.
Made as a reader is usually written first; nothing in it is slower or larger on purpose.  Files must be without errors.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable

from compiler.diagnostics import Sink, SourceFile
from compiler.syntax.forms import LIST, TEXT, Forms, Symbols
from compiler.syntax.lexer import CLOSE, OPEN, TEXT_TOKEN, TOKEN, WORD, classify, decode_text

_SHIFT = 32  # where a list's children are: the list's number, and the child's


class Token:
    """What the lexer made: its text, and where it stands."""

    def __init__(self, text: str, start: int, end: int, line: int, column: int) -> None:
        self.text = text
        self.start = start
        self.end = end
        self.line = line
        self.column = column


class Node:
    """What the parser made: an atom with its value, or a list with its children."""

    def __init__(self, number: int, kind: int, token: Token) -> None:
        self.number = number
        self.kind = kind
        self.first = token
        self.last = token
        self.value = 0
        self.children: list[Node] = []


class Column:
    """One fact of all nodes, as the arrays of `Forms` would give it."""

    def __init__(self, nodes: list[Node], fact: Callable[[Node], int]) -> None:
        self.nodes = nodes
        self.fact = fact

    def __getitem__(self, number: int) -> int:
        return self.fact(self.nodes[number])

    def __len__(self) -> int:
        return len(self.nodes)


class Kids:
    """Children by (list, which one), for an index or for a slice of one list."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes

    def __getitem__(self, key: int | slice) -> int | list[int]:
        if isinstance(key, int):
            return self.nodes[key >> _SHIFT].children[key & (1 << _SHIFT) - 1].number
        owner = key.start >> _SHIFT
        begin, end = key.start - (owner << _SHIFT), key.stop - (owner << _SHIFT)
        return [child.number for child in self.nodes[owner].children[begin:end]]


class NaiveForms(Forms):
    """`Forms` over objects; it never rests."""

    __slots__ = ("nodes", "tokens")

    def __init__(self, nodes: list[Node], tokens: list[Token]) -> None:
        super().__init__()
        self.nodes = nodes
        self.tokens = tokens
        columns: dict[str, Callable[[Node], int]] = {
            "kind": lambda node: node.kind,
            "start": lambda node: node.first.start,
            "end": lambda node: node.last.end,
            "data": lambda node: node.number << _SHIFT if node.kind == LIST else node.value,
            "count": lambda node: len(node.children),
        }
        for name, fact in columns.items():
            setattr(self, name, Column(nodes, fact))
        self.kids = Kids(nodes)  # type: ignore[assignment]  # it answers what the checker asks

    def rest(self) -> None:
        """Objects have no other form."""


def read(file: SourceFile, symbols: Symbols, sink: Sink) -> Forms:
    """The forms of a file without errors."""
    lines = [0, *[at + 1 for at, character in enumerate(file.text) if character == "\n"]]
    tokens: list[Token] = []
    nodes: list[Node] = []
    texts: list[str] = []
    top: list[int] = []
    around: list[Node] = []

    def token(start: int, end: int) -> Token:
        line = bisect.bisect_right(lines, start)
        tokens.append(Token(file.text[start:end], start, end, line, start - lines[line - 1] + 1))
        return tokens[-1]

    def node(kind: int, first: Token) -> Node:
        made = Node(len(nodes), kind, first)
        nodes.append(made)
        if around:
            around[-1].children.append(made)
        else:
            top.append(made.number)
        return made

    for match in TOKEN.finditer(file.text):
        group = match.lastindex
        if group is None:
            break
        start, end = match.span(group)
        if group == OPEN:
            around.append(node(LIST, token(start, end)))
        elif group == CLOSE:
            for at in range(start, end):
                around.pop().last = token(at, at + 1)
        elif group == WORD:
            kind, value = classify(match[WORD], symbols)
            if not isinstance(kind, int) or not isinstance(value, int):
                raise ValueError(f"{file.path} has an error at {start}")
            node(kind, token(start, end)).value = value
        elif group == TEXT_TOKEN:
            node(TEXT, token(start, end)).value = len(texts)
            texts.append(decode_text(match[TEXT_TOKEN], start)[0])
        else:
            raise ValueError(f"{file.path} has an error at {start}")
    forms = NaiveForms(nodes, tokens)
    forms.texts = texts
    forms.top = top
    return forms
