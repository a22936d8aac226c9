"""Every invariant of LIR has a function that breaks it, and nothing else does."""

from __future__ import annotations

import pytest

from compiler.ir.text import parse_module
from compiler.lir.module import LirModule
from compiler.lir.ops import LIR
from compiler.lir.verify import INVARIANTS, verify
from compiler.mir.ops import MIR

BROKEN: dict[str, list[str]] = {
    "V301": ["function @f -> text\nb0()\n  trap", "function @f -> i64\nb0(%0:bool)\n  trap"],
    "V302": [
        "function @g -> i64\nb0(%0:i64)\n  ret %0\n\nfunction @f -> i64\nb0(%0:f64)\n  %1:i64 = call @g %0\n  ret %1",
        "function @g -> i64\nb0(%0:i64)\n  ret %0\n\nfunction @f -> f64\nb0(%0:i64)\n  %1:f64 = call @g %0\n  ret %1",
        "function @g -> i64\nb0(%0:i64)\n  ret %0\n\nfunction @f -> i64\nb0(%0:i64)\n  tail @g",
        "function @g -> i64\nb0(%0:i64)\n  %1:i64 = args.load #0\n  ret %1\n\nfunction @f -> i64\nb0()\n  tail @g",
    ],
    "V303": [
        "function @f -> \"\"\nb0(%0:ptr)\n  call.rt @zr_nothing %0\n  ret",
        "function @f -> \"\"\nb0(%0:i64)\n  call.rt @zr_print %0\n  ret",
        "function @f -> i64\nb0(%0:ptr)\n  %1:i64 = call.rt @zr_print %0\n  ret %1",
    ],
    "V304": [
        "function @f -> i64\nb0(%0:ptr)\n  call.rt @zr_print %0\n  %1:i64 = args.load #0\n  ret %1",
        "function @f -> \"\"\nb0(%0:ptr)\n  args.store #0 %0\n  call.rt @zr_print %0\n  ret",
        "function @f -> i64\nb0()\n  %0:i64 = args.load #256\n  ret %0",
        "function @f -> i64\nb0(" + " ".join(f"%{k}:i64" for k in range(7)) + ")\n  ret %0",
    ],
    "V305": ["function @f -> ptr\nb0()\n  %0:ptr = addr #[\"gone\",0]\n  ret %0"],
    "V306": ["function @f -> i64\nb0()\n  ret", "function @f -> \"\"\nb0(%0:i64)\n  ret %0"],
    "V307": ["function @f -> \"\" cold=[0]\nb0()\n  ret", "function @f -> \"\" cold=[7]\nb0()\n  ret"],
    "V308": [
        "data $d .data 8 0000000000000000 0:gone:0",
        "data $d .data 8 00\ndata $d .data 8 00",
        "data $d .data 8 00 0:zr_nil:0",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in BROKEN.items() for text in texts])
def test_each_invariant_fires_alone(code: str, text: str) -> None:
    module = parse_module("module lir\n" + text + "\n", LIR, LirModule())
    assert isinstance(module, LirModule)
    assert {problem[:4] for problem in verify(module)} == {code}


def test_every_invariant_has_a_case() -> None:
    assert set(BROKEN) == {*INVARIANTS, "V308"}


def test_another_level_is_refused() -> None:
    module = LirModule()
    module.functions.update(parse_module("module mir\nfunction @f -> i64\nb0(%0:i64)\n  return %0\n", MIR).functions)
    assert [problem[:4] for problem in verify(module)] == ["V101"]
