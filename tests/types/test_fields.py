"""Fields of values whose type is not known yet: found out later where something says it, else one message that asks."""

from __future__ import annotations

import pytest

from tests.types.checking import MAIN, messages, program, scheme

POINT = "(τ Point (Point (mut x I64) (y I64)))\n(τ Bag (Bag (inner (List Point))))\n"

# What says which record is meant, after the field was written down.
LATER = {
    "the λ is called": "(≔ ((g (λ (p) (. p x)))) (g (Point 1 2)))",
    "both parameters": "(≔ ((g (λ (p q) (+ (. p x) (. q y))))) (g (Point 1 2) (Point 3 4)))",
    "a field of a field": "(≔ ((g (λ (b) (. (head (. b inner)) y)))) (g (Bag (list))))",
    "set-field!": "(≔ ((g (λ (p) (set-field! p x 9)))) (g (Point 1 2)) 0)",
    "with": "(≔ ((g (λ (p) (with p (x 9))))) (. (g (Point 1 2)) y))",
    "an argument behind the λ": "(apply (λ (p) (. p x)) (Point 7 8))",
    "an annotation": "(≔ ((g (λ (p) (. (: p Point) x)))) (g (Point 1 2)))",
    "what is done to it afterwards": "(≔ ((g (λ (p) (≔ ((x (. p x))) (= p (Point 1 2)) x)))) 0)",
}


@pytest.mark.parametrize("name", LATER)
def test_is_found_out_later(name: str) -> None:
    found = program(f"{POINT}(ƒ apply (f a) (f a))\n(ƒ f (_) {LATER[name]}){MAIN}")
    assert scheme(found, "main.f") == "(→ Unit I64)"


UNKNOWN = {
    "(ƒ f (p) (. p x))": "TYPE_CONTRACT-005 3:15",
    "(ƒ f (_) (≔ ((g (λ (p) (. p x)))) 0))": "TYPE_CONTRACT-005 3:29",
    "(ƒ f (p) (set-field! p x 1))": "TYPE_CONTRACT-005 3:24",
    "(ƒ f (p) (with p (x 1)))": "TYPE_CONTRACT-005 3:19",
    "(ƒ f (p) (. (. p inner) x))": "TYPE_CONTRACT-005 3:18",
}


@pytest.mark.parametrize("text", UNKNOWN)
def test_asks_for_an_annotation(text: str) -> None:
    assert messages(POINT + text + MAIN) == [UNKNOWN[text]]


def test_two_records_are_a_mismatch() -> None:
    """A λ that reads a field has one type: rows of fields are no types here."""
    text = (
        POINT + "(τ Size (Size (x F64)))\n(ƒ f (_) (≔ ((g (λ (p) (. p x)))) (g (Point 1 2)) (g (Size 1.0)) 0))" + MAIN
    )
    assert messages(text) == ["TYPE_CONTRACT-001 4:54"]
