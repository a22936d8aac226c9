"""Folders in the store: a listing that names each file with its size and digest, and the files' contents.

    listing    KIND/DIGEST/SIZE KIND/DIGEST/SIZE …       where the contents lie, in the order of the lines
               PATH <tab> SIZE <tab> SHA-256             one line a file, sorted by path as bytes

The addresses are links, so a collection keeps the contents as long as the listing.  A path stays below its folder,
whoever wrote the listing.  Knows neither packages nor evidence, and writes to no folder but the store.
"""

from __future__ import annotations

import re

from compiler.cas.kinds import KINDS, Fault, after_links, is_digest, linking, links
from compiler.cas.store import object_name
from compiler.digest import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from compiler.cas.kinds import Address
    from compiler.cas.store import Store

    Line = tuple[bytes, int, str]  # path, size in bytes, SHA-256 in hex

FORM = "listing"
CONTENTS = "file"
_UNFIT = re.compile(rb"[\x00-\x1f\x7f\\]")


def keep(store: Store, kind: str, key: str, files: Mapping[bytes, bytes]) -> Address:
    """Keep files by their paths, to be found by the key.  Errors: Fault; ValueError for a path that cannot be kept."""
    paths = sorted(files)
    addresses = [store.put(CONTENTS, files[path]) for path in paths]
    body = b"".join(
        b"%s\t%d\t%s\n" % (path, len(files[path]), sha256(files[path]).hexdigest().encode()) for path in paths
    )
    payload = linking(addresses, body)
    read_listing(payload)
    address = store.put(kind, payload)
    store.set(key, address)
    return address


def find(store: Store, kind: str, key: str) -> dict[bytes, bytes] | None:
    """The files that a key leads to, each held against its digest; None where there is no such key.  Errors: Fault."""
    address = store.find(key, kind)
    if address is None:
        return None
    payload = store.get(address)
    name = object_name(address)
    try:
        lines = read_listing(payload)
    except ValueError as error:
        raise Fault("CAS_OBJECT-003", name=name, kind=kind, why=error) from None
    files = {}
    for (path, _, digest), place in zip(lines, links(payload), strict=True):
        files[path] = store.get(place)
        if sha256(files[path]).hexdigest() != digest:
            raise Fault("CAS_OBJECT-003", name=name, kind=kind, why="a file has another digest than it says")
    return files


def read_listing(payload: bytes) -> list[Line]:
    """The lines of a listing.  Errors: ValueError, in words, for whatever no listing has; Fault for a bad address."""
    addresses, body = links(payload), after_links(payload)
    rows = [row.split(b"\t") for row in body.split(b"\n")]
    if rows.pop() != [b""]:
        raise ValueError("its last line has no end")
    if len(rows) != len(addresses):
        raise ValueError("it does not have a line for each address")
    lines: list[Line] = []
    folders: set[bytes] = set()
    for row, (kind, _, size) in zip(rows, addresses, strict=True):
        digest = row[-1].decode("ascii", "replace")
        if len(row) != 3 or kind != CONTENTS or row[1] != b"%d" % size or not is_digest(digest):
            raise ValueError("a line is not a path, a size and a digest")
        path = row[0]
        parts = path.split(b"/")
        if _UNFIT.search(path) or len(path) > 4096 or not {b"", b".", b".."}.isdisjoint(parts):
            raise ValueError("a path does not stay below its folder")
        if lines and path <= lines[-1][0]:
            raise ValueError("its paths are not in order")
        lines.append((path, size, digest))
        folders.update(b"/".join(parts[:count]) for count in range(1, len(parts)))
    if any(path in folders for path, _, _ in lines):
        raise ValueError("a path is a file and a folder")
    return lines


def is_listing(kind: str) -> bool:
    """Whether an object of the kind is a whole folder."""
    return KINDS[kind].form == FORM
