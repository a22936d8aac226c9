"""Dominators, spans and loops against their definitions, on random graphs, also ones with loops entered twice."""

from __future__ import annotations

import random

import pytest

from compiler.ir.function import Function
from compiler.ir.graph import dominators, loops, reverse_postorder, spans


def graph(seed: int) -> Function:
    """Mostly forward edges, some back, some blocks that nothing reaches."""
    chance = random.Random(seed)
    function = Function("mir", "f", "unit")
    count = chance.randint(1, 30)
    for _ in range(count):
        function.block()
    for index, block in enumerate(function.blocks):
        for _ in range(chance.choice([0, 1, 1, 2, 2, 3])):
            low = 1 if chance.random() < (0.1, 0.4)[seed % 2] else index + 1
            if low < count:
                block.succs.append((chance.randint(low, min(count - 1, max(low, index + 4))), ()))
    return function


def reached(function: Function, without: int) -> set[int]:
    """Blocks that the entry reaches on ways that leave one block out."""
    found: set[int] = set()
    work = [0] if without != 0 else []
    while work:
        block = work.pop()
        if block not in found:
            found.add(block)
            work.extend(target for target, _ in function.blocks[block].succs if target != without)
    return found


@pytest.mark.parametrize("hundreds", range(4))
def test_dominators_are_what_every_way_meets(hundreds: int) -> None:
    for seed in range(hundreds * 100, hundreds * 100 + 100):
        function = graph(seed)
        order = reverse_postorder(function)
        every = reached(function, -1)
        assert sorted(order) == sorted(every)
        below = {block: (every - reached(function, block)) for block in every}
        idom = dominators(function, order)
        first, last = spans(idom, order)
        for one in range(len(function.blocks)):
            if one not in every:
                assert (idom[one], first[one], last[one]) == (-1, -1, -1)
                continue
            strict = [other for other in every if other != one and one in below[other]]
            assert idom[one] == (max(strict, key=lambda b: -len(below[b])) if strict else 0), (seed, one)
            for other in every:
                assert (first[one] <= first[other] <= last[one]) == (other in below[one]), (seed, one, other)
        for loop in loops(function, order, idom):
            assert all(loop.header in below and block in below[loop.header] for block in loop.blocks)
            assert loop.depth == sum(1 for other in loops(function, order, idom) if loop.header in other.blocks)
