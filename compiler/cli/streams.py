"""Standard output and standard error, in UTF-8 whatever the locale says."""

from __future__ import annotations

import sys


def out(text: str) -> None:
    """Write to standard output."""
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))


def err(text: str) -> None:
    """Write to standard error at once; when nobody can read it, there is nobody to tell either."""
    try:
        sys.stderr.buffer.write(text.encode("utf-8", "surrogateescape"))
        sys.stderr.buffer.flush()
    except OSError:
        pass


def flush() -> None:
    sys.stdout.flush()
    sys.stdout.buffer.flush()
    sys.stderr.buffer.flush()
