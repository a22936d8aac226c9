"""What the parts of the generator share: names in scope, the budget, the source of randomness, the types.

Knows no expressions.
"""

from __future__ import annotations

from tests.fuzz.source import Source
from tests.fuzz.terms import Type, Types, variables


class Variable:
    """A local in scope; `hot` is what a loop is meant to change, `captured` whether a λ may use it."""

    def __init__(self, name: str, type: Type, mutable: bool) -> None:  # noqa: A002
        self.name, self.type, self.mutable = name, type, mutable
        self.hot, self.captured = False, True


class Signature:
    """A function that can be called; `fuel` when its first parameter bounds its depth."""

    def __init__(self, name: str, params: list[Type], result: Type) -> None:
        self.name, self.params, self.result = name, params, result
        self.fuel = 0  # the greatest first argument it may be given
        self.cost = 0
        self.compared = False  # uses = or show on a type variable: no functions there
        self.nullary = False


class State:
    """One program under way."""

    def __init__(self, r: Source, limit: int) -> None:
        self.r = r
        self.size = limit  # expressions of a function
        self.limit = limit
        self.types = Types(r)
        self.functions: list[Signature] = []
        self.current: Signature | None = None
        self.recursions = 0  # calls of itself that the function may still contain
        self.scope: list[Variable] = []
        self.tyvars: tuple[str, ...] = ()
        self.number = 0
        self.nodes = 0
        self.spent = 0
        self.turns = 1
        self.inside = 0  # λ around
        self.fuel_name = ""
        # (type, text, scope, cost) of what the function has so far, to be written again
        self.made: list[tuple[Type, str, list[Variable], int]] = []

    def chance(self, p: float) -> bool:
        return self.r.chance(p)

    def fresh(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def bind(self, name: str, t: Type, mutable: bool) -> None:
        self.scope = [v for v in self.scope if v.name != name] + [Variable(name, t, mutable)]

    def pick(self, *, functions: bool = True) -> Type:
        """A type to make a value of: often one that is around already."""
        if self.scope and self.chance(0.3):
            t = self.r.choice(self.scope).type
            if functions or not self.types.has_function(t):
                return t
        return self.types.pick(2, also=self.tyvars, functions=functions)

    def pick_element(self) -> Type:
        around = [v.type[1] for v in self.scope if v.type[0] == "Array"]
        return (
            self.r.choice(around)
            if around and self.chance(0.5)
            else self.types.pick(1, also=self.tyvars, functions=False)
        )

    def compare(self, t: Type) -> bool:
        """Note that values of the type are compared or shown; whether that may be."""
        if variables(t) and self.current is not None:
            self.current.compared = True
        return True

    def expr(self, t: Type, depth: int) -> str:
        raise NotImplementedError

    def leaf(self, t: Type) -> str:
        raise NotImplementedError

    def body(self, t: Type, depth: int) -> str:
        raise NotImplementedError

    def fixes(self, t: Type, constructor: str) -> bool:
        raise NotImplementedError

    def function_value(self, t: Type, depth: int) -> str:
        raise NotImplementedError
