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
from compiler.machine.bundles import Allocation, Bundle
from compiler.machine.coalesce import Coalescer
from compiler.machine.liveness import ANY, DEF, LATE, MEM, REG, ranges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from compiler.machine.function import MachineFunction

_NEVER_SPILL = 1e30
_FRESH_SAVED = 2.0  # a push and a pop


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
        self.neighbours: list[list[tuple[int, float]]] = []
        self.bundle_of: list[Bundle | None] = []
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
        bundles, self.bundle_of, self.neighbours = Coalescer(self.mf, self.target, self.ranges).run()
        self.queue = [(-bundle.weight, number, bundle) for number, bundle in enumerate(bundles)]
        self.queue.sort()  # which makes it a heap
        self.pushed = len(bundles)
        while self.queue:
            self._place(heappop(self.queue)[2])
        self.mf.saved = [reg for reg in self.target.CALLEE_SAVED if reg in self.allocation.used]

    # Colouring.

    def _push(self, bundle: Bundle) -> None:
        heappush(self.queue, (-bundle.weight, self.pushed, bundle))
        self.pushed += 1

    def _hints(self, bundle: Bundle) -> dict[int, float]:
        hints: dict[int, float] = {}
        bundle_of = self.bundle_of
        for index in bundle.values:
            if not bundle.whole:
                for part in self.allocation.parts[index]:
                    if part.reg >= 0:
                        hints[part.reg] = hints.get(part.reg, 0.0) + 0.5
            for other, freq in self.neighbours[index]:
                if other < 0:
                    reg = ~other
                else:
                    holder = bundle_of[other]
                    reg = holder.reg if holder is not None else -1
                if reg >= 0:
                    hints[reg] = hints.get(reg, 0.0) + freq
        return hints

    def _place(self, bundle: Bundle) -> None:
        """Give a bundle a register, or evict lighter ones, or split it."""
        mask = bundle.mask
        occupied, callee_saved, saved_used = self.occupied, self.callee_saved, self.saved_used
        hints = self._hints(bundle)
        best, best_score, fresh = -1, -1.0, -1
        highest = max(hints.values()) if hints else 0.0
        for reg in self.target.ALLOCATABLE[bundle.cls]:
            if occupied[reg] & mask:
                continue
            if reg in callee_saved and reg not in saved_used:
                if fresh < 0:
                    fresh = reg
                continue
            score = hints.get(reg, 0.0)
            if score > best_score:
                best, best_score = reg, score
                if score >= highest:
                    break
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
        return self.mf.blocks[self.allocation.block_at(position)].freq

    def _block_masks(self, mask: int) -> list[tuple[int, int]]:
        """(block, part of the mask in it), in layout order."""
        found: list[tuple[int, int]] = []
        blocks, block_at = self.mf.blocks, self.allocation.block_at
        base = 0  # bits below were seen and shifted out
        while mask:
            skip = (mask & -mask).bit_length() - 1
            b = block_at(base + skip >> 1)
            end = 2 * blocks[b].end
            found.append((b, (mask & (1 << end - base) - 1) << base))
            mask >>= end - base
            base = end
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
