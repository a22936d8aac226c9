"""MIR to LIR: every op of the table is lowered, well formed, and looks as the goldens show."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from compiler.ir.function import Module
from compiler.ir.text import parse_module, print_module
from compiler.ir.verify import verify as verify_ssa
from compiler.lir.data import IMMORTAL
from compiler.lir.lower import RULES, UnsupportedError, lower
from compiler.lir.module import LirModule
from compiler.lir.ops import LIR
from compiler.lir.runtime import BY_NAME
from compiler.lir.verify import verify
from compiler.mir.ops import MIR
from tests.lir.cases import CASES, HEAD


def mir(case: str) -> Module:
    return parse_module(HEAD + case, MIR)


@pytest.mark.parametrize("name", sorted(CASES))
def test_lowered_as_the_golden_shows(name: str, golden: Callable[[str, str], None]) -> None:
    module = lower(mir(CASES[name]))
    golden(f"lir/{name}.txt", print_module(module, LIR))


@pytest.mark.parametrize("name", sorted(CASES))
def test_lowered_is_well_formed(name: str) -> None:
    module = mir(CASES[name])
    assert verify_ssa(module, MIR) == []
    lowered = lower(module)
    assert verify(lowered) == []


@pytest.mark.parametrize("name", sorted(CASES))
def test_text_reads_back(name: str) -> None:
    text = print_module(lower(mir(CASES[name])), LIR)
    again = parse_module(text, LIR, LirModule())
    assert print_module(again, LIR) == text


def test_every_mir_op_has_a_rule_and_a_case() -> None:
    assert set(RULES) == set(MIR.by_name)
    used = {
        MIR.ops[function.op[value]].name
        for case in CASES.values()
        for function in mir(case).functions.values()
        for block in function.blocks
        for value in block.body
    }
    assert used == set(MIR.by_name)


def test_every_runtime_function_that_takes_a_place_is_given_one() -> None:
    """The place is the last argument of a call, but for panics, and names the op's own line."""
    for case in CASES.values():
        lowered = lower(mir(case))
        places = {datum.name: datum.bytes for datum in lowered.data if datum.name.startswith("$place")}
        for function in lowered.functions.values():
            for block in function.blocks:
                for value in block.body:
                    if LIR.ops[function.op[value]].name != "call.rt" or "loc" not in BY_NAME[function.imm[value]].doc:
                        continue
                    args = function.args[value]
                    place = args[1] if function.imm[value] in ("zr_panic", "zr_panic_text") else args[-1]
                    symbol = function.imm[place][0]
                    assert places[symbol] == lowered.places[function.at[value]].encode() + b"\0"
                    assert places[symbol] != b"\0"


def test_static_data_is_shared_and_immortal() -> None:
    case = """function @f -> text
b0(%0:bool)
  %1:text = const.text #"a\\u00e9"
  %2:text = const.text #"a\\u00e9"
  %3:Option<i64> = make #1
  %4:Option<i64> = make #1
  return %2
"""
    data = {datum.name: datum for datum in lower(mir(case)).data}
    descriptor, name, nothing, text_name = sorted(data)
    assert (descriptor, nothing) == ("$descriptor.Option<i64>.None", "$object.Option<i64>.None")
    assert (name.rpartition(".")[0], text_name.rpartition(".")[0]) == ("$name", "$text")
    text = data[text_name]
    assert (
        text.bytes[:4] == IMMORTAL.to_bytes(4, "little", signed=True) == (-(1 << 30)).to_bytes(4, "little", signed=True)
    )
    assert text.bytes[16:] == (3).to_bytes(8, "little") + "aé".encode() + b"\0"
    assert text.relocs == [(8, "zr_desc_text", 0)]
    assert {datum.section for name, datum in data.items() if name[1] in "ot"} == {".data"}
    assert data["$object.Option<i64>.None"].bytes[4:8] == (1).to_bytes(4, "little")
    assert data["$descriptor.Option<i64>.None"].relocs == [(8, name, 0)]
    assert data[name].bytes == b"None\0"


def test_entry_becomes_zero_main() -> None:
    case = "entry @main\nfunction @main -> unit\nb0()\n  %0:unit = const.unit\n  return %0\n"
    module = lower(parse_module("module mir\n" + case, MIR))
    assert module.entry == "zero_main"
    assert print_module(module, LIR).endswith(
        "function @zero_main -> i64\nb0()\n  call @main\n  %0:i64 = const #0\n  ret %0\n"
    )
    assert verify(module) == []


def test_cold_blocks_come_last_and_stay_cold() -> None:
    for case in CASES.values():
        for function in lower(mir(case)).functions.values():
            cold = function.attrs.get("cold", ())
            assert list(cold) == list(range(len(function.blocks) - len(cold), len(function.blocks)))
            for index, block in enumerate(function.blocks):
                ends = LIR.ops[function.op[block.body[-1]]].name
                assert ends != "trap" or index in cold or index == 0


def test_same_module_same_text() -> None:
    digests = {hashlib.sha256(print_module(lower(mir(case)), LIR).encode()).digest() for case in [CASES["objects"]] * 3}
    assert len(digests) == 1


def test_only_mir_is_lowered() -> None:
    with pytest.raises(ValueError, match="takes MIR"):
        lower(LirModule())


def test_too_many_arguments_are_refused_with_a_place() -> None:
    params = " ".join(f"%{k}:i64" for k in range(263))
    case = f"function @wide -> i64\nb0({params})\n  return %0\n"
    with pytest.raises(UnsupportedError, match="263 parameters"):
        lower(mir(case))
    fits = " ".join(f"%{k}:i64" for k in range(262))
    assert verify(lower(mir(f"function @wide -> i64\nb0({fits})\n  return %0\n"))) == []


def test_a_function_may_not_have_a_runtime_name() -> None:
    with pytest.raises(ValueError, match="zr_print"):
        lower(mir("function @zr_print -> i64\nb0(%0:i64)\n  return %0\n"))
