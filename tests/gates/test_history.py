"""Taking a claimed gate back needs a decision, and the ledger's own history knows what was claimed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gates.engine.history import taken_back
from tests.gates.toy import edit, opened, toy_project


def git(root: Path, *words: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize(("adr", "codes"), [("", ["GATE_TAKEN_BACK"]), ("0001", [])])
def test_taking_back_needs_a_decision(tmp_path: Path, adr: str, codes: list[str]) -> None:
    root = toy_project(tmp_path)
    git(root, "init", "-q")
    git(root, "add", "ledgers")
    git(root, "commit", "-qm", "claim")
    assert taken_back(root, opened(root).tables["gates"]) == []
    edit(root, "ledgers/gates.tsv", "toy\t0\tclaimed\tplaything\ttoys\t", f"toy\t0\tplanned\tplaything\ttoys\t{adr}")
    (root / "ledgers" / "drills.tsv").write_text("gate\tcheck\tbreaks\taction\tfile\tfind\twith\twhy\n", "utf-8")
    assert [each.code for each in taken_back(root, opened(root).tables["gates"])] == codes
