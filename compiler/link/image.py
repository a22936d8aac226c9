"""Write a linked program as an ELF64 executable: headers, segments, section table, symbol table.

The section and symbol tables are not mapped; debuggers and profilers read function names from them.
Knows nothing of how addresses were chosen (`layout.py`).
"""

from __future__ import annotations

import struct

from compiler.link.layout import file_size, segments
from compiler.link.places import BASE, PAGE, PARTS, TBSS, TDATA, TEXT
from compiler.object.elf import EHDR, EXEC, IDENT, SHDR, STRTAB, SYM, SYMTAB, X86_64, Strings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.link.layout import Layout

PHDR = struct.Struct("<IIQQQQQQ")
PT_LOAD, PT_TLS, PT_GNU_STACK = 1, 7, 0x6474E551


def new_image(layout: Layout) -> bytearray:
    """The mapped bytes, nothing filled in; unused bytes of code are traps."""
    image = bytearray(file_size(layout))
    text = layout.parts[TEXT]
    image[text.offset : text.offset + text.size] = b"\xcc" * text.size
    return image


def finish(image: bytearray, layout: Layout, entry: int, symbols: list[tuple[str, int, int, int, int, int]]) -> bytes:
    """The whole file; a symbol is (name, binding, kind, row of PARTS or -1 for absolute, address, size).

    `symbols` come locals first.
    """
    _program_headers(image, layout)
    names, strings = Strings(), Strings()
    headers: list[tuple[int, ...]] = [(0,) * 10]
    number_of = {-1: 0xFFF1}
    for row, (name, kind, flags, _) in enumerate(PARTS):
        part = layout.parts[row]
        if part.size:
            number_of[row] = len(headers)
            headers.append((names.add(name), kind, flags, part.address, part.offset, part.size, 0, 0, part.align, 0))
    tls_start = layout.parts[TDATA].address
    table = bytearray(SYM.size)
    for name, binding, kind, row, address, size in symbols:
        value = address - tls_start if row in (TDATA, TBSS) else address
        table += SYM.pack(strings.add(name), binding << 4 | kind, 0, number_of.get(row, 0xFFF1), value, size)
    first_global = 1 + sum(symbol[1] == 0 for symbol in symbols)
    image.extend(bytes(-len(image) % 8))
    number = len(headers)
    headers.append((names.add(".symtab"), SYMTAB, 0, 0, len(image), len(table), number + 1, first_global, 8, SYM.size))
    image.extend(table)
    headers.append((names.add(".strtab"), STRTAB, 0, 0, len(image), len(strings.data), 0, 0, 1, 0))
    image.extend(strings.data)
    title = names.add(".shstrtab")
    headers.append((title, STRTAB, 0, 0, len(image), len(names.data), 0, 0, 1, 0))
    image.extend(names.data)
    image.extend(bytes(-len(image) % 8))
    at = len(image)
    image.extend(b"".join(SHDR.pack(*header) for header in headers))
    EHDR.pack_into(
        image, 0, IDENT, EXEC, X86_64, 1, entry, EHDR.size, at, 0,
        EHDR.size, PHDR.size, _count(layout), SHDR.size, len(headers), len(headers) - 1,
    )  # fmt: skip
    return bytes(image)


def _count(layout: Layout) -> int:
    return len([row for row in segments(layout) if row[3]]) + 1 + (layout.tls_size > 0)


def _program_headers(image: bytearray, layout: Layout) -> None:
    rows = [
        (PT_LOAD, flags, address - BASE, address, address, stored, size, PAGE)
        for flags, address, stored, size in segments(layout)
        if size
    ]
    if layout.tls_size:
        tdata, tbss = layout.parts[TDATA], layout.parts[TBSS]
        size = (tbss.address + tbss.size if tbss.size else tdata.address + tdata.size) - tdata.address
        rows.append((PT_TLS, 4, tdata.offset, tdata.address, tdata.address, tdata.size, size, layout.tls_align))
    rows.append((PT_GNU_STACK, 6, 0, 0, 0, 0, 0, 16))
    for number, row in enumerate(rows):
        PHDR.pack_into(image, EHDR.size + PHDR.size * number, *row)
