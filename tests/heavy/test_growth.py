"""Compiling grows with the program, whatever its shape: exact counts, small sizes; `invoke growth` has larger ones."""

from __future__ import annotations

import pytest

from tests.heavy.growth import measured, slope
from tests.heavy.shapes import SHAPES

SMALLEST = 32  # of the largest size, what the test begins with as a part; then twice and four times that
MOST = 1.2  # logarithms, and tables that are small at first, weigh more here


@pytest.mark.parametrize("name", SHAPES)
def test_steps_grow_with_the_source(name: str) -> None:
    sizes, costs = measured(name, "dev", SHAPES[name][1] // SMALLEST * 4, 2)
    assert slope(sizes[1:], [float(cost) for cost in costs[1:]]) <= MOST, (sizes, costs)


def test_a_quadratic_step_is_seen() -> None:
    assert slope([100, 200, 400], [1e4, 4e4, 16e4]) == pytest.approx(2.0)
