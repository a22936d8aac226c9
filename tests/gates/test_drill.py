"""Drills: a kill is the check's own failure after a fresh collection; nothing else counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates.engine import drill, result
from gates.engine.project import Project
from ledgers.problems import Refused
from tests.gates.toy import edit, judged, opened, toy_project

HEADER = "gate\tcheck\tbreaks\taction\tfile\tfind\twith\twhy\n"
KILLING = {
    "cases": "large\tsmaller",
    "most": "\\t90\\t\t\\t900\\t",
    "least": "\\t10\\t\t\\t0\\t",
    "ratio": "\\t50\\t\t\\t61\\t",
    "paired": "time\\ts\\tafter\\t0\\t0\\t0.50\ttime\\ts\\tafter\\t0\\t0\\t-1",
}


def drilled(root: Path, changes: dict[str, str]) -> Project:
    rows = [f"toy\t{check}\tproduct\treplace\tproduct.tsv\t{change}\tx\n" for check, change in changes.items()]
    (root / "ledgers" / "drills.tsv").write_text(HEADER + "".join(rows), "utf-8")
    return opened(root)


def outcomes(project: Project) -> dict[str, str]:
    rows = project.tables["drills"].rows
    found = list(drill.drill(project, rows, 1, lambda *_: None))
    drill.save(project, found)
    return {each.check: each.outcome for each in found}


def test_each_break_kills_its_check(tmp_path: Path) -> None:
    root = toy_project(tmp_path)
    project = drilled(root, KILLING)
    before = (root / "product.tsv").read_bytes()
    assert outcomes(project) == dict.fromkeys(KILLING, "killed")
    assert (root / "product.tsv").read_bytes() == before
    assert result.kill_score(result.drill_documents(project)) == {"kills": 5, "checks": 5, "stale": 0, "not_run": 0}


def test_a_break_that_another_check_notices_is_no_kill(tmp_path: Path) -> None:
    project = drilled(toy_project(tmp_path), {**KILLING, "most": KILLING["ratio"]})
    assert outcomes(project)["most"] == "survived"


def test_a_collector_that_crashes_is_no_kill(tmp_path: Path) -> None:
    root = toy_project(tmp_path)
    project = drilled(root, {**KILLING, "most": "large\\tsize\tlarge"})
    assert outcomes(project)["most"] == "survived"


def test_results_go_stale_with_what_they_depend_on(tmp_path: Path) -> None:
    root = toy_project(tmp_path)
    outcomes(drilled(root, KILLING))
    edit(root, "product.tsv", "\t90\t", "\t91\t")
    assert all(each.is_stale for each in drill.load(opened(root)))


@pytest.mark.parametrize("find", ["toy", "no such text"])
def test_a_replacement_must_match_once(tmp_path: Path, find: str) -> None:
    project = drilled(toy_project(tmp_path), {**KILLING, "most": f"{find}\tx"})
    with pytest.raises(Refused) as caught:
        outcomes(project)
    assert caught.value.problems[0].code == "DRILL_DOES_NOT_APPLY"


def test_no_corrupted_rows_pass(tmp_path: Path) -> None:
    root = toy_project(tmp_path)
    outcome = judged(root)
    found = result.trials(outcome, "toy")
    assert len(found) == 10
    assert all(each["verdict"] in ("unmeasured", "broken", "fail") for each in found)
