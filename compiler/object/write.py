"""Write a result file whole or not at all.

The bytes go to a new file beside the target and take its name only when they are all on disk, so a full disk, a killed
process or a second build never leaves half a program.  Every failure is one LinkError that names the file and reason.
"""

from __future__ import annotations

import os

from compiler.object.errors import LinkError


def write_atomically(path: str, data: bytes, mode: int = 0o644) -> None:
    """Make `path` hold exactly these bytes with these permissions (the umask applies).

    Errors: LINK-007.
    """
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        if os.path.exists(path) and not os.path.isfile(path):  # a device is written, never replaced by a file
            _write(os.open(path, os.O_WRONLY | os.O_CLOEXEC), data)
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, mode)
        _write(descriptor, data, sync=True)
        os.replace(temporary, path)
    except OSError as error:
        try:  # noqa: SIM105  (contextlib costs more to import than a link)
            os.unlink(temporary)
        except OSError:
            pass  # it was never made
        raise LinkError("LINK-007", f"{path}: {(error.strerror or str(error)).lower()}") from error


def _write(descriptor: int, data: bytes, *, sync: bool = False) -> None:
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        if sync:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
