"""Each MIR invariant fires on its own broken function."""

from __future__ import annotations

import pytest

from compiler.ir.text import parse_module
from compiler.memory import rc
from compiler.mir.ops import MIR
from compiler.mir.verify import INVARIANTS, verify
from tests.mir.samples import SAMPLES

HEAD = """module mir
layout Box
  Box i64 mut:text
  Empty
layout list<i64>
  nil
  cons i64 list<i64>

function @g -> i64
b0(%0:fn(i64)->i64 %1:i64)
  %2:i64 = capture #0 %0
  return %2

function @f -> i64
"""


def lines(*body: str, params: str = "%0:i64 %1:text", result: str = "%0") -> str:
    return HEAD + f"b0({params})\n" + "".join(f"  {line}\n" for line in body) + f"  return {result}\n"


ONE = "b2()\n  %9:i64 = const.i64 #1\n  return %9\n"

CASES = [
    ("V201", lines("%2:Box = make #2")),
    ("V201", lines("%2:Box = make #0 %1 %0")),
    ("V201", lines("%2:Nothing = make #0")),
    ("V202", lines("%2:Box = make #0 %0 %1", "%3:i64 = field #[0,2] %2")),
    ("V202", lines("%2:Box = make #0 %0 %1", "%3:text = field #[0,1] %2")),
    ("V202", lines("%2:Box = make #0 %0 %1", "%3:i64 = field.mut #[0,0] %2")),
    ("V202", lines("%2:Box = make #0 %0 %1", "%3:text = field #[0,0] %2")),
    ("V202", lines("%2:Box = make #0 %0 %1", "%3:unit = field.set #[0,1] %2 %0")),
    ("V203", lines("%2:i64 = tag %1")),
    ("V203", lines("%2:Box = make #1", "%3:i64 = list.len %2")),
    ("V203", lines("%2:list<i64> = process.argv")),
    ("V204", lines("%2:array<i64> = array.new %0 %1")),
    ("V204", lines("%2:array<i64> = array.of %0 %0", "%3:f64 = array.get %2 %0")),
    ("V204", lines("%2:cell<i64> = cell.new %0", "%3:unit = cell.set %2 %1")),
    ("V204", lines("%2:array<text> = array.of %1 %0")),
    ("V205", lines("%2:i64 = call @f %0")),
    ("V205", lines("%2:f64 = call @f %0 %1")),
    ("V205", lines("%2:i64 = call.closure %1 %0")),
    ("V205", lines("%3:i64 = call.closure %2", params="%0:i64 %1:text %2:fn(i64)->i64")),
    ("V206", lines("%2:fn(text)->i64 = const.fn @g")),
    ("V206", lines("%2:fn(i64)->f64 = closure @g %0")),
    ("V207", lines("%2:fn(i64)->i64 = closure @g %1")),
    ("V207", lines("%2:fn(i64)->i64 = closure @g")),
    ("V207", lines("%3:i64 = capture #0 %2", params="%0:i64 %1:text %2:fn(i64)->i64")),
    ("V208", lines(result="%1")),
    ("V208", lines("%3:text = select %2 %1 %1", params="%0:i64 %1:text %2:bool")),
    ("V208", lines("%2:text = text.cat %1")),
    ("V208", HEAD + 'b0(%0:i64)\n  panic #"frob"\n'),
    ("V208", HEAD + 'b0(%0:i64)\n  panic #"index" %0\n'),
    ("V209", HEAD.replace("module mir\n", "module mir\nentry @f\n") + "b0(%0:i64)\n  return %0\n"),
    ("V201", lines("%2:i64 = region.enter", "%3:Box = region.make #0 %2 %1 %0", "%4:unit = region.leave #0 %2")),
    ("V204", lines("%2:i64 = region.enter", "%3:cell<text> = region.cell %2 %0", "%4:unit = region.leave #0 %2")),
    ("V204", lines("%2:i64 = region.enter", "%3:array<text> = region.array-of %2 %0", "%4:unit = region.leave #0 %2")),
    (
        "V207",
        lines("%2:i64 = region.enter", "%3:fn(i64)->i64 = region.closure @g %2 %1", "%4:unit = region.leave #0 %2"),
    ),
    ("V211", lines("%2:i64 = region.enter")),
    ("V211", lines("%2:unit = region.leave #0 %0")),
    ("V211", lines("%2:i64 = region.enter", "%3:i64 = region.enter", "%4:unit = region.leave #0 %2")),
    ("V211", lines("%2:i64 = region.enter", "%3:unit = region.leave #0 %2", "%4:unit = region.leave #0 %2")),
    ("V211", HEAD + "b0(%0:bool)\n  branch %0 b1() b2()\nb1()\n  %1:i64 = region.enter\n  jump b2()\n" + ONE),
    ("V212", lines("%2:i64 = region.enter", "%3:unit = region.leave #0 %2", "%4:cell<i64> = region.cell %2 %0")),
    ("V212", lines("%4:cell<i64> = region.cell %0 %0")),
]


@pytest.mark.parametrize(("code", "text"), CASES)
def test_the_invariant_fires(code, text):
    assert {problem.split()[0] for problem in verify(parse_module(text, MIR))} == {code}


def test_every_invariant_has_a_case():
    assert {case[0] for case in CASES} == set(INVARIANTS)


MERGE = (
    "b0(%0:text %1:bool)\n  branch %1 b1() b2()\nb1()\n  %2:unit = rc.drop %0\n  jump b3()\n"
    "b2()\n  jump b3()\nb3()\n  %3:i64 = const.i64 #1\n  return %3\n"
)

REGION = """module mir
layout list<i64>
  nil
  cons i64 list<i64>

function @keep -> unit
b0(%0:cell<list<i64>> %1:list<i64>)
  %2:unit = cell.set %0 %1
  return %2

function @look -> i64
b0(%0:list<i64>)
  %1:i64 = list.len %0
  return %1

function @f -> i64
b0(%0:cell<list<i64>> %1:i64)
  %2:list<i64> = make #0
  %3:i64 = region.enter
  %4:list<i64> = region.make #1 %3 %1 %2
"""
LEAVE = "  %5:unit = region.leave #0 %3\n"

# What a region made and what becomes of it, and whether that is wrong.
OUTLIVES = [
    ("", "  %6:i64 = call @look %4\n" + LEAVE + "  return %6\n"),
    ("after", LEAVE + "  %6:i64 = call @look %4\n  return %6\n"),
    ("after", LEAVE + "  jump b1(%4)\nb1(%7:list<i64>)\n  return %1\n"),
    ("after", "  %6:cell<list<i64>> = region.cell %3 %4\n" + LEAVE + "  %7:list<i64> = cell.get %6\n  return %1\n"),
    ("stored", "  %6:unit = cell.set %0 %4\n" + LEAVE + "  return %1\n"),
    ("kept", "  %6:unit = call @keep %0 %4\n" + LEAVE + "  return %1\n"),
    ("", "  %6:cell<list<i64>> = region.cell %3 %2\n  %7:unit = call @keep %6 %4\n" + LEAVE + "  return %1\n"),
    ("hold", "  %6:list<i64> = make #1 %1 %2\n  %7:cell<list<i64>> = region.cell %3 %6\n" + LEAVE + "  return %1\n"),
]


@pytest.mark.parametrize(("why", "body"), OUTLIVES)
def test_what_outlives_its_region_is_found(why, body):
    problems = verify(parse_module(REGION + body, MIR))
    assert bool(problems) == bool(why), problems
    assert all(problem.startswith("V213") and why in problem for problem in problems), problems


def test_a_leave_in_no_block_says_nothing_of_its_region():
    body = "  %6:list<i64> = make #1 %1 %2\n  %7:cell<list<i64>> = region.cell %3 %6\n" + LEAVE.replace("#0", "#1")
    module = parse_module(REGION + body + "  return %1\n", MIR)
    assert verify(module) == []
    function = module.functions["f"]
    enter = next(v for v, op in enumerate(function.op) if op == MIR.code["region.enter"])
    function.value(MIR.code["region.leave"], "", (enter,), 0)  # as passes leave behind what they copied or dropped
    assert verify(module) == []


# Counted functions that are wrong, each in one way.
COUNTED = [
    ("leaks", "b0(%0:text)\n  %1:i64 = const.i64 #1\n  return %1\n"),
    ("consumes", "b0(%0:text)\n  %1:unit = rc.drop %0\n  %2:unit = rc.drop %0\n  %3:i64 = const.i64 #1\n  return %3\n"),
    ("uses", "b0(%0:text)\n  %1:unit = rc.drop %0\n  %2:i64 = text.len %0\n  return %2\n"),
    (
        "uses",
        "b0(%0:list<i64>)\n  %1:list<i64> = field #[1,1] %0\n  %2:unit = rc.drop %0\n  %3:i64 = tag %1\n  return %3\n",
    ),
    (
        "reached with different owners",
        MERGE,
    ),
]


@pytest.mark.parametrize(("what", "body"), COUNTED)
def test_unbalanced_counts_are_found(what, body):
    module = parse_module(HEAD + body, MIR)
    del module.functions["g"]  # its environment is not dropped
    problems = verify(module, counted=True)
    assert problems
    assert all(p.startswith("V210") for p in problems)
    assert what in problems[0]


def test_a_tail_call_lends_only_what_callers_keep():
    text = """module mir

function @g -> i64 borrows=[0]
b0(%0:text)
  %1:i64 = text.len %0
  return %1

function @f -> i64
b0(%0:text)
  tailcall @g %0
"""
    problems = verify(parse_module(text, MIR), counted=True)
    assert any("lends" in problem for problem in problems)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_samples_are_fine_before_and_after_counting(name):
    module = parse_module(SAMPLES[name][0], MIR)
    assert verify(module) == []
    rc.run_module(module)
    assert verify(module, counted=True) == []
