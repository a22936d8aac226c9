"""The store against a dictionary: whatever is done to it, it answers what was put, or that it has nothing; never other
bytes.  Collections are held against a reachability that is worked out naively from the model.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from compiler.cas.kinds import KINDS, Fault, linking
from compiler.cas.pins import pin, pins, unpin
from compiler.cas.scan import repair, verify
from compiler.cas.store import Store, object_name, ref_name
from compiler.cas.sweep import collect

Address = tuple[str, str, int]
KEYS = [f"{number:064x}" for number in range(4)]
LINKED = sorted(kind for kind in KINDS if KINDS[kind].links)
PLAIN = sorted(kind for kind in KINDS if KINDS[kind].form == "text")


class Model(RuleBasedStateMachine):
    addresses: Bundle[Address] = Bundle("addresses")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.store = Store(self.folder + "/store")
        self.payloads: dict[Address, bytes] = {}  # all that was ever put
        self.needs: dict[Address, list[Address]] = {}
        self.there: set[Address] = set()
        self.refs: dict[str, tuple[int, Address]] = {}  # key: time of use, address
        self.pinned: set[Address] = set()
        self.clock = 1_000_000

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def used(self, key: str) -> None:
        self.clock += 10
        os.utime(os.path.join(self.store.root, ref_name(key)), (self.clock, self.clock))
        self.refs[key] = (self.clock, self.refs[key][1])

    @rule(
        target=addresses, kind=st.sampled_from(PLAIN), payload=st.text(max_size=40), times=st.sampled_from([1, 1, 9000])
    )
    def put(self, kind: str, payload: str, times: int) -> Address:
        data = (payload * times).encode()
        address = self.store.put(kind, data)
        self.payloads[address] = data
        self.needs[address] = []
        self.there.add(address)
        return address

    @rule(
        target=addresses,
        kind=st.sampled_from(LINKED),
        others=st.lists(addresses, max_size=3),
        body=st.binary(max_size=9),
    )
    def link(self, kind: str, others: list[Address], body: bytes) -> Address:
        data = linking(others, body)
        address = self.store.put(kind, data)
        self.payloads[address] = data
        self.needs[address] = others
        self.there.add(address)
        return address

    @rule(key=st.sampled_from(KEYS), address=addresses)
    def set(self, key: str, address: Address) -> None:
        self.store.set(key, address)
        self.refs[key] = (0, address)
        self.used(key)

    @rule(key=st.sampled_from(KEYS))
    def forget(self, key: str) -> None:
        self.store.forget(key)
        self.refs.pop(key, None)

    @rule(key=st.sampled_from(KEYS))
    def find(self, key: str) -> None:
        if key not in self.refs:
            assert self.store.find(key, "mir") is None
            return
        address = self.refs[key][1]
        assert self.store.find(key, address[0]) == address
        self.used(key)

    @rule(address=addresses)
    def get(self, address: Address) -> None:
        try:
            payload = self.store.get(address)
        except Fault as fault:
            assert address not in self.there
            assert fault.code == "CAS_OBJECT-005"
        else:
            assert payload == self.payloads[address]
            assert address in self.there

    @rule(address=addresses)
    def pin(self, address: Address) -> None:
        try:
            pin(self.store, address)
        except Fault:
            assert address not in self.there
        else:
            self.pinned.add(address)

    @rule(address=addresses)
    def unpin(self, address: Address) -> None:
        assert unpin(self.store, address) == (address in self.pinned)
        self.pinned.discard(address)

    @rule(
        address=addresses,
        at=st.integers(0, 10**6),
        how=st.sampled_from(["flip", "cut", "grow", "empty", "link", "gone"]),
    )
    def damage(self, address: Address, at: int, how: str) -> None:
        if address not in self.there:
            return
        path = pathlib.Path(self.store.root, object_name(address))
        data = path.read_bytes()
        path.unlink()
        if how == "flip":
            path.write_bytes(data[: at % len(data)] + bytes([data[at % len(data)] ^ 1]) + data[at % len(data) + 1 :])
        elif how == "cut":
            path.write_bytes(data[: at % len(data)])
        elif how == "grow":
            path.write_bytes(data + b"x")
        elif how == "empty":
            path.write_bytes(b"")
        elif how == "link":
            path.symlink_to("/etc/passwd")
        self.there.discard(address)
        try:
            payload = self.store.get(address)
        except Fault:
            assert not os.path.lexists(path), "what is damaged has been set aside"
        else:
            # A byte behind a packed stream, or in its header, may mean nothing: then the payload is right.
            assert payload == self.payloads[address]
            path.unlink()

    @rule()
    def reopen(self) -> None:
        self.store = Store(self.store.root)

    def closure(self, address: Address) -> set[Address]:
        found = {address}
        while more := {other for each in found & self.there for other in self.needs[each]} - found:
            found |= more
        return found

    def size(self, addresses: set[Address]) -> int:
        return sum(os.path.getsize(os.path.join(self.store.root, object_name(address))) for address in addresses)

    @rule(limit=st.sampled_from([None, None, 0, 60, 200]))
    def collect(self, limit: int | None) -> None:
        kept = {each for address in self.pinned for each in self.closure(address)} & self.there
        pinned = set(kept)
        left = {}
        for key, (time, address) in sorted(self.refs.items(), key=lambda each: -each[1][0]):
            closure = self.closure(address)
            fits = limit is None or self.size(kept | closure & self.there) <= limit
            if closure <= self.there and (closure & pinned or fits):
                kept |= closure
                left[key] = (time, address)
        result = collect(self.store, max_bytes=limit, grace_s=-(10**9))
        self.refs = left
        assert (result.objects_kept, result.objects_removed) == (len(kept), len(self.there - kept))
        assert result.bytes_kept == self.size(kept)
        self.there = kept

    @rule()
    def repair(self) -> None:
        lost = {address for address in self.there if not self.closure(address) <= self.there}
        while lost:  # a repair round removes what lacks something, and the next what lacked that
            repair(self.store)
            self.there -= lost
            lost = {address for address in self.there if not self.closure(address) <= self.there}
        repair(self.store)
        self.refs = {key: ref for key, ref in self.refs.items() if ref[1] in self.there}
        assert {fault.code for _, fault in verify(self.store).faults} <= {"CAS_OBJECT-005"}

    @invariant()
    def agree(self) -> None:
        assert set(pins(self.store)) == self.pinned
        for address in self.there:
            assert os.path.exists(os.path.join(self.store.root, object_name(address)))


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
