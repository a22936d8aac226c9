"""Where the frame begins: after a fast path that needs none, when there is one.

    f: test, jump to slow          f: push, push, test, jump to slow
       ret                    not     pop, pop, ret
    slow: push, push, …            slow: …

`late_entry` finds the block that all calls lie behind; blocks before it are "early" and may use neither callee-saved
registers nor frame slots, which the allocator is told as if they were destroyed there.  When something there needs
a slot after all, `settle` moves the frame back to the entry.
Source: Chow 1988, "Minimizing register usage penalty at procedure calls", in its simplest form: one region.
"""

from __future__ import annotations

from compiler.machine.ops import OPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from compiler.machine.function import MachineFunction

_CALLS = [row.calls for row in OPS]
_MOST_BLOCKS = 400


def late_entry(mf: MachineFunction) -> int:
    """The block before which no frame is needed, or the entry.

    Everything reachable from it is reached through it only, so each block knows whether there is a frame; copies
    into it stand behind it, for its one predecessor has other successors.
    """
    blocks = mf.blocks
    entry = mf.order[0]
    if len(mf.order) > _MOST_BLOCKS:
        return entry
    calling: set[int] = set()
    for b in mf.order:
        for inst in blocks[b].body:
            if _CALLS[inst.op]:
                if b == entry:
                    return entry
                calling.add(b)
                break
    if not calling:
        return entry
    best, best_size = entry, len(mf.order)
    for b in mf.order:
        if blocks[b].depth or blocks[b].cold or len(mf.preds[b]) != 1 or len(blocks[mf.preds[b][0]].succs) < 2:
            continue
        region = reachable(mf, b)
        if len(region) < best_size and calling <= region:
            if all(p in region for other in region if other != b for p in mf.preds[other]):
                best, best_size = b, len(region)
    return best


def reachable(mf: MachineFunction, start: int) -> set[int]:
    found = {start}
    work = [start]
    while work:
        for goal, _ in mf.blocks[work.pop()].succs:
            if goal not in found:
                found.add(goal)
                work.append(goal)
    return found


def early_blocks(mf: MachineFunction) -> list[int]:
    """The blocks that run without a frame, in layout order."""
    if mf.prologue == mf.order[0]:
        return []
    framed = reachable(mf, mf.prologue)
    return [b for b in mf.order if b not in framed]


def settle(mf: MachineFunction, target: ModuleType) -> None:
    """After allocation: the frame begins at the entry when an early block needs it."""
    if needs_frame(mf, target):
        mf.prologue = mf.order[0]


def needs_frame(mf: MachineFunction, target: ModuleType) -> bool:
    """Whether an early block touches a frame slot or a callee-saved register."""
    if mf.prologue == mf.order[0]:
        return False
    saved = frozenset(target.CALLEE_SAVED)
    for b in early_blocks(mf):
        for inst in mf.blocks[b].body:
            if inst.m is not None and isinstance(inst.m[4], int):
                return True
            if inst.d in saved or any(use in saved for use in inst.u):
                return True
    return False
