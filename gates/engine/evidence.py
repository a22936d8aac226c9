"""Evidence: the rows a collector measured, sealed with what they depended on.

One folder per gate and collector, `evidence/<gate>/<collector>/`: rows.tsv, skipped.tsv, manifest.json.
Rows whose input digest no longer matches are stale, not wrong: they are collected again.  Rows that
were edited are refused.  Knows no verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gates.engine import seal
from ledgers.problems import Problem, Refused
from ledgers.table import Row, Schema, Table, format_table, read, read_schema, read_text

FOLDER = "evidence"
FILES = frozenset({"rows.tsv", "skipped.tsv"})
COLLECTED, STORE = "collected", "store"  # where rows came from: a collector here, or an earlier run's that were kept


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
    origin: str = COLLECTED


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
    return sealed_facts(root / place, place, gate, collector)


def sealed_facts(folder: Path, place: str, gate: str, collector: str) -> dict[str, Any]:
    """The facts of a sealed folder, wherever it lies."""
    facts = seal.unseal(folder, place)
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
    place = shown(gate, collector)
    return load_sealed(root, root / place, place, manifest_facts(root, gate, collector))


def load_sealed(root: Path, folder: Path, place: str, facts: dict[str, Any]) -> Evidence:
    """The evidence of a sealed folder with these facts, each row verified."""
    gate, collector = facts["gate"], facts["collector"]
    rows = read(folder / "rows.tsv", schema(root, "evidence"), f"{place}/rows.tsv")
    problems = [
        rows.problem(
            "EVIDENCE_FOREIGN", index, "gate" if row["gate"] != gate else "inputs", "the row is not of this collection"
        )
        for index, row in enumerate(rows.rows)
        if row["gate"] != gate or row["inputs"] != facts["inputs"]
    ]
    if problems:
        raise Refused(problems[:20])
    skipped = read(folder / "skipped.tsv", schema(root, "skipped"), f"{place}/skipped.tsv")
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
        origin=STORE if facts.get("origin") == STORE else COLLECTED,
    )


def is_whole(stored: Evidence) -> bool:
    """Whether nothing was left out: what another run may use instead of its own collection."""
    return bool(stored.rows) and not stored.skipped


def accept(root: Path, folder: Path, wanted: Mapping[str, str]) -> Evidence:
    """Put a sealed folder from elsewhere in place of this checkout's evidence, if it is what is wanted.

    `wanted` are facts that it must have: gate, collector, inputs, host and command.  All that is asked of evidence at
    hand is asked of it, and it says from now on that it was found.  Errors: Refused, and nothing has changed.
    """
    gate, collector = wanted["gate"], wanted["collector"]
    place = shown(gate, collector)
    facts = sealed_facts(folder, place, gate, collector)
    stored = load_sealed(root, folder, place, facts)
    others = [name for name, value in wanted.items() if facts[name] != value]
    rows = {(row["commit"], row["host"]) for row in stored.rows}
    if others or set(facts["files"]) != FILES or rows != {(facts["commit"], facts["host"])} or not is_whole(stored):
        what = f"what was kept has another {others[0]}" if others else "what was kept is no whole collection"
        raise Refused(Problem("EVIDENCE_FOREIGN", f"{place}/{seal.MANIFEST}", 1, 1, what))
    files = {name: read_text(folder / name, f"{place}/{name}") for name in sorted(FILES)}
    own = {name: value for name, value in facts.items() if name not in ("files", "format")}
    seal.seal(root / place, place, files, {**own, "origin": STORE})
    return stored


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
