"""How MIR's I64, F64 and Bool ops become LIR: mostly one to one, with the checks of division written out.

    q = i64.div a b          t = add b 1; branch (t <u 2) -> cold      one branch covers b = 0 and b = -1
                      ──▶    q = div a b; jump rest(q)
                             cold: panic when b is 0; panic when a is the least I64; rest(neg a)

A constant divisor needs no check, and a power of two no division.  Source of the shift forms: Warren, Hacker's
Delight, 2nd ed., 10-1.
"""

from __future__ import annotations

from compiler.mir.ops import CODE as MIR
from compiler.panics import PANICS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.lir.builder import Builder

    Rule = Callable[[Builder, int], int]

LEAST = -(1 << 63)
DIVISION, OVERFLOW = PANICS["division"][0], PANICS["overflow"][0]

# One to one: MIR op -> (LIR op, result type).
DIRECT: dict[str, tuple[str, str]] = {
    "i64.add": ("add", "i64"),
    "i64.sub": ("sub", "i64"),
    "i64.mul": ("mul", "i64"),
    "i64.neg": ("neg", "i64"),
    "i64.and": ("and", "i64"),
    "i64.or": ("or", "i64"),
    "i64.xor": ("xor", "i64"),
    "i64.not": ("not", "i64"),
    "i64.shl": ("shl", "i64"),
    "i64.shr": ("shr", "i64"),
    "i64.sar": ("sar", "i64"),
    "i64.popcount": ("popcnt", "i64"),
    "i64.clz": ("clz", "i64"),
    "i64.ctz": ("ctz", "i64"),
    "i64.eq": ("icmp.eq", "i64"),
    "i64.ne": ("icmp.ne", "i64"),
    "i64.lt": ("icmp.lt", "i64"),
    "i64.le": ("icmp.le", "i64"),
    "i64.gt": ("icmp.gt", "i64"),
    "i64.ge": ("icmp.ge", "i64"),
    "i64.to-f64": ("i2f", "f64"),
    "f64.add": ("fadd", "f64"),
    "f64.sub": ("fsub", "f64"),
    "f64.mul": ("fmul", "f64"),
    "f64.div": ("fdiv", "f64"),
    "f64.neg": ("fneg", "f64"),
    "f64.abs": ("fabs", "f64"),
    "f64.min": ("fmin", "f64"),
    "f64.max": ("fmax", "f64"),
    "f64.sqrt": ("fsqrt", "f64"),
    "f64.floor": ("ffloor", "f64"),
    "f64.ceil": ("fceil", "f64"),
    "f64.eq": ("fcmp.eq", "i64"),
    "f64.ne": ("fcmp.ne", "i64"),
    "f64.lt": ("fcmp.lt", "i64"),
    "f64.le": ("fcmp.le", "i64"),
    "f64.gt": ("fcmp.gt", "i64"),
    "f64.ge": ("fcmp.ge", "i64"),
    "f64.to-i64": ("f2i", "i64"),
    "f64.bits": ("fbits", "i64"),
    "f64.from-bits": ("bitsf", "f64"),
    "bool.eq": ("icmp.eq", "i64"),
    "bool.ne": ("xor", "i64"),
}


def _args(b: Builder, value: int) -> tuple[int, ...]:
    values = b.values  # of numbers: none is a unit
    return tuple([values[arg] for arg in b.source.args[value]])


def _const(b: Builder, value: int) -> int:
    return b.emit("const", "i64", (), int(b.source.imm[value]))


def _const_f64(b: Builder, value: int) -> int:
    return b.emit("const.f64", "f64", (), b.source.imm[value])


def _unit(_b: Builder, _value: int) -> int:
    return -1


def _not(b: Builder, value: int) -> int:
    return b.emit("xor", "i64", (b.use(b.source.args[value][0]), b.const(1)))


def _select(b: Builder, value: int) -> int:
    if b.source.type[value] == "unit":
        return -1
    return b.emit("select", "f64" if b.source.type[value] == "f64" else "i64", _args(b, value))


def _abs(b: Builder, value: int) -> int:
    (x,) = _args(b, value)
    sign = b.emit("sar", "i64", (x, b.const(63)))
    return b.emit("sub", "i64", (b.emit("xor", "i64", (x, sign)), sign))


def _min(b: Builder, value: int) -> int:
    x, y = _args(b, value)
    return b.emit("select", "i64", (b.emit("icmp.lt", "i64", (x, y)), x, y))


def _max(b: Builder, value: int) -> int:
    x, y = _args(b, value)
    return b.emit("select", "i64", (b.emit("icmp.gt", "i64", (x, y)), x, y))


def _fmod(b: Builder, value: int) -> int:
    return b.runtime("zr_fmod", *_args(b, value))


def _divisor(b: Builder, value: int) -> int:
    """The constant divisor, or 0."""
    divisor = b.source.args[value][1]
    return int(b.source.imm[divisor]) if b.source.op[divisor] == MIR["const.i64"] else 0


def _rounded(b: Builder, x: int, shift: int) -> int:
    """x, plus 2**shift - 1 when it is negative: then an arithmetic shift truncates instead of flooring."""
    sign = x if shift == 1 else b.emit("sar", "i64", (x, b.const(63)))
    return b.emit("add", "i64", (x, b.emit("shr", "i64", (sign, b.const(64 - shift)))))


def _div(b: Builder, value: int) -> int:
    x = b.use(b.source.args[value][0])
    known = _divisor(b, value)
    size = abs(known)
    if known == 1:
        return x
    if known not in (0, -1, LEAST) and size & (size - 1) == 0:
        shift = size.bit_length() - 1
        quotient = b.emit("sar", "i64", (_rounded(b, x, shift), b.const(shift)))
        return quotient if known > 0 else b.emit("neg", "i64", (quotient,))
    return _divide(b, value, "div", known)


def _rem(b: Builder, value: int) -> int:
    x = b.use(b.source.args[value][0])
    known = _divisor(b, value)
    size = abs(known)
    if known == 1:
        return b.const(0)
    if known not in (0, -1, LEAST) and size & (size - 1) == 0:
        multiple = b.emit("and", "i64", (_rounded(b, x, size.bit_length() - 1), b.const(-size)))
        return b.emit("sub", "i64", (x, multiple))
    return _divide(b, value, "rem", known)


def _divide(b: Builder, value: int, op: str, known: int) -> int:
    x, y = _args(b, value)
    if known not in (0, -1):
        return b.emit(op, "i64", (x, y))
    suspect = b.emit("icmp.ult", "i64", (b.emit("add", "i64", (y, b.const(1))), b.const(2)))
    cold, _ = b.cold_if(suspect)
    result = b.emit(op, "i64", (x, y))
    after = b.next_block()
    b.jump(after, result)
    b.block = cold
    b.panic_if(b.emit("icmp.eq", "i64", (y, b.const(0))), DIVISION)
    b.panic_if(b.emit("icmp.eq", "i64", (x, b.const(LEAST))), OVERFLOW)
    b.jump(after, b.emit("neg", "i64", (x,)) if op == "div" else b.const(0))
    b.block = after
    return b.out.param(after, "i64", b.at)


def _direct(op: str, result: str) -> Rule:
    def rule(b: Builder, value: int) -> int:
        return b.emit(op, result, _args(b, value))

    return rule


RULES: dict[str, Rule] = {
    **{name: _direct(*row) for name, row in DIRECT.items()},
    "const.i64": _const,
    "const.bool": _const,
    "const.f64": _const_f64,
    "const.unit": _unit,
    "bool.not": _not,
    "select": _select,
    "i64.abs": _abs,
    "i64.min": _min,
    "i64.max": _max,
    "i64.div": _div,
    "i64.rem": _rem,
    "f64.rem": _fmod,
}
