"""`--hermetic`: a build that opens a file which its record does not name ends without a result.

Python reports every file that is opened, every folder that is listed, every program and connection that is started; the
hook sees also what a library does.  Declared are the recorded inputs, what was looked for in vain, the compiler's own
files, Python's, the runtime library and the store.  Asking only whether a file exists goes unseen.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_OPENED = frozenset({"open", "os.listdir", "os.scandir"})
_STARTED = frozenset({"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "socket.connect"})
_HERE = os.path.dirname(os.path.abspath(__file__))


class Watch:
    """What this process opened since the watch began.  A hook cannot be taken back; `stop` makes it deaf."""

    __slots__ = ("listening", "opened")

    def __init__(self) -> None:
        self.opened: dict[str, None] = {}
        self.listening = True
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.listening or event not in _OPENED | _STARTED:
            return
        what = arguments[0] if arguments else ""
        if event in _STARTED:
            self.opened[f"({event} {what!s})"] = None
        elif event != "open" or not _writes(arguments):
            if isinstance(what, (str, bytes)):  # a descriptor was opened before, by its name
                self.opened[os.path.join(os.getcwd(), os.fsdecode(what))] = None

    def stop(self) -> None:
        self.listening = False


def _writes(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2] if len(arguments) > 2 else 0
    return isinstance(flags, int) and flags & os.O_ACCMODE == os.O_WRONLY


def undeclared(watch: Watch, declared: Iterable[str], folders: Iterable[str]) -> str:
    """The first name that was opened though it is neither declared nor in one of the folders, or an empty text."""
    known = {os.path.realpath(path) for path in declared}
    own = (_HERE, os.path.dirname(os.path.abspath(os.__file__)), *folders)
    inside = tuple(os.path.join(os.path.realpath(place), "") for place in own if place)
    for path in watch.opened:
        real = path if path.startswith("(") else os.path.realpath(path)
        if real not in known and not f"{real}/".startswith(inside):
            return path
    return ""
