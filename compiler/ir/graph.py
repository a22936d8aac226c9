"""What every level's tools ask of a function's control flow: order, predecessors, dominators, loops.

Nothing is cached: a pass computes what it needs once and drops it when it changes the graph.  Linear or nearly so
(dominators after Cooper, Harvey and Kennedy, "A simple, fast dominance algorithm", 2001).  Knows no op.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Function


def reverse_postorder(function: Function) -> list[int]:
    """Reachable blocks, each before its successors except along back edges; deterministic."""
    blocks = function.blocks
    seen = bytearray(len(blocks))
    order: list[int] = []
    seen[0] = 1
    stack: list[tuple[int, int]] = [(0, 0)]
    while stack:
        block, edge = stack.pop()
        succs = blocks[block].succs
        if edge < len(succs):
            stack.append((block, edge + 1))
            target = succs[edge][0]
            if not seen[target]:
                seen[target] = 1
                stack.append((target, 0))
        else:
            order.append(block)
    order.reverse()
    return order


def predecessors(function: Function) -> list[list[int]]:
    """For each block its predecessor blocks, one entry an edge (unreachable ones included)."""
    preds: list[list[int]] = [[] for _ in function.blocks]
    for index, block in enumerate(function.blocks):
        for target, _ in block.succs:
            preds[target].append(index)
    return preds


def dominators(function: Function, order: list[int] | None = None) -> list[int]:
    """Immediate dominator by block; the entry's is itself, an unreachable block's is -1."""
    order = reverse_postorder(function) if order is None else order
    rank = {block: number for number, block in enumerate(order)}
    preds = predecessors(function)
    idom = [-1] * len(function.blocks)
    idom[0] = 0
    changed = True
    while changed:
        changed = False
        for block in order:
            if block == 0:
                continue
            new = -1
            for pred in preds[block]:
                if idom[pred] == -1:
                    continue
                if new == -1:
                    new = pred
                    continue
                other = pred
                while new != other:
                    while rank[new] > rank[other]:
                        new = idom[new]
                    while rank[other] > rank[new]:
                        other = idom[other]
            if new != idom[block]:
                idom[block] = new
                changed = True
    return idom


def children(idom: list[int], order: list[int]) -> list[list[int]]:
    """The dominator tree's children by block, in reverse postorder."""
    kids: list[list[int]] = [[] for _ in idom]
    for block in order:
        if block != 0:
            kids[idom[block]].append(block)
    return kids


def dominates(idom: list[int], above: int, below: int) -> bool:
    """Whether block `above` dominates block `below` (a block dominates itself)."""
    while below != above:
        if below in (0, -1):
            return False
        below = idom[below]
    return True


class Loop:
    """A natural loop: header, all its blocks (sorted), and how deep it is nested (1 is outermost)."""

    __slots__ = ("blocks", "depth", "header", "latches")

    def __init__(self, header: int, blocks: set[int], latches: list[int]) -> None:
        self.header = header
        self.blocks = blocks
        self.latches = latches
        self.depth = 0


def loops(function: Function, order: list[int], idom: list[int]) -> list[Loop]:
    """Natural loops, inner ones first (fewer blocks first); those with one header are merged."""
    preds = predecessors(function)
    reachable = set(order)
    bodies: dict[int, tuple[set[int], list[int]]] = {}
    for block in order:
        for target, _ in function.blocks[block].succs:
            if dominates(idom, target, block):
                body, latches = bodies.setdefault(target, ({target}, []))
                latches.append(block)
                work = [block]
                while work:
                    inner = work.pop()
                    if inner not in body:
                        body.add(inner)
                        work.extend(p for p in preds[inner] if p in reachable)
    found = [Loop(header, body, latches) for header, (body, latches) in bodies.items()]
    rank = {block: number for number, block in enumerate(order)}
    found.sort(key=lambda loop: (len(loop.blocks), rank[loop.header]))
    for loop in found:
        loop.depth = sum(1 for other in found if loop.header in other.blocks)
    return found


def loop_depths(function: Function) -> list[int]:
    """How many loops each block is in: the static hotness."""
    order = reverse_postorder(function)
    idom = dominators(function, order)
    depth = [0] * len(function.blocks)
    for loop in loops(function, order, idom):
        for block in loop.blocks:
            depth[block] += 1
    return depth
