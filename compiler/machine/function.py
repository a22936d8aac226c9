"""A machine function: blocks of instructions over registers, before and after allocation.

Registers are ints: 0-15 general, 16-31 vector (`targets/x86_64/target.py` names them), from 32 on
virtual, their class in `classes[v - 32]`.  A negative use is a constant, `consts[~use]`, that the allocator
materializes where the use is free to be anywhere (call arguments, block arguments, tied uses).
A block's successors carry arguments for the target's parameters, as at the levels above.
Knows nothing of encodings or of how registers are chosen.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # (has base, has index, scale, displacement, symbol or frame slot or None)
    Mem = tuple[int, int, int, int, str | int | None]
    # ("i", value), ("f", bits) or ("a", symbol, addend)
    Const = tuple[Any, ...]

FIRST_VIRTUAL = 32
GENERAL, VECTOR = 0, 1


class Inst:
    """One instruction; `u` holds the plain uses, then base and index of the memory operand `m`."""

    __slots__ = ("at", "d", "fix", "imm", "m", "op", "u")

    def __init__(
        self,
        op: int,
        d: int,
        u: list[int],
        imm: Any = None,
        m: Mem | None = None,
        fix: tuple[int, ...] | None = None,
        at: int = 0,
    ) -> None:
        self.op = op
        self.d = d  # -1: no result
        self.u = u
        self.imm = imm
        self.m = m
        self.fix = fix  # physical register of each use of a call, return or tail
        self.at = at


class MachineBlock:
    """Parameters, instructions (the last is the terminator) and successors with arguments."""

    __slots__ = ("body", "cold", "depth", "end", "freq", "loop", "params", "start", "succs")

    def __init__(self) -> None:
        self.params: list[int] = []
        self.body: list[Inst] = []
        self.succs: list[tuple[int, list[int]]] = []
        self.cold = False
        self.depth = 0  # how many loops are around it
        self.loop = -1  # header of the innermost loop
        self.freq = 1.0  # how often it runs for one run of the function, guessed
        self.start = 0  # positions of the instructions, by the allocator
        self.end = 0


class MachineFunction:
    """One function; `stage` is "selected" or "allocated"."""

    __slots__ = (
        "blocks",
        "classes",
        "const_ids",
        "consts",
        "frame_calls",
        "inner_loops",
        "name",
        "order",
        "params",
        "preds",
        "prologue",
        "saved",
        "slots",
        "stage",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.stage = "selected"
        self.blocks: list[MachineBlock] = []
        self.classes: list[int] = []
        self.params: list[tuple[int, int]] = []  # (virtual register, physical register it arrives in)
        self.consts: list[Const] = []
        self.const_ids: dict[Const, int] = {}
        self.slots: list[int] = []  # bytes of each frame slot
        self.order: list[int] = []  # layout; order[0] is the entry, block 0
        self.preds: list[list[int]] = []
        self.inner_loops: list[set[int]] = []  # bodies of loops with no loop inside
        self.prologue = 0  # the block that makes the frame
        self.saved: list[int] = []  # callee-saved registers in use, after allocation
        self.frame_calls = False  # whether any call returns here

    def virtual(self, cls: int) -> int:
        """A fresh virtual register of a class."""
        self.classes.append(cls)
        return len(self.classes) + FIRST_VIRTUAL - 1

    def const(self, *value: Any) -> int:
        """The operand (negative) that stands for a constant."""
        found = self.const_ids.get(value)
        if found is None:
            found = self.const_ids[value] = ~len(self.consts)
            self.consts.append(value)
        return found

    def block(self, cold: bool = False) -> int:
        """Append an empty block."""
        block = MachineBlock()
        block.cold = cold
        self.blocks.append(block)
        return len(self.blocks) - 1
