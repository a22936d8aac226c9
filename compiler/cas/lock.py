"""One collection, repair or migration at a time; the kernel lets go when its process dies."""

from __future__ import annotations

import fcntl
import os

from compiler.cas.kinds import Fault
from compiler.cas.store import place_fault


class Lock:
    """`with Lock(root):`.  Waits when it may; else CAS_PLACE-005 when another process holds it."""

    __slots__ = ("descriptor", "path", "wait")

    def __init__(self, root: str, *, wait: bool = True) -> None:
        self.path = os.path.join(root, "lock")
        self.wait = wait
        self.descriptor = -1

    def __enter__(self) -> Lock:
        try:
            self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | (0 if self.wait else fcntl.LOCK_NB))
            except BaseException:
                os.close(self.descriptor)
                raise
        except BlockingIOError:
            raise Fault("CAS_PLACE-005", path=self.path) from None
        except OSError as error:
            raise place_fault(self.path, error) from None
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)
