"""Checks that need closed types: they walk finished bodies.  (Filled below.)"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.types.state import Checker, Frame


def check_bodies(c: Checker, frames: list[Frame]) -> None:
    """Exhaustiveness, constraints on type variables, constants, tail calls, capabilities."""
