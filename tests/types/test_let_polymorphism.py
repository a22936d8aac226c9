"""A λ bound by an immutable ≔ has a type for every use, and no more freedom than that."""

from __future__ import annotations

import pytest

from compiler.diagnostics import Sink
from compiler.hir.text import parse_program, print_program
from compiler.hir.verify import verify
from compiler.modules.load import load
from compiler.types.check import check
from tests.lower.lanes import LANES, lines, lowered, program

# (bindings, expression, what it shows)
CASES = [
    ("(same (λ (x) x))", '(list (same "a") (show (same 1)))', '(list "a" "1")'),
    ("(add (λ (a b) (+ a b)))", "(list (show (add 1 2)) (show (add 0.5 1.0)))", '(list "3" "1.5")'),
    ("(add (λ (a b) (+ a b)))", "(add (add 1 2) 3)", "6"),
    ("(k (λ (x) (λ (y) x)))", '(list ((k 1) "z") ((k 2) 0.5))', "(list 1 2)"),
    ("(same (λ (x) x)) (other same)", "(other 5)", "5"),
    ("(one (λ (x) (list x))) (two (λ (x) (one (one x))))", '(show (two "q"))', '"(list (list \\"q\\"))"'),
    ("(n 3) (more (λ (x) (list (Ok x) (Err n))))", '(list (len (more "a")) (len (more 1.5)))', "(list 2 2)"),
    ("(f (λ (p) (Some p)))", "(list (f (: 1 Any)) (f (: 1.5 Any)))", "(list (Some (: 1 Any)) (Some (: 1.5 Any)))"),
    (
        '(f (λ (x) (match x ((Some y) y) (None (panic "no")))))',
        '(list (f (Some 1)) (text-len (f (Some "ab"))))',
        "(list 1 2)",
    ),
    ("(eq (λ (a b) (= a b)))", '(list (eq 1 1) (eq "a" "b") (eq 0.0 -0.0))', "(list true false true)"),
    ("(f (λ (x) (≔ ((g (λ (y) (list (Ok x) (Err y))))) (head (g 1)))))", '(show (list (f "a")))', None),
]


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize(("bindings", "expression", "wanted"), CASES, ids=[e for _, e, _ in CASES])
def test_values(bindings: str, expression: str, wanted: str | None, lane: str) -> None:
    text = f"(fn main (_) (let ({bindings}) (print (show {expression}))))"
    assert lines(text, lane) == ['"(list (Ok \\"a\\"))"' if wanted is None else wanted]


SHARED = """(fn main (_) (let ((mut count 0) (note (λ (x) (set! count (+ count 1)) x)))
  (let ((later (λ (_) (note "c") (note 3))))
    (note "a") (note 1) (later unit) (print (show count)))))"""


@pytest.mark.parametrize("lane", LANES)
def test_all_instances_share_captured_cells(lane: str) -> None:
    assert lines(SHARED, lane) == ["4"]


def test_an_instance_is_one_function() -> None:
    module = lowered('(fn main (_) (let ((f (λ (x) (list x)))) (f 1) (f 2) (f "a") unit))')
    assert sorted(name for name in module.functions if ".lambda" in name) == [
        "main.main.lambda0<i64>",
        "main.main.lambda0<text>",
    ]


def test_what_is_never_used_is_not_made() -> None:
    module = lowered("(fn main (_) (let ((f (λ (x) (+ x x)))) unit))")
    assert not [name for name in module.functions if ".lambda" in name]


@pytest.mark.parametrize("bindings", [b for b, _, _ in CASES])
def test_the_program_is_sound_and_reads_back(bindings: str) -> None:
    found = program(f"(fn generic (a) (let ({bindings}) (list a)))\n(fn main (_) (generic 1) unit)")
    assert verify(found) == []
    text = print_program(found)
    again = parse_program(text)
    assert print_program(again) == text
    assert verify(again) == []


def test_variables_of_the_function_stay_its_own() -> None:
    """Names of a ∷ are fixed inside; what a λ adds follows them."""
    found = program(
        "(fn pair (:: (-> a b (List (Result a b)))) (x y)\n"
        "(let ((mk (λ (u v) (list (Ok u) (Err v))))) (mk 1 2) (mk x y)))\n"
        '(fn main (_) (pair 1 "a") unit)'
    )
    function = next(f for f in found.functions if f.name == "main.pair")
    assert (function.vars, function.inner) == (2, [False, False])
    assert verify(found) == []


# A generalized λ is not captured itself: the checks that follow functions find what is in it all the same.
REFUSED = [
    ("(fn main (_) (let ((mut t 0) (f (λ (x) (set! t 1)))) (join (spawn f))))", "TYPE_ESCAPE-001", (1, 40)),
    (
        "(fn main (_) (let ((mut t 0) (f (λ (x) (set! t 1)))) (join (spawn (λ (me) (f me))))))",
        "TYPE_ESCAPE-001",
        (1, 40),
    ),
    (
        "(fn f (:: (-> I64 a I64)) (n x) (let ((g (λ (y) (f n (list y))))) (if (= n 0) 0 (g x))))",
        "BACKEND_UNSUPPORTED-012",
        (1, 49),
    ),
]


@pytest.mark.parametrize(("text", "code", "place"), REFUSED, ids=[code for _, code, _ in REFUSED])
def test_what_follows_functions_follows_these(text: str, code: str, place: tuple[int, int]) -> None:
    sink = Sink()
    graph = load("main.0x0", frozenset(), sink, read_text=lambda path: text)
    assert graph is not None
    assert check(graph, sink) is None
    assert [(d.kind.code, d.file.place(d.start)) for d in sink.ordered()] == [(code, place)]
