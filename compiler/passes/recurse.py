"""Copy a small recursive function into its own calls, so that one real call does the work of several.

    fib n = … fib (n-1) + fib (n-2)     ──▶     … (… fib (n-2) + fib (n-3)) + (…)

Each call that is not in tail position is replaced once by the body as it was, and those inside the copies again while
the function stays below `LIMIT` instructions.  Functions that are larger than `SMALL`, or carry inline="never", stay.
A frame gets larger and there are fewer of them.  Linear in `LIMIT`.
Source: Rugina and Rinard, "Recursion unrolling for divide and conquer programs", LCPC 2000.
"""

from __future__ import annotations

from compiler.ir.function import Block, Function
from compiler.mir.ops import CODE
from compiler.passes.edit import size
from compiler.passes.inline import splice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Module

SMALL = 24  # instructions of a function that is worth it
LIMIT = 120  # instructions it may grow to
CALL = CODE["call"]


def snapshot(function: Function) -> Function:
    """The function as it is now, for copying from."""
    copy = Function(function.level, function.name, function.result)
    copy.op, copy.type, copy.args = list(function.op), list(function.type), list(function.args)
    copy.imm, copy.at = list(function.imm), list(function.at)
    for block in function.blocks:
        mine = Block()
        mine.params, mine.body, mine.succs = list(block.params), list(block.body), list(block.succs)
        copy.blocks.append(mine)
    return copy


def run(function: Function, module: Module) -> bool:  # noqa: ARG001 - every pass has this face
    """Unroll one function's recursion; whether there was any."""
    if size(function) > SMALL or function.attrs.get("inline") == "never":
        return False
    sites = sum(
        function.op[value] == CALL and function.imm[value] == function.name
        for block in function.blocks
        for value in block.body
    )
    if not sites:
        return False
    each = sites
    pattern = snapshot(function)
    changed = False
    while size(function) + size(pattern) * sites <= LIMIT:
        # One more level: every call there is now, of which each copy brings as many again.
        calls = [
            value
            for block in function.blocks
            for value in block.body
            if function.op[value] == CALL and function.imm[value] == function.name
        ]
        sites = len(calls) * each
        splice(function, dict.fromkeys(calls, pattern))
        changed = True
    return changed
