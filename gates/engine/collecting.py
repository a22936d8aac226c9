"""Run collectors as programs, in parallel where that disturbs nothing.

`exact` collectors run beside each other; a `timed` one runs alone, under a lock that no other run on
this machine holds; a `survey` reads other evidence, so it comes last.  What they hand over is read
with the same strictness as any ledger.  Knows neither checks nor verdicts.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from gates.engine import evidence, inputs
from gates.engine.spec import Gate
from ledgers.problems import Problem, Refused, shorten
from ledgers.table import Row, Table, read

ENGINE_ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT_STATUS = 6
# A measurement must not depend on who runs it: only these are passed on.
KEPT = ("PATH", "HOME", "TMPDIR", "CC")
FIXED = {"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True, slots=True)
class Work:
    """One collector to run for one gate."""

    gate: Gate
    collector: Row
    inputs: str
    line: int = 1  # of the collector's row

    @property
    def name(self) -> str:
        return f"{self.gate.name}/{self.collector['collector']}"

    @property
    def kind(self) -> str:
        return str(self.collector["kind"])


COLLECTORS = "ledgers/collectors.tsv"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message about a collector points."""

    collector: str
    line: int


Report = Callable[[str, str], None]  # name, what happened


def needed(root: Path, gate: Gate, table: Table, refresh: bool, more: tuple[str, ...] = ()) -> list[Work]:
    """The collectors of a gate whose evidence is missing or stale.  Edited evidence is refused here."""
    works = []
    for name in gate.collect:
        index = next(index for index, row in enumerate(table.rows) if row["collector"] == name)
        collector = table.rows[index]
        digest = inputs.digest(root, collector, gate.name, more if collector["kind"] == "survey" else ())
        if not refresh and evidence.exists(root, gate.name, name):
            if evidence.manifest_facts(root, gate.name, name)["inputs"] == digest:
                continue
        works.append(Work(gate, collector, digest, table.line(index)))
    return works


def collect(root: Path, works: list[Work], jobs: int, report: Report) -> Iterator[tuple[Work, list[Problem]]]:
    """Run them all; with each the problems it met, in which case its evidence is left as it was."""
    commit = inputs.commit(root) if works else ""

    def one(work: Work) -> list[Problem]:
        report(work.name, "collecting")
        began = time.monotonic()
        try:
            collect_one(root, work, commit)
        except Refused as refused:
            report(work.name, f"failed: {refused.problems[0].code}")
            return list(refused.problems)
        report(work.name, f"collected in {time.monotonic() - began:.1f} s")
        return []

    together = [work for work in works if work.kind != "timed"]
    alone = [work for work in works if work.kind == "timed"]
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        yield from zip(together, pool.map(one, together), strict=True)
    if alone:
        from filelock import FileLock

        # One lock per machine and user, not per checkout: two checkouts would disturb each other.
        with FileLock(Path(tempfile.gettempdir()) / f"zero-measure-{os.getuid()}.lock"):
            for work in alone:
                yield work, one(work)


def collect_one(root: Path, work: Work, commit: str) -> None:
    """Run one collector and seal what it hands over."""
    collector, gate = work.collector, work.gate
    place = Place(str(collector["collector"]), work.line)
    with tempfile.TemporaryDirectory(prefix="zero-collect-") as folder:
        command = [sys.executable if word == "python" else word for word in shlex.split(str(collector["command"]))]
        time_s, memory_mb = execute(root, [*command, "--out", folder], gate, place)
        out = Path(folder)
        shown = f"{collector['collector']}:samples.tsv"
        samples = read(out / "samples.tsv", evidence.schema(root, "samples"), shown)
        skipped: list[Row] = []
        if (out / "skipped.tsv").exists():
            shown = f"{collector['collector']}:skipped.tsv"
            skipped = read(out / "skipped.tsv", evidence.schema(root, "skipped"), shown).rows
        facts = {
            "inputs": work.inputs,
            "commit": commit,
            "host": inputs.host_class(),
            "command": str(collector["command"]),
            "time_s": round(time_s, 3),
            "memory_mb": memory_mb,
        }
        evidence.save(root, gate.name, str(collector["collector"]), samples, skipped, facts)


def execute(root: Path, command: list[str], gate: Gate, place: Place) -> tuple[float, int]:
    """Run within the gate's budget; seconds and the peak of the largest process in MB."""
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | FIXED
    # A scratch copy brings its own gates; a toy project does not, and borrows ours.
    environment["PYTHONPATH"] = str(root if (root / "gates" / "engine").is_dir() else ENGINE_ROOT)
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                command, cwd=root, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        except OSError as error:
            what = f"{command[0]}: {error.strerror}"
            raise Refused(
                Problem("COLLECTOR_TOOL_MISSING", COLLECTORS, place.line, 1, f"{place.collector}: {what}")
            ) from None
        status, usage = wait(process, gate.time_s)
        time_s = time.monotonic() - began
        output.seek(0)
        said = output.read()[-4000:].decode("utf-8", "replace").strip()
    if status is None:
        what = f"it was stopped after {gate.time_s} s, the time budget of {gate.name}"
        raise Refused(Problem("BUDGET_TIME", COLLECTORS, place.line, 1, f"{place.collector}: {what}"))
    last = shorten(said.split("\n")[-1], 300) if said else "it said nothing"
    if status == ENVIRONMENT_STATUS:
        raise Refused(Problem("COLLECTOR_TOOL_MISSING", COLLECTORS, place.line, 1, f"{place.collector}: {last}"))
    if status != 0:
        words = [".venv/bin/python" if word == sys.executable else word for word in command[:-1]]
        hint = f"run: {shlex.join(words)} FOLDER"
        raise Refused(
            Problem("COLLECTOR_FAILED", COLLECTORS, place.line, 1, f"{place.collector}: status {status}: {last}", hint)
        )
    memory_mb = usage // 1024
    if memory_mb > gate.memory_mb:
        what = f"{memory_mb} MB at the peak; the budget of {gate.name} is {gate.memory_mb} MB"
        raise Refused(Problem("BUDGET_MEMORY", COLLECTORS, place.line, 1, f"{place.collector}: {what}"))
    return time_s, memory_mb


def wait(process: subprocess.Popen[bytes], limit_s: int) -> tuple[int | None, int]:
    """Status (None when stopped) and peak resident size in kB of the process and those it waited for."""
    import threading

    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # it started its own session: only its own children die

    timer = threading.Timer(limit_s, stop)
    timer.start()
    try:
        _, raw, usage = os.wait4(process.pid, 0)
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(raw)
    return (None if stopped.is_set() else process.returncode), usage.ru_maxrss
