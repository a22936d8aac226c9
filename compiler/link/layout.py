"""Give every live section its address and its place in the file.

Sections keep the order `resolve` gives them within their output part, padded to their alignment only; code is padded
with traps.  Sizes and addresses depend on the inputs alone.
"""

from __future__ import annotations

from compiler.link.places import BASE, BSS, DATA, PAGE, PARTS, RODATA, RW, RX, TBSS, TDATA, TEXT, part_of
from compiler.object.errors import LinkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.link.resolve import Resolved

HEADERS = 64 + 56 * 5  # the file header and the program headers: three PT_LOAD, PT_TLS, PT_GNU_STACK
LIMIT = 1 << 31  # code of the small model reaches no further


class Part:
    """One output section: where it is, and which input sections it has at which offset."""

    __slots__ = ("address", "align", "flags", "inputs", "kind", "name", "offset", "segment", "size")

    def __init__(self, name: str, kind: int, flags: int, segment: int) -> None:
        self.name = name
        self.kind = kind
        self.flags = flags
        self.segment = segment
        self.align = 1
        self.size = 0
        self.address = 0
        self.offset = 0
        self.inputs: list[tuple[int, tuple[int, int]]] = []


class Layout:
    """The parts (rows of PARTS) with their addresses, and where every live section is."""

    __slots__ = ("parts", "place", "thread_pointer", "tls_align", "tls_size")

    def __init__(self) -> None:
        self.parts = [Part(*row) for row in PARTS]
        self.place: dict[tuple[int, int], tuple[int, int]] = {}  # live section -> (row of PARTS, address)
        self.thread_pointer = 0
        self.tls_size = 0
        self.tls_align = 1

    def segment(self, flags: int) -> list[Part]:
        return [part for part in self.parts if part.segment == flags]


def lay_out(resolved: Resolved) -> Layout:
    """Place the live sections.

    Errors: LINK-003 when the image is 2 GiB or more.
    """
    result = Layout()
    parts = result.parts
    for key in resolved.live:
        section = resolved.objects[key[0]].sections[key[1]]
        row = part_of(section.kind, section.flags)
        part = parts[row]
        at = part.size + -part.size % section.align
        part.inputs.append((at, key))
        part.size = at + section.size
        if section.align > part.align:
            part.align = section.align
    data = parts[DATA]
    if not data.size and not parts[TDATA].size:
        # A debugger or profiler believes in a file only when it maps a writable part of it.
        data.size = data.align = 8

    parts[RODATA].address = _up(BASE + HEADERS, parts[RODATA].align)
    parts[TEXT].address = _up(_end(parts[RODATA]), max(PAGE, parts[TEXT].align))
    # The thread image begins at its own alignment, so offsets from its start are right in every copy.
    tls_align = max(parts[TDATA].align, parts[TBSS].align)
    parts[TDATA].address = _up(_end(parts[TEXT]), max(PAGE, tls_align))
    parts[TBSS].address = _up(_end(parts[TDATA]), parts[TBSS].align)  # takes no room: the next part overlaps it
    data.address = _up(_end(parts[TDATA]), data.align)
    parts[BSS].address = _up(_end(data), parts[BSS].align)
    if _end(parts[BSS]) >= LIMIT:
        raise LinkError("LINK-003", f"the image of {_end(parts[BSS]) - BASE} bytes reaches beyond 2 GiB")
    result.tls_align = tls_align
    result.tls_size = _up(_end(parts[TBSS]) - parts[TDATA].address, tls_align)
    result.thread_pointer = parts[TDATA].address + result.tls_size
    for part in parts:
        part.offset = part.address - BASE  # pages of the file are pages of memory
    parts[TBSS].offset = _end(parts[TDATA]) - BASE
    parts[BSS].offset = _end(data) - BASE
    for row, part in enumerate(parts):
        for at, key in part.inputs:
            result.place[key] = (row, part.address + at)
    return result


def linker_symbols(layout: Layout) -> dict[str, int]:
    """The values of the names in `places.LINKER_SYMBOLS`."""
    parts = layout.parts
    return {
        "__zr_tls_start": parts[TDATA].address,
        "__zr_tls_end": _end(parts[TDATA]),
        "__zr_tls_size": layout.tls_size,
        "__zr_tls_align": layout.tls_align,
        "__ehdr_start": BASE,
        "__bss_start": parts[BSS].address,
        "_etext": _end(parts[TEXT]),
        "_edata": _end(parts[DATA]),
        "_end": _end(parts[BSS]),
    }


def file_size(layout: Layout) -> int:
    """Bytes of the file that are mapped."""
    return _end(layout.parts[DATA]) - BASE


def segments(layout: Layout) -> list[tuple[int, int, int, int]]:
    """PT_LOAD rows: flags, address, bytes in the file, bytes in memory."""
    parts = layout.parts
    code, writable = parts[TEXT], parts[TDATA].address
    return [
        (4, BASE, _end(parts[RODATA]) - BASE, _end(parts[RODATA]) - BASE),
        (RX, code.address, code.size, code.size),
        (RW, writable, _end(parts[DATA]) - writable, _end(parts[BSS]) - writable),
    ]


def _end(part: Part) -> int:
    return part.address + part.size


def _up(value: int, align: int) -> int:
    return value + -value % align
