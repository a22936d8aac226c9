"""What calls and terminators of LIR become.

A switch is a jump table when its cases are dense, else a tree of compares; a default that only traps is
never tested for.  A jump to a block that only returns returns at once.
"""

from __future__ import annotations

from compiler.lir.ops import CODE as LIR
from compiler.lir.runtime import BY_NAME
from compiler.machine.function import GENERAL, Inst
from compiler.machine.ops import CC, CODE
from compiler.targets.x86_64 import target
from compiler.targets.x86_64.conditions import emit_compare, plan
from compiler.targets.x86_64.select import HIGH, LOW, Selector, row

TYPE_CHECKING = False
if TYPE_CHECKING:
    Edge = tuple[int, list[int]]

_RET, _TRAP, _COUNT_DOWN, _CONST = LIR["ret"], LIR["trap"], LIR["count.down"], LIR["const"]
_JMP, _JCC, _JTAB, _CMP, _MOVI = CODE["jmp"], CODE["jcc"], CODE["jtab"], CODE["cmp"], CODE["movi"]
_DENSE_CASES = 5
_WASTE = 3  # table entries per case
_LINEAR = 4  # cases compared one after another


def _passed(s: Selector, values: tuple[int, ...]) -> tuple[list[int], tuple[int, ...]]:
    """Argument operands and the registers they go in."""
    types = [s.type[v] for v in values]
    if "f64" in types:
        integers, floats = iter(target.INTEGER_ARGS), iter(target.FLOAT_ARGS)
        fix = tuple([next(floats if each == "f64" else integers) for each in types])
    else:
        fix = target.INTEGER_ARGS[: len(types)]
    return [s.free(v) for v in values], fix


@row("call", "call.rt", "call.c")
def call(s: Selector, value: int) -> None:
    symbol = s.imm[value]
    known = BY_NAME.get(symbol) if s.op[value] == LIR["call.rt"] else None
    operands, fix = _passed(s, s.args[value])
    code = CODE["callnever"] if known is not None and known.result == "never" else CODE["call"]
    d = s.virtual(value) if s.uses[value] else -1
    s.emit(code, d, operands, symbol).fix = fix


@row("call.ind")
def call_indirect(s: Selector, value: int) -> None:
    operands, fix = _passed(s, s.args[value][1:])
    goal = s.free(s.args[value][0])
    d = s.virtual(value) if s.uses[value] else -1
    s.emit(CODE["callind"], d, [goal, *operands]).fix = (target.RAX, *fix)


@row("tail")
def tail(s: Selector, value: int) -> None:
    operands, fix = _passed(s, s.args[value])
    s.emit(CODE["tail"], -1, operands, s.imm[value]).fix = fix


@row("tail.ind")
def tail_indirect(s: Selector, value: int) -> None:
    operands, fix = _passed(s, s.args[value][1:])
    s.emit(CODE["tailind"], -1, [s.free(s.args[value][0]), *operands]).fix = (target.RAX, *fix)


@row("ret")
def ret(s: Selector, value: int) -> None:
    _return(s, s.args[value])


def _return(s: Selector, values: tuple[int, ...]) -> None:
    fix = tuple([target.FLOAT_RESULT if s.type[v] == "f64" else target.INTEGER_RESULT for v in values])
    s.emit(CODE["ret"], -1, [s.free(v) for v in values]).fix = fix


@row("trap")
def trap(s: Selector, _value: int) -> None:
    s.emit(CODE["trap"], -1, [])
    s.mf.blocks[s.mblock].cold = True


def _edge(s: Selector, edge: tuple[int, tuple[int, ...]]) -> Edge:
    return edge[0], [s.free(v) for v in edge[1]] if edge[1] else []


@row("jump")
def jump(s: Selector, _value: int) -> None:
    goal, passed = s.f.blocks[s.mblock].succs[0]
    block = s.f.blocks[goal]
    if len(block.body) == 1 and s.op[block.body[0]] == _RET:
        given = dict(zip(block.params, passed, strict=True))
        _return(s, tuple([given.get(v, v) for v in s.args[block.body[0]]]))
        return
    s.emit(_JMP, -1, [])
    s.mf.blocks[s.mblock].succs = [_edge(s, (goal, passed))]


@row("branch")
def branch(s: Selector, value: int) -> None:
    block = s.f.blocks[s.mblock]
    yes, no = block.succs
    edges = [_edge(s, yes), _edge(s, no)]
    if edges[0] == edges[1]:
        s.emit(_JMP, -1, [])
        s.mf.blocks[s.mblock].succs = edges[:1]
        return
    s.mf.blocks[s.mblock].succs = edges
    condition = s.args[value][0]
    if s.op[condition] == _CONST:
        s.emit(_JMP, -1, [])
        s.mf.blocks[s.mblock].succs = [edges[0 if s.imm[condition] else 1]]
        return
    if s.op[condition] == _COUNT_DOWN and s.uses[condition] == 1 and _last_before(s, condition, value):
        s.uses[condition] = 0
        s.emit(_JCC, -1, [], CC["e"])
        return
    found = plan(s, condition, value)
    s.emit(_JCC, -1, [], found.cc)
    emit_compare(s, found)


def _last_before(s: Selector, value: int, terminator: int) -> bool:
    """Whether nothing is emitted between a value and the terminator of its block."""
    body = s.f.blocks[s.mblock].body
    k = len(body) - 2
    while k >= 0 and s.op[body[k]] in (_CONST, LIR["const.f64"], LIR["addr"]):
        k -= 1
    return k >= 0 and body[k] == value and body[-1] == terminator


@row("switch")
def switch(s: Selector, value: int) -> None:
    block = s.f.blocks[s.mblock]
    edges = [_edge(s, edge) for edge in block.succs]
    default = edges[-1]
    cases = sorted(zip(s.imm[value], edges[:-1], strict=True), key=lambda case: case[0])
    last = s.f.blocks[block.succs[-1][0]]
    unreachable = len(last.body) == 1 and s.op[last.body[0]] == _TRAP
    held = s.reg(s.args[value][0])
    body: list[Inst] = []
    if _is_dense([number for number, _ in cases]):
        _table(s, s.mblock, body, held, cases, None if unreachable else default)
    else:
        _tree(s, s.mblock, body, held, cases, None if unreachable and cases else default)
    s.out.extend(reversed(body))
    s.out.extend(s.pending)
    s.pending = []


def _is_dense(numbers: list[int]) -> bool:
    if len(numbers) < _DENSE_CASES or not numbers[0] >= LOW or not numbers[-1] < HIGH:
        return False
    return numbers[-1] - min(numbers[0], 0 if numbers[0] > 0 else numbers[0]) + 1 <= _WASTE * len(numbers)


def _table(
    s: Selector, b: int, body: list[Inst], held: int, cases: list[tuple[int, Edge]], default: Edge | None
) -> None:
    low = min(cases[0][0], 0)
    span = cases[-1][0] - low + 1
    if low:
        moved = s.mf.virtual(GENERAL)
        body.append(Inst(CODE["sub"], moved, [held], low, at=s.place))
        held = moved
    goals = {number - low: edge for number, edge in cases}
    spare = default if default is not None else cases[0][1]
    table = [goals.get(k, spare) for k in range(span)]
    if default is None:
        body.append(Inst(_JTAB, -1, [held], at=s.place))
        s.mf.blocks[b].succs = [(goal, list(args)) for goal, args in table]
        return
    inner = s.mf.block(s.mf.blocks[b].cold)
    s.mf.blocks[inner].body.append(Inst(_JTAB, -1, [held], at=s.place))
    s.mf.blocks[inner].succs = [(goal, list(args)) for goal, args in table]
    body.append(Inst(_CMP, -1, [held], span, at=s.place))
    body.append(Inst(_JCC, -1, [], CC["ae"], at=s.place))
    s.mf.blocks[b].succs = [(default[0], list(default[1])), (inner, [])]


def _tree(
    s: Selector, b: int, body: list[Inst], held: int, cases: list[tuple[int, Edge]], default: Edge | None
) -> None:
    """Compares that find the case; without a default the last case needs none."""
    mf = s.mf
    if not cases or (default is None and len(cases) == 1):
        goal, args = default if default is not None else cases[0][1]
        body.append(Inst(_JMP, -1, [], at=s.place))
        mf.blocks[b].succs = [(goal, list(args))]
        return
    linear = len(cases) <= _LINEAR
    number, (goal, args) = cases[0 if linear else len(cases) // 2]
    if LOW <= number <= HIGH:
        if number == 0:
            body.append(Inst(CODE["test"], -1, [held, held], at=s.place))
        else:
            body.append(Inst(_CMP, -1, [held], number, at=s.place))
    else:
        wide = mf.virtual(GENERAL)
        body.append(Inst(_MOVI, wide, [], number, at=s.place))
        body.append(Inst(_CMP, -1, [held, wide], at=s.place))
    body.append(Inst(_JCC, -1, [], CC["e" if linear else "l"], at=s.place))
    cold = mf.blocks[b].cold
    if linear:
        rest = cases[1:]
        if default is None and len(rest) == 1:
            mf.blocks[b].succs = [(goal, list(args)), (rest[0][1][0], list(rest[0][1][1]))]
        elif not rest and default is not None:
            mf.blocks[b].succs = [(goal, list(args)), (default[0], list(default[1]))]
        else:
            other = mf.block(cold)
            mf.blocks[b].succs = [(goal, list(args)), (other, [])]
            _tree(s, other, mf.blocks[other].body, held, rest, default)
        return
    half = len(cases) // 2
    low, high = mf.block(cold), mf.block(cold)
    mf.blocks[b].succs = [(low, []), (high, [])]
    _tree(s, low, mf.blocks[low].body, held, cases[:half], default)
    _tree(s, high, mf.blocks[high].body, held, cases[half:], default)
