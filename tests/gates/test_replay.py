"""A verdict can be recomputed from rows, spec and schema alone, and a changed one is found out."""

from __future__ import annotations

import json
from pathlib import Path

from gates.engine import result
from tests.gates.toy import judged, toy_project


def stored(root: Path) -> dict[str, object]:
    outcome = judged(root)
    path = result.write(root, result.document(outcome, [], []))
    return dict(json.loads(path.read_text("utf-8")))


def test_the_result_replays_without_the_project(tmp_path: Path) -> None:
    document = stored(toy_project(tmp_path))
    judgements, problems = result.replay(document)
    assert problems == []
    assert {name: each.verdict for name, each in judgements.items()} == {"toy": "pass"}


def test_a_verdict_that_its_rows_do_not_give_is_found_out(tmp_path: Path) -> None:
    document = stored(toy_project(tmp_path))
    for row in document["rows"]:  # type: ignore[attr-defined]
        if row["workload"] == "large":
            row["value"] = 1000
    judgements, problems = result.replay(document)
    assert [each.code for each in problems] == ["REPLAY_DIFFERS"]
    assert judgements["toy"].verdict == "fail"


def test_two_results_of_the_same_evidence_are_the_same_bytes(tmp_path: Path) -> None:
    root = toy_project(tmp_path)
    stored(root)
    first = (result.folder(root) / "result.json").read_bytes()
    stored(root)
    assert (result.folder(root) / "result.json").read_bytes() == first


def test_the_result_says_how_much_is_claimed(tmp_path: Path) -> None:
    document = stored(toy_project(tmp_path))
    verdict = document["verdict"]
    assert verdict["text"] == "pass, 1 of 2 claimed"  # type: ignore[index]
    assert verdict["missing"] == ["later"]  # type: ignore[index]
    assert document["milestones"][0]["state"] == "partly claimed"  # type: ignore[index]
