"""Waivers: they hold within their cap and until their day, and not a day longer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.gates.toy import edit, judged, toy_project


def waived_project(folder: Path, cap: int = 200, expires: str = "2026-06-30") -> Path:
    root = toy_project(folder)
    edit(root, "product.tsv", "\t90\t", "\t150\t")
    with (root / "ledgers" / "waivers.tsv").open("a", encoding="utf-8") as stream:
        stream.write(f"let-it\ttoy\tmost\tOVER_LIMIT\t{cap}\t0001\ttoys\t{expires}\tFor now.\n")
    return root


@pytest.mark.parametrize(
    ("as_of", "cap", "verdict", "state", "status"),
    [
        (date(2026, 6, 30), 200, "waived", "in-force", 0),
        (date(2026, 6, 30), 150, "waived", "in-force", 0),
        (date(2026, 6, 30), 149, "fail", "exceeded", 3),
        (date(2026, 7, 1), 200, "fail", "expired", 3),
    ],
)
def test_a_waiver_is_a_contract(tmp_path: Path, as_of: date, cap: int, verdict: str, state: str, status: int) -> None:
    outcome = judged(waived_project(tmp_path, cap), as_of=as_of)
    assert outcome.judgements["toy"].verdict == verdict
    assert outcome.waivers == {"let-it": state}
    assert outcome.status == status


def test_an_unused_waiver_is_a_policy_error(tmp_path: Path) -> None:
    root = waived_project(tmp_path)
    edit(root, "product.tsv", "\t150\t", "\t50\t")
    outcome = judged(root)
    assert (outcome.judgements["toy"].verdict, outcome.status) == ("pass", 7)
    assert [each.code for each in outcome.problems] == ["WAIVER_UNUSED"]
