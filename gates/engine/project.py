"""A project as the engine sees it: its root, its ledgers and its gates.

Ledgers that a gate names under `ledgers:` are judged by that gate; all others must be sound before
anything runs, since they say what to run.  Knows no evidence.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from gates.engine import plan, spec
from gates.engine.spec import Gate
from ledgers import foreign
from ledgers.problems import Problem, Refused
from ledgers.table import Row, Table


@dataclass(frozen=True, slots=True)
class Project:
    root: Path
    tables: dict[str, Table]
    gates: dict[str, Gate]
    judged: dict[str, list[Problem]]  # problems of ledgers that gates name, by the gate

    def status(self, gate: str) -> str:
        """planned, claimed or standing."""
        row = self.row(gate)
        return str(row["status"])

    def row(self, gate: str) -> Row:
        return next(row for row in self.tables["gates"].rows if row["gate"] == gate)

    def built(self) -> list[str]:
        """The gates that are judged: claimed and standing ones, by name."""
        return sorted(name for name in self.gates if self.status(name) != "planned")


def open_project(root: Path) -> Project:
    """Read every ledger and every gate file; refuse with all that is wrong."""
    tables, problems = foreign.load_all(root)
    gates: dict[str, Gate] = {}
    for file in sorted((root / "gates").glob("*.yaml")):
        try:
            gates[file.stem] = spec.load(root, file.stem, tables)
        except Refused as refused:
            problems += refused.problems
    if "gates" in tables:
        known = {str(row["gate"]) for row in tables["gates"].rows}
        problems += plan.unmet(gates, tables["gates"]) if known <= set(gates) else []
        problems += drill_gaps(gates, tables)
    judged: dict[str, list[Problem]] = {name: [] for name in gates}
    blocking = []
    paths = {schema.path: name for name, schema in foreign.schemas(root).items() if schema.path}
    for problem in problems:
        owners = [name for name, gate in gates.items() if paths.get(problem.path) in gate.ledgers]
        for name in owners:
            judged[name].append(problem)
        if not owners:
            blocking.append(problem)
    if blocking:
        raise Refused(blocking)
    plan.plan(gates, list(gates))  # a cycle anywhere is an error everywhere
    return Project(root, tables, gates, judged)


def drill_gaps(gates: dict[str, Gate], tables: dict[str, Table]) -> list[Problem]:
    """Checks of built gates without a drill, and drills without a check."""
    if "drills" not in tables:
        return []
    drills = tables["drills"]
    status = {str(row["gate"]): str(row["status"]) for row in tables["gates"].rows}
    checks = {
        (name, requirement.id)
        for name, gate in gates.items()
        if status.get(name, "planned") != "planned"
        for requirement in gate.require
    }
    drilled = {(str(row["gate"]), str(row["check"])) for row in drills.rows}
    problems = [
        Problem("DRILL_MISSING", gates[name].path, 1, 1, f"nothing shows that the check {check!r} can fail")
        for name, check in sorted(checks - drilled)
    ]
    problems += [
        drills.problem("DRILL_ORPHANED", index, "check", f"{row['gate']} has no check {row['check']!r}")
        for index, row in enumerate(drills.rows)
        if row["gate"] in gates and (str(row["gate"]), str(row["check"])) not in checks
    ]
    return problems


def version(root: Path) -> str:
    """The version that a report is filed under."""
    try:
        document = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
        return str(document["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        raise Refused(Problem("FILE_MISSING", "pyproject.toml", 1, 1, "it must say project.version")) from None
