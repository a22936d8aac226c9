"""A plain evaluator of LIR functions, written from the op table's words alone: the reference of the backend tests.

Integers are Python ints in I64 range, floats Python floats, memory one bytearray whose address is given.
Shares nothing with selection; slow and obvious.
"""

from __future__ import annotations

import math
import struct
from typing import Any

from compiler.ir.function import Function
from compiler.lir.ops import LIR

_MASK = (1 << 64) - 1


def signed(value: int) -> int:
    value &= _MASK
    return value - (1 << 64) if value >> 63 else value


def to_float(bits: int) -> float:
    return float(struct.unpack("<d", struct.pack("<Q", bits & _MASK))[0])


def to_bits(value: float) -> int:
    return int(struct.unpack("<q", struct.pack("<d", value))[0])


def _extreme(left: float, right: float, pick: Any) -> float:
    if math.isnan(left) or math.isnan(right):
        return math.nan
    if left == right == 0:
        signs = [math.copysign(1, left), math.copysign(1, right)]
        return math.copysign(0.0, pick(signs))
    return float(pick([left, right]))


def _divide(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def _truncate(value: float) -> int:
    if math.isnan(value):
        return 0
    if value >= 2.0**63:
        return (1 << 63) - 1
    if value < -(2.0**63):
        return -(1 << 63)
    return int(value)


def _quotient(left: int, right: int) -> int:
    size = abs(left) // abs(right)
    return size if (left < 0) == (right < 0) else -size


def _round(value: float, how: Any) -> float:
    if not math.isfinite(value):
        return value
    return math.copysign(float(how(value)), value)


PURE: dict[str, Any] = {
    "add": lambda a, b: signed(a + b),
    "sub": lambda a, b: signed(a - b),
    "mul": lambda a, b: signed(a * b),
    "div": lambda a, b: signed(_quotient(a, b)),
    "rem": lambda a, b: signed(a - b * _quotient(a, b)),
    "neg": lambda a: signed(-a),
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "not": lambda a: ~a,
    "shl": lambda a, b: signed(a << (b & 63)),
    "shr": lambda a, b: signed((a & _MASK) >> (b & 63)),
    "sar": lambda a, b: a >> (b & 63),
    "popcnt": lambda a: (a & _MASK).bit_count(),
    "clz": lambda a: 64 - (a & _MASK).bit_length(),
    "ctz": lambda a: 64 if a == 0 else ((a & -a) & _MASK).bit_length() - 1,
    "icmp.eq": lambda a, b: int(a == b),
    "icmp.ne": lambda a, b: int(a != b),
    "icmp.lt": lambda a, b: int(a < b),
    "icmp.le": lambda a, b: int(a <= b),
    "icmp.gt": lambda a, b: int(a > b),
    "icmp.ge": lambda a, b: int(a >= b),
    "icmp.ult": lambda a, b: int(a & _MASK < b & _MASK),
    "icmp.uge": lambda a, b: int(a & _MASK >= b & _MASK),
    "select": lambda c, a, b: a if c else b,
    "fadd": lambda a, b: a + b,
    "fsub": lambda a, b: a - b,
    "fmul": lambda a, b: a * b,
    "fdiv": _divide,
    "fneg": lambda a: -a,
    "fabs": abs,
    "fsqrt": lambda a: math.nan if a < 0 else math.sqrt(a),
    "ffloor": lambda a: _round(a, math.floor),
    "fceil": lambda a: _round(a, math.ceil),
    "fmin": lambda a, b: _extreme(a, b, min),
    "fmax": lambda a, b: _extreme(a, b, max),
    "fcmp.eq": lambda a, b: int(a == b),
    "fcmp.ne": lambda a, b: int(a != b),
    "fcmp.lt": lambda a, b: int(a < b),
    "fcmp.le": lambda a, b: int(a <= b),
    "fcmp.gt": lambda a, b: int(a > b),
    "fcmp.ge": lambda a, b: int(a >= b),
    "i2f": float,
    "f2i": _truncate,
    "fbits": to_bits,
    "bitsf": to_float,
}


def helper(a: int, b: int) -> int:
    """What the test's integer helper computes."""
    return signed(a + 2 * b)


def float_helper(a: float, b: float) -> float:
    return a - b


def run(function: Function, args: list[Any], memory: bytearray, address: int, fuel: int = 200_000) -> Any:
    """The function's result; raises when it takes too many steps."""
    env: dict[int, Any] = {}
    b, passed = 0, list(args)
    while True:
        block = function.blocks[b]
        env.update(zip(block.params, passed, strict=True))
        for value in block.body:
            fuel -= 1
            if fuel < 0:
                raise TimeoutError
            name = LIR.ops[function.op[value]].name
            given = [env[a] for a in function.args[value]]
            imm = function.imm[value]
            if name in PURE:
                env[value] = PURE[name](*given)
            elif name == "const":
                env[value] = imm
            elif name == "const.f64":
                env[value] = to_float(imm)
            elif name.startswith("load."):
                at = given[0] + (given[1] * imm[1] if len(given) > 1 else 0) + imm[0] - address
                kind = {"load.i64": "<q", "load.ptr": "<q", "load.f64": "<d", "load.u32": "<I", "load.u8": "<B"}[name]
                env[value] = struct.unpack_from(kind, memory, at)[0]
            elif name.startswith("store."):
                at = given[1] + (given[2] * imm[1] if len(given) > 2 else 0) + imm[0] - address
                if name == "store.u8":
                    memory[at] = given[0] & 255
                else:
                    struct.pack_into("<d" if name == "store.f64" else "<q", memory, at, given[0])
            elif name in ("count.up", "count.down"):
                at = given[0] - address
                count = struct.unpack_from("<i", memory, at)[0] + (1 if name == "count.up" else -1)
                struct.pack_into("<i", memory, at, count)
                env[value] = int(count == 0)
            elif name == "call":
                env[value] = {"helper": helper, "float_helper": float_helper}[imm](*given)
            elif name == "jump":
                edge = block.succs[0]
            elif name == "branch":
                edge = block.succs[0 if given[0] else 1]
            elif name == "switch":
                edge = block.succs[imm.index(given[0]) if given[0] in imm else -1]
            elif name == "ret":
                return given[0] if given else None
            else:
                raise NotImplementedError(name)
        b, passed = edge[0], [env[a] for a in edge[1]]
