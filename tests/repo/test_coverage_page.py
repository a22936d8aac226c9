"""Every word of the grammar, builtin, pattern and diagnostic has its programs; `tools/coverage.py` names the gaps."""

from __future__ import annotations

import pathlib

import pytest

from tools import coverage


def test_nothing_is_without_its_programs() -> None:
    assert coverage.gaps() == []


def test_gaps_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no programs, everything that is built is a gap."""
    monkeypatch.setattr(coverage, "POSITIVE", ("fixtures/none",))
    monkeypatch.setattr(coverage, "NEGATIVE", ("fixtures/gates",))
    monkeypatch.setattr(coverage, "_misused", coverage._misused.__wrapped__)
    found = coverage.gaps()
    for what in ("fn", "match", "cap", "::", "when", "pure", "extern", "text-cat"):
        assert f"{what}: no program" in found
    for what in ("fn", "when", "+", "print", "p-cons", "PARSE-001", "BACKEND_UNSUPPORTED-013"):
        assert f"{what}: no negative program" in found


def test_what_can_be_misused_is_told_by_the_table() -> None:
    """By count always, by type with operands, by place where a capability is needed."""
    from compiler.builtins import BY_NAME

    assert BY_NAME["+"].misuses == ("TYPE_ARITY", "TYPE_CONTRACT")
    assert BY_NAME["print"].misuses == ("TYPE_ARITY", "TYPE_CONTRACT", "TYPE_EFFECT")
    assert BY_NAME["argv"].misuses == ("TYPE_ARITY", "TYPE_EFFECT")
    assert BY_NAME["panic"].misuses == ("TYPE_ARITY", "TYPE_CONTRACT")


def test_a_misuse_is_an_error_on_the_words_own_line(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """A word in a program that is wrong elsewhere is no misuse of it."""
    (tmp_path / "X.0x0").write_text("(ƒ f (x) (abs x))\n(ƒ g (_) (sqrt 1))\n", "utf-8")
    (tmp_path / "X.expected").write_text("X.0x0:2:16: error[TYPE_CONTRACT-001]: expected F64, found I64\n", "utf-8")
    monkeypatch.setattr(coverage, "ROOT", tmp_path)
    monkeypatch.setattr(coverage, "_files", lambda *_: ["./X.0x0"])
    found = coverage._misused.__wrapped__()
    assert ("sqrt", "TYPE_CONTRACT") in found
    assert all(word not in ("abs", "f") for word, _ in found)
