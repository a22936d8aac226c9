"""Checking costs grow with the lines of a program: exact counts of the calls that reader, loader and checker make.

Counts repeat whatever the machine does.
Also: programs made to blow an algorithm up stay within a multiple of a plain one.
"""

from __future__ import annotations

import functools
import math
import statistics
import sys
from collections.abc import Callable
from types import FrameType

import pytest

from compiler.components import strong_components
from compiler.hir.program import Program
from gates.collect.checking_programs import generated
from tests.types.checking import messages, run

SIZES = (10, 20, 40, 80, 160)  # blocks of 26 lines
EXPONENT = 1.1


def calls(work: Callable[[], object]) -> int:
    """Calls of Python and C functions while `work` runs."""
    count = 0

    def note(frame: FrameType, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def checked(text: str) -> Program:
    program, sink = run(text)
    assert program is not None
    assert not sink.items
    return program


def slope(sizes: list[int], costs: list[int]) -> float:
    return statistics.linear_regression([math.log(n) for n in sizes], [math.log(n) for n in costs]).slope


def test_checking_grows_with_the_lines() -> None:
    base = calls(lambda: checked("(ƒ main (_) 0)\n"))
    texts = [generated("0x0", blocks) for blocks in SIZES]
    costs = [calls(functools.partial(checked, text)) - base for text in texts]
    found = slope([text.count("\n") for text in texts], costs)
    assert 0.9 < found <= EXPONENT, costs


def test_the_slope_tells_a_square() -> None:
    assert slope([1, 2, 4, 8, 16], [3, 12, 48, 192, 768]) == pytest.approx(2)


PAIR = "(τ (Pair a b) (Pair a b))\n"


def doubled(n: int, name: str, first: str) -> str:
    """Bindings whose types double from one to the next."""
    return f"({name}0 {first}) " + " ".join([f"({name}{k + 1} (Pair {name}{k} {name}{k}))" for k in range(n)])


def mutual(n: int) -> str:
    return "".join(f"(ƒ f{k} (a b) (f{(k + 1) % n} a b))\n" for k in range(n)) + "(ƒ main (_) 0)"


def tails(n: int) -> str:
    calls = [f"(ƒ f{k} (tail required) (a) (f{(k + 1) % n} a))\n" for k in range(n)]
    return "".join(calls) + "(ƒ main (_) 0)"


def misspelled(n: int) -> str:
    return "".join(f"(ƒ function{k} (a) (functon{k} a))\n" for k in range(n)) + "(ƒ main (_) 0)"


def given_on(n: int) -> str:
    """Locals that are each other's, in the order that tells least: only the last is no array of the function's own."""
    names = " ".join([f"(mut x{k} (array 1 1))" for k in range(n)])
    sets = " ".join([f"(set! x{k} x{k + 1})" for k in range(n - 1)])
    return f"(ƒ f (a) (≔ ({names}) {sets} (set! x{n - 1} a) (array-set! x0 0 1)))\n(ƒ main (_) 0)"


def alternatives(n: int) -> str:
    fields = " ".join(["(or true false)"] * n)
    return f"(τ T (T {' '.join(['Bool'] * n)}))\n(ƒ f (t) (match t ((T {fields}) 1)))\n(ƒ main (_) 0)"


def clauses(n: int) -> str:
    """Arms that look at two fields each: true at both, false at both."""
    arms = []
    for k in range(n):
        for word in ("true", "false"):
            row = [word if j in (2 * k, 2 * k + 1) else "_" for j in range(2 * n)]
            arms.append(f"((T {' '.join(row)}) 0)")
    return f"(τ T (T {' '.join(['Bool'] * (2 * n))}))\n(ƒ f (t) (match t {' '.join(arms)} (_ 1)))\n(ƒ main (_) 0)"


def one_type(n: int) -> str:
    both = f"{doubled(n, 'x', 'y')} {doubled(n, 'w', 'z')}"
    return PAIR + f"(ƒ f (y z) (≔ ({both}) (if true x{n} w{n})))\n(ƒ main (_) 0)"


def instances(n: int) -> str:
    return PAIR + f"(ƒ f (y) (≔ ({doubled(n, 'x', 'y')}) x{n}))\n(ƒ main (_) (f (f 1)) 0)"


# program of a size -> (sizes, the exponent its calls may have); a square is of the text itself, as fields times arms
GROWTH: dict[str, tuple[Callable[[int], str], tuple[int, ...], float]] = {
    "mutual recursion": (mutual, (100, 200, 400), 1.15),
    "tail required": (tails, (100, 200, 400), 1.15),
    "misspelled names": (misspelled, (100, 200, 400), 1.1),
    "locals given on": (given_on, (50, 100, 200), 1.15),
    "alternatives in every field": (alternatives, (10, 20, 40), 2.1),
    "types that double": (instances, (600, 1200, 2400), 1.15),
    "two equal types that double": (one_type, (600, 1200, 2400), 1.15),
}


@pytest.mark.parametrize("name", GROWTH)
def test_what_was_made_to_blow_up(name: str) -> None:
    make, sizes, limit = GROWTH[name]
    costs = []
    for size in sizes:
        text = make(size)
        costs.append(calls(functools.partial(run, text)))
    assert slope(list(sizes), costs) <= limit, costs


def test_an_entangled_match_is_refused_or_cheap() -> None:
    assert messages(clauses(4)) == []
    rng = [7]

    def draw(bound: int) -> int:
        rng[0] = rng[0] * 1103515245 + 12345 & 0x7FFFFFFF
        return (rng[0] >> 8) % bound

    arms = []
    for k in range(60):
        row = ["_"] * 30
        for _ in range(3):
            row[draw(30)] = ("true", "false")[draw(2)]
        arms.append(f"((T {' '.join(row)}) {k})")
    text = f"(τ T (T {' '.join(['Bool'] * 30)}))\n(ƒ f (t) (match t {' '.join(arms)}))\n(ƒ main (_) 0)"
    assert messages(text) == ["SEM_MATCH-004 2:10"]


def test_ten_thousand_arms() -> None:
    arms = " ".join([f"({k} {k})" for k in range(10_000)])
    assert messages(f"(ƒ f (n) (match n {arms} (_ 0)))\n(ƒ main (_) 0)") == []
    assert messages(f"(ƒ f (n) (match n {arms} (77 1) (_ 0)))\n(ƒ main (_) 0)")[0].startswith("SEM_MATCH-002")


def test_components_against_reachability() -> None:
    edges = [[1], [2], [0, 3], [4], [3], [5], [], [6, 6, 7]]

    def reaches(start: int) -> set[int]:
        found = {start}
        for _ in edges:
            found |= {after for node in found for after in edges[node]}
        return found

    reach = [reaches(node) for node in range(len(edges))]
    expected = {tuple(o for o in range(len(edges)) if o in reach[n] and n in reach[o]) for n in range(len(edges))}
    found = strong_components(edges)
    assert {tuple(each) for each in found} == expected
    place = {node: k for k, each in enumerate(found) for node in each}
    assert all(place[after] <= place[node] for node, more in enumerate(edges) for after in more)
