"""Where the generator's choices come from: one interface, two sources.

`Seeded` is a plain generator of random numbers, fast, for long runs; `Drawn` asks hypothesis, which can then shrink a
program by making its choices smaller.  Everything that the generator decides it asks here, so that both write programs
of the same kind.  Knows no types and no programs.  The first of several choices should be the simplest one: that is
where hypothesis goes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, TypeVar

T = TypeVar("T")
PARTS = 1000  # a chance is a number of thousandths


class Source:
    """Choices; `integer` and `chance` are the two that everything else is made of."""

    def integer(self, low: int, high: int) -> int:
        """A number from `low` to `high`, both included."""
        raise NotImplementedError

    def chance(self, p: float) -> bool:
        """True about this often."""
        return self.integer(0, PARTS - 1) >= PARTS - round(p * PARTS)

    def fraction(self) -> float:
        """A number from 0 up to, not with, 1, for choices that are a table of bounds."""
        return self.integer(0, PARTS - 1) / PARTS

    def choice(self, options: Sequence[T]) -> T:
        return options[self.integer(0, len(options) - 1)]

    def weighted(self, table: Sequence[tuple[int, T]]) -> T:
        """The second of a row, as often as its first says."""
        at = self.integer(0, sum(weight for weight, _ in table) - 1)
        for bound, (_, value) in zip(accumulate(weight for weight, _ in table), table):
            if at < bound:
                return value
        raise AssertionError

    def sample(self, options: Sequence[T], count: int) -> list[T]:
        """This many different ones, in an order of their own."""
        left = list(options)
        return [left.pop(self.integer(0, len(left) - 1)) for _ in range(count)]

    def shuffle(self, items: list[Any]) -> None:
        items[:] = self.sample(items, len(items))


class Seeded(Source):
    """The choices of a seed."""

    def __init__(self, seed: int | str) -> None:
        self.next = random.Random(seed).random

    def integer(self, low: int, high: int) -> int:
        span = high - low + 1
        if span > 1 << 50:  # a fraction has 53 bits
            return low + (int(self.next() * (1 << 32)) << 32 | int(self.next() * (1 << 32))) % span
        return low + int(self.next() * span)

    def chance(self, p: float) -> bool:
        return self.next() < p

    def fraction(self) -> float:
        return self.next()

    def choice(self, options: Sequence[T]) -> T:
        return options[int(self.next() * len(options))]


class Drawn(Source):
    """The choices that hypothesis makes: `draw` is what a composite strategy or `st.data()` gives."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        from hypothesis import strategies

        self.draw, self.integers = draw, strategies.integers

    def integer(self, low: int, high: int) -> int:
        return low if low == high else int(self.draw(self.integers(low, high)))
