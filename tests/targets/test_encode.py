"""Encodings against GNU as and objdump: the same instruction, in no more bytes, over registers and addresses."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from compiler.machine.function import Inst, MachineFunction
from compiler.machine.ops import CODE, CONDITIONS, OPS
from compiler.machine.registers import REGISTER_NAMES
from compiler.targets.x86_64.encode import encode

pytestmark = pytest.mark.skipif(not shutil.which("objdump") or not shutil.which("as"), reason="needs binutils")

GENERAL = (0, 1, 3, 5, 6, 7, 8, 12, 13, 15)
VECTORS = (16, 19, 24, 31)
BASES = (0, 5, 6, 8, 12, 13)
INDEXES = (1, 5, 12, 13, 15)
DISPS = (0, 8, -128, 127, 128, -129, 0x12345678)


def r64(reg: int) -> str:
    return REGISTER_NAMES[reg]


def r32(reg: int) -> str:
    name = REGISTER_NAMES[reg]
    return name + "d" if reg >= 8 else "e" + name[1:]


def r8(reg: int) -> str:
    name = REGISTER_NAMES[reg]
    if reg >= 8:
        return name + "b"
    return {"rax": "al", "rcx": "cl", "rdx": "dl", "rbx": "bl"}.get(name, name[1:] + "l")


Mem = tuple[tuple[int, int, int, int, Any], list[int], str]


def memories() -> list[Mem]:
    found: list[Mem] = []
    for base, disp in product(BASES, DISPS):
        found.append(((1, 0, 1, disp, None), [base], f"[{r64(base)}{disp:+d}]"))
    for base, index, scale, disp in product(BASES, INDEXES, (1, 2, 4, 8), (0, 8, -129)):
        found.append(((1, 1, scale, disp, None), [base, index], f"[{r64(base)}+{r64(index)}*{scale}{disp:+d}]"))
    for index, scale in product(INDEXES, (2, 4, 8)):
        found.append(((0, 1, scale, 64, None), [index], f"[{r64(index)}*{scale}+64]"))
    found.append(((0, 0, 1, 0, 0), [], "[rsp-8]"))
    return found


MEMORIES = memories()
SOME = MEMORIES[::9]


def cases() -> list[tuple[Inst, str]]:
    found: list[tuple[Inst, str]] = []

    def add(name: str, asm: str, d: int = -1, u: list[int] | None = None, imm: Any = None, m: Any = None) -> None:
        found.append((Inst(CODE[name], d, list(u or []), imm, m), asm))

    for m, regs, text in MEMORIES:
        for d in (0, 13):
            add("load", f"mov {r64(d)}, QWORD PTR {text}", d, regs, m=m)
    for m, regs, text in SOME:
        for d in GENERAL:
            add("lea", f"lea {r64(d)}, {text}", d, regs, m=m)
            add("load32", f"mov {r32(d)}, DWORD PTR {text}", d, regs, m=m)
            add("load8", f"movzx {r32(d)}, BYTE PTR {text}", d, regs, m=m)
            add("store", f"mov QWORD PTR {text}, {r64(d)}", -1, [d, *regs], m=m)
            add("store8", f"mov BYTE PTR {text}, {r8(d)}", -1, [d, *regs], m=m)
            add("cmp", f"cmp {r64(d)}, QWORD PTR {text}", -1, [d, *regs], m=m)
            add("imul3", f"imul {r64(d)}, QWORD PTR {text}, 7", d, regs, 7, m)
            add("imul3", f"imul {r64(d)}, QWORD PTR {text}, 1000", d, regs, 1000, m)
            add("imul", f"imul {r64(d)}, QWORD PTR {text}", d, [d, *regs], m=m)
            add("popcnt", f"popcnt {r64(d)}, QWORD PTR {text}", d, regs, m=m)
            add("cmov", f"cmovl {r64(d)}, QWORD PTR {text}", d, [d, *regs], CONDITIONS.index("l"), m)
            for name in ("add", "or", "and", "sub", "xor"):
                add(name, f"{name} {r64(d)}, QWORD PTR {text}", d, [d, *regs], m=m)
        for d in VECTORS:
            x = r64(d)
            add("fload", f"movsd {x}, QWORD PTR {text}", d, regs, m=m)
            add("fstore", f"movsd QWORD PTR {text}, {x}", -1, [d, *regs], m=m)
            add("ucomisd", f"ucomisd {x}, QWORD PTR {text}", -1, [d, *regs], m=m)
            for name in ("addsd", "subsd", "mulsd", "divsd"):
                add(name, f"{name} {x}, QWORD PTR {text}", d, [d, *regs], m=m)
            add("xorpd", f"xorps {x}, XMMWORD PTR {text}", d, [d, *regs], m=m)
            add("andpd", f"andps {x}, XMMWORD PTR {text}", d, [d, *regs], m=m)
        for imm in (0, 127, -129, 1 << 30):
            add("storei", f"mov QWORD PTR {text}, {imm}", -1, regs, imm, m)
            add("cmpm", f"cmp QWORD PTR {text}, {imm}", -1, regs, imm, m)
        add("cmpm32", f"cmp DWORD PTR {text}, 7", -1, regs, 7, m)
        add("cmpm32", f"cmp DWORD PTR {text}, 70000", -1, regs, 70000, m)
        add("cmpm8", f"cmp BYTE PTR {text}, 200", -1, regs, 200, m)
        add("store8i", f"mov BYTE PTR {text}, 77", -1, regs, 77, m)
        add("inc32", f"inc DWORD PTR {text}", -1, regs, m=m)
        add("dec32", f"dec DWORD PTR {text}", -1, regs, m=m)
        add("push", f"push QWORD PTR {text}", -1, regs, m=m) if m[4] is None else None
        add("pop", f"pop QWORD PTR {text}", -1, regs, m=m) if m[4] is None else None
    for a, b in product(GENERAL, GENERAL):
        if a != b:
            add("mov", f"mov {r64(a)}, {r64(b)}", a, [b])
            add("xchg", f"xchg {r64(b)}, {r64(a)}", -1, [a, b])
        for name in ("add", "or", "and", "sub", "xor"):
            add(name, f"{name} {r64(a)}, {r64(b)}", a, [a, b])
        add("imul", f"imul {r64(a)}, {r64(b)}", a, [a, b])
        add("imul3", f"imul {r64(a)}, {r64(b)}, -5", a, [b], -5)
        add("cmp", f"cmp {r64(a)}, {r64(b)}", -1, [a, b])
        add("test", f"test {r64(a)}, {r64(b)}", -1, [a, b])
        add("cmov", f"cmovge {r64(a)}, {r64(b)}", a, [a, b], CONDITIONS.index("ge"))
    for a in GENERAL:
        for imm in (0, 1, 127, -128, 128, -129, (1 << 31) - 1, -(1 << 31)):
            for name in ("add", "or", "sub", "xor", "cmp"):
                add(name, f"{name} {r64(a)}, {imm}", a if name != "cmp" else -1, [a], imm)
            narrow = r32(a) if imm >= 0 else r64(a)
            add("and", f"and {narrow}, {imm}", a, [a], imm)
            if 0 <= imm <= 127:
                add("test", f"test {r8(a)}, {imm}", -1, [a], imm)
            else:
                add("test", f"test {narrow}, {imm}", -1, [a], imm)
        for imm in (0, 1, (1 << 31) - 1, (1 << 32) - 1):
            add("movi", f"mov {r32(a)}, {imm}", a, [], imm)
        for imm in (-1, -(1 << 31), 1 << 32, (1 << 63) - 1, -(1 << 63)):
            word = "movabs" if not -(1 << 31) <= imm < 1 << 32 else "mov"
            add("movi", f"{word} {r64(a)}, {imm}", a, [], imm)
        add("zero", f"xor {r32(a)}, {r32(a)}", a)
        add("neg", f"neg {r64(a)}", a, [a])
        add("not", f"not {r64(a)}", a, [a])
        for name in ("shl", "shr", "sar"):
            add(name, f"{name} {r64(a)}, 1", a, [a], 1)
            add(name, f"{name} {r64(a)}, 63", a, [a], 63)
            add(name, f"{name} {r64(a)}, cl", a, [a, 1])
        for cc in range(16):
            add("setcc", f"set{CONDITIONS[cc]} {r8(a)}; movzx {r32(a)}, {r8(a)}", a, [], cc)
        add("idiv", f"cqo; idiv {r64(a)}", 0, [0, a])
        for x in VECTORS:
            v = r64(x)
            add("movqxr", f"movq {v}, {r64(a)}", x, [a])
            add("movqrx", f"movq {r64(a)}, {v}", a, [x])
            add("cvtsi2sd", f"xorps {v}, {v}; cvtsi2sd {v}, {r64(a)}", x, [a])
    for b in GENERAL[1:]:
        add("popcnt", f"xor eax, eax; popcnt rax, {r64(b)}", 0, [b])
        add("clz", f"mov eax, 127; bsr rax, {r64(b)}; xor rax, 63", 0, [b])
        add("ctz", f"mov eax, 64; bsf rax, {r64(b)}", 0, [b])
    for a, b in product(VECTORS, VECTORS):
        x, y = r64(a), r64(b)
        for name in ("addsd", "subsd", "mulsd", "divsd"):
            add(name, f"{name} {x}, {y}", a, [a, b])
        add("ucomisd", f"ucomisd {x}, {y}", -1, [a, b])
        if a != b:
            add("fmov", f"movaps {x}, {y}", a, [b])
            add("sqrtsd", f"xorps {x}, {x}; sqrtsd {x}, {y}", a, [b])
            add("roundsd", f"xorps {x}, {x}; roundsd {x}, {y}, 9", a, [b], 9)
        else:
            add("sqrtsd", f"sqrtsd {x}, {y}", a, [b])
            add("roundsd", f"roundsd {x}, {y}, 10", a, [b], 10)
        add("xorpd", f"xorps {x}, {y}", a, [a, b])
        add("andpd", f"andps {x}, {y}", a, [a, b])
        add("fzero", f"xorps {x}, {x}", a)
    return found


def disassembled(path: Path, raw: bool) -> list[str]:
    """Instructions as objdump spells them, offset and bytes dropped."""
    form = ["-D", "-b", "binary", "-m", "i386:x86-64"] if raw else ["-d"]
    shown = subprocess.run(
        ["objdump", *form, "-M", "intel", "--no-show-raw-insn", str(path)], check=True, capture_output=True, text=True
    )
    found = [line.split("\t", 1)[1] for line in shown.stdout.splitlines() if re.match(r"\s*[0-9a-f]+:\t", line)]
    return [re.sub(r"\s+", " ", re.sub(r"\s*#.*", "", line)).strip() for line in found]


def test_every_encoding_is_what_the_assembler_says(tmp_path: Path) -> None:
    listed = cases()
    mf = MachineFunction("f")
    mf.block()
    mf.stage, mf.order, mf.slots = "allocated", [0], [8]
    mf.saved = []
    # One push anywhere would move slots out of the red zone; pushes here have register addresses.
    instructions = [inst for inst, _ in listed if OPS[inst.op].name != "push"]
    texts = [text for inst, text in listed if OPS[inst.op].name != "push"]
    mf.blocks[0].body = [*instructions, Inst(CODE["ret"], -1, [], fix=())]
    code = encode(mf).bytes
    (tmp_path / "ours.bin").write_bytes(code)
    (tmp_path / "theirs.s").write_text(".intel_syntax noprefix\n" + "\n".join(texts) + "\nret\n")
    subprocess.run(["as", "-o", tmp_path / "theirs.o", tmp_path / "theirs.s"], check=True)
    ours, theirs = disassembled(tmp_path / "ours.bin", True), disassembled(tmp_path / "theirs.o", False)
    assert len(ours) > 3000
    for line, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        assert mine == other, line
    raw = subprocess.run(["size", "-A", tmp_path / "theirs.o"], check=True, capture_output=True, text=True).stdout
    size = int(re.search(r"\.text\s+(\d+)", raw)[1])  # type: ignore[index]
    assert len(code) <= size


def test_every_class_is_tried_here_or_run_elsewhere() -> None:
    tried = {OPS[inst.op].enc for inst, _ in cases()}
    # Jumps, calls and instructions made of several with jumps between are proved by running them.
    elsewhere = {"addr", "fcmov", "fminmax", "f2i", "tls", "call", "callind", "callnever", "jmp", "jcc", "jtab", "ret",
                 "tail", "tailind", "trap"}  # fmt: skip
    assert {row.enc for row in OPS} == tried | elsewhere
