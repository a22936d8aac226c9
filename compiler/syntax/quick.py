"""Read a file without mistakes: the same `Forms` as the reader's walk gives, in 0.6 of its instructions.

A chunk is what stands together: `(name `, `name))`, `))`, a text, each with the white space behind it.  A chunk means
the same wherever it stands, so each distinct one is looked at once and is a dictionary access from then on; places are
sums of lengths.  Whatever is not in order ends the attempt: `reader.py` then walks the file and says what is wrong.  A
test holds both against each other.  Knows no message.
"""

from __future__ import annotations

import re
from itertools import accumulate

from compiler.syntax.forms import LIST, TEXT, Forms
from compiler.syntax.lexer import INVISIBLE, TEXT_PATTERN, WORD_PATTERN, classify, decode_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.syntax.forms import Chunk, Symbols

_CHUNK = re.compile(
    rf"\({WORD_PATTERN}[ \n]*+|{WORD_PATTERN}\)*+[ \n]*+|\)++[ \n]*+|\(|[ \t\r\n]++|{TEXT_PATTERN}|;[^\n]*+|.", re.S
)
_WORD = re.compile(WORD_PATTERN)
_VISIBLE = bytes([9, 10, *range(32, 127)])
NOTHING: Chunk = (0, -1, 0, 0, 0)


def read_quickly(text: str, symbols: Symbols, depth: int) -> Forms | None:
    """The forms of a file that has no mistake in it and no more than `depth` levels; else None."""
    if _has_invisible(text):
        return None
    forms = Forms()
    kinds, starts, ends, datas, counts = forms.kind, forms.start, forms.end, forms.data, forms.count
    kids, texts = forms.kids, forms.texts
    known = symbols.chunks  # grows under the walk, which looks a chunk up when it gets there
    children = forms.top  # of the list at hand
    around: list[list[int]] = []  # the children so far of the lists around it
    open_nodes: list[int] = []
    size = 0  # forms so far
    chunks = _CHUNK.findall(text)
    for chunk, entry, place in zip(chunks, map(known.get, chunks), accumulate(map(len, chunks), initial=0)):
        if entry is None:
            if chunk[0] == '"':
                value, wrong = decode_text(chunk, 0)
                if wrong or len(chunk) == 1:
                    return None
                entry = (0, TEXT, len(texts), len(chunk), 0)
                texts.append(value)
            else:
                entry = _look_at(chunk, symbols)
                if entry is None:
                    return None
        opens, kind, data, width, closes = entry
        if opens:
            around.append(children)
            children = []
            open_nodes.append(size)
            if len(open_nodes) > depth:
                return None
            size += 1
            kinds.append(LIST)
            starts.append(place)
            ends.append(0)
            datas.append(0)
            counts.append(0)
            place += 1
        if kind >= 0:
            children.append(size)
            size += 1
            kinds.append(kind)
            starts.append(place)
            place += width
            ends.append(place)
            datas.append(data)
            counts.append(0)
        while closes:
            if not open_nodes:
                return None
            closes -= 1
            place += 1
            node = open_nodes.pop()
            ends[node] = place
            datas[node] = len(kids)
            counts[node] = len(children)
            kids += children
            children = around.pop()
            children.append(node)
    return None if open_nodes else forms


def _has_invisible(text: str) -> bool:
    """Whether a character is invisible: what most texts consist of is taken out first, at the speed of a copy."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    rest = text.encode("utf-8", "surrogatepass").translate(None, _VISIBLE)
    return INVISIBLE.search(rest.decode("utf-8", "surrogatepass")) is not None


def _look_at(chunk: str, symbols: Symbols) -> Chunk | None:
    """What a chunk means, kept for its next occurrence; None when something is wrong with it."""
    first = chunk[0]
    body = chunk.rstrip(" \t\r\n")
    if not body or first == ";":
        entry = NOTHING
        if body:
            return entry  # a comment hardly comes again
    elif first == ")":
        entry = (0, -1, 0, 0, len(body))
    elif body == "(":
        entry = (1, -1, 0, 0, 0)
    else:
        opens = int(first == "(")
        word = body[opens:].rstrip(")")
        if not _WORD.fullmatch(word):
            return None
        found = symbols.words.get(word)
        if found is None:
            found = symbols.words[word] = classify(word, symbols)
        kind, data = found
        if not isinstance(kind, int):
            return None
        assert isinstance(data, int)
        entry = (opens, kind, data, len(word), len(body) - opens - len(word))
    symbols.chunks[chunk] = entry
    return entry
