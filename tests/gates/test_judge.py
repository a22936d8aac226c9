"""The judge and its checks: silence never passes, and statistics agree with scipy."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from gates import checks
from gates.engine.judge import judge
from gates.engine.spec import Gate, Requirement
from gates.engine.verdict import VERDICTS, Judgement, worst
from gates.stats.paired import interval, log_ratios
from ledgers.table import Row


def row(workload: str, value: float, variant: str = "after", pair: int = 0, sample: int = 0, unit: str = "s") -> Row:
    return {
        "workload": workload,
        "metric": "m",
        "unit": unit,
        "variant": variant,
        "pair": pair,
        "sample": sample,
        "value": value,
    }


def gate(*requirements: Requirement) -> Gate:
    return Gate("g", "gates/g.yaml", 0, "", "", "", "bounded", "", (), 1, 1, (), ("c",), requirements, (), (), {})


def ask(check: str, rows: list[Row], **arguments: Any) -> Judgement:
    requirement = Requirement("r", "", check, "c", "m", "*", arguments)
    return judge(gate(requirement), {"c": rows}, {})


def test_silence_never_passes() -> None:
    assert judge(gate(), {"c": [row("a", 1)]}, {}).verdict == "unmeasured"
    for name in checks.CHECKS:
        assert ask(name, []).verdict == "unmeasured", name
    assert worst([]) == "unmeasured"
    assert all(VERDICTS[word].blocks for word in ("unmeasured", "inconclusive", "fail", "broken"))


def test_a_skipped_metric_says_why() -> None:
    requirement = Requirement("r", "", "exact_at_most", "c", "m", "*", {"limit": 1})
    found = judge(gate(requirement), {"c": []}, {"c": {"m": "no valgrind here"}}).findings[0]
    assert (found.verdict, found.outcome.measured) == ("unmeasured", "no valgrind here")


EXACT = [row("a", 5), row("b", 7)]
SIDES = [row("a", 100, "before"), row("a", 60), row("b", 100, "before"), row("b", 90)]
# check, rows, arguments, verdict, code
CASES: list[tuple[str, list[Row], dict[str, Any], str, str]] = [
    ("every_case_present", EXACT, {"expected": ["a", "b"]}, "pass", ""),
    ("every_case_present", EXACT, {"expected": ["a", "c"]}, "fail", "CASE_MISSING"),
    ("exact_at_most", EXACT, {"limit": 7}, "pass", ""),
    ("exact_at_most", EXACT, {"limit": 6}, "fail", "OVER_LIMIT"),
    ("exact_at_least", EXACT, {"limit": 5}, "pass", ""),
    ("exact_at_least", EXACT, {"limit": 6}, "fail", "UNDER_LIMIT"),
    ("exact_at_most", [row("a", 5), row("a", 6, sample=1)], {"limit": 9}, "broken", "NONDETERMINISTIC"),
    ("exact_at_most", [row("a", 5), row("a", 5, sample=1)], {"limit": 9}, "pass", ""),
    ("exact_at_most", [row("a", 5.5)], {"limit": 9}, "broken", "EXACT_NOT_INTEGER"),
    ("exact_at_most", [row("a", 5), row("b", 5, unit="h")], {"limit": 9}, "broken", "UNITS_DISAGREE"),
    ("exact_ratio_at_most", SIDES, {"percent": 90}, "pass", ""),
    ("exact_ratio_at_most", SIDES, {"percent": 89}, "fail", "RATIO_OVER_LIMIT"),
    ("exact_ratio_at_most", SIDES, {"percent": 75, "over": "sum"}, "pass", ""),
    ("exact_ratio_at_most", SIDES, {"percent": 74, "over": "sum"}, "fail", "RATIO_OVER_LIMIT"),
    ("exact_ratio_at_most", SIDES[:3], {"percent": 90}, "unmeasured", "SIDE_MISSING"),
    ("exact_ratio_at_most", [row("a", 0, "before"), row("a", 1)], {"percent": 100}, "fail", "RATIO_OVER_LIMIT"),
    ("exact_equal", [row("a", 5, "before"), row("a", 5), row("b", 0, "before"), row("b", 0)], {}, "pass", ""),
    (
        "exact_equal",
        [row("a", 5, "before"), row("a", 5), row("b", 0, "before"), row("b", 1)],
        {},
        "fail",
        "VALUES_DIFFER",
    ),
    ("exact_equal", [row("a", 5, "before"), row("a", 4)], {}, "fail", "VALUES_DIFFER"),
    ("exact_equal", [row("a", 0, "before"), row("a", 0)], {}, "unmeasured", "NO_ROWS"),
    ("exact_equal", SIDES[:3], {}, "unmeasured", "SIDE_MISSING"),
]


@pytest.mark.parametrize(("check", "rows", "arguments", "verdict", "code"), CASES)
def test_exact_checks(check: str, rows: list[Row], arguments: dict[str, Any], verdict: str, code: str) -> None:
    (finding,) = ask(check, rows, **arguments).findings
    assert (finding.outcome.verdict, finding.outcome.code) == (verdict, code)


def test_exact_counts_are_not_rounded() -> None:
    """As floats these two are equal."""
    rows = [row("a", 2**53, "before"), row("a", 2**53 + 1)]
    assert ask("exact_ratio_at_most", rows, percent=100).verdict == "fail"


def pairs(ratios: list[float]) -> list[Row]:
    rows = []
    for number, ratio in enumerate(ratios):
        rows += [row("a", 1.0, "before", number), row("a", ratio, "after", number)]
    return rows


@pytest.mark.parametrize(
    ("ratios", "budget", "verdict"),
    [
        ([0.80, 0.82, 0.81, 0.79, 0.80, 0.83, 0.78], 0.9, "pass"),
        ([0.80, 0.82, 0.81, 0.79, 0.80, 0.83, 0.78], 0.7, "fail"),
        ([0.5, 1.9, 0.6, 1.8, 1.1, 0.7, 1.7], 1.0, "inconclusive"),
        ([0.80, 0.82, 0.81, 0.79, 0.80, 0.83], 0.9, "unmeasured"),
        ([0.9] * 7, 0.9, "pass"),
        ([0.9] * 7, 0.89, "fail"),
    ],
)
def test_paired_verdicts_come_from_the_interval(ratios: list[float], budget: float, verdict: str) -> None:
    assert ask("paired_ratio_at_most", pairs(ratios), ratio=budget, pairs=7).verdict == verdict


def rounds(ratios: dict[str, list[float]]) -> list[Row]:
    rows = []
    for name, each in ratios.items():
        rows += [{**one, "workload": name} for one in pairs(each)]
    return rows


@pytest.mark.parametrize(
    ("ratios", "budget", "verdict"),
    [
        ({"a": [4.0] * 7, "b": [1.0] * 7}, 2.0, "pass"),
        ({"a": [4.0] * 7, "b": [1.0] * 7}, 1.99, "fail"),
        ({"a": [4.0] * 7}, 9.0, "unmeasured"),
        ({"a": [4.0] * 7, "b": [1.0] * 6}, 9.0, "unmeasured"),
    ],
)
def test_the_geometric_mean_is_over_workloads(ratios: dict[str, list[float]], budget: float, verdict: str) -> None:
    found = ask("paired_geomean_at_most", rounds(ratios), ratio=budget, pairs=7, workloads=2)
    assert found.verdict == verdict


def test_a_noisier_host_never_turns_a_gate_green() -> None:
    """With the middle outside the budget, no spread gives a pass."""
    source = random.Random(1)
    for spread in (0.0, 0.01, 0.1, 0.5, 2.0):
        ratios = [math.exp(0.05 + spread * (source.random() - 0.5)) for _ in range(21)]
        middle = sorted(ratios)[10]
        assert ask("paired_ratio_at_most", pairs(ratios), ratio=middle * 0.999, pairs=21).verdict != "pass"


def test_the_interval_agrees_with_scipy() -> None:
    import numpy
    from scipy.stats import bootstrap

    source = random.Random(7)
    logs = [source.gauss(0.1, 0.2) for _ in range(40)]
    ours = interval(logs, 0.95)
    theirs = bootstrap((logs,), numpy.median, n_resamples=9_999, method="percentile", rng=numpy.random.default_rng(3))
    low, high = theirs.confidence_interval
    assert math.log(ours.low) == pytest.approx(low, abs=0.02)
    assert math.log(ours.high) == pytest.approx(high, abs=0.02)
    assert ours == interval(logs, 0.95)


def test_pairs_are_matched_by_number_not_by_order() -> None:
    rows = pairs([0.5, 0.6, 0.7])
    random.Random(2).shuffle(rows)
    assert log_ratios(rows) == pytest.approx([math.log(0.5), math.log(0.6), math.log(0.7)])


@pytest.mark.parametrize(
    ("check", "arguments"),
    [
        ("paired_ratio_at_most", {"ratio": 1.0, "pairs": 6}),
        ("paired_ratio_at_most", {"ratio": 1.0, "pairs": 7, "confidence": 0.2}),
        ("every_case_present", {"expected": []}),
        ("exact_at_least", {"limit": 0}),
        ("exact_ratio_at_most", {"percent": 100, "over": "some"}),
    ],
)
def test_designs_that_cannot_fail_are_refused(check: str, arguments: dict[str, Any]) -> None:
    assert checks.CHECKS[check].argument_fault(arguments) == ""
    assert checks.CHECKS[check].cannot_fail(arguments)


def test_arguments_are_held_to_the_signature() -> None:
    check = checks.CHECKS["exact_at_most"]
    assert check.argument_fault({"limit": 1}) == ""
    for wrong in ({}, {"limit": "1"}, {"limit": True}, {"limit": 1.5}, {"limit": 1, "more": 2}):
        assert check.argument_fault(wrong)
