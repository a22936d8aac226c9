"""The verbs as people meet them: statuses, one clear line for bad input, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gates.engine import command
from ledgers.problems import KINDS, worst_status
from tests.gates.toy import ROOT, edit, toy_project


def verb(root: Path, name: str, capsys: pytest.CaptureFixture[str], **options: object) -> tuple[int, str, str]:
    from gates.engine import inputs

    inputs.forget()
    status = command.gate(root, name, **options)  # type: ignore[arg-type]
    said = capsys.readouterr()
    assert "Traceback" not in said.err + said.out
    return status, said.out, said.err


def test_a_gate_by_name_and_by_alias(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = toy_project(tmp_path)
    for name in ("toy", "plaything"):
        status, out, _ = verb(root, name, capsys)
        assert status == 0
        assert out.startswith("pass          toy  (5 of 5 checks hold)")


@pytest.mark.parametrize(
    ("name", "options", "status", "code"),
    [
        ("joy", {}, 2, "GATE_UNKNOWN"),
        ("later", {}, 5, "GATE_NOT_CLAIMED"),
        ("toy", {"closure": True}, 2, "USAGE"),
        ("toy", {"as_of": "tomorrow"}, 2, "USAGE"),
        ("toy", {"jobs": -1}, 2, "USAGE"),
        ("toy", {"replay": True}, 5, "EVIDENCE_MISSING"),
    ],
)
def test_bad_usage_is_one_line_and_help(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, options: dict[str, object], status: int, code: str
) -> None:
    found, _, err = verb(toy_project(tmp_path), name, capsys, **options)
    assert found == status
    lines = err.strip().split("\n")
    assert f"error[{code}]: " in lines[0]
    assert lines[1].startswith("help: ")
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("file", "data", "status", "code"),
    [
        ("ledgers/owners.tsv", b"owner\tarea\ntoys\tEver", 7, "LEDGER_TRUNCATED"),
        ("ledgers/owners.tsv", b"owner\tarea\ntoys\t\xff\n", 7, "FILE_NOT_UTF8"),
        ("ledgers/owners.tsv", b"owner\tarea\ntoys\t" + b"x" * 1_000_000 + b"\n", 7, "LINE_TOO_LONG"),
        ("ledgers/owners.tsv", None, 7, "FILE_MISSING"),
        ("gates/toy.yaml", b"gate: toy\ngate: toy\n", 2, "GATE_DUPLICATE_KEY"),
        ("gates/toy.yaml", b"gate: toy\nflavor: sweet\n", 2, "GATE_UNKNOWN_KEY"),
        ("gates/toy.yaml", b"\x00\x01\x02", 7, "FILE_HAS_NUL"),
        ("evidence", b"a file", 6, "FILE_UNWRITABLE"),
    ],
)
def test_bad_files_end_with_their_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, data: bytes | None, status: int, code: str
) -> None:
    root = toy_project(tmp_path)
    if data is None:
        (root / file).unlink()
    else:
        (root / file).write_bytes(data)
    found, _, err = verb(root, "toy", capsys)
    assert found == status
    assert f"error[{code}]: " in err
    assert f"{file}" in err
    assert len(err) < 4000


def test_statuses_of_verdicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = toy_project(tmp_path)
    edit(root, "product.tsv", "\t90\t", "\t101\t")
    status, out, _ = verb(root, "toy", capsys)
    assert status == 3
    assert "fail: most [OVER_LIMIT]: No size is above 100." in out
    assert "measured at most 101 (large); 1 above; wanted at most 100" in out


def test_the_worst_status_wins_in_the_house_order() -> None:
    assert worst_status([0, 5, 4]) == 4
    assert worst_status([4, 7]) == 7
    assert worst_status([7, 3]) == 3
    assert worst_status([3, 6]) == 6
    assert worst_status([6, 2, 0]) == 2
    assert worst_status([]) == 0
    assert {kind.status for kind in KINDS.values()} == {2, 3, 4, 5, 6, 7}


def test_invoke_passes_the_status_on_and_make_knows_every_gate() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "invoke", "gate", "no-such-gate"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("gates/no-such-gate.yaml:1:1: error[GATE_UNKNOWN]: ")
    assert "Traceback" not in done.stderr
    make = subprocess.run(["make", "no-such-gate-check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert make.returncode == 2
    assert "error[GATE_UNKNOWN]" in make.stderr
    for file in sorted((ROOT / "gates").glob("*.yaml")):
        dry = subprocess.run(
            ["make", "--dry-run", f"{file.stem}-check"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert f"invoke gate {file.stem}" in dry.stdout


def test_nothing_in_the_judge_imports_the_maker() -> None:
    """A second look at the import contract, by what is loaded."""
    code = (
        "import sys, gates.engine.command, gates.engine.negative, gates.collect.survey, reports\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'compiler'])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
