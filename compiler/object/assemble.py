"""Turn machine code and static data into one object file.

Every function and datum is a section of its own, so the linker keeps only what is used.  Equal read-only constants of
functions share one section.  Symbols are local, save those named in `exported`: a program's names can then never meet
the runtime's.  Knows nothing of any IR: it takes whatever has `Code`'s and `Data`'s fields.
"""

from __future__ import annotations

from compiler.object.file import (
    ALLOC,
    EXECUTE,
    FUNCTION,
    GLOBAL,
    LOCAL,
    NOTYPE,
    OBJECT,
    PROGBITS,
    RELOCATIONS,
    UNDEFINED,
    WRITE,
    ObjectFile,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Protocol

    from compiler.object.file import Bytes

    class Datum(Protocol):
        """Bytes with relocations (offset, symbol, addend) that hold 8-byte addresses."""

        name: str
        section: str
        bytes: bytes
        align: int
        relocs: list[tuple[int, str, int]]

    class Constant(Protocol):
        """Read-only data of one function; its name means something in that function only."""

        name: str
        bytes: bytes
        align: int
        relocs: list[tuple[int, str, str, int]]

    class Code(Protocol):
        """One function's machine code; relocations are (offset, kind, symbol, addend)."""

        name: str
        relocs: list[tuple[int, str, str, int]]

        @property
        def bytes(self) -> Bytes: ...

        @property
        def data(self) -> Sequence[Constant]: ...


_FLAGS = {".rodata": ALLOC, ".data": ALLOC | WRITE}
CODE_ALIGN = 16
_ABS64 = RELOCATIONS["abs64"]


def assemble(codes: Iterable[Code], data: Iterable[Datum], name: str, exported: frozenset[str]) -> ObjectFile:
    """One object of these functions and data, in this order."""
    obj = ObjectFile(name)
    symbol_of: dict[str, int] = {}
    codes, data = list(codes), list(data)

    def define(title: str, kind: int, section: int, size: int) -> None:
        if title in symbol_of:
            raise ValueError(f"{name}: {title} is defined twice")
        binding = GLOBAL if title in exported else LOCAL
        symbol_of[title] = obj.add_symbol(title, binding, kind, section, 0, size)

    def symbol(title: str) -> int:
        found = symbol_of.get(title)
        if found is None:
            found = symbol_of[title] = obj.add_symbol(title, GLOBAL, NOTYPE, UNDEFINED)
        return found

    code_sections = []
    for code in codes:
        section = obj.add_section(".text." + code.name, PROGBITS, ALLOC | EXECUTE, CODE_ALIGN, code.bytes)
        define(code.name, FUNCTION, section, len(code.bytes))
        code_sections.append(section)
    data_sections = []
    for datum in data:
        flags = _FLAGS[datum.section]
        section = obj.add_section(f"{datum.section}.{datum.name}", PROGBITS, flags, datum.align, datum.bytes)
        define(datum.name, OBJECT, section, len(datum.bytes))
        data_sections.append(section)
    for section, datum in zip(data_sections, data, strict=True):
        if datum.relocs:
            obj.sections[section].relocations.extend((at, _ABS64, symbol(to), add) for at, to, add in datum.relocs)

    shared: dict[tuple[bytes, int], int] = {}
    for section, code in zip(code_sections, codes, strict=True):
        own: dict[str, int] = {}
        for constant in code.data:
            key = (bytes(constant.bytes), constant.align)
            known = None if constant.relocs else shared.get(key)
            if known is None:
                place = obj.add_section(".rodata.constant", PROGBITS, ALLOC, constant.align, constant.bytes)
                known = obj.add_symbol(f".{constant.name}", LOCAL, OBJECT, place, 0, len(constant.bytes))
                obj.sections[place].relocations.extend(
                    (at, RELOCATIONS[kind], symbol(to), add) for at, kind, to, add in constant.relocs
                )
                if not constant.relocs:
                    shared[key] = known
            own[constant.name] = known
        if code.relocs:
            obj.sections[section].relocations.extend(
                (at, RELOCATIONS[kind], own[to] if to in own else symbol(to), add) for at, kind, to, add in code.relocs
            )
    return obj
