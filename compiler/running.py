"""Run a compiled program in a lane, as this process or as a child.

Knows no options of a command and compiles nothing.  A new lane is a function here and a row in the verb's table.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from compiler.hir.program import Program
    from compiler.ir.function import Module


def interp(
    program: Program, argv: list[str], function: int | None = None, foreign: Callable[..., Any] | None = None
) -> int:
    """Run in the reference interpreter; the program's status."""
    import sys

    from compiler.hir.interp import run

    streams = (sys.stdin.buffer, sys.stdout.buffer, sys.stderr.buffer)
    return _printed(
        lambda: run(
            program,
            argv=argv,
            stdin=streams[0],
            stdout=streams[1],
            stderr=streams[2],
            function=function,
            foreign=foreign,
        )
    )


def mir(module: Module, argv: list[str], foreign: Callable[..., Any] | None = None) -> int:
    """Run in the MIR interpreter; the program's status."""
    import sys

    from compiler.mir.interp import run

    streams = (sys.stdin.buffer, sys.stdout.buffer, sys.stderr.buffer)
    return _printed(
        lambda: run(module, argv=argv, stdin=streams[0], stdout=streams[1], stderr=streams[2], foreign=foreign)
    )


def _printed(work: Callable[[], int]) -> int:
    """The status of work that prints; what cannot be printed ends it as it ends a native program."""
    import sys

    try:
        status = work()
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is not None:
            raise
        from compiler.errno_words import reason

        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what waits to be written has nowhere to go
        sys.stderr.write(f"panic: standard output: {reason(error.errno or 0)}\n")
        return 101
    return status


def become(image: bytes, argv: list[str]) -> NoReturn:
    """Replace this process by an executable that is in no file system."""
    descriptor = os.memfd_create("program", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(image)
    os.execve(descriptor, argv, os.environ)


def child(work: Callable[[], int]) -> tuple[int, bytes]:
    """(status, standard output) of work done in a forked child; minus the signal when one ended it."""
    import sys

    sys.stdout.flush()
    sys.stderr.flush()
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            os.dup2(send, 1)
            os.close(receive)
            os.close(send)
            status = work()
            sys.stdout.flush()
            sys.stderr.flush()
        except Exception as error:
            sys.stderr.write(f"zero: an error in the compiler ({type(error).__name__}: {error})\n")
            sys.stderr.flush()
        finally:
            os._exit(status)
    os.close(send)
    with os.fdopen(receive, "rb") as file:
        output = file.read()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), output
