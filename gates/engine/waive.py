"""Let a measured failure through for a while, if a dated decision says so.

A waiver names gate, check and code, and caps how bad it may be.  It must cover something and must not
have expired: either is a policy error, so waivers neither linger nor rot.  The date is an argument:
`--as-of` rehearses a later day.  Knows rows of one ledger and findings, no evidence.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gates.engine.verdict import FAILED, Judgement
from ledgers.problems import Problem
from ledgers.table import Table

State = dict[str, str]  # waiver -> in-force, expired, exceeded, unused or not-judged


def waive(judgements: dict[str, Judgement], table: Table, as_of: date) -> tuple[list[Problem], State]:
    """Mark waived findings in place; the problems of waivers that do not hold."""
    problems: list[Problem] = []
    states: State = {}
    for index, row in enumerate(table.rows):
        name, gate = str(row["waiver"]), str(row["gate"])
        if date.fromisoformat(str(row["expires"])) < as_of:
            states[name] = "expired"
            problems.append(table.problem("WAIVER_EXPIRED", index, "expires", f"{name} ended on {row['expires']}"))
            continue
        if gate not in judgements:
            states[name] = "not-judged"
            continue
        judgement = judgements[gate]
        found = [
            number
            for number, finding in enumerate(judgement.findings)
            if (finding.check_id, finding.outcome.code) == (row["check"], row["code"])
            and finding.outcome.verdict == FAILED
        ]
        if not found:
            states[name] = "unused"
            what = f"{name}: {gate} has no failing {row['check']} with {row['code']}"
            problems.append(table.problem("WAIVER_UNUSED", index, "check", what))
            continue
        finding = judgement.findings[found[0]]
        value = finding.outcome.value
        if value is None or value > float(str(row["cap"])):
            states[name] = "exceeded"
            what = f"{name}: {value} was measured, the cap is {row['cap']}"
            problems.append(table.problem("WAIVER_EXCEEDED", index, "cap", what))
            continue
        states[name] = "in-force"
        findings = list(judgement.findings)
        findings[found[0]] = replace(finding, waiver=name)
        judgement.findings = tuple(findings)
    return problems, states
