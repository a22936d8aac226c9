"""Put blocks into an order that reads and runs straight: each before its successors, loops together, exits after them.

    b0 b3 b1 b2     ──▶     b0 b1 b2 b3     (b1 falls into its first successor)

Reverse postorder with later successors visited first, so the first one follows.  Blocks that end the
program go to the end.  Numbers only; linear.
"""

from __future__ import annotations

from compiler.mir.ops import CODE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Function, Module

COLD = frozenset((CODE["panic"], CODE["panic.text"], CODE["unreachable"]))


def run(function: Function, module: Module) -> bool:  # noqa: ARG001 - every pass has this face
    """Renumber one function's blocks; whether any moved."""
    blocks = function.blocks
    seen = {0}
    order: list[int] = []
    stack = [(0, len(blocks[0].succs))]
    while stack:
        index, left = stack.pop()
        if left:
            stack.append((index, left - 1))
            target = blocks[index].succs[left - 1][0]
            if target not in seen:
                seen.add(target)
                stack.append((target, len(blocks[target].succs)))
        else:
            order.append(index)
    order.reverse()
    cold = [index for index in order if index and function.op[blocks[index].body[-1]] in COLD]
    last = set(cold)
    order = [index for index in order if index not in last] + cold
    if order == list(range(len(blocks))):
        return False
    number = {index: new for new, index in enumerate(order)}
    function.blocks = [blocks[index] for index in order]
    for block in function.blocks:
        block.succs = [(number[target], given) for target, given in block.succs]
    return True
