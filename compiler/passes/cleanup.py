"""Straighten control flow: merge a block into its only predecessor, jump past empty blocks, drop idle parameters.

    b1() jump b2(%0)                       b1() …body of b2 with %0 for %1…
    b2(%1:i64) …                     ──▶   (when b1 is b2's only predecessor)

    b3(%c:bool) branch %c b4() b5()        an edge that gives b3 a constant goes straight to b4 or b5
    b6(%p) with every edge giving %x       %p becomes %x

A block is jumped past only when nothing below it uses its parameters, so no definition stops dominating its uses.
Repeats until nothing changes, each round linear.
Source: Muchnick 1997, chapter 18; redundant parameters after Braun et al., CC 2013.
"""

from __future__ import annotations

from compiler.ir.graph import predecessors
from compiler.mir.ops import CODE
from compiler.passes.edit import drop_unreachable, resolve, substitute, use_counts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Function, Module

ROUNDS = 20  # empty blocks that jump in a circle would be threaded forever
JUMP, BRANCH, SWITCH = CODE["jump"], CODE["branch"], CODE["switch"]


def _merge(function: Function) -> bool:
    """Append a block to its only predecessor when that only jumps to it."""
    ways = [len(preds) for preds in predecessors(function)]  # merging leaves the others' as they are
    replaced: dict[int, int] = {}
    changed = False
    for index in range(len(function.blocks)):
        block = function.blocks[index]
        while block.body and function.op[block.body[-1]] == JUMP:
            target, given = block.succs[0]
            if target == index or target == 0 or ways[target] != 1:
                break
            other = function.blocks[target]
            for param, arg in zip(other.params, given, strict=True):
                replaced[param] = arg
            block.body[-1:] = other.body
            block.succs = other.succs
            other.params, other.body, other.succs = [], [], []
            ways[target] = 0
            changed = True
    if changed:
        substitute(function, replaced)
        # The emptied blocks are unreachable; give them no chance to look like blocks.
        drop_unreachable(function)
    return changed


def _thread(function: Function) -> bool:
    """Redirect edges that only pass through a block of one terminator."""
    counts = use_counts(function)
    changed = False
    passed_on: dict[int, dict[int, int]] = {}  # block -> parameter -> uses in its terminator and edges
    for index, block in enumerate(function.blocks):
        for number, (target, given) in enumerate(block.succs):
            through = function.blocks[target]
            if len(through.body) != 1 or through is block:
                continue
            end = through.body[0]
            op = function.op[end]
            if op not in (JUMP, BRANCH, SWITCH):
                continue
            # Parameters must be used here only: by the terminator and the arguments it passes on.
            here = passed_on.get(target)
            if here is None:
                here = passed_on[target] = dict.fromkeys(through.params, 0)
                for arg in (*function.args[end], *(a for _, passed in through.succs for a in passed)):
                    if arg in here:
                        here[arg] += 1
            if any(counts[param] != uses for param, uses in here.items()):
                continue
            value = dict(zip(through.params, given, strict=True))
            chosen = 0
            if op != JUMP:
                test = value.get(function.args[end][0])
                if test is None:
                    continue
                constant = function.imm[test]
                if function.op[test] == CODE["const.bool"]:
                    chosen = 0 if constant else 1
                elif function.op[test] == CODE["const.i64"]:
                    cases = function.imm[end]
                    chosen = cases.index(constant) if constant in cases else len(cases)
                else:
                    continue
            after, passed = through.succs[chosen]
            if after == target:
                continue
            block.succs[number] = (after, tuple(value.get(arg, arg) for arg in passed))
            for arg in given:
                counts[arg] -= 1
            for arg in block.succs[number][1]:
                counts[arg] += 1
            passed_on.pop(index, None)
            changed = True
    if changed:
        drop_unreachable(function)
    return changed


def _idle_params(function: Function) -> bool:
    """Replace parameters that are always given the same value."""
    incoming: dict[int, list[tuple[int, int]]] = {}
    for index, block in enumerate(function.blocks):
        for number, (target, _) in enumerate(block.succs):
            incoming.setdefault(target, []).append((index, number))
    replaced: dict[int, int] = {}
    changed = True
    while changed:
        changed = False
        for target, edges in incoming.items():
            for position, param in enumerate(function.blocks[target].params):
                if param in replaced:
                    continue
                given = {
                    resolve(replaced, function.blocks[index].succs[number][1][position]) for index, number in edges
                }
                given.discard(param)
                if len(given) == 1:
                    replaced[param] = given.pop()
                    changed = True
    if not replaced:
        return False
    for target, edges in incoming.items():
        params = function.blocks[target].params
        keep = [position for position, param in enumerate(params) if param not in replaced]
        if len(keep) != len(params):
            function.blocks[target].params = [params[position] for position in keep]
            for index, number in edges:
                after, args = function.blocks[index].succs[number]
                function.blocks[index].succs[number] = (after, tuple(args[position] for position in keep))
    substitute(function, replaced)
    return True


def run(function: Function, module: Module) -> bool:  # noqa: ARG001 - every pass has this face
    """Straighten one function; whether it changed."""
    changed = drop_unreachable(function)
    for _ in range(ROUNDS):
        again = _idle_params(function)
        again = _thread(function) or again
        again = _merge(function) or again
        if not again:
            break
        changed = True
    return changed
