"""The static linker on one screen: resolve, lay out, copy, relocate, write.

Each arrow is a file of this folder.  Deterministic: the same inputs in the same order give the same bytes.
Knows objects and archives (`compiler/object`), nothing of any IR.
"""

from __future__ import annotations

from compiler.link.image import finish, new_image
from compiler.link.layout import lay_out, linker_symbols
from compiler.link.places import BSS, DATA, RODATA, TBSS, TDATA, TEXT
from compiler.link.relocate import apply
from compiler.link.resolve import resolve
from compiler.object.errors import LinkError
from compiler.object.file import (
    ABSOLUTE,
    FILE,
    GLOBAL,
    LOCAL,
    NOBITS,
    NOTYPE,
    SECTION,
    TLS,
    UNDEFINED,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from compiler.link.layout import Layout
    from compiler.link.resolve import Resolved
    from compiler.object.archive import Archive
    from compiler.object.file import ObjectFile

__all__ = ["LinkError", "link"]

_PART_OF_LINKER_SYMBOL = {
    "__zr_tls_start": DATA,
    "__zr_tls_end": DATA,
    "__ehdr_start": RODATA,
    "__bss_start": BSS,
    "_etext": TEXT,
    "_edata": DATA,
    "_end": BSS,
}


def link(objects: Sequence[ObjectFile], *, entry: str = "_start", archives: Sequence[Archive] = ()) -> bytes:
    """An executable of what the entry needs of the objects and archives.

    Errors: LinkError (compiler/object/errors.py).
    """
    resolved = resolve(objects, archives, entry)
    layout = lay_out(resolved)
    image = new_image(layout)
    own = linker_symbols(layout)
    named: dict[str, int | None] = dict(own)
    for name, (number, symbol) in resolved.globals.items():
        if symbol.section == ABSOLUTE:
            named[name] = symbol.value
        else:
            found = layout.place.get((number, symbol.section))
            named[name] = found[1] + symbol.value if found else None
    symbols_of: dict[int, tuple[list[int | None], list[str]]] = {}
    for number, index in resolved.live:
        obj = resolved.objects[number]
        section = obj.sections[index]
        if section.kind == NOBITS:
            continue
        row, address = layout.place[number, index]
        part = layout.parts[row]
        start = address - part.address + part.offset
        image[start : start + section.size] = section.data
        relocations = section.relocations
        if relocations:
            found_symbols = symbols_of.get(number)
            if found_symbols is None:
                found_symbols = symbols_of[number] = _values(obj, number, layout, named)
            values, names = found_symbols
            where = (obj.name, section.name, section.size, names)
            apply(image, start, address, relocations, values, layout.thread_pointer, where)
    start_address = named[entry]
    assert start_address is not None
    return finish(image, layout, start_address, _symbol_table(resolved, layout, own))


def _values(
    obj: ObjectFile, number: int, layout: Layout, named: dict[str, int | None]
) -> tuple[list[int | None], list[str]]:
    """The address of every symbol of an object (None when it is in no live section), and their names."""
    values: list[int | None] = []
    names: list[str] = []
    for symbol in obj.symbols:
        names.append(symbol.name)
        if symbol.binding != LOCAL:
            values.append(named.get(symbol.name, 0))  # an undefined weak symbol is 0
        elif symbol.section == ABSOLUTE:
            values.append(symbol.value)
        elif symbol.section >= 0:
            found = layout.place.get((number, symbol.section))
            values.append(found[1] + symbol.value if found else None)
        else:
            values.append(0 if symbol.section == UNDEFINED else None)
    return values, names


def _symbol_table(resolved: Resolved, layout: Layout, own: dict[str, int]) -> list[tuple[str, int, int, int, int, int]]:
    """Named functions and data that are in the program, locals first, each group by address."""
    rows: list[tuple[str, int, int, int, int, int]] = []
    for number, obj in enumerate(resolved.objects):
        for symbol in obj.symbols:
            if not symbol.name or symbol.kind in (SECTION, FILE) or symbol.section < 0:
                continue
            found = layout.place.get((number, symbol.section))
            if found is None:
                continue
            if symbol.binding == LOCAL and symbol.name.startswith("."):
                continue  # the compiler's own labels
            if symbol.binding != LOCAL and resolved.globals[symbol.name] != (number, symbol):
                continue  # a weak definition that lost
            row, address = found
            binding = LOCAL if symbol.binding == LOCAL else GLOBAL
            kind = TLS if row in (TDATA, TBSS) else symbol.kind
            rows.append((symbol.name, binding, kind, row, address + symbol.value, symbol.size))
    for name, value in own.items():
        row = _PART_OF_LINKER_SYMBOL.get(name, -1)
        if name not in resolved.globals:
            rows.append((name, GLOBAL, NOTYPE, row if row < 0 or layout.parts[row].size else -1, value, 0))
    rows.sort(key=lambda row: (row[1], row[4], row[0]))
    return rows
