"""The names of x86-64's registers by number: 0-15 general, 16-31 vector.

Which of them mean what is `targets/x86_64/target.py`'s business.
"""

from __future__ import annotations

GENERAL_NAMES = (
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
)  # fmt: skip
VECTOR_NAMES = tuple(f"xmm{n}" for n in range(16))
REGISTER_NAMES = GENERAL_NAMES + VECTOR_NAMES
REGISTERS: dict[str, int] = {name: number for number, name in enumerate(REGISTER_NAMES)}
