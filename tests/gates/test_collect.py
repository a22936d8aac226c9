"""What collectors rest on: costs of processes, exact counts, pairs; each against something we know."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from gates.collect import measure, metric, phases
from gates.collect.samples import Unavailable
from ledgers import foreign
from tests.gates.toy import ROOT

needs_valgrind = pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")


def test_the_peak_is_the_programs_own_not_its_parents(tmp_path: Path) -> None:
    """This process is larger than `true` by far; a program that touches 50 MB shows them."""
    small = measure.run(["/bin/true"]).peak_bytes
    large = measure.run([sys.executable, "-c", "x = b'x' * 50_000_000"]).peak_bytes
    assert small < 8_000_000
    assert large > small + 45_000_000


def test_statuses_and_output_come_back(tmp_path: Path) -> None:
    cost = measure.run(["/bin/sh", "-c", "echo out; echo err >&2; exit 7"], expect=7)
    assert (cost.status, cost.out, cost.error) == (7, b"out\n", b"err\n")
    assert measure.run(["/bin/sh", "-c", "kill -9 $$"], expect=None).status == 128 + 9
    with pytest.raises(RuntimeError, match="sh -c exit 3: status 3"):
        measure.run(["/bin/sh", "-c", "exit 3"])


@needs_valgrind
def test_instructions_repeat_and_follow_the_work(tmp_path: Path) -> None:
    source = tmp_path / "loop.s"
    # Five instructions a round, by construction.
    source.write_text(
        ".globl _start\n_start: mov $ROUNDS, %rcx\n1: nop\nnop\nnop\ndec %rcx\njnz 1b\n"
        "mov $60, %eax\nxor %edi, %edi\nsyscall\n",
        "utf-8",
    )
    counts = []
    for rounds in (1000, 2000, 2000):
        program = tmp_path / "loop"
        command = ["cc", "-nostdlib", "-static", f"-Wa,--defsym,ROUNDS={rounds}", "-o", str(program), str(source)]
        measure.run(command)
        counts.append(measure.instructions([str(program)]))
    assert counts[1] - counts[0] == 5000
    assert counts[1] == counts[2]


def test_pairs_are_balanced_and_the_first_is_dropped() -> None:
    order: list[str] = []

    def take(side: str) -> float:
        order.append(side)
        return float(len(order))

    taken = measure.interleave(20, lambda: take("b"), lambda: take("a"), "seed")
    assert len(taken) == 20
    assert order.count("a") == order.count("b") == 21
    firsts = order[2::2]
    assert firsts.count("a") == firsts.count("b") == 10
    assert (1.0, 2.0) not in taken


def test_the_phases_of_a_build_are_read() -> None:
    text = (
        "[mem] parse current_kib=10 delta_kib=+2 peak_kib=12 tracked_bytes=30 objects=3 elsewhere_bytes=7 "
        "time_ms=1 owners=a:10,b:20\n"
        "noise\n[mem] tc_free current_kib=9 delta_kib=-1 peak_kib=10 tracked_bytes=0 objects=0 elsewhere_bytes=9 "
        "time_ms=2 owners=\n"
    )
    assert phases.read_phases(text) == [
        phases.Phase("parse", 10240, 12288, 30, 0, {"a": 10, "b": 20}),
        phases.Phase("tc_free", 9216, 10240, 0, 2, {}),
    ]
    with pytest.raises(Unavailable):
        phases.read_phases("nothing")


def test_every_metric_of_the_ledger_can_be_collected_and_has_its_unit() -> None:
    table = foreign.load(ROOT, "compiler-memory-baseline-metrics")
    assert {str(row["metric"]): row["unit"] for row in table.rows} == {
        name: unit for name, (unit, _) in metric.METRICS.items()
    }


@pytest.mark.parametrize(("words", "status"), [(["object-size"], 0), (["no-such"], 2)])
def test_collection_commands_run(words: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert metric.main(words) == status
    if status == 0:
        name, value, unit = capsys.readouterr().out.split()
        assert (name, unit) == ("object-size", "bytes")
        assert int(value) > 1000


def test_a_metric_that_cannot_be_taken_ends_with_a_status_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_: Path) -> float:
        raise Unavailable("no such tool here")

    monkeypatch.setitem(metric.METRICS, "object-size", ("bytes", missing))
    assert metric.main(["object-size"]) == 5
    assert "no such tool here" in capsys.readouterr().err


def test_an_edit_leaves_most_queries_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert metric.main(["cache-hit-ratio"]) == 0
    name, value, unit = capsys.readouterr().out.split()
    assert (name, unit) == ("cache-hit-ratio", "ratio")
    assert 0.8 < float(value) < 1
