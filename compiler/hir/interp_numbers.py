"""Exact arithmetic and number formats of the reference interpreter.

Everything is written from the language's definition with Python's unbounded integers and its correctly
rounded float parsing and `repr`; nothing here is fast.  Knows nothing of values that are not numbers.
"""

from __future__ import annotations

import math
import re
import struct

MIN = -(1 << 63)
MAX = (1 << 63) - 1


def wrap(value: int) -> int:
    """The I64 with the same low 64 bits."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def unsigned(value: int) -> int:
    return value & ((1 << 64) - 1)


def truncated_quotient(a: int, b: int) -> int:
    quotient = abs(a) // abs(b)
    return -quotient if (a < 0) != (b < 0) else quotient


def f64_divide(a: float, b: float) -> float:
    """IEEE division, where Python would raise on zero."""
    if b != 0.0:
        return a / b
    if a == 0.0 or a != a or b != b:
        return math.nan
    return math.copysign(math.inf, math.copysign(1.0, a) * math.copysign(1.0, b))


def f64_remainder(a: float, b: float) -> float:
    """C's fmod, where Python would raise."""
    if a != a or b != b or math.isinf(a) or b == 0.0:
        return math.nan
    return math.fmod(a, b)


def f64_min(a: float, b: float) -> float:
    if a != a or b != b:
        return math.nan
    if a == b:
        return a if math.copysign(1.0, a) < 0 else b
    return a if a < b else b


def f64_max(a: float, b: float) -> float:
    if a != a or b != b:
        return math.nan
    if a == b:
        return b if math.copysign(1.0, a) < 0 else a
    return a if a > b else b


def f64_sqrt(a: float) -> float:
    return math.sqrt(a) if a >= 0.0 else (a if a == 0.0 else math.nan)


def f64_floor(a: float) -> float:
    """Floor that keeps -0.0, infinities and NaN."""
    if a != a or math.isinf(a):
        return a
    return math.copysign(float(math.floor(a)), a)


def f64_ceil(a: float) -> float:
    if a != a or math.isinf(a):
        return a
    return math.copysign(float(math.ceil(a)), a)


def f64_to_i64(a: float) -> int:
    """Truncates; saturates; NaN is 0."""
    if a != a:
        return 0
    if math.isinf(a):
        return MAX if a > 0 else MIN
    return max(MIN, min(MAX, math.trunc(a)))


def f64_bits(a: float) -> int:
    """Every NaN has the bits of the positive quiet one: what an operation's NaN really holds differs by machine."""
    if a != a:
        return 0x7FF8000000000000
    return int(struct.unpack("<q", struct.pack("<d", a))[0])


def bits_f64(bits: int) -> float:
    return float(struct.unpack("<d", struct.pack("<Q", unsigned(bits)))[0])


def f64_text(a: float) -> bytes:
    """The shortest digits that read back: Python's own `repr`, with exponents as the language writes them."""
    text = repr(a)
    mantissa, e, exponent = text.partition("e")
    return (mantissa + e + str(int(exponent)) if e else text).encode()


def f64_fixed(a: float, digits: int) -> bytes:
    """Rounded from the exact value, ties to even, keeping the sign."""
    if a != a:
        return b"nan"
    sign = "-" if math.copysign(1.0, a) < 0 else ""
    if math.isinf(a):
        return (sign + "inf").encode()
    numerator, denominator = abs(a).as_integer_ratio()
    scaled, rest = divmod(numerator * 10**digits, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and scaled % 2 == 1):
        scaled += 1
    whole, part = divmod(scaled, 10**digits)
    return (f"{sign}{_decimal(whole)}" + (f".{_decimal(part).zfill(digits)}" if digits else "")).encode()


def _decimal(value: int) -> str:
    """Decimal digits of any int: `str` refuses more than 4300 digits by default, and may be set lower."""
    parts = []
    while value >= 10**300:
        value, low = divmod(value, 10**300)
        parts.append(str(low).zfill(300))
    parts.append(str(value))
    return "".join(reversed(parts))


_DECIMAL = re.compile(rb"-?[0-9][0-9_]*")
_HEX = re.compile(rb"(-?)0x([0-9A-Fa-f_]*[0-9A-Fa-f][0-9A-Fa-f_]*)")
_BINARY = re.compile(rb"(-?)0b([01_]*[01][01_]*)")
_FLOAT = re.compile(rb"-?[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9][0-9_]*)?")


def _integer(text: bytes) -> int | None:
    """The integer of any size that a whole text spells, as source spells integers."""
    if _DECIMAL.fullmatch(text):
        digits = text.replace(b"_", b"").lstrip(b"-").lstrip(b"0")
        if len(digits) > 19:
            return MAX + 1  # outside I64 in either direction: the caller only asks whether it fits
        value = int(digits or b"0")
        return -value if text.startswith(b"-") else value
    for pattern, base in ((_HEX, 16), (_BINARY, 2)):
        match = pattern.fullmatch(text)
        if match:
            value = int(match[2].replace(b"_", b""), base)
            return -value if match[1] else value
    return None


def text_i64(text: bytes) -> int | None:
    value = _integer(text)
    return value if value is not None and MIN <= value <= MAX else None


def text_f64(text: bytes) -> float | None:
    """The nearest F64 of a decimal number of any size, or of an I64 in another base; None for what is not finite."""
    if _FLOAT.fullmatch(text):
        value = float(text.replace(b"_", b""))
        return None if math.isinf(value) else value
    integer = text_i64(text)
    return None if integer is None else float(integer)
