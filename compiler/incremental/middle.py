"""Checked modules to machine code, an instance at a time; and what only the whole program tells.

    hir, data ─▶ lowered (what it calls, how it uses its parameters) ─▶ instances ─▶ borrows ─▶ borrow
        └──────────────────────────────────────────────────────────────▶ native ◀──────────────────┘

An instance is a function at concrete types; its key is its module and its MIR name.  MIR itself is not kept: whoever
needs it again lowers it again from the same inputs.  Places are relative to functions until `image.py` resolves them.
"""

from __future__ import annotations

import marshal

from compiler.hir.portable import TypeTable, unpack_types
from compiler.incremental.front import Fallback
from compiler.incremental.image import code_row, data_row
from compiler.incremental.workers import Workers
from compiler.lower.lower import ENTRY, lower_one
from compiler.memory.borrow import Uses, solve, uses_of
from compiler.mir.regions import has_regions
from compiler.natively import native_one

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.incremental.front import Front
    from compiler.ir.function import Module
    from compiler.lower.lower import Single
    from compiler.query.engine import Engine

    # A function's unique name, how many parameters it has, and its type arguments: rows, and which of them they are.
    Instance = tuple[str, int, list[Any], list[int]]
    # An instance's MIR, the keys of what it calls by MIR name, and wrappers whose names end in a place.
    Lowered = tuple[Module, list[tuple[str, str]], list[tuple[str, str]]]


class Middle:
    """The instances of one session."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.engine: Engine
        self._known: dict[str, Instance] = {}
        self._before: dict[str, Instance] | None = None
        self._members: dict[str, list[str]] | None = None
        self.workers: Workers | None = None
        self._mir: dict[str, Lowered] = {}  # of instances whose code is still to be made

    def instance(self, key: str) -> Instance:
        """What a key stands for: a matter of its name, so that what was known before still holds."""
        found = self._known.get(key)
        if found is None:
            if self._before is None:
                self._before = dict(self.engine.before("instances", "") or ())
            found = self._before.get(key)
            if found is None:
                raise Fallback(f"{key} is not known")
        return found

    def key(self, function: str, name: str) -> str:
        return f"{self.front.owner_of(function)}#{name}"

    def inputs(self, key: str) -> None:
        """Ask for everything that an instance's MIR is made of: its function, constants, the types in reach."""
        engine, front = self.engine, self.front
        function, _, rows, _ = self.instance(key)
        owner = front.owner_of(function)
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

    def _left(self, single: Single) -> Lowered:
        functions = self.front.program.functions
        callees = [(name, self.key(functions[number].name, name)) for name, (number, _) in single.asked.items()]
        return single.module, callees, sorted(single.placed.items())

    def lowered(self, key: str) -> tuple[Any, ...]:
        """(the instances it asks for, how each of its functions uses references, whether it has regions)."""
        self.inputs(key)
        single = self._lower(key)
        self._mir[key] = self._left(single)
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

    def members(self, identity: str) -> list[str]:
        """The instances of a module's functions that the program can reach."""
        if self._members is None:
            self._members = {}
            for key, _ in self.engine.peek("instances", ""):
                self._members.setdefault(key.partition("#")[0], []).append(key)
        return self._members.get(identity, [])

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
            engine.forget("lowered", key)
        return {name: tuple(sorted(found)) for name, found in sorted(solve(uses, ENTRY).items()) if found}

    def native(self, key: str) -> tuple[Any, ...]:
        """(codes, static data, wrappers whose names end in a place), as plain rows."""
        self.inputs(key)
        if key not in self._mir:
            self._mir[key] = self._left(self._lower(key))
        borrows = self._borrows(key)
        found: tuple[Any, ...] | None = self.workers.take(key) if self.workers is not None else None
        if found is not None:
            del self._mir[key]
            return found
        return self._code(key, borrows)

    def fork(self, jobs: int) -> None:
        """Have code of what has been lowered made by others, too, in the order in which it will be asked for."""
        prefixes = {identity: prefix for prefix, identity in self.front.owner.items()}
        order = {key: k for k, (key, _) in enumerate(self.engine.peek("instances", ""))}
        keys = sorted(self._mir, key=lambda key: (prefixes[key.partition("#")[0]], order[key]))
        self.workers = Workers(keys, jobs, lambda key: self._code(key, self._borrows(key)))

    def close(self) -> None:
        """Nobody asks any more."""
        if self.workers is not None:
            self.workers.close()
            self.workers = None

    def _borrows(self, key: str) -> dict[str, tuple[int, ...]]:
        """What an instance's functions and their callees borrow."""
        module, callees, _ = self._mir[key]
        borrows = {}
        for name in module.functions:
            borrows[name] = self.engine.ask("borrow", f"{key.partition('#')[0]}#{name}")
        for name, callee in callees:
            borrows[name] = self.engine.ask("borrow", callee)
        return borrows

    def _code(self, key: str, borrows: dict[str, tuple[int, ...]]) -> tuple[Any, ...]:
        module, _, placed = self._mir.pop(key)
        codes, data = native_one(module, borrows)
        return (
            [code_row(code) for code in codes],
            [data_row(datum) for datum in data],
            placed,
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
