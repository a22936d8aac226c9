"""MIR modules as text that several test areas share; each with a status and output computed in Python."""

from __future__ import annotations

FIB = """module mir
entry @main

function @fib -> i64
b0(%0:i64)
  %1:i64 = const.i64 #2
  %2:bool = i64.lt %0 %1
  branch %2 b1() b2()
b1()
  return %0
b2()
  %3:i64 = const.i64 #1
  %4:i64 = i64.sub %0 %3
  %5:i64 = call @fib %4
  %6:i64 = i64.sub %0 %1
  %7:i64 = call @fib %6
  %8:i64 = i64.add %5 %7
  return %8

function @main -> unit
b0()
  %0:i64 = const.i64 #20
  %1:i64 = call @fib %0
  %2:text = text.of-i64 %1
  %3:unit = io.print %2
  return %3
"""

# Builds the list 0..n-1 (downwards) and sums it by a loop and by a recursion.
LISTS = """module mir
entry @main
layout list<i64>
  nil
  cons i64 list<i64>

function @range -> list<i64>
b0(%0:i64)
  %1:list<i64> = make #0
  %2:i64 = const.i64 #0
  jump b1(%0 %1)
b1(%3:i64 %4:list<i64>)
  %5:bool = i64.gt %3 %2
  branch %5 b2() b3()
b2()
  %6:i64 = const.i64 #1
  %7:i64 = i64.sub %3 %6
  %8:list<i64> = make #1 %7 %4
  jump b1(%7 %8)
b3()
  return %4

function @total -> i64
b0(%0:list<i64>)
  %1:i64 = const.i64 #0
  jump b1(%0 %1)
b1(%2:list<i64> %3:i64)
  %4:i64 = tag %2
  switch #[0] %4 b2() b3()
b2()
  return %3
b3()
  %5:i64 = field #[1,0] %2
  %6:list<i64> = field #[1,1] %2
  %7:i64 = i64.add %3 %5
  jump b1(%6 %7)

function @deep -> i64
b0(%0:list<i64>)
  %1:i64 = tag %0
  switch #[0] %1 b1() b2()
b1()
  %2:i64 = const.i64 #0
  return %2
b2()
  %3:list<i64> = field #[1,1] %0
  %4:i64 = call @deep %3
  %5:i64 = field #[1,0] %0
  %6:i64 = i64.add %4 %5
  return %6

function @main -> unit
b0()
  %0:i64 = const.i64 #100
  %1:list<i64> = call @range %0
  %2:i64 = call @total %1
  %3:i64 = call @deep %1
  %4:text = text.of-i64 %2
  %5:text = text.of-i64 %3
  %6:text = const.text #" and "
  %7:text = text.cat %4 %6 %5
  %8:unit = io.print %7
  %9:text = value.show %1
  %10:i64 = text.len %9
  %11:text = text.of-i64 %10
  %12:unit = io.print %11
  return %12
"""

# Sums a[i] for i in 0..len over an array of texts' lengths, with checks, nested arrays and mutation.
ARRAYS = """module mir
entry @main

function @fill -> array<array<f64>>
b0(%0:i64)
  %1:f64 = const.f64 #0x3ff8000000000000
  %2:array<f64> = array.new %0 %1 !"m.0x0:1:1"
  %3:array<array<f64>> = array.new %0 %2 !"m.0x0:2:1"
  return %3

function @sum -> f64
b0(%0:array<array<f64>>)
  %1:i64 = const.i64 #0
  %2:f64 = const.f64 #0x0000000000000000
  %3:i64 = array.len %0
  jump b1(%1 %2)
b1(%4:i64 %5:f64)
  %6:bool = i64.lt %4 %3
  branch %6 b2() b6()
b2()
  %7:i64 = array.len %0
  %8:unit = check.bounds %4 %7 !"m.0x0:3:3"
  %9:array<f64> = array.get %0 %4
  jump b3(%1 %5)
b3(%10:i64 %11:f64)
  %12:i64 = array.len %9
  %13:bool = i64.lt %10 %12
  branch %13 b4() b5()
b4()
  %14:i64 = array.len %9
  %15:unit = check.bounds %10 %14 !"m.0x0:4:3"
  %16:f64 = array.get %9 %10
  %17:f64 = f64.add %11 %16
  %18:i64 = const.i64 #1
  %19:i64 = i64.add %10 %18
  %20:i64 = array.len %9
  %21:unit = check.bounds %10 %20 !"m.0x0:5:3"
  %22:unit = array.set %9 %10 %17
  jump b3(%19 %17)
b5()
  %23:i64 = const.i64 #1
  %24:i64 = i64.add %4 %23
  jump b1(%24 %11)
b6()
  return %5

function @main -> unit
b0()
  %0:i64 = const.i64 #7
  %1:array<array<f64>> = call @fill %0
  %2:f64 = call @sum %1
  %3:text = text.of-f64 %2
  %4:unit = io.print %3
  %5:text = value.show %1
  %6:i64 = text.len %5
  %7:text = text.of-i64 %6
  %8:unit = io.print %7
  return %8
"""

# Closures, cells, constants as functions, tail calls through a closure, a record with a mutable field.
CLOSURES = """module mir
entry @main
layout Counter
  Counter mut:i64 text

function @adder -> i64
b0(%0:fn(i64)->i64 %1:i64)
  %2:i64 = capture #0 %0
  %3:cell<i64> = capture #1 %0
  %4:i64 = cell.get %3
  %5:i64 = i64.add %4 %1
  %6:unit = cell.set %3 %5
  %7:i64 = i64.add %1 %2
  return %7

function @twice -> i64
b0(%0:fn(i64)->i64 %1:i64)
  %2:i64 = const.i64 #2
  %3:i64 = i64.mul %1 %2
  return %3

function @apply -> i64
b0(%0:fn(i64)->i64 %1:i64)
  tailcall.closure %0 %1

function @down -> text
b0(%0:i64 %1:text)
  %2:i64 = const.i64 #0
  %3:bool = i64.le %0 %2
  branch %3 b1() b2()
b1()
  return %1
b2()
  %4:i64 = const.i64 #1
  %5:i64 = i64.sub %0 %4
  tailcall @up %5 %1

function @up -> text
b0(%0:i64 %1:text)
  %2:text = const.text #"."
  %3:text = text.cat %1 %2
  tailcall @down %0 %3

function @main -> unit
b0()
  %0:i64 = const.i64 #5
  %1:i64 = const.i64 #0
  %2:cell<i64> = cell.new %1
  %3:fn(i64)->i64 = closure @adder %0 %2
  %4:i64 = call @apply %3 %0
  %5:i64 = call.closure %3 %4
  %6:fn(i64)->i64 = const.fn @twice
  %7:i64 = call @apply %6 %5
  %8:text = text.of-i64 %7
  %9:unit = io.print %8
  %10:i64 = cell.get %2
  %11:text = text.of-i64 %10
  %12:Counter = make #0 %1 %11
  %13:unit = field.set #[0,0] %12 %7
  %14:text = value.show %12
  %15:unit = io.print %14
  %16:text = const.text #""
  %17:i64 = const.i64 #300
  %18:text = call @down %17 %16
  %19:i64 = text.len %18
  %20:text = text.of-i64 %19
  %21:unit = io.print %20
  return %21
"""

# name -> (text, expected standard output)
SAMPLES: dict[str, tuple[str, bytes]] = {
    "fib": (FIB, b"6765\n"),
    "lists": (
        LISTS,
        b"%d and %d\n%d\n" % (sum(range(100)), sum(range(100)), len("(list " + " ".join(map(str, range(100))) + ")")),
    ),
    "arrays": (ARRAYS, b""),  # filled below
    "closures": (CLOSURES, b'30\n(Counter 30 "15")\n300\n'),
}


def _arrays() -> bytes:
    row = [1.5] * 7
    rows = [row] * 7
    total = 0.0
    for each in rows:
        for i in range(len(each)):
            total += each[i]
            each[i] = total

    def number(x: float) -> str:
        text = repr(x)
        return text.replace("e+", "e")

    shown = "(array-of " + " ".join("(array-of " + " ".join(number(x) for x in r) + ")" for r in rows) + ")"
    return f"{number(total)}\n{len(shown)}\n".encode()


SAMPLES["arrays"] = (ARRAYS, _arrays())
