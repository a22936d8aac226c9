"""Programs known to blow type inference up: each is refused at its limit or costs what a plain program costs.

Costs are counted in calls, so a machine's load means nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.types.checking import messages, run
from tests.types.test_growth import PAIR, calls

MAIN = "(ƒ main (_) 0)"


def squaring(n: int) -> str:
    """Mairson, "Deciding ML typability is complete for deterministic exponential time" (1990): types of 2^2^n parts."""
    lets = " ".join([f"(f{k} (λ (x) (f{k - 1} (f{k - 1} x))))" for k in range(1, n)])
    return f"{PAIR}(ƒ main (_) (≔ ((f0 (λ (x) (Pair x x))) {lets}) (f{n - 1} 1) 0))"


def squaring_at_the_top(n: int) -> str:
    functions = "".join([f"(ƒ f{k} (x) (f{k - 1} (f{k - 1} x)))\n" for k in range(1, n)])
    return f"{PAIR}(ƒ f0 (x) (Pair x x))\n{functions}{MAIN}"


def nested_lambdas(n: int) -> str:
    return f"(ƒ f (_) {''.join([f'(λ (x{k}) ' for k in range(n)])}x0{')' * n})\n{MAIN}"


def applied_lambdas(n: int) -> str:
    return f"{PAIR}(ƒ f (y) {'((λ (x) (Pair x x)) ' * n}y{')' * n})\n{MAIN}"


def record(n: int) -> str:
    """A record of n fields, made of its own fields."""
    fields = " ".join([f"(f{k} I64)" for k in range(n)])
    reads = " ".join([f"(. r f{k})" for k in range(n)])
    return f"(τ R (R {fields}))\n(ƒ f (∷ (→ R R)) (r) (R {reads}))\n{MAIN}"


def tuple_of_tuples(n: int) -> str:
    names = " ".join([f"v{k}" for k in range(n)])
    ones = " ".join(["x"] * n)
    return f"(τ (T {names}) (T {names}))\n(ƒ f (x) (T {ones}))\n(ƒ main (_) (f (f 1)) 0)"


def nested_data(n: int) -> str:
    """Polymorphic recursion over a type that needs itself at ever larger types."""
    more = "(Option " * n + "a" + ")" * n
    return f"(τ (Nest a) Nil (Nest a (Nest {more})))\n{MAIN}"


def growing_calls(n: int) -> str:
    more = "(Some " * n + "x" + ")" * n
    return f"(ƒ f (∷ (→ a I64 I64)) (x n) (if (= n 0) 0 (f {more} (- n 1))))\n(ƒ main (_) (f 1 2))"


def turning_calls(n: int) -> str:
    """Polymorphic recursion of bounded size: the parameters change places."""
    names = [f"x{k}" for k in range(n)]
    types = " ".join([f"a{k}" for k in range(n)])
    return f"(ƒ f (∷ (→ {types} I64)) ({' '.join(names)}) (f {' '.join(names[1:] + names[:1])}))\n{MAIN}"


def deep_pattern(n: int) -> str:
    return f"(τ N Z (S N))\n(ƒ f (x) (match x ({'(S ' * n}Z{')' * n} 1) (_ 0)))\n{MAIN}"


def deep_matches(n: int) -> str:
    return f"(ƒ f (x) {'(match x (0 1) (_ ' * n}2{'))' * n})\n{MAIN}"


def one_true_each(n: int) -> str:
    """n arms that look at a field each."""
    arms = [f"((T {' '.join(['true' if j == k else '_' for j in range(n)])}) {k})" for k in range(n)]
    return f"(τ T (T {' '.join(['Bool'] * n)}))\n(ƒ f (t) (match t {' '.join(arms)} (_ -1)))\n{MAIN}"


MOST = 50  # calls for each character; a plain program takes 5 to 25

# program of a size -> (size, its messages)
CASES: dict[str, tuple[Callable[[int], str], int, list[str]]] = {
    "let-bound λs that square a type": (squaring, 60, ["BACKEND_UNSUPPORTED-004 2:95"]),
    "functions that square a type": (squaring_at_the_top, 200, ["BACKEND_UNSUPPORTED-004 5:11"]),
    "λs in λs": (nested_lambdas, 1500, ["BACKEND_UNSUPPORTED-004 1:10"]),
    "λs applied to what λs give": (applied_lambdas, 400, ["BACKEND_UNSUPPORTED-004 2:24"]),
    "a record of 2,000 fields": (record, 2000, []),
    "a tuple of tuples": (tuple_of_tuples, 300, ["BACKEND_UNSUPPORTED-004 3:13"]),
    "a type that needs itself larger": (nested_data, 40, ["BACKEND_UNSUPPORTED-012 1:5"]),
    "calls at larger types": (growing_calls, 40, ["BACKEND_UNSUPPORTED-012 1:44"]),
    "calls at turned types": (turning_calls, 60, []),
    "a deep pattern": (deep_pattern, 3000, []),
    "matches in matches": (deep_matches, 1000, []),
    "arms that look at a field each": (one_true_each, 40, []),
}


@pytest.mark.parametrize("name", CASES)
def test_is_refused_or_cheap(name: str) -> None:
    make, size, expected = CASES[name]
    text = make(size)
    assert messages(text) == expected
    cost = calls(lambda: run(text))
    assert cost <= MOST * len(text), (cost, len(text), cost / len(text))


def test_a_smaller_one_is_fine() -> None:
    """The limit is where the page says: the same programs below it have no message."""
    assert messages(squaring(3)) == []
    assert messages(nested_lambdas(200)) == []
    assert messages(applied_lambdas(6)) == []
    assert messages(tuple_of_tuples(20)) == []
