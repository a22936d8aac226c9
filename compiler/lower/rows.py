"""What `match.py` decides with: parts of the scrutinee, rows that ask about them, and where to go on without a match.

Plain data; the algorithm is there.
"""

from __future__ import annotations


class Part:
    """An occurrence: its value on this path, its concrete type, and its rank from left to right."""

    __slots__ = ("rank", "type", "value")

    def __init__(self, value: int, type: int, rank: int) -> None:  # noqa: A002
        self.value = value
        self.type = type
        self.rank = rank


class Row:
    """What must still hold for an arm, and what is bound already; whoever has the list it is in may change it."""

    __slots__ = ("arm", "bound", "tests")

    def __init__(self, arm: int, tests: dict[Part, int], bound: dict[int, int]) -> None:
        self.arm = arm
        self.tests = tests
        self.bound = bound  # local -> value

    def copy(self) -> Row:
        return Row(self.arm, dict(self.tests), dict(self.bound))


class Rest:
    """Where a value goes on that none of some rows takes: a block made when first asked for.

    `arm` is its first row's.  Where rows of one arm are in several pieces, a piece that begins with that arm holds
    no other, so that a guard that fails can pass it by.
    """

    __slots__ = ("arm", "block", "outer", "params")

    def __init__(self, arm: int, outer: Rest | None) -> None:
        self.arm = arm
        self.outer = outer
        self.block = -1
        self.params: list[int] = []  # the locals that guards set


class Arm:
    """An arm's nodes, its variables, and the block of its body once a leaf has jumped there."""

    __slots__ = ("block", "body", "guard", "params", "pattern", "variables")

    def __init__(self, pattern: int, guard: int, body: int, variables: list[int]) -> None:
        self.pattern = pattern
        self.guard = guard  # -1 without
        self.body = body
        self.variables = variables
        self.block = -1
        self.params: list[int] = []
