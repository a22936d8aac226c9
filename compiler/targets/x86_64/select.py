"""Instruction selection: LIR to MachineIR over virtual registers, bottom-up, one tree at a time.

Blocks are walked in postorder and each block from its end, so every use of a value is seen before the value: what
all uses folded away (constants, addresses, compares, loads) is never computed.  Instructions are therefore
made in reverse; `emit` takes one instruction, then the constants it needs before it.
This file has the frame of it: operands, addresses, folding.  What each op becomes is in `select_values.py`
and `select_flow.py`, one function a row of the LIR table.
"""

from __future__ import annotations

from compiler.ir.graph import postorder
from compiler.lir.ops import CODE as LIR
from compiler.lir.ops import OPS as LIR_OPS
from compiler.machine import cfg
from compiler.machine.function import GENERAL, VECTOR, Inst, MachineFunction
from compiler.machine.ops import CODE
from compiler.targets.x86_64 import target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compiler.ir.function import Function
    from compiler.machine.function import Mem

    Address = tuple[Mem, list[int]]

CONST, CONST_F64, ADDR, SLOT = LIR["const"], LIR["const.f64"], LIR["addr"], LIR["slot"]
ADD, SHL = LIR["add"], LIR["shl"]
WHOLE_LOADS = frozenset((LIR["load.i64"], LIR["load.ptr"]))
FLOAT_LOAD = LIR["load.f64"]
MOVI, MADDR, FLOAD, FZERO = CODE["movi"], CODE["addr"], CODE["fload"], CODE["fzero"]
_EFFECTS = [row.effect in ("writes", "calls") for row in LIR_OPS]
_DROPPABLE = [row.effect in ("", "reads") for row in LIR_OPS]

LOW, HIGH = -(1 << 31), (1 << 31) - 1


class Selector:
    """The state of selecting one function."""

    __slots__ = (
        "args",
        "epoch",
        "f",
        "gone",
        "home",
        "imm",
        "mblock",
        "mf",
        "needs",
        "op",
        "out",
        "pending",
        "place",
        "slots",
        "type",
        "uses",
        "virtual_of",
    )

    def __init__(self, f: Function) -> None:
        self.f = f
        self.op, self.args, self.imm, self.type = f.op, f.args, f.imm, f.type
        self.mf = MachineFunction(f.name)
        count = len(f.op)
        self.uses = [0] * count  # uses not folded away (yet)
        self.home = [-1] * count  # LIR block of a value
        self.epoch = [0] * count  # how many writes of its block come before a value
        self.virtual_of = [0] * count
        self.gone: set[int] = set()  # values folded into all their users
        self.slots: dict[int, int] = {}
        self.mblock = 0
        self.out: list[Inst] = []
        self.pending: list[Inst] = []
        self.place = 0

    # Emission, in reverse.

    def emit(self, op: int, d: int, u: list[int], imm: Any = None, m: Mem | None = None) -> Inst:
        """Put an instruction before everything emitted so far in this block."""
        inst = Inst(op, d, u, imm, m, None, self.place)
        self.out.append(inst)
        if self.pending:
            self.out.extend(self.pending)
            self.pending = []
        return inst

    # Operands.

    def reg(self, value: int) -> int:
        """A register that holds the value; constants are made just before the instruction."""
        found = self.virtual_of[value]
        if found:
            return found
        op = self.op[value]
        if op == CONST:
            return self._make(MOVI, GENERAL, self.imm[value], None)
        if op == CONST_F64:
            bits = self.imm[value]
            if bits == 0:
                return self._make(FZERO, VECTOR, None, None)
            return self._make(FLOAD, VECTOR, None, float_constant(bits))
        if op == ADDR:
            return self._make(MADDR, GENERAL, tuple(self.imm[value]), None)
        return self.virtual(value)

    def _make(self, op: int, cls: int, imm: Any, m: Mem | None) -> int:
        fresh = self.mf.virtual(cls)
        self.pending.append(Inst(op, fresh, [], imm, m, None, self.place))
        return fresh

    def free(self, value: int) -> int:
        """The value where it may be anywhere: a constant stays one."""
        found = self.virtual_of[value]
        if found:
            return found
        op = self.op[value]
        if op == CONST:
            return self.mf.const("i", self.imm[value])
        if op == CONST_F64:
            return self.mf.const("f", self.imm[value])
        if op == ADDR:
            return self.mf.const("a", *self.imm[value])
        return self.virtual(value)

    def virtual(self, value: int) -> int:
        found = self.virtual_of[value]
        if not found:
            found = self.virtual_of[value] = self.mf.virtual(VECTOR if self.type[value] == "f64" else GENERAL)
        return found

    def small(self, value: int) -> int | None:
        """The constant that fits a sign-extended 32-bit immediate, or None."""
        if self.op[value] == CONST:
            number: int = self.imm[value]
            if LOW <= number <= HIGH:
                return number
        return None

    def fold(self, value: int) -> None:
        """The value is computed inside its user: one use of it is gone, its operands are used there instead."""
        self.uses[value] -= 1
        if self.uses[value] == 0:
            self.gone.add(value)
        else:
            for arg in self.args[value]:
                self.uses[arg] += 1

    # Memory.

    def address(self, base: int, index: int | None, offset: int, scale: int) -> Address:
        """The memory operand for base + index * scale + offset, with what folds into it."""
        op, args, imm = self.op, self.args, self.imm
        while op[base] == ADD:
            left, right = args[base]
            number = self.small(right)
            if number is not None and LOW <= offset + number <= HIGH:
                self.fold(base)
                offset, base = offset + number, left
                continue
            number = self.small(left)
            if number is not None and LOW <= offset + number <= HIGH:
                self.fold(base)
                offset, base = offset + number, right
                continue
            if index is None and self.uses[base] == 1 and op[left] != SLOT and op[right] not in (SLOT, ADDR):
                self.fold(base)
                index, scale, base = right, 1, left
                if op[left] == SHL or op[left] == CONST:
                    index, base = base, index
            break
        while index is not None:
            if op[index] == CONST:
                number = imm[index] * scale
                if not LOW <= offset + number <= HIGH:
                    break
                offset += number
                index = None
            elif op[index] == ADD and (number := self.small(args[index][1])) is not None:
                if not LOW <= offset + number * scale <= HIGH:
                    break
                offset += number * scale
                self.fold(index)
                index = args[index][0]
            elif op[index] == SHL and (number := self.small(args[index][1])) is not None:
                if not 0 <= number <= 3 or scale << number > 8:
                    break
                scale <<= number
                self.fold(index)
                index = args[index][0]
            else:
                break
        symbol: str | int | None = None
        regs: list[int] = []
        has_base = 1
        if op[base] == SLOT:
            symbol, has_base = self.slot(base), 0
            self.uses[base] -= 1
        elif op[base] == ADDR and LOW <= offset + imm[base][1] <= HIGH:
            symbol, has_base = imm[base][0], 0
            offset += imm[base][1]
            self.uses[base] -= 1
        else:
            regs.append(self.reg(base))
        if index is not None:
            regs.append(self.reg(index))
        return (has_base, 0 if index is None else 1, scale if index is not None else 1, offset, symbol), regs

    def slot(self, value: int) -> int:
        """The frame slot of an LIR slot."""
        found = self.slots.get(value)
        if found is None:
            found = self.slots[value] = len(self.mf.slots)
            self.mf.slots.append((self.imm[value] + 7) // 8 * 8)
        return found

    def access(self, value: int, first: int) -> Address:
        """The memory operand of a load (first 0) or store (first 1)."""
        args = self.args[value]
        offset, scale = self.imm[value]
        return self.address(args[first], args[first + 1] if len(args) > first + 1 else None, offset, scale)

    def foldable_load(self, value: int, user: int, floats: bool = False) -> bool:
        """Whether a load may happen inside its user: its only use, same block, no write between."""
        if floats:
            if self.op[value] != FLOAT_LOAD:
                return False
        elif self.op[value] not in WHOLE_LOADS:
            return False
        return self.near(value, user)

    def near(self, value: int, user: int) -> bool:
        return self.uses[value] == 1 and self.home[value] == self.home[user] and self.epoch[value] == self.epoch[user]

    def take_load(self, value: int) -> Address:
        """The memory operand of a folded load."""
        self.fold(value)
        return self.access(value, 0)


def float_constant(bits: int) -> Mem:
    return (0, 0, 1, 0, f".Lf64.{bits & (1 << 64) - 1:016x}")


# op code of LIR to the function that selects it; filled by the two modules below.
HANDLERS: list[Callable[[Selector, int], None] | None] = [None] * len(LIR_OPS)


def row(*names: str) -> Callable[[Callable[[Selector, int], None]], Callable[[Selector, int], None]]:
    """Registers a handler for LIR ops."""

    def enter(handler: Callable[[Selector, int], None]) -> Callable[[Selector, int], None]:
        for name in names:
            HANDLERS[LIR[name]] = handler
        return handler

    return enter


def select(f: Function) -> MachineFunction:
    """MachineIR for one LIR function, edges split and blocks ordered."""
    assert f.level == "lir", f.level
    selector = Selector(f)
    order = postorder(f)
    _count(selector, order)
    mf = selector.mf
    cold = frozenset(f.attrs.get("cold", ()))
    for b in range(len(f.blocks)):
        mf.block(b in cold)
    entry_has_preds = _jumps_to_entry(f, order)
    for b in order:
        params = f.blocks[b].params
        if params and (b or entry_has_preds):
            mf.blocks[b].params = [selector.virtual(v) for v in params]
        _select_block(selector, b)
    _parameters(selector, entry_has_preds)
    cfg.analyze(mf)
    return mf


def _jumps_to_entry(f: Function, order: list[int]) -> bool:
    for b in order:
        for goal, _ in f.blocks[b].succs:
            if goal == 0:
                return True
    return False


def _count(s: Selector, order: list[int]) -> None:
    """Uses, home block and write epoch of every reachable value."""
    uses, home, epoch = s.uses, s.home, s.epoch
    op, args = s.op, s.args
    blocks = s.f.blocks
    for b in order:
        block = blocks[b]
        writes = 0
        for value in block.body:
            home[value] = b
            if writes:
                epoch[value] = writes
            if _EFFECTS[op[value]]:
                writes += 1
            for arg in args[value]:
                uses[arg] += 1
        for _, passed in block.succs:
            for arg in passed:
                uses[arg] += 1


def _select_block(s: Selector, b: int) -> None:
    f = s.f
    block = f.blocks[b]
    s.mblock = b
    s.out = []
    op, uses, at = s.op, s.uses, f.at
    for value in reversed(block.body):
        code = op[value]
        if uses[value] == 0 and _DROPPABLE[code]:
            if value not in s.gone:
                for arg in s.args[value]:
                    uses[arg] -= 1
            continue
        handler = HANDLERS[code]
        if handler is not None:
            s.place = at[value]
            handler(s, value)
    s.out.reverse()
    s.mf.blocks[b].body = s.out


def _parameters(s: Selector, entry_has_preds: bool) -> None:
    """Where the function's parameters arrive; an entry that is jumped to gets a block before it."""
    mf = s.mf
    integers, floats = iter(target.INTEGER_ARGS), iter(target.FLOAT_ARGS)
    arriving: list[int] = []
    for value in s.f.params:
        is_float = s.type[value] == "f64"
        reg = next(floats if is_float else integers)
        virtual = mf.virtual(VECTOR if is_float else GENERAL) if entry_has_preds else s.virtual(value)
        arriving.append(virtual)
        mf.params.append((virtual, reg))
    if entry_has_preds:
        moved = mf.block()
        mf.blocks[0], mf.blocks[moved] = mf.blocks[moved], mf.blocks[0]
        for block in mf.blocks:
            block.succs = [(moved if goal == 0 else goal, args) for goal, args in block.succs]
        mf.blocks[0].body.append(Inst(CODE["jmp"], -1, []))
        mf.blocks[0].succs.append((moved, arriving))


# The handlers register themselves when their modules are imported.
from compiler.targets.x86_64 import select_flow, select_values  # noqa: E402, F401
