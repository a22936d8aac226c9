"""What the backend hands to the object writer: the bytes of one function and what they refer to.

Relocations are (offset, kind, symbol, addend) with kind pc32, plt32, abs32s, abs64 or tpoff32.
`data` holds the function's read-only constants and jump tables.  A constant's name says its value, so two
functions may carry the same one and the writer keeps either; a jump table's name begins with the function's.
Knows nothing of sections or files.
"""

from __future__ import annotations

from compiler.owned import Product

TYPE_CHECKING = False
if TYPE_CHECKING:
    Reloc = tuple[int, str, str, int]


class CodeData:
    """A read-only datum of a function: name, bytes, alignment, relocations as in Code."""

    __slots__ = ("align", "bytes", "name", "relocs")

    def __init__(self, name: str, data: bytes, align: int, relocs: list[Reloc] | None = None) -> None:
        self.name = name
        self.bytes = data
        self.align = align
        self.relocs: list[Reloc] = relocs or []


class Code(Product):
    """One encoded function."""

    __slots__ = ("bytes", "data", "name", "relocs")
    WHAT = "machine code"

    def __init__(self, name: str, code: bytes, relocs: list[Reloc], data: list[CodeData]) -> None:
        self.name = name
        self.bytes = code
        self.relocs = relocs
        self.data = data

    @property
    def size(self) -> int:
        return len(self.bytes)
