"""Collect garbage: what no reference and no pin needs goes, and of references the longest unused, until all fits.

Objects younger than an hour stay: their writer may not have referred to them yet.  Readers and writers go on meanwhile;
whatever they lose to a collection, they make again.  Recent use is the time of the reference's file.
"""

from __future__ import annotations

import os
import time

from compiler.cas.kinds import KINDS, Fault, links
from compiler.cas.lock import Lock
from compiler.cas.pins import pins
from compiler.cas.store import GRACE_S, LAYOUT, object_name, place_fault, read_file, read_ref, unwrap
from compiler.cas.walk import walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cas.kinds import Address
    from compiler.cas.store import Store
    from compiler.cas.walk import Found

DEFAULT_BYTES = 1 << 30
UNITS = {"K": 10, "M": 20, "G": 30, "T": 40}


class Swept:
    """What a collection came to."""

    __slots__ = ("bytes_kept", "bytes_removed", "objects_kept", "objects_removed", "refs_kept", "refs_removed")

    def __init__(self) -> None:
        self.objects_kept = self.objects_removed = 0
        self.refs_kept = self.refs_removed = 0
        self.bytes_kept = self.bytes_removed = 0


def read_size(word: str) -> int | None:
    """Bytes: a number, with K, M, G or T behind it; None for anything else."""
    shift = UNITS.get(word[-1:].upper(), 0)
    digits = word[:-1] if shift else word
    return int(digits) << shift if digits.isascii() and digits.isdigit() and len(digits) < 16 else None


def size_limit() -> int:
    """The size that builds keep the store within: `ZERO_CACHE_SIZE`, else 1 GiB."""
    return read_size(os.environ.get("ZERO_CACHE_SIZE", "")) or DEFAULT_BYTES


def collect(
    store: Store,
    *,
    max_bytes: int | None = None,
    unused_s: float | None = None,
    grace_s: float = GRACE_S,
    now: float | None = None,
) -> Swept:
    """Errors: Fault; CAS_PLACE-005 when another process collects."""
    if store.layout() != LAYOUT:
        return Swept()
    with Lock(store.root, wait=False):
        return _Collection(store, grace_s, time.time() if now is None else now).run(max_bytes, unused_s)


class _Collection:
    __slots__ = ("before", "kept", "needs", "now", "objects", "rest", "result", "store", "total")

    def __init__(self, store: Store, grace_s: float, now: float) -> None:
        self.store = store
        self.now = now
        self.before = now - grace_s
        self.objects: dict[Address, Found] = {}
        self.needs: dict[Address, list[Address]] = {}
        self.kept: set[Address] = set()
        self.total = 0
        self.rest: list[Found] = []
        self.result = Swept()

    def run(self, max_bytes: int | None, unused_s: float | None) -> Swept:
        refs: list[Found] = []
        for found in walk(self.store):
            if found.what == "object" and found.address is not None:
                self.objects[found.address] = found
            elif found.what == "ref":
                refs.append(found)
            elif found.what in ("tmp", "aside", "old"):
                self.rest.append(found)
        for address in pins(self.store):
            self._keep(self._closure(address))
        pinned = frozenset(self.kept)
        # The most recently used first; where two are as recent, their keys decide.
        refs.sort(key=lambda ref: (-ref.mtime, ref.key))
        for ref in refs:
            closure = self._wanted(ref)
            old = unused_s is not None and ref.mtime < self.now - unused_s
            if closure is None or (not pinned.intersection(closure) and (old or not self._fits(closure, max_bytes))):
                self.result.refs_removed += self._remove(ref, self.now)
            else:
                self.result.refs_kept += 1
                self._keep(closure)
        for address, found in self.objects.items():
            if address in self.kept:
                continue
            if self._remove(found, self.before):
                self.result.objects_removed += 1
                self.result.bytes_removed += found.size
            else:
                self.total += found.size
        for found in self.rest:
            if self._remove(found, self.before):
                self.result.bytes_removed += found.size
        self.result.objects_kept = len(self.objects) - self.result.objects_removed
        self.result.bytes_kept = self.total
        return self.result

    def _wanted(self, ref: Found) -> list[Address] | None:
        """All that a reference needs; None when it leads nowhere."""
        try:
            line = read_file(os.path.join(self.store.root, ref.name), ref.name)[0]
            closure = self._closure(read_ref(ref.key, line))
        except (Fault, FileNotFoundError):
            return None
        return closure if all(address in self.objects for address in closure) else None

    def _closure(self, root: Address) -> list[Address]:
        """The address and what it needs, each once; with those that are not there."""
        seen = {root: None}
        stack = [root]
        while stack:
            address = stack.pop()
            if not KINDS[address[0]].links or address not in self.objects:
                continue
            for other in self._links(address):
                if other not in seen:
                    seen[other] = None
                    stack.append(other)
        return list(seen)

    def _links(self, address: Address) -> list[Address]:
        known = self.needs.get(address)
        if known is None:
            name = object_name(address)
            try:
                stored = read_file(os.path.join(self.store.root, name), name)[0]
                known = links(unwrap(address, stored, name))
            except (Fault, FileNotFoundError):
                known = []
                self.objects.pop(address, None)  # damaged: as good as not there, and `verify` will speak of it
            self.needs[address] = known
        return known

    def _fits(self, closure: list[Address], max_bytes: int | None) -> bool:
        if max_bytes is None:
            return True
        more = sum(self.objects[address].size for address in closure if address not in self.kept)
        return self.total + more <= max_bytes

    def _keep(self, closure: list[Address]) -> None:
        for address in closure:
            if address not in self.kept and address in self.objects:
                self.kept.add(address)
                self.total += self.objects[address].size

    def _remove(self, found: Found, before: float) -> bool:
        """Whether the file went; one that was used or written again meanwhile stays."""
        path = os.path.join(self.store.root, found.name)
        try:
            status = os.lstat(path)
            if status.st_mtime > before or status.st_mtime != found.mtime:
                return False
            os.unlink(path)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise place_fault(path, error) from None
        return True
