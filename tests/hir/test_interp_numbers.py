"""Arithmetic in the interpreters against the machine's own: ctypes wraps integers, libm and the FPU do floats."""

from __future__ import annotations

import ctypes
import ctypes.util
import decimal
import math
import re
import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.hir import interp_numbers as num
from tests.lower.lanes import LANES, shown

LIBM = ctypes.CDLL(ctypes.util.find_library("m") or "libm.so.6")
for _name in ("fmod", "sqrt", "floor", "ceil"):
    getattr(LIBM, _name).restype = ctypes.c_double
    getattr(LIBM, _name).argtypes = [ctypes.c_double] * (2 if _name == "fmod" else 1)

INTS = (
    0,
    1,
    -1,
    2,
    7,
    -7,
    63,
    64,
    65,
    255,
    1 << 31,
    -(1 << 32),
    (1 << 53) + 1,
    (1 << 63) - 1,
    1 - (1 << 63),
    -(1 << 63),
)
FLOATS = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, 1e16, 1e-4, 9.9e-5, 0.1, 1 / 3, 5e-324, 2.2e-308),
    *(1.7976931348623157e308, -1e300, 9007199254740993.0, 9.223372036854775e18, -9.3e18, math.inf, -math.inf, math.nan),
)


def c64(value: int) -> int:
    return ctypes.c_int64(value).value


def bits(value: float) -> int:
    return int(struct.unpack("<q", struct.pack("<d", value))[0])


def literal(value: float) -> str:
    return f"(bits-f64 {bits(value)})"


def c_div(a: int, b: int) -> int:
    return int(decimal.Decimal(a) / b) if abs(a) < 1 << 40 else (abs(a) // abs(b)) * (1 if (a < 0) == (b < 0) else -1)


INT_OPS: dict[str, Callable[[int, int], object]] = {
    "+": lambda a, b: c64(a + b),
    "-": lambda a, b: c64(a - b),
    "*": lambda a, b: c64(a * b),
    "/": lambda a, b: c_div(a, b),
    "%": lambda a, b: (
        int(math.copysign(abs(a) % abs(b), a)) if abs(a) < 1 << 40 else (abs(a) % abs(b)) * (1 if a >= 0 else -1)
    ),
    "min": min,
    "max": max,
    "bit-and": lambda a, b: c64((a % 2**64) & (b % 2**64)),
    "bit-or": lambda a, b: c64((a % 2**64) | (b % 2**64)),
    "bit-xor": lambda a, b: c64((a % 2**64) ^ (b % 2**64)),
    "shl": lambda a, b: c64(a * 2 ** (b % 64)),
    "shr": lambda a, b: c64((a % 2**64) // 2 ** (b % 64)),
    "sar": lambda a, b: math.floor(a // 2 ** (b % 64)),
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
INT_UNARY: dict[str, Callable[[int], int]] = {
    "neg": lambda a: c64(-a),
    "abs": lambda a: c64(abs(a)),
    "bit-not": lambda a: c64(-a - 1),
    "popcount": lambda a: format(a % 2**64, "b").count("1"),
    "clz": lambda a: len(format(a % 2**64, "064b").partition("1")[0]),
    "ctz": lambda a: len(format(a % 2**64, "064b").rpartition("1")[2]) if a else 64,
    "f64-bits": lambda a: a,
}


ONE_NAN = 0x7FF8000000000000  # Java's doubleToLongBits: one pattern for all


def word(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("lane", LANES)
def test_integers(lane: str) -> None:
    cases = []
    for name, meaning in INT_OPS.items():
        for a in INTS:
            for b in INTS:
                if name in "/%" and (b == 0 or (a, b) == (-(1 << 63), -1)):
                    continue
                cases.append((f"({name} {a} {b})", word(meaning(a, b))))
    for unary, of_one in INT_UNARY.items():
        for a in INTS:
            operand = f"(bits-f64 {a})" if unary == "f64-bits" else str(a)
            if unary == "f64-bits" and math.isnan(struct.unpack("<d", struct.pack("<q", a))[0]):
                cases.append((f"({unary} {operand})", str(ONE_NAN)))
                continue
            cases.append((f"({unary} {operand})", word(of_one(a))))
    assert shown([e for e, _ in cases], lane) == [w for _, w in cases]


def libm_min(a: float, b: float) -> float:
    return math.nan if a != a or b != b else min(a, b, key=lambda x: (x, math.copysign(1, x)))


def libm_max(a: float, b: float) -> float:
    return math.nan if a != a or b != b else max(a, b, key=lambda x: (x, math.copysign(1, x)))


def hardware_divide(a: float, b: float) -> float:
    """Through ctypes there is no division, so by cases from the standard's table (IEEE 754, 6.1, 7.3)."""
    if b != 0 or math.isnan(b):
        return a / b
    return math.nan if a == 0 or math.isnan(a) else math.copysign(math.inf, math.copysign(1, a) * math.copysign(1, b))


FLOAT_OPS: dict[str, Callable[[float, float], float | bool]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": hardware_divide,
    "%": lambda a, b: float(LIBM.fmod(a, b)),
    "min": libm_min,
    "max": libm_max,
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
FLOAT_UNARY: dict[str, Callable[[float], float]] = {
    "neg": lambda a: -a,
    "abs": math.fabs,
    "sqrt": lambda a: float(LIBM.sqrt(a)),
    "floor": lambda a: float(LIBM.floor(a)),
    "ceil": lambda a: float(LIBM.ceil(a)),
}


def same(text: str, value: float | bool) -> bool:
    if isinstance(value, bool):
        return text == word(value)
    read = float(text)
    return (math.isnan(read) and math.isnan(value)) or (
        read == value and math.copysign(1, read) == math.copysign(1, value)
    )


@pytest.mark.parametrize("lane", LANES)
def test_floats(lane: str) -> None:
    cases: list[tuple[str, float | bool]] = []
    for name, meaning in FLOAT_OPS.items():
        cases += [(f"({name} {literal(a)} {literal(b)})", meaning(a, b)) for a in FLOATS for b in FLOATS]
    for unary, of_one in FLOAT_UNARY.items():
        cases += [(f"({unary} {literal(a)})", of_one(a)) for a in FLOATS]
    got = shown([e for e, _ in cases], lane)
    assert len(got) == len(cases)
    assert [(e, w, g) for (e, w), g in zip(cases, got, strict=True) if not same(g, w)] == []


@pytest.mark.parametrize("lane", LANES)
def test_conversions(lane: str) -> None:
    most, least = (1 << 63) - 1, -(1 << 63)
    cases = [(f"(f64->i64 {literal(a)})", int(a)) for a in FLOATS if abs(a) < 2**63]
    cases += [
        (f"(f64->i64 {literal(a)})", w)
        for a, w in ((math.inf, most), (-math.inf, least), (math.nan, 0), (-9.3e18, least))
    ]
    cases += [(f"(f64-bits {literal(a)})", bits(a) if a == a else ONE_NAN) for a in FLOATS]
    cases += [(f"(f64->i64 (i64->f64 {n}))", min(most, int(ctypes.c_double(n).value))) for n in INTS]
    assert shown([e for e, _ in cases], lane) == [str(w) for _, w in cases]


SHAPE = re.compile(r"-?(\d+\.\d+|\d(\.\d+)?e-?\d+)|-?inf|nan")


def check_shortest(value: float, text: str) -> None:
    """Reads back, has the language's shape, and no text with one digit less reads back."""
    assert SHAPE.fullmatch(text), text
    if value != value or math.isinf(value):
        assert text == {True: "nan"}.get(value != value, "inf" if value > 0 else "-inf")
        return
    assert bits(float(text)) == bits(value)
    positional = "e" not in text
    assert positional == (value == 0 or 1e-4 <= abs(value) < 1e16)
    digits = len(text.lstrip("-").partition("e")[0].replace(".", "").strip("0"))
    if digits > 1:
        assert float(f"{value:.{digits - 2}e}") != value


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_float_text_is_shortest(value: float) -> None:
    check_shortest(value, num.f64_text(value).decode())


def rounded(value: float, digits: int) -> str:
    if not math.isfinite(value):
        return "nan" if value != value else ("inf" if value > 0 else "-inf")
    with decimal.localcontext(decimal.Context(prec=2500, rounding=decimal.ROUND_HALF_EVEN)):
        return f"{decimal.Decimal(value).quantize(decimal.Decimal(1).scaleb(-digits)):f}"


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(0, 40))
def test_fixed_is_exact(value: float, digits: int) -> None:
    assert num.f64_fixed(value, digits).decode() == rounded(value, digits)


@pytest.mark.parametrize("lane", LANES)
def test_number_texts(lane: str) -> None:
    texts = shown([f"(f64->text {literal(a)})" for a in FLOATS], lane)
    for value, text in zip(FLOATS, texts, strict=True):
        check_shortest(value, text.strip('"'))
    cases = [(a, d) for a in (*FLOATS, 0.125, -1.005, 2.675) for d in (0, 1, 2, 17, 1000)]
    got = shown([f"(f64->fixed {literal(a)} {d})" for a, d in cases], lane)
    assert [g.strip('"') for g in got] == [rounded(a, d) for a, d in cases]


I64_TEXTS = {
    "0": 0,
    "-0": 0,
    "12": 12,
    "-12": -12,
    "1_000": 1000,
    "0x1F": 31,
    "-0x10": -16,
    "0b101": 5,
    "007": 7,
    "9223372036854775807": 2**63 - 1,
    "-9223372036854775808": -(2**63),
    "0x7fff_ffff_ffff_ffff": 2**63 - 1,
    **dict.fromkeys(
        ["", "-", "+1", " 1", "1 ", "1.0", "1e3", "0x", "0b2", "_1", "--1", "abc", "9223372036854775808", "1" * 5000]
    ),
}
F64_TEXTS = {
    "0": 0.0,
    "12": 12.0,
    "1.5": 1.5,
    "-0.0": -0.0,
    "1e3": 1000.0,
    "1_0.5": 10.5,
    "2E-3": 0.002,
    "0x10": 16.0,
    "5e-324": 5e-324,
    "9007199254740993": 9007199254740992.0,
    "-0": -0.0,
    "9223372036854775808": 9223372036854775808.0,
    "123456789012345678901234567890": 1.2345678901234568e29,
    "1_000": 1000.0,
    "1e-400": 0.0,
    "179769313486231570000.0": 1.7976931348623157e20,
    **dict.fromkeys(["", ".", "1.", ".5", "1e", "inf", "nan", "1e999", "+1.0", " 1.0", "1.0 ", "-", "1.5.2", "0x1.0"]),
}


@pytest.mark.parametrize("lane", LANES)
def test_reading_numbers(lane: str) -> None:
    got = shown([f'(text->i64 "{t}")' for t in I64_TEXTS], lane)
    assert dict(zip(I64_TEXTS, got, strict=True)) == {
        t: "None" if v is None else f"(Some {v})" for t, v in I64_TEXTS.items()
    }
    got = shown([f'(text->f64 "{t}")' for t in F64_TEXTS], lane)
    for (text, value), word_ in zip(F64_TEXTS.items(), got, strict=True):
        if value is None:
            assert word_ == "None", text
        else:
            assert same(word_.removeprefix("(Some ").removesuffix(")"), value), text
