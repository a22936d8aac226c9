"""Regions in the session: the bytes of the whole pipeline, and only what a summary's users see is made anew."""

from __future__ import annotations

import pathlib
import random
import sys

import pytest

from compiler import pipeline
from compiler.diagnostics import Sink
from compiler.incremental.workers import LEAST
from compiler.ir.function import Module
from compiler.lower.lower import lower
from compiler.mir.escape import Flow, Summary, circles, mentions, summaries
from compiler.mir.regions import has_regions
from tests.conftest import ROOT
from tests.incremental.edits import EDITS, NUMBER
from tests.incremental.project import Project, session
from tests.memory import region_programs

CORPUS = sorted(
    str(path.relative_to(ROOT))
    for folder in ("fixtures/programs", "fixtures/regressions")
    for path in (ROOT / folder).glob("*.0x0")
    if "(region" in path.read_text("utf-8")
)

BOXES = """\
(↦ Box keep look sum)
(τ Box (Box (mut held (List I64))))
(ƒ sum (∷ (→ (List I64) I64)) (xs) (match xs ((list) 0) ((cons x r) (+ x (sum r)))))
(ƒ keep (∷ (→ Box (List I64) I64)) (box xs)
  (≔ ((other (Box (list 5)))) (set-field! other held xs) (set-field! box held (list 1)) 7))
(ƒ look (∷ (→ Box I64)) (box) (sum (. box held)))
"""
MAIN = """\
(↥ "boxes.0x0" b)
(ƒ through (∷ (→ b.Box (List I64) I64)) (box xs) (+ 1 (b.keep box xs)))
(ƒ inside (∷ (→ b.Box I64)) (box) (region (through box (list 1 2))))
(ƒ beside (∷ (→ b.Box I64)) (box) (region (b.sum (list 3 (b.look box)))))
(ƒ without (∷ (→ b.Box (List I64) I64)) (box xs) (through box xs))
(ƒ main (_)
  (≔ ((box (b.Box (list 1))))
    (print (show (inside box)))
    (print (show (beside box)))
    (print (show (without box (list 4))))
    (b.look box)))
"""
STAYS = "(set-field! other held xs) (set-field! box held (list 1))"
KEEPS = "(set-field! box held xs) (set-field! other held (list 1))"


@pytest.fixture
def project(tmp_path: pathlib.Path) -> Project:
    return Project(tmp_path, {"boxes.0x0": BOXES, "main.0x0": MAIN})


def test_the_corpus_has_regions() -> None:
    assert len(CORPUS) >= 9


@pytest.mark.parametrize("path", CORPUS)
def test_the_corpus_cold_warm_and_edited(path: str, tmp_path: pathlib.Path) -> None:
    text = (ROOT / path).read_text("utf-8")
    project = Project(tmp_path, {"main.0x0": text})
    project.build()
    assert project.build().kinds == set()
    rnd = random.Random(path)
    for at in sorted(rnd.sample(range(len(text)), min(3, len(text)))):  # bodies inside and outside of regions
        found = NUMBER.search(text, text.index("(ƒ main") if rnd.random() < 0.5 else at)
        if found is not None:
            text = text[: found.start()] + str(int(found[0]) ^ 1) + text[found.end() :]
            project.write({"main.0x0": text})
            project.build()


@pytest.mark.parametrize("seed", range(8))
def test_random_programs_follow_each_other(seed: int, tmp_path: pathlib.Path) -> None:
    """One store sees programs that have only their helpers in common."""
    project = Project(tmp_path, {"main.0x0": region_programs.program(seed)})
    project.build()
    project.write({"main.0x0": region_programs.program(100 + seed)})
    project.build()


IN_REGIONS = ("number", "operator", "region_around", "region_gone", "region_around", "new_function", "form_gone")


@pytest.mark.parametrize("seed", range(3))
def test_random_edits_around_regions(seed: int, tmp_path: pathlib.Path) -> None:
    rnd = random.Random(seed)
    files = {"main.0x0": region_programs.program(seed)}
    project = Project(tmp_path, files)
    project.build()
    right = 0
    for _ in range(8):
        before = dict(files)
        if EDITS[rnd.choice(IN_REGIONS)](rnd, files):
            project.write(files)
            if project.whole()[0]:
                project.build()
                right += 1
            else:
                project.refuse()
                files = before
                project.write(files)
    assert right >= 3


def test_a_summary_that_changes_reaches_those_with_regions(project: Project) -> None:
    """`keep` keeps what it is given: who calls it in a region must not put that there, and nobody else is concerned."""
    project.build()
    project.edit("boxes.0x0", STAYS, KEEPS)
    anew = project.build()
    assert anew.names("summary") == {"main.2.keep", "main.through"}
    assert anew.names("flow") == {"main.2.keep", "main.through"}
    assert anew.names("native") == {"main.2.keep", "main.inside"}
    assert anew.names("lowered") == {"main.2.keep"}
    project.edit("boxes.0x0", KEEPS, STAYS)
    assert project.build().names("native") == {"main.2.keep", "main.inside"}


def test_a_summary_that_stays_reaches_nobody(project: Project) -> None:
    project.build()
    project.edit("boxes.0x0", "(list 1)) 7", "(list 2)) 8")
    anew = project.build()
    assert (anew.names("flow"), anew.names("native")) == ({"main.2.keep"}, {"main.2.keep"})


def test_a_body_in_a_region(project: Project) -> None:
    project.build()
    project.edit("main.0x0", "(through box (list 1 2))", "(+ 3 (through box (list 1)))")
    anew = project.build()
    assert (anew.names("native"), anew.names("lowered")) == ({"main.inside"}, {"main.inside"})
    project.edit("main.0x0", "(region (+ 3 (through box (list 1))))", "(through box (list 1))")
    assert project.build().names("native") == {"main.inside"}


def test_only_what_regions_reach_has_a_summary(project: Project) -> None:
    assert project.build().names("flow") == {"main.2.keep", "main.2.look", "main.2.sum", "main.through"}


def test_a_program_without_regions_asks_for_none(project: Project) -> None:
    project.edit("main.0x0", "(region (through box (list 1 2)))", "(through box (list 1 2))")
    project.edit("main.0x0", "(region (b.sum (list 3 (b.look box))))", "(b.sum (list 3 (b.look box)))")
    assert not {"circles", "circle", "flow", "summary"} & project.build().kinds


RING = """\
(τ Box (Box (mut held (List I64))))
(ƒ sum (∷ (→ (List I64) I64)) (xs) (match xs ((list) 0) ((cons x r) (+ x (sum r)))))
(ƒ ping (∷ (→ I64 Box (List I64) I64)) (n box xs)
  (if (= n 0) (sum xs) (pong (- n 1) box xs)))
(ƒ pong (∷ (→ I64 Box (List I64) I64)) (n box xs)
  (≔ ((f (λ (k) (ping k box xs)))) (if (= n 0) 1 (+ (f (- n 1)) 2))))
(ƒ main (_)
  (≔ ((box (Box (list 1))))
    (print (show (region (ping 4 box (list 1 2)))))
    (sum (. box held))))
"""


def test_functions_that_call_each_other(tmp_path: pathlib.Path) -> None:
    project = Project(tmp_path, {"main.0x0": RING})
    project.build()
    project.edit("main.0x0", "(= n 0) 1 ", "(= n 0) (do (set-field! box held xs) 1) ")
    anew = project.build()
    assert anew.names("native") >= {"main.pong", "main.main"}
    project.edit("main.0x0", "(+ (f (- n 1)) 2)", "(+ n 2)")  # the circle opens
    project.build()
    project.edit("main.0x0", "(+ n 2)", "(+ (f (- n 1)) 2)")
    project.build()


def _chain(count: int) -> str:
    links = "".join(f"(ƒ f{k} (∷ (→ (List I64) I64)) (xs) (f{k + 1} xs))\n" for k in range(count))
    return links + f"(ƒ f{count} (∷ (→ (List I64) I64)) (xs) (len xs))\n(ƒ main (_) (region (f0 (list 1 2))))\n"


def test_many_functions_below_a_region(tmp_path: pathlib.Path) -> None:
    """Queries nest as deep as calls do."""
    project = Project(tmp_path, {"main.0x0": _chain(600)})
    project.build()
    project.edit("main.0x0", "(len xs)", "(+ 1 (len xs))")
    assert project.session().names("flow") == {"main.f600"}


def test_too_many_functions_below_a_region(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path, {"main.0x0": _chain(600)})
    monkeypatch.setattr("compiler.incremental.front.FRAMES", 2000)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(2000)
    try:
        assert project.session().fallback == "depth"
    finally:
        sys.setrecursionlimit(before)


def test_forks_place_as_one_process_does(tmp_path: pathlib.Path) -> None:
    one = "(ƒ f{0} (∷ (→ (List I64) I64)) (xs) (region (+ (sum (list {0} (len xs))) (f{1} (list {0})))))\n"
    parts = [one.format(k, k + 1) for k in range(3 * LEAST)]
    parts.append(f"(ƒ f{3 * LEAST} (∷ (→ (List I64) I64)) (xs) (len xs))\n(ƒ main (_) (f0 (list 1)))\n")
    parts.append("(ƒ sum (∷ (→ (List I64) I64)) (xs) (match xs ((list) 0) ((cons x r) (+ x (sum r)))))\n")
    project = Project(tmp_path, {"main.0x0": "".join(parts)})
    found = [session(project.root, str(tmp_path / str(jobs)), jobs=jobs) for jobs in (1, 3)]
    assert found[0].image == found[1].image == project.whole()[0]
    assert found[0].made["flow"] == found[1].made["flow"]


# The order of looking.


def _swept(module: Module, roots: list[str]) -> dict[str, Summary]:
    """All functions again and again until none has anything to add: slow, and of one mind with nobody."""
    seen: dict[str, None] = {}
    work = list(roots)
    while work:
        name = work.pop()
        if name not in seen:
            seen[name] = None
            work += [other for other in mentions(module.functions[name]) if other in module.functions]
    known = {name: Summary() for name in sorted(seen)}
    before = -1
    while before != (before := sum([each.size() for each in known.values()])):
        for name in known:
            known[name].merge(Flow(module.functions[name], known).summarize())
    return known


@pytest.mark.parametrize("source", [*range(6), *CORPUS], ids=str)
def test_summaries_are_those_of_a_naive_sweep_wherever_the_looking_begins(source: int | str) -> None:
    text = region_programs.program(source) if isinstance(source, int) else (ROOT / source).read_text("utf-8")
    sink = Sink()
    _, program = pipeline.front("main.0x0", frozenset(), sink, None, lambda _: text.encode())
    assert program is not None
    module = lower(program, entry=program.main)
    roots = [name for name, function in module.functions.items() if has_regions(function)]
    wanted = {name: summary.row() for name, summary in _swept(module, roots).items()}
    for seed in range(3):
        random.Random(seed).shuffle(roots)
        assert {name: summary.row() for name, summary in summaries(module, roots).items()} == wanted


def test_circles_come_callees_first_and_sorted() -> None:
    leads = {"a": "b", "b": "cd", "c": "b", "d": "", "e": "a"}
    assert circles(["e"], leads.__getitem__) == [["d"], ["b", "c"], ["a"], ["e"]]
    assert circles(["c", "e"], leads.__getitem__) == [["d"], ["b", "c"], ["a"], ["e"]]


def test_another_place_changes_nothing(project: Project, tmp_path: pathlib.Path) -> None:
    """What is kept of regions says nothing of places: lines that move make no code again."""
    project.build()
    project.write({"main.0x0": "; a line more\n" + MAIN, "boxes.0x0": "; and here\n\n" + BOXES})
    anew = project.build()
    assert not {"lowered", "flow", "native"} & anew.kinds
    assert session(project.root, str(tmp_path / "another")).image == anew.image
