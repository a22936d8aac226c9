"""Compiling grows with the program, whatever its shape: exact counts, small sizes; `invoke growth` has larger ones."""

from __future__ import annotations

import pytest

from tests.heavy.growth import exponent, measured
from tests.heavy.shapes import SHAPES

PART = 16  # of a shape's largest size, with a half and a quarter of that
MOST = 1.05


@pytest.mark.parametrize("name", SHAPES)
def test_steps_grow_with_the_source(name: str) -> None:
    sizes, costs = measured(name, "dev", SHAPES[name][1] // PART, 2)
    assert exponent(sizes, costs) <= MOST, (sizes, costs)


def test_a_quadratic_step_is_seen_behind_what_is_paid_once() -> None:
    assert exponent([100, 200, 400], [70_000, 100_000, 220_000]) == pytest.approx(2.0)


def test_what_is_paid_once_is_no_growth() -> None:
    assert exponent([100, 200, 400], [70_100, 70_200, 70_400]) == pytest.approx(1.0)
    assert exponent([100, 200, 400], [70_000, 70_000, 70_000]) == pytest.approx(0.0)
