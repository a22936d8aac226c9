"""Turn calls of a function to itself in tail position into a loop.

    function @f                            b0(%a) jump b1(%a)
    b0(%x) … tailcall @f %y          ──▶   b1(%x) … jump b1(%y)

Then the loop passes see it.  The entry block gets fresh parameters, so nothing jumps to it.  Linear.
"""

from __future__ import annotations

from compiler.ir.function import Block
from compiler.mir.ops import CODE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Function, Module

JUMP, TAILCALL = CODE["jump"], CODE["tailcall"]


def run(function: Function, module: Module) -> bool:  # noqa: ARG001 - every pass has this face
    """Rewrite self tail calls; whether there were any."""
    sites = [
        block
        for block in function.blocks
        if block.body and function.op[block.body[-1]] == TAILCALL and function.imm[block.body[-1]] == function.name
    ]
    if not sites:
        return False
    # Every block moves up by one; the new entry only jumps.
    for block in function.blocks:
        block.succs = [(target + 1, given) for target, given in block.succs]
    for block in sites:
        end = block.body[-1]
        block.succs = [(1, function.args[end])]
        function.op[end], function.args[end], function.imm[end] = JUMP, (), None
    header = function.blocks[0]
    function.blocks.insert(0, Block())
    params = tuple(function.param(0, function.type[param], function.at[param]) for param in header.params)
    function.emit(0, JUMP, "")
    function.blocks[0].succs = [(1, params)]
    return True
