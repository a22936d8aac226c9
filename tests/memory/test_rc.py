"""Counts are exact: balanced on every path by the verifier, and kept by the counting interpreter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.text import parse_module, print_function, print_module
from compiler.memory import rc
from compiler.mir.ops import MIR
from compiler.mir.values import CountError
from compiler.mir.verify import verify
from tests.mir.random_modules import generate
from tests.mir.running import outcome
from tests.mir.samples import SAMPLES


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_samples_free_everything(name):
    text, expected = SAMPLES[name]
    module = parse_module(text, MIR)
    rc.run_module(module)
    assert outcome(module, check_counts=True) == (0, expected, b"")


@given(st.integers(0, 1 << 30))
def test_random_modules_are_balanced_and_mean_the_same(seed):
    module = generate(seed)
    expected = outcome(module)
    rc.run_module(module)
    assert verify(module, counted=True) == []
    assert outcome(module, check_counts=True) == expected


def counts(name: str, text: str) -> str:
    module = parse_module(text, MIR)
    rc.run_module(module)
    return print_function(module.functions[name], MIR, module.places)


def test_goldens(golden):
    shown = []
    for name in sorted(SAMPLES):
        module = parse_module(SAMPLES[name][0], MIR)
        rc.run_module(module)
        shown.append(f"; {name}\n" + print_module(module, MIR))
    golden("memory/rc.txt", "\n".join(shown))


def test_a_loop_over_an_array_counts_nothing():
    module = parse_module(SAMPLES["arrays"][0], MIR)
    rc.run_module(module)
    text = print_function(module.functions["sum"], MIR, module.places)
    assert "rc." not in text
    assert "borrows=[0]" in text


def test_a_walk_over_a_borrowed_list_counts_nothing():
    text = counts("total", SAMPLES["lists"][0])
    assert "rc." not in text


def test_what_a_store_may_free_is_counted():
    text = """module mir
entry @m
layout list<i64>
  nil
  cons i64 list<i64>

function @m -> unit
b0()
  %0:i64 = const.i64 #0
  %1:list<i64> = make #0
  %2:list<i64> = make #1 %0 %1
  %3:cell<list<i64>> = cell.new %2
  %4:list<i64> = cell.get %3
  %5:unit = cell.set %3 %1
  %6:i64 = list.len %4
  %7:text = text.of-i64 %6
  %8:unit = io.print %7
  return %8
"""
    module = parse_module(text, MIR)
    rc.run_module(module)
    assert outcome(module, check_counts=True) == (0, b"1\n", b"")
    # Without the count of %4 the store frees it: the interpreter must see that.
    main = module.functions["m"]
    read = next(v for v in main.blocks[0].body if main.op[v] == MIR.code["cell.get"])
    main.blocks[0].body = [
        v for v in main.blocks[0].body if not (main.args[v] == (read,) and MIR.ops[main.op[v]].name.startswith("rc."))
    ]
    with pytest.raises(CountError):
        outcome(module, check_counts=True)


def test_leaks_are_seen():
    module = parse_module(SAMPLES["lists"][0], MIR)
    rc.run_module(module)
    main = module.functions["main"]
    drop = next(v for v in main.blocks[0].body if main.op[v] == MIR.code["rc.drop"])
    main.blocks[0].body.remove(drop)
    assert any("leaks" in problem for problem in verify(module, counted=True))
    with pytest.raises(CountError, match="still alive"):
        outcome(module, check_counts=True)


def test_functions_whose_address_is_taken_own_their_parameters():
    text = SAMPLES["closures"][0]
    module = parse_module(text, MIR)
    rc.run_module(module)
    assert "borrows" not in module.functions["twice"].attrs
    assert "borrows" not in module.functions["adder"].attrs
