"""Negative fixtures: the control raises nothing, each fixture exactly its code, each code has one."""

from __future__ import annotations

from gates.engine import negative
from ledgers.problems import KINDS
from tests.gates.toy import ROOT


def test_the_control_raises_nothing() -> None:
    assert negative.raise_codes(ROOT, None) == ()


def test_every_fixture_raises_exactly_its_code_and_every_code_has_one() -> None:
    cases = negative.cases(ROOT)
    assert [str(each) for each in negative.gaps(cases)] == []
    assert len(cases) >= 50


def test_a_fixture_that_raises_something_else_is_a_gap() -> None:
    case = negative.Case("OVER_LIMIT-x", "OVER_LIMIT", "", "run", (), ("UNDER_LIMIT",))
    codes = [each.code for each in negative.gaps([case])]
    assert codes.count("NEGATIVE_NOT_RAISED") == 1
    assert "NEGATIVE_MISSING" in codes


def test_codes_shown_by_tests_name_a_test_that_mentions_them() -> None:
    for kind in KINDS.values():
        if kind.shown_by:
            assert kind.code in (ROOT / kind.shown_by).read_text("utf-8"), kind.code
