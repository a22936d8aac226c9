"""What is known of recursion equals a search of the graph, however the calls change."""

from __future__ import annotations

import random

import pytest

from compiler.ir.function import Function, Module
from compiler.mir.ops import CODE
from compiler.passes.calls import Calls


def put(module: Module, name: str, to: list[str]) -> Function:
    function = Function("mir", name, "unit")
    block = function.block()
    for callee in to:
        function.emit(block, CODE["call"], "unit", (), callee)
    module.functions[name] = function
    return function


def leads_back(module: Module, name: str) -> bool:
    seen: set[str] = set()
    work = [name]
    while work:
        function = module.functions.get(work.pop())
        for callee in [] if function is None else [function.imm[value] for value in function.blocks[0].body]:
            if callee == name:
                return True
            if callee not in seen:
                seen.add(callee)
                work.append(callee)
    return False


@pytest.mark.parametrize("seed", range(60))
def test_recursion_is_what_a_search_finds(seed: int) -> None:
    chance = random.Random(seed)
    names = [f"f{k}" for k in range(chance.randint(1, 12))]
    module = Module("mir")

    def some() -> list[str]:
        return [chance.choice([*names, "gone"]) for _ in range(chance.choice([0, 1, 1, 2, 3]))]

    for name in names:
        put(module, name, some())
    calls = Calls(module)
    for _ in range(40):
        calls.update(put(module, chance.choice(names), some()))
        for name in chance.sample(names, min(3, len(names))):
            assert calls.is_recursive(name) == leads_back(module, name)
