"""Write a file whole or not at all.

The bytes go to a file beside the target, reach the disk, and then take the target's name in one step; whatever fails,
the target is as it was and nothing is left beside it.  Devices and pipes are written directly.
"""

from __future__ import annotations

import os
import stat

from compiler.diagnostics import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def keep_sources(target: str, inputs: Iterable[str]) -> None:
    """Refuse a target that is one of the files the command reads, or another source file.

    A slip like `-o main.0x0` would cost its owner the source.  Errors: UsageError.
    """
    try:
        status = os.stat(target)
    except OSError:
        return  # nothing is there to be lost, or writing will say why it cannot
    for path in inputs:
        try:
            if os.path.samestat(status, os.stat(path)) and stat.S_ISREG(status.st_mode):
                raise UsageError(f"{target} is read by this command and would be overwritten", "give -o another file")
        except OSError:
            pass
    if os.path.basename(target) in ("0x0.pkg", "0x0.lock") or _is_source(target, status):
        raise UsageError(f"{target} is a source file and would be overwritten", "give -o another file, or delete it")


def _is_source(path: str, status: os.stat_result) -> bool:
    """Whether a file of this name is text, so no earlier output."""
    if not path.endswith(".0x0") or not stat.S_ISREG(status.st_mode) or not status.st_size:
        return False
    try:
        with open(path, "rb") as file:
            return file.read(4) != b"\x7fELF"
    except OSError:
        return False


def write_whole(path: str, data: bytes, *, executable: bool = False) -> None:
    """Give `path` these contents.  An existing file keeps its permissions, a new one gets the usual ones.

    Errors: UsageError naming the path and the system's reason: the command cannot be carried out.
    """
    try:
        _write_whole(os.path.realpath(path), data, executable)
    except OSError as error:
        from compiler.syntax.source import reason

        raise UsageError(f"cannot write {path}: {reason(error)}") from None


def _write_whole(path: str, data: bytes, executable: bool) -> None:
    mode = 0o777 if executable else 0o666
    keep = None
    try:
        status = os.stat(path)
    except FileNotFoundError:
        pass
    else:
        if not stat.S_ISREG(status.st_mode):
            write_all(os.open(path, os.O_WRONLY | os.O_CLOEXEC), data, sync=False)
            return
        if not os.access(path, os.W_OK):
            raise PermissionError(13, os.strerror(13))
        keep = stat.S_IMODE(status.st_mode) | (0o111 if executable else 0)
    folder, name = os.path.split(path)
    beside = os.path.join(folder, f".{name[:200]}.{os.getpid()}.tmp")
    try:
        write_all(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), data, sync=True)
        if keep is not None:
            os.chmod(beside, keep)
        os.replace(beside, path)
    except BaseException:
        if os.path.lexists(beside):
            os.unlink(beside)
        raise


def write_all(descriptor: int, data: bytes, *, sync: bool) -> None:
    """Write everything, wait for the disk if asked to, and close the descriptor whatever happens."""
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        if sync:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
