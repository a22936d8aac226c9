"""What each LIR op that computes a value or touches memory becomes.

Every function here selects the rows it is registered for; constants have no function, for `Selector.reg`
makes them where they are used.  To add an op: one function with `@row`.
"""

from __future__ import annotations

from compiler.lir.ops import CODE as LIR
from compiler.machine.ops import CC, CODE
from compiler.targets.x86_64.conditions import emit_compare, plan
from compiler.targets.x86_64.select import CONST_F64, Selector, float_constant, row

_LEA = CODE["lea"]
_ALU = {
    LIR["add"]: CODE["add"],
    LIR["sub"]: CODE["sub"],
    LIR["and"]: CODE["and"],
    LIR["or"]: CODE["or"],
    LIR["xor"]: CODE["xor"],
}
_FLOAT = {
    LIR["fadd"]: CODE["addsd"],
    LIR["fsub"]: CODE["subsd"],
    LIR["fmul"]: CODE["mulsd"],
    LIR["fdiv"]: CODE["divsd"],
}
_SAME = {LIR[name]: CODE[name] for name in ("neg", "not", "shl", "shr", "sar", "popcnt", "clz", "ctz", "fmin", "fmax")}
_COMMUTES = frozenset((LIR["add"], LIR["and"], LIR["or"], LIR["xor"], LIR["fadd"], LIR["fmul"]))
_SHL, _ADD = LIR["shl"], LIR["add"]
_LOADS = {
    LIR["load.i64"]: CODE["load"],
    LIR["load.ptr"]: CODE["load"],
    LIR["load.f64"]: CODE["fload"],
    LIR["load.u32"]: CODE["load32"],
    LIR["load.u8"]: CODE["load8"],
}
_SIGN, _REST = 1 << 63, (1 << 63) - 1


def sixteen(bits: int) -> tuple[int, int, int, int, str]:
    """The memory operand of a 16-byte constant: these bits, then zeros."""
    return (0, 0, 1, 0, f".Lf128.{bits:016x}")


@row("slot")
def slot(s: Selector, value: int) -> None:
    s.emit(_LEA, s.virtual(value), [], m=(0, 0, 1, 0, s.slot(value)))


@row("add")
def add(s: Selector, value: int) -> None:
    left, right = s.args[value]
    for base, index in ((left, right), (right, left)):
        if s.op[index] == _SHL and s.uses[index] == 1:
            count = s.small(s.args[index][1])
            if count is not None and 1 <= count <= 3 and s.small(base) is None:
                m, regs = s.address(base, index, 0, 1)
                s.emit(_LEA, s.virtual(value), regs, m=m)
                return
    if s.op[left] == _ADD and s.uses[left] == 1:
        # (a + b) + constant is one lea.
        number = s.small(right)
        if number is not None and s.small(s.args[left][1]) is None and s.small(s.args[left][0]) is None:
            m, regs = s.address(left, None, number, 1)
            s.emit(_LEA, s.virtual(value), regs, m=m)
            return
    arithmetic(s, value)


@row("sub", "and", "or", "xor")
def arithmetic(s: Selector, value: int) -> None:
    op, d = s.op[value], s.virtual(value)
    left, right = s.args[value]
    code = _ALU[op]
    commutes = op in _COMMUTES
    if commutes and s.small(left) is not None and s.small(right) is None:
        left, right = right, left
    number = s.small(right)
    if number is not None:
        s.emit(code, d, [s.free(left)], number)
        return
    if s.foldable_load(right, value):
        m, regs = s.take_load(right)
        s.emit(code, d, [s.free(left), *regs], m=m)
    elif commutes and s.foldable_load(left, value):
        m, regs = s.take_load(left)
        s.emit(code, d, [s.free(right), *regs], m=m)
    else:
        s.emit(code, d, [s.free(left), s.reg(right)])


@row("mul")
def mul(s: Selector, value: int) -> None:
    left, right = s.args[value]
    d = s.virtual(value)
    if s.small(left) is not None:
        left, right = right, left
    number = s.small(right)
    if number is None:
        if s.foldable_load(left, value):
            left, right = right, left
        if s.foldable_load(right, value):
            m, regs = s.take_load(right)
            s.emit(CODE["imul"], d, [s.free(left), *regs], m=m)
        else:
            s.emit(CODE["imul"], d, [s.free(left), s.reg(right)])
        return
    if number in (3, 5, 9):
        source = s.reg(left)
        s.emit(_LEA, d, [source, source], m=(1, 1, number - 1, 0, None))
    elif number > 1 and number & (number - 1) == 0:
        s.emit(CODE["shl"], d, [s.free(left)], number.bit_length() - 1)
    elif s.foldable_load(left, value):
        m, regs = s.take_load(left)
        s.emit(CODE["imul3"], d, regs, number, m)
    else:
        s.emit(CODE["imul3"], d, [s.reg(left)], number)


@row("div", "rem")
def divide(s: Selector, value: int) -> None:
    left, right = s.args[value]
    code = CODE["idiv"] if s.op[value] == LIR["div"] else CODE["irem"]
    s.emit(code, s.virtual(value), [s.free(left), s.reg(right)])


@row("neg", "not")
def unary(s: Selector, value: int) -> None:
    s.emit(_SAME[s.op[value]], s.virtual(value), [s.free(s.args[value][0])])


@row("shl", "shr", "sar")
def shift(s: Selector, value: int) -> None:
    left, right = s.args[value]
    code, d = _SAME[s.op[value]], s.virtual(value)
    number = s.small(right)
    if number is not None:
        s.emit(code, d, [s.free(left)], number & 63)
    else:
        s.emit(code, d, [s.free(left), s.free(right)])


@row("popcnt", "clz", "ctz")
def count_bits(s: Selector, value: int) -> None:
    s.emit(_SAME[s.op[value]], s.virtual(value), [s.reg(s.args[value][0])])


@row(
    "icmp.eq", "icmp.ne", "icmp.lt", "icmp.le", "icmp.gt", "icmp.ge", "icmp.ult", "icmp.uge",
    "fcmp.eq", "fcmp.ne", "fcmp.lt", "fcmp.le", "fcmp.gt", "fcmp.ge",
)  # fmt: skip
def compare(s: Selector, value: int) -> None:
    found = plan(s, value, value)
    s.emit(CODE["setcc"], s.virtual(value), [], found.cc)
    emit_compare(s, found)


@row("select")
def choose(s: Selector, value: int) -> None:
    condition, yes, no = s.args[value]
    found = plan(s, condition, value)
    cc = found.cc
    if cc == CC["feq"]:  # one condition code cannot say it, its inverse takes two moves
        cc, yes, no = CC["fne"], no, yes
    code = CODE["fcmov"] if s.type[value] == "f64" else CODE["cmov"]
    s.emit(code, s.virtual(value), [s.free(no), s.reg(yes)], cc)
    emit_compare(s, found)


@row("fadd", "fsub", "fmul", "fdiv")
def float_arithmetic(s: Selector, value: int) -> None:
    left, right = s.args[value]
    op, d = s.op[value], s.virtual(value)
    if op in _COMMUTES and (s.op[left] == CONST_F64 or s.foldable_load(left, value, True)):
        if s.op[right] != CONST_F64 and not s.foldable_load(right, value, True):
            left, right = right, left
    code = _FLOAT[op]
    m, regs, rest = float_operand(s, right, value)
    if m is not None:
        s.emit(code, d, [s.free(left), *regs], m=m)
    else:
        s.emit(code, d, [s.free(left), rest])


def float_operand(
    s: Selector, value: int, user: int
) -> tuple[tuple[int, int, int, int, str | int | None] | None, list[int], int]:
    """A float as a memory operand with its registers, or in a register."""
    if s.op[value] == CONST_F64 and s.imm[value] != 0:
        return float_constant(s.imm[value]), [], -1
    if s.foldable_load(value, user, True):
        m, regs = s.take_load(value)
        return m, regs, -1
    return None, [], s.reg(value)


@row("fneg")
def float_negate(s: Selector, value: int) -> None:
    s.emit(CODE["xorpd"], s.virtual(value), [s.free(s.args[value][0])], m=sixteen(_SIGN))


@row("fabs")
def float_absolute(s: Selector, value: int) -> None:
    s.emit(CODE["andpd"], s.virtual(value), [s.free(s.args[value][0])], m=sixteen(_REST))


@row("fsqrt", "ffloor", "fceil")
def float_unary(s: Selector, value: int) -> None:
    m, regs, rest = float_operand(s, s.args[value][0], value)
    name = s.op[value]
    code = CODE["sqrtsd"] if name == LIR["fsqrt"] else CODE["roundsd"]
    imm = None if name == LIR["fsqrt"] else 9 if name == LIR["ffloor"] else 10
    s.emit(code, s.virtual(value), regs if m is not None else [rest], imm, m)


@row("fmin", "fmax")
def float_extreme(s: Selector, value: int) -> None:
    left, right = s.args[value]
    s.emit(_SAME[s.op[value]], s.virtual(value), [s.free(left), s.reg(right)])


@row("i2f")
def to_float(s: Selector, value: int) -> None:
    arg = s.args[value][0]
    if s.foldable_load(arg, value):
        m, regs = s.take_load(arg)
        s.emit(CODE["cvtsi2sd"], s.virtual(value), regs, m=m)
    else:
        s.emit(CODE["cvtsi2sd"], s.virtual(value), [s.reg(arg)])


@row("f2i")
def to_integer(s: Selector, value: int) -> None:
    s.emit(CODE["f2i"], s.virtual(value), [s.reg(s.args[value][0])])


@row("fbits")
def bits_of(s: Selector, value: int) -> None:
    s.emit(CODE["movqrx"], s.virtual(value), [s.reg(s.args[value][0])])


@row("bitsf")
def of_bits(s: Selector, value: int) -> None:
    s.emit(CODE["movqxr"], s.virtual(value), [s.reg(s.args[value][0])])


@row("load.i64", "load.f64", "load.ptr", "load.u32", "load.u8")
def load(s: Selector, value: int) -> None:
    m, regs = s.access(value, 0)
    s.emit(_LOADS[s.op[value]], s.virtual(value), regs, m=m)


@row("store.i64", "store.f64", "store.ptr", "store.u8")
def store(s: Selector, value: int) -> None:
    source = s.args[value][0]
    byte = s.op[value] == LIR["store.u8"]
    number = s.small(source)
    if byte and s.op[source] == LIR["const"]:
        number = s.imm[source] & 255
    if s.op[source] == CONST_F64 and s.imm[source] == 0:
        number = 0
    if number is not None:
        m, regs = s.access(value, 1)
        s.emit(CODE["store8i" if byte else "storei"], -1, regs, number, m)
        return
    if s.op[source] == LIR["addr"]:
        m, regs = s.access(value, 1)
        s.emit(CODE["storei"], -1, regs, tuple(s.imm[source]), m)
        return
    held = s.reg(source)
    m, regs = s.access(value, 1)
    code = "store8" if byte else "fstore" if s.op[value] == LIR["store.f64"] else "store"
    s.emit(CODE[code], -1, [held, *regs], m=m)


@row("count.up")
def count_up(s: Selector, value: int) -> None:
    m, regs = s.address(s.args[value][0], None, 0, 1)
    s.emit(CODE["inc32"], -1, regs, m=m)


@row("count.down")
def count_down(s: Selector, value: int) -> None:
    if s.uses[value]:
        s.emit(CODE["setcc"], s.virtual(value), [], CC["e"])
    m, regs = s.address(s.args[value][0], None, 0, 1)
    s.emit(CODE["dec32"], -1, regs, m=m)


@row("args.store")
def args_store(s: Selector, value: int) -> None:
    source = s.args[value][0]
    code = "ftlsstore" if s.type[source] == "f64" else "tlsstore"
    s.emit(CODE[code], -1, [s.reg(source)], s.imm[value])


@row("args.load")
def args_load(s: Selector, value: int) -> None:
    code = "ftlsload" if s.type[value] == "f64" else "tlsload"
    s.emit(CODE[code], s.virtual(value), [], s.imm[value])
