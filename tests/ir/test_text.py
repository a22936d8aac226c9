"""Text of modules: printing is the inverse of parsing at every level."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.function import Layout, Module
from compiler.ir.text import ParseError, equal, parse_module, print_module
from compiler.lir.ops import LIR
from compiler.mir.ops import MIR
from tests.mir.random_modules import generate
from tests.mir.samples import SAMPLES


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_samples_print_as_written(name):
    text = SAMPLES[name][0]
    assert print_module(parse_module(text, MIR), MIR) == text


@given(st.integers(0, 10_000))
def test_random_modules_come_back(seed):
    module = generate(seed)
    text = print_module(module, MIR)
    back = parse_module(text, MIR)
    assert print_module(back, MIR) == text
    assert set(back.functions) == set(module.functions)
    for name, function in module.functions.items():
        other = back.functions[name]
        assert equal(function, other, MIR, module.places, back.places)
        assert [len(b.body) for b in function.blocks] == [len(b.body) for b in other.blocks]
        assert [
            (function.op[v], function.type[v], function.imm[v], module.places[function.at[v]])
            for b in function.blocks
            for v in b.body
        ] == [
            (other.op[v], other.type[v], other.imm[v], back.places[other.at[v]]) for b in other.blocks for v in b.body
        ]
    assert {n: x.variants for n, x in back.layouts.items()} == {n: x.variants for n, x in module.layouts.items()}


def test_names_and_texts_of_any_shape_come_back():
    module = Module("mir")
    odd = 'Pair<I64, "x">'
    module.layouts[odd] = Layout(odd, [("Pair", ("i64", "text"), (False, True))])
    from compiler.ir.function import Function

    function = module.functions["a b"] = Function("mir", "a b", odd)
    function.attrs = {"inline": "always", "borrows": (0, 2)}
    block = function.block()
    number = function.emit(block, MIR.code["const.i64"], "i64", (), -5)
    text = function.emit(block, MIR.code["const.text"], "text", (), 'say "hi" (b1() %1 @f #2 !x\n\0\u2028')
    made = function.emit(block, MIR.code["make"], odd, (number, text), 0, module.place("dir with space/f.0x0:1:2"))
    function.emit(block, MIR.code["return"], "", (made,))
    written = print_module(module, MIR)
    back = parse_module(written, MIR)
    assert print_module(back, MIR) == written
    assert back.functions["a b"].attrs == function.attrs
    assert back.functions["a b"].imm[1] == function.imm[text]
    assert back.layouts[odd].variants == module.layouts[odd].variants


def test_a_lir_function_comes_back():
    text = """module lir

function @f -> i64
b0(%0:i64 %1:ptr)
  %2:i64 = load.i64 #[16,8] %1 %0
  store.i64 #[-8,1] %2 %1
  %3:ptr = addr #["zr_nil",0]
  %4:i64 = call.rt @zr_list_len %3
  switch #[0,5] %4 b1() b2(%4) b2(%2)
b1()
  trap
b2(%5:i64)
  ret %5
"""
    assert print_module(parse_module(text, LIR), LIR) == text


HEAD = "module mir\n\nfunction @f -> i64\n"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (1, "module lir\n"),
        (4, HEAD + "b1()\n"),
        (5, HEAD + "b0()\n  return %0\n"),
        (5, HEAD + "b0()\n  %0:i64 = frob\n"),
        (5, HEAD + "b0()\n  jump b7()\n"),
        (6, HEAD + "b0()\n  %0:i64 = const.i64 #1\n  %0:i64 = const.i64 #2\n"),
        (5, HEAD + "b0()\n  jump b0(\n"),
        (5, HEAD + "b0()\n  %0:i64 = const.i64 #x\n"),
        (4, HEAD + "function @f -> i64\n"),
        (2, "module mir\nwhat is this\n"),
    ],
)
def test_what_is_no_module_is_refused_with_its_line(line, text):
    with pytest.raises(ParseError) as caught:
        parse_module(text, MIR)
    assert caught.value.line == line
