"""The MachineIR op table: x86-64 instructions as the allocator and the encoder see them.

Before allocation operands are virtual registers, afterwards physical ones; the ops stay the same.  An
instruction has at most one result `d`, plain uses, then the registers of its memory operand (`m`), and
an immediate.  Classes: i is a general register, f a vector register holding one F64.

`tied`: the result takes the register of use 0 (the allocator copies when it must).  `rm`: the last plain use
may be read from memory when there is no memory operand yet.  `late`: uses are read after the result is written.
`fixed` and `result` name the physical registers of uses and result; `clobbers` what else is destroyed.
Knows no encodings: `targets/x86_64/encode.py` has one function for each `enc` class.
"""

from __future__ import annotations


class MachineOp:
    """One row: operand roles, constraints and flag effects of an instruction."""

    __slots__ = (
        "calls",
        "clobbers",
        "code",
        "commutes",
        "d",
        "doc",
        "enc",
        "ends",
        "fixed",
        "flags",
        "imm",
        "late",
        "mem",
        "name",
        "opcode",
        "result",
        "rm",
        "tied",
        "uses",
    )

    def __init__(
        self,
        name: str,
        d: str,
        uses: str,
        enc: str,
        opcode: int,
        doc: str,
        *,
        mem: str = "",
        imm: str = "",
        tied: bool = False,
        rm: bool = False,
        late: bool = False,
        commutes: bool = False,
        flags: str = "",
        fixed: str = "",
        result: str = "",
        clobbers: str = "",
        calls: bool = False,
        ends: bool = False,
    ) -> None:
        self.code = -1
        self.name = name
        self.d = d  # class of the result, or ""
        self.uses = tuple(uses.split())  # classes of plain uses; a trailing "*" repeats any class
        self.enc = enc
        self.opcode = opcode  # what the encoding class makes of it
        self.doc = doc
        self.mem = mem  # "" none, "r" reads, "w" writes, "a" address only, "?" may replace the last use (reads)
        self.imm = imm  # "", "int", "int?", "cc", "symbol", "tls"
        self.tied = tied
        self.rm = rm
        self.late = late
        self.commutes = commutes
        self.flags = flags  # "" none, "sets", "reads", "clobbers"
        self.fixed = tuple(fixed.split())
        self.result = result
        self.clobbers = tuple(clobbers.split())
        self.calls = calls  # destroys every caller-saved register
        self.ends = ends


M = MachineOp
# fmt: off
OPS: tuple[MachineOp, ...] = (
    # Moves.
    M("mov", "i", "i", "mov", 0, "Copies a general register."),
    M("movi", "i", "", "movi", 0, "A constant; leaves the flags alone.", imm="int"),
    M("zero", "i", "", "zero", 0, "Zero by xor.", flags="clobbers"),
    M("addr", "i", "", "addr", 0, "The absolute address of a symbol plus an addend.", imm="symbol"),
    M("lea", "i", "", "load", 0x8D, "The address of the memory operand.", mem="a"),
    M("load", "i", "", "load", 0x8B, "8 bytes.", mem="r"),
    M("load32", "i", "", "load32", 0x8B, "4 bytes, zero-extended.", mem="r"),
    M("load8", "i", "", "load8", 0xB6, "1 byte, zero-extended.", mem="r"),
    M("store", "", "i", "store", 0x89, "8 bytes.", mem="w"),
    M("store8", "", "i", "store8", 0x88, "The low byte.", mem="w"),
    M("storei", "", "", "storei", 0xC7, "8 bytes: a sign-extended 32-bit constant.", mem="w", imm="int"),
    M("store8i", "", "", "store8i", 0xC6, "A constant byte.", mem="w", imm="int"),
    M("xchg", "", "i i", "xchg", 0x87, "Swaps two registers (made by the allocator only)."),
    M("push", "", "", "push", 6, "Pushes 8 bytes of memory (a copy's first half).", mem="r"),
    M("pop", "", "", "push", 0, "Pops 8 bytes into memory.", mem="w"),
    M("fmov", "f", "f", "fmov", 0, "Copies a vector register."),
    M("fzero", "f", "", "fzero", 0, "Positive zero."),
    M("fload", "f", "", "fload", 0x10, "8 bytes.", mem="r"),
    M("fstore", "", "f", "fstore", 0x11, "8 bytes.", mem="w"),
    # Integer arithmetic: use 1, an immediate, or memory.
    M("add", "i", "i i", "alu", 0, "Sum.", mem="?", imm="int?", tied=True, rm=True, commutes=True, flags="clobbers"),
    M("or", "i", "i i", "alu", 1, "Bitwise or.", mem="?", imm="int?", tied=True, rm=True, commutes=True, flags="clobbers"),
    M("and", "i", "i i", "alu", 4, "Bitwise and.", mem="?", imm="int?", tied=True, rm=True, commutes=True, flags="clobbers"),
    M("sub", "i", "i i", "alu", 5, "Difference.", mem="?", imm="int?", tied=True, rm=True, flags="clobbers"),
    M("xor", "i", "i i", "alu", 6, "Bitwise exclusive or.", mem="?", imm="int?", tied=True, rm=True, commutes=True, flags="clobbers"),
    M("imul", "i", "i i", "imul", 0xAF, "Product.", mem="?", tied=True, rm=True, commutes=True, flags="clobbers"),
    M("imul3", "i", "i", "imul3", 0x69, "Product with a constant.", mem="?", imm="int", rm=True, flags="clobbers"),
    M("neg", "i", "i", "unary", 3, "Negation.", tied=True, flags="clobbers"),
    M("not", "i", "i", "unary", 2, "Complement.", tied=True),
    M("shl", "i", "i i", "shift", 4, "Left shift by a constant or cl.", imm="int?", tied=True, fixed="- rcx", clobbers="rcx", flags="clobbers"),
    M("shr", "i", "i i", "shift", 5, "Logical right shift.", imm="int?", tied=True, fixed="- rcx", clobbers="rcx", flags="clobbers"),
    M("sar", "i", "i i", "shift", 7, "Arithmetic right shift.", imm="int?", tied=True, fixed="- rcx", clobbers="rcx", flags="clobbers"),
    M("idiv", "i", "i i", "idiv", 0, "Quotient.", rm=True, late=True, fixed="rax -", result="rax", clobbers="rax rdx", flags="clobbers"),
    M("irem", "i", "i i", "idiv", 1, "Remainder.", rm=True, late=True, fixed="rax -", result="rdx", clobbers="rax rdx", flags="clobbers"),
    M("popcnt", "i", "i", "popcnt", 0xB8, "One bits.", rm=True, mem="?", flags="clobbers"),
    M("clz", "i", "i", "bitscan", 0xBD, "Leading zeros, 64 for 0.", late=True, flags="clobbers"),
    M("ctz", "i", "i", "bitscan", 0xBC, "Trailing zeros, 64 for 0.", late=True, flags="clobbers"),
    # Comparisons: use 0 against use 1, an immediate, or memory; or memory against an immediate.
    M("cmp", "", "i i", "cmp", 7, "Flags of the difference.", mem="?", imm="int?", rm=True, flags="sets"),
    M("test", "", "i i", "test", 0x85, "Flags of the bitwise and.", imm="int?", flags="sets"),
    M("cmpm", "", "", "cmpm", 7, "8 bytes of memory against a constant.", mem="r", imm="int", flags="sets"),
    M("cmpm32", "", "", "cmpm", 7, "4 bytes of memory against a constant.", mem="r", imm="int", flags="sets"),
    M("cmpm8", "", "", "cmpm", 7, "1 byte of memory against a constant.", mem="r", imm="int", flags="sets"),
    M("setcc", "i", "", "setcc", 0x90, "1 when the condition holds, else 0.", imm="cc", flags="reads"),
    M("cmov", "i", "i i", "cmov", 0x40, "Use 1 when the condition holds, else use 0.", mem="?", imm="cc", tied=True, rm=True, flags="reads"),
    M("fcmov", "f", "f f", "fcmov", 0, "Use 1 when the condition holds, else use 0 (a branch inside).", mem="?", imm="cc", tied=True, rm=True, flags="reads"),
    # Counts.
    M("inc32", "", "", "count", 0, "Adds one to 4 bytes of memory.", mem="w", flags="clobbers"),
    M("dec32", "", "", "count", 1, "Subtracts one from 4 bytes of memory.", mem="w", flags="sets"),
    # Floats.
    M("addsd", "f", "f f", "sse", 0x58, "Sum.", mem="?", tied=True, rm=True, commutes=True),
    M("mulsd", "f", "f f", "sse", 0x59, "Product.", mem="?", tied=True, rm=True, commutes=True),
    M("subsd", "f", "f f", "sse", 0x5C, "Difference.", mem="?", tied=True, rm=True),
    M("divsd", "f", "f f", "sse", 0x5E, "Quotient.", mem="?", tied=True, rm=True),
    M("sqrtsd", "f", "f", "sse1", 0x51, "Square root.", mem="?", rm=True),
    M("roundsd", "f", "f", "round", 0x0B, "Rounded: 9 down, 10 up.", mem="?", imm="int", rm=True),
    M("xorpd", "f", "f f", "pd", 0x57, "Bitwise exclusive or (memory is 16 bytes, aligned).", mem="?", tied=True, commutes=True),
    M("andpd", "f", "f f", "pd", 0x54, "Bitwise and (memory is 16 bytes, aligned).", mem="?", tied=True, commutes=True),
    M("fmin", "f", "f f", "fminmax", 0, "The lesser; NaN wins; -0.0 below 0.0.", tied=True, flags="clobbers"),
    M("fmax", "f", "f f", "fminmax", 1, "The greater; NaN wins; 0.0 above -0.0.", tied=True, flags="clobbers"),
    M("ucomisd", "", "f f", "ucomi", 0x2E, "Flags of an unordered comparison.", mem="?", rm=True, flags="sets"),
    M("cvtsi2sd", "f", "i", "cvtsi2sd", 0x2A, "The nearest F64.", mem="?", rm=True),
    M("f2i", "i", "f", "f2i", 0x2C, "Truncated, saturated, NaN is 0.", flags="clobbers"),
    M("movqxr", "f", "i", "movq", 0x6E, "An F64 from its bits."),
    M("movqrx", "i", "f", "movq", 0x7E, "The bits of an F64."),
    # Thread-local argument words.
    M("tlsload", "i", "", "tls", 0x8B, "Argument word `imm`.", imm="tls"),
    M("tlsstore", "", "i", "tls", 0x89, "Sets argument word `imm`.", imm="tls"),
    M("ftlsload", "f", "", "tls", 0x10, "Argument word `imm`.", imm="tls"),
    M("ftlsstore", "", "f", "tls", 0x11, "Sets argument word `imm`.", imm="tls"),
    # Calls: each use has its register in the instruction's `fix`; the result is in rax or xmm0.
    M("call", "*", "*", "call", 0, "Calls a symbol.", imm="symbol", calls=True, flags="clobbers"),
    M("callind", "*", "*", "callind", 0, "Calls the address in use 0.", calls=True, flags="clobbers"),
    M("callnever", "", "*", "callnever", 0, "Calls a symbol that does not return.", imm="symbol", flags="clobbers"),
    # Terminators.
    M("jmp", "", "", "jmp", 0, "To successor 0.", ends=True),
    M("jcc", "", "", "jcc", 0, "To successor 0 when the condition holds, else 1.", imm="cc", flags="reads", ends=True),
    M("jtab", "", "i", "jtab", 0, "To the successor use 0 counts to (it is in range).", ends=True),
    M("ret", "", "*", "ret", 0, "Returns.", ends=True),
    M("tail", "", "*", "tail", 0, "Jumps to a symbol, the frame gone.", imm="symbol", ends=True),
    M("tailind", "", "*", "tailind", 0, "Jumps to the address in use 0, the frame gone.", ends=True),
    M("trap", "", "", "trap", 0, "Control never comes here.", ends=True),
)
# fmt: on

CODE: dict[str, int] = {}
for _number, _row in enumerate(OPS):
    _row.code = _number
    CODE[_row.name] = _number

# Condition codes as x86 numbers them; 16 and 17 need two flags (IEEE equality).
CONDITIONS = ("o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g", "feq", "fne")
CC: dict[str, int] = {name: number for number, name in enumerate(CONDITIONS)}
