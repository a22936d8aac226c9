"""Packed functions come out of another module as the same text, and equal texts are equal rows."""

from __future__ import annotations

import marshal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.function import Module
from compiler.ir.portable import exact, pack, unpack
from compiler.ir.text import parse_module, print_function, print_module
from compiler.mir.ops import MIR
from compiler.passes import order
from tests.mir.random_modules import generate
from tests.mir.samples import SAMPLES


def elsewhere() -> Module:
    """A module whose numbers of places are not those of any other."""
    module = Module("mir")
    for line in range(1, 8):
        module.place(f"other.0x0:{line}:1")
    return module


def check(module: Module) -> None:
    other = elsewhere()
    for function in module.functions.values():
        row = pack(function, module)
        copy = unpack(marshal.loads(marshal.dumps(row, 2)), other)
        assert print_function(copy, MIR, other.places) == print_function(function, MIR, module.places)
        assert pack(copy, other) == row
        other.functions[copy.name] = copy
    for name, layout in other.layouts.items():
        assert module.layouts[name].variants == layout.variants


@given(st.integers(0, 1 << 30))
def test_a_function_is_the_same_elsewhere(seed: int) -> None:
    module = generate(seed)
    check(module)
    order.optimize(module)
    check(module)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_sample_is_the_same_elsewhere(name: str) -> None:
    check(parse_module(SAMPLES[name][0], MIR))


@given(st.integers(0, 1 << 30))
def test_equal_texts_are_equal_rows(seed: int) -> None:
    module = generate(seed)
    order.optimize(module)  # leaves dead values and numbers that are not in order
    for function in module.functions.values():  # texts do not say where parameters are
        for block in function.blocks:
            for param in block.params:
                function.at[param] = 0
    again = parse_module(print_module(module, MIR), MIR)
    for name, function in module.functions.items():
        assert pack(function, module) == pack(again.functions[name], again)


def changed(seed: int, what: str) -> bytes:
    module = generate(seed)
    function = next(iter(module.functions.values()))
    if what == "immediate":
        function.imm[-1] = 77
    elif what == "place":
        function.at[-1] = module.place("r.0x0:9:9")
    elif what == "order":
        function.blocks[0].body.reverse()
    elif what == "attribute":
        function.attrs["inline"] = "never"
    elif what == "dead value":
        function.value(0, "i64", (), 1)
    return exact(function, module)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_that_changes_goes_by(seed: int) -> None:
    kinds = ("", "immediate", "place", "order", "attribute", "dead value")
    assert len({changed(seed, what) for what in kinds}) == len(kinds)
    assert changed(seed, "") == changed(seed, "")


def test_numbers_of_places_do_not_count() -> None:
    module = generate(1)
    function = next(iter(module.functions.values()))
    other = elsewhere()
    other.layouts = module.layouts
    before = exact(function, module)
    function.at = [other.place(module.places[place]) for place in function.at]
    assert exact(function, other) == before
