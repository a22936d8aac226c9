"""The MachineIR verifier: what must hold after selection and after allocation.

One function for each invariant; `verify` lists every problem.  Knows the op table and, through `target`, which
registers are real.  An invariant is added as a function in `_CHECKS`.
"""

from __future__ import annotations

from compiler.ir.graph import dominators, reverse_postorder, spans
from compiler.machine import shrink
from compiler.machine.function import FIRST_VIRTUAL, VECTOR
from compiler.machine.ops import CC, OPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from compiler.machine.function import Inst, MachineFunction


def verify(mf: MachineFunction, target: ModuleType) -> list[str]:
    """All problems, in layout order."""
    return [f"{mf.name}: {problem}" for check in _CHECKS for problem in check(mf, target)]


def _instructions(mf: MachineFunction) -> Iterator[tuple[int, int, Inst]]:
    for b in mf.order:
        for k, inst in enumerate(mf.blocks[b].body):
            yield b, k, inst


def blocks_end_once(mf: MachineFunction, _target: ModuleType) -> Iterator[str]:
    for b in mf.order:
        body = mf.blocks[b].body
        if not body or not OPS[body[-1].op].ends:
            yield f"block {b} has no terminator"
        for inst in body[:-1]:
            if OPS[inst.op].ends:
                yield f"block {b}: {OPS[inst.op].name} before the end"


def successors_fit(mf: MachineFunction, _target: ModuleType) -> Iterator[str]:
    reached = set(mf.order)
    counts = {"jmp": 1, "jcc": 2, "ret": 0, "tail": 0, "tailind": 0, "trap": 0}
    for b in mf.order:
        block = mf.blocks[b]
        name = OPS[block.body[-1].op].name if block.body else ""
        if name in counts and len(block.succs) != counts[name]:
            yield f"block {b}: {name} has {len(block.succs)} successors"
        for goal, args in block.succs:
            if goal not in reached:
                yield f"block {b} goes to {goal}, which is not laid out"
            elif len(args) != len(mf.blocks[goal].params):
                yield f"block {b} passes {len(args)} values to {goal}, which takes {len(mf.blocks[goal].params)}"
            if len(block.succs) > 1 and len(mf.preds[goal]) > 1:
                yield f"the edge from {b} to {goal} is critical"


def operands_fit_the_table(mf: MachineFunction, _target: ModuleType) -> Iterator[str]:
    for b, k, inst in _instructions(mf):
        row = OPS[inst.op]
        where = f"block {b}, instruction {k} ({row.name})"
        registers = sum(inst.m[:2]) if inst.m is not None else 0
        plain = len(inst.u) - registers
        if plain < 0:
            yield f"{where}: the memory operand lacks registers"
        if inst.m is not None and not row.mem and not (row.rm and mf.stage == "allocated"):
            yield f"{where}: takes no memory operand"
        if inst.m is None and row.mem in ("r", "w", "a"):
            yield f"{where}: needs a memory operand"
        if inst.m is not None and inst.m[2] not in (1, 2, 4, 8):
            yield f"{where}: scale {inst.m[2]}"
        if "*" in row.uses:
            if inst.fix is None or len(inst.fix) != len(inst.u):
                yield f"{where}: each use needs its register"
        else:
            wanted = len(row.uses)
            if inst.m is not None and row.mem not in ("r", "w", "a"):
                wanted -= 1
            if inst.imm is not None and row.imm == "int?":
                wanted -= 1
            if row.enc == "cmpm":
                wanted = 0
            if plain != wanted:
                yield f"{where}: {plain} plain uses instead of {wanted}"
        if row.imm and row.imm != "int?" and inst.imm is None:
            yield f"{where}: needs an immediate"
        if row.imm == "int?" and inst.imm is not None and not -(1 << 31) <= inst.imm < 1 << 31:
            yield f"{where}: {inst.imm} does not fit 32 bits"
        if row.imm == "cc" and not (isinstance(inst.imm, int) and 0 <= inst.imm < len(CC)):
            yield f"{where}: no condition {inst.imm}"
        if bool(row.d) != (inst.d >= 0) and row.d != "*" and not row.result:
            yield f"{where}: {'needs' if row.d else 'has no'} result"


def classes_fit(mf: MachineFunction, target: ModuleType) -> Iterator[str]:
    def cls(reg: int) -> int:
        if reg < FIRST_VIRTUAL:
            return 1 if reg >= target.XMM0 else 0
        return mf.classes[reg - FIRST_VIRTUAL]

    for b, k, inst in _instructions(mf):
        row = OPS[inst.op]
        where = f"block {b}, instruction {k} ({row.name})"
        if row.d in ("i", "f") and inst.d >= 0 and cls(inst.d) != (row.d == "f"):
            yield f"{where}: the result is of the wrong class"
        registers = sum(inst.m[:2]) if inst.m is not None else 0
        plain = len(inst.u) - registers
        for position, reg in enumerate(inst.u):
            if reg < 0:
                continue
            if position >= plain:
                expected = 0
            elif "*" in row.uses:
                assert inst.fix is not None
                expected = cls(inst.fix[position])
            else:
                expected = int(row.uses[position] == "f")
            if cls(reg) != expected:
                yield f"{where}: use {position} is of the wrong class"


def registers_fit_the_stage(mf: MachineFunction, target: ModuleType) -> Iterator[str]:
    for b, k, inst in _instructions(mf):
        where = f"block {b}, instruction {k} ({OPS[inst.op].name})"
        for reg in (*inst.u, inst.d):
            if mf.stage == "allocated":
                if not -1 <= reg < FIRST_VIRTUAL or (reg < 0 and reg in inst.u) or reg == target.RSP:
                    yield f"{where}: {reg} is not a register of the allocator's"
            elif 0 <= reg < FIRST_VIRTUAL or reg >= FIRST_VIRTUAL + len(mf.classes):
                yield f"{where}: {reg} is not virtual"
        if mf.stage == "allocated" and OPS[inst.op].tied and inst.u[0] != inst.d:
            yield f"{where}: the tied use is not in the result's register"


def values_are_defined_once(mf: MachineFunction, _target: ModuleType) -> Iterator[str]:
    """Before allocation the function is in SSA form: one definition, above every use."""
    if mf.stage == "allocated":
        return
    home: dict[int, tuple[int, int]] = {}
    for value, _ in mf.params:
        home[value] = (mf.order[0], -2)
    for b in mf.order:
        for value in mf.blocks[b].params:
            if value in home:
                yield f"v{value} is defined twice"
            home[value] = (b, -1)
    for b, k, inst in _instructions(mf):
        if inst.d >= 0:
            if inst.d in home:
                yield f"v{inst.d} is defined twice"
            home[inst.d] = (b, k)
    order = reverse_postorder(mf)
    first, last = spans(dominators(mf, order), order)
    for b in mf.order:
        block = mf.blocks[b]
        uses = [(k, reg) for k, inst in enumerate(block.body) for reg in inst.u]
        uses.extend((len(block.body), reg) for _, args in block.succs for reg in args)
        for k, reg in uses:
            if reg < 0:
                continue
            at = home.get(reg)
            if at is None or not (
                (at[0] == b and at[1] < k) or (at[0] != b and first[at[0]] <= first[b] <= last[at[0]])
            ):
                yield f"block {b}: v{reg} is used where it is not defined"


def flags_reach_their_readers(mf: MachineFunction, _target: ModuleType) -> Iterator[str]:
    for b in mf.order:
        fresh = False
        for k, inst in enumerate(mf.blocks[b].body):
            effect = OPS[inst.op].flags
            if effect == "reads" and not fresh:
                yield f"block {b}, instruction {k} ({OPS[inst.op].name}): nothing set the flags it reads"
            if effect == "sets":
                fresh = True
            elif effect == "clobbers" or OPS[inst.op].calls:
                fresh = False


def saved_registers_are_listed(mf: MachineFunction, target: ModuleType) -> Iterator[str]:
    if mf.stage != "allocated":
        return
    owed = set(target.CALLEE_SAVED) - set(mf.saved)
    for b, k, inst in _instructions(mf):
        written = inst.u if OPS[inst.op].enc == "xchg" else [inst.d]
        for reg in written:
            if reg in owed:
                yield f"block {b}, instruction {k} ({OPS[inst.op].name}): writes {reg}, which is not saved"


def early_blocks_need_no_frame(mf: MachineFunction, target: ModuleType) -> Iterator[str]:
    if mf.stage != "allocated":
        return
    if shrink.needs_frame(mf, target):
        yield f"a block before the frame of block {mf.prologue} needs it"
    framed = shrink.reachable(mf, mf.prologue)
    for b in sorted(framed - {mf.prologue}):
        if any(p not in framed for p in mf.preds[b]):
            yield f"block {b} is reached both with a frame and without"
    for b in shrink.early_blocks(mf):
        if any(OPS[inst.op].calls for inst in mf.blocks[b].body):
            yield f"block {b} calls before there is a frame"


def scratch_stays_free(mf: MachineFunction, target: ModuleType) -> Iterator[str]:
    assert target.SCRATCH >= target.XMM0 and VECTOR == 1
    if mf.stage == "allocated" and target.SCRATCH in mf.saved:
        yield "the scratch register is saved"


_CHECKS = (
    blocks_end_once,
    successors_fit,
    operands_fit_the_table,
    classes_fit,
    registers_fit_the_stage,
    values_are_defined_once,
    flags_reach_their_readers,
    saved_registers_are_listed,
    early_blocks_need_no_frame,
    scratch_stays_free,
)
