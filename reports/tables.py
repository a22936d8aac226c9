"""Every table of the report, one row each: its columns and how a result gives its rows.

The page, the CSV files and the JSON files are all written from what `tables` returns, so they cannot differ.
Does not know how anything was measured.  To add a table, add a function and its row in `TABLES`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from reports import scenarios

Result = dict[str, Any]
Rows = list[tuple[Any, ...]]

# columns that are fields of the result as they are
CLAIM = ("claim", "sentence", "workload", "metric", "baseline", "target", "measured", "date", "state", "command")
COLLECTION = (
    *("collector", "kind", "collected", "origin", "rows"),
    *("time_s", "memory_mb", "command", "commit", "host", "digest"),
)
DRILL = ("gate", "check", "breaks", "why", "outcome", "detail", "date")
TRIAL = ("gate", "check", "trial", "verdict")
WAIVER = ("gate", "check", "code", "state", "expires", "owner", "adr", "why")


class Table(NamedTuple):
    """One table: file name, caption, column names, rows."""

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: Rows


def number(value: Any) -> str:
    """A number as text a person reads, the same on every machine: thousands apart, no trailing zeros."""
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"
    if isinstance(value, int | float):
        return f"{int(value):,}".replace(",", "\u2009")
    return str(value)


def _gates(result: Result) -> Rows:
    return [
        (
            gate["gate"],
            "" if gate["milestone"] is None else gate["milestone"],
            gate["status"],
            gate["verdict"] or ("planned" if gate["status"] == "planned" else "not judged"),
            f"{sum(f['verdict'] in ('pass', 'waived') for f in gate['findings'])} of {len(gate['findings'])}"
            if gate["findings"]
            else "",
            ", ".join(gate["needs"]),
            gate["title"],
        )
        for gate in result["gates"]
    ]


def _milestones(result: Result) -> Rows:
    return [
        (m["milestone"], m["title"], m["state"], f"{m['claimed']} of {len(m['gates'])}", ", ".join(m["gates"]))
        for m in result["milestones"]
    ]


def _findings(result: Result) -> Rows:
    return [
        (gate["gate"], f["check_id"], f["verdict"], f["says"], f["measured"], f["wanted"], f["code"], f["rows"])
        for gate in result["gates"]
        for f in gate["findings"]
    ]


def _comparisons(result: Result) -> Rows:
    rows: Rows = []
    for gate in result["gates"]:
        for finding in gate["findings"]:
            for detail in finding["details"]:
                if "ratio" not in detail:
                    continue
                rows.append(
                    (
                        finding["check_id"],
                        finding["metric"],
                        finding["unit"],
                        detail["workload"],
                        detail.get("before"),
                        detail.get("after"),
                        detail["ratio"],
                        detail.get("low"),
                        detail.get("high"),
                        detail.get("pairs"),
                        finding["budget"],
                        detail.get("verdict", finding["verdict"]),
                    )
                )
    return rows


# The phases of a build in their order; whatever else a row names comes after them.
PHASES = ("init", "parse", "typecheck", "tc_free", "mir", "ast_free", "lir", "machine", "object", "link")
MEMORY_METRICS = {
    "tracked_bytes": "Tracked bytes, all owners together",
    "phase_rss": "Current RSS at the end of each phase",
    "phase_peak": "Peak RSS within each phase",
    "owner_bytes": "Tracked bytes of one owner",
}


def memory_rows(result: Result) -> Rows:
    """(project, phase, owner or "", metric, nothing freed, freed): medians over pairs.

    Rows of phase metrics have the workload `project/phase` or `project/phase/owner`.
    """
    found: dict[tuple[str, str, str, str], dict[str, list[float]]] = {}
    for row in result["rows"]:
        parts = row["workload"].split("/")
        if row["metric"] in MEMORY_METRICS and len(parts) in (2, 3):
            key = (parts[0], parts[1], parts[2] if len(parts) == 3 else "", row["metric"])
            found.setdefault(key, {}).setdefault(row["variant"], []).append(row["value"])

    metrics = list(MEMORY_METRICS)

    def rank(key: tuple[str, str, str, str]) -> tuple[str, int, int, str, str]:
        at = PHASES.index(key[1]) if key[1] in PHASES else len(PHASES)
        return key[0], metrics.index(key[3]), at, key[1], key[2]

    def middle(values: list[float] | None) -> float | None:
        return sorted(values)[len(values) // 2] if values else None

    return [
        (*key, middle(found[key].get("before")), middle(found[key].get("after"))) for key in sorted(found, key=rank)
    ]


def _claims(result: Result) -> Rows:
    return [tuple(claim.get(name, "") for name in CLAIM) for claim in result["claims"]]


def _waivers(result: Result) -> Rows:
    return [tuple(waiver.get(name, "") for name in WAIVER) for waiver in result["waivers"]]


def _drills(result: Result) -> Rows:
    return [
        (*(drill.get(name, "") for name in DRILL), "stale" if drill.get("is_stale") else "current")
        for drill in result["drills"]
    ]


def _trials(result: Result) -> Rows:
    return [tuple(trial.get(name, "") for name in TRIAL) for trial in result["trials"]]


def _negatives(result: Result) -> Rows:
    return [
        (n["code"], n["fixture"], n["says"], ", ".join(n["raised"]), "raised" if n["holds"] else "not raised")
        for n in result["negatives"]
    ]


def _collections(result: Result) -> Rows:
    return [
        (gate["gate"], *(collection.get(name, "") for name in COLLECTION))
        for gate in result["gates"]
        for collection in gate["collections"]
    ]


def _problems(result: Result) -> Rows:
    own = [p for gate in result["gates"] for p in gate["problems"]]
    return [
        (f"{p['path']}:{p['line']}:{p['column']}", p["code"], p["text"], p["help"]) for p in [*result["problems"], *own]
    ]


def _skipped(result: Result) -> Rows:
    return [
        (gate["gate"], collection["collector"], metric, why)
        for gate in result["gates"]
        for collection in gate["collections"]
        for metric, why in sorted(collection["skipped"].items())
    ]


# name, caption, columns, rows
TABLES: tuple[tuple[str, str, tuple[str, ...], Callable[[Result], Rows]], ...] = (
    (
        "milestones",
        "Milestones: what is claimed of each and how it was judged",
        ("milestone", "title", "state", "gates claimed", "gates"),
        _milestones,
    ),
    (
        "gates",
        "Support matrix: every gate of the roadmap, then the standing ones",
        ("gate", "milestone", "status", "verdict", "checks held", "needs", "title"),
        _gates,
    ),
    (
        "checks",
        "Checks: what each measured and what was wanted",
        ("gate", "check", "verdict", "says", "measured", "wanted", "code", "rows looked at"),
        _findings,
    ),
    (
        "claims",
        "Claims: every sentence about performance with its evidence",
        CLAIM,
        _claims,
    ),
    (
        "comparisons",
        "Before and after, by workload; a ratio below 1 means less",
        (
            "check",
            "metric",
            "unit",
            "workload",
            "before",
            "after",
            "ratio",
            "low",
            "high",
            "pairs",
            "budget",
            "verdict",
        ),
        _comparisons,
    ),
    (
        "memory",
        "Memory by phase, with phase freeing off (before) and on (after)",
        ("project", "phase", "owner", "metric", "before", "after"),
        memory_rows,
    ),
    *scenarios.TABLES,
    (
        "negatives",
        "Negative fixtures: each must raise exactly the code it is named for",
        ("code", "fixture", "says", "raised", "outcome"),
        _negatives,
    ),
    (
        "drills",
        "Drills: the product or a collector broken on purpose, evidence collected afresh",
        (*DRILL, "state"),
        _drills,
    ),
    (
        "trials",
        "Corrupted rows: tried too, and no part of the kill score",
        TRIAL,
        _trials,
    ),
    ("waivers", "Waivers", WAIVER, _waivers),
    ("problems", "Problems in our own files", ("place", "code", "text", "help"), _problems),
    ("unmeasured", "What could not be measured here, and why", ("gate", "collector", "metric", "why"), _skipped),
    (
        "evidence",
        "Evidence: what was collected, where and how",
        ("gate", *COLLECTION),
        _collections,
    ),
)


def tables(result: Result) -> dict[str, Table]:
    """All tables of a result, by name, in the report's order."""
    return {name: Table(name, caption, columns, rows(result)) for name, caption, columns, rows in TABLES}
