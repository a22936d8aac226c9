"""The verifier refuses tampered programs: single mutations of a right one, each of which must be found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from compiler.hir.ops import CODE, OPS
from compiler.hir.program import Function, Program
from compiler.hir.verify import RULES, verify
from compiler.types.core import BOOL, F64, H_META, I64
from tests.types.checking import program

SOURCE = """
(τ Point (Point (x F64) (mut y F64)))
(τ (Tree a) Leaf (Node (Tree a) a (Tree a)))
(const width I64 (* 2 40))
(extern "C" tick (∷ (→ I64 Bool Unit F64)))
(ƒ insert (t x)
  (match t
    (Leaf (Node Leaf x Leaf))
    ((Node l v r) (if (< x v) (Node (insert l x) v r) (Node l v (insert r x))))))
(ƒ map (f xs) (match xs ((list) (list)) ((cons x r) (cons (f x) (map f r)))))
(ƒ kinds (a b c d e)
  (≔ ((u (match a (0 "zero") ((or 1 2) "few") (_ "many")))
      (v (match b (0.5 1) (_ 2)))
      (w (match c ("x" true) (_ false)))
      (t (match d (true unit) (false unit)))
      (s (match e (unit 1)))
      (o (match (Some a) ((Some k) (when (> k 3)) k) ((or (Some k) (Some k)) k) (None 0))))
    (if (and w (or w w)) (+ v s o) 0)))
(ƒ main (_)
  (≔ ((p (Point 1.0 2.0)) (mut t 0) (g (λ (k) (set! t (+ t k)) (+ t 1))) (a (array-of 1 2)))
    (while (< t 3) (set! t (+ t 1)))
    (for (i 0 3) (set! t (+ t (array-get a 0))))
    (set-field! p y (. p x))
    (print (text-cat (show (with p (x 5.0) (y 1.0))) "a" "b"))
    (map Some (list 1 2))
    (map not (list true))
    (map show (list (insert Leaf 2)))
    (≔ ((same (λ (x) x))) (same "a") (print (same "b")))
    (region (list 1) unit)
    (do (read-line) (kinds 1 2.0 "x" true unit))
    (+ width (g 2) (the I64 (: 2 Any)))))
(test "sums" (= (+ 1 1) 2))
"""


def fresh() -> Program:
    return program(SOURCE)


def test_the_sample_is_right_and_has_every_op() -> None:
    p = fresh()
    assert verify(p) == []
    seen = {OPS[op].name for f in p.functions for op in f.body.op}
    assert {op.name for op in OPS} - seen == {"const", "builtin-fn", "fn", "ctor-fn", "p-any"} - seen
    assert {op.name for op in OPS} - seen <= {"fn"}


def test_every_op_has_a_rule() -> None:
    assert set(RULES) == {op.name for op in OPS}


def live(p: Program) -> list[tuple[Function, int]]:
    """The nodes that a body reaches."""
    found = []
    for f in p.functions:
        todo = [f.root]
        while todo:
            node = todo.pop()
            found.append((f, node))
            todo.extend(f.body.children(node))
    return found


def test_a_wrong_type_anywhere_is_found() -> None:
    p = fresh()
    for f, node in live(p):
        before = f.body.type[node]
        f.body.type[node] = F64 if before != F64 else I64
        assert verify(p), f"{f.name}: node {node} ({OPS[f.body.op[node]].name})"
        f.body.type[node] = before


def test_an_unsolved_or_unknown_type_anywhere_is_found() -> None:
    p = fresh()
    meta = p.types.make(H_META, (1,))
    for f, node in live(p):
        before = f.body.type[node]
        for bad in (meta, -1, len(p.types.head), p.types.var(7)):
            f.body.type[node] = bad
            assert verify(p), f"{f.name}: node {node} of type {bad}"
        f.body.type[node] = before


def test_another_number_of_kids_is_found() -> None:
    p = fresh()
    free = {"do", "list", "array-of", "and", "or", "p-or", "match", "builtin"}
    for f, node in live(p):
        name = OPS[f.body.op[node]].name
        if f.body.count[node] and name not in free:
            f.body.count[node] -= 1
            assert verify(p), f"{f.name}: node {node} ({name})"
            f.body.count[node] += 1


def test_a_kid_that_is_its_parent_is_found() -> None:
    p = fresh()
    for f, node in live(p):
        if f.body.count[node]:
            at = f.body.first[node]
            before = f.body.kids[at]
            f.body.kids[at] = node
            assert verify(p), f"{f.name}: node {node}"
            f.body.kids[at] = before


def test_an_immediate_out_of_range_is_found() -> None:
    p = fresh()
    for f, node in live(p):
        op = OPS[f.body.op[node]]
        if op.imm != "none":
            before = f.body.imm[node]
            for bad in (1 << 70, -(1 << 70)):
                f.body.imm[node] = bad
                assert verify(p), f"{f.name}: node {node} ({op.name}) with {bad}"
            f.body.imm[node] = before


def test_patterns_arms_and_expressions_keep_to_their_places() -> None:
    p = fresh()
    for f, node in live(p):
        before = OPS[f.body.op[node]]
        for other in OPS:
            if other.pattern != before.pattern or (other.name == "arm") != (before.name == "arm"):
                f.body.op[node] = other.code
                assert verify(p), f"{f.name}: node {node} ({before.name}) as {other.name}"
        f.body.op[node] = before.code


def function(p: Program, name: str) -> Function:
    return next(f for f in p.functions if f.name == f"main.{name}")


def node_of(f: Function, op: str) -> int:
    return f.body.op.index(CODE[op])


def mutate_unbound_local(p: Program) -> None:
    f = function(p, "main")
    f.body.imm[node_of(f, "let")] = next(k for k, x in enumerate(f.locals) if x.name == "i")


def mutate_numeric(p: Program) -> None:
    function(p, "insert").numeric[0] = False


def mutate_vars(p: Program) -> None:
    function(p, "insert").vars = 0
    function(p, "insert").numeric = []


def mutate_cell(p: Program) -> None:
    next(x for x in function(p, "main").locals if x.name == "t").cell = False


def mutate_mutable(p: Program) -> None:
    next(x for x in function(p, "main").locals if x.name == "t").mutable = False


def mutate_captures(p: Program) -> None:
    function(p, "main").lambdas[0].captures.clear()


def mutate_lambda_params(p: Program) -> None:
    function(p, "main").lambdas[0].params.clear()


def mutate_field_mut(p: Program) -> None:
    next(d for d in p.datas if d.name == "main.Point").ctors[0].mutable[1] = False


def mutate_field_type(p: Program) -> None:
    next(d for d in p.datas if d.name == "main.Point").ctors[0].fields[0] = I64


def mutate_field_list(p: Program) -> None:
    p.field_lists[0] = (0, 0)


def mutate_ctor_variable(p: Program) -> None:
    next(d for d in p.datas if d.name == "main.Tree").vars = 0


def mutate_result(p: Program) -> None:
    function(p, "main").result = BOOL


def mutate_root(p: Program) -> None:
    function(p, "main").root = -1


def mutate_id(p: Program) -> None:
    p.functions[0].id = 3


def mutate_name(p: Program) -> None:
    p.functions[0].name = p.functions[1].name


def mutate_place(p: Program) -> None:
    function(p, "main").body.start[0] = 1 << 20


def mutate_const(p: Program) -> None:
    p.consts[0].type = F64


def mutate_test(p: Program) -> None:
    p.tests[0].function = 0


def mutate_main(p: Program) -> None:
    p.main = 99


def mutate_guard(p: Program) -> None:
    f = function(p, "kinds")
    arm = next(n for n, op in enumerate(f.body.op) if op == CODE["arm"] and f.body.imm[n] == 1)
    f.body.imm[arm] = 0


def mutate_or_pattern(p: Program) -> None:
    f = function(p, "kinds")
    for node, op in enumerate(f.body.op):
        if op == CODE["p-or"] and f.body.op[f.body.children(node)[0]] == CODE["p-ctor"]:
            f.body.op[f.body.children(f.body.children(node)[0])[0]] = CODE["p-any"]


def mutate_params(p: Program) -> None:
    f = function(p, "insert")
    f.params = [f.params[0], f.params[0]]


def mutate_columns(p: Program) -> None:
    function(p, "map").body.end.pop()


def mutate_inst(p: Program) -> None:
    k = next(k for k, row in enumerate(p.insts) if row[0] == "ctor" and row[2])
    what, target, _ = p.insts[k]
    p.insts[k] = (what, target, ())


def mutate_shared_node(p: Program) -> None:
    f = function(p, "insert")
    call = node_of(f, "call")
    at = f.body.first[call]
    f.body.kids[at] = f.body.kids[
        f.body.first[next(n for n in range(call + 1, len(f.body.op)) if f.body.op[n] == CODE["call"])]
    ]


MUTATIONS = {name.removeprefix("mutate_"): f for name, f in sorted(globals().items()) if name.startswith("mutate_")}


@pytest.mark.parametrize("name", MUTATIONS)
def test_tampering_is_found(name: str) -> None:
    p = fresh()
    mutation: Callable[[Program], None] = MUTATIONS[name]
    mutation(p)
    assert verify(p)
