"""Which functions name which, and which are recursive, kept right while the optimizer changes who calls whom.

The components of the call graph are found once.  A call that leads down, to a component found before, closes no circle;
one that leads up finds them anew, which folding a closure rarely causes.  Calls that go matter inside a component
only: they make it be looked at again when next asked about.  Knows nothing of what is decided with it.
"""

from __future__ import annotations

from compiler.mir.ops import CODE, OPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from compiler.ir.function import Function, Module

CALL, TAILCALL = CODE["call"], CODE["tailcall"]
NAMING = frozenset(row.code for row in OPS if row.imm == "function")


def references(function: Function) -> list[str]:
    """Functions this one names, to call them or as values, in order, each once."""
    found: dict[str, None] = {}
    for block in function.blocks:
        for value in block.body:
            if function.op[value] in NAMING:
                found[function.imm[value]] = None
    return list(found)


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
        self._members = components(self.to)
        self._number = {name: number for number, found in enumerate(self._members) for name in found}


def components(to: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The names that lead to each other, such sets before those that lead to them; others do not count.

    Tarjan's algorithm, its stack a list.
    """
    found: list[list[str]] = []
    done: set[str] = set()
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: list[str] = []
    for start in to:
        if start in index:
            continue
        work = [(start, iter(to[start]))]
        index[start] = low[start] = len(index)
        open_.append(start)
        while work:
            name, rest = work[-1]
            for following in rest:
                if following not in to:
                    continue
                if following not in index:
                    index[following] = low[following] = len(index)
                    open_.append(following)
                    work.append((following, iter(to[following])))
                    break
                if following not in done:
                    low[name] = min(low[name], index[following])
            else:
                work.pop()
                if work:
                    above = work[-1][0]
                    low[above] = min(low[above], low[name])
                if low[name] == index[name]:
                    members = open_[_last(open_, name) :]
                    del open_[len(open_) - len(members) :]
                    done.update(members)
                    found.append(members)
    return found


def _last(names: list[str], name: str) -> int:
    """Where a name is in a list that ends with it and names found after it."""
    at = len(names) - 1
    while names[at] != name:
        at -= 1
    return at
