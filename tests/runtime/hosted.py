"""The hosted runtime as the tests see it: objects made and read from Python.

Every function here that returns an object returns an owned one; `live()` is what a test compares at its end.
It knows the layout only through cffi, which reads zr.h.
"""

from __future__ import annotations

from typing import Any

from compiler.lir import runtime as abi
from runtime_c import build

_module: Any = build.load_hosted()
ffi: Any = _module.ffi
lib: Any = _module.lib
lib.zr_track()

LOC = ffi.new("char[]", b"test:1:1")
_kept: list[Any] = [LOC]
I64, F64, BOOL, UNIT, REF = abi.FIELD_I64, abi.FIELD_F64, abi.FIELD_BOOL, abi.FIELD_UNIT, abi.FIELD_REF


def desc(kind: int, fields: tuple[int, ...], name: bytes | None = None) -> Any:
    """A descriptor that lives as long as the tests."""
    title = ffi.new("char[]", name) if name is not None else ffi.NULL
    made = ffi.new("zr_desc *", {"kind": kind, "count": len(fields), "name": title, "fields": list(fields)})
    _kept.extend((title, made))
    return made


LIST_OF_I64 = desc(abi.DESC_LIST, (I64, REF))
LIST_OF_REF = desc(abi.DESC_LIST, (REF, REF))
ARRAY_OF_I64 = desc(abi.DESC_ARRAY, (I64,))
ARRAY_OF_F64 = desc(abi.DESC_ARRAY, (F64,))
ARRAY_OF_REF = desc(abi.DESC_ARRAY, (REF,))
NIL = ffi.addressof(lib, "zr_nil")


def bits(pointer: Any) -> int:
    return int(ffi.cast("int64_t", pointer))


def f64_bits(value: float) -> int:
    return int(ffi.cast("int64_t *", ffi.new("double *", value))[0])


def text(content: bytes) -> Any:
    return lib.zr_text_new(content, len(content))


def content(owned: Any) -> bytes:
    """The bytes of a text, which is dropped; the NUL behind them is checked."""
    inner = ffi.cast("zr_text *", owned)
    result = bytes(ffi.buffer(inner.bytes, inner.length + 1))
    assert result[-1] == 0
    drop(owned)
    return result[:-1]


def drop(owned: Any) -> None:
    """What compiled code does."""
    if owned.count > 0:
        owned.count -= 1
        if owned.count == 0:
            lib.zr_release(owned)


def data(kind: Any, tag: int, *fields: int) -> Any:
    """An object of this descriptor; fields that are objects are consumed."""
    made = lib.zr_new(abi.HEADER + 8 * len(fields), kind, tag)
    inner = ffi.cast("zr_data *", made)
    for index, field in enumerate(fields):
        inner.fields[index] = field
    return made


def list_of(kind: Any, items: list[int]) -> Any:
    made = NIL
    for item in reversed(items):
        made = data(kind, 1, item, bits(made))
    return made


def array_of(kind: Any, items: list[int]) -> Any:
    """Elements that are objects are consumed."""
    made = lib.zr_array_new(len(items), bits(NIL) if kind.fields[0] == REF else 0, kind, LOC)
    inner = ffi.cast("zr_array *", made)
    for index, item in enumerate(items):
        inner.items[index] = item
    return made


def show(value: Any) -> bytes:
    """Borrows."""
    return content(lib.zr_show(value, LOC))


def stats() -> Any:
    out = ffi.new("zr_stats *")
    lib.zr_stats_read(out)
    return out


def live() -> tuple[int, int]:
    now = stats()
    return now.live_blocks, now.live_bytes
