"""Machine code of many instances at once: forks that each make a share of it.

    keys in the order of asking ─┬─ the first share: left to the one who asks
                                 └─ one share a fork ─▶ file ─▶ `take`, when its first key is asked for

A fork has everything that its share needs, since it is a copy of the process; it writes nothing but a file without a
name, out of which answers come one by one: whoever asks never holds a whole share.  The engine sees the same questions
and answers for any number of jobs: whoever asks for an answer first records what it depends on and then takes it from
here.  A fork that fails, for whatever reason, has no share: its part is made again by the one who asks, who meets the
reason himself.
"""

from __future__ import annotations

import marshal
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

LEAST = 64  # instances that are worth a fork
_END = 8  # bytes of the offset that a file ends with


def cores() -> int:
    """How many jobs there are room for."""
    return len(os.sched_getaffinity(0))


class Workers:
    """Forks under way."""

    __slots__ = ("_files", "_owner", "_places", "_running")

    def __init__(self, keys: Sequence[str], jobs: int, make: Callable[[str], Any]) -> None:
        self._owner: dict[str, int] = {}  # whose share a key is in
        self._running: set[int] = set()
        self._files: dict[int, int] = {}  # process -> where its answers are
        self._places: dict[str, tuple[int, int]] = {}  # key -> offset and size there, once the process has ended
        shares = min(jobs, len(keys) // LEAST)
        for k in range(1, shares):
            share = keys[len(keys) * k // shares : len(keys) * (k + 1) // shares]
            try:
                process, file = _fork(share, make)
            except OSError:  # no room for another process, or file
                return
            self._running.add(process)
            self._files[process] = file
            self._owner.update(dict.fromkeys(share, process))

    def has(self, key: str) -> bool:
        """Whether a fork makes the answer for a key, unless it fails."""
        return key in self._owner

    def take(self, key: str) -> Any:
        """What a fork has made for a key; None when that is nobody's, or was not made."""
        process = self._owner.pop(key, 0)
        if process in self._running:
            self._running.discard(process)
            self._places.update(_ended(process, self._files[process]))
        place = self._places.pop(key, None)
        return None if place is None else marshal.loads(os.pread(self._files[process], place[1], place[0]))

    def close(self) -> None:
        """Nobody takes any more: end the forks that nobody has waited for."""
        import signal

        for process, file in self._files.items():
            os.close(file)
            if process in self._running:
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)
        self._files.clear()
        self._running.clear()


def _fork(share: Sequence[str], make: Callable[[str], Any]) -> tuple[int, int]:
    file = os.memfd_create("share")
    try:
        process = os.fork()
    except OSError:
        os.close(file)
        raise
    if process:
        return process, file
    status = 1
    try:
        with open(file, "wb") as into:
            places = []
            for key in share:
                data = marshal.dumps(make(key), 2)
                places.append((key, into.tell(), len(data)))
                into.write(data)
            end = into.tell()
            into.write(marshal.dumps(places))
            into.write(end.to_bytes(_END, "big"))
        status = 0
    finally:  # whatever it was, the parent meets it too, and says so
        os._exit(status)


def _ended(process: int, file: int) -> dict[str, tuple[int, int]]:
    """Where the answers of a fork are; nowhere, if it failed."""
    _, status = os.waitpid(process, 0)
    if status != 0:
        return {}
    size = os.fstat(file).st_size
    end = int.from_bytes(os.pread(file, _END, size - _END), "big")
    return {key: (at, length) for key, at, length in marshal.loads(os.pread(file, size - _END - end, end))}
