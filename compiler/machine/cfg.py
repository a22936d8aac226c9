"""Shape of a machine function: critical edges split, loops, frequencies, and the order of blocks.

Order: reverse postorder with loop bodies before loop exits, cold blocks last, and a loop whose test is
on top turned so that the test is at the bottom (one jump on entry saves one in every turn).
Frequencies are guesses: eight turns a loop, cold blocks almost never.  Linear in blocks and edges, but for
the loop bodies, which are walked once for every loop around them.
Source: natural loops as in Aho, Lam, Sethi and Ullman 2006, section 9.6.
"""

from __future__ import annotations

from compiler.machine.function import Inst
from compiler.machine.ops import CODE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.machine.function import MachineFunction

_JMP = CODE["jmp"]
_TURNS = 8.0
_COLD = 1.0 / 1024
_DEEPEST = 8


def analyze(mf: MachineFunction) -> None:
    """Fill order, preds and each block's depth, loop and freq; block 0 must have no predecessor."""
    _split_critical_edges(mf)
    postorder, back_edges = _walk(mf)
    reached = set(postorder)
    blocks = mf.blocks
    mf.preds = [[] for _ in blocks]
    for b in sorted(reached):
        for target, _ in blocks[b].succs:
            mf.preds[target].append(b)
    loops = _loops(mf, back_edges)
    for b in postorder:
        block = blocks[b]
        if block.depth or block.cold:
            block.freq = _TURNS ** min(block.depth, _DEEPEST) * (_COLD if block.cold else 1.0)
    headers = {header for header, _ in loops}
    mf.inner_loops = [body for header, body in loops if len(body & headers) == 1]
    mf.order = _layout(mf, loops)


def _split_critical_edges(mf: MachineFunction) -> None:
    """Give every edge from a block with several successors to one with several predecessors its own block."""
    blocks = mf.blocks
    count = [0] * len(blocks)
    for block in blocks:
        for target, _ in block.succs:
            count[target] += 1
    for block in blocks[:]:
        if len(block.succs) < 2:
            continue
        for k, (target, args) in enumerate(block.succs):
            if count[target] > 1:
                middle = mf.block(block.cold or blocks[target].cold)
                blocks[middle].body.append(Inst(_JMP, -1, []))
                blocks[middle].succs.append((target, args))
                block.succs[k] = (middle, [])


def _walk(mf: MachineFunction) -> tuple[list[int], list[tuple[int, int]]]:
    """The postorder of reachable blocks and the edges back to a block still open."""
    blocks = mf.blocks
    state = [0] * len(blocks)  # 0 unseen, 1 open, 2 done
    postorder: list[int] = []
    back: list[tuple[int, int]] = []
    stack = [0]
    edges = [iter(blocks[0].succs)]  # what is left of each open block's
    state[0] = 1
    while stack:
        for target, _ in edges[-1]:
            seen = state[target]
            if seen == 0:
                state[target] = 1
                stack.append(target)
                edges.append(iter(blocks[target].succs))
                break
            if seen == 1:
                back.append((stack[-1], target))
        else:
            edges.pop()
            b = stack.pop()
            state[b] = 2
            postorder.append(b)
    return postorder, back


def _loops(mf: MachineFunction, back_edges: list[tuple[int, int]]) -> list[tuple[int, set[int]]]:
    """Natural loops as (header, body), innermost first; sets depth and loop of blocks."""
    if not back_edges:
        return []
    bodies: dict[int, set[int]] = {}
    preds = mf.preds
    for latch, header in back_edges:
        body = bodies.setdefault(header, {header})
        work = [latch]
        while work:
            b = work.pop()
            if b not in body:
                body.add(b)
                work.extend(preds[b])
    loops = sorted(bodies.items(), key=lambda item: (len(item[1]), item[0]))
    blocks = mf.blocks
    for header, body in loops:
        for b in sorted(body):
            blocks[b].depth += 1
            if blocks[b].loop < 0:
                blocks[b].loop = header
    return loops


def _layout(mf: MachineFunction, loops: list[tuple[int, set[int]]]) -> list[int]:
    blocks = mf.blocks
    seen = [False] * len(blocks)
    seen[0] = True
    finished: list[int] = []
    stack = [0]
    ways = [iter(_exits_first(mf, 0))]  # what is left of each open block's
    while stack:
        for target in ways[-1]:
            if not seen[target]:
                seen[target] = True
                stack.append(target)
                ways.append(iter(_exits_first(mf, target)))
                break
        else:
            ways.pop()
            finished.append(stack.pop())
    finished.reverse()
    order = [b for b in finished if not blocks[b].cold or b == 0]
    for header, body in loops:
        _turn(mf, order, header, body)
    return order + [b for b in finished if blocks[b].cold and b != 0]


def _exits_first(mf: MachineFunction, b: int) -> list[int]:
    """Successors in the order of visiting: what is visited last comes directly after `b`."""
    blocks = mf.blocks
    edges = blocks[b].succs
    if len(edges) < 2:
        return [edges[0][0]] if edges else []
    succs = [target for target, _ in edges]
    succs.reverse()
    succs.sort(key=lambda target: (not blocks[target].cold, blocks[target].depth))
    return succs


def _turn(mf: MachineFunction, order: list[int], header: int, body: set[int]) -> None:
    """Move a loop's header behind its last block when that saves the jump back."""
    if header == 0 or mf.blocks[header].cold:
        return
    here = order.index(header)
    end = here + 1
    while end < len(order) and order[end] in body:
        end += 1
    hot = sum(1 for b in body if not mf.blocks[b].cold)
    last = mf.blocks[order[end - 1]]
    if end - here != hot or hot < 2 or [target for target, _ in last.succs] != [header]:
        return
    if all(target in body for target, _ in mf.blocks[header].succs):
        return
    order.insert(end, header)
    del order[here]
