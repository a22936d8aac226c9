"""What x86-64 offers to the allocator: register names, classes, and the System V calling convention.

The baseline is x86-64-v2: SSE4.1 (roundsd) and popcnt are assumed, AVX and BMI are not; `zero build`
makes static executables below 2 GiB, so 32-bit absolute addresses are right.
rsp is the stack pointer and never allocated, rbp is an ordinary register, and xmm15 is kept for copies
between memory and memory and for cycles of copies.  Knows no instructions.
"""

from __future__ import annotations

from compiler.machine.registers import REGISTER_NAMES, REGISTERS

__all__ = ["REGISTERS", "REGISTER_NAMES"]

RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI = range(8)
XMM0 = 16
SCRATCH = 31  # xmm15

INTEGER_ARGS = (RDI, RSI, RDX, RCX, 8, 9)
FLOAT_ARGS = tuple(range(16, 24))
INTEGER_RESULT, FLOAT_RESULT = RAX, XMM0

CALLEE_SAVED = (RBX, RBP, 12, 13, 14, 15)
CALLER_SAVED = (RCX, RDX, RSI, RDI, 8, 9, 10, 11, RAX)
# The order of preference: registers that carry few fixed roles come first.
ALLOCATABLE = (
    (RCX, RSI, RDI, 8, 9, 10, 11, RDX, RAX, *CALLEE_SAVED),
    tuple(range(16, 31)),
)
