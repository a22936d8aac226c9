"""Types as the generator sees them: terms, data declarations, matching, and random choice of them.

A type is a tuple: `("I64",)`, `("List", t)`, `("→", a, …, r)`, `("Option", t)`; a lower-case head is a type variable.
Knows no expressions.  A new kind of type is a case of `Types.pick`.
"""

from __future__ import annotations

from typing import Any

from compiler.builtins import BUILTINS
from tests.fuzz.source import Source

Type = tuple[Any, ...]  # ("Head", argument types…)

I64, F64, BOOL, TEXT, UNIT = ("I64",), ("F64",), ("Bool",), ("Text",), ("Unit",)
BYTES = ("Bytes",)
SIMPLE = (I64, F64, BOOL, TEXT)


def show(t: Type) -> str:
    return t[0] if len(t) == 1 else "(" + " ".join([t[0], *[show(a) for a in t[1:]]]) + ")"


def is_variable(t: Type) -> bool:
    return str(t[0]).islower()


def variables(t: Type) -> set[str]:
    return {t[0]} if is_variable(t) else set().union(*[variables(a) for a in t[1:]])


def substitute(t: Type, by: dict[str, Type]) -> Type:
    if is_variable(t):
        return by.get(t[0], t)
    return (t[0], *[substitute(a, by) for a in t[1:]])


def match(pattern: Type, t: Type, by: dict[str, Type]) -> bool:
    """Whether `pattern` with its variables bound in `by` is `t`."""
    if is_variable(pattern):
        return by.setdefault(pattern[0], t) == t
    return pattern[0] == t[0] and len(pattern) == len(t) and all(match(p, a, by) for p, a in zip(pattern[1:], t[1:]))


def parse(text: str) -> Type:
    """A type as `compiler/builtins.py` writes it."""
    words = text.replace("(", " ( ").replace(")", " ) ").split()

    def one() -> Type:
        word = words.pop(0)
        if word != "(":
            return (word,)
        parts = []
        while words[0] != ")":
            parts.append(one())
        words.pop(0)
        return ("→" if parts[0][0] == "->" else parts[0][0], *parts[1:])

    return one()


BUILTIN_TYPES = {row.name: parse(row.type) for row in BUILTINS if row.status == "built"}
BASE = (*SIMPLE, BYTES) if "bytes" in BUILTIN_TYPES else SIMPLE


class Field:
    def __init__(self, name: str, type: Type, mutable: bool) -> None:  # noqa: A002
        self.name, self.type, self.mutable = name, type, mutable


class Data:
    """A declared data type; constructors in order, each with its fields (no name: by position)."""

    def __init__(self, name: str, params: tuple[str, ...], constructors: list[tuple[str, list[Field]]]) -> None:
        self.name, self.params, self.constructors = name, params, constructors
        self.base = constructors[0][0]  # says all of the type, and needs no value of it

    def fields(self, t: Type) -> list[tuple[str, list[Field]]]:
        """The constructors at an instance of the type."""
        by = dict(zip(self.params, t[1:]))
        return [(n, [Field(f.name, substitute(f.type, by), f.mutable) for f in fs]) for n, fs in self.constructors]

    def source(self) -> str:
        head = f"({self.name} {' '.join(self.params)})" if self.params else self.name
        parts = []
        for name, fields in self.constructors:
            texts = []
            for f in fields:
                plain = f"{f.name} {show(f.type)}" if f.name else show(f.type)
                texts.append(f"(mut {plain})" if f.mutable else f"({plain})" if f.name else plain)
            parts.append(f"({name} {' '.join(texts)})" if fields else name)
        return f"(τ {head} {' '.join(parts)})"


OPTION = Data("Option", ("a",), [("Some", [Field("", ("a",), False)]), ("None", [])])
RESULT = Data("Result", ("a", "e"), [("Ok", [Field("", ("a",), False)]), ("Err", [Field("", ("e",), False)])])


class Types:
    """The data types of one program, and random types over them."""

    def __init__(self, r: Source) -> None:
        self.r = r
        self.data: dict[str, Data] = {"Option": OPTION, "Result": RESULT}
        for number in range(r.integer(1, 4)):
            self._declare(number)

    def _declare(self, number: int) -> None:
        r = self.r
        name = f"D{number}"
        params = ("a", "b")[: r.choice([0, 0, 1, 1, 2])]
        own = (name, *[(p,) for p in params])
        record = r.chance(0.4)
        constructors: list[tuple[str, list[Field]]] = []
        for index in range(1 if record else r.integer(1, 4)):
            fields = []
            for place in range(r.integer(1, 4) if record else r.choice([0, 1, 1, 2, 3])):
                # A first constructor that needs no value of its own type keeps every type inhabited.
                if index and r.chance(0.3):
                    t = own if r.chance(0.7) else ("List", own)
                elif params and r.chance(0.5):
                    t = (r.choice(params),)
                else:
                    t = self.pick(1)
                # A mutable place that can hold only base types can never close a cycle.
                mutable = record and r.chance(0.5) and not variables(t) and self.flat(t)
                fields.append(Field(f"f{number}-{place}" if record else "", t, mutable))
            constructors.append((f"C{number}-{index}", fields))
        used = set().union(*[variables(f.type) for f in constructors[0][1]])
        for p in params:
            if p not in used:
                constructors[0][1].append(Field(f"f{number}-{p}" if record else "", (p,), False))
        self.data[name] = Data(name, params, constructors)
        r.shuffle(self.data[name].constructors)

    def pick(self, depth: int = 2, *, also: tuple[str, ...] = (), functions: bool = True) -> Type:
        """A random type; `also` are type variables in scope."""
        r = self.r
        kind = r.fraction()
        if depth <= 0 or kind < 0.5:
            if also and r.chance(0.4):
                return (r.choice(also),)
            return UNIT if r.chance(0.03) else r.choice(BASE)
        if kind < 0.62:
            return ("List", self.pick(depth - 1, also=also, functions=functions))
        if kind < 0.7:
            return ("Array", self.pick(depth - 1, also=also, functions=functions))
        if functions and kind < 0.78:
            arity = r.choice([1, 1, 2, 3])
            return ("→", *[self.pick(depth - 1, also=also, functions=False) for _ in range(arity + 1)])
        data = self.data[r.choice(list(self.data))]
        return (data.name, *[self.pick(depth - 1, also=also, functions=functions) for _ in data.params])

    def flat(self, t: Type) -> bool:
        return t in BASE or (t[0] in ("Option", "List") and self.flat(t[1]))

    def has_function(self, t: Type, seen: tuple[Type, ...] = ()) -> bool:
        if t in seen:
            return False
        if t[0] == "→":
            return True
        if t[0] in self.data:
            seen = (*seen, t)
            return any(self.has_function(f.type, seen) for _, fs in self.data[t[0]].fields(t) for f in fs)
        return any(self.has_function(a, seen) for a in t[1:])
