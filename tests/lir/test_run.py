"""What LIR means, by running it: arithmetic against Python over edge values, objects, calls and every panic."""

from __future__ import annotations

import math
import struct

import pytest

from compiler.ir.text import parse_module, print_module
from compiler.memory.rc import run_module
from compiler.mir.ops import MIR
from tests.lir.native import run
from tests.mir import samples

LEAST, GREATEST = -(1 << 63), (1 << 63) - 1
EDGES = (0, 1, -1, 2, -2, 7, -8, 63, 64, 1 << 31, -(1 << 31), (1 << 32) + 5, LEAST, LEAST + 1, GREATEST)
DIVISORS = (1, 2, 8, -2, -4, 3, 10, -7, 1 << 40, -(1 << 62), LEAST, GREATEST)


def wrap(value: int) -> int:
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def quotient(x: int, y: int) -> int:
    return wrap(abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1))


def remainder(x: int, y: int) -> int:
    return x - y * (abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1))


def panics(x: int, y: int) -> bool:
    return y == 0 or (x == LEAST and y == -1)


def bits(value: float) -> int:
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


class Program:
    """A MIR program that prints one I64 a line, and the lines Python expects."""

    def __init__(self) -> None:
        self.functions: dict[str, str] = {}
        self.body: list[str] = []
        self.expected: list[int] = []
        self.count = 0

    def value(self, type: str, op: str) -> str:  # noqa: A002
        self.count += 1
        self.body.append(f"  %{self.count}:{type} = {op}")
        return f"%{self.count}"

    def check(self, function: str, text: str, values: tuple[int, ...], expected: int) -> None:
        """One call of a function of I64s to I64, in a chunk of main of its own."""
        self.functions.setdefault(function, text)
        args = [self.value("i64", f"const.i64 #{value}") for value in values]
        result = self.value("i64", f"call @{function} {' '.join(args)}")
        self.value("unit", f"io.print {self.value('text', f'text.of-i64 {result}')}")
        self.expected.append(expected)

    def judge(self) -> None:
        last = self.value("unit", "const.unit")
        main = "function @main -> unit\nb0()\n" + "\n".join(self.body) + f"\n  return {last}\n"
        text = "module mir\nentry @main\n\n" + "\n".join([*self.functions.values(), main])
        status, out, err = run(text)
        assert (status, err) == (0, "")
        assert [int(line) for line in out.split()] == self.expected


def binary(op: str, result: str = "i64") -> str:
    title = op.replace(".", "-")
    body = f"  %2:{result} = {op} %0 %1\n"
    if result == "bool":
        body += "  %3:i64 = const.i64 #1\n  %4:i64 = const.i64 #0\n  %5:i64 = select %2 %3 %4\n  return %5\n"
    else:
        body += "  return %2\n"
    return f"function @{title} -> i64\nb0(%0:i64 %1:i64)\n{body}"


BINARY = {
    "add": lambda x, y: wrap(x + y),
    "sub": lambda x, y: wrap(x - y),
    "mul": lambda x, y: wrap(x * y),
    "div": quotient,
    "rem": remainder,
    "min": min,
    "max": max,
    "and": lambda x, y: x & y,
    "or": lambda x, y: x | y,
    "xor": lambda x, y: x ^ y,
    "shl": lambda x, y: wrap(x << (y % 64)),
    "shr": lambda x, y: wrap((x % (1 << 64)) >> (y % 64)),
    "sar": lambda x, y: x >> (y % 64),
    "eq": lambda x, y: int(x == y),
    "ne": lambda x, y: int(x != y),
    "lt": lambda x, y: int(x < y),
    "le": lambda x, y: int(x <= y),
    "gt": lambda x, y: int(x > y),
    "ge": lambda x, y: int(x >= y),
}


@pytest.mark.parametrize("op", sorted(BINARY))
def test_integers_over_edges(op: str) -> None:
    program = Program()
    text = binary(f"i64.{op}", "bool" if op in ("eq", "ne", "lt", "le", "gt", "ge") else "i64")
    for x in EDGES:
        for y in EDGES:
            if op not in ("div", "rem") or not panics(x, y):
                program.check(f"i64-{op}", text, (x, y), BINARY[op](x, y))
    program.judge()


UNARY = {
    "neg": lambda x: wrap(-x),
    "abs": lambda x: wrap(abs(x)),
    "not": lambda x: ~x,
    "popcount": lambda x: (x % (1 << 64)).bit_count(),
    "clz": lambda x: 64 - (x % (1 << 64)).bit_length(),
    "ctz": lambda x: 64 if x == 0 else (x & -x).bit_length() - 1,
}


def test_unary_integers_over_edges() -> None:
    program = Program()
    for op, oracle in UNARY.items():
        text = f"function @i64-{op} -> i64\nb0(%0:i64)\n  %1:i64 = i64.{op} %0\n  return %1\n"
        for x in EDGES:
            program.check(f"i64-{op}", text, (x,), oracle(x))
    program.judge()


@pytest.mark.parametrize(("op", "oracle"), [("div", quotient), ("rem", remainder)])
def test_division_by_constants(op: str, oracle: object) -> None:
    assert callable(oracle)
    program = Program()
    for number, y in enumerate(DIVISORS):
        body = f"  %1:i64 = const.i64 #{y}\n  %2:i64 = i64.{op} %0 %1\n  return %2\n"
        text = f"function @{op}{number} -> i64\nb0(%0:i64)\n{body}"
        for x in EDGES:
            program.check(f"{op}{number}", text, (x,), oracle(x, y))
    program.judge()


FLOATS = (0.0, -0.0, 1.0, -1.5, 2.5, 1e308, -1e308, 5e-324, math.inf, -math.inf, math.nan, 4503599627370497.5)


def least(x: float, y: float) -> float:
    if math.isnan(x) or math.isnan(y):
        return math.nan
    return min(x, y, key=lambda v: (v, math.copysign(1, v)))


def greatest(x: float, y: float) -> float:
    return -least(-x, -y)


def fmod(x: float, y: float) -> float:
    return math.nan if math.isinf(x) or y == 0 or math.isnan(x) or math.isnan(y) else math.fmod(x, y)


@pytest.mark.parametrize(("op", "oracle"), [("min", least), ("max", greatest), ("rem", fmod)])
def test_floats_over_edges(op: str, oracle: object) -> None:
    """The result's bits, with every NaN made the same one."""
    assert callable(oracle)
    program = Program()
    text = f"""function @{op} -> i64
b0(%0:i64 %1:i64)
  %2:f64 = f64.from-bits %0
  %3:f64 = f64.from-bits %1
  %4:f64 = f64.{op} %2 %3
  %5:bool = f64.eq %4 %4
  branch %5 b1() b2()
b1()
  %6:i64 = f64.bits %4
  return %6
b2()
  %7:i64 = const.i64 #-1
  return %7
"""
    for x in FLOATS:
        for y in FLOATS:
            result = oracle(x, y)
            program.check(op, text, (wrap(bits(x)), wrap(bits(y))), -1 if math.isnan(result) else wrap(bits(result)))
    program.judge()


MANY = """module mir
entry @main

function @many -> i64
b0(%0:i64 %1:i64 %2:i64 %3:i64 %4:i64 %5:i64 %6:i64 %7:i64 %8:i64 %9:f64)
  %10:i64 = i64.sub %8 %7
  %11:i64 = i64.mul %10 %6
  %12:i64 = f64.to-i64 %9
  %13:i64 = i64.add %11 %12
  %14:bool = i64.gt %0 %5
  branch %14 b1() b2()
b1()
  return %13
b2()
  %15:i64 = const.i64 #1
  %16:i64 = i64.add %0 %15
  tailcall @many %16 %1 %2 %3 %4 %5 %6 %7 %8 %9

function @main -> unit
b0()
  %0:i64 = const.i64 #0
  %1:i64 = const.i64 #3000000
  %2:i64 = const.i64 #7
  %3:i64 = const.i64 #2
  %4:i64 = const.i64 #12
  %5:f64 = const.f64 #0x4008000000000000
  %6:i64 = call @many %0 %0 %0 %0 %0 %1 %2 %3 %4 %5
  %7:text = text.of-i64 %6
  %8:unit = io.print %7
  return %8
"""


def test_arguments_beyond_the_registers_survive_tail_calls_without_stack() -> None:
    assert run(MANY) == (0, f"{(12 - 2) * 7 + 3}\n", "")


def failing(body: str) -> str:
    return f"""module mir
entry @main
function @main -> unit
b0()
  %90:i64 = const.i64 #3
  %91:i64 = const.i64 #0
  %92:f64 = const.f64 #0x3ff0000000000000
  %93:text = const.text #"abc"
  %94:i64 = const.i64 #-9223372036854775808
  %95:i64 = const.i64 #-1
  %96:unit = io.write %93
  %97:unit = call @f %90 %91 %92 %93 %94 %95
  return %97
function @f -> unit
b0(%0:i64 %1:i64 %2:f64 %3:text %4:i64 %5:i64)
{body}
"""


AT = '!"dir/é.0x0:12:34"'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (f"  %6:i64 = i64.div %0 %1 {AT}\n  %7:unit = const.unit\n  return %7", "division by zero"),
        (f"  %6:i64 = i64.rem %0 %1 {AT}\n  %7:unit = const.unit\n  return %7", "division by zero"),
        (f"  %6:i64 = i64.div %4 %5 {AT}\n  %7:unit = const.unit\n  return %7", "division overflow"),
        (f"  %6:i64 = i64.rem %4 %5 {AT}\n  %7:unit = const.unit\n  return %7", "division overflow"),
        (f"  %6:unit = check.bounds %0 %0 {AT}\n  return %6", "index 3 out of range for length 3"),
        (f"  %6:unit = check.bounds %5 %0 {AT}\n  return %6", "index -1 out of range for length 3"),
        (f"  %6:text = text.slice %3 %0 %1 {AT}\n  %7:unit = const.unit\n  return %7", "slice 3..0 out of range"),
        (
            f"  %6:array<f64> = array.new %5 %2 {AT}\n  %7:unit = const.unit\n  return %7",
            "array length -1 out of range",
        ),
        (f"  %6:text = text.fixed %2 %5 {AT}\n  %7:unit = const.unit\n  return %7", "digits -1 out of range"),
        (f'  panic #"empty-list" {AT}', "empty list"),
        (f'  panic #"index" %5 %0 {AT}', "index -1 out of range for length 3"),
        (f"  panic.text %3 {AT}", "abc"),
    ],
)
def test_panics_say_what_and_where(body: str, message: str) -> None:
    assert run(failing(body)) == (101, "abc", f"panic: {message}\n  at dir/é.0x0:12:34\n")


def test_exit_ends_at_once() -> None:
    body = "  %6:unit = process.exit %0\n  unreachable"
    assert run(failing(body)) == (3, "abc", "")


@pytest.mark.parametrize("name", sorted(samples.SAMPLES))
def test_mir_samples_run_natively(name: str) -> None:
    text, expected = samples.SAMPLES[name]
    assert run(text) == (0, expected.decode(), "")


@pytest.mark.parametrize("name", sorted(samples.SAMPLES))
def test_counted_samples_leave_nothing_alive(name: str) -> None:
    """With counts inserted every object is freed; without them the lists stay, so the count below can fail."""
    text, expected = samples.SAMPLES[name]
    module = parse_module(text, MIR)
    run_module(module)
    status, out, err = run(print_module(module, MIR), env={"ZR_STATS": "1"})
    assert (status, out) == (0, expected.decode())
    assert "live_blocks=0 live_bytes=0" in err
    assert "live_blocks=0 " not in run(text, env={"ZR_STATS": "1"})[2]
