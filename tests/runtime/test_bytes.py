"""Bytes in the runtime: made, sliced, copied, compared and shown against Python's own bytes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.hosted import LOC, content, drop, ffi, lib, live, show, text


def raw(value: Any) -> bytes:
    inner = ffi.cast("zr_text *", value)
    return bytes(ffi.buffer(inner.bytes, inner.length))


@given(st.binary(max_size=70), st.data())
def test_what_python_does(given_bytes: bytes, data: st.DataObject) -> None:
    before = live()
    source = text(given_bytes)
    made = lib.zr_text_to_bytes(source)
    low = data.draw(st.integers(0, len(given_bytes)))
    high = data.draw(st.integers(low, len(given_bytes)))
    part = lib.zr_bytes_slice(made, low, high, LOC)
    assert (raw(made), raw(part)) == (given_bytes, given_bytes[low:high])
    assert content(lib.zr_bytes_to_text(part)) == given_bytes[low:high]
    assert lib.zr_equal(made, part, LOC) == (given_bytes == given_bytes[low:high])
    assert show(part) == b"(bytes-of" + b"".join(b" %d" % byte for byte in given_bytes[low:high]) + b")"
    for each in (source, made, part):
        drop(each)
    assert live() == before


@given(st.integers(0, 300))
def test_new_bytes_are_zero_whatever_was_there(size: int) -> None:
    before = live()
    dirty = text(b"\xff" * (size + 1))
    drop(dirty)
    made = lib.zr_bytes_new(size, LOC)
    assert raw(made) == bytes(size)
    drop(made)
    assert live() == before
