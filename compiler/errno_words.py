"""Why the system refused, in the words that programs see: one row an error number.

The interpreters read this table; `runtime_c/zr_io.c` holds the same rows, and `tests/runtime/test_tables.py`
compares the two.  The numbers are Linux's.  Whatever has no row is `error N`, so programs see the same text in
every lane.
"""

from __future__ import annotations

WORDS: dict[int, str] = {
    2: "no such file or directory",
    13: "permission denied",
    17: "file exists",
    20: "not a directory",
    21: "is a directory",
    22: "invalid argument",
    24: "too many open files",
    28: "no space left on device",
    30: "read-only file system",
    36: "file name too long",
    40: "too many levels of symbolic links",
}


def reason(error: int) -> str:
    """The words for this error number."""
    return WORDS.get(error) or f"error {error}"
