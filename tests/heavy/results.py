"""Rows of `ledgers/heavy`: what runs that are too long for `make test` came to, kept with their seeds.

Knows where a row goes and which tree it speaks of; what was run is the runs' own.  A new kind of long run is a word in
`schemas/ledger.long-runs.json`.
"""

from __future__ import annotations

import datetime
import pathlib
import resource
import subprocess
from collections.abc import Mapping
from typing import Any

from ledgers import foreign
from ledgers.table import Row, write

Limits = Mapping[tuple[str, str], int]  # of a workload and a metric
NO_LIMITS: Limits = {}
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def commit(root: pathlib.Path = ROOT) -> str:
    """The commit of the tree, with a + when what runs differs from it."""
    name = _git(root, "rev-parse", "HEAD")[:12] or "0" * 12
    changed = _git(root, "status", "--porcelain", "--", "compiler", "runtime_c", "tests", "fixtures")
    return f"{name}+" if changed else name


def _git(root: pathlib.Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def today() -> str:
    return datetime.datetime.now(tz=datetime.UTC).date().isoformat()


class Values:
    """Rows of a benchmark's ledger, printed as they come: workload, metric, value, unit."""

    def __init__(self) -> None:
        self.tree = commit()
        self.rows: list[dict[str, Any]] = []

    def add(self, workload: str, metric: str, value: int, unit: str, wanted: str = "") -> None:
        print(f"{workload:20}{metric:36}{value:>16,} {unit:13}{wanted}", flush=True)
        row = {"workload": workload, "metric": metric, "value": value, "unit": unit}
        self.rows.append(row | {"commit": self.tree, "date": today()})

    def judge(
        self, workload: str, metric: str, value: int, unit: str, least: Limits = NO_LIMITS, most: Limits = NO_LIMITS
    ) -> bool:
        """Add a value with what was wanted of it; whether that was missed."""
        key = (workload, metric)
        bounds = [f"{sign} {limits[key]:,}" for sign, limits in (("≥", least), ("≤", most)) if key in limits]
        bad = not least.get(key, value) <= value <= most.get(key, value)
        self.add(workload, metric, value, unit, " ".join(bounds) + "  MISSED" * bad)
        return bad


def record(
    name: str, fresh: list[dict[str, Any]], root: pathlib.Path = ROOT, keep: frozenset[str] | None = None
) -> None:
    """Put rows into a ledger, over those of the same key; with `keep`, drop rows whose first key is not in it."""
    table = foreign.load(root, name)
    key = table.schema.key
    rows: dict[tuple[str, ...], Row | dict[str, Any]] = {tuple(str(row[k]) for k in key): row for row in table.rows}
    rows |= {tuple(str(row[k]) for k in key): row for row in fresh}
    kept = [rows[each] for each in sorted(rows) if keep is None or each[0] in keep]
    write(root / table.schema.path, table.schema, kept, table.schema.path)


def cpu_seconds() -> int:
    """CPU time of this process and of the children it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return int(sum(each.ru_utime + each.ru_stime for each in used))


def record_run(kind: str, seed: int, count: int, failures: int, detail: str, tree: str) -> None:
    """The row of a long run, as far as it is; the same run's earlier row goes."""
    row = {"kind": kind, "seed": seed, "count": count, "failures": failures, "detail": detail}
    record("long-runs", [row | {"cpu_s": cpu_seconds(), "commit": tree, "date": today()}])
