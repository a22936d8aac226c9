"""Every way a running program can end early, one row each; all lanes print these words.

`panic: MESSAGE` and `  at file:line:col` on stderr, then the status.  {0}, {1} are I64 facts, or names of types.
The native runtime's copy in `runtime_c/zr_panics.h` is generated from this table by `invoke build`'s
tests being equal: `tests/runtime/test_tables.py` compares the two.
"""

from __future__ import annotations

# kind -> (number, status, message)
PANICS: dict[str, tuple[int, int, str]] = {
    "user": (0, 101, "{text}"),
    "division": (1, 101, "division by zero"),
    "overflow": (2, 101, "division overflow"),
    "index": (3, 101, "index {0} out of range for length {1}"),
    "empty-list": (4, 101, "empty list"),
    "slice": (5, 101, "slice {0}..{1} out of range"),
    "array-length": (6, 101, "array length {0} out of range"),
    "digits": (7, 101, "digits {0} out of range"),
    "cycle": (8, 101, "value contains itself"),
    "not-owner": (9, 101, "receive by another than the owner"),
    "type": (10, 101, "value is {0}, not {1}"),
}

# The text of the user's panic when no arm of a match fits: the checker has found that one does, and a guard has since
# changed a mutable field of the value.
NO_ARM = "no arm fits: a guard changed the value"

# Ends without a place: one line on stderr each.
STACK_STATUS, STACK_LINE = 102, "panic: stack exhausted"
MEMORY_STATUS, MEMORY_LINE = 103, "panic: memory exhausted"
DEADLOCK_STATUS, DEADLOCK_LINE = 104, "panic: deadlock"
