"""What every level's tools ask of a function's control flow: order, predecessors, dominators, loops.

Nothing is cached: a pass computes what it needs once and drops it when it changes the graph.  Linear or nearly so
(dominators after Cooper, Harvey and Kennedy, "A simple, fast dominance algorithm", 2001; n log n where every loop
has one header).  Knows no op.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Protocol

    from compiler.ir.function import Function

    class Flow(Protocol):
        """Blocks with `succs`, of any level; block 0 is the entry."""

        @property
        def blocks(self) -> Sequence[Any]: ...


def postorder(function: Flow) -> list[int]:
    """Reachable blocks, each after its successors except along back edges; deterministic."""
    blocks = function.blocks
    seen = bytearray(len(blocks))
    order: list[int] = []
    seen[0] = 1
    stack = [0]
    edges = [iter(blocks[0].succs)]  # what is left of each open block's
    while stack:
        for target, _ in edges[-1]:
            if not seen[target]:
                seen[target] = 1
                stack.append(target)
                edges.append(iter(blocks[target].succs))
                break
        else:
            edges.pop()
            order.append(stack.pop())
    return order


def reverse_postorder(function: Flow) -> list[int]:
    """Reachable blocks, each before its successors except along back edges; deterministic."""
    order = postorder(function)
    order.reverse()
    return order


def predecessors(function: Flow) -> list[list[int]]:
    """For each block its predecessor blocks, one entry an edge (unreachable ones included)."""
    preds: list[list[int]] = [[] for _ in function.blocks]
    for index, block in enumerate(function.blocks):
        for target, _ in block.succs:
            preds[target].append(index)
    return preds


def dominators(function: Flow, order: list[int] | None = None) -> list[int]:
    """Immediate dominator by block; the entry's is itself, an unreachable block's is -1.

    Where two blocks meet in the tree is found with a pointer far upwards a block (Myers 1983, "An applicative
    random-access stack"), as joins of long chains would else be walked over and over.
    """
    order = reverse_postorder(function) if order is None else order
    rank = [-1] * len(function.blocks)
    for number, block in enumerate(order):
        rank[block] = number
    preds = predecessors(function)
    idom = [-1] * len(function.blocks)
    idom[0] = 0
    depth = [0] * len(function.blocks)
    far = [0] * len(function.blocks)

    def meet(one: int, other: int) -> int:
        if depth[one] < depth[other]:
            one, other = other, one
        goal = depth[other]
        while depth[one] > goal:
            one = far[one] if depth[far[one]] >= goal else idom[one]
        while one != other:
            if far[one] != far[other]:
                one, other = far[one], far[other]
            else:
                one, other = idom[one], idom[other]
        return one

    returns: list[int] = []  # blocks that edges lead back to
    for block in order[1:]:
        new = -1
        for pred in preds[block]:
            if rank[pred] < 0:
                continue
            if rank[pred] >= rank[block]:
                if not returns or returns[-1] != block:
                    returns.append(block)
            elif new == -1 or pred == new:
                new = pred
            else:
                new = meet(new, pred)
        idom[block] = new
        depth[block] = depth[new] + 1
        skip = far[new]
        far[block] = far[skip] if depth[new] - depth[skip] == depth[skip] - depth[far[skip]] else new
    # In a loop with one header every edge back comes from below it; else the answer is improved until it stands.
    for block in returns:
        if any(rank[pred] >= rank[block] and meet(block, pred) != block for pred in preds[block]):
            _improve(order, rank, preds, idom)
            break
    return idom


def _improve(order: list[int], rank: list[int], preds: list[list[int]], idom: list[int]) -> None:
    """Cooper, Harvey and Kennedy's iteration, for loops that are entered at several places."""
    changed = True
    while changed:
        changed = False
        for block in order[1:]:
            new = -1
            for other in preds[block]:
                if idom[other] == -1:
                    continue
                if new == -1:
                    new = other
                    continue
                while new != other:
                    while rank[new] > rank[other]:
                        new = idom[new]
                    while rank[other] > rank[new]:
                        other = idom[other]
            if new != idom[block]:
                idom[block] = new
                changed = True


def spans(idom: list[int], order: list[int]) -> tuple[list[int], list[int]]:
    """By block, its number in the dominator tree from the top and the last number below it: -1 for unreachable ones.

    Block a dominates block b if `first[a] <= first[b] <= last[a]`.
    """
    sizes = [1] * len(idom)
    for block in reversed(order):
        if block:
            sizes[idom[block]] += sizes[block]
    first, last, free = [-1] * len(idom), [-1] * len(idom), [0] * len(idom)
    for block in order:
        # Each block takes the next numbers of those that its parent has for its children.
        number = free[idom[block]] if block else 0
        free[idom[block]] = number + sizes[block]
        first[block], last[block], free[block] = number, number + sizes[block] - 1, number + 1
    return first, last


def children(idom: list[int], order: list[int]) -> list[list[int]]:
    """The dominator tree's children by block, in reverse postorder."""
    kids: list[list[int]] = [[] for _ in idom]
    for block in order:
        if block != 0:
            kids[idom[block]].append(block)
    return kids


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
    first, last = spans(idom, order)
    bodies: dict[int, tuple[set[int], list[int]]] = {}
    for block in order:
        for target, _ in function.blocks[block].succs:
            if first[target] <= first[block] <= last[target]:
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
    depth = dict.fromkeys(bodies, 0)
    for loop in found:
        for header in loop.blocks & depth.keys():
            depth[header] += 1
    for loop in found:
        loop.depth = depth[loop.header]
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
