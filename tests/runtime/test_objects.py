"""Objects by their descriptors: release, copy, equality and show, at any depth, with and without cycles."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.hir import interp_values
from compiler.lir import runtime as abi
from tests.runtime.hosted import (
    ARRAY_OF_F64,
    ARRAY_OF_I64,
    ARRAY_OF_REF,
    BOOL,
    F64,
    I64,
    LIST_OF_I64,
    LIST_OF_REF,
    LOC,
    NIL,
    REF,
    UNIT,
    array_of,
    bits,
    data,
    desc,
    drop,
    f64_bits,
    ffi,
    lib,
    list_of,
    live,
    show,
    text,
)

SOME = desc(abi.DESC_DATA, (REF,), b"Some")
NONE = desc(abi.DESC_DATA, (), b"None")
MANY = desc(abi.DESC_DATA, (I64, F64, BOOL, UNIT, REF), b"Many")
PAIR = desc(abi.DESC_DATA, (REF, REF), b"Pair")
CLOSURE = desc(abi.DESC_CLOSURE, (I64, REF))
CELL = desc(abi.DESC_CELL, (REF,))
DEEP = 1_000_000


def none() -> object:
    return data(NONE, 1)


def test_show_spells_every_kind_of_field() -> None:
    before = live()
    value = data(MANY, 0, -5, f64_bits(2.0), 1, 0, bits(text(b'a"\\\n\t\r\0\x1f\x7f\xc3\xa9')))
    assert show(value) == b'(Many -5 2.0 true unit "a\\"\\\\\\n\\t\\r\\u{0}\\u{1f}\\u{7f}\xc3\xa9")'
    drop(value)
    for made, spelled in (
        (NIL, b"(list)"),
        (list_of(LIST_OF_I64, [1, 2, 3]), b"(list 1 2 3)"),
        (list_of(LIST_OF_REF, [bits(text(b"x")), bits(NIL)]), b'(list "x" (list))'),
        (array_of(ARRAY_OF_I64, []), b"(array-of)"),
        (array_of(ARRAY_OF_F64, [f64_bits(v) for v in (1.5, -0.0, math.inf)]), b"(array-of 1.5 -0.0 inf)"),
        (data(SOME, 0, bits(none())), b"(Some None)"),
    ):
        assert show(made) == spelled
        drop(made)
    assert live() == before


def test_equality_is_ieee_on_floats_and_exact_elsewhere() -> None:
    before = live()

    def many(i: int = 1, f: float = 1.0, b: int = 1, u: int = 0, t: bytes = b"t") -> object:
        return data(MANY, 0, i, f64_bits(f), b, u, bits(text(t)))

    for left, right, same in (
        (many(), many(), 1),
        (many(), many(i=2), 0),
        (many(f=0.0), many(f=-0.0), 1),
        (many(f=math.nan), many(f=math.nan), 0),
        (many(b=0), many(), 0),
        (many(u=1), many(u=2), 1),
        (many(), many(t=b"u"), 0),
        (none(), none(), 1),
        (none(), data(SOME, 0, bits(none())), 0),
        (list_of(LIST_OF_I64, [1, 2]), list_of(LIST_OF_I64, [1, 2]), 1),
        (list_of(LIST_OF_I64, [1, 2]), list_of(LIST_OF_I64, [1]), 0),
        (list_of(LIST_OF_I64, [1]), list_of(LIST_OF_I64, [1, 2]), 0),
        (list_of(LIST_OF_I64, []), list_of(LIST_OF_I64, [1]), 0),
        (array_of(ARRAY_OF_I64, [1, 2]), array_of(ARRAY_OF_I64, [1]), 0),
        (array_of(ARRAY_OF_I64, []), array_of(ARRAY_OF_I64, []), 1),
    ):
        assert lib.zr_equal(left, right, LOC) == same
        assert lib.zr_equal(right, left, LOC) == same
        drop(left)
        drop(right)
    assert live() == before


def test_a_value_that_is_not_a_number_differs_from_itself() -> None:
    value = array_of(ARRAY_OF_F64, [f64_bits(math.nan)])
    assert lib.zr_equal(value, value, LOC) == 0
    drop(value)


VALUES = st.recursive(
    st.integers(-9, 9) | st.binary(max_size=3),
    lambda inner: st.tuples(st.sampled_from("lap"), st.lists(inner, max_size=3)),
    max_leaves=12,
)


def build(value: object) -> tuple[object, object]:
    """The same value in the runtime (boxed throughout) and in the reference interpreter."""
    box = desc_box
    if isinstance(value, int):
        return data(box, 0, value), interp_values.Data(0, "Box", [value], mutable=False)
    if isinstance(value, bytes):
        return text(value), value
    kind, items = value  # type: ignore[misc]
    made = [build(item) for item in items]
    if kind == "l":
        return list_of(LIST_OF_REF, [bits(a) for a, _ in made]), interp_values.list_of([b for _, b in made])
    if kind == "a":
        return array_of(ARRAY_OF_REF, [bits(a) for a, _ in made]), [b for _, b in made]
    result, other = none(), interp_values.Data(1, "None", [], mutable=False)
    for a, b in made:
        result, other = data(PAIR, 0, bits(a), bits(result)), interp_values.Data(0, "Pair", [b, other], mutable=False)
    return result, other


desc_box = desc(abi.DESC_DATA, (I64,), b"Box")


@given(VALUES)
def test_show_is_the_reference_interpreters(value: object) -> None:
    before = live()
    mine, other = build(value)
    assert show(mine) == interp_values.show(other)
    again, _ = build(value)
    assert lib.zr_equal(mine, again, LOC) == 1
    drop(mine)
    drop(again)
    assert live() == before


def deep_list() -> object:
    made = NIL
    for i in range(DEEP):
        made = data(LIST_OF_I64, 1, i & 7, bits(made))
    return made


def deep_data() -> object:
    made = none()
    for _ in range(DEEP):
        made = data(SOME, 0, bits(made))
    return made


@pytest.mark.parametrize("make", [deep_list, deep_data])
def test_depth_costs_no_stack(make: object) -> None:
    before = live()
    left, right = make(), make()  # type: ignore[operator]
    assert lib.zr_equal(left, right, LOC) == 1
    spelled = show(left)
    assert spelled.count(b" ") == DEEP
    drop(left)
    assert live()[0] > before[0]
    drop(right)
    assert live() == before


def test_release_keeps_what_others_hold() -> None:
    before = live()
    shared = text(b"shared")
    shared.count += 2
    left = data(PAIR, 0, bits(shared), bits(NIL))
    right = data(PAIR, 0, bits(shared), bits(text(b"mine")))
    drop(left)
    drop(right)
    assert shared.count == 1
    drop(shared)
    assert live() == before


def test_release_reads_captures_and_cells() -> None:
    before = live()
    made = data(CLOSURE, 0, 0xDEAD, 7, bits(data(CELL, 0, bits(text(b"held")))))
    assert live()[0] == before[0] + 3
    drop(made)
    assert live() == before


def test_an_array_owns_one_reference_an_element() -> None:
    before = live()
    element = text(b"e")
    made = lib.zr_array_new(3, bits(element), ARRAY_OF_REF, LOC)
    assert element.count == 3
    copy = lib.zr_array_copy(made)
    assert element.count == 6
    assert show(copy) == b'(array-of "e" "e" "e")'
    drop(made)
    assert element.count == 3
    drop(copy)
    assert live() == before
    drop(lib.zr_array_new(0, bits(text(b"gone")), ARRAY_OF_REF, LOC))
    assert live() == before
    static = lib.zr_array_new(2, bits(NIL), ARRAY_OF_REF, LOC)
    assert NIL.count < 0
    drop(static)
    assert live() == before


def test_a_shared_element_is_no_cycle() -> None:
    before = live()
    inner = array_of(ARRAY_OF_I64, [1])
    inner.count += 3
    left = array_of(ARRAY_OF_REF, [bits(inner), bits(inner)])
    right = array_of(ARRAY_OF_REF, [bits(inner), bits(inner)])
    assert lib.zr_equal(left, right, LOC) == 1
    assert lib.zr_equal(left, left, LOC) == 1
    assert show(left) == b"(array-of (array-of 1) (array-of 1))"
    assert show(left) == b"(array-of (array-of 1) (array-of 1))"  # the marks are gone
    assert (left.tag, inner.tag) == (0, 0)
    drop(left)
    drop(right)
    assert live() == before


def test_marks_are_gone_after_a_difference() -> None:
    before = live()
    left = array_of(ARRAY_OF_REF, [bits(array_of(ARRAY_OF_I64, [1, 2]))])
    right = array_of(ARRAY_OF_REF, [bits(array_of(ARRAY_OF_I64, [1, 3]))])
    assert lib.zr_equal(left, right, LOC) == 0
    assert (left.tag, right.tag) == (0, 0)
    assert lib.zr_equal(left, left, LOC) == 1
    drop(left)
    drop(right)
    assert live() == before


def test_a_cycle_against_what_ends_is_just_different() -> None:
    before = live()
    cycle = array_of(ARRAY_OF_REF, [bits(NIL)])
    ffi.cast("zr_array *", cycle).items[0] = bits(cycle)  # holds itself, uncounted
    finite = array_of(ARRAY_OF_REF, [])
    for _ in range(50):
        finite = array_of(ARRAY_OF_REF, [bits(finite)])
    assert lib.zr_equal(cycle, finite, LOC) == 0
    assert lib.zr_equal(finite, cycle, LOC) == 0
    ffi.cast("zr_array *", cycle).items[0] = bits(NIL)
    drop(cycle)
    drop(finite)
    assert live() == before


def test_lists_by_index() -> None:
    made = list_of(LIST_OF_I64, [10, 20, 30])
    assert lib.zr_list_len(made) == 3
    assert [ffi.cast("zr_list *", lib.zr_list_cell(made, i, LOC)).item for i in range(3)] == [10, 20, 30]
    assert lib.zr_list_len(NIL) == 0
    drop(made)
