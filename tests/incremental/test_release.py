"""At release level, too, a session gives the bytes of the whole pipeline; and who copied a body is dirty with it."""

from __future__ import annotations

import pathlib

import pytest

from compiler import pipeline
from compiler.cas.store import Store
from compiler.diagnostics import Sink
from compiler.incremental.session import Session
from compiler.options import Options
from compiler.records import Recorder
from tests.conftest import ROOT
from tests.incremental.histories import History

REFERENCE = "0" * 63 + "1"

# Circles of functions that name each other, closures, wrappers that are shared, places in names, actors, a panic.
PROGRAMS = (
    "programs/actor-sieve",
    "programs/any",
    "programs/cd",
    "programs/closures",
    "programs/deltablue",
    "programs/generic-tree",
    "programs/json-round-trip",
    "programs/std-sort",
    "projects/minisql/main",
    "projects/terms/main",
)


class Watched:
    """Builds of one program with its own store, and what each of them answered anew, by kind."""

    def __init__(self, path: pathlib.Path, store: pathlib.Path) -> None:
        self.path, self.store = str(path), str(store)
        self.anew: dict[str, set[str]] = {}
        self.faults: list[object] = []

    def build(self) -> bytes:
        session = Session(self.path, frozenset(), Recorder().read, Store(self.store), "release")
        self.anew = {name: set() for name in session.kinds}
        for kind in session.kinds.values():
            kind.provide = self._watch(kind.name, kind.provide)
        session.open([REFERENCE])
        image = session.build()
        session.keep([REFERENCE])
        self.faults = session.objects.faults
        return image

    def _watch(self, name, provide):
        def watched(engine, argument):
            self.anew[name].add(argument)
            return provide(engine, argument)

        return watched

    def of(self, kind: str) -> set[str]:
        """The functions, as the source has their names, for which a kind was answered anew."""
        return {key.rpartition("#")[2].rpartition(".")[2] for key in self.anew[kind]}


def whole(path: pathlib.Path) -> bytes:
    sink = Sink()
    image, _ = pipeline.compile_program(str(path), Options(level="release"), sink)
    assert not sink
    return image


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_bytes_are_those_of_the_whole_pipeline_cold_and_warm(name: str, tmp_path: pathlib.Path) -> None:
    path = ROOT / f"fixtures/{name}.0x0"
    wanted = whole(path)
    program = Watched(path, tmp_path)
    assert program.build() == wanted
    assert program.anew["native"]
    assert program.build() == wanted
    assert not any(program.anew[kind] for kind in ("checked", "lowered", "components", "optimized", "native", "link"))
    assert program.faults == []


def test_random_edits(tmp_path: pathlib.Path) -> None:
    history = History(tmp_path, 8, "fixtures/projects/terms", "release")
    history.compare("the start")
    for _ in range(30):
        history.step()
    assert history.counts["right"] > 15
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


@pytest.mark.parametrize("name", sorted(EDITS))
def test_an_edit_reaches_exactly_those_that_copied_the_body(name: str, tmp_path: pathlib.Path) -> None:
    old, new, optimized, natives = EDITS[name]
    main, lib = tmp_path / "main.0x0", tmp_path / "lib.0x0"
    main.write_text(MAIN, "utf-8")
    lib.write_text(LIB, "utf-8")
    program = Watched(main, tmp_path / "store")
    assert program.build() == whole(main)
    assert program.of("native") == {"uses-small", "uses-outer", "uses-big", "uses-none", "big", "@main"}
    assert LIB.count(old) == 1
    lib.write_text(LIB.replace(old, new), "utf-8")
    assert program.build() == whole(main)
    assert program.of("optimized") == optimized
    assert program.of("native") == natives
