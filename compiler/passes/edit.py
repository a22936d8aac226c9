"""What every pass does to a function: replace values, count uses, drop blocks, copy bodies.

Dead values stay in the parallel lists; only blocks say what is in the program.  Knows no op's meaning.
"""

from __future__ import annotations

from compiler.ir.graph import reverse_postorder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Function


def resolve(replacements: dict[int, int], value: int) -> int:
    """Follow replacements to the end, and shorten the way for those who ask next."""
    last = value
    while last in replacements:
        last = replacements[last]
    while value != last:
        replacements[value], value = last, replacements[value]
    return last


def substitute(function: Function, replacements: dict[int, int]) -> None:
    """Use each value's replacement everywhere."""
    if not replacements:
        return
    final = {value: resolve(replacements, value) for value in replacements}
    args = function.args
    for block in function.blocks:
        for value in block.body:
            if any(arg in final for arg in args[value]):
                args[value] = tuple(final.get(arg, arg) for arg in args[value])
        if any(arg in final for _, given in block.succs for arg in given):
            block.succs = [(target, tuple(final.get(arg, arg) for arg in given)) for target, given in block.succs]


def use_counts(function: Function) -> list[int]:
    """How often each value is an argument, in reachable and unreachable blocks."""
    counts = [0] * len(function.op)
    for block in function.blocks:
        for value in block.body:
            for arg in function.args[value]:
                counts[arg] += 1
        for _, given in block.succs:
            for arg in given:
                counts[arg] += 1
    return counts


def drop_unreachable(function: Function) -> bool:
    """Remove blocks that cannot be reached; the others are numbered in their old order."""
    reachable = set(reverse_postorder(function))
    if len(reachable) == len(function.blocks):
        return False
    keep = [index for index in range(len(function.blocks)) if index in reachable]
    number = {index: new for new, index in enumerate(keep)}
    function.blocks = [function.blocks[index] for index in keep]
    for block in function.blocks:
        block.succs = [(number[target], given) for target, given in block.succs]
    return True


def size(function: Function) -> int:
    """Instructions in the function."""
    return sum(len(block.body) for block in function.blocks)
