# ruff: noqa: A001  # `type` is the field's own word
"""What each HIR expression becomes in MIR: `value` where its value is needed, `tail` where it is the result.

`VALUES` maps an op's code to a function of the builder and the node.  Only some ops treat being in tail
position differently; `TAILS` has those, and every other value is returned.  Conditions of `if` and
`while` become jumps (`condition`).  `match` is in `match.py`, data in `data.py`, builtins in `builtins.py`.
To add an op, add its function here.
"""

from __future__ import annotations

from compiler.builtins import BUILTINS
from compiler.hir.ops import CODE as H
from compiler.lower.builtins import builtin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.hir.program import Function
    from compiler.lower.builder import Builder

    Value = Callable[[Builder, int], int]
    Tail = Callable[[Builder, int], None]

VALUES: dict[int, Value] = {}
TAILS: dict[int, Tail] = {}


def form(name: str) -> Callable[[Value], Value]:
    """Enter a function as what this op becomes where its value is needed."""

    def enter(function: Value) -> Value:
        VALUES[H[name]] = function
        return function

    return enter


def tail_form(name: str) -> Callable[[Tail], Tail]:
    """Enter a function as what this op becomes in tail position."""

    def enter(function: Tail) -> Tail:
        TAILS[H[name]] = function
        return function

    return enter


def source(b: Builder) -> Function:
    """The HIR function being lowered."""
    assert b.hir is not None
    return b.hir


def value(b: Builder, node: int) -> int:
    """Lower an expression; gives the MIR value."""
    here = b.at
    body = b.body
    found = b.places.get(body.start[node])
    b.at = place(b, node) if found is None else found
    result = VALUES[body.op[node]](b, node)
    b.at = here
    return result


def tail(b: Builder, node: int) -> None:
    """Lower an expression whose value the function returns; the block ends."""
    b.at = place(b, node)
    op = b.body.op[node]
    special = TAILS.get(op)
    if special is not None:
        special(b, node)
        return
    give(b, VALUES[op](b, node))


def give(b: Builder, result: int) -> None:
    b.emit("return", "", (result,))


def place(b: Builder, node: int) -> int:
    start = b.body.start[node]
    found = b.places.get(start)
    if found is None:
        found = b.places[start] = b.lowering.place(source(b), start)
    return found


def values(b: Builder, nodes: list[int]) -> list[int]:
    return [value(b, node) for node in nodes]


def node_type(b: Builder, node: int) -> str:
    return b.type_name(b.body.type[node])


# Literals and names.


@form("i64")
def _i64(b: Builder, node: int) -> int:
    return b.i64(b.body.imm[node])


@form("f64")
def _f64(b: Builder, node: int) -> int:
    return b.emit("const.f64", "f64", (), b.body.imm[node] & ((1 << 64) - 1))


@form("bool")
def _bool(b: Builder, node: int) -> int:
    return b.bool(b.body.imm[node] == 1)


@form("text")
def _text(b: Builder, node: int) -> int:
    return b.text(b.lowering.program.texts[b.body.imm[node]])


@form("unit")
def _unit(b: Builder, node: int) -> int:  # noqa: ARG001
    return b.unit()


def read(b: Builder, local: int) -> int:
    """What `env` holds for a local: its value, or its cell."""
    found = b.env[local]
    assert found is not None, f"{source(b).name}: {source(b).locals[local].name} is read before it is bound"
    return found


@form("local")
def _local(b: Builder, node: int) -> int:
    local = b.body.imm[node]
    held = read(b, local)
    row = b.locals[local]
    return b.emit("cell.get", b.type_name(row.type), (held,)) if row.cell else held


@form("const")
def _const(b: Builder, node: int) -> int:
    row = b.lowering.program.consts[b.body.imm[node]]
    computes = b.lowering.program.functions[row.function]
    root = computes.body.op[computes.root]
    if root in (H["i64"], H["f64"], H["bool"], H["text"], H["unit"]):
        inner, body = b.hir, b.body
        b.hir, b.body = computes, computes.body
        result = VALUES[root](b, computes.root)
        b.hir, b.body = inner, body
        return result
    return b.emit("call", node_type(b, node), (), b.lowering.instance(row.function, ()))


def target(b: Builder, node: int) -> tuple[object, tuple[int, ...]]:
    """What a node's inst names, and its concrete type arguments."""
    _, named, actuals = b.lowering.program.insts[b.body.imm[node]]
    return named, tuple([b.concrete(actual) for actual in actuals])


@form("fn")
def _fn(b: Builder, node: int) -> int:
    named, actuals = target(b, node)
    assert isinstance(named, int)
    type = node_type(b, node)
    return b.emit("const.fn", type, (), b.lowering.function_value(named, actuals, type))


@form("builtin-fn")
def _builtin_fn(b: Builder, node: int) -> int:
    named, _ = target(b, node)
    assert isinstance(named, int)
    type = node_type(b, node)
    return b.emit("const.fn", type, (), b.lowering.builtin_value(BUILTINS[named].name, type, b.at))


@form("ctor-fn")
def _ctor_fn(b: Builder, node: int) -> int:
    named, _ = target(b, node)
    assert isinstance(named, tuple)
    type = node_type(b, node)
    return b.emit("const.fn", type, (), b.lowering.constructor_value(named[0], named[1], type))


# Binding.


def bind(b: Builder, local: int, bound: int) -> None:
    """Give a local its value where it comes into scope."""
    row = b.locals[local]
    if row.cell:
        bound = b.emit("cell.new", f"cell<{b.typed(bound)}>", (bound,))
    b.assign(local, bound)


def _bind_value(b: Builder, local: int, bound: int) -> None:
    if b.locals[local].generic < 0:  # a generalized lambda is made where it is used
        bind(b, local, value(b, bound))


@form("let")
def _let(b: Builder, node: int) -> int:
    body = b.body
    bound, inner = body.children(node)
    local = body.imm[node]
    _bind_value(b, local, bound)
    result = value(b, inner)
    b.env[local] = None  # out of scope: joins and loops further on must not carry it
    return result


@tail_form("let")
def _let_tail(b: Builder, node: int) -> None:
    body = b.body
    bound, inner = body.children(node)
    _bind_value(b, body.imm[node], bound)
    tail(b, inner)


@form("set")
def _set(b: Builder, node: int) -> int:
    body = b.body
    local = body.imm[node]
    new = value(b, body.children(node)[0])
    if b.locals[local].cell:
        return b.emit("cell.set", "unit", (read(b, local), new))
    b.assign(local, new)
    return b.unit()


@form("do")
def _do(b: Builder, node: int) -> int:
    *first, last = b.body.children(node)
    for step in first:
        value(b, step)
    return value(b, last)


@tail_form("do")
def _do_tail(b: Builder, node: int) -> None:
    *first, last = b.body.children(node)
    for step in first:
        value(b, step)
    tail(b, last)


@form("region")
def _region(b: Builder, node: int) -> int:
    token = b.emit("region.enter", "i64")
    here = b.at
    result = value(b, b.body.children(node)[0])
    b.at = here
    b.emit("region.leave", "unit", (token,), 0)
    return result


# Branches.


def condition(b: Builder, node: int, then: int, otherwise: int) -> None:
    """End the block with a jump to `then` or `otherwise` by a Bool expression."""
    body = b.body
    op = body.op[node]
    # A set! inside would give the targets different locals by where control came from: those take the plain way.
    if op in (H["and"], H["or"]) and node not in b.assigned:
        *first, last = body.children(node)
        for kid in first:
            more = b.f.block()
            condition(b, kid, *((more, otherwise) if op == H["and"] else (then, more)))
            b.block = more
        condition(b, last, then, otherwise)
    elif op == H["builtin"] and BUILTINS[_builtin_id(b, node)].name == "not":
        condition(b, body.children(node)[0], otherwise, then)
    else:
        here = value(b, node)
        b.at = place(b, node)
        b.branch(here, then, otherwise)


def _builtin_id(b: Builder, node: int) -> int:
    named = b.lowering.program.insts[b.body.imm[node]][1]
    assert isinstance(named, int)
    return named


@form("if")
def _if(b: Builder, node: int) -> int:
    test, *branches = b.body.children(node)
    blocks = (b.f.block(), b.f.block())
    condition(b, test, *blocks)
    join = b.join()
    for block, branch in zip(blocks, branches, strict=True):
        b.block = block
        b.leave(join, value(b, branch))
    return b.meet(join, node_type(b, node))


@tail_form("if")
def _if_tail(b: Builder, node: int) -> None:
    test, *branches = b.body.children(node)
    blocks = (b.f.block(), b.f.block())
    condition(b, test, *blocks)
    mark = len(b.log)
    for block, branch in zip(blocks, branches, strict=True):
        b.block = block
        tail(b, branch)
        b.restore(mark)


def _short_circuit(b: Builder, node: int, stop: bool) -> int:
    """`and` (stops at false) or `or` (stops at true)."""
    *first, last = b.body.children(node)
    mark = len(b.log)
    join = b.join()
    for kid in first:
        test = value(b, kid)
        stopped, more = b.f.block(), b.f.block()
        b.branch(test, *((stopped, more) if stop else (more, stopped)))
        here = dict(b.changes(mark))
        b.block = stopped
        join.ends.append((stopped, b.bool(stop), here))
        b.block = more
    last_value = value(b, last)
    b.leave(join, last_value)
    return b.meet(join, "bool")


@form("and")
def _and(b: Builder, node: int) -> int:
    return _short_circuit(b, node, stop=False)


@form("or")
def _or(b: Builder, node: int) -> int:
    return _short_circuit(b, node, stop=True)


def _short_circuit_tail(b: Builder, node: int, stop: bool) -> None:
    *first, last = b.body.children(node)
    for kid in first:
        test = value(b, kid)
        stopped, more = b.f.block(), b.f.block()
        b.branch(test, *((stopped, more) if stop else (more, stopped)))
        b.block = stopped
        give(b, b.bool(stop))
        b.block = more
    tail(b, last)


@tail_form("and")
def _and_tail(b: Builder, node: int) -> None:
    _short_circuit_tail(b, node, stop=False)


@tail_form("or")
def _or_tail(b: Builder, node: int) -> None:
    _short_circuit_tail(b, node, stop=True)


# Loops.


def _header(b: Builder, node: int) -> tuple[int, list[int]]:
    """Enter a loop: its header block, and the locals that are its parameters."""
    carried = [local for local in b.assigned.get(node, ()) if b.env[local] is not None]
    header = b.f.block()
    b.jump(header, tuple([read(b, local) for local in carried]))
    b.block = header
    for local in carried:
        b.assign(local, b.f.param(header, b.typed(read(b, local)), b.at))
    return header, carried


@form("while")
def _while(b: Builder, node: int) -> int:
    test, inner = b.body.children(node)
    here = b.at
    header, carried = _header(b, node)
    turn, leave = b.f.block(), b.f.block()
    condition(b, test, turn, leave)
    mark = len(b.log)
    b.block = turn
    value(b, inner)
    b.at = here
    b.jump(header, tuple([read(b, local) for local in carried]))
    b.restore(mark)
    b.block = leave
    return b.unit()


@form("for")
def _for(b: Builder, node: int) -> int:
    body = b.body
    low, high, inner = body.children(node)
    here = b.at
    local = body.imm[node]
    start = value(b, low)
    stop = value(b, high)
    carried = [other for other in b.assigned.get(node, ()) if b.env[other] is not None]
    header, turn, leave = b.f.block(), b.f.block(), b.f.block()
    b.jump(header, (start, *[read(b, other) for other in carried]))
    b.block = header
    index = b.f.param(header, "i64", b.at)
    for other in carried:
        b.assign(other, b.f.param(header, b.typed(read(b, other)), b.at))
    b.branch(b.emit("i64.lt", "bool", (index, stop)), turn, leave)
    mark = len(b.log)
    b.block = turn
    bind(b, local, index)
    value(b, inner)
    b.at = here
    following = b.emit("i64.add", "i64", (index, b.i64(1)))
    b.jump(header, (following, *[read(b, other) for other in carried]))
    b.restore(mark)
    b.block = leave
    return b.unit()


# Calls.


@form("call")
def _call(b: Builder, node: int) -> int:
    named, actuals = target(b, node)
    assert isinstance(named, int)
    args = values(b, b.body.children(node))
    return b.emit("call", node_type(b, node), tuple(args), b.lowering.instance(named, actuals))


@tail_form("call")
def _call_tail(b: Builder, node: int) -> None:
    named, actuals = target(b, node)
    assert isinstance(named, int)
    args = values(b, b.body.children(node))
    b.emit("tailcall", "", tuple(args), b.lowering.instance(named, actuals))


@form("extern")
def _extern(b: Builder, node: int) -> int:
    args = [arg for arg in values(b, b.body.children(node)) if b.typed(arg) != "unit"]
    return b.emit("call.c", node_type(b, node), tuple(args), b.lowering.program.texts[b.body.imm[node]])


@form("apply")
def _apply(b: Builder, node: int) -> int:
    args = values(b, b.body.children(node))
    return b.emit("call.closure", node_type(b, node), tuple(args))


@tail_form("apply")
def _apply_tail(b: Builder, node: int) -> None:
    args = values(b, b.body.children(node))
    b.emit("tailcall.closure", "", tuple(args))


@form("builtin")
def _builtin(b: Builder, node: int) -> int:
    args = values(b, b.body.children(node))
    return builtin(b, BUILTINS[_builtin_id(b, node)].name, args, node_type(b, node))


@form("lambda")
def _lambda(b: Builder, node: int) -> int:
    return _closure(b, node, node, b.actuals)


def _closure(b: Builder, node: int, made: int, actuals: tuple[int, ...]) -> int:
    """A closure of the lambda at node `made`, at these type arguments."""
    body = b.body
    number = body.imm[made]
    held = tuple([read(b, local) for local in source(b).lambdas[number].captures])
    type = node_type(b, node)
    types = tuple([b.typed(v) for v in held])
    inner = b.lowering.lambda_function(b, number, body.children(made)[0], type, types, actuals)
    return b.emit("closure", type, held, inner) if held else b.emit("const.fn", type, (), inner)


@form("local-inst")
def _local_inst(b: Builder, node: int) -> int:
    named, actuals = target(b, node)
    assert isinstance(named, int)
    hir, body = source(b), b.body
    number = hir.locals[named].generic
    row = hir.lambdas[number]
    made = next(n for n, op in enumerate(body.op) if op == H["lambda"] and body.imm[n] == number)
    first = hir.vars + row.first
    return _closure(b, node, made, b.actuals[:first] + actuals + b.actuals[first + row.vars :])


def assigned_locals(function: Function) -> dict[int, list[int]]:
    """For each loop, `and`, `or` and match: the locals that are set inside and live in SSA values, sorted."""
    body = function.body
    kinds = (H["while"], H["for"], H["and"], H["or"], H["match"])
    result: dict[int, list[int]] = {}
    inside: dict[int, set[int]] = {}
    if H["set"] not in body.op:
        return result
    for node, op in enumerate(body.op):
        union: set[int] | None = None
        if inside:
            for kid in body.children(node):
                found = inside.pop(kid, None)
                if found is None:
                    continue
                if union is None or len(union) < len(found):
                    union, found = found, union
                if found:
                    union |= found
        if op == H["set"] and not function.locals[body.imm[node]].cell:
            union = union or set()
            union.add(body.imm[node])
        if union:
            inside[node] = union
            if op in kinds:
                result[node] = sorted(union)
    return result
