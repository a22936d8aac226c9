"""From MIR (with its counts) to LIR: each MIR op has one rule in `scalars`, `objects`, `regions`, `calls` or here.

    check.bounds i n          branch (i >=u n) -> cold, rest        cold: zr_panic(index, place, i, n)
    x = array.get a i   ──▶   rest: x = load [a + 8*i + 24]
    rc.drop a                 branch (count.down a) -> cold, next   cold: zr_release(a); jump next

Booleans become 0 and 1, units vanish, references become addresses.  Blocks are visited in reverse postorder, so a
value is lowered before its uses, and they keep that order, the likely successor next.  To lower a new MIR op, add its
rule to one RULES table; `tests/lir/` names the ops that have none.
"""

from __future__ import annotations

from compiler.ir.function import Function
from compiler.lir import calls, objects, regions, scalars
from compiler.lir.builder import Builder, lir_type
from compiler.lir.data import Statics
from compiler.lir.module import ENTRY, LirModule, UnsupportedError
from compiler.lir.ops import CODE
from compiler.lir.runtime import BY_NAME, DATA
from compiler.mir.ops import MIR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Module
    from compiler.lir.scalars import Rule

__all__ = ["UnsupportedError", "lower"]


def lower(module: Module, *, consume: bool = False) -> LirModule:
    """The LIR of a MIR module; functions keep their names and order, `zero_main` is added last.

    With `consume` each MIR function is dropped when its LIR is there, so that no program is held twice.
    Errors: UnsupportedError.
    """
    if module.level != "mir":
        raise ValueError(f"lowering to LIR takes MIR, but was given {module.level}")
    result = LirModule()
    result.places = module.places
    statics = Statics()
    entry = start(module.functions[module.entry]) if module.entry else None
    for name in list(module.functions):
        if name in _RESERVED:
            raise ValueError(f"{name} is a name of the runtime")
        function = module.functions.pop(name) if consume else module.functions[name]
        result.functions[name] = lower_function(function, module, statics)
        if consume:
            function.drop("lir")
    if entry is not None:
        result.entry = ENTRY
        result.functions[ENTRY] = entry
    result.data = statics.data
    return result


def lower_function(function: Function, module: Module, statics: Statics) -> Function:
    """The LIR of one function; what it needs of static data is added to `statics`."""
    if function.level != "mir":
        raise ValueError(f"lowering to LIR takes MIR, but {function.name} is {function.level}")
    b = Builder(function, module, statics)
    order = _reverse_postorder(function)
    start_of: dict[int, int] = {}  # MIR block -> the first of its LIR blocks
    end_of: dict[int, int] = {}  # and the last, which has its terminator
    types, values, ops, places = function.type, b.values, function.op, function.at
    start_of[0] = b.block = b.out.block()
    calls.receive(b)
    for number in order:
        block = function.blocks[number]
        if number:
            start_of[number] = b.block = b.out.block()
            for value in block.params:
                if types[value] != "unit":
                    values[value] = b.out.param(b.block, lir_type(types[value]), places[value])
            if ops[block.body[-1]] in _ENDS:
                b.cold.add(b.block)
        for value in block.body:
            b.at = places[value]
            values[value] = _RULES[ops[value]](b, value)
        end_of[number] = b.block
    for number in order:
        succs = b.out.blocks[end_of[number]].succs
        for target, args in function.blocks[number].succs:
            if args:
                args = tuple([values[value] for value in args if types[value] != "unit"])
            succs.append((start_of[target], args))
    return b.finish()


def start(main: Function) -> Function:
    """`zero_main`: run the program; its status is main's I64, else 0."""
    out = Function("lir", ENTRY, "i64")
    block = out.block()
    args = tuple([out.emit(block, CODE["const"], "i64", (), 0) for value in main.params if main.type[value] != "unit"])
    made = out.emit(block, CODE["call"], "" if main.result == "unit" else lir_type(main.result), args, main.name)
    status = made if main.result == "i64" else out.emit(block, CODE["const"], "i64", (), 0)
    out.emit(block, CODE["ret"], "", (status,))
    return out


def _reverse_postorder(function: Function) -> list[int]:
    """Reachable blocks, every block before its successors but for loops; a branch's first successor comes next."""
    blocks = function.blocks
    order: list[int] = []
    seen = bytearray(len(blocks))
    seen[0] = 1
    stack = [0]
    edges = [reversed(blocks[0].succs)]  # what is left of each open block's
    while stack:
        for target, _ in edges[-1]:
            if not seen[target]:
                seen[target] = 1
                stack.append(target)
                edges.append(reversed(blocks[target].succs))
                break
        else:
            edges.pop()
            order.append(stack.pop())
    order.reverse()
    return order


def _jump(b: Builder, _value: int) -> int:
    b.emit("jump", "")
    return -1


def _branch(b: Builder, value: int) -> int:
    b.emit("branch", "", (b.use(b.source.args[value][0]),))
    return -1


def _switch(b: Builder, value: int) -> int:
    b.emit("switch", "", (b.use(b.source.args[value][0]),), b.source.imm[value])
    return -1


def _return(b: Builder, value: int) -> int:
    result = b.source.args[value][0]
    b.emit("ret", "", () if b.source.type[result] == "unit" else (b.use(result),))
    return -1


def _unreachable(b: Builder, _value: int) -> int:
    b.emit("trap", "")
    return -1


RULES: dict[str, Rule] = {
    **scalars.RULES,
    **objects.RULES,
    **regions.RULES,
    **calls.RULES,
    "jump": _jump,
    "branch": _branch,
    "switch": _switch,
    "return": _return,
    "unreachable": _unreachable,
}

_RULES: list[Rule] = [RULES[row.name] for row in MIR.ops]
_ENDS = frozenset(MIR.code[name] for name in ("panic", "panic.text", "unreachable"))  # of blocks that run at most once
_RESERVED = frozenset((ENTRY, *BY_NAME, *DATA))
