"""Machine code of many instances at once: forks that each make a share of it and send it back.

    keys in the order of asking ─┬─ the first share: left to the one who asks
                                 └─ one share a fork ─▶ pipe ─▶ `take`, when its first key is asked for

A fork has everything that its share needs, since it is a copy of the process; it writes nothing but its pipe.  The
engine sees the same questions and answers for any number of jobs: whoever asks for an answer first records what it
depends on and then takes it from here.  A fork that fails, for whatever reason, has no share: its part is made again by
the one who asks, who meets the reason himself.
"""

from __future__ import annotations

import marshal
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

LEAST = 64  # instances that are worth a fork


def cores() -> int:
    """How many jobs there are room for."""
    return len(os.sched_getaffinity(0))


class Workers:
    """Forks under way."""

    __slots__ = ("_found", "_owner", "_pipes")

    def __init__(self, keys: Sequence[str], jobs: int, make: Callable[[str], Any]) -> None:
        self._owner: dict[str, int] = {}  # whose share a key is in
        self._pipes: dict[int, int] = {}  # process -> where its share comes from
        self._found: dict[str, bytes] = {}
        shares = min(jobs, len(keys) // LEAST)
        for k in range(1, shares):
            share = keys[len(keys) * k // shares : len(keys) * (k + 1) // shares]
            try:
                process, pipe = _fork(share, make)
            except OSError:  # no room for another process
                return
            self._pipes[process] = pipe
            self._owner.update(dict.fromkeys(share, process))

    def take(self, key: str) -> Any:
        """What a fork has made for a key; None when that is nobody's, or was not made."""
        process = self._owner.pop(key, 0)
        if process in self._pipes:
            self._found.update(_read(process, self._pipes.pop(process)))
        found = self._found.pop(key, None)
        return None if found is None else marshal.loads(found)

    def close(self) -> None:
        """Nobody takes any more: end the forks that nobody has waited for."""
        import signal

        while self._pipes:
            process, pipe = self._pipes.popitem()
            os.close(pipe)
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


def _fork(share: Sequence[str], make: Callable[[str], Any]) -> tuple[int, int]:
    out, into = os.pipe()
    try:
        process = os.fork()
    except OSError:
        os.close(out)
        os.close(into)
        raise
    if process:
        os.close(into)
        return process, out
    status = 1
    try:
        os.close(out)
        rows = [(key, marshal.dumps(make(key), 2)) for key in share]
        with open(into, "wb") as file:
            marshal.dump(rows, file)
        status = 0
    finally:  # whatever it was, the parent meets it too, and says so
        os._exit(status)


def _read(process: int, pipe: int) -> dict[str, bytes]:
    with open(pipe, "rb") as file:
        data = file.read()
    _, status = os.waitpid(process, 0)
    return dict(marshal.loads(data)) if status == 0 else {}
