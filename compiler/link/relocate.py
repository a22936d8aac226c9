"""What each relocation computes and whether it fits: S symbol, A addend, P place, T thread pointer's offset.

To add a relocation, add its number in `compiler/object/file.py` and its row here.
Source: System V ABI, AMD64 supplement, 4.4.1.
"""

from __future__ import annotations

import struct

from compiler.object.errors import LinkError
from compiler.object.file import RELOCATIONS

# number -> (name, relative to: "" nothing, "P" the place, "T" the thread pointer; bytes; least and greatest value)
ROWS: dict[int, tuple[str, str, int, int, int]] = {
    RELOCATIONS[name]: (name, base, size, low, high)
    for name, base, size, low, high in (
        ("abs64", "", 8, -(1 << 63), (1 << 64) - 1),
        ("pc64", "P", 8, -(1 << 63), (1 << 63) - 1),
        ("pc32", "P", 4, -(1 << 31), (1 << 31) - 1),
        ("plt32", "P", 4, -(1 << 31), (1 << 31) - 1),
        ("abs32", "", 4, 0, (1 << 32) - 1),
        ("abs32s", "", 4, -(1 << 31), (1 << 31) - 1),
        ("tpoff32", "T", 4, -(1 << 31), (1 << 31) - 1),
        ("tpoff64", "T", 8, -(1 << 63), (1 << 63) - 1),
    )
}
_PC = (RELOCATIONS["pc32"], RELOCATIONS["plt32"])
_NONE = RELOCATIONS["none"]
_pack_i32 = struct.Struct("<i").pack_into


def apply(
    image: bytearray,
    start: int,
    address: int,
    relocations: list[tuple[int, int, int, int]],
    values: list[int | None],
    thread_pointer: int,
    where: tuple[str, str, int, list[str]],
) -> None:
    """Fill the fields of one section, which lies at `start` in the image and at `address` in memory.

    `values[k]` is the address of symbol k; `where` is (object, section, size, symbol names) for messages.
    Errors: LINK-003 out of range, LINK-005 unsupported.
    """
    for offset, kind, symbol, addend in relocations:
        value = values[symbol]
        if value is None:
            raise LinkError("LINK-006", f"{where[0]}: {where[1]}+{offset:#x} refers to a part that is not loaded")
        value += addend
        if kind in _PC:  # nearly all of them
            value -= address + offset
            if -0x80000000 <= value <= 0x7FFFFFFF:
                _pack_i32(image, start + offset, value)
                continue
            row = ROWS[kind]
        else:
            if kind == _NONE:
                continue
            found = ROWS.get(kind)
            if found is None:
                raise LinkError(
                    "LINK-005", f"{where[0]}: type {kind} at {where[1]}+{offset:#x}, {_name(where, symbol)}"
                )
            row = found
            value -= address + offset if row[1] == "P" else thread_pointer if row[1] == "T" else 0
        name, _, size, low, high = row
        if not low <= value <= high:
            place = f"{where[0]}: {where[1]}+{offset:#x}"
            raise LinkError("LINK-003", f"{place}: {value:#x} for {_name(where, symbol)} does not fit {name}")
        if offset + size > where[2]:
            raise LinkError("LINK-004", f"{where[0]}: {name} at {where[1]}+{offset:#x} is outside its section")
        image[start + offset : start + offset + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")


def _name(where: tuple[str, str, int, list[str]], symbol: int) -> str:
    return where[3][symbol] or f"symbol {symbol}"
