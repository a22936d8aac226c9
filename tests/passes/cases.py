"""Small inputs that show what each pass does; names are `pass` or `pass-topic`."""

from __future__ import annotations

HEAD = "module mir\n"
LISTS = "layout list<i64>\n  nil\n  cons i64 list<i64>\n"


def fragment(*lines: str, params: str = "%0:i64 %1:i64", result: str = "i64", layouts: str = "") -> str:
    """One function @f that is not run."""
    body = "".join(line + "\n" if line[0] == "b" and line[1].isdigit() else "  " + line + "\n" for line in lines)
    return f"{HEAD}{layouts}\nfunction @f -> {result}\nb0({params})\n{body}"


CASES: dict[str, str] = {
    "fold-integers": fragment(
        "%2:i64 = const.i64 #6",
        "%3:i64 = const.i64 #7",
        "%4:i64 = i64.mul %2 %3",
        "%5:i64 = const.i64 #0",
        "%6:i64 = i64.add %0 %5",
        "%7:i64 = i64.sub %6 %6",
        "%8:i64 = i64.add %4 %7",
        "%9:i64 = i64.div %0 %5",
        "%10:i64 = i64.add %8 %9",
        "return %10",
    ),
    # x + 0.0 changes -0.0 and stays; x * 1.0 goes; 0.0 / 0.0 is left to the machine.
    "fold-floats": fragment(
        "%2:f64 = const.f64 #0x0000000000000000",
        "%3:f64 = f64.add %0 %2",
        "%4:f64 = const.f64 #0x3ff0000000000000",
        "%5:f64 = f64.mul %3 %4",
        "%6:f64 = f64.div %2 %2",
        "%7:f64 = f64.add %5 %6",
        "%8:bool = f64.lt %7 %1",
        "%9:bool = bool.not %8",
        "branch %9 b1() b2()",
        "b1()",
        "return %7",
        "b2()",
        "return %0",
        params="%0:f64 %1:f64",
        result="f64",
    ),
    "fold-objects": fragment(
        "%2:list<i64> = make #0",
        "%3:list<i64> = make #1 %0 %2",
        "%4:i64 = tag %3",
        "switch #[0] %4 b1() b2()",
        "b1()",
        "return %1",
        "b2()",
        "%5:i64 = field #[1,0] %3",
        "return %5",
        layouts=LISTS,
    ),
    "fold-closures": HEAD
    + """
function @g -> i64
b0(%0:fn(i64)->i64 %1:i64)
  %2:i64 = capture #0 %0
  %3:i64 = i64.add %1 %2
  return %3

function @f -> i64
b0(%0:i64)
  %1:fn(i64)->i64 = closure @g %0
  %2:i64 = call.closure %1 %0
  %3:i64 = capture #0 %1
  tailcall.closure %1 %3
""",
    "cleanup": fragment(
        "%2:bool = i64.lt %0 %1",
        "branch %2 b1() b2()",
        "b1()",
        "%3:bool = const.bool #1",
        "jump b3(%3 %0)",
        "b2()",
        "%4:bool = i64.eq %0 %1",
        "jump b3(%4 %0)",
        "b3(%5:bool %6:i64)",
        "branch %5 b4() b5()",
        "b4()",
        "jump b6(%6)",
        "b5()",
        "%7:i64 = const.i64 #0",
        "jump b6(%7)",
        "b6(%8:i64)",
        "jump b7()",
        "b7()",
        "return %8",
    ),
    # Two empty blocks that jump in a circle must not be threaded forever.
    "cleanup-circle": fragment(
        "%2:bool = i64.lt %0 %1",
        "branch %2 b1() b3()",
        "b1()",
        "jump b2()",
        "b2()",
        "jump b1()",
        "b3()",
        "return %0",
    ),
    "dce": fragment(
        "%2:list<i64> = make #0",
        "%3:list<i64> = make #1 %0 %2",
        "%4:i64 = i64.add %0 %1",
        "%5:i64 = i64.div %0 %1",
        "jump b1(%0 %4)",
        "b1(%6:i64 %7:i64)",
        "%8:i64 = i64.add %7 %6",
        "%9:bool = i64.lt %6 %1",
        "branch %9 b1(%6 %8) b2()",
        "b2()",
        "return %6",
        layouts=LISTS,
    ),
    "gvn": fragment(
        "%2:i64 = i64.add %0 %1",
        "%3:i64 = i64.add %1 %0",
        "%4:bool = i64.lt %2 %3",
        "branch %4 b1() b2()",
        "b1()",
        "%5:bool = i64.lt %2 %3",
        "branch %5 b3() b2()",
        "b2()",
        "%6:i64 = i64.sub %0 %1",
        "return %6",
        "b3()",
        "%7:i64 = i64.sub %0 %1",
        "return %7",
    ),
    # The load after the store to the other array must stay: they may be the same array.
    "gvn-memory": fragment(
        "%3:i64 = array.get %0 %2",
        "%4:i64 = array.get %0 %2",
        "%5:unit = array.set %1 %2 %4",
        "%6:i64 = array.get %1 %2",
        "%7:i64 = array.get %0 %2",
        "%8:i64 = i64.add %3 %6",
        "%9:i64 = i64.add %8 %7",
        "return %9",
        params="%0:array<i64> %1:array<i64> %2:i64",
    ),
    "gvn-checks": fragment(
        '%2:unit = check.bounds %0 %1 !"f:1:1"',
        '%3:unit = check.bounds %0 %1 !"f:2:1"',
        '%4:i64 = i64.div %0 %1 !"f:3:1"',
        '%5:i64 = i64.div %0 %1 !"f:4:1"',
        "%6:i64 = i64.add %4 %5",
        "return %6",
    ),
    "licm": fragment(
        "%2:i64 = const.i64 #0",
        "jump b1(%2 %2)",
        "b1(%3:i64 %4:i64)",
        "%5:bool = i64.lt %3 %1",
        "branch %5 b2() b3()",
        "b2()",
        "%6:i64 = array.len %0",
        "%7:i64 = const.i64 #3",
        "%8:i64 = i64.mul %1 %7",
        "%9:i64 = i64.add %6 %8",
        "%10:i64 = i64.div %1 %6",
        "%11:i64 = i64.add %4 %9",
        "%12:i64 = i64.add %11 %10",
        "%13:i64 = const.i64 #1",
        "%14:i64 = i64.add %3 %13",
        "jump b1(%14 %12)",
        "b3()",
        "return %4",
        params="%0:array<i64> %1:i64",
    ),
    # A field may only be read where its tag is known: it stays in the loop's body.
    "licm-guarded": fragment(
        "jump b1(%1)",
        "b1(%2:i64)",
        "%3:i64 = tag %0",
        "switch #[0] %3 b3() b2()",
        "b2()",
        "%4:i64 = field #[1,0] %0",
        "%5:i64 = i64.add %2 %4",
        "jump b1(%5)",
        "b3()",
        "return %2",
        params="%0:list<i64> %1:i64",
        layouts=LISTS,
    ),
    "bounds": fragment(
        "%2:i64 = const.i64 #0",
        "%3:i64 = const.i64 #1",
        "%4:i64 = array.len %0",
        "jump b1(%2 %2)",
        "b1(%5:i64 %6:i64)",
        "%7:bool = i64.lt %5 %4",
        "branch %7 b2() b3()",
        "b2()",
        '%8:unit = check.bounds %5 %4 !"f:1:1"',
        "%9:i64 = array.get %0 %5",
        '%10:unit = check.bounds %9 %4 !"f:2:1"',
        "%11:i64 = i64.add %6 %9",
        "%12:i64 = i64.add %5 %3",
        "jump b1(%12 %11)",
        "b3()",
        "return %6",
        params="%0:array<i64> %1:i64",
    ),
    # A step of 2^62 is more than a length is sure to leave room for: the check stays.
    "bounds-wrap": fragment(
        "%2:i64 = const.i64 #0",
        "%3:i64 = const.i64 #4611686018427387904",
        "%4:i64 = array.len %0",
        "jump b1(%2)",
        "b1(%5:i64)",
        "%7:bool = i64.lt %5 %1",
        "branch %7 b2() b4()",
        "b2()",
        "%6:bool = i64.lt %5 %4",
        "branch %6 b3() b4()",
        "b3()",
        '%8:unit = check.bounds %5 %4 !"f:1:1"',
        "%9:i64 = i64.add %5 %3",
        "jump b1(%9)",
        "b4()",
        "return %5",
        params="%0:array<i64> %1:i64",
    ),
    "loopify": fragment(
        "%2:i64 = const.i64 #0",
        "%3:bool = i64.le %0 %2",
        "branch %3 b1() b2()",
        "b1()",
        "return %1",
        "b2()",
        "%4:i64 = const.i64 #1",
        "%5:i64 = i64.sub %0 %4",
        "%6:i64 = i64.add %1 %0",
        "tailcall @f %5 %6",
    ),
    "inline": HEAD
    + """entry @main

function @square -> i64
b0(%0:i64)
  %1:i64 = i64.mul %0 %0
  return %1

function @choose -> i64
b0(%0:i64)
  %1:i64 = const.i64 #3
  %2:bool = i64.lt %0 %1
  branch %2 b1() b2()
b1()
  tailcall @square %0
b2()
  return %0

function @never -> i64 inline="never"
b0(%0:i64)
  return %0

function @self -> i64
b0(%0:i64)
  %1:i64 = call @self %0
  return %1

function @main -> unit
b0()
  %0:i64 = const.i64 #2
  %1:i64 = call @choose %0
  %2:i64 = call @never %1
  %3:i64 = call @square %2
  %4:text = text.of-i64 %3
  %5:unit = io.print %4
  return %5
""",
    "recurse": fragment(
        "%2:i64 = const.i64 #2",
        "%3:bool = i64.lt %0 %2",
        "branch %3 b1() b2()",
        "b1()",
        "return %0",
        "b2()",
        "%4:i64 = i64.sub %0 %2",
        "%5:i64 = call @f %4 %1",
        "%6:i64 = i64.add %5 %1",
        "return %6",
    ),
    "arrange": fragment(
        "jump b3(%0)",
        "b1()",
        "return %5",
        "b2()",
        "%2:i64 = const.i64 #1",
        "%3:i64 = i64.sub %5 %2",
        "jump b3(%3)",
        "b3(%5:i64)",
        "%6:bool = i64.gt %5 %1",
        "branch %6 b2() b4()",
        "b4()",
        "%7:bool = i64.eq %5 %1",
        "branch %7 b1() b5()",
        "b5()",
        "unreachable",
    ),
}
