"""A whole program at the LIR level: functions plus the static data they name.

`exported` are the symbols other objects may name; everything else is private to the program.
"""

from __future__ import annotations

from compiler.ir.function import Module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.lir.ops import Data

ENTRY = "zero_main"  # what the runtime's start calls; its result is the exit status


class LirModule(Module):
    """LIR functions and their static data, in a fixed order."""

    __slots__ = ("data", "exported")

    def __init__(self) -> None:
        super().__init__("lir")
        self.data: list[Data] = []
        self.exported: frozenset[str] = frozenset((ENTRY,))


class UnsupportedError(Exception):
    """A program that this backend cannot express: `what`, at the place `at` ("file:line:col" or "")."""

    def __init__(self, what: str, at: str) -> None:
        super().__init__(what)
        self.what = what
        self.at = at
