"""Give freed memory back to the system, where the C library holds on to it below something that lives.

Knows nothing of who freed what: whoever has just let go of much calls it, once, as it walks the whole heap.
"""

from __future__ import annotations


def trim() -> None:
    """Ask glibc to let go of free pages; another C library keeps what it likes."""
    import ctypes

    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        return
