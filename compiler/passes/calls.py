"""Which functions are recursive, kept right while the optimizer changes who calls whom.

The components of the call graph are found once.  A call that leads down, to a component found before, closes no circle;
one that leads up finds them anew, which folding a closure rarely causes.  Calls that go matter inside a component
only: they make it be looked at again when next asked about.  Knows nothing of what is decided with it.
"""

from __future__ import annotations

from compiler.mir.mentions import among
from compiler.mir.ops import CODE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from compiler.ir.function import Function, Module

CALL, TAILCALL = CODE["call"], CODE["tailcall"]


def callees(function: Function) -> list[str]:
    """Functions this one calls directly, in order, each once."""
    found: dict[str, None] = {}
    for block in function.blocks:
        for value in block.body:
            if function.op[value] in (CALL, TAILCALL):
                found[function.imm[value]] = None
    return list(found)


class Calls:
    """The direct calls of some functions; `update` after one has changed.

    Of functions that are not among them it knows what it was told: which are recursive.  `unfinished` are those whose
    bodies are not what they will be; whoever runs the passes says so.
    """

    __slots__ = ("_members", "_number", "_recursive", "_stale", "to", "unfinished")

    def __init__(
        self, module: Module, names: Iterable[str] | None = None, recursive: Collection[str] = frozenset()
    ) -> None:
        functions = module.functions
        self.to = {name: callees(functions[name]) for name in (functions if names is None else names)}
        self.unfinished: set[str] = set()
        self._recursive = recursive
        self._members: list[list[str]] = []
        self._number: dict[str, int] = {}  # function -> component; callees have lower numbers
        self._stale: set[int] = set()
        self._find()

    def update(self, function: Function) -> None:
        old = self.to.get(function.name, [])
        new = self.to[function.name] = callees(function)
        if new == old:
            return
        number = self._number
        mine = number.get(function.name, -1)
        known = set(old)
        if mine < 0 or any(name not in known and name in self.to and number[name] > mine for name in new):
            self._find()
        elif any(number.get(name) == mine for name in known.difference(new, (function.name,))):
            self._stale.add(mine)

    def is_recursive(self, name: str) -> bool:
        """Whether a function's calls lead back to it."""
        number = self._number.get(name, -1)
        if number < 0:
            return name in self._recursive
        if number in self._stale:
            self._find()
            number = self._number[name]
        return len(self._members[number]) > 1 or name in self.to[name]

    def _find(self) -> None:
        self._stale.clear()
        self._members = among(self.to)
        self._number = {name: number for number, found in enumerate(self._members) for name in found}
