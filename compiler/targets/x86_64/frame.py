"""Frames: where slots are, what the prologue pushes, how the stack is aligned at calls.

    [rsp + size ..]  saved registers, return address     a function that calls nothing that returns keeps up to
    [rsp .. size)    frame slots                          128 bytes of slots below rsp and moves nothing

No frame pointer: rsp stays where the prologue put it.
"""

from __future__ import annotations

from compiler.machine.ops import CODE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.machine.function import MachineFunction

_RED_ZONE = 128
_PUSH = CODE["push"]


class Frame:
    """Offsets of slots from rsp, bytes that the prologue subtracts, and what a call that never returns must add."""

    __slots__ = ("never_adjust", "offsets", "saved", "size")

    def __init__(self, mf: MachineFunction) -> None:
        self.saved = mf.saved
        self.offsets: list[int] = []
        total = 0
        for size in mf.slots:
            self.offsets.append(total)
            total += size
        pushed = 8 + 8 * len(mf.saved)
        if mf.frame_calls:
            if (pushed + total) % 16:
                total += 8
            self.size, self.never_adjust = total, 0
        elif total <= _RED_ZONE and not any(inst.op == _PUSH for b in mf.order for inst in mf.blocks[b].body):
            self.size = 0
            self.offsets = [offset - total for offset in self.offsets]
            self.never_adjust = total + (pushed + total) % 16
        else:
            self.size = total
            self.never_adjust = (pushed + total) % 16
