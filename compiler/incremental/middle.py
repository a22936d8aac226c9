"""Checked modules to machine code, an instance at a time; and what only the whole program tells.

    hir, data ─▶ lowered (what it calls, how it uses its parameters) ─▶ instances ─▶ borrows ─▶ borrow
        └──────────────────────────────────────────────────────────────▶ native ◀──────────────────┘
                                  where it has regions (`regions.py`): summary ─┘

An instance is a function at concrete types; its key is its module and its MIR name.  MIR itself is not kept: whoever
needs it again lowers it again from the same inputs.  Places are relative to functions until `image.py` resolves them.
"""

from __future__ import annotations

from compiler.hir.portable import TypeTable, unpack_types
from compiler.incremental.front import Lost
from compiler.incremental.image import native_row
from compiler.incremental.regions import Regions
from compiler.incremental.workers import Workers
from compiler.lower.lower import ENTRY, lower_one
from compiler.memory.borrow import Uses, solve, uses_of
from compiler.mir.regions import has_regions
from compiler.natively import native_one
from compiler.trim import trim

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.incremental.front import Front
    from compiler.incremental.optimize import Optimizer
    from compiler.ir.function import Module
    from compiler.lower.lower import Single
    from compiler.query.engine import Engine

    # A function's unique name, how many parameters it has, and its type arguments: rows, and which of them they are.
    Instance = tuple[str, int, list[Any], list[int]]


MANY = 500  # instances to be made whose memory is worth being given back on the way


class Waiting:
    """An instance's MIR on its way to code: the keys of what it mentions, and wrappers whose names end in a place."""

    __slots__ = ("callees", "names", "placed", "the_module")

    def __init__(self, module: Module, callees: dict[str, str], placed: list[tuple[str, str]]) -> None:
        self.the_module: Module | None = module  # None when a fork has it, and nobody else needs it
        self.names = list(module.functions)
        self.callees = callees  # by MIR name
        self.placed = placed

    @property
    def module(self) -> Module:
        """The MIR of the instance's functions."""
        assert self.the_module is not None
        return self.the_module


class Middle:
    """The instances of one session."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.regions = Regions(self)
        self.engine: Engine
        self._known: dict[str, Instance] = {}
        self._before: dict[str, Instance] | None = None
        self._members: dict[str, list[str]] | None = None
        self.workers: Workers | None = None
        self._mir: dict[str, Waiting] = {}  # of instances whose code is still to be made
        self.optimizer: Optimizer | None = None  # at release level

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

    def waiting(self, key: str, *, again: bool = False) -> Waiting:
        """An instance's MIR, which stays here until `rest`; made again when its functions were given away."""
        found = None if again else self._mir.get(key)
        if found is None or found.the_module is None:
            found = self._mir[key] = self._waiting(self._lower(key))
        return found

    def _waiting(self, single: Single) -> Waiting:
        functions = self.front.program.functions
        callees = {name: self.key(functions[number].name, name) for name, (number, _) in single.asked.items()}
        return Waiting(single.module, callees, sorted(single.placed.items()))

    def rest(self) -> None:
        """Let go of all MIR."""
        self._mir.clear()

    def lowered(self, key: str) -> tuple[Any, ...]:
        """(the instances it asks for, how each of its functions uses references, whether it has regions).

        At release level these facts are found later, and there is what each of its functions names instead.
        """
        if not self.inputs(key):
            return [], [], False
        single = self._lower(key)
        self._mir[key] = self._waiting(single)
        functions = self.front.program.functions
        asked = []
        for name, (number, actuals) in single.asked.items():
            table = TypeTable(self.front.program)
            roots = [table.row(t) for t in actuals]
            f = functions[number]
            asked.append((name, f.name, len(f.params), table.rows, roots))
        if self.optimizer is not None:
            return asked, self.optimizer.named(single.module), False
        uses = [(name, use_row(uses_of(f))) for name, f in single.module.functions.items()]
        return asked, uses, any(has_regions(f) for f in single.module.functions.values())

    def instances(self) -> list[tuple[str, Instance]]:
        """All instances that the program can reach, in the order of asking."""
        return self.reached(self.engine.ask("entries", ""))

    def reached(self, entries: list[str]) -> list[tuple[str, Instance]]:
        """All instances that these nullary functions can reach."""
        engine = self.engine
        todo = [self.key(entry, entry) for entry in entries]
        self._known.update({key: (entry, 0, [], []) for key, entry in zip(todo, entries, strict=True)})
        seen = set(todo)
        for key in todo:
            for name, function, arity, rows, roots in engine.ask("lowered", key)[0]:
                other = self.key(function, name)
                if other not in seen:
                    seen.add(other)
                    self._known[other] = (function, arity, rows, roots)
                    todo.append(other)
        return [(key, self._known[key]) for key in todo]

    @property
    def all(self) -> str:
        """The kind that has the keys of all code that is made."""
        return "instances" if self.optimizer is None else "reached"

    def members(self, identity: str) -> list[str]:
        """The keys of a module's code."""
        if self._members is None:
            self._members = {}
            for key, _ in self.engine.peek(self.all, ""):
                self._members.setdefault(key.partition("#")[0], []).append(key)
        return self._members.get(identity, [])

    def borrows(self) -> dict[str, tuple[int, ...]]:
        """The parameters that each function borrows, for those that borrow any."""
        engine = self.engine
        entry = Uses()
        entry.calls = [(False, name, ()) for name in engine.ask("entries", "")]
        uses = {ENTRY: entry}
        for key, _ in engine.ask("instances", ""):
            for name, row in engine.ask("lowered", key)[1]:
                uses[name] = read_uses(row)
            engine.forget("lowered", key)
        return {name: tuple(sorted(found)) for name, found in sorted(solve(uses, ENTRY).items()) if found}

    def native(self, key: str) -> tuple[Any, ...]:
        """(codes, static data, wrappers whose names end in a place), as plain rows."""
        if not self.inputs(key):
            return [], [], []
        if key not in self._mir:
            self._mir[key] = self._waiting(self._lower(key))
        if self._mir[key].the_module is not None:
            self.regions.place(key, self._mir[key])
        borrows = self._borrows(key)
        found: tuple[Any, ...] | None = self.workers.take(key) if self.workers is not None else None
        if found is not None:
            del self._mir[key]
            return found
        self.waiting(key)
        return self._code(key, borrows)

    def fork(self, jobs: int) -> int:
        """Have code of what has been lowered made by others, too, in the order in which it will be asked for.

        Gives how many instances' code is to be made.
        """
        prefixes = {identity: prefix for prefix, identity in self.front.owner.items()}
        waits = self.optimizer.waits if self.optimizer is not None else self._mir.__contains__
        keys = [key for key, _ in self.engine.peek(self.all, "") if waits(key)]
        keys.sort(key=lambda key: prefixes.get(key.partition("#")[0], ""))
        if self.optimizer is None:
            for key in keys:
                self.regions.prepare(key, self._mir[key])  # once, and not in each of the forks
        if len(keys) >= MANY:
            trim()
        self.workers = Workers(keys, jobs, self.optimizer.native if self.optimizer is not None else self._alone)
        if self.optimizer is None:
            self._give_away(keys)
        return len(keys)

    def _give_away(self, keys: list[str]) -> None:
        """Let go of MIR that a fork has; without regions, as those ask for summaries by it."""
        assert self.workers is not None
        for key in keys:
            waiting = self._mir[key]
            if self.workers.has(key) and not any(has_regions(f) for f in waiting.module.functions.values()):
                waiting.the_module = None

    def _alone(self, key: str) -> tuple[Any, ...]:
        """What `native` answers, for somebody who keeps no account of what was asked."""
        self.regions.place(key, self._mir[key])
        return self._code(key, self._borrows(key))

    def close(self) -> None:
        """Nobody asks any more."""
        if self.workers is not None:
            self.workers.close()
            self.workers = None

    def _borrows(self, key: str) -> dict[str, tuple[int, ...]]:
        """What an instance's functions and their callees borrow."""
        waiting = self._mir[key]
        borrows = {}
        for name in waiting.names:
            borrows[name] = self.engine.ask("borrow", f"{key.partition('#')[0]}#{name}")
        for name, callee in waiting.callees.items():
            borrows[name] = self.engine.ask("borrow", callee)
        return borrows

    def _code(self, key: str, borrows: dict[str, tuple[int, ...]]) -> tuple[Any, ...]:
        waiting = self._mir.pop(key)
        codes, data = native_one(waiting.module, borrows)
        return native_row(codes, data, waiting.placed)


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
