# ruff: noqa: ARG001, ARG005, SIM110  # makers share one signature; any() and all() would run on the C stack
"""Each HIR op of the reference interpreter, as a maker of Python functions of the frame.

A maker gets the machine, the function being translated, the node, what its children became, and whether
the node is in tail position.  `FORMS` maps an op's name to its maker; `pattern` makes a test
that binds as it matches.  Knows nothing of how programs start and end (`interp.py`).
"""

from __future__ import annotations

from compiler.builtins import BUILTINS
from compiler.hir.interp_numbers import bits_f64
from compiler.hir.interp_values import NIL, Box, Closure, Code, Cons, Data, Native, Panic, list_of
from compiler.hir.ops import OPS
from compiler.panics import NO_ARM
from compiler.types.core import ANY, BOOL, F64, I64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compiler.hir.interp import Machine
    from compiler.hir.interp_values import Frame, Run
    from compiler.hir.program import Function

    Match = Callable[[Frame, Any], bool]
    Maker = Callable[[Machine, Function, int, list[Any], int], Run]

FORMS: dict[str, Maker] = {}
CROSSING = {I64: "i64", F64: "f64", BOOL: "bool"}  # what reaches a C function, as a lane names it


def form(maker: Maker) -> Maker:
    """Enter a maker under its op's name."""
    FORMS[maker.__name__.rstrip("_").replace("_", "-")] = maker
    return maker


def _kids(function: Function, node: int, runs: list[Any]) -> list[Run]:
    return [runs[kid] for kid in function.body.children(node)]


def _constant(value: Any) -> Run:
    return lambda frame: value


# Literals and names.


@form
def i64(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    return _constant(function.body.imm[node])


@form
def f64(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    return _constant(bits_f64(function.body.imm[node]))


@form
def bool_(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    return _constant(function.body.imm[node] == 1)


@form
def text(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    return _constant(machine.program.texts[function.body.imm[node]].encode())


@form
def unit(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    return _constant(None)


@form
def local(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    slot = function.body.imm[node]
    if function.locals[slot].cell:
        return lambda frame: frame[slot][0]
    return lambda frame: frame[slot]


@form
def local_inst(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    local = function.locals[_target(machine, function, node)]
    row = function.lambdas[local.generic]
    first = function.vars + row.first
    around = machine.actuals
    actuals = around[:first] + _actuals(machine, function, node) + around[first + row.vars :]
    code: Code | None = None

    def run(frame: Frame) -> Any:
        nonlocal code
        if code is None:
            code = machine.lambda_code(function, local.generic, actuals)
        return Closure(code, [(slot, frame[slot]) for slot in row.captures])

    return run


@form
def const(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    which = function.body.imm[node]

    def run(frame: Frame) -> Any:
        if which not in machine.consts:
            machine.consts[which] = machine.call(machine.code(machine.program.consts[which].function), [])
        return machine.consts[which]

    return run


@form
def fn(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    target = _target(machine, function, node)
    actuals = _actuals(machine, function, node)
    nullary = not machine.program.functions[target].params

    def run(frame: Frame) -> Any:
        code = machine.code(target, actuals)
        if nullary:  # every function value takes an argument; here it is an ignored Unit
            return Native(lambda arguments: machine.leave(code, []))
        return Closure(code, [])

    return run


@form
def builtin_fn(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    row = BUILTINS[_target(machine, function, node)]
    nullary = row.type.startswith("(-> Unit ")
    meaning = machine.builtins[row.name]

    def run(arguments: list[Any]) -> Any:
        try:
            return meaning() if nullary else meaning(*arguments)
        except Panic as panic:
            panic.place = panic.place or machine.place(function, node)  # another actor's has its own
            raise

    return _constant(Native(run))


@form
def ctor_fn(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    which, name, mutable = _constructor(machine, function, node)
    return _constant(Native(lambda arguments: Data(which, name, list(arguments), mutable)))


def _target(machine: Machine, function: Function, node: int) -> int:
    target = machine.program.insts[function.body.imm[node]][1]
    assert isinstance(target, int)
    return target


def _actuals(machine: Machine, function: Function, node: int) -> tuple[int, ...]:
    """The type arguments of a use, with those of the function around put in."""
    return tuple([machine.concrete(actual) for actual in machine.program.insts[function.body.imm[node]][2]])


def _constructor(machine: Machine, function: Function, node: int) -> tuple[int, str, bool]:
    target = machine.program.insts[function.body.imm[node]][1]
    assert isinstance(target, tuple)
    data, which = target
    ctor = machine.program.datas[data].ctors[which]
    return which, ctor.name, any(ctor.mutable)


# Binding and control.


@form
def let(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    value, body = _kids(function, node, runs)
    slot = function.body.imm[node]
    if function.locals[slot].cell:

        def run(frame: Frame) -> Any:
            frame[slot] = [value(frame)]
            return body(frame)
    else:

        def run(frame: Frame) -> Any:
            frame[slot] = value(frame)
            return body(frame)

    return run


@form
def do(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    *first, last = _kids(function, node, runs)

    def run(frame: Frame) -> Any:
        for step in first:
            step(frame)
        return last(frame)

    return run


@form
def region(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    return _kids(function, node, runs)[0]  # a region changes when memory is given back, and nothing else


@form
def if_(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    condition, then, otherwise = _kids(function, node, runs)

    def run(frame: Frame) -> Any:
        return then(frame) if condition(frame) else otherwise(frame)

    return run


@form
def and_(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    *first, last = _kids(function, node, runs)

    def run(frame: Frame) -> Any:
        for step in first:
            if not step(frame):
                return False
        return last(frame)

    return run


@form
def or_(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    *first, last = _kids(function, node, runs)

    def run(frame: Frame) -> Any:
        for step in first:
            if step(frame):
                return True
        return last(frame)

    return run


@form
def while_(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    condition, body = _kids(function, node, runs)

    def run(frame: Frame) -> Any:
        while condition(frame):
            body(frame)

    return run


@form
def for_(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    low, high, body = _kids(function, node, runs)
    slot = function.body.imm[node]

    def run(frame: Frame) -> Any:
        start = low(frame)
        stop = high(frame)
        for i in range(start, stop):
            frame[slot] = i
            body(frame)

    return run


@form
def set_(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    (value,) = _kids(function, node, runs)
    slot = function.body.imm[node]
    if function.locals[slot].cell:

        def run(frame: Frame) -> Any:
            new = value(frame)
            frame[slot][0] = new
    else:

        def run(frame: Frame) -> Any:
            frame[slot] = value(frame)

    return run


# Calls.


@form
def call(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    target = _target(machine, function, node)
    actuals = _actuals(machine, function, node)
    arguments = _kids(function, node, runs)
    finish = machine.leave if tail else machine.call
    code: Code | None = None

    def run(frame: Frame) -> Any:
        nonlocal code
        if code is None:
            code = machine.code(target, actuals)
        return finish(code, [argument(frame) for argument in arguments])

    return run


@form
def extern(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    types = [CROSSING.get(function.body.type[kid], "unit") for kid in function.body.children(node)]
    crossing = [run for run, word in zip(_kids(function, node, runs), types, strict=True) if word != "unit"]
    symbol = machine.program.texts[function.body.imm[node]]
    result = CROSSING.get(function.body.type[node], "unit")
    shape = " ".join([*[word for word in types if word != "unit"], "->", result])
    return lambda frame: machine.foreign(symbol, shape, *[run(frame) for run in crossing])


@form
def apply(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    callee, *arguments = _kids(function, node, runs)
    finish = machine.leave if tail else machine.call

    def run(frame: Frame) -> Any:
        called = callee(frame)
        return finish(called, [argument(frame) for argument in arguments])

    return run


@form
def builtin(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    row = BUILTINS[_target(machine, function, node)]
    arguments = _kids(function, node, runs)
    meaning = machine.builtins[row.name]

    def run(frame: Frame) -> Any:
        values = [argument(frame) for argument in arguments]
        try:
            return meaning(*values)
        except Panic as panic:
            panic.place = panic.place or machine.place(function, node)  # another actor's has its own
            raise

    return run


@form
def lambda_(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    (body,) = _kids(function, node, runs)
    row = function.lambdas[function.body.imm[node]]
    code = Code(len(function.locals), [(p, function.locals[p].cell) for p in row.params], body)
    captures = row.captures

    def run(frame: Frame) -> Any:
        # A captured mutable's slot holds its cell, so the closure shares it; everything else is copied.
        return Closure(code, [(slot, frame[slot]) for slot in captures])

    return run


# Data.


@form
def make(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    which, name, mutable = _constructor(machine, function, node)
    fields = _kids(function, node, runs)
    return lambda frame: Data(which, name, [field(frame) for field in fields], mutable)


@form
def box(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    (value,) = _kids(function, node, runs)
    boxed = machine.concrete(function.body.type[function.body.children(node)[0]])
    return value if boxed == ANY else lambda frame: Box(boxed, value(frame))


@form
def unbox(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    (value,) = _kids(function, node, runs)
    wanted = machine.concrete(function.body.type[node])
    show = machine.program.types.show

    def run(frame: Frame) -> Any:
        held = value(frame)
        if held.type != wanted:
            panic = Panic("type", show(held.type), show(wanted))
            panic.place = panic.place or machine.place(function, node)  # another actor's has its own
            raise panic
        return held.value

    return run


@form
def list_(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    elements = _kids(function, node, runs)
    return lambda frame: list_of([element(frame) for element in elements])


@form
def array_of(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    elements = _kids(function, node, runs)
    return lambda frame: [element(frame) for element in elements]


@form
def field(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    (value,) = _kids(function, node, runs)
    index = function.body.imm[node]
    return lambda frame: value(frame).fields[index]


@form
def set_field(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    value, new = _kids(function, node, runs)
    index = function.body.imm[node]

    def run(frame: Frame) -> Any:
        changed = value(frame)
        changed.fields[index] = new(frame)

    return run


@form
def with_(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    value, *news = _kids(function, node, runs)
    indices = machine.program.field_lists[function.body.imm[node]]

    def run(frame: Frame) -> Any:
        # The copy reads the old fields after the new values are computed, as `set-field!` inside them shows.
        old = value(frame)
        values = [new(frame) for new in news]
        fields = list(old.fields)
        for index, changed in zip(indices, values, strict=True):
            fields[index] = changed
        return Data(old.ctor, old.name, fields, old.mutable)

    return run


@form
def match(machine: Machine, function: Function, node: int, runs: list[Any], tail: int) -> Run:
    body = function.body
    scrutinee, *arm_nodes = body.children(node)
    value = runs[scrutinee]
    arms: list[tuple[Match, Run | None, Run]] = []
    for arm in arm_nodes:
        parts = [runs[kid] for kid in body.children(arm)]
        arms.append((parts[0], parts[1] if body.imm[arm] == 1 else None, parts[-1]))

    def run(frame: Frame) -> Any:
        matched = value(frame)
        for fits, guard, result in arms:
            if fits(frame, matched) and (guard is None or guard(frame)):
                return result(frame)
        if all(guard is None for _, guard, _ in arms):
            raise AssertionError("a match is exhaustive")
        panic = Panic("user", text=NO_ARM.encode())
        panic.place = machine.place(function, node)
        raise panic

    return run


# Patterns.


def pattern(machine: Machine, function: Function, node: int, runs: list[Any]) -> Match:
    """A test of a value that binds the pattern's locals as it goes."""
    body = function.body
    name = OPS[body.op[node]].name
    imm = body.imm[node]
    kids: list[Match] = [runs[kid] for kid in body.children(node)]
    if name == "p-any":
        return lambda frame, value: True
    if name == "p-bind":
        in_cell = function.locals[imm].cell

        def bind(frame: Frame, value: Any) -> bool:
            frame[imm] = [value] if in_cell else value
            return True

        return bind
    if name in ("p-i64", "p-f64", "p-bool", "p-text"):
        literal: Any = imm
        if name == "p-f64":
            literal = bits_f64(imm)
        elif name == "p-bool":
            literal = imm == 1
        elif name == "p-text":
            literal = machine.program.texts[imm].encode()
        return lambda frame, value: bool(value == literal)
    if name == "p-unit":
        return lambda frame, value: True
    if name == "p-nil":
        return lambda frame, value: value is NIL
    if name == "p-cons":
        first, rest = kids
        return lambda frame, value: type(value) is Cons and first(frame, value.head) and rest(frame, value.tail)
    if name == "p-or":

        def either(frame: Frame, value: Any) -> bool:
            for kid in kids:
                if kid(frame, value):
                    return True
            return False

        return either
    assert name == "p-ctor"
    which = _constructor(machine, function, node)[0]

    def constructor(frame: Frame, value: Any) -> bool:
        if value.ctor != which:
            return False
        for kid, part in zip(kids, value.fields, strict=True):
            if not kid(frame, part):
                return False
        return True

    return constructor
