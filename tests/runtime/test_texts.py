"""Text functions against Python's bytes."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.runtime.hosted import LOC, content, drop, ffi, lib, live, text

FEW = st.binary(max_size=40) | st.lists(st.sampled_from([b"a", b"b", b"ab", b"\0", b"\xff"]), max_size=30).map(b"".join)


@settings(max_examples=300)
@given(FEW, FEW)
@example(b"", b"")
@example(b"aaaaab", b"aab")
def test_find_and_order(left: bytes, right: bytes) -> None:
    before = live()
    a, b = text(left), text(right)
    assert lib.zr_text_find(a, b) == left.find(right)
    assert lib.zr_text_find(b, a) == right.find(left)
    assert lib.zr_text_less(a, b) == (left < right)
    assert lib.zr_text_less(b, a) == (right < left)
    assert lib.zr_equal(a, b, LOC) == (left == right)
    drop(a)
    drop(b)
    assert live() == before


@given(FEW, st.data())
def test_find_what_is_there(whole: bytes, data: st.DataObject) -> None:
    lo = data.draw(st.integers(0, len(whole)))
    hi = data.draw(st.integers(lo, len(whole)))
    before = live()
    a = text(whole)
    part = lib.zr_text_slice(a, lo, hi, LOC)
    assert lib.zr_text_find(a, part) == whole.find(whole[lo:hi])
    assert content(part) == whole[lo:hi]
    drop(a)
    assert live() == before


@given(st.lists(st.binary(max_size=50), max_size=10))
def test_cat(pieces: list[bytes]) -> None:
    before = live()
    texts = [text(piece) for piece in pieces]
    assert content(lib.zr_text_cat(ffi.new("zr_object *[]", texts), len(texts))) == b"".join(pieces)
    for each in texts:
        drop(each)
    assert live() == before


def test_a_large_text_keeps_its_bytes() -> None:
    before = live()
    whole = bytes(range(256)) * 8000
    a = text(whole)
    part = lib.zr_text_slice(a, 1, len(whole) - 1, LOC)
    assert content(part) == whole[1:-1]
    needle = text(whole[-300:] + b"x")
    assert lib.zr_text_find(a, needle) == -1
    drop(needle)
    assert content(a) == whole
    assert live() == before


def test_the_empty_text_is_static() -> None:
    before = live()
    a, b = text(b""), text(b"abc")
    empty = lib.zr_text_slice(b, 2, 2, LOC)
    assert empty == a
    assert a.count < 0
    drop(b)
    assert live() == before
