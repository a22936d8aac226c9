"""Which functions a function mentions, and which of them mention each other.

What is found out about functions one after the other, callees first, goes round a circle somewhere.  Circles are the
same wherever the looking began, so that what is found out about one is a matter of it and of what it leads to.
"""

from __future__ import annotations

from compiler.components import strong_components
from compiler.mir.ops import OPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from compiler.ir.function import Function

NAMING = frozenset(row.code for row in OPS if row.imm == "function")


def mentions(function: Function) -> list[str]:
    """The functions that this one calls, or makes values of, in order, each once."""
    found: dict[str, None] = {}
    for block in function.blocks:
        for value in block.body:
            if function.op[value] in NAMING:
                found[function.imm[value]] = None
    return list(found)


def circles(roots: Iterable[str], leads: Callable[[str], Iterable[str]]) -> list[list[str]]:
    """Who can be reached, in groups of those that reach each other: what a group leads to first, each sorted by name.

    So what is found out about a group depends on it and on groups before it, wherever the looking began.
    """
    number: dict[str, int] = {}
    for root in roots:
        number.setdefault(root, len(number))
    names = list(number)
    edges: list[list[int]] = []
    for name in names:
        to = []
        for other in leads(name):
            if other not in number:
                number[other] = len(names)
                names.append(other)
            to.append(number[other])
        edges.append(to)
    return [sorted([names[k] for k in circle]) for circle in strong_components(edges)]


def among(to: dict[str, list[str]]) -> list[list[str]]:
    """The same of these names alone: what they lead to and is not among them does not count."""
    return circles(to, lambda name: [other for other in to[name] if other in to])
