"""Arithmetic and number texts of the MIR interpreter and of constant folding: exact, by the op table's words.

`wrap` and Python's floats do most of it; each function here covers what Python's own operator raises on, rounds
otherwise or formats otherwise.  Shares nothing with the HIR interpreter: tests compare the two.
"""

from __future__ import annotations

import math
import re
from struct import pack, unpack

LOW, HIGH, MASK = -(1 << 63), (1 << 63) - 1, (1 << 64) - 1
NAN = math.nan


def wrap(value: int) -> int:
    return ((value + (1 << 63)) & MASK) - (1 << 63)


def div(a: int, b: int) -> int:
    """Truncating; b is not 0."""
    return wrap(a // b if (a < 0) == (b < 0) else -(-a // b))


def rem(a: int, b: int) -> int:
    """With the dividend's sign; b is not 0."""
    return a - (a // b if (a < 0) == (b < 0) else -(-a // b)) * b


def clz(a: int) -> int:
    return 64 - (a & MASK).bit_length()


def ctz(a: int) -> int:
    return (a & -a).bit_length() - 1 if a else 64


def fdiv(a: float, b: float) -> float:
    try:
        return a / b
    except ZeroDivisionError:
        if a == 0 or a != a:
            return NAN
        negative = (math.copysign(1, a) < 0) != (math.copysign(1, b) < 0)
        return -math.inf if negative else math.inf


def frem(a: float, b: float) -> float:
    try:
        return math.fmod(a, b)
    except ValueError:
        return NAN


def fmin(a: float, b: float) -> float:
    if a != a or b != b:
        return NAN
    if a == b == 0:
        return a if math.copysign(1, a) < 0 else b
    return min(a, b)


def fmax(a: float, b: float) -> float:
    if a != a or b != b:
        return NAN
    if a == b == 0:
        return b if math.copysign(1, a) < 0 else a
    return max(a, b)


def fsqrt(a: float) -> float:
    return math.sqrt(a) if a >= 0 else (a if a == 0 else NAN)


def ffloor(a: float) -> float:
    return math.copysign(math.floor(a), a) if math.isfinite(a) else a


def fceil(a: float) -> float:
    return math.copysign(math.ceil(a), a) if math.isfinite(a) else a


def f2i(a: float) -> int:
    if a != a:
        return 0
    if a >= 2.0**63:
        return HIGH
    return LOW if a <= -(2.0**63) else int(a)


def bits(a: float) -> int:
    return int(unpack("<q", pack("<d", a))[0])


def from_bits(a: int) -> float:
    return float(unpack("<d", pack("<Q", a & MASK))[0])


def f64_text(a: float) -> bytes:
    """Shortest; Python's repr with the exponent's sign and zeros taken away."""
    text = repr(a)
    if "e" in text:
        head, _, power = text.partition("e")
        text = f"{head}e{int(power)}"
    return text.encode()


def fixed(a: float, digits: int) -> bytes:
    return (f"{a:.{digits}f}" if a == a else "nan").encode()


_INT = re.compile(rb"(-?)(?:0x([0-9A-Fa-f_]*[0-9A-Fa-f][0-9A-Fa-f_]*)|0b([01_]*[01][01_]*)|([0-9][0-9_]*))")
_FLOAT = re.compile(rb"-?[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9][0-9_]*)?")


def parse_i64(raw: bytes) -> int | None:
    """The I64 that a whole text spells, as in source."""
    match = _INT.fullmatch(raw)
    if match is None:
        return None
    sign, hexa, binary, decimal = match.groups()
    digits = (hexa or binary or decimal).replace(b"_", b"").lstrip(b"0") or b"0"
    if len(digits) > (16 if hexa else 64 if binary else 19):
        return None
    value = int(digits, 16 if hexa else 2 if binary else 10)
    value = -value if sign else value
    return value if LOW <= value <= HIGH else None


def parse_f64(raw: bytes) -> float | None:
    """The number that a whole text spells, correctly rounded: a decimal of any size, or an I64 in another base."""
    if _FLOAT.fullmatch(raw):
        value = float(raw.replace(b"_", b""))
        return value if math.isfinite(value) else None
    whole = parse_i64(raw)
    return None if whole is None else float(whole)
