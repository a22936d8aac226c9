"""Random programs give the same by every lane, reach every row of the tables, and a broken lane is found."""

from __future__ import annotations

import json
import os
import pathlib
from collections import Counter

import pytest
from hypothesis import given, settings, strategies

from compiler.files import write_whole
from compiler.memory import rc
from compiler.mir import codegen
from compiler.passes import fold
from tests.fuzz import lanes
from tests.fuzz.bundle import unpack
from tests.fuzz.coverage import UNREACHED, missing, rows
from tests.fuzz.generator import program, written
from tests.fuzz.mutate import mutant, sources
from tests.fuzz.shrink import shrink
from tests.fuzz.source import Drawn, Seeded

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
REGRESSIONS = sorted((ROOT / "fixtures/regressions").glob("*.0x0"))
PARTS, EACH = 6, 50
THOROUGH = 3  # one program in this many meets every verifier after every pass


@pytest.mark.parametrize("part", range(PARTS))
def test_all_lanes_agree(part: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """300 programs; the part that ends last finds every row of every table among them."""
    ends, covered = Counter[int](), Counter[str]()
    for seed in range(part * EACH, part * EACH + EACH):
        outcome = lanes.compare(program(seed), thorough=seed % THOROUGH == 0)
        assert not outcome.failed, f"seed {seed}: {outcome.kind}\n{outcome.detail}"
        ends[outcome.status] += outcome.kind == "ok"
        covered.update(outcome.covered)
    # Most programs run to their end; some panic and some exit, so that those are compared too.
    assert ends[0] > EACH // 2
    assert ends[101] > 0
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "fuzz-coverage"
    folder.mkdir(exist_ok=True)
    write_whole(str(folder / f"{part}.json"), json.dumps(covered).encode())
    files = sorted(folder.glob("*.json"))
    if len(files) == PARTS:
        assert missing(sum((Counter(json.loads(file.read_text())) for file in files), Counter[str]())) == []


@settings(max_examples=15)
@given(strategies.data())
def test_all_lanes_agree_on_what_hypothesis_chooses(data: strategies.DataObject) -> None:
    text = written(Drawn(data.draw), size=30)
    outcome = lanes.compare(text)
    assert not outcome.failed, f"{outcome.kind}\n{outcome.detail}\n{text}"


def test_both_sources_write_every_kind_of_program() -> None:
    """A bundle is read back as it was written, and the choices of a seed are in their bounds."""
    r = Seeded(1)
    assert {r.integer(-2, 2) for _ in range(100)} == {-2, -1, 0, 1, 2}
    assert all(-(1 << 63) <= r.integer(-(1 << 63), (1 << 63) - 1) < 1 << 63 for _ in range(100))
    assert sorted(r.sample(range(9), 9)) == list(range(9))
    texts = [program(seed) for seed in range(60)]
    assert all(unpack(text).text() == text for text in texts)
    for word in (";; file: ", ";; feature: ", "(test ", '(extern "C"', "(region ", ";; stdin: ", "(↦ "):
        assert any(word in text for text in texts), word


def test_reasons_name_rows_and_are_reasons() -> None:
    assert set(UNREACHED) <= set(rows())
    assert all(UNREACHED.values())


def test_the_same_seed_gives_the_same_program() -> None:
    assert program(7) == program(7) != program(8)


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda p: p.stem)
def test_regression(path: pathlib.Path) -> None:
    """What was found once stays fixed; the output beside it was confirmed without any lane."""
    text = path.read_text("utf-8")
    outcome = lanes.compare(text)
    assert outcome.kind == "ok", outcome.detail
    assert lanes.interpret(text)[1] == path.with_suffix(".out").read_bytes()


def test_a_broken_signature_is_reported_and_no_crash() -> None:
    text = "(ƒ f (∷ (→ (→ a 3 Bool) Unit)) (less xs))\n(ƒ main (∷) () (f (λ (a b) (< a b)) xs))\n"
    assert any(line.startswith("SEM_SHAPE") for line in lanes.complaints(text))


def test_mutants_of_the_corpus_agree_where_they_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "REFERENCE_SECONDS", 0.5)  # a mutant may run for ever
    texts = sources()
    checked = [text for text in (mutant(seed, texts) for seed in range(300)) if lanes.front(text) is not None]
    assert len(checked) > 3
    for text in checked:
        outcome = lanes.compare(text, limits=False)
        assert not outcome.failed, f"{outcome.kind}\n{outcome.detail}\n{text}"


SMALL = '(ƒ f (x) (- (* x 3) 1))\n(ƒ main (_) (print "a") (≔ ((y 5)) (print (show (f (+ y 1))))))\n'


def test_a_wrong_lane_is_found_and_the_program_shrinks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lanes.compare(SMALL).kind == "ok"
    monkeypatch.setitem(codegen.STATEMENTS, "i64.sub", codegen.STATEMENTS["i64.add"])
    assert lanes.compare(SMALL).kind == "mir dev stdout"
    smaller = shrink(SMALL, lambda t: lanes.front(t) is not None and lanes.compare(t).kind == "mir dev stdout")
    assert len(smaller) < len(SMALL) - 20
    assert "-" in smaller


def test_a_wrong_fold_is_found_by_the_release_level_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fold.CONSTANT, "i64.sub", fold.CONSTANT["i64.add"])
    assert lanes.compare(SMALL).kind == "mir release stdout"


def test_a_leak_and_a_crash_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '(ƒ main (_) (print (text-cat (i64->text 1) "x")))\n'
    assert lanes.compare(text).kind == "ok"
    with monkeypatch.context() as patch:
        patch.setattr(rc, "run_module", lambda module: None)
        assert lanes.compare(text, lanes=("native",)).kind in ("verify mir counts dev", "native dev leak")
    monkeypatch.setattr(lanes, "lower_to_lir", lambda module: 1 // 0)
    assert lanes.compare(text).kind.startswith("crash ZeroDivisionError")
