"""A build that is killed while it writes into its store: `python -m tests.guard.killing POINT STORE WORDS…`.

At POINT n > 0, SIGKILL comes before the n-th time that anything below STORE is opened for writing, made or renamed: the
same point on every run.  At POINT 0 it comes in the middle of a write, by the limit on the size of files.
Ends as `zero WORDS…` does when that point is never reached.
"""

from __future__ import annotations

import os
import resource
import signal
import sys

HALF = 8192  # bytes of a file that are written before the end comes at point 0; every executable is longer
EVENTS = frozenset({"open", "os.mkdir", "os.rename", "os.link"})


def arm(point: int, store: str) -> None:
    inside = os.path.realpath(store) + os.sep
    left = [point]

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event not in EVENTS or not left[0]:
            return
        path = arguments[0]
        if not isinstance(path, (str, bytes)) or not f"{os.path.realpath(os.fsdecode(path))}/".startswith(inside):
            return
        if event == "open":
            flags = arguments[2]
            if not isinstance(flags, int) or not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    if point:
        sys.addaudithook(hear)
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HALF, HALF))


if __name__ == "__main__":
    from compiler.cli.main import main

    arm(int(sys.argv[1]), sys.argv[2])
    os._exit(main(sys.argv[3:]))
