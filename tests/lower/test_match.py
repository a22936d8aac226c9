"""Decision trees against plain matching: random arms over random values, in Python one pattern after the other.

Every arm has a guard that a parameter can switch off, so that no arm is unreachable and every way through
the tree is taken.
"""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from compiler.lower import match
from tests.lower.lanes import LANES, lines, lowered

PRELUDE = "(type T A (B I64) (C T T) (D Bool Text) (L (List T)) (F F64))\n"


class Arms:
    """Random patterns over T with the Python test of each."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.names = 0

    def fresh(self) -> str:
        self.names += 1
        return f"v{self.names}"

    def pattern(self, kind: str, depth: int, binds: list[str]) -> tuple[str, Any]:
        """(source, pattern tree) of a pattern for a type; names it binds are appended."""
        pick = self.random.random()
        if depth == 0 or pick < 0.2:
            return "_", ("any",)
        if pick < 0.3:
            name = self.fresh()
            binds.append(name)
            return name, ("bind", name)
        if pick < 0.45:
            alternatives = [self.pattern(kind, depth - 1, []) for _ in range(2)]
            if not any(self.has_names(p) or self.catches_all(p) for _, p in alternatives):
                if alternatives[0] != alternatives[1]:
                    return f"(or {' '.join(s for s, _ in alternatives)})", ("or", [p for _, p in alternatives])
        if kind == "I64":
            number = self.random.choice([0, 1, 2, -1])
            return str(number), ("is", number)
        if kind == "Bool":
            return self.random.choice([("true", ("is", True)), ("false", ("is", False))])
        if kind == "Text":
            return self.random.choice([('"a"', ("is", "a")), ('""', ("is", ""))])
        if kind == "F64":
            return self.random.choice([("0.0", ("is", 0.0)), ("-0.0", ("is", -0.0)), ("1.5", ("is", 1.5))])
        if kind == "L":
            if self.random.random() < 0.3:
                return "(list)", ("list", [])
            (h, ph), (t, pt) = self.pattern("T", depth - 1, binds), self.pattern("L", depth - 1, binds)
            return f"(cons {h} {t})", ("cons", ph, pt)
        name = self.random.choice("ABCDLF")
        fields = {"A": [], "B": ["I64"], "C": ["T", "T"], "D": ["Bool", "Text"], "L": ["L"], "F": ["F64"]}[name]
        parts = [self.pattern(field, depth - 1, binds) for field in fields]
        text = f"({name} {' '.join(s for s, _ in parts)})" if parts else name
        return text, ("ctor", name, [p for _, p in parts])

    def has_names(self, tree: Any) -> bool:
        return "bind" in repr(tree)

    def catches_all(self, tree: Any) -> bool:
        """An or-pattern's later alternative after this one could be unreachable."""
        return tree[0] == "any" or (tree[0] == "or") or "any" in repr(tree)

    def value(self, depth: int) -> Any:
        name = self.random.choice("ABCDLF" if depth else "ABDF")
        if name == "A":
            return ("A",)
        if name == "B":
            return ("B", self.random.choice([0, 1, 2, -1, 7]))
        if name == "C":
            return ("C", self.value(depth - 1), self.value(depth - 1))
        if name == "D":
            return ("D", self.random.choice([True, False]), self.random.choice(["", "a", "b"]))
        if name == "L":
            return ("L", [self.value(depth - 1) for _ in range(self.random.randint(0, 2))])
        return ("F", self.random.choice([0.0, -0.0, 1.5, 2.5, float("nan")]))


def source(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float):
        return "(/ 0.0 0.0)" if value != value else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "(list" + "".join(" " + source(v) for v in value) + ")"
    return value[0] if len(value) == 1 else f"({value[0]} {' '.join(source(v) for v in value[1:])})"


def shown(value: Any) -> str:
    return source(value).replace("(/ 0.0 0.0)", "nan")


def matches(tree: Any, value: Any, names: dict[str, Any]) -> bool:
    """The definition: left to right, first alternative that matches."""
    kind = tree[0]
    if kind == "any":
        return True
    if kind == "bind":
        names[tree[1]] = value
        return True
    if kind == "is":
        return bool(tree[1] == value)
    if kind == "or":
        return any(matches(p, value, names) for p in tree[1])
    if kind == "list":
        return value == []
    if kind == "cons":
        return value != [] and matches(tree[1], value[0], names) and matches(tree[2], value[1:], names)
    return bool(tree[1] == value[0]) and all(matches(p, v, names) for p, v in zip(tree[2], value[1:], strict=True))


def case(seed: int) -> tuple[str, list[str]]:
    made = Arms(seed)
    arms = []
    for number in range(made.random.randint(2, 6)):
        binds: list[str] = []
        text, tree = made.pattern("T", 3, binds)
        arms.append((number, text, tree, binds))
    values = [made.value(3) for _ in range(12)]
    texts = []
    for number, text, _, binds in arms:
        result = f'(text-cat "{number}" "" ' + " ".join(f'" " (show {name})' for name in binds) + ")"
        texts.append(f"({text} (when (!= off {number})) {result})")
    program = PRELUDE + f'(fn f (:: (-> T I64 Text)) (x off) (match x {" ".join(texts)} (_ "none")))\n'
    calls, expected = [], []
    for value, off in itertools.product(values, range(-1, len(arms))):
        calls.append(f"(print (f {source(value)} {off}))")
        for number, _, tree, binds in arms:
            names: dict[str, Any] = {}
            if matches(tree, value, names) and number != off:
                expected.append(" ".join([str(number), *(shown(names[name]) for name in binds)]))
                break
        else:
            expected.append("none")
    return program + f"(fn main (_) {' '.join(calls)})", expected


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("tens", range(6))
def test_random_arms(tens: int, lane: str) -> None:
    for seed in range(tens * 10, tens * 10 + 10):
        program, expected = case(seed)
        assert lines(program, lane) == expected, f"seed {seed}:\n{program}"


@pytest.mark.parametrize("tens", range(6))
def test_random_arms_in_pieces(tens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are never copied: what only matches of very many arms come to."""
    monkeypatch.setattr(match, "EFFORT", 0)
    monkeypatch.setattr(match, "LINEAR", 1)
    for seed in range(tens * 10, tens * 10 + 10):
        program, expected = case(seed)
        assert lines(program, "mir") == expected, f"seed {seed}:\n{program}"


@pytest.mark.parametrize("guarded", [False, True])
def test_rows_are_not_copied_to_every_case(guarded: bool) -> None:
    """Names with guards between numbers: the code grows with the arms, not with their product."""
    sizes = []
    for n in (200, 400):
        arms = " ".join([f"(y (when (= k {i})) y)" if guarded and i % 4 == 0 else f"({i} {i})" for i in range(n)])
        body = lowered(f"(fn f (:: (-> I64 I64 I64)) (x k) (match x {arms} (_ -1)))\n(fn main (_) (f 1 2))").functions[
            "main.f"
        ]
        sizes.append(sum(len(block.body) for block in body.blocks))
    assert sizes[1] < 2.2 * sizes[0]


MUTABLE = """(type P (P (mut x I64) (y I64)))
(fn bump (:: (-> P I64 Bool)) (p n) (set-field! p x n) false)
(fn f (:: (-> P Text)) (p) (match p
  ((P 1 _) (when (bump p 2)) "guard")
  ((P 1 _) "still one")
  ((P 2 y) (text-cat "two " (show y)))
  (_ "other")))
(fn main (_) (print (f (P 1 7))) (print (f (P 2 7))) (print (f (P 3 7))))"""

GUARD_SETS = """(fn f (:: (-> (Option I64) I64)) (x)
  (let ((mut tries 0))
    (+ (match x
         ((Some n) (when (do (set! tries (+ tries 1)) (> n 10))) n)
         ((or (Some 1) (Some 2)) (when (do (set! tries (+ tries 10)) true)) 100)
         ((Some n) (when (do (set! tries (+ tries 100)) (> n 5))) (* n 2))
         (_ 0))
       (* tries 1000))))
(fn main (_) (print (show (list (f (Some 11)) (f (Some 1)) (f (Some 7)) (f (Some 4)) (f None)))))"""


@pytest.mark.parametrize("lane", LANES)
def test_a_guard_may_change_what_later_arms_see(lane: str) -> None:
    assert lines(MUTABLE, lane) == ["two 7", "two 7", "other"]
    expected = [11 + 1000, 100 + 11000, 14 + 101000, 0 + 101000, 0]
    assert lines(GUARD_SETS, lane) == ["(list " + " ".join(map(str, expected)) + ")"]


@pytest.mark.parametrize("lane", LANES)
def test_an_or_pattern_is_not_tried_again_when_its_guard_fails(lane: str) -> None:
    text = """(type Pair (Pair (Option I64) (Option I64)))
(fn f (:: (-> Pair I64)) (p) (match p ((or (Pair (Some n) _) (Pair _ (Some n))) (when (> n 3)) n) (_ 0)))
(fn main (_)
  (print (show (list (f (Pair (Some 4) (Some 5))) (f (Pair (Some 1) (Some 5))) (f (Pair None (Some 5)))))))"""
    assert lines(text, lane) == ["(list 4 0 5)"]


def test_every_arm_has_one_body() -> None:
    """However many ways lead to an arm, its body is lowered once."""
    arms = " ".join(f'((C (or (B {n}) A) (or (B {n}) (D true _) (D _ "a"))) (print "arm {n}"))' for n in range(4))
    text = PRELUDE + f"(fn f (:: (-> T Unit)) (x) (match x {arms} (_ unit)))\n(fn main (_) (f A))"
    body = lowered(text).functions["main.f"]
    printed = [
        value
        for block in body.blocks
        for value in block.body
        if isinstance(body.imm[value], str) and "arm" in body.imm[value]
    ]
    assert len(printed) == 4


@pytest.mark.parametrize("lane", LANES)
def test_very_many_arms(lane: str) -> None:
    arms = " ".join([f"({i * 3 - 3000} {i})" for i in range(6000)])
    text = f"(fn f (:: (-> I64 I64)) (x) (match x {arms} (_ -1)))\n(fn main (_) (print (show (list "
    calls = " ".join([f"(f {x})" for x in (-3000, -2997, -1, 0, 14997, 14998, 15000)])
    assert lines(text + calls + "))))", lane, verified=False) == ["(list 0 1 -1 1000 5999 -1 -1)"]
