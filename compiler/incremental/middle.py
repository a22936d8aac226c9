"""Checked modules to machine code, an instance at a time; and what only the whole program tells.

    hir, data ─▶ lowered (what it calls, how it uses its parameters) ─▶ instances ─▶ borrows ─▶ borrow
        └──────────────────────────────────────────────────────────────▶ native ◀──────────────────┘

An instance is a function at concrete types; its key is its module and its MIR name.  MIR itself is not kept: whoever
needs it again lowers it again from the same inputs.  Places are relative to functions until `image.py` resolves them.
"""

from __future__ import annotations

import marshal

from compiler.hir.portable import TypeTable, unpack_types
from compiler.incremental.front import Fallback, Lost
from compiler.lower.lower import ENTRY, lower_one
from compiler.memory.borrow import Uses, solve, uses_of
from compiler.mir.regions import has_regions
from compiler.natively import native_one

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.incremental.front import Front
    from compiler.lower.lower import Single
    from compiler.query.engine import Engine

    # A function's unique name, how many parameters it has, and its type arguments: rows, and which of them they are.
    Instance = tuple[str, int, list[Any], list[int]]


class Middle:
    """The instances of one session."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.engine: Engine
        self._known: dict[str, Instance] = {}
        self._before: dict[str, Instance] | None = None
        self._mir: dict[str, Single] = {}

    def instance(self, key: str) -> Instance:
        """What a key stands for: a matter of its name, so that what was known before still holds."""
        found = self._known.get(key)
        if found is None:
            if self._before is None:
                self._before = dict(self.engine.before("instances", "") or ())
            found = self._before.get(key)
            if found is None:
                raise Lost(f"{key} is not known")
        return found

    def key(self, function: str, name: str) -> str:
        return f"{self.front.owner_of(function)}#{name}"

    def inputs(self, key: str) -> bool:
        """Ask for everything that an instance's MIR is made of: its function, constants, the types in reach.

        False when the function is no longer in the key's file: under another key, it is in the file's new name.
        """
        engine, front = self.engine, self.front
        function, _, rows, _ = self.instance(key)
        owner = front.owner_of(function)
        if owner != key.partition("#")[0]:
            engine.mark("prefix", key.partition("#")[0])
            return False
        _, consts, datas = engine.ask("hir", f"{owner}#{function}")
        for const in consts:
            engine.mark("hir", f"{front.owner_of(const)}#{const}")
        todo = [*datas, *[head for head, _ in rows if isinstance(head, str)]]
        seen = set(todo)
        for data in todo:
            of = front.owner_of(data)
            if not of:
                continue  # every program has it
            for inner in engine.ask("export", f"{of}#{data}")[1]:
                if inner not in seen:
                    seen.add(inner)
                    todo.append(inner)
        return True

    def _lower(self, key: str) -> Single:
        front = self.front
        function, _, rows, roots = self.instance(key)
        f = front.body(function)
        for const in self.engine.peek("hir", f"{front.owner_of(function)}#{function}")[1]:
            front.body(const)
        made = unpack_types(front.program, rows, front)
        single = lower_one(front.program, f.id, tuple([made[k] for k in roots]))
        if not rows:  # at other types it will be needed again
            front.drop(f)
        return single

    def lowered(self, key: str) -> tuple[Any, ...]:
        """(the instances it asks for, how each of its functions uses references, whether it has regions)."""
        if not self.inputs(key):
            return [], [], False
        single = self._mir[key] = self._lower(key)
        functions = self.front.program.functions
        asked = []
        for name, (number, actuals) in single.asked.items():
            table = TypeTable(self.front.program)
            roots = [table.row(t) for t in actuals]
            f = functions[number]
            asked.append((name, f.name, len(f.params), table.rows, roots))
        uses = [(name, use_row(uses_of(f))) for name, f in single.module.functions.items()]
        return asked, uses, any(has_regions(f) for f in single.module.functions.values())

    def instances(self) -> list[tuple[str, Instance]]:
        """All instances that the program can reach, in the order of asking."""
        engine = self.engine
        main = engine.ask("main", "")
        first = self.key(main, main)
        self._known[first] = (main, 0, [], [])
        todo = [first]
        seen = {first}
        for key in todo:
            for name, function, arity, rows, roots in engine.ask("lowered", key)[0]:
                other = self.key(function, name)
                if other not in seen:
                    seen.add(other)
                    self._known[other] = (function, arity, rows, roots)
                    todo.append(other)
        return [(key, self._known[key]) for key in todo]

    def borrows(self) -> dict[str, tuple[int, ...]]:
        """The parameters that each function borrows, for those that borrow any.  Errors: Fallback."""
        engine = self.engine
        main = engine.ask("main", "")
        entry = Uses()
        entry.calls = [(False, main, ())]
        uses = {ENTRY: entry}
        for key, _ in engine.ask("instances", ""):
            _, rows, regions = engine.ask("lowered", key)
            if regions:
                raise Fallback("regions")
            for name, row in rows:
                uses[name] = read_uses(row)
        return {name: tuple(sorted(found)) for name, found in sorted(solve(uses, ENTRY).items()) if found}

    def native(self, key: str) -> tuple[Any, ...]:
        """(codes, static data, wrappers whose names end in a place), as plain rows."""
        if not self.inputs(key):
            return [], [], []
        single = self._mir.pop(key, None) or self._lower(key)
        functions = self.front.program.functions
        borrows = {}
        for name in single.module.functions:
            borrows[name] = self.engine.ask("borrow", f"{key.partition('#')[0]}#{name}")
        for name, (number, _) in single.asked.items():
            borrows[name] = self.engine.ask("borrow", self.key(functions[number].name, name))
        codes, data = native_one(single.module, borrows)
        return (
            [
                (c.name, bytes(c.bytes), c.relocs, [(d.name, bytes(d.bytes), d.align, d.relocs) for d in c.data])
                for c in codes
            ],
            [(d.name, d.section, bytes(d.bytes), d.relocs, d.align) for d in data],
            sorted(single.placed.items()),
        )


def use_row(uses: Uses) -> tuple[Any, ...]:
    """Plain data, equal when the facts are."""
    return (
        list(uses.params.items()),
        sorted(uses.refs),
        sorted(uses.consumed),
        sorted(uses.taken),
        uses.calls,
        uses.edges,
        list(uses.given.items()),
    )


def read_uses(row: tuple[Any, ...]) -> Uses:
    uses = Uses()
    params, refs, consumed, taken, uses.calls, uses.edges, given = row
    uses.params, uses.refs, uses.consumed, uses.taken = dict(params), set(refs), set(consumed), set(taken)
    uses.given = dict(given)
    return uses


def dumps(value: Any) -> bytes:
    """Equal values give equal bytes: version 2 of the format shares nothing."""
    return marshal.dumps(value, 2)
