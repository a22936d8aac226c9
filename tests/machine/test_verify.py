"""The verifier and the checker can fail: each kind of damage is found, and sound functions are not accused."""

from __future__ import annotations

import pytest

from compiler.ir.function import Function
from compiler.lir.ops import CODE as LIR
from compiler.machine import allocate as allocator
from compiler.machine import checker, verify
from compiler.machine.function import Inst, MachineFunction
from compiler.machine.ops import CODE
from compiler.targets.x86_64 import target
from compiler.targets.x86_64.compile import select
from tests.machine.generator import Generator


def loop() -> Function:
    """The sum of squares below n."""
    f = Function("lir", "sum", "i64")
    f.block()
    n = f.param(0, "i64")
    zero = f.emit(0, LIR["const"], "i64", (), 0)
    f.emit(0, LIR["jump"], "")
    header, body, after = f.block(), f.block(), f.block()
    f.blocks[0].succs = [(header, (zero, zero))]
    i, total = f.param(header, "i64"), f.param(header, "i64")
    f.emit(header, LIR["branch"], "", (f.emit(header, LIR["icmp.lt"], "i64", (i, n)),))
    f.blocks[header].succs = [(body, ()), (after, ())]
    square = f.emit(body, LIR["mul"], "i64", (i, i))
    one = f.emit(body, LIR["const"], "i64", (), 1)
    following = f.emit(body, LIR["add"], "i64", (i, one))
    more = f.emit(body, LIR["add"], "i64", (total, square))
    f.emit(body, LIR["jump"], "")
    f.blocks[body].succs = [(header, (following, more))]
    f.emit(after, LIR["ret"], "", (total,))
    return f


def selected() -> MachineFunction:
    return select(loop())


def body_with(mf: MachineFunction, name: str) -> tuple[list[Inst], int]:
    for block in mf.blocks:
        for k, inst in enumerate(block.body):
            if inst.op == CODE[name]:
                return block.body, k
    raise AssertionError(name)


def no_terminator(mf: MachineFunction) -> None:
    body_with(mf, "ret")[0].pop()


def lost_argument(mf: MachineFunction) -> None:
    next(block for block in mf.blocks if any(args for _, args in block.succs)).succs[0][1].pop()


def lost_compare(mf: MachineFunction) -> None:
    body, k = body_with(mf, "cmp")
    del body[k]


def wrong_class(mf: MachineFunction) -> None:
    mf.classes[body_with(mf, "imul")[0][0].d - 32] = 1


def lost_immediate(mf: MachineFunction) -> None:
    body, k = body_with(mf, "add")
    body[k].imm = None


def wide_immediate(mf: MachineFunction) -> None:
    for block in mf.blocks:
        for inst in block.body:
            if inst.op == CODE["add"] and inst.imm is not None:
                inst.imm = 1 << 40


def twice(mf: MachineFunction) -> None:
    body, k = body_with(mf, "imul")
    body.insert(k, Inst(CODE["movi"], body[k].d, [], 3))


def physical_too_early(mf: MachineFunction) -> None:
    body, k = body_with(mf, "imul")
    body[k].u[0] = 3


@pytest.mark.parametrize(
    "damage",
    [
        no_terminator,
        lost_argument,
        lost_compare,
        wrong_class,
        lost_immediate,
        wide_immediate,
        twice,
        physical_too_early,
    ],
)
def test_damage_after_selection_is_found(damage: object) -> None:
    mf = selected()
    assert verify.verify(mf, target) == []
    damage(mf)  # type: ignore[operator]
    assert verify.verify(mf, target) != []


def test_damage_after_allocation_is_found() -> None:
    mf = selected()
    allocator.allocate(mf, target)
    assert verify.verify(mf, target) == []
    body, k = body_with(mf, "add")
    body[k].u[0] ^= 1
    assert verify.verify(mf, target) != []


def test_a_saved_register_must_be_listed() -> None:
    mf = next(
        mf
        for seed in range(50)
        for mf in [select(Generator(seed, 60).make())]
        if not allocator.allocate(mf, target) and mf.saved
    )
    assert verify.verify(mf, target) == []
    mf.saved = []
    assert any("saved" in problem for problem in verify.verify(mf, target))


def test_the_checker_finds_a_wrong_register_anywhere() -> None:
    found = missed = 0
    for seed in range(30):
        mf = select(Generator(seed, 40).make())
        record = allocator.allocate(mf, target, record=True)
        assert record is not None
        assert checker.check(mf, record, target) == []
        for b in mf.order:
            for k, (inst, move, reads, written) in enumerate(record.steps[b]):
                if not reads or reads[0][0] < 0 or reads[0][1] >= 16:
                    continue
                broken = [(reads[0][0], (reads[0][1] + 1) % 16), *reads[1:]]
                record.steps[b][k] = (inst, move, broken, written)
                if checker.check(mf, record, target):
                    found += 1
                else:
                    missed += 1  # a neighbour that holds the same value is no mistake
                record.steps[b][k] = (inst, move, reads, written)
    assert found > 20 * missed


def test_the_checker_finds_a_lost_copy() -> None:
    tried = found = 0
    for seed in range(20):
        mf = select(Generator(seed, 40).make())
        record = allocator.allocate(mf, target, record=True)
        assert record is not None
        for b in mf.order:
            steps = record.steps[b]
            for k in range(len(steps)):
                if steps[k][1] is not None:
                    lost = steps.pop(k)
                    tried += 1
                    found += bool(checker.check(mf, record, target))
                    steps.insert(k, lost)
    assert tried > 100
    assert found >= 0.8 * tried  # a reload may find its register still holding the value
