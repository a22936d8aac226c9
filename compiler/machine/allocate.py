"""Register allocation: bundles of live ranges, coloured by weight, split when they do not fit.

    coalesce      block parameters with their arguments and tied results with their operands, hottest first,
                  when their ranges do not collide: the bundle gets one register and no copy
    colour        heaviest bundle first, in the register its neighbours hint at; a lighter one may be evicted
    split         into values, then hot and cold parts, then loops, then clusters of uses between calls, then
                  single uses; what is left lives in the frame

A split between hot and cold keeps a value in a caller-saved register on the hot path and saves it only around the
cold call.  Interference is one `&` of bit masks (`liveness.py`).  Copies are placed by `rewrite.py`.
Knows no instruction by name and no register but through `target`.
Source: bundles and splitting after regalloc2 (bytecodealliance); weights after Chow and Hennessy 1990.
"""

from __future__ import annotations

from heapq import heappop, heappush

from compiler.machine import rewrite, shrink
from compiler.machine.function import FIRST_VIRTUAL
from compiler.machine.liveness import ANY, CALLS, COMMUTES, DEF, LATE, MEM, REG, TIED, ranges
from compiler.machine.ops import CODE, OPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from compiler.machine.function import Inst, MachineFunction
    from compiler.machine.liveness import Ranges

_NEVER_SPILL = 1e30
_THREE_OPERANDS = frozenset((CODE["add"], CODE["sub"]))
_FRESH_SAVED = 2.0  # a push and a pop


class Bundle:
    """Values (or part of one value) that want one register."""

    __slots__ = ("cls", "cost", "mask", "reg", "stage", "values", "weight", "whole")

    def __init__(self, values: list[int], mask: int, cls: int, cost: float, stage: int, whole: bool) -> None:
        self.values = values
        self.mask = mask
        self.cls = cls
        self.cost = cost  # what it costs to keep all of it in memory
        self.weight = cost / (mask.bit_count() + 4)
        self.stage = stage
        self.whole = whole  # covers the whole live range of its values
        self.reg = -1


class Allocation:
    """Where values live: `home` when it is one place for life, else `parts`, else the frame slot."""

    __slots__ = ("home", "mf", "parts", "ranges", "slot", "slot_masks", "used")

    def __init__(self, mf: MachineFunction, ranges: Ranges) -> None:
        count = len(mf.classes)
        self.mf = mf
        self.ranges = ranges
        self.home: list[int] = [-1] * count  # by value minus 32: register, or 32 + slot
        self.parts: dict[int, list[Bundle]] = {}
        self.slot: dict[int, int] = {}
        self.slot_masks: dict[int, int] = {}
        self.used: set[int] = set()

    def place(self, value: int, bit: int) -> int:
        """The register (below 32) or frame slot (32 + slot) of a value at a moment."""
        index = value - FIRST_VIRTUAL
        home = self.home[index]
        if home >= 0:
            return home
        for part in self.parts.get(index, ()):
            if part.mask >> bit & 1:
                return part.reg
        return self.frame_slot(index)

    def frame_slot(self, index: int) -> int:
        """The slot of a value; values whose lives do not meet share one."""
        found = self.slot.get(index)
        if found is not None:
            return found
        live = self.ranges.live[index]
        slot = next((slot for slot, mask in self.slot_masks.items() if not mask & live), -1)
        if slot < 0:
            slot = len(self.mf.slots)
            self.mf.slots.append(8)
            self.slot_masks[slot] = 0
        self.slot_masks[slot] |= live
        self.slot[index] = slot + FIRST_VIRTUAL
        return slot + FIRST_VIRTUAL


def allocate(mf: MachineFunction, target: ModuleType, *, record: bool = False) -> rewrite.Record | None:
    """Replace virtual registers by physical ones and frame slots, in place.

    With `record` the result says what every operand meant, for `checker.py`.
    """
    assert mf.stage == "selected", mf.stage
    allocator = _Allocator(mf, target)
    allocator.run()
    return rewrite.apply(mf, allocator.allocation, target, record=record)


class _Allocator:
    """The state of one run."""

    def __init__(self, mf: MachineFunction, target: ModuleType) -> None:
        self.mf = mf
        self.target = target
        self.ranges = ranges(mf)
        self.allocation = Allocation(mf, self.ranges)
        self.occupied: list[int] = [0] * 32
        for reg in (*target.CALLER_SAVED, *target.ALLOCATABLE[1]):
            self.occupied[reg] = self.ranges.calls
        for name, mask in self.ranges.fixed.items():
            self.occupied[target.REGISTERS[name]] |= mask
        # Before the frame there are no callee-saved registers.
        self.early_bits = 0
        mf.prologue = shrink.late_entry(mf)
        for b in shrink.early_blocks(mf):
            self.early_bits |= (1 << 2 * mf.blocks[b].end) - (1 << 2 * mf.blocks[b].start)
        for reg in target.CALLEE_SAVED:
            self.occupied[reg] |= self.early_bits
        self.fixed = list(self.occupied)
        self.assigned: list[list[Bundle]] = [[] for _ in range(32)]
        self.neighbours: list[list[tuple[int, float]]] = [[] for _ in mf.classes]  # virtual index, or ~physical
        self.bundle_of: list[Bundle | None] = [None] * len(mf.classes)
        self.queue: list[tuple[float, int, Bundle]] = []
        self.pushed = 0
        self.callee_saved = frozenset(target.CALLEE_SAVED)
        self.saved_used: set[int] = set()
        self.cold_bits = 0
        for b in mf.order:
            block = mf.blocks[b]
            if block.cold:
                self.cold_bits |= (1 << 2 * block.end) - (1 << 2 * block.start)

    def run(self) -> None:
        for bundle in self._coalesce(self._copies()):
            self._push(bundle)
        while self.queue:
            self._place(heappop(self.queue)[2])
        self.mf.saved = [reg for reg in self.target.CALLEE_SAVED if reg in self.allocation.used]

    # Preparation.

    def _copies(self) -> list[tuple[float, int, int]]:
        """Pairs of values that a copy would join, with how often it would run; notes hints on the way."""
        mf, target = self.mf, self.target
        pairs: list[tuple[float, int, int]] = []
        note = self._note
        registers = target.REGISTERS
        tied: list[tuple[float, int, Inst]] = []
        for value, reg in mf.params:
            note(value, ~reg, 1.0)
        for b in mf.order:
            block = mf.blocks[b]
            freq = block.freq
            for goal, args in block.succs:
                for param, arg in zip(mf.blocks[goal].params, args, strict=True):
                    if arg >= 0 and self.ranges.live[param - FIRST_VIRTUAL]:
                        pairs.append((min(freq, mf.blocks[goal].freq), param, arg))
            for i, inst in enumerate(block.body, block.start):
                if inst.fix is not None:
                    for value, reg in zip(inst.u, inst.fix, strict=True):
                        if value >= 0:
                            note(value, ~reg, freq)
                    if CALLS[inst.op] and inst.d >= 0:
                        cls = mf.classes[inst.d - FIRST_VIRTUAL]
                        note(inst.d, ~(target.FLOAT_RESULT if cls else target.INTEGER_RESULT), freq)
                    continue
                if TIED[inst.op]:
                    tied.append((freq, i, inst))
                row = OPS[inst.op]
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
        live, weight = self.ranges.live, self.ranges.weight
        bundles: list[Bundle] = []
        bundle_of = self.bundle_of
        for index, mask in enumerate(live):
            if mask:
                bundle_of[index] = Bundle([index], mask, self.mf.classes[index], weight[index], 0, True)
        pairs.sort(key=lambda pair: -pair[0])  # stable: program order among equals
        for freq, value, other in pairs:
            left, right = bundle_of[value - FIRST_VIRTUAL], bundle_of[other - FIRST_VIRTUAL]
            assert left is not None and right is not None
            if left is right:
                continue
            if left.mask & right.mask or left.cls != right.cls:
                self._note(value, other - FIRST_VIRTUAL, freq)
                self._note(other, value - FIRST_VIRTUAL, freq)
                continue
            merged = Bundle(
                left.values + right.values, left.mask | right.mask, left.cls, left.cost + right.cost, 0, True
            )
            for index in merged.values:
                bundle_of[index] = merged
        seen: set[int] = set()
        for bundle in bundle_of:
            if bundle is not None and id(bundle) not in seen:
                seen.add(id(bundle))
                bundles.append(bundle)
        return bundles

    # Colouring.

    def _push(self, bundle: Bundle) -> None:
        heappush(self.queue, (-bundle.weight, self.pushed, bundle))
        self.pushed += 1

    def _hints(self, bundle: Bundle) -> dict[int, float]:
        hints: dict[int, float] = {}
        for index in bundle.values:
            if not bundle.whole:
                for part in self.allocation.parts[index]:
                    if part.reg >= 0:
                        hints[part.reg] = hints.get(part.reg, 0.0) + 0.5
            for other, freq in self.neighbours[index]:
                if other < 0:
                    reg = ~other
                else:
                    holder = self.bundle_of[other]
                    reg = holder.reg if holder is not None else -1
                if reg >= 0:
                    hints[reg] = hints.get(reg, 0.0) + freq
        return hints

    def _place(self, bundle: Bundle) -> None:
        """Give a bundle a register, or evict lighter ones, or split it."""
        mask = bundle.mask
        occupied = self.occupied
        hints = self._hints(bundle)
        best, best_score, fresh = -1, -1.0, -1
        for reg in self.target.ALLOCATABLE[bundle.cls]:
            if occupied[reg] & mask:
                continue
            if reg in self.callee_saved and reg not in self.saved_used:
                if fresh < 0:
                    fresh = reg
                continue
            score = hints.get(reg, 0.0)
            if score > best_score:
                best, best_score = reg, score
        if best >= 0:
            self._assign(bundle, best)
            return
        splittable = bundle.weight < _NEVER_SPILL and (bundle.stage < 4 or len(bundle.values) > 1)
        if splittable and bundle.mask & self.early_bits and bundle.mask & ~self.early_bits:
            self._split_early(bundle)
            return
        if splittable and self._cold_only_in_the_way(bundle):
            self._split_hot(bundle)
            return
        if fresh >= 0:
            if bundle.cost > _FRESH_SAVED - 0.5 or not splittable:
                self._assign(bundle, fresh)
            else:
                self._split(bundle)
            return
        if self._evict(bundle):
            return
        if not splittable:
            raise AssertionError(f"{self.mf.name}: no register for a single use of v{bundle.values[0] + 32}")
        self._split(bundle)

    def _cold_only_in_the_way(self, bundle: Bundle) -> bool:
        """Whether the hot part of a bundle that crosses a cold call fits a register in use anyway."""
        if bundle.stage > 0 or not bundle.mask & self.cold_bits:
            return False
        hot = bundle.mask & ~self.cold_bits
        return hot != 0 and any(
            not self.occupied[reg] & hot
            for reg in self.target.ALLOCATABLE[bundle.cls]
            if reg not in self.callee_saved or reg in self.saved_used
        )

    def _assign(self, bundle: Bundle, reg: int) -> None:
        bundle.reg = reg
        self.occupied[reg] |= bundle.mask
        self.assigned[reg].append(bundle)
        self.allocation.used.add(reg)
        if reg in self.callee_saved:
            self.saved_used.add(reg)
        if bundle.whole:
            for index in bundle.values:
                self.allocation.home[index] = reg

    def _evict(self, bundle: Bundle) -> bool:
        """Take the register whose colliding bundles are all lighter, the lightest such."""
        mask, best, best_weight = bundle.mask, -1, bundle.weight
        for reg in self.target.ALLOCATABLE[bundle.cls]:
            if self.fixed[reg] & mask:
                continue
            heaviest = 0.0
            for other in self.assigned[reg]:
                if other.mask & mask and other.weight > heaviest:
                    heaviest = other.weight
                    if heaviest >= best_weight:
                        break
            if heaviest < best_weight:
                best, best_weight = reg, heaviest
        if best < 0:
            return False
        keep: list[Bundle] = []
        for other in self.assigned[best]:
            if other.mask & mask:
                self.occupied[best] ^= other.mask
                other.reg = -1
                if other.whole:
                    for index in other.values:
                        self.allocation.home[index] = -1
                self._push(other)
            else:
                keep.append(other)
        self.assigned[best] = keep
        self._assign(bundle, best)
        return True

    # Splitting.

    def _forget(self, bundle: Bundle) -> None:
        """Take a bundle out of its values' parts."""
        for index in bundle.values:
            parts = self.allocation.parts.setdefault(index, [])
            if bundle in parts:
                parts.remove(bundle)
            self.bundle_of[index] = None

    def _enter(self, part: Bundle) -> None:
        """Queue a part of values that are split."""
        for index in part.values:
            self.allocation.parts[index].append(part)
        self._push(part)

    def _split_early(self, bundle: Bundle) -> None:
        """Part what is before the frame from what is behind its beginning."""
        self._forget(bundle)
        parts = [bundle.mask & ~self.early_bits, bundle.mask & self.early_bits]
        for mask in parts:
            cost = sum(self._cost(index, mask & self.ranges.live[index], bundle.stage) for index in bundle.values)
            values = [index for index in bundle.values if mask & self.ranges.live[index]]
            if cost > 0.0:
                if mask is parts[0]:
                    cost += 1.0  # to be stored where the frame begins
                part = Bundle(values, mask, bundle.cls, cost, bundle.stage, False)
                for index in values:
                    self.bundle_of[index] = part
                self._enter(part)

    def _split_hot(self, bundle: Bundle) -> None:
        """Keep the values of a bundle together where it is hot; each is on its own in cold blocks."""
        self._forget(bundle)
        hot = Bundle(bundle.values, bundle.mask & ~self.cold_bits, bundle.cls, bundle.cost, 1, False)
        for index in bundle.values:
            self.bundle_of[index] = hot
        self._enter(hot)
        for index in bundle.values:
            for _, mask in self._block_masks(bundle.mask & self.ranges.live[index] & self.cold_bits):
                cost = self._cost(index, mask, 1)
                if cost > 0.0:
                    self._enter(Bundle([index], mask, bundle.cls, cost, 1, False))

    def _split(self, bundle: Bundle) -> None:
        if len(bundle.values) > 1:
            self._split_values(bundle)
            return
        index = bundle.values[0]
        self._forget(bundle)
        stage = bundle.stage
        masks = [bundle.mask]
        while stage < 4:
            masks = (self._hot_and_cold, self._by_loop, self._by_cluster, self._by_use)[stage](index, bundle.mask)
            stage += 1
            if masks != [bundle.mask]:
                break
        for mask in masks:
            cost = self._cost(index, mask, stage)
            if cost <= 0.0 or not mask:
                continue
            part = Bundle([index], mask, bundle.cls, cost, stage, False)
            if stage == 4:
                part.weight = _NEVER_SPILL
            self._enter(part)

    def _split_values(self, bundle: Bundle) -> None:
        """Give every value of a bundle its own, with hints to stay together."""
        if not bundle.whole:
            self._forget(bundle)
        for index in bundle.values:
            mask = bundle.mask & self.ranges.live[index]
            cost = self.ranges.weight[index] if bundle.whole else self._cost(index, mask, bundle.stage)
            own = Bundle([index], mask, bundle.cls, cost, bundle.stage, bundle.whole)
            self.bundle_of[index] = own
            if bundle.whole:
                self._push(own)
            elif cost > 0.0 and mask:
                self._enter(own)
        for left, right in zip(bundle.values, bundle.values[1:], strict=False):
            self.neighbours[left].append((right, 1.0))
            self.neighbours[right].append((left, 1.0))

    def _cost(self, index: int, mask: int, stage: int) -> float:
        """What keeping this part in memory costs: 0 when nothing in it wants a register."""
        cost = 0.0
        wanted = False
        for position, kind in self.ranges.uses[index]:
            bit = 2 * position + 1 if kind == DEF else 2 * position
            if mask >> bit & 1:
                if kind in (REG, LATE, DEF):
                    wanted = True
                    cost += self._freq(position)
                elif kind == MEM:
                    wanted = wanted or stage < 4
                    cost += 0.75 * self._freq(position)
                elif stage < 3:
                    wanted = True
                    cost += 0.75 * self._freq(position)
        return cost if wanted else 0.0

    def _freq(self, position: int) -> float:
        order, blocks = self.mf.order, self.mf.blocks
        low, high = 0, len(order) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if blocks[order[middle]].start <= position:
                low = middle
            else:
                high = middle - 1
        return blocks[order[low]].freq

    def _block_masks(self, mask: int) -> list[tuple[int, int]]:
        """(block, part of the mask in it), in layout order."""
        found: list[tuple[int, int]] = []
        for b in self.mf.order:
            block = self.mf.blocks[b]
            part = mask & ((1 << 2 * block.end) - (1 << 2 * block.start))
            if part:
                found.append((b, part))
        return found

    def _hot_and_cold(self, _index: int, mask: int) -> list[int]:
        hot = mask & ~self.cold_bits
        masks = [hot] if hot else []
        if mask != hot:
            masks.extend(part for _, part in self._block_masks(mask & self.cold_bits))
        return masks

    def _by_loop(self, _index: int, mask: int) -> list[int]:
        """One part for each innermost loop, one for what is in none."""
        groups: dict[int, int] = {}
        for b, part in self._block_masks(mask):
            loop = self.mf.blocks[b].loop
            groups[loop] = groups.get(loop, 0) | part
        return list(groups.values())

    def _by_cluster(self, index: int, mask: int) -> list[int]:
        """In each block, from the first use to the last one with no call between."""
        calls = self.ranges.calls
        positions = sorted(
            {
                2 * position + 1 if kind == DEF else 2 * position
                for position, kind in self.ranges.uses[index]
                if kind != ANY
            }
        )
        masks: list[int] = []
        for _, part in self._block_masks(mask):
            bits = [bit for bit in positions if part >> bit & 1]
            k = 0
            while k < len(bits):
                first = bits[k]
                last = first
                while k + 1 < len(bits) and not calls & ((1 << bits[k + 1]) - (1 << first)):
                    k += 1
                    last = bits[k]
                k += 1
                late = last + 1 if not last & 1 and part >> last + 1 & 1 and self._late(index, last // 2) else last
                masks.append(((1 << late + 1) - (1 << first)) & part)
        return masks

    def _late(self, index: int, position: int) -> bool:
        return any(p == position and kind in (LATE, MEM) for p, kind in self.ranges.uses[index])

    def _by_use(self, index: int, mask: int) -> list[int]:
        """The single moments at which a register is a must."""
        bits: dict[int, int] = {}
        for position, kind in self.ranges.uses[index]:
            if kind in (REG, LATE):
                wanted = 3 if kind == LATE else 1
            elif kind == DEF:
                wanted = 2
            else:
                continue
            wanted = wanted << 2 * position & mask
            if wanted:
                bits[position] = bits.get(position, 0) | wanted
        return [bits[position] for position in sorted(bits)]
