"""The LIR op table: legal types, ABI, memory and runtime calls; still SSA with block parameters.

Types: `i64`, `f64`, `ptr` (an address; integer ops accept ptr where the pattern says `int`).  Booleans are
i64 0 or 1; unit is gone (i64 0 where a value is needed).  Every heap access is an explicit load or
store with the layout of `runtime.py`; every check is a compare and a branch to a cold block
(`attrs["cold"]` of the function is a tuple of block indices).  Calls follow the ABI below, so arguments beyond
the registers are already stored with `args.store` before the call and fetched with `args.load` at entry.

ABI (internal and runtime calls alike): integers and addresses in rdi rsi rdx rcx r8 r9, floats in
xmm0-7, result in rax or xmm0; SysV caller/callee-saved sets; stack aligned to 16 at calls; word k of the
thread-local `zr_args` holds the k-th argument beyond them (internal calls only).

`imm` of loads and stores is (offset, scale): address = base + index * scale + offset, scale 1, 2, 4 or 8.
"""

from __future__ import annotations

from compiler.ir.function import Level, Op

# fmt: off
OPS: tuple[Op, ...] = (
    Op("const", "", "i64", "An I64.", imm="int"),
    Op("const.f64", "", "f64", "An F64 by its bits.", imm="bits"),
    Op("addr", "", "ptr", "The address of a symbol (data or code): imm (symbol, addend).", imm="symbol"),
    Op("slot", "", "ptr", "A stack slot of imm bytes, 8-aligned, alive for the whole function.", imm="int"),
    # Integers.
    Op("add", "int int", "int", "Sum; ptr if either is ptr.", commutes=True),
    Op("sub", "int int", "int", "Difference."),
    Op("mul", "i64 i64", "i64", "Product.", commutes=True),
    Op("div", "i64 i64", "i64", "Truncating quotient; the divisor is neither 0 nor does it overflow."),
    Op("rem", "i64 i64", "i64", "Remainder; same condition."),
    Op("neg", "i64", "i64", "Negation."),
    Op("and", "i64 i64", "i64", "Bitwise and.", commutes=True),
    Op("or", "i64 i64", "i64", "Bitwise or.", commutes=True),
    Op("xor", "i64 i64", "i64", "Bitwise exclusive or.", commutes=True),
    Op("not", "i64", "i64", "Complement."),
    Op("shl", "i64 i64", "i64", "Left shift, count mod 64."),
    Op("shr", "i64 i64", "i64", "Logical right shift, count mod 64."),
    Op("sar", "i64 i64", "i64", "Arithmetic right shift, count mod 64."),
    Op("popcnt", "i64", "i64", "One bits."),
    Op("clz", "i64", "i64", "Leading zeros, 64 for 0."),
    Op("ctz", "i64", "i64", "Trailing zeros, 64 for 0."),
    Op("icmp.eq", "int int", "i64", "1 when equal.", commutes=True),
    Op("icmp.ne", "int int", "i64", "1 when not equal.", commutes=True),
    Op("icmp.lt", "i64 i64", "i64", "1 when less, signed."),
    Op("icmp.le", "i64 i64", "i64", "1 when less or equal, signed."),
    Op("icmp.gt", "i64 i64", "i64", "1 when greater, signed."),
    Op("icmp.ge", "i64 i64", "i64", "1 when greater or equal, signed."),
    Op("icmp.ult", "i64 i64", "i64", "1 when less, unsigned."),
    Op("icmp.uge", "i64 i64", "i64", "1 when greater or equal, unsigned."),
    Op("select", "i64 T T", "T", "Argument 1 when argument 0 is not 0, else argument 2."),
    # Floats.
    Op("fadd", "f64 f64", "f64", "Sum."),
    Op("fsub", "f64 f64", "f64", "Difference."),
    Op("fmul", "f64 f64", "f64", "Product."),
    Op("fdiv", "f64 f64", "f64", "Quotient."),
    Op("fneg", "f64", "f64", "Sign flipped."),
    Op("fabs", "f64", "f64", "Sign cleared."),
    Op("fsqrt", "f64", "f64", "Square root."),
    Op("ffloor", "f64", "f64", "Floor."),
    Op("fceil", "f64", "f64", "Ceiling."),
    Op("fmin", "f64 f64", "f64", "The lesser; NaN wins; -0.0 below 0.0."),
    Op("fmax", "f64 f64", "f64", "The greater; NaN wins; 0.0 above -0.0."),
    Op("fcmp.eq", "f64 f64", "i64", "1 when IEEE equal.", commutes=True),
    Op("fcmp.ne", "f64 f64", "i64", "1 when not IEEE equal.", commutes=True),
    Op("fcmp.lt", "f64 f64", "i64", "1 when less; 0 on NaN."),
    Op("fcmp.le", "f64 f64", "i64", "1 when less or equal; 0 on NaN."),
    Op("fcmp.gt", "f64 f64", "i64", "1 when greater; 0 on NaN."),
    Op("fcmp.ge", "f64 f64", "i64", "1 when greater or equal; 0 on NaN."),
    Op("i2f", "i64", "f64", "Nearest F64."),
    Op("f2i", "f64", "i64", "Truncates, saturates, NaN is 0."),
    Op("fbits", "f64", "i64", "The bits."),
    Op("bitsf", "i64", "f64", "From the bits."),
    # Memory.
    Op("load.i64", "ptr int*", "i64", "8 bytes; (base) or (base, index).", imm="address", effect="reads"),
    Op("load.f64", "ptr int*", "f64", "8 bytes.", imm="address", effect="reads"),
    Op("load.ptr", "ptr int*", "ptr", "8 bytes.", imm="address", effect="reads"),
    Op("load.u32", "ptr int*", "i64", "4 bytes, zero-extended.", imm="address", effect="reads"),
    Op("load.u8", "ptr int*", "i64", "1 byte, zero-extended.", imm="address", effect="reads"),
    Op("store.i64", "int ptr int*", "", "8 bytes: (value, base) or (value, base, index).", imm="address", effect="writes"),
    Op("store.f64", "f64 ptr int*", "", "8 bytes.", imm="address", effect="writes"),
    Op("store.ptr", "ptr ptr int*", "", "8 bytes.", imm="address", effect="writes"),
    Op("store.u8", "i64 ptr int*", "", "The low byte.", imm="address", effect="writes"),
    Op("count.up", "ptr", "", "Adds one to the i32 count at the address.", effect="writes"),
    Op("count.down", "ptr", "i64", "Subtracts one; 1 when the count reached 0.", effect="writes"),
    Op("args.store", "any", "", "Stores into word imm of zr_args (before a call with nothing between).", imm="int", effect="writes"),
    Op("args.load", "", "any", "Word imm of zr_args (at entry, before any call).", imm="int", effect="reads"),
    # Calls: imm is the symbol.  `result` is "" when there is none.
    Op("call", "any*", "any", "Calls a function of the program.", imm="function", effect="calls"),
    Op("call.rt", "any*", "any", "Calls a runtime function (a row of runtime.py).", imm="runtime", effect="calls"),
    Op("call.c", "any*", "any", "Calls a C function; at most six integers and eight floats.", imm="text", effect="calls"),
    Op("call.ind", "ptr any*", "any", "Calls the code at the address with the other arguments.", effect="calls"),
    # Terminators.
    Op("jump", "", "", "To the successor.", effect="ends"),
    Op("branch", "i64", "", "To successor 0 when not 0, else 1.", effect="ends"),
    Op("switch", "i64", "", "imm is a tuple of cases; the last successor is the default.", imm="cases", effect="ends"),
    Op("ret", "any*", "", "Returns the value, if any.", effect="ends"),
    Op("tail", "any*", "", "Jumps to the function imm names with these arguments, the frame gone.", imm="function", effect="ends"),
    Op("tail.ind", "ptr any*", "", "The same to the code at the address.", effect="ends"),
    Op("trap", "", "", "Control never comes here (after calls that never return).", effect="ends"),
)
# fmt: on

LIR = Level("lir", OPS)
CODE = LIR.code


class Data:
    """A static datum: bytes with relocations (offset, symbol, addend) that hold 8-byte absolute addresses."""

    __slots__ = ("align", "bytes", "name", "relocs", "section")

    def __init__(
        self, name: str, section: str, data: bytes, relocs: list[tuple[int, str, int]], align: int = 8
    ) -> None:
        self.name = name
        self.section = section  # ".rodata" or ".data"
        self.bytes = data
        self.relocs = relocs
        self.align = align
