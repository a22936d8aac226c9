"""Which values would like to share a register: hints, and bundles of values joined because their ranges do not meet.

    block parameters with their arguments, tied results with their operands: the hottest pairs first

A tied result that has a fixed register to go to is left alone where a three-operand form exists.  Commuting
operands are swapped when the other one is where the result wants to be.
"""

from __future__ import annotations

from compiler.machine.bundles import Bundle
from compiler.machine.function import FIRST_VIRTUAL
from compiler.machine.liveness import CALLS, COMMUTES, DEF, TIED
from compiler.machine.ops import CODE, OPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from compiler.machine.function import Inst, MachineFunction
    from compiler.machine.liveness import Ranges

PLACED = [bool(row.fixed or row.result) for row in OPS]  # ops with registers of their own
_THREE_OPERANDS = frozenset((CODE["add"], CODE["sub"]))


class Coalescer:
    """The state of one run."""

    def __init__(self, mf: MachineFunction, target: ModuleType, ranges: Ranges) -> None:
        self.mf = mf
        self.target = target
        self.ranges = ranges
        # By value minus 32: (other value minus 32, or ~physical register; how often a copy would run).
        self.neighbours: list[list[tuple[int, float]]] = [[] for _ in mf.classes]
        self.bundle_of: list[Bundle | None] = [None] * len(mf.classes)

    def run(self) -> tuple[list[Bundle], list[Bundle | None], list[list[tuple[int, float]]]]:
        """All bundles, the bundle of each value, and the neighbours of each value."""
        bundles = self._coalesce(self._copies())
        return bundles, self.bundle_of, self.neighbours

    def _copies(self) -> list[tuple[float, int, int]]:
        """Pairs of values that a copy would join, with how often it would run; notes hints on the way."""
        mf, target = self.mf, self.target
        pairs: list[tuple[float, int, int]] = []
        note, neighbours = self._note, self.neighbours
        registers = target.REGISTERS
        tied: list[tuple[float, int, Inst]] = []
        for value, reg in mf.params:
            note(value, ~reg, 1.0)
        for b in mf.order:
            block = mf.blocks[b]
            freq = block.freq
            for goal, args in block.succs:
                if not args:
                    continue
                for param, arg in zip(mf.blocks[goal].params, args, strict=True):
                    if arg >= 0 and self.ranges.live[param - FIRST_VIRTUAL]:
                        pairs.append((min(freq, mf.blocks[goal].freq), param, arg))
            i = block.start - 1
            for inst in block.body:
                i += 1
                fix = inst.fix
                if fix is not None:
                    for value, reg in zip(inst.u, fix, strict=True):
                        if value >= 0:
                            neighbours[value - FIRST_VIRTUAL].append((~reg, freq))
                    if inst.d >= 0 and CALLS[inst.op]:
                        cls = mf.classes[inst.d - FIRST_VIRTUAL]
                        note(inst.d, ~(target.FLOAT_RESULT if cls else target.INTEGER_RESULT), freq)
                    continue
                op = inst.op
                if TIED[op]:
                    tied.append((freq, i, inst))
                if not PLACED[op]:
                    continue
                row = OPS[op]
                for value, name in zip(inst.u, row.fixed, strict=False):
                    if name != "-" and value >= 0:
                        note(value, ~registers[name], freq)
                if row.result and inst.d >= 0:
                    note(inst.d, ~registers[row.result], freq)
        for freq, i, inst in tied:
            self._prefer(i, inst)
            if inst.u[0] >= 0:
                if inst.op in _THREE_OPERANDS and inst.m is None and self._fixed_hint(inst.d) >= 0:
                    # The result has a place to go, and a three-operand form gets it there.
                    self._note(inst.d, inst.u[0] - FIRST_VIRTUAL, 0.5 * freq)
                    self._note(inst.u[0], inst.d - FIRST_VIRTUAL, 0.5 * freq)
                else:
                    pairs.append((freq, inst.d, inst.u[0]))
        return pairs

    def _fixed_hint(self, value: int) -> int:
        """The physical register that a value comes from or goes to, or -1."""
        for other, _ in self.neighbours[value - FIRST_VIRTUAL]:
            if other < 0:
                return ~other
        return -1

    def _prefer(self, i: int, inst: Inst) -> None:
        """Swap commuting operands that both die when use 1 is where the result wants to be."""
        u = inst.u
        if not COMMUTES[inst.op] or inst.m is not None or len(u) != 2 or u[0] < 0 or u[1] < 0 or u[0] == u[1]:
            return
        wanted = self._fixed_hint(inst.d)
        live, uses = self.ranges.live, self.ranges.uses
        first, second = u[0] - FIRST_VIRTUAL, u[1] - FIRST_VIRTUAL
        if wanted < 0 or self._fixed_hint(u[1]) != wanted or live[second] & self.ranges.calls:
            return
        if self._fixed_hint(u[0]) == wanted and not live[first] & self.ranges.calls:
            return
        after = 1 << 2 * i + 1
        if live[first] & after or not live[second] & after or live[second] & after << 1:
            return
        at_first = [use for use in uses[first] if use[0] == i and use[1] < DEF]
        at_second = [use for use in uses[second] if use[0] == i and use[1] < DEF]
        if len(at_first) != 1 or len(at_second) != 1:
            return
        live[first] |= after
        live[second] ^= after
        uses[first][uses[first].index(at_first[0])] = at_second[0]
        uses[second][uses[second].index(at_second[0])] = at_first[0]
        u[0], u[1] = u[1], u[0]

    def _note(self, value: int, other: int, freq: float) -> None:
        self.neighbours[value - FIRST_VIRTUAL].append((other, freq))

    def _coalesce(self, pairs: list[tuple[float, int, int]]) -> list[Bundle]:
        live, weight, classes = self.ranges.live, self.ranges.weight, self.mf.classes
        # A group that is made of two is a number beyond the values; its values are collected at the end.
        mask, cost = list(live), list(weight)
        group = list(range(len(live)))
        halves: dict[int, tuple[int, int]] = {}

        def find(value: int) -> int:
            top = value
            while group[top] != top:
                top = group[top]
            while group[value] != top:
                group[value], value = top, group[value]
            return top

        pairs.sort(key=lambda pair: -pair[0])  # stable: program order among equals
        for freq, value, other in pairs:
            left, right = find(value - FIRST_VIRTUAL), find(other - FIRST_VIRTUAL)
            if left == right:
                continue
            cls = classes[value - FIRST_VIRTUAL]
            if mask[left] & mask[right] or cls != classes[other - FIRST_VIRTUAL]:
                self._note(value, other - FIRST_VIRTUAL, freq)
                self._note(other, value - FIRST_VIRTUAL, freq)
                continue
            merged = len(group)
            group.append(merged)
            group[left] = group[right] = merged
            halves[merged] = (left, right)
            mask.append(mask[left] | mask[right])
            cost.append(cost[left] + cost[right])
            mask[left] = mask[right] = 0
        bundles: list[Bundle] = []
        bundle_of = self.bundle_of
        for index, bits in enumerate(live):
            if not bits or bundle_of[index] is not None:
                continue
            top = group[index]
            if top == index:  # it was never joined
                bundles.append(Bundle([index], bits, classes[index], weight[index], 0, True))
                bundle_of[index] = bundles[-1]
                continue
            top = find(index)
            values: list[int] = []
            work = [top]
            while work:
                part = work.pop()
                if part in halves:
                    work.extend(reversed(halves[part]))
                else:
                    values.append(part)
            bundle = Bundle(values, mask[top], classes[index], cost[top], 0, True)
            bundles.append(bundle)
            for value in values:
                bundle_of[value] = bundle
        return bundles
