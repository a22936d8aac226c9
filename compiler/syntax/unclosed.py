"""Where a missing `)` or `"` most probably belongs: found by how the lines are indented, after the mistake is known.

A reader knows only that something is open at the end; people see it by the margin.  Changes nothing of what is read.
"""

from __future__ import annotations

from compiler.syntax.lexer import CLOSE, OPEN, TEXT_TOKEN, TOKEN


def suspect(text: str, start: int, end: int) -> tuple[int, int]:
    """(the `(` that seems to lack its `)`, the number of the line that tells); (-1, 0) when the margin tells nothing.

    Inside the form at `start`, a `(` that begins a line no deeper than an open `(` that began a line itself, or just
    below an open one: whoever wrote it meant that one to be closed.
    """
    around: list[tuple[int, int, bool]] = []  # the open parentheses: place, column, whether it begins a line
    first = start == 0 or text[start - 1] == "\n"
    line = start  # where the line at hand begins
    for match in TOKEN.finditer(text, start, end):
        newline = text.rfind("\n", match.start(), match.end())
        begins = first if not around else newline >= 0
        if newline >= 0:
            line = newline + 1
        if match.lastindex == OPEN:
            place = match.end() - 1
            column = place - line
            if around and begins:
                other, at, began = around[-1]
                if column == at or (began and column < at):
                    return other, text.count("\n", 0, place) + 1
            around.append((place, column, begins))
        elif match.lastindex == CLOSE:
            closed = match.end() - match.start(CLOSE)
            if closed >= len(around):
                break
            del around[-closed:]
    return -1, 0


def running_text(text: str, start: int, end: int) -> int:
    """The number of the line on which a text begins that goes on over the end of it, the last before `end`; 0: none."""
    found = 0
    for match in TOKEN.finditer(text, start, end):
        if match.lastindex == TEXT_TOKEN and "\n" in match[TEXT_TOKEN]:
            found = text.count("\n", 0, match.start(TEXT_TOKEN)) + 1
    return found
