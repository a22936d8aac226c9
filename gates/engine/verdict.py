"""The words for what a gate came to, and the values that carry them.

Knows neither files nor clocks.  A verdict is a row in VERDICTS: whether it blocks a release, and the
exit status it alone would give.  `planned` is a status of a ledger row, not a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ledgers.problems import FAIL, INCONCLUSIVE, NOTHING, Problem, worst_status
from ledgers.table import Row


@dataclass(frozen=True, slots=True)
class Verdict:
    word: str
    blocks: bool
    status: int
    meaning: str


PASS, WAIVED, UNMEASURED, INCONCLUSIVE_, FAILED, BROKEN = (
    "pass",
    "waived",
    "unmeasured",
    "inconclusive",
    "fail",
    "broken",
)

# From best to worst: a gate is as good as its worst finding.
# fmt: off
VERDICTS: dict[str, Verdict] = {verdict.word: verdict for verdict in (
    Verdict(PASS,          False, 0,            "every check held on the rows named"),
    Verdict(WAIVED,        False, 0,            "a check did not hold, and a dated decision accepts that for now"),
    Verdict(UNMEASURED,    True,  NOTHING,      "no row bears on a check; nothing was learned"),
    Verdict(INCONCLUSIVE_, True,  INCONCLUSIVE, "the interval straddles the budget; more pairs are needed"),
    Verdict(FAILED,        True,  FAIL,         "a check did not hold"),
    Verdict(BROKEN,        True,  FAIL,         "a file, row or collector could not be used"),
)}
# fmt: on


def worst(words: list[str]) -> str:
    """The verdict for several findings; no findings at all is `unmeasured`, never a pass."""
    order = list(VERDICTS)
    return max(words, key=order.index, default=UNMEASURED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check says about the rows it was given."""

    verdict: str
    code: str  # of the failure; "" when it holds
    measured: str  # in words, with unit
    wanted: str
    value: float | None = None  # what a waiver's cap is compared with
    budget: float | None = None
    interval: tuple[float, float] | None = None
    witness: Row | None = None  # the row that decided
    details: tuple[dict[str, Any], ...] = ()  # per workload, for the report


@dataclass(frozen=True, slots=True)
class Finding:
    """An outcome with the name of the check it belongs to."""

    check_id: str
    check: str
    says: str
    collector: str
    metric: str
    unit: str
    rows: int
    outcome: Outcome
    waiver: str = ""

    @property
    def verdict(self) -> str:
        return WAIVED if self.waiver else self.outcome.verdict


@dataclass(slots=True)
class Judgement:
    """What a gate came to."""

    gate: str
    findings: tuple[Finding, ...]
    problems: list[Problem] = field(default_factory=list)
    reason: str = ""  # why nothing was judged, where that is so

    @property
    def verdict(self) -> str:
        words = [finding.verdict for finding in self.findings]
        if self.problems:
            words.append(BROKEN)
        if self.reason or not self.findings:
            words.append(UNMEASURED)
        return worst(words)

    @property
    def status(self) -> int:
        statuses = [VERDICTS[finding.verdict].status for finding in self.findings]
        statuses += [problem.kind.status for problem in self.problems]
        return worst_status([*statuses, VERDICTS[self.verdict].status])
