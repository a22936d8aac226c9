"""Small MIR functions by topic, which together use every MIR op; `test_lower.py` shows the LIR of each."""

from __future__ import annotations

HEAD = """module mir
layout Option<i64>
  Some i64
  None
layout main.Shape
  Circle f64
  Box mut:i64 mut:text unit
  Empty
layout list<text>
  nil
  cons text list<text>

"""

PLACE = ' !"main.0x0:3:4"'


def _unary(name: str, given: str, result: str) -> str:
    title = name.replace(".", "-")
    return f"function @{title} -> {result}\nb0(%0:{given})\n  %1:{result} = {name} %0{PLACE}\n  return %1\n"


def _binary(name: str, given: str, result: str) -> str:
    title = name.replace(".", "-")
    params = f"%0:{given} %1:{given}"
    return f"function @{title} -> {result}\nb0({params})\n  %2:{result} = {name} %0 %1{PLACE}\n  return %2\n"


def _join(*functions: str) -> str:
    return "\n".join(functions)


WORDS = ("add", "sub", "mul", "div", "rem", "min", "max", "and", "or", "xor", "shl", "shr", "sar")
I64 = _join(
    *[_binary(f"i64.{op}", "i64", "i64") for op in WORDS],
    *[_unary(f"i64.{op}", "i64", "i64") for op in ["neg", "abs", "not", "popcount", "clz", "ctz"]],
    *[_binary(f"i64.{op}", "i64", "bool") for op in ["eq", "ne", "lt", "le", "gt", "ge"]],
    _unary("i64.to-f64", "i64", "f64"),
)

F64 = _join(
    *[_binary(f"f64.{op}", "f64", "f64") for op in ["add", "sub", "mul", "div", "rem", "min", "max"]],
    *[_unary(f"f64.{op}", "f64", "f64") for op in ["neg", "abs", "sqrt", "floor", "ceil"]],
    *[_binary(f"f64.{op}", "f64", "bool") for op in ["eq", "ne", "lt", "le", "gt", "ge"]],
    *[_unary(f"f64.{op}", "f64", "i64") for op in ["to-i64", "bits"]],
    _unary("f64.from-bits", "i64", "f64"),
)

BOOL = _join(
    _unary("bool.not", "bool", "bool"),
    _binary("bool.eq", "bool", "bool"),
    _binary("bool.ne", "bool", "bool"),
    """function @choose -> f64
b0(%0:bool %1:f64 %2:f64)
  %3:f64 = select %0 %1 %2
  return %3
""",
    """function @constants -> unit
b0(%0:unit %1:bool)
  %2:bool = const.bool #1
  %3:f64 = const.f64 #0x4008000000000000
  %4:unit = const.unit
  %5:unit = select %1 %0 %4
  jump b1(%5 %2 %3)
b1(%6:unit %7:bool %8:f64)
  return %6
""",
)


def _by_constant(op: str, divisor: int) -> str:
    title = f"{op}-{'minus-' if divisor < 0 else ''}{abs(divisor)}"
    return f"""function @{title} -> i64
b0(%0:i64)
  %1:i64 = const.i64 #{divisor}
  %2:i64 = i64.{op} %0 %1{PLACE}
  return %2
"""


DIVISION = _join(*[_by_constant(op, by) for op in ("div", "rem") for by in (1, 2, 8, -4, 10, -1, 0, -(2**63))])

OBJECTS = """function @option -> Option<i64>
b0(%0:i64 %1:bool)
  branch %1 b1() b2()
b1()
  %2:Option<i64> = make #0 %0
  return %2
b2()
  %3:Option<i64> = make #1
  return %3

function @unwrap -> i64
b0(%0:Option<i64>)
  %1:i64 = tag %0
  switch #[0] %1 b1() b2()
b1()
  %2:i64 = field #[0,0] %0
  %3:unit = rc.drop %0
  return %2
b2()
  unreachable

function @box -> main.Shape
b0(%0:i64 %1:text)
  %2:unit = const.unit
  %3:main.Shape = make #1 %0 %1 %2
  return %3

function @rename -> unit
b0(%0:main.Shape %1:text)
  %2:text = field.mut #[1,1] %0
  %3:unit = rc.dup %2
  %4:unit = field.set #[1,1] %0 %1
  %5:i64 = const.i64 #7
  %6:unit = field.set #[1,0] %0 %5
  %7:unit = field #[1,2] %0
  %8:unit = rc.drop %2
  %9:unit = rc.drop %0
  return %7

function @list -> list<text>
b0(%0:text)
  %1:list<text> = make #0
  %2:list<text> = make #1 %0 %1
  return %2

function @third -> i64
b0(%0:list<text>)
  %1:i64 = const.i64 #2
  %2:list<text> = list.cell %0 %1 !"main.0x0:9:1"
  %3:i64 = list.len %2
  return %3

function @same -> bool
b0(%0:main.Shape %1:main.Shape)
  %2:bool = value.eq %0 %1 !"main.0x0:9:2"
  return %2

function @shown -> text
b0(%0:main.Shape)
  %1:text = value.show %0 !"main.0x0:9:3"
  return %1

function @counter -> i64
b0(%0:i64)
  %1:cell<i64> = cell.new %0
  %2:i64 = cell.get %1
  %3:i64 = i64.add %2 %0
  %4:unit = cell.set %1 %3
  %5:i64 = cell.get %1
  return %5

function @held -> unit
b0(%0:cell<text> %1:text)
  %2:unit = cell.set %0 %1
  return %2
"""

ARRAYS = """function @floats -> array<f64>
b0(%0:i64 %1:f64)
  %2:array<f64> = array.new %0 %1 !"main.0x0:2:2"
  return %2

function @texts -> array<text>
b0(%0:text %1:text)
  %2:array<text> = array.of %0 %1
  %3:array<text> = array.copy %2
  %4:unit = rc.drop %2
  return %3

function @put -> unit
b0(%0:array<text> %1:i64 %2:text)
  %3:i64 = array.len %0
  %4:unit = check.bounds %1 %3 !"main.0x0:3:3"
  %5:unit = array.set %0 %1 %2
  return %5

function @at -> f64
b0(%0:array<f64> %1:i64)
  %2:f64 = array.get %0 %1
  %3:unit = array.set %0 %1 %2
  return %2

function @units -> unit
b0(%0:array<unit> %1:i64)
  %2:unit = array.get %0 %1
  %3:unit = array.set %0 %1 %2
  return %2
"""

BYTES = """function @copied -> text
b0(%0:text %1:i64 %2:i64)
  %3:bytes = bytes.of-text %0
  %4:bytes = bytes.slice %3 %1 %2 !"main.0x0:4:4"
  %5:text = text.of-bytes %4
  return %5

function @put-byte -> i64
b0(%0:i64 %1:i64 %2:i64)
  %3:bytes = bytes.new %0 !"main.0x0:4:5"
  %4:i64 = bytes.len %3
  %5:unit = check.bounds %1 %4 !"main.0x0:4:6"
  %6:unit = bytes.set %3 %1 %2
  %7:i64 = bytes.get %3 %1
  return %7
"""

REGIONS = """function @look -> i64
b0(%0:fn(i64)->i64 %1:i64)
  %2:i64 = capture #0 %0
  return %2

function @region -> i64
b0(%0:i64 %1:f64 %2:text)
  %3:i64 = region.enter
  %4:list<i64> = make #0
  %5:list<i64> = region.make #1 %3 %0 %4
  %6:cell<list<i64>> = region.cell %3 %5
  %7:Any = region.any #"F64" %3 %1
  %8:array<f64> = region.array %3 %0 %1 !"main.0x0:5:5"
  %9:array<text> = region.array %3 %0 %2 !"main.0x0:5:6"
  %10:array<text> = region.copy %3 %9
  %11:array<i64> = region.array-of %3 %0 %0
  %12:bytes = region.bytes %3 %0 !"main.0x0:5:7"
  %13:fn(i64)->i64 = region.closure @look %3 %0
  %14:unit = region.leave #1 %3
  return %0
"""

TEXTS = """function @greet -> text
b0(%0:text)
  %1:text = const.text #"hello, "
  %2:text = const.text #"!\\u0000"
  %3:text = text.cat %1 %0 %2
  %4:text = text.cat %3 %1
  return %4

function @byte -> i64
b0(%0:text %1:i64)
  %2:i64 = text.len %0
  %3:i64 = text.byte %0 %1
  %4:i64 = text.find %0 %0
  %5:i64 = i64.add %3 %4
  return %5

function @slice -> text
b0(%0:text %1:i64 %2:i64)
  %3:text = text.slice %0 %1 %2 !"main.0x0:5:5"
  return %3

function @less -> bool
b0(%0:text %1:text)
  %2:bool = text.lt %0 %1
  return %2

function @numbers -> text
b0(%0:i64 %1:f64)
  %2:text = text.of-i64 %0
  %3:text = text.of-f64 %1
  %4:text = text.fixed %1 %0 !"main.0x0:6:6"
  %5:bool = text.is-i64 %2
  %6:i64 = text.get-i64 %2
  %7:bool = text.is-f64 %3
  %8:f64 = text.get-f64 %3
  return %4
"""

WORLD = """function @talk -> unit
b0(%0:text %1:text)
  %2:unit = io.print %0
  %3:unit = io.write %0
  %4:bool = io.read-line
  %5:bool = io.read-stdin
  %6:bool = file.read %0
  %7:bool = file.write %0 %1
  %8:bool = process.env %0
  %9:text = io.taken
  %10:list<text> = process.argv
  %11:i64 = time.now
  %12:unit = process.exit %11
  unreachable

function @actors -> f64
b0(%0:fn(actor<i64>)->unit)
  %1:actor<i64> = actor.spawn %0
  %2:i64 = const.i64 #7
  %3:unit = actor.send %1 %2
  %4:unit = actor.join %1
  %5:unit = rc.drop %1
  %6:actor<f64> = actor.inbox
  %7:f64 = const.f64 #0x3ff0000000000000
  %8:unit = actor.send %6 %7
  %9:f64 = actor.receive %6 !"main.0x0:3:4"
  %10:unit = rc.drop %6
  return %9

function @fail -> unit
b0(%0:list<text> %1:i64)
  branch %1 b1() b2()
b1()
  panic #"empty-list" !"main.0x0:7:7"
b2()
  %2:text = const.text #"no"
  panic.text %2 !"main.0x0:8:8"
""".replace("%1:i64)\n  branch", "%1:bool)\n  branch")

_SEVEN = " ".join(f"%{k}:i64" for k in range(8))
_TEN = " ".join(f"%{k}:f64" for k in range(8, 18))

CALLS = f"""function @many -> i64
b0({_SEVEN} {_TEN})
  %18:i64 = f64.to-i64 %17
  %19:i64 = i64.add %7 %18
  return %19

function @caller -> i64
b0(%0:i64 %1:f64)
  %2:i64 = call @many {"%0 " * 8}{"%1 " * 10}
  tailcall @many {"%2 " * 8}{"%1 " * 10}

function @unit -> unit
b0(%0:unit)
  %1:unit = call @unit %0
  tailcall @unit %1

function @inner -> i64
b0(%0:fn(i64)->i64 %1:i64)
  %2:i64 = capture #0 %0
  %3:f64 = capture #1 %0
  %4:text = capture #2 %0
  %5:i64 = i64.add %1 %2
  return %5

function @outer -> fn(i64)->i64
b0(%0:i64 %1:f64 %2:text)
  %3:fn(i64)->i64 = closure @inner %0 %1 %2
  return %3

function @plain -> i64
b0(%0:fn(i64)->i64 %1:i64)
  return %1

function @static -> i64
b0(%0:i64)
  %1:fn(i64)->i64 = const.fn @plain
  %2:i64 = call.closure %1 %0
  tailcall.closure %1 %2
"""

ANY = """function @wrap -> Any
b0(%0:i64)
  %1:Any = any.new #"I64" %0
  return %1

function @unwrap-text -> text
b0(%0:Any)
  %1:text = any.get #"Text" %0 !"main.0x0:5:1"
  %2:unit = rc.dup %1
  %3:unit = rc.drop %0
  return %1

function @unwrap-unit -> unit
b0(%0:Any)
  %1:unit = any.get #"Unit" %0 !"main.0x0:5:2"
  return %1
"""

FOREIGN = """\
module mir

function @f -> bool
b0(%0:i64 %1:f64)
  %2:bool = call.c #"odd" %0 %1
  return %2

function @g -> unit
b0(%0:bool)
  %1:unit = call.c #"note" %0
  return %1
"""

CASES: dict[str, str] = {
    "i64": I64,
    "f64": F64,
    "bool": BOOL,
    "division": DIVISION,
    "objects": OBJECTS,
    "arrays": ARRAYS,
    "any": ANY,
    "bytes": BYTES,
    "regions": REGIONS,
    "texts": TEXTS,
    "world": WORLD,
    "calls": CALLS,
    "foreign": FOREIGN,
}
