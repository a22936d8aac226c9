"""What the allocator works on: bundles of live ranges, and where values live in the end.

Knows nothing of how registers are chosen.
"""

from __future__ import annotations

from bisect import bisect_right
from heapq import heappop, heappush

from compiler.machine.function import FIRST_VIRTUAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.machine.function import MachineFunction
    from compiler.machine.liveness import Ranges


_FITTED = 32  # frame slots whose gaps are searched


class Bundle:
    """Values (or part of one value) that want one register."""

    __slots__ = ("cls", "cost", "first", "mask", "reg", "stage", "stop", "values", "weight", "whole")

    def __init__(self, values: list[int], mask: int, cls: int, cost: float, stage: int, whole: bool) -> None:
        self.values = values
        self.mask = mask
        if not whole:  # of a part, the lowest bit and the one behind the highest
            self.first = (mask & -mask).bit_length() - 1
            self.stop = mask.bit_length()
        self.cls = cls
        self.cost = cost  # what it costs to keep all of it in memory
        self.weight = cost / (mask.bit_count() + 4)
        self.stage = stage
        self.whole = whole  # covers the whole live range of its values
        self.reg = -1


class Allocation:
    """Where values live: `home` when it is one place for life, else `parts`, else the frame slot."""

    __slots__ = ("ending", "home", "mf", "parts", "ranges", "slot", "slot_masks", "starts", "used")

    def __init__(self, mf: MachineFunction, ranges: Ranges) -> None:
        count = len(mf.classes)
        self.mf = mf
        self.ranges = ranges
        self.home: list[int] = [-1] * count  # by value minus 32: register, or 32 + slot
        self.parts: dict[int, list[Bundle]] = {}
        self.slot: dict[int, int] = {}
        self.slot_masks: dict[int, int] = {}  # of the first slots: what lives in them
        self.ending: list[tuple[int, int]] = []  # of all others: (the end of the last life, slot), a heap
        self.used: set[int] = set()
        self.starts = [mf.blocks[b].start for b in mf.order]

    def block_at(self, position: int) -> int:
        """The block of an instruction."""
        return self.mf.order[bisect_right(self.starts, position) - 1]

    def place(self, value: int, bit: int) -> int:
        """The register (below 32) or frame slot (32 + slot) of a value at a moment."""
        index = value - FIRST_VIRTUAL
        home = self.home[index]
        if home >= 0:
            return home
        for part in self.parts.get(index, ()):
            if part.first <= bit < part.stop and part.mask >> bit & 1:
                return part.reg
        return self.frame_slot(index)

    def frame_slot(self, index: int) -> int:
        """The slot of a value; values whose lives do not meet share one.

        A life is fitted into the gaps of the first slots only: trying all of them costs the square of a long function.
        """
        found = self.slot.get(index)
        if found is not None:
            return found
        live = self.ranges.live[index]
        slot = next((slot for slot, mask in self.slot_masks.items() if not mask & live), -1)
        if slot < 0 and self.ending and self.ending[0][0] < (live & -live).bit_length():
            slot = heappop(self.ending)[1]
        if slot < 0:
            slot = len(self.mf.slots)
            self.mf.slots.append(8)
            if len(self.slot_masks) < _FITTED:
                self.slot_masks[slot] = 0
        if slot in self.slot_masks:
            self.slot_masks[slot] |= live
        else:
            heappush(self.ending, (live.bit_length(), slot))
        self.slot[index] = slot + FIRST_VIRTUAL
        return slot + FIRST_VIRTUAL
