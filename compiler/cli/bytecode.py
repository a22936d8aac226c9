"""Remove bytecode that was cut off: Python keeps what a full disk left of it, and then fails on it for ever."""

from __future__ import annotations

import marshal
import os

HEAD = 16  # bytes before the code: magic, flags, and the source's time and size


def remove_damaged(root: str) -> int:
    """How many files of bytecode below `root` cannot be read; they are gone, and Python writes them again."""
    removed = 0
    for folder, _, names in os.walk(root):
        if os.path.basename(folder) != "__pycache__":
            continue
        for name in names:
            path = os.path.join(folder, name)
            try:
                with open(path, "rb") as file:
                    data = file.read()
                try:
                    marshal.loads(data[HEAD:])
                except (EOFError, ValueError, TypeError):
                    os.unlink(path)
                    removed += 1
            except OSError:
                pass  # not ours to read or to remove: the crash says so
    return removed
