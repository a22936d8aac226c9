"""Look at the ledgers of milestone 0 and at the things they name.

Counts, per ledger or row: problems of the ledger, named files that are empty, commands whose target is
not there, statuses that no current evidence supports.  Runs no build and no compiler.  It is a survey:
it reads the evidence of other gates, so it runs after them.
"""

from __future__ import annotations

import importlib.util
import json
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

from gates.collect.metric import METRICS
from gates.collect.samples import ROOT, Samples, main
from gates.engine import evidence, spec
from gates.engine.judge import judge
from gates.engine.project import Project
from gates.engine.run import wanted_inputs
from gates.engine.verdict import PASS
from ledgers import foreign
from ledgers.problems import Refused
from ledgers.table import Row, Table

COMMAND = "python -m gates.collect.survey"
RESEARCH, COMPILER = "compiler-memory-research-ledger", "compiler-performance-surfaces"
MEMORY, BASELINE = "runtime-memory-surfaces", "compiler-memory-baseline-metrics"
# ledger, its key, the metric that counts its rows, the column that names files
LEDGERS = (
    (RESEARCH, "recommendation", "recommendation_rows", "current_files"),
    (COMPILER, "surface", "compiler_surface_rows", "files"),
    (MEMORY, "surface", "memory_surface_rows", "files"),
    (BASELINE, "metric", "metric_rows", ""),
)
# A module of ours with less than this in it holds a header and nothing else.
SOMETHING_BYTES = 400


def collect(samples: Samples) -> None:
    tables, problems = foreign.load_all(ROOT)
    schemas = foreign.schemas(ROOT)
    for name, key, metric, files in LEDGERS:
        count = sum(problem.path == schemas[name].path for problem in problems)
        samples.add(name, "ledger_problems", "count", count, command="invoke ledger.check")
        for row in tables[name].rows if name in tables else ():
            samples.add(str(row[key]), metric, "count", 1)
            label = f"{name}/{row[key]}"
            if files:
                empty = [path for path in foreign.as_list(row[files]) if is_empty(ROOT / path)]
                samples.add(label, "empty_paths", "count", len(empty))
            samples.add(label, "unsupported_statuses", "count", int(not is_supported(tables, name, row)))
            if name == BASELINE:
                command = str(row["command"])
                samples.add(label, "unresolved_commands", "count", int(not resolves(command)), command=command)
    survey_gates(samples, tables)


def survey_gates(samples: Samples, tables: dict[str, Table]) -> None:
    """A row for every name of a gate that has a file and a make target."""
    for row in tables["gates"].rows if "gates" in tables else ():
        for name in (str(row["gate"]), *foreign.as_list(row["aliases"])):
            if (ROOT / "gates" / f"{row['gate']}.yaml").is_file() and f"gate {row['gate']} " in make_would(
                f"{name}-check"
            ):
                samples.add(name, "gate_targets", "count", 1, command=f"make --dry-run {name}-check")


def is_empty(path: Path) -> bool:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file() and file.suffix != ".pyc"]
    return sum(file.stat().st_size for file in files) < SOMETHING_BYTES


@cache
def make_would(target: str) -> str:
    """What make would run for a target; empty when it has no rule for it."""
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 and "GATE_UNKNOWN" not in done.stdout else ""


@cache
def invoke_tasks() -> frozenset[str]:
    done = subprocess.run(
        [sys.executable, "-m", "invoke", "--list", "--list-format", "json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found = json.loads(done.stdout)
    except json.JSONDecodeError:
        return frozenset()
    names = {task["name"] for task in found["tasks"]}
    for group in found["collections"]:
        names |= {f"{group['name']}.{task['name']}" for task in group["tasks"]}
    return frozenset(names)


def resolves(command: str) -> bool:
    """Does the command parse, and does what it calls exist?"""
    try:
        words = shlex.split(command)
    except ValueError:
        return False
    match words:
        case ["make", target]:
            return bool(make_would(target))
        case ["invoke", "gate", name]:
            return name == "release" or (ROOT / "gates" / f"{name}.yaml").is_file()
        case ["invoke", task]:
            return task in invoke_tasks()
        case ["python", "-m", "gates.collect.metric", name]:
            return name in METRICS
        case ["python", "-m", module, *_]:
            return importlib.util.find_spec(module) is not None
    return False


def is_supported(tables: dict[str, Table], name: str, row: Row) -> bool:
    """Is the status no more than current evidence shows?"""
    status = row["status"]
    if name == BASELINE:
        cited = str(row["evidence"])
        if status in ("planned", "deferred", "research-only"):
            return not cited
        if status == "implemented":
            return has_rows(tables, cited)
        # What is partly there may cite rows that another run will collect, but only of a gate that is judged.
        row_of_gate = spec.ledger_row(cited.partition("/")[0], tables)
        return not cited or (row_of_gate is not None and row_of_gate["status"] != "planned")
    if status != "implemented":
        # What is only planned has no files to show; what is partly there has.
        files = row["current_files"] if name == RESEARCH else row["files"]
        return bool(files) if status == "partial" else True
    gates = [str(gate) for gate in foreign.as_list(row["gates"])]
    return bool(gates) and all(passes(tables, gate) for gate in gates)


def has_rows(tables: dict[str, Table], cited: str) -> bool:
    gate, _, metric = cited.partition("/")
    rows = current_rows(tables, gate)
    return rows is not None and any(row["metric"] == metric for found in rows.values() for row in found)


def current_rows(tables: dict[str, Table], name: str) -> dict[str, list[Row]] | None:
    """The rows of a gate's collectors; None if any is missing, edited or out of date."""
    try:
        gate = spec.load(ROOT, name, tables)
        project = Project(ROOT, tables, {name: gate}, {})
        found = {collector: evidence.load(ROOT, name, collector) for collector in gate.collect}
    except Refused:
        return None
    if not found or any(each.inputs != wanted_inputs(project, name, key) for key, each in found.items()):
        return None
    return {key: each.rows for key, each in found.items()}


def passes(tables: dict[str, Table], name: str) -> bool:
    """Is the gate claimed, and does it pass on current evidence?"""
    row = spec.ledger_row(name, tables)
    rows = current_rows(tables, name)
    if row is None or row["status"] != "claimed" or rows is None:
        return False
    return judge(spec.load(ROOT, name, tables), rows, {}).verdict == PASS


if __name__ == "__main__":
    sys.exit(main(collect, COMMAND))
