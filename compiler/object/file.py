"""An object file in memory: sections, symbols, relocations; what the assembler makes and the linker joins.

Only sections that live in memory at run time are kept.  Knows nothing of file formats (`elf.py`) or of how
sections are placed (`compiler/link`).  Numbers are those of the ELF64 specification and the x86-64 psABI.
"""

from __future__ import annotations

import struct

from compiler.object.errors import LinkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    Bytes = bytes | bytearray | memoryview

# Symbol.section when it is not an index into ObjectFile.sections.
UNDEFINED, ABSOLUTE, DROPPED = -1, -2, -3

LOCAL, GLOBAL, WEAK = 0, 1, 2  # Symbol.binding
NOTYPE, OBJECT, FUNCTION, SECTION, FILE, COMMON, TLS, IFUNC = 0, 1, 2, 3, 4, 5, 6, 10  # Symbol.kind

PROGBITS, NOBITS = 1, 8  # Section.kind
WRITE, ALLOC, EXECUTE, MERGE, STRINGS, THREAD, RETAIN = 0x1, 0x2, 0x4, 0x10, 0x20, 0x400, 0x200000  # Section.flags

# Relocation types: name -> number.  What each computes is in compiler/link/relocate.py.
RELOCATIONS: dict[str, int] = {
    "none": 0,
    "abs64": 1,
    "pc32": 2,
    "plt32": 4,
    "abs32": 10,
    "abs32s": 11,
    "tpoff64": 18,
    "tpoff32": 23,
    "pc64": 24,
}

_RELA = struct.Struct("<QQq")


class Section:
    """A run of bytes that is placed as one.

    `relocations` are (offset, type number, symbol index, addend), read from the file's raw form when first asked for.
    """

    __slots__ = ("_raw", "_relocations", "align", "data", "flags", "kind", "name", "size")

    def __init__(
        self, name: str, kind: int, flags: int, align: int, data: Bytes, size: int, raw_relocations: Bytes = b""
    ) -> None:
        self.name = name
        self.kind = kind
        self.flags = flags
        self.align = align
        self.data = data
        self.size = size
        self._raw = raw_relocations
        self._relocations: list[tuple[int, int, int, int]] | None = None

    @property
    def relocations(self) -> list[tuple[int, int, int, int]]:
        found = self._relocations
        if found is None:
            found = self._relocations = [
                (offset, info & 0xFFFFFFFF, info >> 32, addend) for offset, info, addend in _RELA.iter_unpack(self._raw)
            ]
        return found


class Symbol:
    """A name for a place in a section, a number (ABSOLUTE), or something another object has (UNDEFINED)."""

    __slots__ = ("binding", "kind", "name", "section", "size", "value")

    def __init__(self, name: str, binding: int, kind: int, section: int, value: int, size: int) -> None:
        self.name = name
        self.binding = binding
        self.kind = kind
        self.section = section
        self.value = value
        self.size = size


class ObjectFile:
    """A relocatable object; symbol 0 is the null symbol, as relocations without a symbol expect."""

    __slots__ = ("name", "sections", "symbols")

    def __init__(self, name: str) -> None:
        self.name = name
        self.sections: list[Section] = []
        self.symbols: list[Symbol] = [Symbol("", LOCAL, NOTYPE, UNDEFINED, 0, 0)]

    def add_section(self, name: str, kind: int, flags: int, align: int, data: Bytes, size: int = -1) -> int:
        """Append a section; `size` is for NOBITS, which has no data."""
        self.sections.append(Section(name, kind, flags, align, data, len(data) if size < 0 else size))
        return len(self.sections) - 1

    def add_symbol(self, name: str, binding: int, kind: int, section: int, value: int = 0, size: int = 0) -> int:
        self.symbols.append(Symbol(name, binding, kind, section, value, size))
        return len(self.symbols) - 1

    def check_relocations(self, section: Section) -> list[tuple[int, int, int, int]]:
        """The section's relocations, each naming a symbol there is and a field that lies in the section."""
        count, size = len(self.symbols), section.size
        for offset, kind, symbol, _ in section.relocations:
            if symbol >= count or offset + 4 > size:
                where = f"relocation of type {kind} at {section.name}+{offset:#x}"
                raise LinkError("LINK-004", f"{self.name}: {where} is outside the section or names no symbol")
        return section.relocations
