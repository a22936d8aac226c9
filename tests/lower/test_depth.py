"""Depth never breaks a lane: source nested to the limit, long literals, deep recursion, deep and cyclic data."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

from compiler.hir.interp import FRAME_LIMIT
from tests.lower.lanes import LANES, lines, run

DEEP = 3300  # three levels of parentheses a step, of the 10,000 the reader allows

NESTED = {
    "do": ("(do " * 9000 + "7" + ")" * 9000, 7),
    "plus": ("(+ 1 " * 9000 + "0" + ")" * 9000, 9000),
    "if": ("(if (> p 5) 0 " * 9000 + "p" + ")" * 9000, 0),
    "let": (
        "".join(f"(let ((x{i} {'p' if i == 0 else f'(+ x{i - 1} 1)'})) " for i in range(DEEP))
        + f"x{DEEP - 1}"
        + ")" * DEEP,
        DEEP - 1,
    ),
    "match": ("(match p (1 1) (_ " * 4500 + "p" + "))" * 4500, 0),
    "lambda": ("((λ (x) (+ x " * 1500 + "p" + ")) 1)" * 1500, 1500),
}


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("name", NESTED)
def test_nested_source(name: str, lane: str) -> None:
    text, value = NESTED[name]
    before = sys.getrecursionlimit()
    assert lines(f"(fn f (:: (-> I64 I64)) (p) {text})\n(fn main (_) (f 0))", lane, verified=False) == [str(value)]
    assert sys.getrecursionlimit() == before


@pytest.mark.parametrize("lane", LANES)
def test_long_bodies(lane: str) -> None:
    n = 2000
    steps = " ".join([f"(set! s (+ s {i}))" for i in range(n)])
    assert lines(f"(fn main (_) (let ((mut s 0)) {steps} s))", lane) == [str(sum(range(n)))]
    assert lines(f"(fn main (_) (len (list {' '.join(map(str, range(n)))})))", lane) == [str(n)]
    ands = " ".join(["(> s -1)"] * n)
    assert lines(f"(fn main (_) (let ((mut s 0)) (if (and {ands} (do (set! s 3) true)) s 9)))", lane) == ["3"]


COUNT = "(fn down (:: (-> I64 I64)) (n) (if (= n 0) 0 (+ 1 (down (- n 1)))))\n"


@pytest.mark.parametrize("lane", LANES)
def test_frames(lane: str) -> None:
    assert lines(COUNT + "(fn main (_) (down 90000))", lane) == ["90000"]
    status, out, err = run(COUNT + f'(fn main (_) (print "before") (down {FRAME_LIMIT}))', lane)
    assert (status, out, err) == (102, b"before\n", b"panic: stack exhausted\n")


@pytest.mark.parametrize("lane", LANES)
def test_a_panic_under_many_frames(lane: str) -> None:
    text = "(fn f (:: (-> I64 I64)) (n) (if (= n 0) (head (list)) (+ 1 (f (- n 1)))))\n(fn main (_) (f 50000))"
    assert run(text, lane) == (101, b"", b"panic: empty list\n  at main.0x0:1:41\n")


LIMITED = """
import io, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))
from tests.lower.lanes import run
print(run(sys.argv[1], "interp"))
"""


@pytest.mark.parametrize(
    "body",
    [
        "(let ((mut xs (list))) (while true (set! xs (cons 1 xs))))",
        '(let ((mut t "x")) (while true (set! t (text-cat t t))))',
        "(print (show (array-len (array 4611686018427387904 0))))",
    ],
)
def test_the_end_of_memory(body: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, f"(fn main (_) {body} unit)"],
        capture_output=True,
        cwd=pathlib.Path(__file__).parent.parent.parent,
        check=True,
    )
    assert done.stdout.decode().strip() == str((103, b"", b"panic: memory exhausted\n"))


TAILS = """(fn even (:: (-> I64 Bool)) (n) (if (= n 0) true (odd (- n 1))))
(fn odd (:: (-> I64 Bool)) (n) (match n (0 false) (_ (even (- n 1)))))
(fn both (:: (-> I64 Bool)) (n) (and (>= n 0) (or (= n 0) (do unit (let ((m (- n 1))) (both m))))))
(fn through (:: (-> (-> I64 I64) I64 I64)) (f n) (if (= n 0) (f 0) (through (λ (x) (f (+ x 1))) (- n 1))))
(fn main (_) (print (show (list (even 200001) (both 200001)))) (through (λ (x) x) 200001))"""


@pytest.mark.parametrize("lane", LANES)
def test_tail_calls_use_no_stack(lane: str) -> None:
    assert lines(TAILS, lane) == ["(list false true)", "200001"]


DATA = """(type Chain (Link Chain) End)
(fn chain (:: (-> I64 Chain Chain)) (n c) (if (= n 0) c (chain (- n 1) (Link c))))
(fn build (:: (-> I64 (List I64) (List I64))) (n xs) (if (= n 0) xs (build (- n 1) (cons n xs))))
(fn main (_)
  (let ((a (chain N End)) (b (chain N End)) (xs (build N (list))) (ys (build N (list))))
    (print (show (= a b))) (print (show (= xs ys))) (print (show (= xs (tail ys))))
    (print (show (text-len (show a)))) (print (show (text-len (show xs))))))"""


@pytest.mark.parametrize("lane", LANES)
def test_deep_data(lane: str) -> None:
    n = 300_000
    shown_list = "(list " + " ".join(map(str, range(1, n + 1))) + ")"
    expected = ["true", "true", "false", str(len("(Link ") * n + len("End") + n), str(len(shown_list))]
    assert lines(DATA.replace("N", str(n)), lane) == expected


@pytest.mark.parametrize("lane", LANES)
def test_deep_types(lane: str) -> None:
    """A type nests as deep as the checker lets it."""
    nested = "(list " * 400 + "1" + ")" * 400
    assert lines(f"(fn main (_) (print (show (len {nested}))) (print (show (text-len (show {nested})))))", lane) == [
        "1",
        str(len(nested)),
    ]


@pytest.mark.parametrize("lane", LANES)
def test_types_that_nest_are_shared_across_uses(lane: str) -> None:
    text = """(type (Tree a) Leaf (Node (Tree a) a (Tree a)))
(fn put (:: (-> (-> a a Bool) (Tree a) a (Tree a))) (less t x) (match t
  (Leaf (Node Leaf x Leaf)) ((Node l y r) (if (less x y) (Node (put less l x) y r) (Node l y (put less r x))))))
(fn main (_)
  (print (show (put (λ (a b) (< a b)) (put (λ (a b) (< a b)) Leaf 2) 1)))
  (print (show (put text< (put text< Leaf "b") "c"))))"""
    assert lines(text, lane) == ["(Node (Node Leaf 1 Leaf) 2 Leaf)", '(Node Leaf "b" (Node Leaf "c" Leaf))']
