"""What lowering promises about its output: instances on demand and shared, right shapes, every corpus program valid."""

from __future__ import annotations

import io

import pytest

from compiler import pipeline
from compiler.diagnostics import Sink
from compiler.ir.function import Function, Module
from compiler.ir.text import parse_module, print_module
from compiler.lower.lower import ENTRY, lower
from compiler.mir import interp
from compiler.mir.ops import MIR
from compiler.mir.verify import verify
from tests.corpus.programs import PROGRAMS
from tests.corpus.programs import Program as CorpusProgram
from tests.lower.lanes import LANES, lines, lowered, program


def ops(function: Function) -> list[str]:
    return [MIR.ops[function.op[value]].name for block in function.blocks for value in block.body]


@pytest.mark.parametrize("corpus", PROGRAMS, ids=lambda p: p.path)
def test_the_corpus_lowers_to_valid_mir_that_reads_back(corpus: CorpusProgram) -> None:
    _, checked = pipeline.front(corpus.path, frozenset(), Sink())
    assert checked is not None
    module = lower(checked, entry=checked.main)
    assert verify(module) == []
    text = print_module(module, MIR)
    assert print_module(parse_module(text, MIR), MIR) == text
    again = lower(checked, entry=checked.main)
    assert print_module(again, MIR) == text, "lowering twice gives the same"


GENERIC = """(fn map (:: (-> (-> a b) (List a) (List b))) (f xs)
  (match xs ((list) (list)) ((cons x r) (cons (f x) (map f r)))))
(fn unused (:: (-> a a)) (x) x)
(fn main (_)
  (print (show (map neg (list 1 2)))) (print (show (map abs (list -3))))
  (print (show (map (λ (x) (* x 0.5)) (list 1.0)))) (print (show (map text-len (list "abc")))))"""


def test_instances_are_made_on_demand_and_shared() -> None:
    names = set(lowered(GENERIC).functions)
    maps = {n for n in names if n.startswith("main.map")}
    assert maps == {
        "main.map<i64,i64>",
        "main.map<f64,f64>",
        "main.map<text,i64>",
    }
    assert not [n for n in names if "unused" in n]
    assert lines(GENERIC, "mir") == ["(list -1 -2)", "(list 3)", "(list 0.5)", "(list 3)"]


def test_literal_constants_are_folded_and_others_called() -> None:
    module = lowered("(const a I64 7)\n(const b (List I64) (list a a))\n(fn main (_) (print (show b)) a)")
    assert "main.a" not in module.functions
    assert sum("make" in ops(f) for name, f in module.functions.items() if "main.b" in name) == 1
    assert lines("(const a I64 7)\n(const b I64 (* a 6))\n(fn main (_) b)", "mir") == ["42"]


def test_tail_calls_are_tail_calls() -> None:
    text = """(fn f (:: (-> (-> I64 I64) I64 I64)) (g n)
      (if (= n 0) (g n) (match n (1 (f g 0)) (_ (let ((m (- n 1))) (do unit (f g m)))))))
    (fn main (_) (f neg 5))"""
    found = ops(lowered(text).functions["main.f"])
    assert (found.count("tailcall"), found.count("tailcall.closure")) == (2, 1)
    assert "call" not in found and "call.closure" not in found


def test_captured_mutables_are_cells_and_others_are_values() -> None:
    text = "(fn main (_) (let ((mut a 1) (mut b 2) (f (λ (x) (set! a (+ a x)) a))) (set! b (f b)) (set! a 5) (+ a b)))"
    found = ops(lowered(text).functions["main.main"])
    assert found.count("cell.new") == 1 and found.count("cell.set") == 1
    assert lines(text, "mir") == lines(text, "interp") == ["8"]


def test_every_index_is_checked_first() -> None:
    text = '(fn main (_) (let ((a (array 3 0))) (array-set! a 1 2) (+ (array-get a 1) (text-at "abc" 1))))'
    found = ops(lowered(text).functions["main.main"])
    assert found.count("check.bounds") == 3
    for access in ("array.get", "array.set", "text.byte"):
        assert found[found.index(access) - 1] == "check.bounds"


def test_panics_and_what_can_panic_have_places() -> None:
    module = lowered(
        '(fn f (:: (-> I64 I64)) (n)\n  (/ n (nth (list 1) n)))\n(fn main (_)\n  (if (= (f 0) 1) (panic "x") 2))'
    )
    places = {}
    for function in module.functions.values():
        for block in function.blocks:
            for value in block.body:
                places[MIR.ops[function.op[value]].name] = module.places[function.at[value]]
    assert places["i64.div"] == "main.0x0:2:3"
    assert places["list.cell"] == "main.0x0:2:8"
    assert places["panic.text"] == "main.0x0:4:19"


def test_nothing_unreachable_is_left() -> None:
    module = lowered('(fn f (:: (-> Bool I64)) (b) (if b (panic "x") (do (exit 3) 4)))\n(fn main (_) (f true))')
    for function in module.functions.values():
        targets = {target for block in function.blocks for target, _ in block.succs}
        assert targets | {0} == set(range(len(function.blocks)))


def run_module(module: Module) -> bytes:
    out = io.BytesIO()
    assert interp.run(module, argv=[], stdin=io.BytesIO(), stdout=out, stderr=io.BytesIO()) == 0
    return out.getvalue()


def test_several_entries_run_in_turn() -> None:
    checked = program(
        '(fn f (:: (-> I64 I64)) (x) (* x 2))\n(test "a" (= (f 2) 4))\n(test "b" (= (f 2) 5))\n(fn main (_) 1)'
    )
    module = lower(checked, entry=[t.function for t in checked.tests])
    assert module.entry == ENTRY and verify(module) == []
    assert run_module(module) == b"true\nfalse\n"


@pytest.mark.parametrize("lane", LANES)
def test_arguments_are_evaluated_left_to_right(lane: str) -> None:
    text = """(type P (P (x I64) (y I64) (z I64)))
(fn say (:: (-> Text I64 I64)) (t n) (write t) n)
(fn three (:: (-> I64 I64 I64 I64)) (a b c) (+ a (+ b c)))
(fn pick (:: (-> I64 (-> I64 I64 I64))) (n) (write "f") (λ (a b) (- a b)))
(fn main (_)
  (three (say "a" 1) (say "b" 2) (say "c" 3)) (+ (say "d" 1) (say "e" 2))
  ((pick 0) (say "g" 1) (say "h" 2)) (list (say "i" 1) (say "j" 2)) (array-of (say "k" 1) (say "l" 2))
  (P (say "m" 1) (say "n" 2) (say "o" 3)) (with (P 1 2 3) (z (say "p" 1)) (x (say "q" 2)))
  (array-set! (array-of 1) (say "r" 0) (say "s" 1)) (for (i (say "t" 0) (say "u" 0)) unit)
  (text-cat (show (say "v" 1)) (show (say "w" 1)) (show (say "x" 1))) (print ""))"""
    assert lines(text, lane) == ["abcdefghijklmnopqrstuvwx"]


@pytest.mark.parametrize("lane", LANES)
def test_closures_in_loops_capture_afresh(lane: str) -> None:
    text = """(fn main (_)
  (let ((mut fs (list)))
    (for (i 0 3) (let ((mut n (* i 10))) (set! fs (cons (λ (x) (set! n (+ n x)) n) fs))))
    (for (turn 0 2)
      (print (show (list ((nth fs 0) 1) ((nth fs 1) 1) ((nth fs 2) 1)))))))"""
    counters = [20, 10, 0]
    expected = []
    for _ in range(2):
        counters = [n + 1 for n in counters]
        expected.append("(list " + " ".join(map(str, counters)) + ")")
    assert lines(text, lane) == expected


@pytest.mark.parametrize("lane", LANES)
def test_functions_builtins_and_constructors_as_values(lane: str) -> None:
    text = """(type B (B I64 Text))
(fn nothing (:: (-> Unit I64)) (_) 5)
(fn call (:: (-> (-> a b) a b)) (f x) (f x))
(fn both (:: (-> (-> a b c) a b c)) (f x y) (f x y))
(fn main (_)
  (print (show (list (call nothing unit) (call neg 3) (call (call (λ (f) f) abs) -4))))
  (print (show (both B 1 "x"))) (print (show (call Some 1.5))) (print (show (both = (list 1) (list 1))))
  (print (show (both cons 1 (list 2)))) (call print "printed") (print (show (call read-line unit))))"""
    expected = ["(list 5 -3 4)", '(B 1 "x")', "(Some 1.5)", "true", "(list 1 2)", "printed", "None"]
    assert lines(text, lane) == expected
