"""Random LIR, compiled and run, gives what a plain evaluator gives; every allocation is proved on the way."""

from __future__ import annotations

import random

import pytest

from compiler.lir.ops import CODE
from compiler.targets.x86_64.compile import compile_function
from tests.machine import lir_reference
from tests.machine.generator import FLOATS, MEMORY, NUMBERS, Generator
from tests.machine.harness import Image, Memory

_FLOAT_ARGS = [lir_reference.to_float(bits) for bits in FLOATS]


def compare(seed: int, size: int, *, calls: bool = True, verify: bool = True) -> None:
    f = Generator(seed, size, calls).make()
    image = Image([compile_function(f, verify=verify)])
    rnd = random.Random(seed)
    memory = Memory(MEMORY)
    try:
        for _ in range(3):
            data = rnd.randbytes(MEMORY)
            args: list[int | float] = [memory.address]
            for value in f.params[1:]:
                if f.type[value] == "f64":
                    args.append(rnd.choice([*_FLOAT_ARGS, rnd.uniform(-1e6, 1e6)]))
                else:
                    args.append(rnd.choice([*NUMBERS, rnd.getrandbits(63)]))
            expected_memory = bytearray(data)
            try:
                expected = lir_reference.run(f, args, expected_memory, memory.address)
            except OverflowError:
                continue
            memory.fill(data)
            assert image.call(f.name, args, "i64") == expected, (seed, args)
            assert memory.read() == bytes(expected_memory), (seed, args)
    finally:
        image.close()


@pytest.mark.parametrize("batch", range(12))
def test_random_functions_agree_with_the_reference(batch: int) -> None:
    for seed in range(batch * 12, batch * 12 + 12):
        compare(seed, 25 + 25 * (seed % 4))


@pytest.mark.parametrize("seed", range(5000, 5006))
def test_large_functions_agree_with_the_reference(seed: int) -> None:
    compare(seed, 400)


def test_leaf_functions_agree_with_the_reference() -> None:
    for seed in range(7000, 7030):
        compare(seed, 60, calls=False)


def test_the_reference_knows_every_pure_op() -> None:
    from compiler.lir.ops import OPS

    skipped = {"const", "const.f64", "addr", "slot"}
    assert {row.name for row in OPS if not row.effect} - skipped == set(lir_reference.PURE)
    assert CODE["add"] >= 0
