"""Every failure by its own code: what was done to the store, and what it then says; nothing else has a code.

A scenario damages a store and does what meets the damage; it must end in exactly its `Fault`, or in that fault among
those the store got over.  Each message stands in a golden file.
"""

from __future__ import annotations

import errno
import os
import pathlib
import re
import resource
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable

import pytest

from compiler.cas import packing, scan, sweep
from compiler.cas.faults import FAULTS
from compiler.cas.kinds import Fault, address_of
from compiler.cas.lock import Lock
from compiler.cas.remote import SharedFolder
from compiler.cas.store import Store, object_name, ref_line, ref_name
from tests.cas.conftest import ELF, file_of, sample
from tests.conftest import ROOT

KEY = "5" * 64
TEXT = b"plain text that is packed when there is enough of it\n" * 1000
Scenario = Callable[[Store, pytest.MonkeyPatch], None]
SCENARIOS: dict[str, list[Scenario]] = {}


def shows(code: str) -> Callable[[Scenario], Scenario]:
    def keep(scenario: Scenario) -> Scenario:
        SCENARIOS.setdefault(code, []).append(scenario)
        return scenario

    return keep


def kept(store: Store, kind: str = "mir", payload: bytes = b"text") -> tuple[pathlib.Path, tuple[str, str, int]]:
    address = store.put(kind, payload)
    path = file_of(store, object_name(address))
    path.chmod(0o755)
    return path, address


@shows("CAS_OBJECT-001")
def flipped(store: Store, _: pytest.MonkeyPatch) -> None:
    path, address = kept(store, "executable", ELF + b"\2\0" + bytes(100))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    try:
        store.get(address)
    finally:
        assert not path.exists()
        assert (pathlib.Path(store.root) / "aside").is_dir()


@shows("CAS_OBJECT-001")
def poisoned_by_another_object(store: Store, _: pytest.MonkeyPatch) -> None:
    path, address = kept(store)
    other, _ = kept(store, payload=b"evil")
    path.write_bytes(other.read_bytes())
    store.get(address)


@shows("CAS_OBJECT-002")
def cut_off(store: Store, _: pytest.MonkeyPatch) -> None:
    path, address = kept(store)
    path.write_bytes(path.read_bytes()[:-1])
    store.get(address)


@shows("CAS_OBJECT-002")
def emptied(store: Store, _: pytest.MonkeyPatch) -> None:
    path, address = kept(store)
    path.write_bytes(b"")
    store.get(address)


@shows("CAS_OBJECT-002")
def a_packed_stream_is_cut_off(store: Store, _: pytest.MonkeyPatch) -> None:
    path, address = kept(store, payload=TEXT)
    data = path.read_bytes()
    assert data[:1] == b"z"
    path.write_bytes(data[: len(data) // 2])
    store.get(address)


@shows("CAS_OBJECT-003")
def another_form_under_a_right_digest(store: Store, _: pytest.MonkeyPatch) -> None:
    store.put("executable", b"#!/bin/sh\nrm -rf /\n")
    raise scan.verify(store).faults[0][1]


@shows("CAS_OBJECT-004")
def a_link(store: Store, _: pytest.MonkeyPatch) -> None:
    path, address = kept(store)
    os.rename(path, path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))
    store.get(address)


@shows("CAS_OBJECT-004")
def a_pipe(store: Store, _: pytest.MonkeyPatch) -> None:
    path, address = kept(store)
    path.unlink()
    os.mkfifo(path)
    store.get(address)


@shows("CAS_OBJECT-004")
def a_reference_that_is_a_link(store: Store, _: pytest.MonkeyPatch) -> None:
    store.set(KEY, store.put("mir", b"text"))
    path = file_of(store, ref_name(KEY))
    path.unlink()
    path.symlink_to("/etc/passwd")
    store.find(KEY, "mir")


@shows("CAS_OBJECT-005")
def lost(store: Store, _: pytest.MonkeyPatch) -> None:
    path, address = kept(store)
    path.unlink()
    store.get(address)


@shows("CAS_OBJECT-006")
def packed_by_nobody(store: Store, _: pytest.MonkeyPatch) -> None:
    path, address = kept(store)
    path.write_bytes(b"q" + path.read_bytes()[1:])
    store.get(address)


@shows("CAS_OBJECT-006")
def a_broken_stream(store: Store, _: pytest.MonkeyPatch) -> None:
    path, address = kept(store, payload=TEXT)
    path.write_bytes(b"zjunk" + bytes(50))
    store.get(address)


@shows("CAS_OBJECT-006")
def without_the_library(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    path, address = kept(store, payload=TEXT)
    monkeypatch.setattr(packing, "_library", lambda: None)
    try:
        store.get(address)
    finally:
        assert path.exists(), "it may be sound, and stays for those who can read it"


@shows("CAS_OBJECT-007")
def a_program_that_cannot_be_run(store: Store, _: pytest.MonkeyPatch) -> None:
    path, address = kept(store, "executable", sample("executable"))
    path.chmod(0o444)
    store.get(address)


@shows("CAS_REF-001")
def a_torn_reference(store: Store, _: pytest.MonkeyPatch) -> None:
    store.set(KEY, store.put("mir", b"text"))
    path = file_of(store, ref_name(KEY))
    path.write_bytes(path.read_bytes()[:-3])
    store.find(KEY, "mir")


@shows("CAS_REF-001")
def the_reference_of_another_key(store: Store, _: pytest.MonkeyPatch) -> None:
    address = store.put("mir", b"text")
    store.set(KEY, address)
    file_of(store, ref_name(KEY)).write_bytes(ref_line("6" * 64, address))
    store.find(KEY, "mir")


@shows("CAS_REF-002")
def another_kind(store: Store, _: pytest.MonkeyPatch) -> None:
    store.set(KEY, store.put("mir", b"text"))
    store.find(KEY, "executable")


@shows("CAS_SCHEMA-001")
def a_newer_compiler_was_here(store: Store, _: pytest.MonkeyPatch) -> None:
    store.put("mir", b"text")
    file_of(store, "format").write_text("0x0 store 4\n")
    fresh = Store(store.root)
    for attempt in (lambda: fresh.find(KEY, "mir"), lambda: fresh.put("mir", b"x"), lambda: sweep.collect(fresh)):
        with pytest.raises(Fault, match="CAS_SCHEMA-001"):
            attempt()
    scan.verify(fresh)


@shows("CAS_SCHEMA-002")
def an_older_schema_of_a_kind(store: Store, _: pytest.MonkeyPatch) -> None:
    store.set(KEY, store.put("mir", b"text"))
    path = file_of(store, "objects/mir-0/ab/cd")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"old")
    raise scan.verify(store).faults[0][1]


@shows("CAS_SCHEMA-003")
def not_a_store(store: Store, _: pytest.MonkeyPatch) -> None:
    pathlib.Path(store.root).mkdir()
    file_of(store, "format").write_text("somebody's notes\n")
    store.put("mir", b"text")


@shows("CAS_NAME-001")
def a_way_out(store: Store, _: pytest.MonkeyPatch) -> None:
    store.find("../../../../etc/passwd", "mir")


@shows("CAS_NAME-001")
def a_way_out_in_links(store: Store, _: pytest.MonkeyPatch) -> None:
    payload = b"mir/" + b"../" * 21 + b"x/1\n"
    address = store.put("build-record", payload)
    assert scan.verify(store).faults[0][1].code == "CAS_OBJECT-003"
    from compiler.cas.kinds import links

    links(store.get(address))


@shows("CAS_PLACE-001")
def a_file_in_the_way(store: Store, _: pytest.MonkeyPatch) -> None:
    parent = pathlib.Path(store.root).parent / "parent"
    parent.write_text("a file")
    below = Store(str(parent / "store"))
    assert below.find(KEY, "mir") is None
    below.put("mir", b"text")


@shows("CAS_ROOT-001")
def a_root_that_is_a_file(store: Store, _: pytest.MonkeyPatch) -> None:
    pathlib.Path(store.root).write_text("a file")
    store.find(KEY, "mir")


@shows("CAS_ROOT-001")
def a_root_that_is_a_device(_: Store, __: pytest.MonkeyPatch) -> None:
    Store("/dev/null").put("mir", b"text")


@shows("CAS_PLACE-002")
def a_full_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put("mir", b"before")
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if len(data) > 3:
            return write(descriptor, data[:3])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    try:
        store.put("mir", b"text")
    finally:
        assert list((pathlib.Path(store.root) / "tmp").iterdir()) == []
        assert store.get(address_of("mir", b"before")) == b"before"


@shows("CAS_PLACE-002")
def a_limit_on_the_size_of_files(store: Store, _: pytest.MonkeyPatch) -> None:
    """As above, by the kernel: in a process of its own, since a limit cannot be taken back."""
    program = (
        "import signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from compiler.cas.store import Store\nfrom compiler.cas.kinds import Fault\n"
        "try: Store(sys.argv[1]).put('object', bytes(100000))\nexcept Fault as fault: print(fault.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", program, store.root],
        capture_output=True,
        check=True,
        cwd=ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert list((pathlib.Path(store.root) / "tmp").iterdir()) == []
    raise Fault(done.stdout.decode().strip(), path="…")


@shows("CAS_PLACE-003")
def a_file_system_that_is_read_only(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    address = store.put("mir", b"before")
    store.set(KEY, address)
    opened = os.open

    def refuse(path: str, flags: int, mode: int = 0o777, **rest: int) -> int:
        if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        return opened(path, flags, mode, **rest)

    monkeypatch.setattr(os, "open", refuse)
    fresh = Store(store.root)
    assert fresh.find(KEY, "mir") == address
    assert fresh.get(address) == b"before"
    fresh.put("mir", b"text")


@shows("CAS_PLACE-004")
def a_folder_that_leads_elsewhere(store: Store, _: pytest.MonkeyPatch) -> None:
    store.put("executable", b"x")
    elsewhere = pathlib.Path(store.root).parent / "elsewhere"
    elsewhere.mkdir()
    file_of(store, "objects/mir-1").symlink_to(elsewhere)
    assert {fault.code for _, fault in scan.verify(store).faults} >= {"CAS_PLACE-004"}
    try:
        store.put("mir", b"text")
    finally:
        assert list(elsewhere.iterdir()) == []


@shows("CAS_PLACE-005")
def two_collections(store: Store, _: pytest.MonkeyPatch) -> None:
    store.put("mir", b"text")
    with Lock(store.root):
        sweep.collect(store)


@shows("CAS_WRITER-001")
def a_writer_that_was_killed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put("mir", b"text")
    monkeypatch.setattr(os, "rename", lambda *_: os._exit(9))
    child = os.fork()
    if not child:
        store.put("mir", b"other")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    (left,) = (pathlib.Path(store.root) / "tmp").iterdir()
    assert scan.verify(store).faults == [], "it may still be at work"
    os.utime(left, (time.time() - 4000,) * 2)
    (fault,) = [fault for _, fault in scan.verify(store).faults]
    sweep.collect(store)
    assert scan.verify(store).faults == []
    raise fault


@shows("CAS_STRAY-001")
def a_stranger(store: Store, _: pytest.MonkeyPatch) -> None:
    store.put("mir", b"text")
    file_of(store, "objects/mir-1/notes.txt").write_text("mine")
    file_of(store, "notes.txt").write_text("mine")
    faults = scan.verify(store).faults
    assert [name for name, _ in faults] == ["notes.txt", "objects/mir-1/notes.txt"]
    raise faults[0][1]


@shows("CAS_REMOTE-001")
def no_remote_tier(store: Store, _: pytest.MonkeyPatch) -> None:
    store.remote = SharedFolder(store.root + "-nowhere")
    assert store.get(store.put("mir", b"text")) == b"text"
    raise store.faults[-1]


@shows("CAS_REMOTE-002")
def poison_from_the_remote_tier(store: Store, _: pytest.MonkeyPatch) -> None:
    shared = pathlib.Path(store.root + "-shared")
    address = address_of("executable", b"#!/bin/sh\n")
    for poison in (b"#!/bin/sh\n", b"#!/bin/sx\n", b""):
        path = shared / object_name(address)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(poison)
        fresh = Store(store.root, SharedFolder(str(shared)))
        with pytest.raises(Fault, match="CAS_OBJECT-005"):
            fresh.get(address)
        assert [fault.code for fault in fresh.faults] == ["CAS_REMOTE-002"]
        assert not (pathlib.Path(store.root) / object_name(address)).exists()
    raise fresh.faults[0]


def test_a_stream_that_unpacks_to_more_than_it_says(store: Store) -> None:
    """It is stopped at the size in its name, before it fills the memory."""
    import zstandard

    path, address = kept(store, payload=TEXT)
    path.write_bytes(b"z" + zstandard.ZstdCompressor().compress(bytes(256 << 20)))
    tracemalloc.start()
    with pytest.raises(Fault, match="CAS_OBJECT-001"):
        store.get(address)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20


# What only a build can meet is shown in tests/pipeline.
# What only a verb raises: tests/cas/test_tiers.py and tests/modules/test_restoring.py.
ELSEWHERE = {"CAS_INPUT-001", "CAS_PACKAGE-001", "CAS_PACKAGE-002", "CAS_PACKAGE-003"}


@pytest.mark.parametrize(
    ("code", "scenario"),
    [(code, each) for code in sorted(SCENARIOS) for each in SCENARIOS[code]],
    ids=lambda each: each if isinstance(each, str) else each.__name__,
)
def test_it_ends_in_its_code(code: str, scenario: Scenario, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Fault) as raised:
        scenario(store, monkeypatch)
    assert raised.value.code == code, raised.value
    assert str(raised.value).startswith(f"{code}: ")


def test_every_code_has_a_scenario() -> None:
    assert sorted(FAULTS) == sorted({*SCENARIOS, *ELSEWHERE})


def test_the_codes_in_use_are_those_of_the_table() -> None:
    used = set()
    for path in (ROOT / "compiler").rglob("*.py"):
        if path.name != "faults.py":
            used |= set(re.findall(r"CAS_[A-Z]+-\d{3}", path.read_text("utf-8")))
    assert used == set(FAULTS)


def test_the_messages(golden: Callable[[str, str], None]) -> None:
    facts = {
        "name": "objects/mir-1/ab/cd…-4",
        "kind": "executable",
        "what": "a symbolic link",
        "why": "the reason",
        "found": "4",
        "known": "3",
        "wanted": "executable",
        "path": "/var/cache/zero",
    }
    lines = []
    for code, row in FAULTS.items():
        assert re.fullmatch(r"CAS_[A-Z]+-\d{3}", code)
        assert row.explain == row.explain.strip()
        assert len(row.explain) > 30
        assert "\n" not in row.summary + row.help
        assert not row.summary.endswith(".")
        for word in ("you forgot", "you must", "illegal", "invalid"):
            assert word not in f"{row.summary} {row.help} {row.explain}".lower()
        lines.append(f"{code}: {row.summary.format(**facts)}\nhelp: {row.help}\n{row.explain}\n")
    golden("cas/faults.txt", "\n".join(lines))
