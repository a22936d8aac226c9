"""Live ranges as bit masks, one bit mask a register, two bits an instruction.

Bit 2i is the moment instruction i reads, bit 2i+1 the moment it writes: a value that is read for the last
time by i has bit 2i, one that i defines begins at 2i+1, so the two may share a register.  "Late" uses also have bit
2i+1.  A Python int is a fine bit set: two live ranges collide when `a & b` is not 0, at C speed.
Call results begin at 2i+2, for they are copied out of rax after the call.
The same walk notes every use with what it demands, swaps commuting operands so that the tied one dies, and
collects what fixed registers are destroyed where.
"""

from __future__ import annotations

from compiler.machine.function import FIRST_VIRTUAL
from compiler.machine.ops import CODE, OPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.machine.function import Inst, MachineFunction

# What a use or definition demands of its place.
ANY, MEM, REG, LATE, DEF, ANYDEF = range(6)

TIED = [row.tied for row in OPS]
RM = [row.rm for row in OPS]
LATE_OPS = [row.late for row in OPS]
COMMUTES = [row.commutes for row in OPS]
CALLS = [row.calls for row in OPS]
FIXED = [bool(row.fixed) for row in OPS]
RESULT = [bool(row.result) or row.calls for row in OPS]
# Ops whose uses are plain: each is read from a register, when the instruction begins.
SIMPLE = [not (row.tied or row.rm or row.late or row.fixed or row.commutes) for row in OPS]
_SHIFTS = frozenset((CODE["shl"], CODE["shr"], CODE["sar"]))


class Ranges:
    """By virtual register minus 32: live mask, uses as (position, demand), weight; and what calls destroy."""

    __slots__ = ("calls", "fixed", "live", "live_in", "uses", "weight")

    def __init__(self, count: int) -> None:
        self.live: list[int] = [0] * count
        self.uses: list[list[tuple[int, int]]] = [[] for _ in range(count)]
        self.weight: list[float] = [0.0] * count
        self.calls = 0  # bits at which every caller-saved register is destroyed
        self.fixed: dict[str, int] = {}  # register name to further bits at which it is destroyed
        self.live_in: list[set[int]] = []


def demand(inst: Inst, k: int) -> int:
    """What use k of an instruction demands."""
    op = inst.op
    if inst.fix is not None:
        return ANY
    if FIXED[op]:
        row = OPS[op]
        if k < len(row.fixed) and row.fixed[k] != "-":
            return ANY
        if op in _SHIFTS:
            return ANY
        return MEM  # the divisor
    tied = TIED[op]
    if tied and k == 0:
        return ANY
    if RM[op] and inst.m is None and k == len(inst.u) - 1:
        if tied and inst.u[k] == inst.u[0]:
            return ANY
        return MEM
    if tied and inst.u[k] == inst.u[0] and inst.m is None:
        return ANY
    return LATE if tied or LATE_OPS[op] else REG


def number(mf: MachineFunction) -> None:
    """Give every block its positions in layout order."""
    position = 0
    for b in mf.order:
        block = mf.blocks[b]
        block.start = position
        position += len(block.body)
        block.end = position


def live_in_sets(mf: MachineFunction) -> list[set[int]]:
    """Registers live at the start of each block, parameters excluded."""
    blocks = mf.blocks
    count = len(blocks)
    if count == 1:
        return [set()]
    gen: list[set[int]] = [set() for _ in range(count)]
    kill: list[set[int]] = [set() for _ in range(count)]
    passes = False  # whether any block needs something of those before it
    for b in mf.order:
        block = blocks[b]
        defined = kill[b]
        defined.update(block.params)
        if b == 0:
            defined.update([v for v, _ in mf.params])
        used = gen[b]
        for inst in block.body:
            for x in inst.u:
                if x >= 0 and x not in defined:
                    used.add(x)
            x = inst.d
            if x >= 0:
                defined.add(x)
        for _, args in block.succs:
            for x in args:
                if x >= 0 and x not in defined:
                    used.add(x)
        if used:
            passes = True
    live_in = gen
    changed = passes
    while changed:
        changed = False
        for b in reversed(mf.order):
            entry = live_in[b]
            before = -1
            for target, _ in blocks[b].succs:
                if live_in[target]:
                    if before < 0:
                        before = len(entry)
                    entry |= live_in[target] - kill[b]
            if before >= 0 and len(entry) != before:
                changed = True
    return live_in


def ranges(mf: MachineFunction) -> Ranges:
    """Everything the allocator asks about live values."""
    number(mf)
    result = Ranges(len(mf.classes))
    live_in = result.live_in = live_in_sets(mf)
    base = FIRST_VIRTUAL
    masks, uses, weight = result.live, result.uses, result.weight
    calls = 0
    fixed_bits: dict[str, list[int]] = {}
    for b in mf.order:
        block = mf.blocks[b]
        freq = block.freq
        live: dict[int, int] = {}
        end = 2 * block.end
        for target, args in block.succs:
            for v in live_in[target]:
                live[v] = end
            if args:
                position = block.end - 1
                for v in args:
                    if v >= 0:
                        uses[v - base].append((position, ANY))
                        weight[v - base] += freq
        for _, args in block.succs:
            for v in args:
                if v >= 0 and v not in live:
                    live[v] = end - 1
        i = block.end
        for inst in reversed(block.body):
            i -= 1
            op, d, u = inst.op, inst.d, inst.u
            if d >= 0:
                stop = live.pop(d, 0)
                k = d - base
                if RESULT[op]:
                    if not stop:
                        inst.d = -1
                    else:
                        masks[k] |= (1 << stop) - (4 << 2 * i)
                        uses[k].append((i + 1, ANYDEF))
                        weight[k] += freq
                else:
                    masks[k] |= (1 << (stop or 2 * i + 2)) - (2 << 2 * i)
                    uses[k].append((i, DEF))
                    weight[k] += freq
            if CALLS[op]:
                calls |= 2 << 2 * i
            elif FIXED[op] and (op not in _SHIFTS or len(u) > 1):
                for name in OPS[op].clobbers:
                    fixed_bits.setdefault(name, []).append(2 * i + 1)
            if not u:
                continue
            if SIMPLE[op] or inst.fix is not None:
                kind = REG if inst.fix is None else ANY
                for v in reversed(u):
                    if v >= 0:
                        uses[v - base].append((i, kind))
                        weight[v - base] += freq
                        if v not in live:
                            live[v] = 2 * i + 1
                continue
            if COMMUTES[op] and len(u) == 2 and inst.m is None and u[1] >= 0 and u[1] not in live:
                if u[0] >= 0 and u[0] in live:
                    u[0], u[1] = u[1], u[0]
            for k in range(len(u) - 1, -1, -1):
                v = u[k]
                if v < 0:
                    continue
                kind = demand(inst, k)
                uses[v - base].append((i, kind))
                weight[v - base] += freq
                if v not in live:
                    late = kind == LATE or (kind == MEM and (TIED[op] or LATE_OPS[op]))
                    live[v] = 2 * i + 2 if late else 2 * i + 1
        start = 2 * block.start
        for v in block.params:
            if v in live:
                uses[v - base].append((block.start, ANYDEF))
                weight[v - base] += freq
        if b == 0:
            for v, _ in mf.params:
                if v in live:
                    uses[v - base].append((block.start, ANYDEF))
                    weight[v - base] += freq
        for v, stop in live.items():
            masks[v - base] |= (1 << stop) - (1 << start)
    result.calls = calls
    for name, bits in sorted(fixed_bits.items()):
        result.fixed[name] = sum(1 << bit for bit in bits)
    return result
