"""Answers by content, many to an object: a store of thousands of small objects costs more to read than to compute.

An answer belongs to a group, say what is known of all functions of a module.  `put` holds it in memory; `flush` writes
one object for each group that has changed, with every answer of the group that is still wanted, and tells where each
lies; `get` reads a whole group once.  Where objects lie, and whether they are whole, is the caller's business.
"""

from __future__ import annotations

from compiler.digest import brief

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    class Objects(Protocol):
        """Bytes by a name that tells their content; what cannot be read as it was written is None."""

        def read(self, name: str) -> bytes | None: ...

        def write(self, group: str, data: bytes) -> str: ...


# group -> the object's name, and where in it each answer lies: digest -> (offset, size)
Index = dict[str, tuple[str, dict[bytes, tuple[int, int]]]]


class Packs:
    """The answers of one graph."""

    __slots__ = ("_fresh", "_index", "_objects", "_read")

    def __init__(self, objects: Objects, index: Index | None = None) -> None:
        self._objects = objects
        self._index: Index = dict(index or {})
        self._fresh: dict[str, dict[bytes, bytes]] = {}
        self._read: dict[str, bytes | None] = {}

    def put(self, group: str, data: bytes) -> bytes:
        """Hold an answer; gives its digest."""
        digest = brief(data)
        if digest not in self._index.get(group, ("", {}))[1] or self._whole(group) is None:
            self._fresh.setdefault(group, {})[digest] = data
        return digest

    def get(self, group: str, digest: bytes) -> bytes | None:
        """The answer, or None when it is not to be had."""
        data = self._fresh.get(group, {}).get(digest)
        if data is not None:
            return data
        place = self._index.get(group, ("", {}))[1].get(digest)
        whole = self._whole(group) if place is not None else None
        return whole[place[0] : place[0] + place[1]] if whole is not None and place is not None else None

    def flush(self, wanted: Iterable[tuple[str, bytes]]) -> Index:
        """Write what is new; `wanted` are (group, digest) of all answers worth keeping.

        What is written is let go of, and read again when it is asked for.  The result is the index for the next
        `Packs`; an answer that is lost by now is not in it.
        """
        groups: dict[str, dict[bytes, None]] = {}
        for group, digest in wanted:
            groups.setdefault(group, {})[digest] = None
        found = {}
        for group in sorted(groups):
            place = self._written(group, groups[group])
            if place[1]:
                found[group] = self._index[group] = place
                self._fresh.pop(group, None)  # what is written takes no memory while the rest is
        return found

    def _written(self, group: str, digests: dict[bytes, None]) -> tuple[str, dict[bytes, tuple[int, int]]]:
        """Where the group's answers lie in the object that holds just these."""
        known = self._index.get(group)
        if known is not None and group not in self._fresh and known[1].keys() == digests.keys():
            return known
        parts, places, at = [], {}, 0
        for digest in sorted(digests):
            data = self.get(group, digest)
            if data is not None:
                parts.append(data)
                places[digest] = (at, len(data))
                at += len(data)
        return self._objects.write(group, b"".join(parts)) if parts else "", places

    def _whole(self, group: str) -> bytes | None:
        name = self._index[group][0]
        if name not in self._read:
            self._read[name] = self._objects.read(name)
        return self._read[name]
