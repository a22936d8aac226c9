"""Each pass does what its header shows (goldens), and none changes what a program means (random modules)."""

from __future__ import annotations

import pathlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler import pipeline
from compiler.diagnostics import Sink
from compiler.ir.text import parse_module, print_function, print_module
from compiler.lower.lower import lower
from compiler.memory import rc
from compiler.mir.ops import MIR
from compiler.mir.verify import verify
from compiler.passes import order
from tests.conftest import ROOT
from tests.mir.random_modules import generate
from tests.mir.running import outcome
from tests.mir.samples import SAMPLES
from tests.passes.cases import CASES

PASSES = {name: run for name, run, _ in order.ORDER}


@pytest.mark.parametrize("name", sorted(CASES))
def test_goldens(name, golden):
    """A case is named `pass` or `pass-topic`; the golden holds before and after."""
    text = CASES[name]
    module = parse_module(text, MIR)
    assert verify(module) == []
    run = PASSES[name.split("-")[0]]
    for function in list(module.functions.values()):
        run(function, module)
    assert verify(module) == []
    golden(f"passes/{name}.txt", text + f"---- after {name.split('-')[0]}\n" + print_module(module, MIR))


def test_every_pass_has_a_golden_case_and_a_reason():
    assert {name.split("-")[0] for name in CASES} == set(PASSES)
    assert all(reason for _, _, reason in order.ORDER)
    folder = pathlib.Path(order.__file__).parent
    assert {p.stem for p in folder.glob("*.py")} - {"__init__", "order", "edit", "calls"} == set(PASSES)


@pytest.mark.parametrize("name", sorted(name for name, text in CASES.items() if "entry" in text))
def test_cases_mean_the_same_afterwards(name):
    module = parse_module(CASES[name], MIR)
    expected = outcome(module)
    for function in list(module.functions.values()):
        PASSES[name.split("-")[0]](function, module)
    assert outcome(module) == expected


@given(st.integers(0, 1 << 30), st.sampled_from(sorted(PASSES)))
def test_each_pass_alone_keeps_the_meaning(seed, name):
    module = generate(seed)
    expected = outcome(module)
    for function in list(module.functions.values()):
        PASSES[name](function, module)
        PASSES[name](function, module)
    assert verify(module) == []
    assert outcome(module) == expected


@given(st.integers(0, 1 << 30))
def test_all_passes_keep_the_meaning_and_the_counts(seed):
    module = generate(seed)
    expected = outcome(module)
    order.optimize(module, after=order.checked(module))
    assert outcome(module) == expected
    rc.run_module(module)
    assert verify(module, counted=True) == []
    assert outcome(module, check_counts=True) == expected


@given(st.integers(0, 1 << 30))
def test_the_optimizer_is_deterministic(seed):
    one, two = generate(seed), generate(seed)
    order.optimize(one)
    order.optimize(two)
    assert print_module(one, MIR) == print_module(two, MIR)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_samples_after_all_passes(name, golden):
    text, expected = SAMPLES[name]
    module = parse_module(text, MIR)
    order.optimize(module, after=order.checked(module))
    assert outcome(module) == (0, expected, b"")
    golden(f"passes/all-{name}.txt", print_module(module, MIR))


PROGRAMS = ("programs/json-round-trip", "programs/deltablue", "programs/actor-sieve", "projects/minisql/main")


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_becomes_of_a_function_does_not_depend_on_the_order_of_the_module(name):
    """Random modules have no circles of functions that name each other; these programs do."""

    def lowered():
        _, program = pipeline.front(str(ROOT / f"fixtures/{name}.0x0"), frozenset(), Sink())
        return lower(program, entry=program.main)

    one, two = lowered(), lowered()
    assert any(len(found) > 1 for found in order.bottom_up(one))
    names = list(two.functions)
    random.Random(name).shuffle(names)
    two.functions = {each: two.functions[each] for each in names}
    for module in (one, two):
        order.optimize(module)
    assert one.functions.keys() == two.functions.keys()
    for each, function in one.functions.items():
        assert print_function(function, MIR, one.places) == print_function(two.functions[each], MIR, two.places)
