"""Every performance sentence resolves to evidence, or it is an error.

A claim names a gate, one of its checks, a workload and a metric: the check must have passed, over rows
of that workload and metric.  Knows findings and rows; measures nothing.
"""

from __future__ import annotations

from typing import Any

from gates.engine.verdict import PASS, WAIVED, Judgement
from ledgers.problems import Problem
from ledgers.table import Row, Table


def resolve(
    table: Table, judgements: dict[str, Judgement], rows: dict[str, dict[str, list[Row]]]
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Each claim with what was measured for it, and the claims that nothing carries."""
    shown: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for index, claim in enumerate(table.rows):
        entry: dict[str, Any] = {**claim, "measured": "", "evidence": "", "state": "not-judged"}
        shown.append(entry)
        judgement = judgements.get(str(claim["gate"]))
        if judgement is None:
            continue
        finding = next((each for each in judgement.findings if each.check_id == claim["check"]), None)
        if finding is None or finding.metric != claim["metric"]:
            entry["state"] = "unsupported"
            what = f"{claim['gate']} has no check {claim['check']!r} of {claim['metric']}"
            problems.append(table.problem("CLAIM_UNSUPPORTED", index, "check", what))
            continue
        found = [
            row
            for row in rows.get(str(claim["gate"]), {}).get(finding.collector, [])
            if row["metric"] == claim["metric"] and claim["workload"] in ("all", row["workload"])
        ]
        entry["measured"] = finding.outcome.measured
        entry["evidence"] = f"{claim['gate']}/{finding.collector}/rows.tsv ({len(found)} rows)"
        if finding.verdict not in (PASS, WAIVED):
            entry["state"] = "unsupported"  # the gate is red already, and says why
        elif not found:
            entry["state"] = "unsupported"
            what = f"{claim['claim']}: no row carries it"
            problems.append(table.problem("CLAIM_UNSUPPORTED", index, "workload", what))
        else:
            entry["state"] = "supported"
    return shown, problems
