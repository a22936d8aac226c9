"""Rows and verdicts that other checkouts find: whole, current and of such a host, or they are collected."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gates.collect import query
from gates.engine import collecting, command, drill, evidence, inputs, run, seal, shelf
from ledgers.table import Row
from tests.gates.toy import ROOT, edit, judged, opened, toy_project

PLACE = "evidence/toy/toy"
NOISE = "shutil.copyfile(pathlib.Path('build/noise.tsv'), out / 'samples.tsv')"


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of its own, without a tier behind it."""
    monkeypatch.setenv("ZERO_CACHE", str(tmp_path / "store"))
    monkeypatch.delenv("ZERO_CACHE_REMOTE", raising=False)
    return tmp_path / "store"


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The collectors that ran, in order."""
    names: list[str] = []
    collect_one = collecting.collect_one

    def noted(root: Path, work: collecting.Work, commit: str) -> None:
        names.append(root.parent.name)
        collect_one(root, work, commit)

    monkeypatch.setattr(collecting, "collect_one", noted)
    return names


def checkout(tmp_path: Path, name: str, change: Callable[[Path], object] = lambda root: None) -> Path:
    """A toy project with a compiler: the one of this repository."""
    root = toy_project(tmp_path / name)
    (root / "zero").write_text(f'#!/bin/sh\nexec {ROOT / "zero"} "$@"\n', "utf-8")
    (root / "zero").chmod(0o755)
    change(root)
    return root


def manifest(root: Path) -> dict[str, object]:
    return dict(json.loads((root / PLACE / seal.MANIFEST).read_text("utf-8")))


def test_another_checkout_finds_the_rows(
    tmp_path: Path, ran: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(inputs, "commit", lambda root: "a" * 40)
    one, two = checkout(tmp_path, "one"), checkout(tmp_path, "two")
    assert judged(one).status == 0
    monkeypatch.setattr(inputs, "commit", lambda root: "b" * 40)
    outcome = judged(two)
    assert (outcome.status, ran) == (0, ["one"])
    assert (two / PLACE / "rows.tsv").read_bytes() == (one / PLACE / "rows.tsv").read_bytes()
    # Provenance stays that of the run that measured; what is added says where the rows were found.
    assert {row["commit"] for row in outcome.evidence["toy"]["toy"].rows} == {"a" * 40}
    facts, own = manifest(two), manifest(one)
    assert facts.pop("origin") == "store"
    assert {**facts, "self": ""} == {**own, "self": ""}
    command.show(outcome)
    line = f"toy: found in the store, collected {own['collected']} at {'a' * 12}"
    assert line in capsys.readouterr().out
    # From now on it is this checkout's evidence, and the line stays.
    again = judged(two)
    assert (ran, again.evidence["toy"]["toy"].origin) == (["one"], "store")


def test_the_result_says_where_rows_come_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = {}
    for name in ("one", "two"):
        root = checkout(tmp_path, name)
        inputs.forget()
        command.gate(root, "release")
        found = json.loads((root / "reports/out/1.0/result.json").read_text("utf-8"))
        said[name] = [each["origin"] for gate in found["gates"] for each in gate["collections"]]
    capsys.readouterr()
    assert said == {"one": ["collected"], "two": ["store"]}


def test_refresh_never_reads_them(tmp_path: Path, ran: list[str]) -> None:
    judged(checkout(tmp_path, "one"))
    assert judged(checkout(tmp_path, "two"), refresh=True).status == 0
    assert ran == ["one", "two"]


def test_judging_alone_asks_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "at", None)
    assert judged(checkout(tmp_path, "one"), collect=False).judgements["toy"].verdict == "unmeasured"


@pytest.mark.parametrize(
    "change",
    [
        lambda root: edit(root, "product.tsv", "\t90\t", "\t91\t"),
        lambda root: edit(root, "ledgers/collectors.tsv", "product.tsv collect_toy.py\t", "*.tsv collect_toy.py\t"),
        lambda root: edit(root, "ledgers/collectors.tsv", "python collect_toy.py", "python ./collect_toy.py"),
    ],
    ids=["input", "patterns", "command"],
)
def test_other_inputs_are_collected(tmp_path: Path, ran: list[str], change: Callable[[Path], object]) -> None:
    judged(checkout(tmp_path, "one"))
    judged(checkout(tmp_path, "two", change))
    assert ran == ["one", "two"]


def test_another_host_collects(tmp_path: Path, ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    judged(checkout(tmp_path, "one"))
    monkeypatch.setattr(inputs, "host_class", lambda: "linux-x86_64-128cpu-other")
    judged(checkout(tmp_path, "two"))
    assert ran == ["one", "two"]


@pytest.mark.parametrize(
    "line",
    [
        "sys.exit(1)",
        "(out / 'samples.tsv').write_text('nothing')",
        "(out / 'skipped.tsv').write_text('metric\\treason\\nsize\\tno scales\\n')",
    ],
    ids=["failed", "no rows", "partial"],
)
def test_what_failed_or_is_partial_is_not_kept(tmp_path: Path, ran: list[str], line: str, store: Path) -> None:
    def change(root: Path) -> None:
        (root / "collect_toy.py").write_text((root / "collect_toy.py").read_text() + line + "\n", "utf-8")

    for name in ("one", "two"):
        judged(checkout(tmp_path, name, change))
    assert ran == ["one", "two"]
    assert not list(store.glob("objects/evidence-*/*/*"))


def test_a_tree_that_is_edited_meanwhile_keeps_nothing(tmp_path: Path, store: Path) -> None:
    def change(root: Path) -> None:
        text = (root / "collect_toy.py").read_text()
        (root / "collect_toy.py").write_text(text + "open('product.tsv', 'a').write('\\n')\n", "utf-8")

    judged(checkout(tmp_path, "one", change))
    assert not list(store.glob("objects/evidence-*/*/*"))


@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 70\n", "#!/bin/sh\nexit 0\n", "no program"])
def test_a_broken_compiler_costs_only_the_collection(tmp_path: Path, ran: list[str], text: str) -> None:
    judged(checkout(tmp_path, "one"))
    two = checkout(tmp_path, "two", lambda root: (root / "zero").write_text(text, "utf-8"))
    assert judged(two).status == 0
    assert ran == ["one", "two"]


def test_a_drill_is_never_answered_from_here(
    tmp_path: Path, ran: list[str], monkeypatch: pytest.MonkeyPatch, store: Path
) -> None:
    """Also where the rows of the very tree that a drill makes are kept."""
    broken = checkout(tmp_path, "one", lambda root: edit(root, "product.tsv", "\t90\t", "\t900\t"))
    judged(broken)
    before = sorted(store.rglob("*"))
    monkeypatch.setattr(shelf.Shelf, "ask", None)
    project = opened(checkout(tmp_path, "two"))
    header = "gate\tcheck\tbreaks\taction\tfile\tfind\twith\twhy\n"
    row = "toy\tmost\tproduct\treplace\tproduct.tsv\t\\t90\\t\t\\t900\\t\tx\n"
    (project.root / "ledgers/drills.tsv").write_text(header + row, "utf-8")
    table = drill.foreign.load_all(project.root)[0]["drills"]
    (found,) = drill.drill(project, table.rows, 1, lambda *_: None)
    assert (found.outcome, ran[0], len(ran)) == ("killed", "one", 2)
    assert sorted(store.rglob("*")) == before


def kept_under(root: Path) -> tuple[shelf.Shelf, collecting.Work, str]:
    """The shelf of a tree, its one collector's work, and the key of that."""
    project = opened(root)
    (work,) = collecting.needed(root, project.gates["toy"], project.tables["collectors"], refresh=True)
    return shelf.Shelf(root), work, shelf.evidence_key(shelf.wanted_facts(work))


def resealed(root: Path, facts: dict[str, object], files: dict[str, str]) -> None:
    """Evidence with another manifest or other files under a right seal."""
    own = {name: value for name, value in manifest(root).items() if name not in ("files", "format", "self")}
    texts = {name: (root / PLACE / name).read_text("utf-8") for name in ("rows.tsv", "skipped.tsv")}
    seal.seal(root / PLACE, PLACE, {**texts, **files}, {**own, **facts})


def rows_with(root: Path, old: str, new: str) -> dict[str, str]:
    text = (root / PLACE / "rows.tsv").read_text("utf-8")
    assert old in text
    return {"rows.tsv": text.replace(old, new)}


def led_out(root: Path) -> None:
    """A manifest that seals a file which lies elsewhere."""
    facts = manifest(root)
    facts.pop("self")
    facts["files"] = {"../../../product.tsv": {"sha256": "0" * 64, "lines": []}}
    facts["self"] = seal.sha256(seal.canonical(facts).encode())
    (root / PLACE / seal.MANIFEST).write_text(seal.canonical(facts), "utf-8")


POISON: dict[str, Callable[[Path], object]] = {
    "edited rows": lambda root: edit(root, f"{PLACE}/rows.tsv", "\t90\t", "\t9\t"),
    "no seal": lambda root: (root / PLACE / seal.MANIFEST).write_text("{}", "utf-8"),
    "another file": lambda root: (
        (root / PLACE / "more.tsv").write_text("x", "utf-8") and resealed(root, {}, {"a": "b"})
    ),
    "another gate": lambda root: resealed(root, {"gate": "tiy"}, {}),
    "other inputs": lambda root: resealed(root, {"inputs": "sha256:" + "1" * 64}, {}),
    "another host": lambda root: resealed(root, {"host": "elsewhere"}, {}),
    "another command": lambda root: resealed(root, {"command": "true"}, {}),
    "another commit in rows": lambda root: resealed(root, {"commit": "c" * 40}, {}),
    "no number": lambda root: resealed(root, {}, rows_with(root, "\t90\t", "\tninety\t")),
    "not a number": lambda root: resealed(root, {}, rows_with(root, "\t90\t", "\tnan\t")),
    "no rows": lambda root: resealed(
        root, {}, {"rows.tsv": (root / PLACE / "rows.tsv").read_text("utf-8").split("\n")[0] + "\n"}
    ),
    "a metric left out": lambda root: resealed(root, {}, {"skipped.tsv": "metric\treason\nsize\tno scales\n"}),
    "led out": led_out,
}


@pytest.mark.parametrize("name", POISON)
def test_rows_that_a_run_here_would_refuse_are_not_taken(
    tmp_path: Path, ran: list[str], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A right object of the store under the right key, that is no right evidence."""
    one, two = checkout(tmp_path, "one"), checkout(tmp_path, "two")
    judged(one)
    own, _, key = kept_under(one)
    POISON[name](one)
    assert own.ask("keep", "evidence", key, str(one / PLACE))[0] == 0
    other, work, same = kept_under(two)
    said: list[str] = []
    assert same == key
    assert not other.take(work, lambda name, what: said.append(f"{name}: {what}"))
    assert len(said) == 1
    assert said[0].startswith("toy/toy: what the store has cannot be used: ")
    assert ("a file of it lies elsewhere" in said[0]) == (name == "led out")
    assert not (two / "evidence").exists()
    assert judged(two).status == 0
    assert ran == ["one", "two"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("number", range(4))
def test_a_damaged_object_means_collecting_again(tmp_path: Path, ran: list[str], store: Path, number: int) -> None:
    """The listing, the manifest, the rows, what was left out."""
    judged(checkout(tmp_path, "one"))
    objects = sorted(path for kind in ("file-1", "evidence-2") for path in store.glob(f"objects/{kind}/*/*"))
    assert len(objects) == 4
    objects[number].chmod(0o644)
    objects[number].write_bytes(objects[number].read_bytes()[:-1])
    assert judged(checkout(tmp_path, "two")).status == 0
    assert ran == ["one", "two"]
    assert judged(checkout(tmp_path, "three")).evidence["toy"]["toy"].origin == "store"  # two kept its own


def noisy(root: Path) -> None:
    """A collector whose rows depend on what is no input of it."""
    edit(root, "collect_toy.py", 'shutil.copyfile("product.tsv", out / "samples.tsv")', NOISE)
    (root / "build").mkdir()
    shutil.copyfile(root / "product.tsv", root / "build/noise.tsv")


def test_another_verdict_for_the_same_inputs_is_an_alarm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], store: Path
) -> None:
    root = checkout(tmp_path, "one", noisy)
    assert judged(root).alarms == []
    (kept,) = store.glob("objects/gate-result-1/*/*")
    assert b'"verdict": "pass"' in kept.read_bytes()
    assert judged(root, refresh=True).alarms == []
    edit(root, "build/noise.tsv", "\t90\t", "\t91\t")
    assert judged(root, refresh=True).alarms == []  # another number, the same verdict
    edit(root, "build/noise.tsv", "\t91\t", "\t900\t")
    outcome = judged(root, refresh=True)
    (alarm,) = outcome.alarms
    assert alarm.startswith("toy/most: the same inputs gave pass before (")
    assert ", and fail now (" in alarm
    command.show(outcome)
    assert f"alarm: {alarm}\n" in capsys.readouterr().out
    assert judged(root).alarms == []  # told once: what is kept now is this


def test_another_judge_is_no_alarm(tmp_path: Path) -> None:
    """What a verdict depends on besides the rows is part of its key."""
    judged(checkout(tmp_path, "one"))
    other = checkout(tmp_path, "two", lambda root: edit(root, "gates/toy.yaml", "{limit: 100}", "{limit: 80}"))
    outcome = judged(other)
    assert (outcome.judgements["toy"].verdict, outcome.alarms) == ("fail", [])
    assert outcome.evidence["toy"]["toy"].origin == "store"


def test_what_was_not_asked_of_current_rows_is_no_verdict(tmp_path: Path, store: Path) -> None:
    judged(checkout(tmp_path, "one", lambda root: (root / "collect_toy.py").write_text("1/0\n")))
    assert not list(store.glob("objects/gate-result-*/*/*"))


def test_what_is_kept_is_what_is_judged_here(tmp_path: Path) -> None:
    """A folder that was taken passes as evidence of this checkout, to the last check of `load`."""
    judged(checkout(tmp_path, "one"))
    two = checkout(tmp_path, "two")
    own, work, _ = kept_under(two)
    assert own.take(work, lambda *_: None)
    stored = evidence.load(two, "toy", "toy")
    assert (stored.inputs, stored.origin, len(stored.rows)) == (work.inputs, "store", 18)
    assert run.run(opened(two), ["toy"], run.Options(collect=False)).judgements["toy"].verdict == "pass"


# What reads and writes the rows of every collector, and is held by tests of its own.
READER = {"ledgers/foreign.py", "ledgers/problems.py", "ledgers/table.py"}
COLLECTORS = opened(ROOT).tables["collectors"].rows


def imported(path: str, seen: set[str]) -> set[str]:
    """The modules of this repository that a collector is made of; the compiler it runs as a program."""
    seen.add(path)
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom | ast.Import):
            names += [f"{names[0]}.{each.name}" if names else each.name for each in node.names]
        for name in names:
            file = name.replace(".", "/") + ".py"
            if (ROOT / file).is_file() and file not in seen:
                imported(file, seen)
    return seen


@pytest.mark.parametrize("row", COLLECTORS, ids=lambda row: str(row["collector"]))
def test_a_collector_declares_what_it_is_made_of(row: Row) -> None:
    """Rows are shared between checkouts under the digest of these files: one that is left out would make stale rows."""
    patterns = [inputs.matcher(pattern) for pattern in query.as_list(row["inputs"])]
    modules = imported(str(row["command"]).split()[2].replace(".", "/") + ".py", set())
    assert [name for name in sorted(modules - READER) if not any(each.match(name) for each in patterns)] == []
