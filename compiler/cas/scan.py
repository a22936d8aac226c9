"""Look at everything in a store, and repair what can be: each object read, held against digest, size and form.

`verify` changes nothing.  `repair` sets aside what is damaged, fetches it anew where a tier behind has it, and removes
references that lead nowhere; what does not belong into a store it leaves to its owner.  Nothing is made right by
believing it.
"""

from __future__ import annotations

import os
import time

from compiler.cas.kinds import KINDS, Fault, links
from compiler.cas.lock import Lock
from compiler.cas.payloads import hold
from compiler.cas.pins import pins
from compiler.cas.store import GRACE_S, LAYOUT, object_name, read_file, read_ref, unwrap, what_is
from compiler.cas.walk import walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cas.kinds import Address
    from compiler.cas.store import Store
    from compiler.cas.walk import Found


# What has no digest to say that it is ours stays, and so does what another machine may be able to unpack.
_LEFT = frozenset({"CAS_STRAY-001", "CAS_PLACE-004"})


class Report:
    """What a scan found: (name, fault) in order of names; how much is sound."""

    __slots__ = ("bytes", "faults", "objects", "refs")

    def __init__(self) -> None:
        self.faults: list[tuple[str, Fault]] = []
        self.objects = 0
        self.refs = 0
        self.bytes = 0


def verify(store: Store) -> Report:
    """Errors: Fault when there is no looking at the store at all."""
    report = Report()
    store.layout()
    sound: set[Address] = set()
    needs: list[tuple[str, Address]] = []
    refs: list[tuple[str, Address]] = []
    young = time.time() - GRACE_S
    for found in sorted(walk(store), key=lambda found: found.name):
        try:
            if found.what == "object" and found.address is not None:
                payload = _object(store, found, found.address)
                sound.add(found.address)
                report.objects += 1
                report.bytes += found.size
                if KINDS[found.address[0]].links:
                    needs += [(found.name, address) for address in links(payload)]
            elif found.what == "ref":
                refs.append((found.name, _ref(store, found)))
            elif found.what != "tmp" or found.mtime < young:  # a young one is being written
                fault = _fault(found)
                if fault is not None:
                    raise fault
        except FileNotFoundError:
            continue  # it went meanwhile
        except Fault as fault:
            report.faults.append((found.name, fault))
    for name, address in refs:
        if address in sound:
            report.refs += 1
        else:
            report.faults.append((name, Fault("CAS_OBJECT-005", name=object_name(address))))
    for name, address in needs:
        if address not in sound:
            report.faults.append((name, Fault("CAS_OBJECT-005", name=object_name(address))))
    try:
        lost = [address for address in pins(store) if address not in sound]
    except Fault as fault:
        report.faults.append((f"pins/{fault.facts.get('name', '')}", fault))
    else:
        report.faults += [(f"pins/{a[1]}", Fault("CAS_OBJECT-005", name=object_name(a))) for a in lost]
    report.faults.sort(key=lambda each: (each[0], each[1].code))
    return report


def repair(store: Store) -> tuple[int, Report]:
    """How many files were set aside or removed, and what is still wrong.  Errors: Fault."""
    if store.layout() != LAYOUT:
        return 0, verify(store)
    done = 0
    with Lock(store.root, wait=False):
        while mended := _round(store):  # what a round sets aside, others may have needed
            done += mended
    return done, verify(store)


def _round(store: Store) -> int:
    """How many files were set aside or removed for what one look finds."""
    done = 0
    for name, fault in verify(store).faults:
        code = fault.code
        if code == "CAS_OBJECT-005" and not name.startswith("objects/") and _again(store, name):
            continue
        if name.startswith("refs/") and code not in _LEFT:
            store.remove(name)
        elif code == "CAS_OBJECT-005":
            if name.startswith("objects/"):
                store.set_aside(name)  # useless without what it needs
            else:
                continue  # a pin of something that is gone is for its owner to decide
        elif code in ("CAS_WRITER-001", "CAS_SCHEMA-002"):
            store.remove(name)
        elif name.startswith("objects/") and name.count("/") == 3 and not (code in _LEFT or fault.facts.get("keep")):
            store.set_aside(name)
        else:
            continue
        done += not os.path.lexists(os.path.join(store.root, name))
    return done


def _again(store: Store, name: str) -> bool:
    """Whether what a reference or a pin leads to came from the tier behind."""
    if store.remote is None:
        return False
    try:
        line = read_file(os.path.join(store.root, name), name)[0]
        if name.startswith("refs/"):
            address = read_ref(name[5:].replace("/", ""), line)
        else:
            address = next(each for each in pins(store) if name.endswith(each[1]))
        store.get(address)
    except (Fault, FileNotFoundError):
        return False
    return True


def _object(store: Store, found: Found, address: Address) -> bytes:
    stored, status = read_file(os.path.join(store.root, found.name), found.name)
    payload = unwrap(address, stored, found.name, status.st_mode)
    hold(address, payload, found.name)
    return payload


def _ref(store: Store, found: Found) -> Address:
    return read_ref(found.key, read_file(os.path.join(store.root, found.name), found.name)[0])


def _fault(found: Found) -> Fault | None:
    if found.what == "tmp":
        return Fault("CAS_WRITER-001", name=found.name)
    if found.what == "old":
        folder = found.name.split("/")[1]
        name, _, schema = folder.rpartition("-")
        known = KINDS[name].schema if name in KINDS else "none"
        return Fault("CAS_SCHEMA-002", name=found.name, found=schema, known=known)
    if found.what == "odd":
        depth = {"objects": 3, "refs": 2, "pins": 1}.get(found.name.partition("/")[0])
        code = "CAS_OBJECT-004" if found.name.count("/") == depth else "CAS_PLACE-004"
        what = what_is(found.mode)
        return Fault(code, what=what, **({"name": found.name} if code == "CAS_OBJECT-004" else {"path": found.name}))
    if found.what == "stray":
        return Fault("CAS_STRAY-001", name=found.name)
    return None
