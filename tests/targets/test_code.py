"""What good code looks like: small functions whose MachineIR is known, so that a loss of quality shows."""

from __future__ import annotations

from compiler.ir.function import Function
from compiler.lir.ops import CODE
from compiler.machine.text import print_function
from compiler.targets.x86_64.compile import compile_function, machine_function
from tests.machine.test_verify import loop


def body(f: Function) -> list[str]:
    """Instructions and the place of the frame, frequencies left out."""
    text = print_function(machine_function(f))
    return [line.strip() for line in text.splitlines() if line.startswith(("  ", "prologue"))]


def fib() -> Function:
    f = Function("lir", "fib", "i64")
    entry, fast, slow = f.block(), f.block(), f.block()
    n = f.param(entry, "i64")

    def const(block: int, number: int) -> int:
        return f.emit(block, CODE["const"], "i64", (), number)

    f.emit(entry, CODE["branch"], "", (f.emit(entry, CODE["icmp.lt"], "i64", (n, const(entry, 2))),))
    f.blocks[entry].succs = [(fast, ()), (slow, ())]
    f.emit(fast, CODE["ret"], "", (n,))
    left = f.emit(slow, CODE["call"], "i64", (f.emit(slow, CODE["sub"], "i64", (n, const(slow, 1))),), "fib")
    right = f.emit(slow, CODE["call"], "i64", (f.emit(slow, CODE["sub"], "i64", (n, const(slow, 2))),), "fib")
    f.emit(slow, CODE["ret"], "", (f.emit(slow, CODE["add"], "i64", (left, right)),))
    return f


def test_a_recursive_function_has_its_frame_behind_the_fast_path() -> None:
    assert body(fib()) == [
        "prologue b2",
        "cmp #2 rdi",
        "jcc #l b1() b2()",
        "rax = mov rdi",
        "ret rax:rax",
        "rbx = mov rdi",
        "rdi = lea [rbx-1]",
        'rax = call @"fib" rdi:rdi',
        "rbp = mov rax",
        "rdi = lea [rbx-2]",
        'rax = call @"fib" rdi:rdi',
        "rax = add rax rbp",
        "ret rax:rax",
    ]


def test_a_loop_keeps_its_values_in_place_and_tests_at_the_bottom() -> None:
    lines = body(loop())
    inner = lines[lines.index("jmp b1()") + 1 :]
    copies = [line for line in inner if " = mov " in line]
    assert len(copies) == 1, inner  # of the counter, for its square
    assert not any(word in line for line in lines for word in ("load", "store", "saved"))


def test_a_cold_call_spills_on_the_cold_path_only() -> None:
    """A counted reference in a loop: the release is rare, and what lives across it stays in registers."""
    f = Function("lir", "walk", "i64")
    entry, header, inner, dead, latch, after = (f.block() for _ in range(6))
    array, n = f.param(entry, "ptr"), f.param(entry, "i64")
    zero = f.emit(entry, CODE["const"], "i64", (), 0)
    f.emit(entry, CODE["jump"], "")
    f.blocks[entry].succs = [(header, (zero, zero))]
    i, total = f.param(header, "i64"), f.param(header, "i64")
    f.emit(header, CODE["branch"], "", (f.emit(header, CODE["icmp.lt"], "i64", (i, n)),))
    f.blocks[header].succs = [(inner, ()), (after, ())]
    item = f.emit(inner, CODE["load.ptr"], "ptr", (array, i), (24, 8))
    f.emit(inner, CODE["branch"], "", (f.emit(inner, CODE["count.down"], "i64", (item,)),))
    f.blocks[inner].succs = [(dead, ()), (latch, ())]
    f.emit(dead, CODE["call.rt"], "", (item,), "zr_release")
    f.emit(dead, CODE["jump"], "")
    f.blocks[dead].succs = [(latch, ())]
    one = f.emit(latch, CODE["const"], "i64", (), 1)
    following = f.emit(latch, CODE["add"], "i64", (i, one))
    more = f.emit(latch, CODE["add"], "i64", (total, following))
    f.emit(latch, CODE["jump"], "")
    f.blocks[latch].succs = [(header, (following, more))]
    f.emit(after, CODE["ret"], "", (total,))
    f.attrs["cold"] = (dead,)
    mf = machine_function(f)
    assert mf.saved == []
    for b in mf.order:
        if not mf.blocks[b].cold:
            assert all(inst.m is None or not isinstance(inst.m[4], int) for inst in mf.blocks[b].body)
    compile_function(f, verify=True)


def test_argument_words_are_thread_local() -> None:
    f = Function("lir", "words", "i64")
    f.block()
    first = f.emit(0, CODE["args.load"], "i64", (), 2)
    second = f.emit(0, CODE["args.load"], "f64", (), 3)
    f.emit(0, CODE["args.store"], "", (second,), 0)
    f.emit(0, CODE["ret"], "", (first,))
    code = compile_function(f, verify=True)
    assert [(kind, symbol, addend) for _, kind, symbol, addend in code.relocs] == [
        ("tpoff32", "zr_args", 16),
        ("tpoff32", "zr_args", 24),
        ("tpoff32", "zr_args", 0),
    ]
    assert code.bytes.count(b"\x64") == 3
