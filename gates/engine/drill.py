"""Break the product or a collector on purpose, collect afresh, and see each check turn red.

Each drill is a row of ledgers/drills.tsv: one exact replacement (it must match once) or one deleted
file, made in a scratch copy of the tree.  A kill is a finding of that very check that is `fail` or
`broken`; a crash elsewhere or missing rows prove nothing.  Corrupted rows are tried too (`trials`),
listed apart, and never enter the kill score.  Knows gates and collectors, not what they are about.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from gates.engine import collecting, evidence, inputs, seal, spec
from gates.engine.collecting import Report
from gates.engine.evidence import today
from gates.engine.judge import judge_one
from gates.engine.project import Project
from gates.engine.verdict import BROKEN, FAILED, PASS, Judgement
from ledgers import foreign
from ledgers.problems import Refused, shorten
from ledgers.table import Row, Table, format_table, read

FOLDER = "evidence/drills"
UNSIGNALLED = "the collector failed, so the check was never asked"


@dataclass(frozen=True, slots=True)
class Result:
    gate: str
    check: str
    breaks: str
    outcome: str  # killed or survived
    detail: str
    inputs: str
    date: str
    is_stale: bool = False


def unescape(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")


def drill_inputs(project: Project, row: Row) -> str:
    """What a drill's outcome depends on: the drill, the gate's spec and the collector's inputs."""
    gate = project.gates[str(row["gate"])]
    requirement = next(each for each in gate.require if each.id == row["check"])
    collector = next(each for each in project.tables["collectors"].rows if each["collector"] == requirement.collector)
    words = [str(row[name]) for name in row]
    words += [seal.canonical(gate.document), inputs.digest(project.root, collector, gate.name)]
    return f"sha256:{hashlib.sha256(chr(0).join(words).encode()).hexdigest()}"


def drill(project: Project, rows: list[Row], jobs: int, report: Report) -> Iterator[Result]:
    """Run these drills; those that take time one by one, the others side by side."""
    kinds = {str(row["collector"]): str(row["kind"]) for row in project.tables["collectors"].rows}

    def kind(row: Row) -> str:
        gate = project.gates[str(row["gate"])]
        return kinds[next(each.collector for each in gate.require if each.id == row["check"])]

    together = [row for row in rows if kind(row) != "timed"]
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        yield from pool.map(lambda row: drill_one(project, row, report), together)
    for row in rows:
        if kind(row) == "timed":
            yield drill_one(project, row, report)


def drill_one(project: Project, row: Row, report: Report) -> Result:
    gate, check = str(row["gate"]), str(row["check"])
    name = f"{gate}/{check}"
    report(name, "collecting")
    with tempfile.TemporaryDirectory(prefix="zero-drill-") as folder:
        scratch = Path(folder) / "tree"
        copy_tree(project.root, scratch)
        apply(scratch, row, project.tables["drills"])
        killed, detail = collect_and_judge(scratch, gate, check)
    outcome = "killed" if killed else "survived"
    report(name, f"{outcome}: {shorten(detail, 100)}")
    return Result(gate, check, str(row["breaks"]), outcome, detail, drill_inputs(project, row), today())


def copy_tree(root: Path, scratch: Path) -> None:
    """The tree as it stands, with built artefacts and stored evidence, but no environment."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=False,
    )
    names = done.stdout.decode().split("\0") if done.returncode == 0 else list(inputs.tree(root))
    for name in names:
        if name and (root / name).is_file():
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, scratch / name, follow_symlinks=False)
    for name in ("build", "evidence"):
        if (root / name).is_dir():
            shutil.copytree(root / name, scratch / name, symlinks=True, dirs_exist_ok=True)


def apply(scratch: Path, row: Row, table: Table) -> None:
    """Make the one change that the row asks for."""
    file = scratch / str(row["file"])
    if row["action"] == "delete":
        file.unlink()
        return
    if row["action"] == "empty":
        file.write_bytes(b"")
        return
    text, find = file.read_text("utf-8"), unescape(str(row["find"]))
    count = text.count(find) if find else 0
    if count != 1:
        what = f"{row['gate']}/{row['check']}: {shorten(find)!r} occurs {count} times in {row['file']}"
        raise Refused(table.problem("DRILL_DOES_NOT_APPLY", table.rows.index(row), "find", what))
    file.write_text(text.replace(find, unescape(str(row["with"]))), "utf-8")


def collect_and_judge(scratch: Path, name: str, check: str) -> tuple[bool, str]:
    """Collect what this check reads, afresh, and ask it; whether it failed, and what it said."""
    tables, _ = foreign.load_all(scratch)
    gate = spec.load(scratch, name, tables)
    requirement = next(each for each in gate.require if each.id == check)
    table = tables["collectors"]
    index = next(number for number, row in enumerate(table.rows) if row["collector"] == requirement.collector)
    inputs.forget()
    work = collecting.Work(gate, table.rows[index], "sha256:" + "0" * 64, table.line(index))
    for _, problems in collecting.collect(scratch, [work], 1, lambda *_: None):
        if problems:
            return False, f"{UNSIGNALLED}: {problems[0].text}"
    found = evidence.load(scratch, name, requirement.collector)
    finding = judge_one(requirement, {requirement.collector: found.rows}, {requirement.collector: found.skipped})
    return finding.outcome.verdict in (FAILED, BROKEN), f"{finding.outcome.verdict}: {finding.outcome.measured}"


def save(project: Project, fresh: list[Result]) -> None:
    """Keep the outcomes as evidence, beside those of drills that were not run now."""
    kept = {(each.gate, each.check): each for each in load(project) or ()}
    kept |= {(each.gate, each.check): each for each in fresh}
    known = {(str(row["gate"]), str(row["check"])) for row in project.tables["drills"].rows}
    columns = ("gate", "check", "breaks", "outcome", "detail", "inputs", "date")
    rows = [
        {name: shorten(str(getattr(kept[key], name)), 400).replace("\t", " ") for name in columns}
        for key in sorted(kept)
        if key in known
    ]
    text = format_table(evidence.schema(project.root, "drill-results"), rows)
    seal.seal(project.root / FOLDER, FOLDER, {"rows.tsv": text}, {"kind": "drills"})


def load(project: Project) -> list[Result]:
    """The stored outcomes, each told whether what it depends on has changed since; [] when none are stored."""
    if not (project.root / FOLDER).is_dir():
        return []
    seal.unseal(project.root / FOLDER, FOLDER)
    path = project.root / FOLDER / "rows.tsv"
    table = read(path, evidence.schema(project.root, "drill-results"), f"{FOLDER}/rows.tsv")
    drills = {(str(row["gate"]), str(row["check"])): row for row in project.tables["drills"].rows}
    results = []
    for row in table.rows:
        words = {name: str(value) for name, value in row.items()}
        drilled = drills.get((words["gate"], words["check"]))
        is_stale = drilled is None or drill_inputs(project, drilled) != words["inputs"]
        results.append(Result(**words, is_stale=is_stale))
    return results


def trials(judgement: Judgement, gate: spec.Gate, rows: dict[str, list[Row]]) -> list[dict[str, Any]]:
    """Corrupt the rows of each passing check in two ways; none may still pass.

    These show that the judge reads its rows.  They show nothing about collectors, so they are no drills.
    """
    found = []
    for requirement, finding in zip(gate.require, judgement.findings, strict=False):
        if finding.outcome.verdict != PASS:
            continue
        for trial, corrupt in CORRUPTIONS.items():
            changed = {
                name: corrupt([dict(row) for row in each], requirement) if name == requirement.collector else each
                for name, each in rows.items()
            }
            verdict = judge_one(requirement, changed, {}).outcome.verdict
            found.append({"gate": gate.name, "check": requirement.id, "trial": trial, "verdict": verdict})
    return found


def is_chosen(row: Row, requirement: spec.Requirement) -> bool:
    return row["metric"] == requirement.metric and fnmatchcase(str(row["workload"]), requirement.workloads)


def without_rows(rows: list[Row], requirement: spec.Requirement) -> list[Row]:
    return [row for row in rows if not is_chosen(row, requirement)]


def with_mixed_units(rows: list[Row], requirement: spec.Requirement) -> list[Row]:
    chosen = [row for row in rows if is_chosen(row, requirement)]
    return [*rows, {**chosen[0], "unit": "furlongs", "workload": chosen[0]["workload"]}]


CORRUPTIONS = {"its rows removed": without_rows, "its units mixed": with_mixed_units}
