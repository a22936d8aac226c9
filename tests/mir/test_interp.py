"""The MIR interpreter: samples, every op has a meaning, panics, ends, streams, limits."""

from __future__ import annotations

import math
import struct

import pytest

from compiler.ir.text import parse_module
from compiler.mir import codegen
from compiler.mir.ops import MIR, OPS
from tests.mir.running import outcome
from tests.mir.samples import SAMPLES


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_samples(name):
    text, expected = SAMPLES[name]
    assert outcome(parse_module(text, MIR)) == (0, expected, b"")


def test_every_op_has_a_meaning():
    inline = {
        "const.i64", "const.f64", "const.bool", "const.unit", "const.text", "const.fn",
        "call", "call.closure", "closure", "region.closure",
    }  # fmt: skip
    for row in OPS:
        if row.is_terminator or row.name in inline:
            continue
        assert (row.name in codegen.EXPRESSIONS) != (row.name in codegen.STATEMENTS), row.name
    names = {row.name for row in OPS}
    assert {*codegen.EXPRESSIONS, *codegen.STATEMENTS, *codegen.COUNTED} <= names
    pure = {row.name for row in OPS if row.effect == ""}
    assert set(codegen.EXPRESSIONS) <= pure


def compute(op: str, operands: list[tuple[str, object]], result: str):
    """The bits of one op's result, by way of a module that prints them."""
    body = ""
    for number, (type_, value) in enumerate(operands):
        if type_ == "f64":
            imm = f"#0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016x}"
        else:
            imm = f"#{int(value)}"
        body += f"  %{number}:{type_} = const.{type_} {imm}\n"
    n = len(operands)
    args = " ".join(f"%{k}" for k in range(n))
    body += f'  %{n}:{result} = {op} {args} !"f:1:1"\n'
    shown = {"i64": f"%{n}", "bool": f"%{n + 4}", "f64": f"%{n + 4}"}[result]
    if result == "bool":
        body += f"  %{n + 2}:i64 = const.i64 #1\n  %{n + 3}:i64 = const.i64 #0\n"
        body += f"  %{n + 4}:i64 = select %{n} %{n + 2} %{n + 3}\n"
    elif result == "f64":
        body += f"  %{n + 4}:i64 = f64.bits %{n}\n"
    body += f"  %{n + 8}:text = text.of-i64 {shown}\n  %{n + 9}:unit = io.print %{n + 8}\n  return %{n + 9}\n"
    status, out, err = outcome(parse_module("module mir\nentry @m\n\nfunction @m -> unit\nb0()\n" + body, MIR))
    if status:
        return err.split(b"\n")[0].decode()
    number = int(out)
    return struct.unpack("<d", struct.pack("<q", number))[0] if result == "f64" else number


LOW, HIGH = -(1 << 63), (1 << 63) - 1
INTS = (0, 1, -1, 2, -7, 63, 64, 65, 1 << 32, LOW, LOW + 1, HIGH)


def signed(value: int) -> int:
    return int.from_bytes((value % (1 << 64)).to_bytes(8, "little"), "little", signed=True)


def trunc_div(a: int, b: int):
    if b == 0:
        return "panic: division by zero"
    if (a, b) == (LOW, -1):
        return "panic: division overflow"
    return int(math.copysign(1, a) * math.copysign(1, b)) * (abs(a) // abs(b))


def trunc_rem(a: int, b: int):
    quotient = trunc_div(a, b)
    return quotient if isinstance(quotient, str) else a - quotient * b


def bits_of(a: int) -> str:
    return format(a % (1 << 64), "064b")


BINARY = {
    "i64.add": lambda a, b: signed(a + b),
    "i64.sub": lambda a, b: signed(a - b),
    "i64.mul": lambda a, b: signed(a * b),
    "i64.div": trunc_div,
    "i64.rem": trunc_rem,
    "i64.and": lambda a, b: signed(int("".join("01"[x + y == "11"] for x, y in zip(bits_of(a), bits_of(b))), 2)),
    "i64.or": lambda a, b: signed(int("".join("01"["1" in x + y] for x, y in zip(bits_of(a), bits_of(b))), 2)),
    "i64.xor": lambda a, b: signed(int("".join("01"[x != y] for x, y in zip(bits_of(a), bits_of(b))), 2)),
    "i64.shl": lambda a, b: signed(a * 2 ** (b % 64)),
    "i64.shr": lambda a, b: signed(int(("0" * (b % 64) + bits_of(a))[:64], 2)),
    "i64.sar": lambda a, b: a // 2 ** (b % 64),
    "i64.min": min,
    "i64.max": max,
    "i64.lt": lambda a, b: int(a < b),
    "i64.ge": lambda a, b: int(a >= b),
    "i64.eq": lambda a, b: int(a == b),
}


@pytest.mark.parametrize("op", sorted(BINARY))
def test_integer_ops_on_edges(op):
    result = MIR.by_name[op].result
    for a in INTS:
        for b in INTS[:8] if "sh" not in op else (0, 1, 63, 64, 65, -1):
            assert compute(op, [("i64", a), ("i64", b)], result) == BINARY[op](a, b), (a, b)


UNARY = {
    "i64.neg": lambda a: signed(-a),
    "i64.abs": lambda a: signed(abs(a)),
    "i64.not": lambda a: -1 - a,
    "i64.popcount": lambda a: bits_of(a).count("1"),
    "i64.clz": lambda a: len(bits_of(a)) - len(bits_of(a).lstrip("0")),
    "i64.ctz": lambda a: len(bits_of(a)) - len(bits_of(a).rstrip("0")),
}


@pytest.mark.parametrize("op", sorted(UNARY))
def test_unary_integer_ops_on_edges(op):
    for a in INTS:
        assert compute(op, [("i64", a)], "i64") == UNARY[op](a), a


INF, NAN = math.inf, math.nan
FLOATS = [
    ("f64.min", (0.0, -0.0), -0.0), ("f64.min", (-0.0, 0.0), -0.0), ("f64.min", (NAN, 1.0), NAN),
    ("f64.max", (0.0, -0.0), 0.0), ("f64.max", (-0.0, 0.0), 0.0), ("f64.max", (1.0, NAN), NAN),
    ("f64.div", (1.0, 0.0), INF), ("f64.div", (1.0, -0.0), -INF), ("f64.div", (-1.0, 0.0), -INF),
    ("f64.div", (0.0, 0.0), NAN), ("f64.rem", (5.5, 0.0), NAN), ("f64.rem", (INF, 2.0), NAN),
    ("f64.rem", (-5.5, 2.0), -1.5), ("f64.rem", (5.5, INF), 5.5), ("f64.sqrt", (-1.0,), NAN),
    ("f64.sqrt", (-0.0,), -0.0), ("f64.floor", (-0.5,), -1.0), ("f64.ceil", (-0.5,), -0.0),
    ("f64.floor", (-INF,), -INF), ("f64.add", (1e308, 1e308), INF), ("f64.neg", (0.0,), -0.0),
]  # fmt: skip


@pytest.mark.parametrize(("op", "operands", "expected"), FLOATS)
def test_float_edges(op, operands, expected):
    found = compute(op, [("f64", each) for each in operands], "f64")
    assert found != found if expected != expected else struct.pack("<d", found) == struct.pack("<d", expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(NAN, 0), (INF, HIGH), (-INF, LOW), (2.0**63, HIGH), (-1.9, -1), (1e300, HIGH), (-(2.0**63), LOW)],
)
def test_f64_to_i64_saturates(value, expected):
    assert compute("f64.to-i64", [("f64", value)], "i64") == expected


MAIN = "module mir\nentry @m\n\nfunction @m -> unit\n"


def run_body(body: str, **options):
    return outcome(parse_module(MAIN + body, MIR), **options)


def test_panics_flush_and_say_where():
    body = """b0()
  %0:text = const.text #"before"
  %1:unit = io.print %0
  %2:i64 = const.i64 #5
  %3:i64 = const.i64 #3
  %4:unit = check.bounds %2 %3 !"a.0x0:7:9"
  return %4
"""
    assert run_body(body) == (101, b"before\n", b"panic: index 5 out of range for length 3\n  at a.0x0:7:9\n")


def test_exit_takes_the_low_byte():
    assert run_body("b0()\n  %0:i64 = const.i64 #-1\n  %1:unit = process.exit %0\n  unreachable\n") == (255, b"", b"")


def test_panic_text_is_written_as_it_is():
    body = 'b0()\n  %0:text = const.text #"{0} é"\n  panic.text %0 !"f:1:2"\n'
    assert run_body(body) == (101, b"", "panic: {0} é\n  at f:1:2\n".encode())


RECURSE = """module mir
entry @m

function @down -> i64
b0(%0:i64)
  %1:i64 = const.i64 #0
  %2:bool = i64.eq %0 %1
  branch %2 b1() b2()
b1()
  return %0
b2()
  %3:i64 = const.i64 #1
  %4:i64 = i64.sub %0 %3
  %5:i64 = call @down %4
  %6:i64 = i64.add %5 %3
  return %6

function @m -> unit
b0()
  %0:i64 = const.i64 #N
  %1:i64 = call @down %0
  %2:text = text.of-i64 %1
  %3:unit = io.print %2
  return %3
"""


def test_deep_frames_fit_and_the_stack_ends():
    assert outcome(parse_module(RECURSE.replace("#N", "#20000"), MIR)) == (0, b"20000\n", b"")
    assert outcome(parse_module(RECURSE.replace("#N", "#200000"), MIR)) == (102, b"", b"panic: stack exhausted\n")


def test_tail_calls_use_no_stack():
    text = RECURSE.replace("#N", "#1000000").replace(
        "%5:i64 = call @down %4\n  %6:i64 = i64.add %5 %3\n  return %6", "tailcall @other %4"
    )
    other = "function @other -> i64\nb0(%0:i64)\n  tailcall @down %0\n\nfunction @m"
    assert outcome(parse_module(text.replace("function @m", other), MIR)) == (0, b"0\n", b"")


def test_absurd_arrays_exhaust_memory():
    body = "b0()\n  %0:i64 = const.i64 #9000000000000000000\n  %1:array<i64> = array.new %0 %0\n"
    body += "  %2:unit = const.unit\n  return %2\n"
    assert run_body(body) == (103, b"", b"panic: memory exhausted\n")


def test_streams_and_arguments():
    body = """b0()
  %0:list<text> = process.argv
  %1:text = value.show %0
  %2:unit = io.print %1
  %3:bool = io.read-line
  %4:text = io.taken
  %5:unit = io.print %4
  %6:bool = io.read-stdin
  %7:text = io.taken
  %8:unit = io.write %7
  return %8
"""
    text = MAIN.replace("entry @m", "entry @m\nlayout list<text>\n  nil\n  cons text list<text>") + body
    found = outcome(parse_module(text, MIR), stdin=b"one\ntwo\nthree", argv=["a b", 'q"'])
    assert found == (0, b'(list "a b" "q\\"")\none\ntwo\nthree', b"")


def test_values_that_contain_themselves_panic():
    layout = "entry @m\nlayout Node\n  End\n  Node mut:Node\n"
    body = """b0()
  %0:Node = make #0
  %1:Node = make #1 %0
  %2:unit = field.set #[1,0] %1 %1
  %3:text = value.show %1 !"f:3:1"
  return %2
"""
    found = outcome(parse_module(MAIN.replace("entry @m\n", layout) + body, MIR))
    assert found == (101, b"", b"panic: value contains itself\n  at f:3:1\n")
