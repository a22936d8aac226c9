"""Machine code and static data as the objects of a program: one a module, and one of what any module may need.

    codes, data ─▶ home of each by its name ─▶ unit: one .text, calls inside it already resolved      ┐
                                      └─ "" ─▶ shared: wrappers, descriptors, closures, a section each ┴▶ the linker

A module's object holds its functions in the order of their names and its own copies of the texts and places that they
mention; nothing tells one copy from another.  What must be there once (descriptors are told apart by their addresses)
is shared.  An object depends on its module's code alone, so that a build which knows it need not make it again.
Knows nothing of any IR but how its functions are named.
"""

from __future__ import annotations

import struct

from compiler.object.assemble import CODE_ALIGN, assemble
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
    Section,
    Symbol,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from compiler.object.assemble import Code, Datum

SHARED = ""  # the home of what belongs to no module
OWN_DATA = ("$place.", "$text.")  # read, and never told apart from another copy
TRAP = b"\xcc"
_ABS64 = RELOCATIONS["abs64"]
_RELATIVE = ("pc32", "plt32")
_put_i32 = struct.Struct("<i").pack_into


def home(name: str) -> str:
    """The module in whose object a function is: MODULE of `MODULE.function<types>.lambda3` and of `MODULE.test.2`.

    SHARED for a wrapper, which any module may make.
    """
    base = name.partition("<")[0]
    if name.endswith(".value") or ":" in name.rpartition(">")[2] or ":" in base:
        return SHARED
    body, _, last = base.rpartition(".")
    if last.startswith("lambda") and last[6:].isdigit():
        body, _, last = body.rpartition(".")
    return body.removesuffix(".test") if last.isdigit() else body


def objects(codes: Iterable[Code], data: Sequence[Datum], exported: frozenset[str]) -> list[ObjectFile]:
    """The objects of a program, modules by name and the shared one last."""
    homes: dict[str, list[Code]] = {SHARED: []}
    for code in codes:
        homes.setdefault(home(code.name), []).append(code)
    known = {datum.name: datum for datum in data}
    common = homes.pop(SHARED)
    return [*[unit(name, homes[name], known) for name in sorted(homes)], shared(common, known, exported)]


def reached(codes: Iterable[Code], known: Mapping[str, Datum]) -> list[Datum]:
    """The texts and places that code mentions, by name."""
    found = {to for code in codes for _, _, to, _ in code.relocs if to.startswith(OWN_DATA)}
    return [known[name] for name in sorted(found)]


def shared(codes: Iterable[Code], known: Mapping[str, Datum], exported: frozenset[str]) -> ObjectFile:
    """The object of what belongs to no module: a section for each, so that only what is needed is linked."""
    codes = sorted(codes, key=lambda code: code.name)
    own = {datum.name for datum in reached(codes, known)}
    for name, datum in known.items():
        if not name.startswith(OWN_DATA):
            own.update([name, *[to for _, to, _ in datum.relocs if to.startswith(OWN_DATA)]])
    kept = [known[name] for name in sorted(own)]
    seen = exported.union([code.name for code in codes], [datum.name for datum in kept])
    return assemble(codes, kept, "program.o", seen)


class _Part:
    """A section that is being filled."""

    __slots__ = ("align", "bytes", "relocations", "section")

    def __init__(self, section: int) -> None:
        self.section = section
        self.align = 1
        self.bytes = bytearray()
        self.relocations: list[tuple[int, int, int, int]] = []

    def add(self, data: Any, align: int, pad: bytes = b"\0") -> int:
        """Append; gives where it begins."""
        self.bytes += pad * (-len(self.bytes) % align)
        self.align = max(self.align, align)
        at = len(self.bytes)
        self.bytes += data
        return at


def unit(name: str, codes: Iterable[Code], known: Mapping[str, Datum]) -> ObjectFile:
    """The object of one module: its functions, which others may call, their constants, texts and places."""
    codes = sorted(codes, key=lambda code: code.name)
    obj = ObjectFile(name)
    text, rodata, data = _Part(0), _Part(1), _Part(2)
    symbol_of: dict[str, int] = {}
    offset_of: dict[str, int] = {}
    for code in codes:
        if code.name in offset_of:
            raise ValueError(f"{name}: {code.name} is defined twice")
        at = offset_of[code.name] = text.add(code.bytes, CODE_ALIGN, TRAP)
        symbol_of[code.name] = obj.add_symbol(code.name, GLOBAL, FUNCTION, 0, at, len(code.bytes))

    def symbol(title: str) -> int:
        found = symbol_of.get(title)
        if found is None:
            found = symbol_of[title] = obj.add_symbol(title, GLOBAL, NOTYPE, UNDEFINED)
        return found

    mentioned = reached(codes, known)
    for datum in mentioned:
        part = rodata if datum.section == ".rodata" else data
        at = part.add(datum.bytes, datum.align)
        symbol_of[datum.name] = obj.add_symbol(datum.name, LOCAL, OBJECT, part.section, at, len(datum.bytes))
        part.relocations += [(at + place, _ABS64, symbol(to), add) for place, to, add in datum.relocs]
    constants: dict[tuple[bytes, int], int] = {}
    for code in codes:
        own: dict[str, int] = {}
        start = offset_of[code.name]
        for constant in code.data:
            key = (bytes(constant.bytes), constant.align)
            place = None if constant.relocs else constants.get(key)
            if place is None:
                at = rodata.add(constant.bytes, constant.align)
                place = obj.add_symbol(f".{constant.name}", LOCAL, OBJECT, 1, at, len(constant.bytes))
                rodata.relocations += [
                    (at + where, RELOCATIONS[kind], symbol(to), add) for where, kind, to, add in constant.relocs
                ]
                if not constant.relocs:
                    constants[key] = place
            own[constant.name] = place
        for where, kind, to, add in code.relocs:
            at = start + where
            if to in own:
                text.relocations.append((at, RELOCATIONS[kind], own[to], add))
            elif to in offset_of and kind in _RELATIVE:
                _put_i32(text.bytes, at, offset_of[to] + add - at)
            else:
                text.relocations.append((at, RELOCATIONS[kind], symbol(to), add))
    flags = ((".text", ALLOC | EXECUTE), (".rodata", ALLOC), (".data", ALLOC | WRITE))
    for part, (title, bits) in zip((text, rodata, data), flags, strict=True):
        obj.add_section(f"{title}.{name}", PROGBITS, bits, part.align, bytes(part.bytes))
        obj.sections[part.section].relocations.extend(part.relocations)
    return obj


def row(obj: ObjectFile) -> tuple[Any, ...]:
    """The object as plain data."""
    return (
        obj.name,
        [(s.name, s.kind, s.flags, s.align, bytes(s.data), s.relocations) for s in obj.sections],
        [(s.name, s.binding, s.kind, s.section, s.value, s.size) for s in obj.symbols],
    )


def read(found: tuple[Any, ...]) -> ObjectFile:
    """The object of a row."""
    obj = ObjectFile(found[0])
    for name, kind, flags, align, data, relocations in found[1]:
        section = Section(name, kind, flags, align, data, len(data))
        section.relocations.extend(relocations)
        obj.sections.append(section)
    obj.symbols = [Symbol(*each) for each in found[2]]
    return obj
