"""Each generic invariant fires on its own broken function, and on nothing else."""

from __future__ import annotations

import pytest

from compiler.ir.text import parse_module
from compiler.ir.verify import IMMEDIATES, INVARIANTS, verify
from compiler.lir.ops import LIR
from compiler.mir.ops import CODE, MIR
from tests.mir.samples import SAMPLES

HEAD = "module mir\n\nfunction @f -> i64\n"
GOOD = HEAD + "b0(%0:i64)\n  %1:i64 = i64.add %0 %0\n  jump b1(%1)\nb1(%2:i64)\n  return %2\n"


def broken(text=GOOD, change=None):
    module = parse_module(text, MIR)
    if change is not None:
        change(module.functions["f"])
    return verify(module, MIR)


def _drop_terminator(f):
    f.blocks[1].body.pop()


def _twice(f):
    f.blocks[0].body.insert(0, f.blocks[0].body[0])


def _unknown_value(f):
    f.args[f.blocks[1].body[0]] = (99,)


def _level(f):
    f.level = "lir"


def _short_list(f):
    f.imm.pop()


CASES = [
    ("V101", GOOD, _level),
    ("V102", GOOD, _unknown_value),
    ("V102", GOOD, _short_list),
    ("V103", GOOD, _twice),
    ("V104", GOOD, _drop_terminator),
    ("V104", HEAD + "b0(%0:i64)\n  return %0\n  return %0\n", None),
    ("V105", HEAD + "b0(%0:bool)\n  branch %0 b1()\nb1()\n  unreachable\n", None),
    ("V105", HEAD + "b0()\n  jump b1()\nb1()\n  jump b0()\n", None),
    ("V106", HEAD + "b0(%0:i64)\n  jump b1()\nb1(%1:i64)\n  return %1\n", None),
    ("V106", HEAD + "b0(%0:i64)\n  jump b1(%0)\nb1(%1:f64)\n  unreachable\n", None),
    ("V107", HEAD + "b0(%0:i64)\n  %1:i64 = i64.add %0 %2\n  %2:i64 = i64.neg %0\n  return %1\n", None),
    (
        "V107",
        HEAD + "b0(%0:bool)\n  branch %0 b1() b2()\nb1()\n  %1:i64 = const.i64 #1\n  return %1\nb2()\n  return %1\n",
        None,
    ),
    ("V108", HEAD + "b0(%0:f64)\n  %1:i64 = i64.neg %0\n  return %1\n", None),
    ("V108", HEAD + "b0(%0:i64)\n  %1:i64 = i64.add %0\n  return %1\n", None),
    ("V108", HEAD + "b0(%0:i64)\n  %1:f64 = i64.neg %0\n  return %0\n", None),
    ("V108", HEAD + "b0(%0:bool %1:i64 %2:f64)\n  %3:i64 = select %0 %1 %2\n  return %3\n", None),
    ("V108", HEAD + "b0(%0:i64)\n  %1:unit = rc.dup %0\n  return %0\n", None),
    ("V109", HEAD + 'b0()\n  %0:i64 = const.i64 #"1"\n  return %0\n', None),
    ("V109", HEAD + "b0(%0:i64)\n  switch #[1,1] %0 b1() b1() b1()\nb1()\n  return %0\n", None),
    ("V109", HEAD + "b0(%0:i64)\n  return #3 %0\n", None),
    ("V110", HEAD + "b0()\n  %0:i64 = call @g\n  return %0\n", None),
]


@pytest.mark.parametrize(("code", "text", "change"), CASES)
def test_the_invariant_fires_alone(code, text, change):
    problems = broken(text, change)
    assert problems
    assert {problem.split()[0] for problem in problems} == {code}


def test_every_invariant_has_a_case():
    assert {case[0] for case in CASES} == set(INVARIANTS)


def test_good_functions_have_no_problem():
    assert broken() == []
    for text, _ in SAMPLES.values():
        assert verify(parse_module(text, MIR), MIR) == []


def test_a_module_of_another_level_is_refused():
    module = parse_module(GOOD, MIR)
    assert verify(module, LIR) == ["V101 module: level mir, judged as lir"]


def test_a_missing_entry_is_found():
    module = parse_module(GOOD, MIR)
    module.entry = "main"
    assert [p.split()[0] for p in verify(module, MIR)] == ["V110"]


def test_every_kind_of_immediate_in_a_table_has_a_meaning():
    for level in (MIR, LIR):
        assert {row.imm for row in level.ops} <= set(IMMEDIATES)


def test_unreachable_blocks_may_be_anything_but_malformed():
    text = HEAD + "b0(%0:i64)\n  return %0\nb1()\n  jump b1()\n"
    assert broken(text) == []
    assert CODE["jump"] >= 0
