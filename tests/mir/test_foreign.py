"""`call.c` in the MIR interpreter: what crosses, in which order, and what is done with the result."""

from __future__ import annotations

import io

from compiler.ir.text import parse_module
from compiler.mir.interp import run
from compiler.mir.ops import MIR

TEXT = """\
module mir
entry @main

function @main -> unit
b0()
  %0:i64 = const.i64 #-5
  %1:f64 = const.f64 #0x4000000000000000
  %2:bool = const.bool #1
  %3:bool = call.c #"odd" %0 %1 %2
  %4:unit = call.c #"note" %3
  %5:i64 = call.c #"next"
  %6:text = text.of-i64 %5
  %7:unit = io.print %6
  return %4
"""


def test_arguments_and_results() -> None:
    seen: list[tuple[object, ...]] = []

    def foreign(symbol: str, shape: str, *arguments: object) -> object:
        seen.append((symbol, shape, arguments))
        return {"odd": True, "note": None, "next": 42}[symbol]

    out, err = io.BytesIO(), io.BytesIO()
    module = parse_module(TEXT, MIR)
    status = run(module, argv=[], stdin=io.BytesIO(), stdout=out, stderr=err, foreign=foreign)
    assert (status, out.getvalue(), err.getvalue()) == (0, b"42\n", b"")
    assert seen == [
        ("odd", "i64 f64 bool -> bool", (-5, 2.0, True)),
        ("note", "bool -> unit", (True,)),
        ("next", "-> i64", ()),
    ]
