"""Standard output and standard error, in UTF-8 whatever the locale says."""

from __future__ import annotations

import os
import sys


def complete() -> None:
    """Open what the caller closed of the three standard streams, as nothing at all.

    Otherwise the next file to be opened would take its number, and what is printed would land in that file.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_RDWR)
            if nothing != number:
                os.dup2(nothing, number)
                os.close(nothing)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


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
