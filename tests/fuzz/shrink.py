"""Makes a failing program small: drops and simplifies parenthesized forms while the same failure stays.

Works on any program's text, by trying: delete an element, put an element in the place of its form, put a simple value
there.  What no longer checks does not fail in the same way, so types need no thought here.  The lines that make a
bundle of a text are elements too: without one its files are one, or a feature is off.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Tree = str | list["Tree"]
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|;[^\n]*|[()]|[^\s()"]+')
SIMPLE: tuple[Tree, ...] = ("0", "1", "0.0", '""', "true", "false", "unit", ["list"], ["array-of"], "None")


def parse(text: str) -> list[Tree]:
    stack: list[list[Tree]] = [[]]
    for token in TOKEN.findall(text):
        if token == "(":
            stack.append([])
        elif token == ")":
            done = stack.pop()
            stack[-1].append(done)
        elif token.startswith(";; ") and len(stack) == 1:  # a directive of a bundle
            stack[0].append(token)
        elif token[0] != ";":
            stack[-1].append(token)
    return stack[0]


def write(tree: Tree) -> str:
    return tree if isinstance(tree, str) else f"({' '.join([write(kid) for kid in tree])})"


def text_of(forms: list[Tree]) -> str:
    return "\n".join([write(form) for form in forms]) + "\n"


def at(forms: list[Tree], path: tuple[int, ...]) -> Tree | None:
    """The element at a path; None when an earlier change took it away."""
    found: Tree = forms
    for index in path:
        if isinstance(found, str) or index >= len(found):
            return None
        found = found[index]
    return found


def replaced(forms: list[Tree], path: tuple[int, ...], new: list[Tree]) -> list[Tree]:
    """A copy of the forms where `new` stands for the element at the path."""
    index = path[0]
    if len(path) == 1:
        return [*forms[:index], *new, *forms[index + 1 :]]
    inner = forms[index]
    assert isinstance(inner, list)
    return [*forms[:index], replaced(inner, path[1:], new), *forms[index + 1 :]]


def paths(tree: Tree, prefix: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Paths of all elements, the larger first."""
    found: list[tuple[int, tuple[int, ...]]] = []

    def walk(node: Tree, path: tuple[int, ...]) -> int:
        size = 1 if isinstance(node, str) else 1 + sum(walk(kid, (*path, k)) for k, kid in enumerate(node))
        if path:
            found.append((size, path))
        return size

    walk(tree, prefix)
    return [path for _, path in sorted(found, key=lambda row: (-row[0], row[1]))]


def shrink(text: str, still: Callable[[str], bool], *, tries: int = 3000) -> str:
    """A small text for which `still` holds; `text` itself when nothing smaller does."""
    forms = parse(text)
    if not still(text_of(forms)):
        return text
    left = tries
    progress = True
    while progress and left > 0:
        progress = False
        every = paths(forms, ())
        next_ = 0
        while next_ < len(every) and left > 0:
            path = every[next_]
            next_ += 1
            node = at(forms, path)
            if node is None:
                continue
            options: list[list[Tree]] = [[]]
            if isinstance(node, list):
                options += [[kid] for kid in node[1:]]
                options += [node[1:]] if len(path) > 2 else []
                options += [[value] for value in SIMPLE]
            for new in options:
                smaller = replaced(forms, path, new)
                if len(text_of(smaller)) >= len(text_of(forms)):
                    continue
                left -= 1
                if still(text_of(smaller)):
                    forms = smaller
                    progress = True
                    next_ = max(0, next_ - 1)  # the same place holds something else now
                    break
    return text_of(forms)
