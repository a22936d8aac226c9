"""Numbers to text and back, against Python's own correctly rounded conversions and exact fractions."""

from __future__ import annotations

import math
import struct
from decimal import ROUND_HALF_EVEN, Context, Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.runtime.hosted import LOC, content, drop, lib, live, text


def f64(bits: int) -> float:
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])


# Every power of two and its neighbours, every power of ten, and the classic hard ones.
HARD = [0.1, 0.2, 0.3, 0.1 + 0.2, 1 / 3, 2 / 3, 5e-324, 2.2250738585072014e-308, 2.225073858507201e-308]
HARD += [1.7976931348623157e308, 9007199254740993.0, 4503599627370496.5, 9.5367431640625e-07, 1e23, 9e15, 123456.789]
HARD += [9999999999999998.0, 1e16, 1e15, 999999999999999.9, 0.0001, 0.00009999999999999999, 2.5, 0.5, 1.5, 0.125]
HARD += [f64(exponent << 52 | low) for exponent in range(2047) for low in (0, 1)]
HARD += [math.nextafter(math.ldexp(1.0, e), 0.0) for e in range(-1073, 1024, 7)]
HARD += [float(f"{digit}e{e}") for e in range(-324, 309) for digit in (1, 9)]
HARD += [0.0, math.inf]
ANY = st.one_of(
    st.floats(),
    st.integers(0, 2**64 - 1).map(f64),
    st.integers(-(10**15), 10**15).flatmap(lambda n: st.integers(0, 18).map(lambda k: n / 10**k)),
)


def spelled(value: float) -> bytes:
    """Python's `repr` with the exponent as the language writes it."""
    mantissa, e, exponent = repr(value).partition("e")
    return (mantissa + (f"e{int(exponent)}" if e else "")).encode()


def check_text(value: float) -> None:
    assert content(lib.zr_f64_to_text(value)) == spelled(value)


def check_read(value: float, spelling: bytes) -> None:
    source = text(spelling)
    assert lib.zr_text_is_f64(source) == 1, spelling
    assert struct.pack("<d", lib.zr_text_get_f64(source)) == struct.pack("<d", value), spelling
    drop(source)


def check_fixed(value: float, digits: int) -> None:
    exact = Context(prec=2500, rounding=ROUND_HALF_EVEN, Emin=-5000, Emax=5000)
    if math.isfinite(value):
        wanted = format(Decimal(value).quantize(Decimal(1).scaleb(-digits), context=exact), "f")
    else:
        wanted = repr(value)
    assert content(lib.zr_f64_to_fixed(value, digits, LOC)) == wanted.encode()


def test_hard_values_are_shortest_and_read_back() -> None:
    before = live()
    for value in HARD:
        for signed in (value, -value):
            check_text(signed)
            if math.isfinite(signed):
                check_read(signed, spelled(signed))
    assert live() == before


@settings(max_examples=1500)
@given(ANY)
def test_any_value_is_shortest_and_reads_back(value: float) -> None:
    check_text(value)
    if math.isfinite(value):
        check_read(value, spelled(value))


@settings(max_examples=400)
@given(ANY, st.integers(0, 40) | st.integers(0, 1000))
@example(0.5, 0)
@example(1.5, 0)
@example(2.5, 0)
@example(-0.0, 2)
@example(-0.001, 2)
@example(1.7976931348623157e308, 1000)
@example(5e-324, 1000)
@example(math.nan, 3)
def test_fixed_digits_come_from_the_exact_value(value: float, digits: int) -> None:
    check_fixed(value, digits)


def test_fixed_ties_go_to_even() -> None:
    for eighths in range(-64, 64):
        for digits in (0, 1, 2, 3):
            check_fixed(eighths / 8, digits)


@settings(max_examples=600)
@given(st.integers(0, 10**40), st.integers(-400, 400))
def test_decimals_are_read_correctly_rounded(mantissa: int, exponent: int) -> None:
    spelling = f"{mantissa}e{exponent}"
    wanted = float(spelling)
    if math.isinf(wanted):
        source = text(spelling.encode())
        assert lib.zr_text_is_f64(source) == 0
        drop(source)
    else:
        check_read(wanted, spelling.encode())


@settings(max_examples=150)
@given(st.integers(0, 2**63).map(f64).filter(lambda v: 0 < v < 1e308), st.sampled_from(["", "0" * 900 + "1", "1", "0"]))
def test_midpoints_and_their_neighbours(value: float, more: str) -> None:
    """Exactly between two floats, spelled in full, and a hair above: where one wrong bit would show."""
    exact = Context(prec=1200, Emin=-2000, Emax=2000)
    middle = exact.divide(exact.add(Decimal(value), Decimal(math.nextafter(value, math.inf))), 2)
    assert Decimal(value) < middle < Decimal(math.nextafter(value, math.inf))
    with_all_digits = format(middle, "f")
    if "." not in with_all_digits:
        with_all_digits += ".0"
    spelling = with_all_digits + more
    check_read(float(spelling), spelling.encode())


def test_long_digits() -> None:
    for spelling in (
        "0." + "0" * 400 + "1e400",
        "1" + "0" * 400 + ".0e-400",
        "9" * 2000 + ".5e-1900",
        "0.0e99999999999999999999",
    ):
        check_read(float(spelling), spelling.encode())
    check_read(0.0, b"1e-99999999999999999999")
    check_read(-0.0, b"-0")
    check_read(1e20, b"1_00000000000000000000")


FLOATS = {
    b"1.5": 1.5, b"-2e9": -2e9, b"1e0": 1.0, b"1E+3": 1000.0, b"1_0.2_5": 10.25, b"0xff": 255.0,
    b"-0b11": -3.0, b"7": 7.0,
}  # fmt: skip
INTEGERS = {
    b"0": 0, b"-0": 0, b"1_000": 1000, b"0xFf": 255, b"0x_f": 15, b"0b101": 5, b"-0x10": -16, b"007": 7,
    b"9223372036854775807": 2**63 - 1, b"-9223372036854775808": -(2**63), b"-0x8000000000000000": -(2**63), b"1_": 1,
}  # fmt: skip
NEITHER = [b"", b"-", b"+1", b"1.", b".5", b"1e", b"1e+", b"0x", b"0x_", b"0b2", b"0b", b"_1", b" 1", b"1 ", b"1\0",
           b"inf", b"nan", b"1e999", b"1.5.5", b"--1", b"0xg", b"1._5", b"1e_5", b"e5", b"-.5"]  # fmt: skip
NOT_I64 = [
    b"9223372036854775808",
    b"-9223372036854775809",
    b"0x8000000000000000",
    b"0xffffffffffffffff",
    b"1" * 60,
    b"1.0",
    b"1e3",
]


@pytest.mark.parametrize(("spelling", "value"), INTEGERS.items())
def test_integers_as_source_spells_them(spelling: bytes, value: int) -> None:
    source = text(spelling)
    assert (lib.zr_text_is_i64(source), lib.zr_text_get_i64(source)) == (1, value)
    drop(source)


@pytest.mark.parametrize(("spelling", "value"), FLOATS.items())
def test_floats_as_source_spells_them(spelling: bytes, value: float) -> None:
    check_read(value, spelling)


@pytest.mark.parametrize("spelling", NEITHER)
def test_what_is_no_number(spelling: bytes) -> None:
    source = text(spelling)
    assert (lib.zr_text_is_i64(source), lib.zr_text_get_i64(source)) == (0, 0)
    assert (lib.zr_text_is_f64(source), lib.zr_text_get_f64(source)) == (0, 0.0)
    drop(source)


@pytest.mark.parametrize("spelling", NOT_I64)
def test_what_is_no_i64(spelling: bytes) -> None:
    source = text(spelling)
    assert (lib.zr_text_is_i64(source), lib.zr_text_get_i64(source)) == (0, 0)
    drop(source)


@given(st.integers(-(2**63), 2**63 - 1))
@example(-(2**63))
@example(2**63 - 1)
@example(0)
def test_i64_to_text(value: int) -> None:
    spelling = content(lib.zr_i64_to_text(value))
    assert spelling == str(value).encode()
    source = text(spelling)
    assert lib.zr_text_get_i64(source) == value
    drop(source)


EDGES = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    3.0,
    5e-324,
    1e-310,
    2.2250738585072014e-308,
    1e308,
    0.1,
    1e17,
    2.0**53,
    7.25,
    math.inf,
    math.nan,
]


def fmod(x: float, y: float) -> float:
    if math.isnan(x) or math.isnan(y) or math.isinf(x) or y == 0.0:
        return math.nan
    return math.fmod(x, y)


def check_fmod(x: float, y: float) -> None:
    mine, wanted = lib.zr_fmod(x, y), fmod(x, y)
    assert (math.isnan(mine) and math.isnan(wanted)) or struct.pack("<d", mine) == struct.pack("<d", wanted), (x, y)


def test_fmod_at_the_edges() -> None:
    for x in EDGES:
        for y in EDGES:
            for signs in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                check_fmod(x * signs[0], y * signs[1])


@settings(max_examples=500)
@given(st.floats(), st.floats())
def test_fmod_is_cs(x: float, y: float) -> None:
    check_fmod(x, y)
