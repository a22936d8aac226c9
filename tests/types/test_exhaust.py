"""The coverage of matches against brute force: all values up to a depth no pattern looks beyond, arm by arm."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.diagnostics import Sink
from tests.types.checking import MAIN, run

# A type is a name; a value or pattern is (constructor, parts).  "_" matches everything.
DECLARATIONS = "(τ Color Red Green Blue)\n(τ (Pair a b) (Pair a b))\n"
TYPES: dict[str, list[tuple[str, list[str]]]] = {
    "Bool": [("true", []), ("false", [])],
    "Color": [("Red", []), ("Green", []), ("Blue", [])],
    "(Option Bool)": [("None", []), ("Some", ["Bool"])],
    "(Pair Color (Option Bool))": [("Pair", ["Color", "(Option Bool)"])],
    "(List Bool)": [("nil", []), ("cons", ["Bool", "(List Bool)"])],
    "(Option (List Bool))": [("None", []), ("Some", ["(List Bool)"])],
    "I64": [(str(k), []) for k in range(5)],  # patterns use 0 to 2: the others stand for all the rest
    "(Pair I64 Bool)": [("Pair", ["I64", "Bool"])],
}
Tree = tuple[str, tuple]  # type: ignore[type-arg]
DEPTH = 3  # of patterns


def values(t: str, depth: int) -> list[Tree]:
    """All values of a type with lists of at most `depth` elements."""
    found: list[Tree] = []
    for name, parts in TYPES[t]:
        if name == "cons" and depth == 0:
            continue
        inner = [values(part, depth - 1 if part == t else depth) for part in parts]
        found += [(name, parts_of) for parts_of in itertools.product(*inner)]
    return found


def patterns(t: str, depth: int) -> st.SearchStrategy[Tree]:
    options: list[st.SearchStrategy[Tree]] = [st.just(("_", ()))]
    if depth:
        ctors = TYPES[t][:3] if t == "I64" else TYPES[t]
        for name, parts in ctors:
            options.append(st.tuples(st.just(name), st.tuples(*[patterns(part, depth - 1) for part in parts])))
        options.append(st.tuples(st.just("or"), st.tuples(patterns(t, depth - 1), patterns(t, depth - 1))))
    return st.one_of(options)


def matches(pattern: Tree, value: Tree) -> bool:
    name, parts = pattern
    if name == "_":
        return True
    if name == "or":
        return any(matches(part, value) for part in parts)
    return name == value[0] and all(matches(p, v) for p, v in zip(parts, value[1], strict=True))


def write(pattern: Tree) -> str:
    name, parts = pattern
    if name == "nil":
        return "(list)"
    return f"({' '.join([name, *map(write, parts)])})" if parts else name


def read(words: list[str]) -> Tree:
    """A missing value as the message shows it, as a pattern."""
    word = words.pop(0)
    if word != "(":
        return (word, ())
    name = words.pop(0)
    parts = []
    while words[0] != ")":
        parts.append(read(words))
    words.pop(0)
    if name == "list":
        tree: Tree = ("nil", ())
        for part in reversed(parts):
            tree = ("cons", (part, tree))
        return tree
    return (name, tuple(parts))


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, list[tuple[Tree, bool]]]:
    t = draw(st.sampled_from(sorted(TYPES)))
    arms = draw(st.lists(st.tuples(patterns(t, DEPTH), st.booleans().map(lambda b: b)), min_size=1, max_size=6))
    return t, arms


@given(programs())
@settings(max_examples=600)
def test_coverage_equals_brute_force(case: tuple[str, list[tuple[Tree, bool]]]) -> None:
    t, arms = case
    text = "".join(f"\n({write(p)} {'(when (= n 0)) ' if guarded else ''}{k})" for k, (p, guarded) in enumerate(arms))
    source = f"{DECLARATIONS}(ƒ f (∷ (→ {t} I64 I64)) (v n) (match v{text}))"
    _, sink = run(source + MAIN)
    everything = values(t, DEPTH + 2)
    left = list(everything)
    unreachable = []
    for k, (pattern, guarded) in enumerate(arms):
        if not any(matches(pattern, value) for value in left):
            unreachable.append(k)
        if not guarded:
            left = [value for value in left if not matches(pattern, value)]
    assert [code for code, _ in found(sink)] == sorted(
        ["SEM_MATCH-001"] * bool(left) + ["SEM_MATCH-002"] * len(unreachable)
    )
    first_arm = source[: source.index("(match v")].count("\n") + 2
    assert [line - first_arm for code, line in found(sink) if code == "SEM_MATCH-002"] == unreachable
    for item in sink.items:
        if item.kind.code == "SEM_MATCH-001":
            shown = str(item.facts["missing"])
            missing = read(shown.replace("(", " ( ").replace(")", " ) ").split())
            taken = [value for value in everything if matches(missing, value)]
            assert taken, f"{shown} is no value"
            assert all(value in left for value in taken), f"{shown} is covered"


def found(sink: Sink) -> list[tuple[str, int]]:
    return sorted((d.kind.code, d.file.place(d.start)[0]) for d in sink.items)


def test_texts_and_floats_never_run_out() -> None:
    for arms, shown in (
        ('("" 1) ("a" 2)', '"aa"'),
        ("(0.0 1) (1.0 2)", "2.0"),
        ("(0 1) (1 2) (-1 3)", "2"),
    ):
        _, sink = run(f"(ƒ f (x) (match x {arms}))" + MAIN)
        assert [d.facts["missing"] for d in sink.items] == [shown]


def test_negative_zero_is_zero() -> None:
    _, sink = run("(ƒ f (x) (match x (0.0 1) (-0.0 2) (_ 3)))" + MAIN)
    assert [d.kind.code for d in sink.items] == ["SEM_MATCH-002"]


def test_plain_matches_are_held_to_the_same() -> None:
    """Those with nothing but names inside their outermost patterns are told by a look at the arms alone."""
    for arms, codes in (
        ("(true 1) (false 2)", []),
        ("(true 1) (false 2) (_ 3)", ["SEM_MATCH-002"]),
        ("(true 1) (true 2) (false 3)", ["SEM_MATCH-002"]),
        ("(true 1)", ["SEM_MATCH-001"]),
        ("(true 1) (y 2)", []),
        ("(y 1) (true 2)", ["SEM_MATCH-002"]),
        ("((Some y) 1) (None 2)", []),
        ("((Some _) 1) (None 2) (z 3)", ["SEM_MATCH-002"]),
        ("((Some 1) 1) (None 2)", ["SEM_MATCH-001"]),
        ("((list) 1) ((cons a b) 2)", []),
        ("((list) 1) ((cons a (list)) 2)", ["SEM_MATCH-001"]),
        ("(1 1) (2 2) (1 3) (_ 4)", ["SEM_MATCH-002"]),
        ("(1 1) (2 2) (_ 4)", []),
        ("(unit 1)", []),
        ("((Some y) (when true) 1) (None 2)", ["SEM_MATCH-001"]),
    ):
        _, sink = run(f"(ƒ f (x) (match x {arms}))" + MAIN)
        assert [d.kind.code for d in sink.items] == codes, arms
