"""Pins: objects that no collection takes, by the word of a user.

A pin waits for the disk, since nothing could make it again.
"""

from __future__ import annotations

import os

from compiler.cas.kinds import Fault, is_digest, read_address, spell
from compiler.cas.store import read_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cas.kinds import Address
    from compiler.cas.store import Store


def pin(store: Store, address: Address) -> None:
    """Keep an object and what it needs.  Errors: Fault, also when the object is not there or damaged."""
    store.get(address)
    store.write(f"pins/{address[1]}", f"{spell(address)}\n".encode(), sync=True)


def unpin(store: Store, address: Address) -> bool:
    """Whether it was pinned.  Errors: Fault."""
    name = f"pins/{address[1]}"
    if not os.path.lexists(os.path.join(store.root, name)):
        return False
    store.remove(name)
    return True


def pins(store: Store) -> list[Address]:
    """What is pinned, in order.  Errors: Fault; a pin that cannot be read must stop a collection, not be lost."""
    place = os.path.join(store.root, "pins")
    try:
        names = sorted(os.listdir(place))
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = []
    for name in names:
        if not is_digest(name):
            continue
        address = read_address(
            read_file(os.path.join(place, name), f"pins/{name}")[0].decode("ascii", "replace").strip()
        )
        if address[1] != name:
            raise Fault("CAS_NAME-001", name=f"pins/{name}")
        found.append(address)
    return found
