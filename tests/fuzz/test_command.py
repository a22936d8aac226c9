"""`zero fuzz`: what it takes, what it says, and what it keeps of a failure."""

from __future__ import annotations

import pathlib
import subprocess
from collections.abc import Callable

import pytest

from compiler.cli import fuzz as verb
from compiler.cli.options import parse
from compiler.diagnostics import UsageError
from compiler.mir import codegen
from tests.fuzz import __main__ as command
from tests.fuzz import lanes

Zero = Callable[..., "subprocess.CompletedProcess[bytes]"]


def test_programs_agree_for_any_number_of_jobs(zero: Zero, tmp_path: pathlib.Path) -> None:
    found = [zero("fuzz", "--count", "4", "--seed", "77", "--jobs", jobs, "--out", str(tmp_path)) for jobs in "12"]
    assert [done.returncode for done in found] == [0, 0]
    assert found[0].stdout == found[1].stdout
    assert found[0].stdout.startswith(b"4 programs agree on all lanes (ended: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["--count", "x"], ["--seed", "-1"], ["file"], ["--jobs", "²"]])
def test_what_it_does_not_take_is_usage(zero: Zero, words: list[str]) -> None:
    done = zero("fuzz", *words)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"zero: fuzz: ")


def test_without_the_checkout_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setattr(verb, "ROOT", str(tmp_path))
    with pytest.raises(UsageError, match="the generator is not here"):
        verb.run(parse("fuzz", [], verb.OPTIONS, verb.USAGE))


def test_a_failure_is_kept_with_what_the_lanes_gave(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "program", lambda seed: "(ƒ main (_) (print (show (- (len (list 1 2)) 7))))\n")
    monkeypatch.setitem(codegen.STATEMENTS, "i64.sub", codegen.STATEMENTS["i64.add"])
    status = command.main(["--count", "2", "--seed", "5", "--out", str(tmp_path), "--tries", "60"])
    assert status == command.DIFFERS
    assert "mir dev stdout" in capsys.readouterr().out
    kept = (tmp_path / "found-5.0x0").read_text("utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["found-5.0x0"]
    assert kept.startswith("; seed 5: mir dev stdout\n; wanted 0 ")
    monkeypatch.undo()
    assert lanes.compare(kept).kind == "ok"
