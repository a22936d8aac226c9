"""Compiling grows with the program, whatever its shape: exact counts, small sizes; `invoke growth` has larger ones."""

from __future__ import annotations

import pytest

from tests.heavy.growth import measured, slope
from tests.heavy.shapes import SHAPES

PART = 16  # of a shape's largest size, with a half and a quarter of that
MOST = 1.1  # what is made once weighs a little more here


@pytest.mark.parametrize("name", SHAPES)
def test_steps_grow_with_the_source(name: str) -> None:
    sizes, costs = measured(name, "dev", SHAPES[name][1] // PART, 2)
    assert slope(sizes, [float(cost) for cost in costs]) <= MOST, (sizes, costs)


def test_a_quadratic_step_is_seen() -> None:
    assert slope([100, 200, 400], [1e4, 4e4, 16e4]) == pytest.approx(2.0)
