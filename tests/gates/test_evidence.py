"""Evidence: reused when nothing changed, collected again when stale, refused when edited."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gates.engine import evidence, seal
from ledgers.problems import Refused
from tests.gates.toy import edit, judged, opened, toy_project

MANIFEST = "evidence/toy/toy/manifest.json"
ROWS = "evidence/toy/toy/rows.tsv"


def inode(root: Path) -> int:
    return (root / MANIFEST).stat().st_ino


def test_nothing_is_collected_twice(tmp_path: Path) -> None:
    root = toy_project(tmp_path)
    assert judged(root).status == 0
    first = inode(root)
    assert judged(root).status == 0
    assert inode(root) == first
    assert judged(root, refresh=True).status == 0
    assert inode(root) != first


def test_changed_inputs_are_collected_again(tmp_path: Path) -> None:
    root = toy_project(tmp_path)
    judged(root)
    edit(root, "product.tsv", "\t90\t", "\t95\t")
    assert judged(root, collect=False).judgements["toy"].verdict == "unmeasured"
    outcome = judged(root)
    assert outcome.judgements["toy"].findings[1].outcome.value == 95


def test_an_edit_is_refused_by_line_and_digest(tmp_path: Path) -> None:
    root = toy_project(tmp_path)
    judged(root)
    edit(root, ROWS, "\t90\t", "\t9\t")
    outcome = judged(root)
    (problem,) = outcome.judgements["toy"].problems
    assert (problem.code, problem.path) == ("EVIDENCE_EDITED", ROWS)
    lines = (root / ROWS).read_text("utf-8").split("\n")
    assert "\t9\t" in lines[problem.line - 1]
    assert seal.sha256((root / ROWS).read_bytes())[:16] in problem.text
    assert (outcome.judgements["toy"].verdict, outcome.status) == ("broken", 3)
    assert judged(root, refresh=True).status == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.replace('"commit": "', '"commit": "f'), "EVIDENCE_EDITED"),
        (lambda text: text[: len(text) // 2], "EVIDENCE_DAMAGED"),
        (lambda _: "[]", "EVIDENCE_DAMAGED"),
        (lambda _: "", "EVIDENCE_DAMAGED"),
    ],
)
def test_a_damaged_manifest_is_refused(tmp_path: Path, change: object, code: str) -> None:
    root = toy_project(tmp_path)
    judged(root)
    (root / MANIFEST).write_text(change((root / MANIFEST).read_text("utf-8")), "utf-8")  # type: ignore[operator]
    with pytest.raises(Refused) as caught:
        evidence.load(root, "toy", "toy")
    assert (caught.value.problems[0].code, caught.value.problems[0].path) == (code, MANIFEST)


def test_evidence_of_another_gate_is_refused(tmp_path: Path) -> None:
    root = toy_project(tmp_path)
    judged(root)
    (root / "evidence" / "toy").rename(root / "evidence" / "other")
    with pytest.raises(Refused) as caught:
        evidence.load(root, "other", "toy")
    assert caught.value.problems[0].code == "EVIDENCE_FOREIGN"
    with pytest.raises(Refused) as caught:
        evidence.load(root, "toy", "toy")
    assert caught.value.problems[0].code == "EVIDENCE_MISSING"


def test_a_collector_that_fails_leaves_no_verdict_from_yesterday(tmp_path: Path) -> None:
    root = toy_project(tmp_path)
    assert judged(root).status == 0
    (root / "collect_toy.py").write_text("raise SystemExit('broken today')\n", "utf-8")
    judgement = judged(root).judgements["toy"]
    assert judgement.verdict == "broken"
    assert [each.code for each in judgement.problems] == ["COLLECTOR_FAILED"]
    assert {each.verdict for each in judgement.findings} == {"unmeasured"}
    assert "broken today" in judgement.problems[0].text


def test_rows_carry_their_provenance(tmp_path: Path) -> None:
    root = toy_project(tmp_path)
    judged(root)
    stored = evidence.load(root, "toy", "toy")
    manifest = json.loads((root / MANIFEST).read_text("utf-8"))
    assert {row["commit"] for row in stored.rows} == {"unversioned"}
    assert {row["inputs"] for row in stored.rows} == {manifest["inputs"]}
    assert len(stored.rows) == len((root / "product.tsv").read_text("utf-8").split("\n")) - 2
    assert opened(root).gates["toy"].collect == ("toy",)


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    root = toy_project(tmp_path)
    (root / "evidence").write_text("a file stands where the folder should be", "utf-8")
    outcome = judged(root)
    assert {each.code for each in outcome.judgements["toy"].problems} == {"FILE_UNWRITABLE"}
    assert outcome.status == 6
