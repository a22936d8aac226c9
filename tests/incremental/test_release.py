"""At release level, too, a session gives the bytes of the whole pipeline; and who copied a body is dirty with it."""

from __future__ import annotations

import pathlib

import pytest

from compiler import pipeline
from compiler.diagnostics import Sink
from compiler.options import Options
from tests.conftest import ROOT
from tests.incremental.histories import History
from tests.incremental.project import Anew, Project, session

# Circles of functions that name each other, closures, wrappers that are shared, places in names, actors, regions.
PROGRAMS = (
    "programs/actor-sieve",
    "programs/any",
    "programs/cd",
    "programs/closures",
    "programs/deltablue",
    "programs/generic-tree",
    "programs/json-round-trip",
    "programs/region-closures",
    "programs/region-cycles",
    "programs/std-sort",
    "projects/minisql/main",
    "projects/terms/main",
)


def whole(path: str) -> bytes:
    sink = Sink()
    image, _ = pipeline.compile_program(path, Options(level="release"), sink)
    assert not sink
    return image


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_bytes_are_those_of_the_whole_pipeline_cold_and_warm(name: str, tmp_path: pathlib.Path) -> None:
    path = str(ROOT / f"fixtures/{name}.0x0")
    wanted = whole(path)
    cold = session(path, str(tmp_path), level="release")
    assert (cold.fallback, cold.image) == ("", wanted)
    assert cold.made["optimized"] and cold.made["native"]
    warm = session(path, str(tmp_path), level="release")
    assert (warm.image, warm.kinds) == (wanted, set())


def test_random_edits(tmp_path: pathlib.Path) -> None:
    history = History(tmp_path, 8, cold=0, process=0, database=False, level="release")
    history.enter()
    try:
        history.begin()
        for _ in range(20):
            history.step()
    finally:
        history.leave()
    assert history.counts["right"] > 10
    assert history.counts["by the whole pipeline"] == 0
    assert history.red["native"]


LIB = """(⊙ lib)
(↦ small big outer both)
(ƒ small (∷ (→ I64 I64)) (n) (* (+ n 7) n))
(ƒ big (∷ (→ I64 I64)) (n) (+ 5 %s))
(ƒ outer (∷ (→ I64 I64)) (n) (+ (small n) 2))
(ƒ both (∷ (→ I64 I64)) (n) (- (big n) (small n)))
""" % ("".join(f"(+ (* n {k + 9}) " for k in range(30)) + "n" + ")" * 30)

# A function that calls itself is not copied, so each of these has machine code of its own; main is copied into `@main`.
MAIN = """(↥ "lib.0x0" lib)
(ƒ uses-small (∷ (→ I64 I64)) (n) (if (< n 1) 0 (+ 1 (uses-small (- n (lib.small n))))))
(ƒ uses-outer (∷ (→ I64 I64)) (n) (if (< n 1) 0 (+ 1 (uses-outer (- n (lib.outer n))))))
(ƒ uses-big (∷ (→ I64 I64)) (n) (if (< n 1) 0 (+ 1 (uses-big (- n (lib.big n))))))
(ƒ uses-none (∷ (→ I64 I64)) (n) (if (< n 1) 0 (+ 1 (uses-none (- n 1)))))
(ƒ main (_)
  (+ (+ (uses-small 9) (uses-outer 9)) (+ (uses-big 9) (+ (uses-none 9) (lib.both 3)))))
"""

# An edit of lib: what is replaced by what, the functions that are optimized anew, and those whose machine code is made
# anew.  `main` copies `both`, which copies `small`, and is copied into `@main`.
EDITS = {
    "a body that was copied": (
        "(+ n 7)",
        "(+ n 8)",
        {"small", "outer", "both", "uses-small", "uses-outer", "main", "@main"},
        {"uses-small", "uses-outer", "@main"},
    ),
    "a body that is too large": ("(+ 5 ", "(+ 6 ", {"big"}, {"big"}),
    "a body that was copied with another in it": (
        "(small n) 2",
        "(small n) 3",
        {"outer", "uses-outer"},
        {"uses-outer"},
    ),
    "a comment": ("(ƒ outer", "; behind\n(ƒ outer", set(), set()),
    "the same number, written otherwise": ("(+ n 7)", "(+ n 0x7)", {"small"}, set()),
}


def of(anew: Anew, kind: str) -> set[str]:
    """The functions, as the source has their names, for which a kind was answered anew."""
    return {key.rpartition("#")[2].rpartition(".")[2] for key in anew.made.get(kind, ())}


@pytest.mark.parametrize("name", sorted(EDITS))
def test_an_edit_reaches_exactly_those_that_copied_the_body(name: str, tmp_path: pathlib.Path) -> None:
    old, new, optimized, natives = EDITS[name]
    project = Project(tmp_path, {"lib.0x0": LIB, "main.0x0": MAIN}, level="release")
    assert of(project.build(), "native") == {"uses-small", "uses-outer", "uses-big", "uses-none", "big", "@main"}
    project.edit("lib.0x0", old, new)
    anew = project.build()
    assert of(anew, "optimized") == optimized
    assert of(anew, "native") == natives


REGIONS = """(τ Box (Box (mut held (List I64))))
(ƒ sum (∷ (→ (List I64) I64)) (xs) (match xs ((list) 0) ((cons x r) (+ x (sum r)))))
(ƒ keep (∷ (→ Box (List I64) I64 I64)) (box xs n)
  (if (< n 1) 0
    (≔ ((other (Box (list 5))))
      (set-field! other held xs) (set-field! box held (list n))
      (+ 1 (keep box xs (- n 2))))))
(ƒ inside (∷ (→ Box I64 I64)) (box n) (if (< n 1) 0 (+ (region (keep box (list 1 2) n)) (inside box (- n 1)))))
(ƒ main (_) (≔ ((box (Box (list 1)))) (+ (inside box 3) (sum (. box held)))))
"""


def test_regions_see_what_is_left_of_their_callees(tmp_path: pathlib.Path) -> None:
    """A summary that changes reaches the region around the call, one that does not stays where it is."""
    project = Project(tmp_path, {"main.0x0": REGIONS}, level="release")
    assert of(project.build(), "summary") >= {"keep"}
    project.edit("main.0x0", "(- n 2)", "(- n 3)")
    assert of(project.build(), "native") == {"keep"}
    project.edit(
        "main.0x0",
        "(set-field! other held xs) (set-field! box held (list n))",
        "(set-field! box held xs) (set-field! other held (list n))",
    )
    assert of(project.build(), "native") == {"keep", "inside"}


WRAPPED = {
    "lib.0x0": LIB,
    "a.0x0": '(⊙ a)\n(↥ "lib.0x0" lib)\n(↦ get)\n(ƒ get (∷ (→ I64 (List (→ I64 I64)))) (n) (list lib.big))\n',
    "main.0x0": '(↥ "a.0x0" a)\n(ƒ sum (∷ (→ (List (→ I64 I64)) I64 I64)) (fs n)\n'
    "  (match fs ((list) n) ((cons f r) (+ (f n) (sum r n)))))\n(ƒ main (_) (sum (a.get 3) 4))\n",
}


def test_a_module_that_is_left_with_nothing_but_a_wrapper(tmp_path: pathlib.Path) -> None:
    """`a.get` is copied into main; the wrapper of `lib.big` that it brought along belongs to no module."""
    project = Project(tmp_path, WRAPPED, level="release")
    made = project.build().made["native"]
    assert [key for key in made if key.endswith(".value")] == ["a.0x0#lib.big.value"]
    assert not [key for key in made if "a.get" in key]
    project.edit("lib.0x0", "(+ 5 ", "(+ 6 ")
    assert of(project.build(), "native") == {"big"}
