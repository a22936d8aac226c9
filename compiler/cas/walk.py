"""Everything that lies in a store, sorted by what it is; reads names and statuses, never contents.

What collects, scans and counts starts here.  A file that no rule of the layout explains is a stray, and nobody here
removes or moves it: ZERO_CACHE may name a folder with other things in it.
"""

from __future__ import annotations

import os

from compiler.cas.kinds import HEX, KINDS, is_digest
from compiler.cas.store import object_name, place_fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compiler.cas.kinds import Address
    from compiler.cas.store import Store

OWN = frozenset({"format", "lock", "trimmed"})
_LINK, _FOLDER, _FILE = 0o120000, 0o040000, 0o100000
_FOLDERS = {kind.folder: kind for kind in KINDS.values()}


class Found:
    """One file.  `what`: object, ref, pin, tmp, aside, old (an object of another schema), odd (no file), stray."""

    __slots__ = ("address", "key", "mode", "mtime", "name", "size", "what")

    def __init__(self, what: str, name: str, status: os.stat_result, key: str = "") -> None:
        self.what = what
        self.name = name
        self.size = status.st_size
        self.mtime = status.st_mtime
        self.mode = status.st_mode
        self.key = key
        self.address: Address | None = None


def walk(store: Store) -> Iterator[Found]:
    """In no order.  Errors: Fault CAS_PLACE-…."""
    try:
        for entry in _entries(store.root):
            if entry.name in OWN:
                continue
            inner = _INSIDE.get(entry.name)
            status = entry.stat(follow_symlinks=False)
            if inner is None or status.st_mode & 0o170000 != _FOLDER:
                yield Found("stray" if inner is None else "odd", entry.name, status)
            else:
                yield from inner(entry.path, entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        raise place_fault(error.filename or store.root, error) from None


def _entries(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as found:
            return list(found)
    except FileNotFoundError:  # removed meanwhile
        return []


def _shards(path: str, name: str) -> Iterator[tuple[str, str, str, os.stat_result | None]]:
    """(shard, path, name, None) of every shard, and (, , name, status) of what is none."""
    for entry in _entries(path):
        status = entry.stat(follow_symlinks=False)
        inside = f"{name}/{entry.name}"
        good = len(entry.name) == 2 and HEX.issuperset(entry.name) and status.st_mode & 0o170000 == _FOLDER
        yield entry.name, entry.path, inside, None if good else status


def _objects(path: str, name: str) -> Iterator[Found]:
    for entry in _entries(path):
        status = entry.stat(follow_symlinks=False)
        inside = f"{name}/{entry.name}"
        kind = _FOLDERS.get(entry.name)
        stem, _, number = entry.name.rpartition("-")
        if status.st_mode & 0o170000 != _FOLDER:
            yield Found("odd", inside, status)
        elif kind is not None:
            yield from _of_kind(kind.name, entry.path, inside)
        elif stem and number.isdigit():
            yield from _flat("old", entry.path, inside)
        else:
            yield from _flat("stray", entry.path, inside)


def _in_shards(path: str, name: str) -> Iterator[tuple[str, str, Found]]:
    """(shard, file's name, what it seems to be) of every entry; what is no shard is odd, and has no file's name."""
    for shard, place, inside, odd in _shards(path, name):
        if odd is not None:
            yield shard, "", Found("odd", inside, odd)
            continue
        for entry in _entries(place):
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            regular = status.st_mode & 0o170000 == _FILE
            yield shard, entry.name, Found("" if regular else "odd", f"{inside}/{entry.name}", status)


def _of_kind(kind: str, path: str, name: str) -> Iterator[Found]:
    for shard, file, found in _in_shards(path, name):
        rest, _, size = file.partition("-")
        if is_digest(shard + rest) and size.isascii() and size.isdigit() and len(size) < 16:
            found.address = kind, shard + rest, int(size)
            found.what = found.what or ("object" if object_name(found.address) == found.name else "stray")
        elif file:
            found.what = "stray"
        yield found


def _refs(path: str, name: str) -> Iterator[Found]:
    for shard, file, found in _in_shards(path, name):
        if file:
            found.key = shard + file
            found.what = (found.what or "ref") if is_digest(found.key) else "stray"
        yield found


def _flat(what: str, path: str, name: str) -> Iterator[Found]:
    """Everything below a folder, however deep."""
    for entry in _entries(path):
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        inside = f"{name}/{entry.name}"
        if status.st_mode & 0o170000 == _FOLDER:
            yield from _flat(what, entry.path, inside)
        else:
            yield Found(what, inside, status)


def _pins(path: str, name: str) -> Iterator[Found]:
    for found in _flat("pin", path, name):
        found.key = found.name.rpartition("/")[2]
        if found.mode & 0o170000 != _FILE:
            found.what = "odd"
        elif not is_digest(found.key) or found.name.count("/") != 1:
            found.what = "stray"
        yield found


def _tmp(path: str, name: str) -> Iterator[Found]:
    for found in _flat("tmp", path, name):
        words = found.name[4:].split("-")
        if words[1:] == ["format"]:
            words = words[:1] * 3
        if len(words) != 3 or not all(map(str.isdigit, words)):
            found.what = "stray"
        yield found


def _aside(path: str, name: str) -> Iterator[Found]:
    for found in _flat("aside", path, name):
        if not found.name.startswith(("aside/objects_", "aside/refs_")):
            found.what = "stray"
        yield found


_INSIDE: dict[str, Callable[[str, str], Iterator[Found]]] = {
    "objects": _objects,
    "refs": _refs,
    "pins": _pins,
    "tmp": _tmp,
    "aside": _aside,
}
