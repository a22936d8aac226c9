"""Bytes of single instructions: one function for each `enc` class of the op table.

Knows nothing of blocks: jumps inside an instruction go through labels, and its rare half through `stubs`.
To add an instruction: a row in `machine/ops.py` and, for a new class, a function here and an entry of `_BY_CLASS`.
"""

from __future__ import annotations

from compiler.machine.ops import CC, CODE, OPS
from compiler.targets.x86_64.assembler import ALWAYS, Assembler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.machine.function import Inst
    from compiler.targets.x86_64.encode import Encoder

_SD, _PD = b"\xf2", b"\x66"
_MAX_I64 = (1 << 63) - 1
_FEQ, _FNE, _NE, _P, _NP, _E = CC["feq"], CC["fne"], CC["ne"], CC["p"], CC["np"], CC["e"]


def adjust_stack(a: Assembler, digit: int, size: int) -> None:
    if size <= 127:
        a.raw(bytes((0x48, 0x83, 0xC4 | digit << 3, size)))
    else:
        a.raw(bytes((0x48, 0x81, 0xC4 | digit << 3)) + size.to_bytes(4, "little"))


# What most code is made of comes from tables: moves by 16 * source + destination, and how 32-bit constants begin.
_MOVES = [
    bytes((0x48 | (source & 8) >> 1 | to >> 3, 0x89, 0xC0 | (source & 7) << 3 | to & 7))
    for source in range(16)
    for to in range(16)
]
_CONSTANTS = [bytes((0xB8 | to,)) if to < 8 else bytes((0x41, 0xB8 | to & 7)) for to in range(16)]
_ZEROS = [bytes((0x31, 0xC0 | to * 9)) if to < 8 else bytes((0x45, 0x31, 0xC0 | (to & 7) * 9)) for to in range(16)]
_OPCODES = [bytes((row.opcode & 255,)) for row in OPS]


def _mov(e: Encoder, i: Inst) -> None:
    source = i.u[0]
    if i.d != source:
        e.a.buffer += _MOVES[source << 4 | i.d]


def _movi(e: Encoder, i: Inst) -> None:
    move_constant(e.a, i.d, i.imm)


def move_constant(a: Assembler, d: int, value: int) -> None:
    value &= (1 << 64) - 1
    if value < 1 << 32:
        a.buffer += _CONSTANTS[d] + value.to_bytes(4, "little")
    elif value >= (1 << 64) - (1 << 31):
        a.rr(b"\xc7", 0, d)
        a.raw((value & 0xFFFFFFFF).to_bytes(4, "little"))
    else:
        a.raw(bytes((0x48 | d >> 3, 0xB8 | d & 7)) + value.to_bytes(8, "little"))


def _zero(e: Encoder, i: Inst) -> None:
    e.a.buffer += _ZEROS[i.d]


def _addr(e: Encoder, i: Inst) -> None:
    e.a.buffer += _CONSTANTS[i.d]
    e.a.reloc("abs32s", i.imm[0], i.imm[1])


def _load(e: Encoder, i: Inst) -> None:
    assert i.m is not None
    e.a.rm(_OPCODES[i.op], i.d, i.m, i.u)


def _load32(e: Encoder, i: Inst) -> None:
    e.memory(b"\x8b", i.d, i, i.u, w=0)


def _load8(e: Encoder, i: Inst) -> None:
    e.memory(b"\x0f\xb6", i.d, i, i.u, w=0)


def _store(e: Encoder, i: Inst) -> None:
    assert i.m is not None
    e.a.rm(b"\x89", i.u[0], i.m, i.u[1:])


def _store8(e: Encoder, i: Inst) -> None:
    e.memory(b"\x88", i.u[0], i, i.u[1:], w=0, byte_regs=True)


def _storei(e: Encoder, i: Inst) -> None:
    assert i.m is not None
    e.a.rm(b"\xc7", 0, i.m, i.u, tail=4)
    if isinstance(i.imm, tuple):
        e.a.reloc("abs32s", i.imm[0], i.imm[1])
    else:
        e.a.raw(i.imm.to_bytes(4, "little", signed=True))


def _store8i(e: Encoder, i: Inst) -> None:
    e.memory(b"\xc6", 0, i, i.u, w=0, tail=1)
    e.a.raw(bytes((i.imm & 255,)))


def _xchg(e: Encoder, i: Inst) -> None:
    left, right = i.u
    if 0 in (left, right):
        other = left | right
        e.a.raw(bytes((0x48 | other >> 3, 0x90 | other & 7)))
    else:
        e.a.rr(b"\x87", left, right)


def _push(e: Encoder, i: Inst) -> None:
    e.memory(b"\xff" if OPS[i.op].opcode else b"\x8f", OPS[i.op].opcode, i, i.u, w=0)


def _fmov(e: Encoder, i: Inst) -> None:
    if i.d != i.u[0]:
        e.a.rr(b"\x0f\x28", i.d & 15, i.u[0] & 15, w=0)


def _fzero(e: Encoder, i: Inst) -> None:
    e.a.rr(b"\x0f\x57", i.d & 15, i.d & 15, w=0)


def _fload(e: Encoder, i: Inst) -> None:
    e.memory(b"\x0f\x10", i.d, i, i.u, w=0, prefix=_SD)


def _fstore(e: Encoder, i: Inst) -> None:
    e.memory(b"\x0f\x11", i.u[0], i, i.u[1:], w=0, prefix=_SD)


def _immediate(e: Encoder, digit: int, rm: int, value: int, w: int = 1) -> None:
    """The group-1 instruction with an immediate of the shorter form."""
    if -128 <= value <= 127:
        a = e.a
        a.rr(b"\x83", digit, rm, w=w)
        a.buffer.append(value & 255)
    elif rm == 0:
        e.a.raw((b"\x48" if w else b"") + bytes((digit << 3 | 5,)) + value.to_bytes(4, "little", signed=True))
    else:
        e.a.rr(b"\x81", digit, rm, w=w)
        e.a.raw(value.to_bytes(4, "little", signed=True))


def _alu(e: Encoder, i: Inst) -> None:
    digit = OPS[i.op].opcode
    if i.m is not None:
        e.memory(bytes((digit << 3 | 3,)), i.d, i, i.u[1:])
    elif i.imm is not None:
        _immediate(e, digit, i.d, i.imm, 0 if digit == 4 and i.imm >= 0 else 1)
    else:
        e.a.rr(bytes((digit << 3 | 1,)), i.u[1], i.d)


def _imul(e: Encoder, i: Inst) -> None:
    if i.m is not None:
        e.memory(b"\x0f\xaf", i.d, i, i.u[1:])
    else:
        e.a.rr(b"\x0f\xaf", i.d, i.u[1])


def _imul3(e: Encoder, i: Inst) -> None:
    short = -128 <= i.imm <= 127
    opcode = b"\x6b" if short else b"\x69"
    if i.m is not None:
        e.memory(opcode, i.d, i, i.u, tail=1 if short else 4)
    else:
        e.a.rr(opcode, i.d, i.u[0])
    e.a.raw(i.imm.to_bytes(1 if short else 4, "little", signed=True))


def _unary(e: Encoder, i: Inst) -> None:
    e.a.rr(b"\xf7", OPS[i.op].opcode, i.d)


def _shift(e: Encoder, i: Inst) -> None:
    digit = OPS[i.op].opcode
    if i.imm is None:
        e.a.rr(b"\xd3", digit, i.d)
    elif i.imm == 1:
        e.a.rr(b"\xd1", digit, i.d)
    else:
        e.a.rr(b"\xc1", digit, i.d)
        e.a.raw(bytes((i.imm,)))


def _idiv(e: Encoder, i: Inst) -> None:
    e.a.raw(b"\x48\x99")
    if i.m is not None:
        e.memory(b"\xf7", 7, i, i.u[1:])
    else:
        e.a.rr(b"\xf7", 7, i.u[1])


def _popcnt(e: Encoder, i: Inst) -> None:
    if i.m is not None:
        e.memory(b"\x0f\xb8", i.d, i, i.u, prefix=b"\xf3")
    else:
        if i.d != i.u[0]:  # older Intel cores wait for the destination's last value
            e.a.rr(b"\x31", i.d, i.d, w=0)
        e.a.rr(b"\x0f\xb8", i.d, i.u[0], prefix=b"\xf3")


def _bitscan(e: Encoder, i: Inst) -> None:
    # The scan leaves its destination alone when the source is 0: AMD says so, Intel's processors do so.
    leading = OPS[i.op].opcode == 0xBD
    move_constant(e.a, i.d, 127 if leading else 64)
    e.a.rr(bytes((0x0F, OPS[i.op].opcode)), i.d, i.u[0])
    if leading:
        _immediate(e, 6, i.d, 63)


def _cmp(e: Encoder, i: Inst) -> None:
    if i.m is not None:
        e.memory(b"\x3b", i.u[0], i, i.u[1:])
    elif i.imm is not None:
        _immediate(e, 7, i.u[0], i.imm)
    else:
        e.a.rr(b"\x39", i.u[1], i.u[0])


def _test(e: Encoder, i: Inst) -> None:
    if i.imm is None:
        e.a.rr(b"\x85", i.u[1], i.u[0])
        return
    rm = i.u[0]
    if 0 <= i.imm <= 127:
        if rm == 0:
            e.a.raw(bytes((0xA8, i.imm)))
        else:
            e.a.rr(b"\xf6", 0, rm, w=0, byte_regs=True)
            e.a.raw(bytes((i.imm,)))
        return
    w = 0 if i.imm >= 0 else 1
    if rm == 0:
        e.a.raw((b"\x48" if w else b"") + b"\xa9")
    else:
        e.a.rr(b"\xf7", 0, rm, w=w)
    e.a.raw(i.imm.to_bytes(4, "little", signed=True))


_CMPM8, _CMPM32 = CODE["cmpm8"], CODE["cmpm32"]


def _cmpm(e: Encoder, i: Inst) -> None:
    if i.op == _CMPM8:
        e.memory(b"\x80", 7, i, i.u, w=0, tail=1)
        e.a.raw(bytes((i.imm & 255,)))
        return
    w = 0 if i.op == _CMPM32 else 1
    short = -128 <= i.imm <= 127
    e.memory(b"\x83" if short else b"\x81", 7, i, i.u, w=w, tail=1 if short else 4)
    e.a.raw(i.imm.to_bytes(1 if short else 4, "little", signed=True))


def _setcc(e: Encoder, i: Inst) -> None:
    cc = i.imm
    if cc < 16:
        e.a.rr(bytes((0x0F, 0x90 | cc)), 0, i.d, w=0, byte_regs=True)
        e.a.rr(b"\x0f\xb6", i.d, i.d, w=0, byte_regs=True)
        return
    # mov keeps the flags; unordered keeps what mov wrote.
    done = e.fresh_label()
    move_constant(e.a, i.d, 0 if cc == _FEQ else 1)
    e.a.jump(_P, done)
    e.a.rr(bytes((0x0F, 0x90 | (_E if cc == _FEQ else _NE))), 0, i.d, w=0, byte_regs=True)
    e.a.label(done)


def _cmov(e: Encoder, i: Inst) -> None:
    for cc in (i.imm,) if i.imm < 16 else (_NE, _P):
        opcode = bytes((0x0F, 0x40 | cc))
        if i.m is not None:
            e.memory(opcode, i.d, i, i.u[1:])
        else:
            e.a.rr(opcode, i.d, i.u[1])


def _fcmov(e: Encoder, i: Inst) -> None:
    done = e.fresh_label()
    if i.imm == _FNE:
        take = e.fresh_label()
        e.a.jump(_P, take)
        e.a.jump(_E, done)
        e.a.label(take)
    else:
        e.a.jump(i.imm ^ 1, done)
    if i.m is not None:
        e.memory(b"\x0f\x10", i.d, i, i.u[1:], w=0, prefix=_SD)
    else:
        e.a.rr(b"\x0f\x28", i.d & 15, i.u[1] & 15, w=0)
    e.a.label(done)


def _count(e: Encoder, i: Inst) -> None:
    assert i.m is not None
    e.a.rm(b"\xff", OPS[i.op].opcode, i.m, i.u, 0)


def _sse(e: Encoder, i: Inst) -> None:
    opcode = bytes((0x0F, OPS[i.op].opcode))
    if i.m is not None:
        e.memory(opcode, i.d, i, i.u[1:], w=0, prefix=_SD)
    else:
        e.a.rr(opcode, i.d & 15, i.u[1] & 15, w=0, prefix=_SD)


def _break_dependency(e: Encoder, i: Inst) -> None:
    """The upper half of the result would make it wait for whoever wrote the register last."""
    if i.m is not None or i.u[0] != i.d:
        e.a.rr(b"\x0f\x57", i.d & 15, i.d & 15, w=0)


def _sse1(e: Encoder, i: Inst) -> None:
    _break_dependency(e, i)
    opcode = bytes((0x0F, OPS[i.op].opcode))
    if i.m is not None:
        e.memory(opcode, i.d, i, i.u, w=0, prefix=_SD)
    else:
        e.a.rr(opcode, i.d & 15, i.u[0] & 15, w=0, prefix=_SD)


def _round(e: Encoder, i: Inst) -> None:
    _break_dependency(e, i)
    if i.m is not None:
        e.memory(b"\x0f\x3a\x0b", i.d, i, i.u, w=0, prefix=_PD, tail=1)
    else:
        e.a.rr(b"\x0f\x3a\x0b", i.d & 15, i.u[0] & 15, w=0, prefix=_PD)
    e.a.raw(bytes((i.imm,)))


def _pd(e: Encoder, i: Inst) -> None:
    opcode = bytes((0x0F, OPS[i.op].opcode))
    if i.m is not None:
        e.memory(opcode, i.d, i, i.u[1:], w=0)
    else:
        e.a.rr(opcode, i.d & 15, i.u[1] & 15, w=0)


def _fminmax(e: Encoder, i: Inst) -> None:
    # Equal operands may be zeros of either sign: or keeps a minus for min, and drops it for max.
    d, other = i.d & 15, i.u[1] & 15
    smaller = OPS[i.op].opcode == 0
    a = e.a
    equal, back = e.fresh_label(), e.fresh_label()
    a.rr(b"\x0f\x2e", d, other, w=0, prefix=_PD)
    a.jump(_E, equal)  # also taken when unordered
    a.rr(b"\x0f\x5d" if smaller else b"\x0f\x5f", d, other, w=0, prefix=_SD)
    a.label(back)

    def rare() -> None:
        unordered = e.fresh_label()
        a.jump(_P, unordered)
        a.rr(b"\x0f\x56" if smaller else b"\x0f\x54", d, other, w=0)
        a.jump(ALWAYS, back)
        a.label(unordered)
        a.rr(b"\x0f\x58", d, other, w=0, prefix=_SD)

    e.stubs.append((equal, back, rare))


def _ucomi(e: Encoder, i: Inst) -> None:
    if i.m is not None:
        e.memory(b"\x0f\x2e", i.u[0], i, i.u[1:], w=0, prefix=_PD)
    else:
        e.a.rr(b"\x0f\x2e", i.u[0] & 15, i.u[1] & 15, w=0, prefix=_PD)


def _cvtsi2sd(e: Encoder, i: Inst) -> None:
    e.a.rr(b"\x0f\x57", i.d & 15, i.d & 15, w=0)
    if i.m is not None:
        e.memory(b"\x0f\x2a", i.d, i, i.u, prefix=_SD)
    else:
        e.a.rr(b"\x0f\x2a", i.d & 15, i.u[0], prefix=_SD)


def _f2i(e: Encoder, i: Inst) -> None:
    # The conversion gives the least I64 for everything that does not fit, and only that value overflows
    # when 1 is subtracted.  The rare half then tells NaN (0), too great (the greatest) and too small.
    d, source = i.d, i.u[0] & 15
    a = e.a
    odd, back = e.fresh_label(), e.fresh_label()
    a.rr(b"\x0f\x2c", d, source, prefix=_SD)
    _immediate(e, 7, d, 1)
    a.jump(CC["o"], odd)
    a.label(back)

    def rare() -> None:
        number = e.fresh_label()
        e.constant(".Lf64.0000000000000000")
        a.rm(b"\x0f\x2e", source, (0, 0, 1, 0, ".Lf64.0000000000000000"), [], w=0, prefix=_PD)
        a.jump(_NP, number)
        a.rr(b"\x31", d, d, w=0)
        a.jump(ALWAYS, back)
        a.label(number)
        a.jump(CC["be"], back)
        move_constant(a, d, _MAX_I64)

    e.stubs.append((odd, back, rare))


def _movq(e: Encoder, i: Inst) -> None:
    vector, general = (i.d, i.u[0]) if i.d >= 16 else (i.u[0], i.d)
    e.a.rr(bytes((0x0F, OPS[i.op].opcode)), vector & 15, general, prefix=_PD)


def _tls(e: Encoder, i: Inst) -> None:
    reg = i.d if i.d >= 0 else i.u[0]
    a = e.a
    a.raw(b"\x64")
    opcode = OPS[i.op].opcode
    if reg >= 16:
        reg &= 15
        a.raw(_SD + (b"\x44" if reg >= 8 else b"") + bytes((0x0F, opcode)))
    else:
        a.raw(bytes((0x4C if reg >= 8 else 0x48, opcode)))
    a.raw(bytes(((reg & 7) << 3 | 4, 0x25)))
    a.reloc("tpoff32", "zr_args", 8 * i.imm)


def _call(e: Encoder, i: Inst) -> None:
    a = e.a
    a.buffer.append(0xE8)
    a.reloc("plt32", i.imm, -4)


def _callind(e: Encoder, _i: Inst) -> None:
    e.a.raw(b"\xff\xd0")


def _callnever(e: Encoder, i: Inst) -> None:
    if e.frame.never_adjust == 8 or not e.framed:
        e.a.raw(b"\x50")
    elif e.frame.never_adjust:
        adjust_stack(e.a, 5, e.frame.never_adjust)
    _call(e, i)


def _ret(e: Encoder, _i: Inst) -> None:
    e.epilogue()
    e.a.buffer.append(0xC3)


def _tail(e: Encoder, i: Inst) -> None:
    e.epilogue()
    e.a.raw(b"\xe9")
    e.a.reloc("plt32", i.imm, -4)


def _tailind(e: Encoder, _i: Inst) -> None:
    e.epilogue()
    e.a.raw(b"\xff\xe0")


def _trap(e: Encoder, _i: Inst) -> None:
    e.a.raw(b"\x0f\x0b")


def _terminator(_e: Encoder, i: Inst) -> None:
    raise AssertionError(f"{OPS[i.op].name} is laid out with its block")


_BY_CLASS = {
    "mov": _mov,
    "movi": _movi,
    "zero": _zero,
    "addr": _addr,
    "load": _load,
    "load32": _load32,
    "load8": _load8,
    "store": _store,
    "store8": _store8,
    "storei": _storei,
    "store8i": _store8i,
    "xchg": _xchg,
    "push": _push,
    "fmov": _fmov,
    "fzero": _fzero,
    "fload": _fload,
    "fstore": _fstore,
    "alu": _alu,
    "imul": _imul,
    "imul3": _imul3,
    "unary": _unary,
    "shift": _shift,
    "idiv": _idiv,
    "popcnt": _popcnt,
    "bitscan": _bitscan,
    "cmp": _cmp,
    "test": _test,
    "cmpm": _cmpm,
    "setcc": _setcc,
    "cmov": _cmov,
    "fcmov": _fcmov,
    "count": _count,
    "sse": _sse,
    "sse1": _sse1,
    "round": _round,
    "pd": _pd,
    "fminmax": _fminmax,
    "ucomi": _ucomi,
    "cvtsi2sd": _cvtsi2sd,
    "f2i": _f2i,
    "movq": _movq,
    "tls": _tls,
    "call": _call,
    "callind": _callind,
    "callnever": _callnever,
    "jmp": _terminator,
    "jcc": _terminator,
    "jtab": _terminator,
    "ret": _ret,
    "tail": _tail,
    "tailind": _tailind,
    "trap": _trap,
}
ENCODERS = [_BY_CLASS[_row.enc] for _row in OPS]
