"""Evidence: the rows a collector measured, sealed with what they depended on.

One folder per gate and collector, `evidence/<gate>/<collector>/`: rows.tsv, skipped.tsv, manifest.json.
Rows whose input digest no longer matches are stale, not wrong: they are collected again.  Rows that
were edited are refused.  Knows no verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gates.engine import seal
from ledgers.problems import Problem, Refused
from ledgers.table import Row, Schema, Table, format_table, read, read_schema

FOLDER = "evidence"


@dataclass(frozen=True, slots=True)
class Evidence:
    gate: str
    collector: str
    rows: list[Row]
    skipped: dict[str, str]  # metric -> why it was not measured
    inputs: str
    commit: str
    host: str
    collected: str  # a date
    command: str
    time_s: float
    memory_mb: int
    digest: str  # of the sealed rows


def shown(gate: str, collector: str) -> str:
    return f"{FOLDER}/{gate}/{collector}"


def schema(root: Path, name: str) -> Schema:
    return read_schema(root / "schemas" / f"ledger.{name}.json", f"schemas/ledger.{name}.json")


def exists(root: Path, gate: str, collector: str) -> bool:
    return (root / shown(gate, collector)).is_dir()


def manifest_facts(root: Path, gate: str, collector: str) -> dict[str, Any]:
    """The sealed facts; refuses what was edited, and what is not there."""
    place = shown(gate, collector)
    if not (root / place).is_dir():
        raise Refused(Problem("EVIDENCE_MISSING", place, 1, 1, "nothing was collected"))
    facts = seal.unseal(root / place, place)
    wanted = {"gate": str, "collector": str, "inputs": str, "commit": str, "host": str, "collected": str}
    wanted |= {"command": str}
    if not all(isinstance(facts.get(name), kind) for name, kind in wanted.items()):
        raise Refused(Problem("EVIDENCE_DAMAGED", f"{place}/{seal.MANIFEST}", 1, 1, "a fact is missing"))
    if (facts["gate"], facts["collector"]) != (gate, collector):
        what = f"it was collected for {facts['gate']}/{facts['collector']}"
        raise Refused(Problem("EVIDENCE_FOREIGN", f"{place}/{seal.MANIFEST}", 1, 1, what))
    return facts


def load(root: Path, gate: str, collector: str) -> Evidence:
    """Stored evidence, verified; staleness is the caller's question."""
    facts = manifest_facts(root, gate, collector)
    place = shown(gate, collector)
    rows = read(root / place / "rows.tsv", schema(root, "evidence"), f"{place}/rows.tsv")
    problems = [
        rows.problem(
            "EVIDENCE_FOREIGN", index, "gate" if row["gate"] != gate else "inputs", "the row is not of this collection"
        )
        for index, row in enumerate(rows.rows)
        if row["gate"] != gate or row["inputs"] != facts["inputs"]
    ]
    if problems:
        raise Refused(problems[:20])
    skipped = read(root / place / "skipped.tsv", schema(root, "skipped"), f"{place}/skipped.tsv")
    return Evidence(
        gate=gate,
        collector=collector,
        rows=rows.rows,
        skipped={str(row["metric"]): str(row["reason"]) for row in skipped.rows},
        inputs=facts["inputs"],
        commit=facts["commit"],
        host=facts["host"],
        collected=facts["collected"],
        command=facts["command"],
        time_s=float(facts.get("time_s", 0)),
        memory_mb=int(facts.get("memory_mb", 0)),
        digest=f"sha256:{facts['files']['rows.tsv']['sha256']}",
    )


def save(root: Path, gate: str, collector: str, samples: Table, skipped: Iterable[Row], facts: dict[str, Any]) -> None:
    """Seal freshly collected samples, each with its provenance."""
    provenance = {name: facts[name] for name in ("commit", "host", "inputs")}
    key = ("workload", "metric", "variant", "pair", "sample")
    ordered = sorted(
        samples.rows,
        key=lambda row: tuple(
            (0, part, "") if isinstance(part, int) else (1, 0, str(part)) for part in (row[name] for name in key)
        ),
    )
    rows = [{"gate": gate, **row, **provenance} for row in ordered]
    files = {
        "rows.tsv": format_table(schema(root, "evidence"), rows),
        "skipped.tsv": format_table(schema(root, "skipped"), skipped),
    }
    sealed = {**facts, "gate": gate, "collector": collector, "collected": today()}
    seal.seal(root / shown(gate, collector), shown(gate, collector), files, sealed)


def today() -> str:
    """The one place where the harness asks for the date of a measurement."""
    return datetime.now(UTC).date().isoformat()
