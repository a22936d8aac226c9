"""A whole program at the LIR level: functions plus the static data they name.

`exported` are the symbols other objects may name; everything else is private to the program.
"""

from __future__ import annotations

from compiler.ir.function import Module
from compiler.lir.ops import Data

ENTRY = "zero_main"  # what the runtime's start calls; its result is the exit status


class LirModule(Module):
    """LIR functions and their static data, in a fixed order."""

    __slots__ = ("data", "exported")

    def __init__(self) -> None:
        super().__init__("lir")
        self.data: list[Data] = []
        self.exported: frozenset[str] = frozenset((ENTRY,))

    def read_data(self, name: str, section: str, data: bytes, relocs: list[tuple[int, str, int]], align: int) -> None:
        """Append a datum; the text parser calls this."""
        self.data.append(Data(name, section, data, relocs, align))


class UnsupportedError(Exception):
    """A program that this backend cannot express: `what`, at the place `at` ("file:line:col" or "")."""

    def __init__(self, what: str, at: str) -> None:
        super().__init__(what)
        self.what = what
        self.at = at
