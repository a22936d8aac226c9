"""From an allocation to instructions over physical registers: operands, copies, stores and reloads.

Four groups of parallel copies may stand before an instruction, in this order: what arrives over edges, what
moves between the parts of split values (and results out of fixed registers), what leaves over the edge, what the
instruction itself demands (fixed registers and the tied operand).
A value with a frame slot is stored once after its definition, or wherever it moves to the slot, whichever
runs less often: the slot is valid from then on, for a value never changes.
"""

from __future__ import annotations

from compiler.machine import copies, shrink
from compiler.machine.copies import VECTORS
from compiler.machine.function import FIRST_VIRTUAL, Inst
from compiler.machine.liveness import ANYDEF, DEF, FIXED, RESULT, TIED
from compiler.machine.ops import CODE, OPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from compiler.machine.bundles import Allocation, Bundle
    from compiler.machine.copies import Move
    from compiler.machine.function import MachineFunction

    Groups = dict[int, list[Move]]

_ADD, _SUB, _SHL, _LEA, _MOV, _MOVI, _ZERO = (
    CODE[name] for name in ("add", "sub", "shl", "lea", "mov", "movi", "zero")
)
_CMP, _CMPM = CODE["cmp"], CODE["cmpm"]
_ALWAYS = 1e30  # a store that must rather follow the definition
_READS = [row.flags == "reads" for row in OPS]
_SETS = [row.flags in ("sets", "clobbers") for row in OPS]


# By target: of ops whose result has a fixed register, that register or -1; of ops with such uses, theirs or -1.
_REGISTERS: dict[str, tuple[dict[int, int], dict[int, list[int]]]] = {}


def _registers(target: ModuleType) -> tuple[dict[int, int], dict[int, list[int]]]:
    results = {row.code: target.REGISTERS[row.result] if row.result else -1 for row in OPS if RESULT[row.code]}
    uses = {row.code: [target.REGISTERS[name] if name != "-" else -1 for name in row.fixed] for row in OPS if row.fixed}
    return results, uses


class Record:
    """What every instruction of every block meant: `steps[block]` for `checker.py`.

    A step is (instruction, copy (to, from) or None, [(value, place)] read, (value, place) written or None).
    """

    __slots__ = ("args", "params", "steps")

    def __init__(self) -> None:
        self.steps: dict[int, list[tuple[Inst, Move | None, list[tuple[int, int]], tuple[int, int] | None]]] = {}
        self.params: list[list[int]] = []
        self.args: list[list[tuple[int, list[int]]]] = []


def apply(mf: MachineFunction, allocation: Allocation, target: ModuleType, *, record: bool) -> Record | None:
    """Rewrite the function in place."""
    return _Rewriter(mf, allocation, target, record).run()


class _Rewriter:
    def __init__(self, mf: MachineFunction, allocation: Allocation, target: ModuleType, record: bool) -> None:
        self.mf = mf
        self.allocation = allocation
        self.place = allocation.place
        self.target = target
        self.record = Record() if record else None
        self.arriving: Groups = {}
        self.moving: Groups = {}
        self.leaving: Groups = {}
        if target.__name__ not in _REGISTERS:
            _REGISTERS[target.__name__] = _registers(target)
        self.result_reg, self.fixed_regs = _REGISTERS[target.__name__]

    def run(self) -> Record | None:
        mf = self.mf
        self._entry()
        self._edges()
        if self.allocation.parts:
            self._split_values()
        if self.record is not None:
            self.record.params = [list(block.params) for block in mf.blocks]
            self.record.args = [[(goal, list(args)) for goal, args in block.succs] for block in mf.blocks]
        for b in mf.order:
            self._block(b)
        for block in mf.blocks:
            block.params = []
            for _, args in block.succs:
                if args:
                    block.succs = [(goal, []) for goal, _ in block.succs]
                    break
        mf.frame_calls = self.allocation.ranges.calls != 0
        mf.stage = "allocated"
        shrink.settle(mf, self.target)
        return self.record

    def _alive(self, value: int) -> bool:
        return self.allocation.ranges.live[value - FIRST_VIRTUAL] != 0

    # Where copies are.

    def _entry(self) -> None:
        mf = self.mf
        start = mf.blocks[0].start
        moves = [(self.place(value, 2 * start), reg) for value, reg in mf.params if self._alive(value)]
        if moves:
            self.arriving[start] = moves

    def _edges(self) -> None:
        mf = self.mf
        for b in mf.order:
            block = mf.blocks[b]
            bit = 2 * (block.end - 1)
            for goal, args in block.succs:
                if not args:
                    continue
                moves = self._edge_group(b, goal)
                start = 2 * mf.blocks[goal].start
                for param, arg in zip(mf.blocks[goal].params, args, strict=True):
                    if self._alive(param):
                        moves.append((self.place(param, start), arg if arg < 0 else self.place(arg, bit)))

    def _edge_group(self, b: int, goal: int) -> list[Move]:
        block = self.mf.blocks[b]
        if len(block.succs) == 1:
            return self.leaving.setdefault(block.end - 1, [])
        return self.arriving.setdefault(self.mf.blocks[goal].start, [])

    def _split_values(self) -> None:
        """Copies between the parts of split values, and the cheapest stores that make their slots valid."""
        allocation, mf = self.allocation, self.mf
        parts = {index: found for index, found in allocation.parts.items() if allocation.home[index] < 0}
        starts = {2 * mf.blocks[b].start: b for b in mf.order}
        stores: dict[int, list[tuple[float, list[Move], Move]]] = {index: [] for index in parts}
        for b in mf.order:
            block = mf.blocks[b]
            for goal, _ in block.succs:
                freq = min(block.freq, mf.blocks[goal].freq)
                for value in sorted(allocation.ranges.live_in[goal]):
                    index = value - FIRST_VIRTUAL
                    if index in parts:
                        source = self.place(value, 2 * block.end - 1)
                        to = self.place(value, 2 * mf.blocks[goal].start)
                        if source != to:
                            group = self._edge_group(b, goal)
                            if to >= FIRST_VIRTUAL:
                                stores[index].append((freq, group, (to, source)))
                            else:
                                group.append((to, source))
        for index, found in parts.items():
            self._inside_blocks(index, found, starts, stores[index])
        definitions = self._definitions(parts)
        for index in parts:
            wanted = stores[index]
            if not wanted:
                continue
            freq, group, source = definitions[index]
            slot = allocation.frame_slot(index)
            if source == slot:
                continue
            if freq <= sum(cost for cost, _, _ in wanted):
                group.append((slot, source))
            else:
                for _, moves, move in wanted:
                    moves.append(move)

    def _inside_blocks(
        self,
        index: int,
        parts: list[Bundle],
        starts: dict[int, int],
        stores: list[tuple[float, list[Move], Move]],
    ) -> None:
        live = self.allocation.ranges.live[index]
        value = index + FIRST_VIRTUAL
        definition = {
            2 * position + (1 if kind == DEF else 0)
            for position, kind in self.allocation.ranges.uses[index]
            if kind in (DEF, ANYDEF)
        }
        for part in parts:
            mask = part.mask & live
            heads = mask & ~(mask << 1)
            while heads:
                low = heads & -heads
                bit = low.bit_length() - 1
                heads ^= low
                if bit in starts or bit in definition or not live >> (bit - 1) & 1:
                    continue
                assert not bit & 1, "a part begins where an instruction reads"
                self.moving.setdefault(bit >> 1, []).append((part.reg, self.place(value, bit - 1)))
            tails = mask & ~(mask >> 1) & live >> 1
            while tails:
                low = tails & -tails
                bit = low.bit_length() - 1
                tails ^= low
                if bit + 1 in starts:
                    continue
                to = self.place(value, bit + 1)
                if to < FIRST_VIRTUAL:
                    continue
                source = part.reg
                first = (~mask & (1 << bit) - 1).bit_length()  # where this stay in the register began
                if first not in starts and first not in definition:
                    before = self.place(value, first - 1)
                    if before >= FIRST_VIRTUAL:
                        continue  # it came from the slot
                    if first == bit:
                        source = before  # the same group of copies brings it here
                cost = _ALWAYS if first == bit and first in definition and first not in starts else 0.0
                position = (bit + 1) >> 1
                group = self.moving.setdefault(position, [])
                stores.append((cost + self._freq(position), group, (to, source)))

    def _freq(self, position: int) -> float:
        return self.mf.blocks[self.allocation.block_at(position)].freq

    def _definitions(self, parts: dict[int, list[Bundle]]) -> dict[int, tuple[float, list[Move], int]]:
        """Frequency, copy group after it, and place of each split value's definition."""
        mf, moving = self.mf, self.moving
        found: dict[int, tuple[float, list[Move], int]] = {}
        values = {index + FIRST_VIRTUAL for index in parts}
        for value, _ in mf.params:
            if value - FIRST_VIRTUAL in parts:
                start = mf.blocks[0].start
                found[value - FIRST_VIRTUAL] = (1.0, moving.setdefault(start, []), self.place(value, 2 * start))
        for b in mf.order:
            block = mf.blocks[b]
            for value in block.params:
                if value - FIRST_VIRTUAL in parts:
                    group = moving.setdefault(block.start, [])
                    found[value - FIRST_VIRTUAL] = (block.freq, group, self.place(value, 2 * block.start))
            for i, inst in enumerate(block.body, block.start):
                value = inst.d
                if value in values:
                    group = moving.setdefault(i + 1, [])
                    if RESULT[inst.op]:
                        home = self.place(value, 2 * i + 2)
                        source = home if home >= FIRST_VIRTUAL else self._result(inst)
                    else:
                        source = self.place(value, 2 * i + 1)
                    found[value - FIRST_VIRTUAL] = (block.freq, group, source)
        return found

    def _result(self, inst: Inst) -> int:
        reg = self.result_reg[inst.op]
        if reg >= 0:
            return reg
        cls = self.mf.classes[inst.d - FIRST_VIRTUAL]
        return int(self.target.FLOAT_RESULT if cls else self.target.INTEGER_RESULT)

    # Instructions.

    def _block(self, b: int) -> None:
        mf = self.mf
        block = mf.blocks[b]
        out: list[Inst] = []
        steps = self.record.steps.setdefault(b, []) if self.record is not None else None
        arriving, moving, leaving = self.arriving, self.moving, self.leaving
        place = self.place
        scratch, consts = self.target.SCRATCH, mf.consts

        def copy(moves: list[Move]) -> None:
            if len(moves) == 1 and steps is None:  # most are one move between general registers
                to, source = moves[0]
                if to < VECTORS and 0 <= source < VECTORS:
                    if to != source:
                        out.append(Inst(_MOV, to, [source]))
                    return
            for made, to, source in copies.sequence(moves, consts, scratch):
                out.append(made)
                if steps is not None:
                    steps.append((made, (to, source), [], None))

        moves = arriving.get(block.start)
        if moves:
            copy(moves)
        i = block.start - 1
        last = block.end - 1
        home = self.allocation.home
        demanded: list[Move] = []
        for inst in block.body:
            i += 1
            moves = moving.get(i)
            if moves:
                copy(moves)
            if i == last:
                moves = leaving.get(i)
                if moves:
                    copy(moves)
            op = inst.op
            bit = 2 * i
            before = (inst.d, list(inst.u)) if steps is not None else None
            u = inst.u
            fix = inst.fix
            if fix is not None:
                for value, reg in zip(u, fix, strict=True):
                    source = value if value < 0 else place(value, bit)
                    if source != reg:
                        demanded.append((reg, source))
                u[:] = fix
            elif FIXED[op]:
                fixed = self.fixed_regs[op]
                for k, value in enumerate(u):
                    source = value if value < 0 else place(value, bit)
                    if k < len(fixed) and fixed[k] >= 0:
                        demanded.append((fixed[k], source))
                        u[k] = fixed[k]
                    else:
                        u[k] = source
            else:
                for k, value in enumerate(u):
                    if value >= 0:
                        found = home[value - FIRST_VIRTUAL]
                        u[k] = found if found >= 0 else place(value, bit)
            d = inst.d
            if d >= 0:
                if RESULT[op]:
                    reg = inst.d = self._result(inst)
                    to = place(d, bit + 2)
                    if to != reg:
                        moving.setdefault(i + 1, []).append((to, reg))
                else:
                    found = home[d - FIRST_VIRTUAL]
                    inst.d = found if found >= 0 else place(d, bit + 1)
            if TIED[op]:
                self._tie(inst, demanded)
            elif u and inst.m is None and u[-1] >= FIRST_VIRTUAL:
                inst.m = copies.slot_memory(u.pop())
                if op == _CMP and inst.imm is not None:
                    inst.op = _CMPM
            if demanded:
                copy(demanded)
                demanded.clear()
            out.append(inst)
            if steps is not None and before is not None:
                self._note(steps, inst, before)
        _shorten(out)
        block.body = out

    def _tie(self, inst: Inst, demanded: list[Move]) -> None:
        """Bring use 0 into the result's register, or find a three-operand form."""
        u, d, op = inst.u, inst.d, inst.op
        source = u[0]
        if source == d:
            if len(u) > 1 and u[-1] >= FIRST_VIRTUAL and inst.m is None:
                inst.m = copies.slot_memory(u.pop())
            return
        # A count is in its own register by now, which may be the one that the value is in until then.
        same = len(u) > 1 and u[1] == source and inst.m is None and not FIXED[op]
        if 0 <= source < FIRST_VIRTUAL and inst.m is None:
            if op == _ADD and len(u) == 1:
                inst.op, inst.m, inst.imm = _LEA, (1, 0, 1, inst.imm, None), None
                return
            if op == _ADD and 0 <= u[1] < FIRST_VIRTUAL:
                inst.op, inst.m = _LEA, (1, 1, 1, 0, None)
                return
            if op == _SUB and len(u) == 1 and inst.imm != -(1 << 31):
                inst.op, inst.m, inst.imm = _LEA, (1, 0, 1, -inst.imm, None), None
                return
            if op == _SHL and len(u) == 1 and inst.imm == 1:
                inst.op, inst.m, inst.imm = _LEA, (1, 1, 1, 0, None), None
                u.append(source)
                return
            if op == _SHL and len(u) == 1 and inst.imm in (2, 3):
                inst.op, inst.m, inst.imm = _LEA, (0, 1, 1 << inst.imm, 0, None), None
                return
        demanded.append((d, source))
        u[0] = d
        if same:
            u[1] = d
        elif len(u) > 1 and u[-1] >= FIRST_VIRTUAL and inst.m is None:
            inst.m = copies.slot_memory(u.pop())

    def _note(
        self,
        steps: list[tuple[Inst, Move | None, list[tuple[int, int]], tuple[int, int] | None]],
        inst: Inst,
        before: tuple[int, list[int]],
    ) -> None:
        d, values = before
        places = list(inst.u)
        if len(places) < len(values):  # the last plain use became the memory operand
            assert inst.m is not None and isinstance(inst.m[4], int)
            places.append(inst.m[4] + FIRST_VIRTUAL)
        written = (d, inst.d) if d >= 0 else None
        steps.append((inst, None, list(zip(values, places, strict=False)), written))


def _shorten(body: list[Inst]) -> None:
    """Zero by xor wherever nobody waits for the flags."""
    waiting = False
    for inst in reversed(body):
        op = inst.op
        if op == _MOVI and inst.imm == 0 and not waiting:
            inst.op, inst.imm = _ZERO, None
        elif _READS[op]:
            waiting = True
        elif _SETS[op]:
            waiting = False
