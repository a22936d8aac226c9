"""A tier behind the local store: `Tier` is all there is to implement, a shared folder the first.

Names are the store's own paths, data what is stored.  A tier is never trusted: the store holds what arrives against
digest, size and form before it keeps or uses it.  What a shared folder cannot prove is that a reference is the right
one: whoever may write there can answer a key with another sound result.  Share it with those who share your compiler.
"""

from __future__ import annotations

import os
import time

from compiler.cas.kinds import Fault
from compiler.cas.store import _CREATE, read_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Tier(Protocol):
        """Both raise nothing but `Fault`."""

        def fetch(self, name: str) -> bytes | None:
            """What is stored under a name, or None."""

        def offer(self, name: str, data: bytes) -> None:
            """Keep data under a name; what is there already may stay."""


class SharedFolder:
    """A tier that is a folder, on any file system that renames in one step."""

    __slots__ = ("_count", "root")

    def __init__(self, root: str) -> None:
        self.root = root
        self._count = 0

    def fetch(self, name: str) -> bytes | None:
        try:
            return read_file(os.path.join(self.root, name), name)[0]
        except FileNotFoundError:
            return None
        except Fault as fault:
            if fault.code.startswith("CAS_PLACE"):
                raise self._unusable(str(fault)) from None
            raise

    def offer(self, name: str, data: bytes) -> None:
        path = os.path.join(self.root, name)
        if name.startswith("objects/") and os.path.lexists(path):
            return
        self._count += 1
        beside = os.path.join(self.root, f".{os.getpid()}-{time.time_ns()}-{self._count}.tmp")
        try:
            if not os.path.isdir(self.root):
                raise self._unusable("there is no such folder")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            descriptor = os.open(beside, _CREATE, 0o644)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                os.rename(beside, path)
            except BaseException:
                if os.path.lexists(beside):
                    os.unlink(beside)
                raise
        except OSError as error:
            raise self._unusable((error.strerror or str(error)).lower()) from None

    def _unusable(self, why: str) -> Fault:
        return Fault("CAS_REMOTE-001", path=self.root, why=why)
