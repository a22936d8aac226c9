"""Checks that hold at every level: what a broken pass breaks first.  One `@detects` row an invariant.

`verify(module, level)` lists the problems as "V1xx function bN op: what"; none means well formed.
Types are compared with the patterns of the level's op table; what a type or an immediate means beyond its shape is
for the level's own verifier (`mir/verify.py`, `lir/verify.py`).  To add an invariant: a function with `@detects`
here and a negative case in `tests/ir/test_verify.py`, which walks `INVARIANTS`.
"""

from __future__ import annotations

from compiler.ir.function import PARAM
from compiler.ir.graph import dominators, reverse_postorder, spans

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from compiler.ir.function import Function, Level, Module, Op

REGISTER = frozenset(("i64", "f64", "bool", "unit", "ptr"))


class Scope:
    """A function under inspection with what several invariants need."""

    __slots__ = ("function", "known", "level", "module", "where")

    def __init__(self, function: Function, level: Level, module: Module) -> None:
        self.function = function
        self.level = level
        self.module = module
        self.where: dict[int, tuple[int, int]] = {}  # value -> (block, position); -1 for parameters
        for index, block in enumerate(function.blocks):
            for value in block.params:
                self.where.setdefault(value, (index, -1))
            for position, value in enumerate(block.body):
                self.where.setdefault(value, (index, position))
        # Every invariant walks these: finding the rows once is a good part of what verifying costs.
        self.known: list[tuple[int, int, Op]] = []
        for index, block in enumerate(function.blocks):
            for value in block.body:
                row = self.row(value)
                if row is not None:
                    self.known.append((index, value, row))

    def row(self, value: int) -> Op | None:
        code = self.function.op[value] if 0 <= value < len(self.function.op) else PARAM
        return self.level.ops[code] if 0 <= code < len(self.level.ops) else None

    def each(self) -> list[tuple[int, int, Op]]:
        """(block, value, row) of every instruction with a known op."""
        return self.known

    def say(self, block: int, value: int, what: str) -> str:
        row = self.row(value)
        name = row.name if row else "parameter"
        return f"{self.function.name} b{block} {name}: {what}"


INVARIANTS: dict[str, tuple[str, Callable[[Scope], Iterator[str]]]] = {}


def detects(code: str, summary: str) -> Callable[[Callable[[Scope], Iterator[str]]], Callable[[Scope], Iterator[str]]]:
    """Register an invariant under its code."""

    def register(check: Callable[[Scope], Iterator[str]]) -> Callable[[Scope], Iterator[str]]:
        if code in INVARIANTS:
            raise ValueError(f"{code} is declared twice")
        INVARIANTS[code] = (summary, check)
        return check

    return register


@detects("V101", "a function has the level of its module and at least one block")
def _level(scope: Scope) -> Iterator[str]:
    function = scope.function
    if function.level != scope.level.name or scope.module.level != scope.level.name:
        found = f"level {function.level} in a module of {scope.module.level}"
        yield f"{function.name}: {found}, judged as {scope.level.name}"
    if not function.blocks:
        yield f"{function.name}: no block"
    if scope.module.functions.get(function.name) is not function:
        yield f"{function.name}: listed under another name"


@detects("V102", "the parallel lists agree, every value and op number exists")
def _numbers(scope: Scope) -> Iterator[str]:
    function = scope.function
    size = len(function.op)
    if any(len(column) != size for column in (function.type, function.args, function.imm, function.at)):
        yield f"{function.name}: the value lists differ in length"
        return
    for index, block in enumerate(function.blocks):
        for value in [*block.params, *block.body]:
            if not 0 <= value < size:
                yield f"{function.name} b{index}: there is no value {value}"
                continue
            if not 0 <= function.at[value] < len(scope.module.places):
                yield scope.say(index, value, f"there is no place {function.at[value]}")
            if any(not 0 <= arg < size for arg in function.args[value]):
                yield scope.say(index, value, "an argument is no value")
        for target, args in block.succs:
            if not 0 <= target < len(function.blocks):
                yield f"{function.name} b{index}: there is no block b{target}"
            if any(not 0 <= arg < size for arg in args):
                yield f"{function.name} b{index}: a successor's argument is no value"
        for value in block.body:
            if 0 <= value < size and not 0 <= function.op[value] < len(scope.level.ops):
                yield f"{function.name} b{index}: {scope.level.name} has no op {function.op[value]}"
        for value in block.params:
            if 0 <= value < size and function.op[value] != PARAM:
                yield f"{function.name} b{index}: a parameter is an instruction"


@detects("V103", "every value is defined once")
def _once(scope: Scope) -> Iterator[str]:
    seen: set[int] = set()
    for index, block in enumerate(scope.function.blocks):
        for value in [*block.params, *block.body]:
            if value in seen:
                yield scope.say(index, value, "defined again")
            seen.add(value)


@detects("V104", "a block ends in its only terminator")
def _terminators(scope: Scope) -> Iterator[str]:
    for index, block in enumerate(scope.function.blocks):
        rows = [scope.row(value) for value in block.body]
        if not rows or rows[-1] is None or not rows[-1].is_terminator:
            yield f"{scope.function.name} b{index}: no terminator at the end"
        for value, row in zip(block.body[:-1], rows[:-1], strict=True):
            if row is not None and row.is_terminator:
                yield scope.say(index, value, "a terminator in the middle")


@detects("V105", "a terminator has its number of successors, and the entry has no predecessor")
def _successors(scope: Scope) -> Iterator[str]:
    for index, block in enumerate(scope.function.blocks):
        if block.body and (row := scope.row(block.body[-1])) is not None:
            want = {"jump": 1, "branch": 2}.get(row.name, 0)
            if row.name == "switch":
                imm = scope.function.imm[block.body[-1]]
                want = len(imm) + 1 if isinstance(imm, tuple) else -1
            if row.is_terminator and len(block.succs) != want:
                yield scope.say(index, block.body[-1], f"{len(block.succs)} successors, not {want}")
        if any(target == 0 for target, _ in block.succs):
            yield f"{scope.function.name} b{index}: jumps to the entry block"


@detects("V106", "edges carry one argument a parameter, of its type")
def _edges(scope: Scope) -> Iterator[str]:
    function = scope.function
    for index, block in enumerate(function.blocks):
        for target, args in block.succs:
            params = function.blocks[target].params
            if len(args) != len(params):
                yield f"{function.name} b{index}: {len(args)} arguments for the {len(params)} parameters of b{target}"
                continue
            for arg, param in zip(args, params, strict=True):
                if function.type[arg] != function.type[param]:
                    yield (
                        f"{function.name} b{index}: {function.type[arg]} given to a parameter "
                        f"of b{target} that is {function.type[param]}"
                    )


@detects("V107", "a definition dominates its uses")
def _dominance(scope: Scope) -> Iterator[str]:
    function = scope.function
    order = reverse_postorder(function)
    first, last = spans(dominators(function, order), order)
    for index in order:
        block = function.blocks[index]
        uses = [(position, value, arg) for position, value in enumerate(block.body) for arg in function.args[value]]
        uses += [(len(block.body), block.body[-1], arg) for _, args in block.succs for arg in args if block.body]
        for position, value, arg in uses:
            home = scope.where.get(arg)
            if home is None:
                yield scope.say(index, value, f"uses value {arg}, which no block defines")
            elif home[0] == index:
                if home[1] >= position:
                    yield scope.say(index, value, f"uses value {arg} before its definition")
            elif not first[home[0]] <= first[index] <= last[home[0]]:
                yield scope.say(index, value, f"uses value {arg}, whose definition does not dominate it")


def _fits(pattern: str, given: str, bound: dict[str, str]) -> bool:
    if pattern == "any":
        return given != ""
    if pattern == "ref":
        return given != "" and given not in REGISTER
    if pattern == "T":
        return given != "" and bound.setdefault("T", given) == given
    if pattern == "int":
        return given in ("i64", "ptr")
    if pattern == "fn":
        return given.startswith("fn(")
    return given == pattern


@detects("V108", "arguments and result have the types of the op's row")
def _types(scope: Scope) -> Iterator[str]:
    function = scope.function
    for index, value, row in scope.each():
        patterns = row.args.split()
        types = [function.type[arg] for arg in function.args[value]]
        if patterns and patterns[-1].endswith("*"):
            fixed, rest = patterns[:-1], patterns[-1][:-1]
            patterns = fixed + [rest] * max(0, len(types) - len(fixed))
        if len(types) != len(patterns):
            yield scope.say(index, value, f"{len(types)} arguments, not {row.args or 'none'}")
            continue
        bound: dict[str, str] = {}
        for pattern, given in zip(patterns, types, strict=True):
            if not _fits(pattern, given, bound):
                yield scope.say(index, value, f"an argument is {given or 'no value'}, not {pattern}")
        result = function.type[value]
        optional = row.effect == "calls" and row.result == "any"  # LIR calls may have no result
        if not (result == "" if row.result == "" else (optional and result == "") or _fits(row.result, result, bound)):
            yield scope.say(index, value, f"the result is {result or 'none'}, not {row.result or 'none'}")


def _is_int(imm: Any) -> bool:
    return type(imm) is int and -(1 << 63) <= imm < 1 << 63


# Immediate kind -> whether a value is one.
IMMEDIATES: dict[str, Callable[[Any], bool]] = {
    "": lambda imm: imm is None,
    "int": _is_int,
    "bits": lambda imm: type(imm) is int and 0 <= imm < 1 << 64,
    "bit": lambda imm: type(imm) is int and imm in (0, 1),
    "text": lambda imm: isinstance(imm, str),
    "function": lambda imm: isinstance(imm, str) and imm != "",
    "runtime": lambda imm: isinstance(imm, str) and imm != "",
    "tag": lambda imm: _is_int(imm) and imm >= 0,
    "field": lambda imm: isinstance(imm, tuple) and len(imm) == 2 and all(_is_int(k) and k >= 0 for k in imm),
    "cases": lambda imm: isinstance(imm, tuple) and all(_is_int(k) for k in imm) and len(set(imm)) == len(imm),
    "panic": lambda imm: isinstance(imm, str) and imm != "",
    "symbol": lambda imm: isinstance(imm, tuple) and len(imm) == 2 and isinstance(imm[0], str) and _is_int(imm[1]),
    "address": lambda imm: isinstance(imm, tuple) and len(imm) == 2 and _is_int(imm[0]) and imm[1] in (1, 2, 4, 8),
}


@detects("V109", "an immediate is of the kind of the op's row")
def _immediates(scope: Scope) -> Iterator[str]:
    for index, value, row in scope.each():
        kind = IMMEDIATES.get(row.imm)
        imm = scope.function.imm[value]
        if kind is None or not kind(imm):
            yield scope.say(index, value, f"{imm!r} is not an immediate of kind {row.imm or 'none'}")


@detects("V110", "a function that is named exists in the module")
def _functions(scope: Scope) -> Iterator[str]:
    for index, value, row in scope.each():
        imm = scope.function.imm[value]
        if row.imm == "function" and isinstance(imm, str) and imm not in scope.module.functions:
            yield scope.say(index, value, f"there is no function {imm}")


FIRST = ("V101", "V102", "V103", "V104", "V105")  # the others read what these promise


def verify_function(function: Function, level: Level, module: Module) -> list[str]:
    """The problems of one function; the first kind that fails ends the search, so that later ones can trust it."""
    scope = Scope(function, level, module) if function.level == level.name else None
    if scope is None:
        return [f"V101 {function.name}: level {function.level}, judged as {level.name}"]
    problems: list[str] = []
    for code, (_, check) in INVARIANTS.items():
        problems += [f"{code} {text}" for text in check(scope)]
        if problems and code in FIRST:
            break
        if problems and code == "V106":
            break
    return problems


def verify(module: Module, level: Level) -> list[str]:
    """Every problem of a module at this level, in function order."""
    if module.level != level.name:
        return [f"V101 module: level {module.level}, judged as {level.name}"]
    problems = []
    if module.entry and module.entry not in module.functions:
        problems.append(f"V110 module: there is no entry function {module.entry}")
    for function in module.functions.values():
        problems += verify_function(function, level, module)
    return problems
