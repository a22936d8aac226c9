"""HIR to MIR: every function that the program can reach, once for each set of types it is used at.

Starts at the entry and follows uses through a worklist, so what nothing reaches costs nothing and
instances with the same types are shared.  Lambdas become functions whose parameter 0 is their closure;
functions, builtins and constructors used as values become wrappers of the same shape.  Expressions are
the business of `forms.py`, `data.py`, `match.py`, `builtins.py`; reference counts come later (`compiler/memory/`).

    lower(program, entry=program.main)        a module whose `entry` runs main and prints its result
    lower(program, entry=[f, g])              runs these nullary functions in turn, a line for each result
    lower_one(program, f, ())                 one instance, apart from what it calls
"""

from __future__ import annotations

import sys
from bisect import bisect_right

from compiler.builtins import BY_NAME
from compiler.ir.function import Module
from compiler.lower import data, forms, match  # noqa: F401  # data and match enter their forms
from compiler.lower.builder import Builder
from compiler.lower.builtins import builtin, shown
from compiler.lower.types import TypeNames, spelled
from compiler.mir.types import signature
from compiler.types.core import UNIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.hir.program import Function, Program

ENTRY = "@main"

# Builtins whose wrapper as a value must say where it was mentioned.
_PLACED = ("=", "!=", "show", "array")

RECURSION = 1_000_000  # Python frames: nesting in source is at most 10,000 deep, and frames are cheap

__all__ = ["ENTRY", "Lowering", "lower"]


class Lowering:
    """One program on its way to MIR."""

    __slots__ = (
        "_assigned",
        "_file",
        "_first",
        "_hir",
        "_instances",
        "_lambdas",
        "_places",
        "_starts",
        "_work",
        "module",
        "program",
        "types",
    )

    def __init__(self, program: Program) -> None:
        self.program = program
        self.module = Module("mir")
        self.types = TypeNames(program, self.module)
        self._instances: dict[tuple[int, tuple[int, ...]], str] = {}
        self._lambdas: dict[int, int] = {}  # by function, those that wait to be lowered
        self._assigned: dict[int, dict[int, list[int]]] = {}
        self._places: dict[int, dict[int, int]] = {}
        self._hir: Function | None = None  # whose lines `_starts` has; `_first` is the number of the first one
        self._starts: list[int] = []
        self._first = self._file = 0
        self._work: list[Callable[[], None]] = []

    def drain(self) -> None:
        """Lower until nothing new is asked for; in order of asking."""
        work = self._work
        at = 0
        while at < len(work):
            work[at]()
            at += 1
        work.clear()

    def instance(self, function: int, actuals: tuple[int, ...]) -> str:
        """The MIR name of a function at concrete type arguments, which will be lowered."""
        key = (function, actuals)
        name = self._instances.get(key)
        if name is None:
            hir = self.program.functions[function]
            name = spelled(hir.name) if "<" in hir.name else hir.name
            if actuals:
                name += "<" + ",".join([self.types.name(a) for a in actuals]) + ">"
            self._instances[key] = name
            self._want(name, hir, actuals)
        return name

    def _want(self, name: str, hir: Function, actuals: tuple[int, ...]) -> None:
        self._work.append(lambda: self._function(name, hir, actuals))

    def place(self, hir: Function, start: int) -> int:
        """A new place for a character of a function's file; its builders ask once (`Builder.places`)."""
        if hir is not self._hir:
            # A function has few lines, and its places are asked for one after another.
            self._hir = hir
            first, self._starts = hir.file.lines(hir.start, hir.end)
            self._file, self._first = self._origin(hir, first)
        line = bisect_right(self._starts, start) - 1
        return self.module.places.add(self._file, self._first + line, start - self._starts[line] + 1)

    def _origin(self, hir: Function, line: int) -> tuple[int, int]:
        """What a function's places begin with, and the number of its first line, which is `line` in its file."""
        return self.module.places.file(hir.file.path), line

    def builder(self, name: str, result: str, hir: Function | None = None, actuals: tuple[int, ...] = ()) -> Builder:
        """A builder whose function has its place in the module already."""
        b = Builder(self, name, result, hir, actuals)
        if hir is not None:
            found = self._assigned.get(hir.id)
            if found is None:
                found = self._assigned[hir.id] = forms.assigned_locals(hir)
            b.assigned = found
            if hir.vars or hir.lambdas:  # it is lowered in several parts, or more than once
                b.places = self._places.setdefault(hir.id, b.places)
        self.module.functions[name] = b.f
        return b

    def _function(self, name: str, hir: Function, actuals: tuple[int, ...]) -> None:
        result = self.types.name(self.types.concrete(hir.result, actuals))
        b = self.builder(name, result, hir, actuals + (UNIT,) * len(hir.inner))
        if hir.inline:
            b.f.attrs["inline"] = hir.inline
        self._parameters(b, hir.params)
        forms.tail(b, hir.root)
        b.finish()
        self._leave(hir)

    def _leave(self, hir: Function) -> None:
        """The body rests, unless a lambda in it is still to come: each would wake all of it again."""
        if not self._lambdas.get(hir.id):
            hir.body.rest()

    def _parameters(self, b: Builder, params: list[int]) -> None:
        """Parameters first, then the cells of those that need one."""
        hir = forms.source(b)
        b.at = forms.place(b, hir.root)
        held = [b.f.param(0, b.type_name(hir.locals[local].type), b.at) for local in params]
        for local, param in zip(params, held, strict=True):
            forms.bind(b, local, param)

    def lambda_function(
        self,
        outer: Builder,
        number: int,
        root: int,
        type: str,  # noqa: A002
        held: tuple[str, ...],
        actuals: tuple[int, ...],
    ) -> str:
        """The MIR function of a lambda at type arguments; `held` are the MIR types of what it captures."""
        hir = forms.source(outer)
        name = f"{self.instance_name(hir, actuals[: hir.vars])}.lambda{number}"
        if hir.inner:
            name += "<" + ",".join([self.types.name(a) for a in actuals[hir.vars :]]) + ">"
        if name not in self.module.functions:
            b = self.builder(name, signature(type)[1], hir, actuals)
            self._lambdas[hir.id] = self._lambdas.get(hir.id, 0) + 1
            self._work.append(lambda: self._lambda(b, number, root, type, held))
        return name

    def instance_name(self, hir: Function, actuals: tuple[int, ...]) -> str:
        return self.instance(hir.id, actuals)

    def _lambda(self, b: Builder, number: int, root: int, type: str, held: tuple[str, ...]) -> None:  # noqa: A002
        hir = forms.source(b)
        row = hir.lambdas[number]
        b.at = forms.place(b, root)
        closure = b.f.param(0, type, b.at)
        self._parameters(b, row.params)
        for index, (local, captured) in enumerate(zip(row.captures, held, strict=True)):
            b.assign(local, b.emit("capture", captured, (closure,), index))
        forms.tail(b, root)
        b.finish()
        self._lambdas[hir.id] -= 1
        self._leave(hir)

    # Functions as values: parameter 0 is an environment nobody reads.

    def _wrapper(self, name: str, type: str, body: Callable[[Builder, list[int], str], None]) -> str:  # noqa: A002
        if name not in self.module.functions:
            params, result = signature(type)
            b = self.builder(name, result)
            b.f.param(0, type)
            args = [b.f.param(0, param) for param in params]
            body(b, args, result)
            b.finish()
        return name

    def function_value(self, function: int, actuals: tuple[int, ...], type: str) -> str:  # noqa: A002
        """A wrapper of a top-level function; a nullary one ignores its Unit."""
        inner = self.instance(function, actuals)
        nullary = not self.program.functions[function].params

        def body(b: Builder, args: list[int], result: str) -> None:  # noqa: ARG001
            b.emit("tailcall", "", () if nullary else tuple(args), inner)

        return self._wrapper(f"{inner}.value", type, body)

    def builtin_value(self, name: str, type: str, at: int) -> str:  # noqa: A002
        """A wrapper of a builtin; one that can panic says where it was mentioned."""
        row = BY_NAME[name]
        nullary = row.type.startswith("(-> Unit ")
        placed = row.panics != "" or name in _PLACED

        def body(b: Builder, args: list[int], result: str) -> None:
            b.at = at if placed else 0
            forms.give(b, builtin(b, name, [] if nullary else args, result))

        title = f"{name}:{type}"
        if placed:
            title = self._placed(f"{title}:{self.module.places[at]}", self.module.places[at])
        return self._wrapper(title, type, body)

    def _placed(self, title: str, _: str) -> str:
        """The name of a wrapper that has a place in it."""
        return title

    def constructor_value(self, owner: int, tag: int, type: str) -> str:  # noqa: A002
        """A wrapper of a constructor."""
        name = self.program.datas[owner].ctors[tag].name

        def body(b: Builder, args: list[int], result: str) -> None:
            forms.give(b, b.emit("make", result, tuple(args), tag))

        return self._wrapper(f"{self.program.datas[owner].name}.{name}:{type}", type, body)

    # The program.

    def entry(self, functions: list[int]) -> None:
        """The function that runs these and prints every result that is not Unit."""
        b = self.builder(ENTRY, "unit")
        for function in functions:
            hir = self.program.functions[function]
            result = self.types.name(self.types.concrete(hir.result, ()))
            value = b.emit("call", result, (), self.instance(function, ()))
            if result != "unit":
                b.emit("io.print", "unit", (shown(b, value),))
        forms.give(b, b.unit())
        b.finish()
        self.module.entry = ENTRY


class Single(Lowering):
    """One instance on its way to MIR, with its lambdas and the wrappers it needs; nothing that it calls.

    `asked` are the instances it mentions, by MIR name, as (function, type arguments), in order; `placed` the wrappers
    whose names end in a place.
    """

    __slots__ = ("asked", "placed")

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.asked: dict[str, tuple[int, tuple[int, ...]]] = {}
        self.placed: dict[str, str] = {}

    def _placed(self, title: str, place: str) -> str:
        self.placed[title] = place
        return title

    def _want(self, name: str, hir: Function, actuals: tuple[int, ...]) -> None:
        if not self.asked:  # the instance itself
            super()._want(name, hir, actuals)
        self.asked[name] = (hir.id, actuals)

    def _origin(self, hir: Function, line: int) -> tuple[int, int]:  # noqa: ARG002
        """The function itself: lines count from its first one."""
        return self.module.places.function(hir.name), 0


def lower(program: Program, *, entry: int | list[int]) -> Module:
    """The MIR of everything the entry reaches; `entry` is a nullary function's id, or several.

    The checker has made sure that no function needs itself at ever larger types (`compiler/types/growth.py`).
    """
    lowering = Lowering(program)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, RECURSION))
    try:
        lowering.entry([entry] if isinstance(entry, int) else entry)
        lowering.drain()
    finally:
        sys.setrecursionlimit(before)
    lowering.module.places.settle()
    return lowering.module


def lower_entry(program: Program, main: int) -> Module:
    """The MIR of the function that runs main, and nothing of what it calls."""
    lowering = Single(program)
    lowering.asked[""] = (main, ())  # nothing is wanted, not even main
    lowering.entry([main])
    return lowering.module


def lower_one(program: Program, function: int, actuals: tuple[int, ...]) -> Single:
    """The MIR of one instance; its module has no entry, and places are relative to their functions."""
    lowering = Single(program)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, RECURSION))
    try:
        lowering.instance(function, actuals)
        lowering.drain()
    finally:
        sys.setrecursionlimit(before)
    lowering.module.places.settle()
    return lowering
