"""What edits look for in sources, as text: top-level forms, words, what a file shows."""

from __future__ import annotations

import re

Files = dict[str, str]


def forms(text: str) -> list[tuple[int, int]]:
    """Where the top-level forms stand; texts and comments may hold parentheses."""
    found, depth, start, at = [], 0, 0, 0
    while at < len(text):
        char = text[at]
        if char == ";":
            at = text.find("\n", at)
            if at < 0:
                break
        elif char == '"':
            at += 1
            while text[at] != '"':
                at += 2 if text[at] == "\\" else 1
        elif char == "(":
            if depth == 0:
                start = at
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                found.append((start, at + 1))
        at += 1
    return found


def own(files: Files) -> Files:
    """The project's files without its packages and the library."""
    return {name: text for name, text in files.items() if not name.startswith(("lib/", "std/"))}


def mentioned(text: str, files: Files, but: str = "") -> bool:
    """Whether a word stands in another file, or more than once in its own."""
    word = re.compile(rf"(?<![\w\-?!>]){re.escape(text)}(?![\w\-?!>])")
    return any(len(word.findall(held)) > (name == but) for name, held in files.items())
