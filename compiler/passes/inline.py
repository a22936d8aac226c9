"""Replace calls of small functions by their bodies.

    %2 = call @square %1     ──▶   %2 = i64.mul %1 %1

Callees are optimized before their callers (`order.py` walks the call graph bottom-up), so what is copied is
already small.  A callee is copied when it is finished, not recursive with the caller or itself, and is at most
`SMALL` instructions, or has the attribute inline="always"; never with inline="never"; and while the caller is below
`LIMIT` instructions.  A tail call inside a copied body becomes a call followed by a jump: the caller's frame was
there anyway.  A tail call site is copied as it is.  Deterministic: sites in block order.  Linear in what is copied.
"""

from __future__ import annotations

from compiler.ir.function import PARAM, Block
from compiler.mir.ops import CODE
from compiler.passes.calls import Calls
from compiler.passes.edit import size, substitute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Function, Module

SMALL = 40  # instructions of a callee that is copied without being asked
LIMIT = 4000  # instructions a caller may grow to
CALL, TAILCALL, RETURN, JUMP = CODE["call"], CODE["tailcall"], CODE["return"], CODE["jump"]
CALL_CLOSURE, TAILCALL_CLOSURE = CODE["call.closure"], CODE["tailcall.closure"]
AS_CALL = {TAILCALL: CALL, TAILCALL_CLOSURE: CALL_CLOSURE}


def fits(callee: Function) -> bool:
    """Whether a function is of a kind and size to be copied, if it is not recursive."""
    wish = callee.attrs.get("inline")
    return wish == "always" or (wish != "never" and size(callee) <= SMALL)


def _wanted(function: Function, callee: Function, calls: Calls) -> bool:
    if callee is function or callee.name in calls.unfinished or not fits(callee):
        return False
    return not calls.is_recursive(callee.name)  # what leads back to the caller is, as the caller calls it


def _copy(function: Function, callee: Function, args: tuple[int, ...], tail: bool, after: int) -> int:
    """Append the callee's blocks; returns go to block `after` (unless the site is a tail call). The first block."""
    first = len(function.blocks)
    new: dict[int, int] = {}
    for _ in callee.blocks:
        function.blocks.append(Block())
    for number, block in enumerate(callee.blocks):
        mine = function.blocks[first + number]
        for param in block.params:
            new[param] = function.value(PARAM, callee.type[param], (), None, callee.at[param])
        if number:
            mine.params = [new[param] for param in block.params]
        for value in block.body:
            new[value] = function.value(callee.op[value], callee.type[value], (), callee.imm[value], callee.at[value])
    for param, arg in zip(callee.params, args, strict=True):
        new[param] = arg
    for number, block in enumerate(callee.blocks):
        mine = function.blocks[first + number]
        for value in block.body:
            function.args[new[value]] = tuple(new[arg] for arg in callee.args[value])
            mine.body.append(new[value])
        mine.succs = [(first + target, tuple(new[arg] for arg in given)) for target, given in block.succs]
        end = mine.body[-1]
        op = function.op[end]
        if tail:
            continue
        if op == RETURN:
            mine.succs = [(after, function.args[end])]
            function.op[end], function.args[end] = JUMP, ()
        elif op in AS_CALL:
            function.op[end], function.type[end] = AS_CALL[op], callee.result
            mine.body.append(function.value(JUMP, ""))
            mine.succs = [(after, (end,))]
    return first


def splice(function: Function, wanted: dict[int, Function]) -> None:
    """Replace these calls and tail calls by the bodies of these functions; what the bodies call stays a call."""
    replaced: dict[int, int] = {}
    work = list(range(len(function.blocks)))
    index = 0
    while index < len(work):
        number = work[index]
        index += 1
        block = function.blocks[number]
        for position, value in enumerate(block.body):
            callee = wanted.get(value)
            if callee is None:
                continue
            op, args = function.op[value], function.args[value]
            rest, succs = block.body[position + 1 :], block.succs
            block.body = block.body[:position]
            after = -1
            if op == CALL:
                after = function.block()
                replaced[value] = function.param(after, function.type[value], function.at[value])
                function.blocks[after].body = rest
                function.blocks[after].succs = succs
                work.insert(index, after)
            first = _copy(function, callee, args, op == TAILCALL, after)
            function.emit(number, JUMP, "")
            block.succs = [(first, ())]
            break
    substitute(function, replaced)


def run(function: Function, module: Module) -> bool:
    """Copy what is wanted into one function; whether anything was."""
    calls = module.calls
    if calls is None:
        calls = Calls(module)
    else:
        calls.update(function)
    decided: dict[str, bool] = {}
    wanted: dict[int, Function] = {}
    total = size(function)
    for block in function.blocks:
        for value in block.body:
            if function.op[value] not in (CALL, TAILCALL) or total > LIMIT:
                continue
            name = function.imm[value]
            callee = module.functions.get(name)
            if callee is None and module.below is not None:
                callee = module.below(name)
            if callee is None:
                continue
            if name not in decided:
                decided[name] = _wanted(function, callee, calls)
            if decided[name]:
                wanted[value] = callee
                total += size(callee)
    if wanted:
        splice(function, wanted)
    return bool(wanted)
