"""Every word of the grammar, builtin, pattern and diagnostic has its programs; `tools/coverage.py` names the gaps."""

from __future__ import annotations

import pytest

from tools import coverage


def test_nothing_is_without_its_programs() -> None:
    assert coverage.gaps() == []


def test_gaps_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no programs, everything that is built is a gap."""
    monkeypatch.setattr(coverage, "POSITIVE", ("fixtures/none",))
    monkeypatch.setattr(coverage, "NEGATIVE", ("fixtures/gates",))
    found = coverage.gaps()
    for what in ("fn", "match", "cap", "::", "when", "pure", "extern", "text-cat"):
        assert f"{what}: no program" in found
    for what in ("fn", "when", "PARSE-001", "BACKEND_UNSUPPORTED-013"):
        assert f"{what}: no negative program" in found
