"""The shape of an executable: which section goes where, in what order, and the names the linker itself defines.

    headers, .rodata   R          TLS is variant II: thread pointer = end of the block, so an offset is
    .text              RX         negative; the block's start is `__zr_tls_size` bytes below.
    .tdata .data .bss  RW

Each segment has its own pages in memory and in the file, so no data is executable and no code is writable.
To add an output section, add a row to PARTS.
"""

from __future__ import annotations

from compiler.object.file import ALLOC, EXECUTE, NOBITS, PROGBITS, THREAD, WRITE

BASE = 0x400000
PAGE = 0x1000
R, RX, RW = 4, 5, 6  # PT_LOAD flags, and the order of the segments

# name, type, flags, segment; sections of an input go to the row whose flags and type are theirs.
PARTS: tuple[tuple[str, int, int, int], ...] = (
    (".rodata", PROGBITS, ALLOC, R),
    (".text", PROGBITS, ALLOC | EXECUTE, RX),
    (".tdata", PROGBITS, ALLOC | WRITE | THREAD, RW),
    (".tbss", NOBITS, ALLOC | WRITE | THREAD, RW),
    (".data", PROGBITS, ALLOC | WRITE, RW),
    (".bss", NOBITS, ALLOC | WRITE, RW),
)
RODATA, TEXT, TDATA, TBSS, DATA, BSS = range(6)

# Names that inputs may use without defining them.
LINKER_SYMBOLS = (
    "__zr_tls_start",  # the initialised image of thread-local data
    "__zr_tls_end",  # its end
    "__zr_tls_size",  # an absolute number: bytes of the whole block, .tbss included, rounded up to its alignment
    "__zr_tls_align",  # an absolute number: the block's alignment
    "__ehdr_start",
    "__bss_start",
    "_etext",
    "_edata",
    "_end",
)


def part_of(kind: int, flags: int) -> int:
    """The row of PARTS for an input section."""
    if flags & THREAD:
        return TBSS if kind == NOBITS else TDATA
    if flags & EXECUTE:
        return TEXT
    if flags & WRITE:
        return BSS if kind == NOBITS else DATA
    return RODATA
