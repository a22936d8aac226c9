"""Judge a gate: a pure function of its spec and its rows.

Same gate and same rows, same judgement, on any machine and any day: no clock, no files, no waivers.
A check with no rows is `unmeasured`; a gate with no checks is too.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from gates import checks
from gates.engine.spec import Gate, Requirement
from gates.engine.verdict import BROKEN, UNMEASURED, Finding, Judgement, Outcome
from gates.stats.unfit import Unfit
from ledgers.table import Row

Skipped = Mapping[str, Mapping[str, str]]  # collector -> metric -> why it could not be measured


def judge(gate: Gate, rows: Mapping[str, list[Row]], skipped: Skipped) -> Judgement:
    """Ask every check of the gate about its rows; `rows` are by collector."""
    findings = tuple(judge_one(requirement, rows, skipped) for requirement in gate.require)
    return Judgement(gate.name, findings, reason="" if findings else "the gate requires nothing")


def judge_one(requirement: Requirement, rows: Mapping[str, list[Row]], skipped: Skipped) -> Finding:
    chosen = [
        row
        for row in rows.get(requirement.collector, [])
        if row["metric"] == requirement.metric and fnmatchcase(str(row["workload"]), requirement.workloads)
    ]
    return Finding(
        check_id=requirement.id,
        check=requirement.check,
        says=requirement.says,
        collector=requirement.collector,
        metric=requirement.metric,
        unit=str(chosen[0]["unit"]) if chosen else "",
        rows=len(chosen),
        outcome=ask(requirement, chosen, why_none(requirement, rows, skipped)),
    )


def why_none(requirement: Requirement, rows: Mapping[str, list[Row]], skipped: Skipped) -> str:
    """The reason to give if no row bears on the check."""
    if requirement.collector not in rows:
        return f"{requirement.collector} has no current rows"
    return skipped.get(requirement.collector, {}).get(requirement.metric, "no row matches")


def ask(requirement: Requirement, chosen: list[Row], reason: str) -> Outcome:
    if not chosen:
        return Outcome(UNMEASURED, "NO_ROWS", measured=reason, wanted="at least one row")
    units = sorted({str(row["unit"]) for row in chosen})
    if len(units) > 1:
        return Outcome(BROKEN, "UNITS_DISAGREE", measured=f"units: {', '.join(units)}", wanted="one unit")
    check = checks.CHECKS[requirement.check]
    try:
        return check.function(chosen, **requirement.arguments)
    except Unfit as unfit:
        return Outcome(
            unfit.verdict, unfit.code, measured=unfit.text, wanted="rows fit for the check", witness=unfit.row
        )
