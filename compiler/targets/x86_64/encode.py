"""Encoding: an allocated function to bytes.

Lays out blocks in `mf.order`: falls through where it can, threads jumps over empty blocks, aligns inner loops, puts the
rare halves of some instructions (`f2i`, `fmin`) behind the function, and collects constants and jump tables.
What each instruction looks like is in `encodings.py`.
"""

from __future__ import annotations

from compiler.machine import shrink
from compiler.machine.code import Code, CodeData
from compiler.machine.ops import CC, CODE
from compiler.targets.x86_64.assembler import ALWAYS, Assembler
from compiler.targets.x86_64.encodings import ENCODERS, adjust_stack
from compiler.targets.x86_64.frame import Frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.machine.function import Inst, MachineBlock, MachineFunction

_JMP, _JCC, _JTAB = CODE["jmp"], CODE["jcc"], CODE["jtab"]
_FIRST_STUB = 1 << 20  # labels from here on are not blocks
_ALIGN = 16
_FEQ, _FNE, _NE, _P, _E = CC["feq"], CC["fne"], CC["ne"], CC["p"], CC["e"]


class Encoder:
    """The state of encoding one function."""

    __slots__ = ("a", "constants", "frame", "framed", "labels", "mf", "stubs", "tables")

    def __init__(self, mf: MachineFunction) -> None:
        self.mf = mf
        self.frame = Frame(mf)
        self.a = Assembler(self.frame.offsets)
        self.constants: dict[str, CodeData] = {}
        self.tables: list[tuple[str, list[int]]] = []
        self.stubs: list[tuple[int, int, Callable[[], None]]] = []  # label, label to return to, what to emit
        self.framed = True  # whether the block being encoded runs with a frame
        self.labels = _FIRST_STUB

    def fresh_label(self) -> int:
        self.labels += 1
        return self.labels

    def memory(
        self, opcode: bytes, reg: int, inst: Inst, regs: list[int], w: int = 1, prefix: bytes = b"",
        byte_regs: bool = False, tail: int = 0,
    ) -> None:  # fmt: skip
        """An instruction with the memory operand of `inst`, whose registers are `regs`."""
        m = inst.m
        assert m is not None
        symbol = m[4]
        if isinstance(symbol, str) and symbol.startswith(".Lf"):
            self.constant(symbol)
        self.a.rm(opcode, reg & 15, m, regs, w, prefix, byte_regs, tail)

    def constant(self, name: str) -> None:
        if name not in self.constants:
            value = int(name.rpartition(".")[2], 16)
            size = 16 if name.startswith(".Lf128.") else 8
            self.constants[name] = CodeData(name, value.to_bytes(size, "little"), size)

    def code(self) -> Code:
        mf, a = self.mf, self.a
        goal_of = _threaded(mf)
        order = [b for k, b in enumerate(mf.order) if k == 0 or goal_of[b] == b]
        tops = _loop_tops(mf, order)
        early = frozenset(shrink.early_blocks(mf))
        for k, b in enumerate(order):
            block = mf.blocks[b]
            if b in tops:
                a.align(_ALIGN)
            a.label(b)
            self.framed = b not in early
            if b == mf.prologue:
                self._prologue()
            following = order[k + 1] if k + 1 < len(order) else -1
            self._block(block, following, goal_of)
        done = 0
        while done < len(self.stubs):
            label, back, emit = self.stubs[done]
            a.label(label)
            emit()
            a.jump(ALWAYS, back)
            done += 1
        code, relocs = a.finish()
        data = [self.constants[name] for name in sorted(self.constants)]
        for name, goals in self.tables:
            entries = [(8 * k, "abs64", mf.name, a.offsets[goal_of[goal]]) for k, goal in enumerate(goals)]
            data.append(CodeData(name, bytes(8 * len(goals)), 8, entries))
        return Code(mf.name, code, relocs, data)

    def _prologue(self) -> None:
        for reg in self.frame.saved:
            self.a.raw(bytes((0x50 | reg,)) if reg < 8 else bytes((0x41, 0x50 | reg & 7)))
        if self.frame.size:
            adjust_stack(self.a, 5, self.frame.size)

    def epilogue(self) -> None:
        if not self.framed:
            return
        if self.frame.size:
            adjust_stack(self.a, 0, self.frame.size)
        for reg in reversed(self.frame.saved):
            self.a.raw(bytes((0x58 | reg,)) if reg < 8 else bytes((0x41, 0x58 | reg & 7)))

    def _block(self, block: MachineBlock, following: int, goal_of: list[int]) -> None:
        a = self.a
        last = block.body[-1]
        for inst in block.body[:-1]:
            ENCODERS[inst.op](self, inst)
        if last.op == _JMP:
            goal = goal_of[block.succs[0][0]]
            if goal != following:
                a.jump(ALWAYS, goal)
        elif last.op == _JCC:
            yes, no = goal_of[block.succs[0][0]], goal_of[block.succs[1][0]]
            self._branch(last.imm, yes, no, following)
        else:
            if last.op == _JTAB:
                name = f"{self.mf.name}.table{len(self.tables)}"
                self.tables.append((name, [goal for goal, _ in block.succs]))
                a.rm(b"\xff", 4, (0, 1, 8, 0, name), last.u, w=0)
            else:
                ENCODERS[last.op](self, last)

    def _branch(self, cc: int, yes: int, no: int, following: int) -> None:
        a = self.a
        if yes == no:
            if yes != following:
                a.jump(ALWAYS, yes)
            return
        if cc == _FEQ:  # equal and ordered; what is left falls to the other side
            cc, yes, no = _FNE, no, yes
        if cc == _FNE:
            a.jump(_P, yes)
            if yes == following:
                a.jump(_E, no)
                return
            a.jump(_NE, yes)
        elif yes == following:
            a.jump(cc ^ 1, no)
            return
        else:
            a.jump(cc, yes)
        if no != following:
            a.jump(ALWAYS, no)


def _threaded(mf: MachineFunction) -> list[int]:
    """For each block, where a jump to it ends up: blocks that only jump are skipped."""
    blocks = mf.blocks
    goal_of = list(range(len(blocks)))
    for b, block in enumerate(blocks):
        if len(block.body) != 1 or block.body[0].op != _JMP:
            continue
        goal, hops = b, 0
        while _only_jumps(mf, goal) and hops <= len(blocks):
            goal = blocks[goal].succs[0][0]
            hops += 1
        goal_of[b] = b if hops > len(blocks) else goal
    return goal_of


def _only_jumps(mf: MachineFunction, b: int) -> bool:
    """Whether a block does nothing; one that makes the frame does something."""
    body = mf.blocks[b].body
    return len(body) == 1 and body[0].op == _JMP and (b != mf.prologue or b == mf.order[0])


def _loop_tops(mf: MachineFunction, order: list[int]) -> set[int]:
    """The first block in layout of every innermost loop: worth aligning."""
    tops: set[int] = set()
    rank = {b: k for k, b in enumerate(order)}
    for body in mf.inner_loops:
        top = min(body & rank.keys(), key=rank.__getitem__, default=-1)
        if top >= 0 and not mf.blocks[top].cold:
            tops.add(top)
    return tops


def encode(mf: MachineFunction) -> Code:
    """The bytes of an allocated function."""
    assert mf.stage == "allocated", mf.stage
    return Encoder(mf).code()
