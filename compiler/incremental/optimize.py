"""Release level, an instance at a time: what the optimizer makes of a function, and who has read it.

    lowered ─▶ components ─▶ component ─▶ optimized ─▶ body (what callers copy) ─▶ optimized of the callers
                                              ├──▶ made (what it is now) ─▶ native
                                              └──▶ reached ─▶ borrows ─▶ borrow ─▶ native

The passes run over components of functions that name each other (`passes/order.py`).  One asks for the body of each
callee that it may copy: an edge, so that an edit of what was copied comes through, and one of what is too large to be
copied ends there.  Optimized MIR is not kept but for such bodies; whoever needs it again runs the passes again.
Functions are known by their MIR names, which are unique in a program; a wrapper that several instances brought along
belongs to the first of them by name.
"""

from __future__ import annotations

import marshal

from compiler.digest import brief
from compiler.incremental.image import native_row
from compiler.incremental.middle import read_uses, use_row
from compiler.ir.function import Module
from compiler.ir.portable import exact, pack, unpack
from compiler.lower.lower import ENTRY, lower_entry
from compiler.memory.borrow import solve, uses_of
from compiler.mir.mentions import among, mentions
from compiler.mir.regions import has_regions
from compiler.natively import native_one
from compiler.passes.inline import fits
from compiler.passes.order import component

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compiler.incremental.middle import Middle
    from compiler.ir.function import Function
    from compiler.query.engine import Engine

    # The functions of a component in the order of their names, each with the instance that it comes from.
    Members = tuple[tuple[str, str], ...]


class Made:
    """What became of one function."""

    __slots__ = ("body", "digest", "named", "placed", "uses")

    def __init__(self, row: tuple[Any, ...]) -> None:
        # Digest of its MIR; its rows when callers may copy it, else b""; the functions that it names; of these and
        # itself, those whose names end in a place; how it uses references.
        self.digest, self.body, self.named, self.placed, self.uses = row


class Optimizer:
    """The optimized functions of one session."""

    def __init__(self, middle: Middle) -> None:
        self.middle = middle
        self._homes: dict[str, tuple[str, Members]] = {}
        self._homes_of: object = None
        self._ready: dict[str, tuple[Function, Module]] = {}

    @property
    def engine(self) -> Engine:
        return self.middle.engine

    def named(self, module: Module) -> list[tuple[str, list[str]]]:
        """What each function of a module names."""
        return [(name, mentions(function)) for name, function in module.functions.items()]

    def components(self) -> list[Members]:
        """The functions that the program can reach as they were lowered, in components; callees first."""
        engine = self.engine
        named: dict[str, list[str]] = {ENTRY: [engine.ask("main", "")]}
        owner = {ENTRY: ""}
        for key, _ in engine.ask("instances", ""):
            for name, row in engine.ask("lowered", key)[1]:
                if name not in owner or key < owner[name]:
                    named[name], owner[name] = row, key
            engine.forget("lowered", key)
        return [tuple([(name, owner[name]) for name in sorted(found)]) for found in among(named)]

    def component(self, name: str) -> tuple[str, Members]:
        """The key of a function's component, and its members; ("", ()) of what is no function of the program."""
        found = self.engine.ask("components", "")
        if self._homes_of is not found:
            self._homes_of = found
            self._homes = {each: (key_of(*members[0]), members) for members in found for each, _ in members}
        return self._homes.get(name, ("", ()))

    def optimized(self, key: str) -> dict[str, Made]:
        """What becomes of the functions of a component."""
        engine = self.engine
        home, members = engine.ask("component", key.partition("#")[2])
        if home != key:
            return {}  # the component has another first member by now, or is gone
        for owner in dict.fromkeys([owner for _, owner in members]):
            if owner:
                self.middle.inputs(owner)
            else:
                main = engine.ask("main", "")
                engine.mark("hir", self.middle.key(main, main))
        module, recursive, placed = self._run(members, engine.ask)
        found = {}
        for name, _ in members:
            function = module.functions[name]
            self._ready[name] = function, module
            named = mentions(function)
            ends = [(each, placed[each]) for each in sorted({name, *named}) if each in placed]
            body = b""
            if name not in recursive and fits(function):
                body = marshal.dumps((pack(function, module), ends), 2)
            digest = brief(exact(function, module))
            found[name] = Made((digest, body, named, ends, use_row(uses_of(function))))
        return found

    def _run(self, members: Members, ask: Callable[[str, str], Any]) -> tuple[Module, set[str], dict[str, str]]:
        """A module with the component's optimized functions, those that are recursive, names that end in places."""
        module = Module("mir")
        placed: dict[str, str] = {}
        known: dict[str, Function | None] = {}

        def below(name: str) -> Function | None:
            if name not in known:
                known[name] = None
                body = ask("body", name)
                if body:
                    row, ends = marshal.loads(body)
                    known[name] = unpack(row, module)
                    placed.update(ends)
            return known[name]

        for name, owner in members:
            function, source, ends = self._lowered(name, owner)
            numbers: dict[int, int] = {}
            for place in function.at:
                if place not in numbers:
                    numbers[place] = module.place(source.places[place])
            function.at = [numbers[place] for place in function.at]
            module.functions[name] = function
            module.layouts.update(source.layouts)
            placed.update(ends)
        module.below = below
        recursive = component(module, [name for name, _ in members])
        module.below = None
        return module, recursive, placed

    def _lowered(self, name: str, owner: str) -> tuple[Function, Module, dict[str, str]]:
        """A function as it was lowered, which is given away; its module, and the names in it that end in places."""
        middle = self.middle
        if not owner:
            program = middle.front.program
            made = lower_entry(program, middle.front.body(self.engine.peek("main", "")).id)
            return made.functions[name], made, {}
        waiting = middle.waiting(owner)
        function = waiting.module.functions.pop(name, None)
        if function is None:  # given away before
            waiting = middle.waiting(owner, again=True)
            function = waiting.module.functions.pop(name)
        return function, waiting.module, dict(waiting.placed)

    def body(self, name: str) -> bytes:
        """What callers may copy; b"" of a function that they may not, and of what is none."""
        found = self._made(name)
        return b"" if found is None else found.body

    def made(self, name: str) -> tuple[bytes, list[str], list[tuple[str, str]]]:
        """What a function is now: a digest; what it names; names that end in places."""
        found = self._made(name)
        return (b"", [], []) if found is None else (found.digest, found.named, found.placed)

    def _made(self, name: str) -> Made | None:
        key, _ = self.engine.ask("component", name)
        if not key:
            return None
        found: Made | None = self.engine.ask("optimized", key).get(name)
        return found

    def reached(self) -> list[tuple[str, str]]:
        """The functions that the entry still reaches: key, and that of the component."""
        engine = self.engine
        homes = {}
        for members in engine.ask("components", ""):  # from below, so that nothing waits for much
            key = key_of(*members[0])
            engine.mark("optimized", key)
            for name, owner in members:
                homes[name] = key_of(name, owner), key
        todo = [ENTRY]
        seen = {ENTRY}
        for name in todo:
            for each in engine.ask("optimized", homes[name][1])[name].named:
                if each in homes and each not in seen:
                    seen.add(each)
                    todo.append(each)
        self.middle.rest()
        self._ready = {name: made for name, made in self._ready.items() if name in seen}
        return sorted([homes[name] for name in todo])

    def borrows(self) -> dict[str, tuple[int, ...]]:
        """The parameters that each function borrows, for those that borrow any."""
        uses = {}
        for key, home in self.engine.ask("reached", ""):
            name = key.partition("#")[2]
            found = self.engine.ask("optimized", home)[name]
            uses[name] = read_uses(found.uses)
        return {name: tuple(sorted(found)) for name, found in sorted(solve(uses, ENTRY).items()) if found}

    def native(self, key: str) -> tuple[Any, ...]:
        """(codes, static data, wrappers whose names end in a place) of one function, as plain rows."""
        engine = self.engine
        name = key.partition("#")[2]
        digest, named, placed = engine.ask("made", name)
        borrows = {each: engine.ask("borrow", f"#{each}") for each in (name, *named)}
        again = name not in self._ready
        function, source = self._take(name)
        module = Module("mir")
        module.functions[name] = function
        module.layouts, module.places = source.layouts, source.places
        if again and brief(exact(function, module)) != digest:
            raise AssertionError(f"{name} was optimized twice, with two results")
        if has_regions(function):
            from compiler.memory.regions import place
            from compiler.mir.escape import read_summary

            place(function, {each: read_summary(engine.ask("summary", each)) for each in named}, module)
        if name == ENTRY:
            module.entry = ENTRY
        workers = self.middle.workers
        found: tuple[Any, ...] | None = workers.take(key) if workers is not None else None
        return found or native_row(*native_one(module, borrows), placed)

    def waits(self, key: str) -> bool:
        """Whether a function was optimized and its code is still to be made."""
        return key.partition("#")[2] in self._ready

    def _take(self, name: str) -> tuple[Function, Module]:
        """An optimized function, to be consumed; made again if need be.

        Whoever asks has an edge to what comes out, so none is needed to what goes in.
        """
        if name not in self._ready:
            found, _, _ = self._run(self.engine.peek("component", name)[1], self.engine.peek)
            for each, function in found.functions.items():
                self._ready[each] = function, found
        return self._ready.pop(name)

    def flow(self, key: str) -> dict[str, Any]:
        """The summaries of a component's functions, as rows: what regions in their callers must know of them."""
        from compiler.mir.escape import read_summary, solve

        engine = self.engine
        home, members = engine.ask("component", key.partition("#")[2])
        if home != key:
            return {}
        functions = {}
        known = {}
        for name, _ in members:
            for each in engine.ask("made", name)[1]:
                if all(each != member for member, _ in members) and each not in known:
                    known[each] = read_summary(engine.ask("summary", each))
        for name, _ in members:
            functions[name], source = self._take(name)
            self._ready[name] = functions[name], source  # they are only read
        solve(functions, known)
        return {name: known[name].row() for name in functions}

    def summary(self, name: str) -> Any:
        """What callers see of a function."""
        return self.engine.ask("flow", self.engine.ask("component", name)[0]).get(name)

    def rows(self, found: dict[str, Made]) -> list[Any]:
        """What became of a component's functions, as plain data."""
        return [(name, (made.digest, made.body, made.named, made.placed, made.uses)) for name, made in found.items()]

    def read(self, rows: list[Any]) -> dict[str, Made]:
        """Back from it."""
        return {name: Made(row) for name, row in rows}


def key_of(name: str, owner: str) -> str:
    """What a function's results are kept under: beside those of its module."""
    return f"{owner.partition('#')[0]}#{name}"
