"""The tier behind: read through, written back, never trusted, and never needed.  And stores of older layouts."""

from __future__ import annotations

import marshal
import os
import pathlib

import pytest

from compiler.cas import migrate
from compiler.cas.kinds import KINDS, Fault, linking
from compiler.cas.remote import SharedFolder
from compiler.cas.scan import repair, verify
from compiler.cas.store import Store, object_name, open_store, ref_name
from compiler.cas.sweep import collect
from tests.cas.conftest import file_of, sample

KEY = "7" * 64


@pytest.fixture
def pair(tmp_path: pathlib.Path) -> tuple[Store, Store]:
    """Two machines with one shared folder."""
    (tmp_path / "shared").mkdir()
    one, other = (Store(str(tmp_path / name), SharedFolder(str(tmp_path / "shared"))) for name in ("one", "other"))
    return one, other


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_one_keeps_the_other_finds_and_keeps(pair: tuple[Store, Store], kind: str) -> None:
    one, other = pair
    payload = sample(kind) if KINDS[kind].form != "text" else sample(kind) * 2000
    address = one.put(kind, payload)
    one.set(KEY, address)
    assert other.find(KEY, kind) == address
    assert other.get(address) == payload
    assert (one.faults, other.faults) == ([], [])
    other.remote = None
    assert other.find(KEY, kind) == address
    assert other.get(address) == payload
    if KINDS[kind].place:
        assert pathlib.Path(other.path(address)).read_bytes() == payload
        assert os.access(other.path(address), os.X_OK) == (kind == "executable")


def test_damage_here_is_healed_from_there(pair: tuple[Store, Store]) -> None:
    one, _ = pair
    address = one.put("mir", b"text")
    one.set(KEY, address)
    path = file_of(one, object_name(address))
    path.chmod(0o644)
    path.write_bytes(b"\0texx")
    assert one.get(address) == b"text"
    assert [fault.code for fault in one.faults] == ["CAS_OBJECT-001"]
    assert path.read_bytes() == b"\0text"
    path.unlink()
    assert repair(one)[1].faults == []
    assert path.read_bytes() == b"\0text"


def test_a_poisoned_reference_from_there(pair: tuple[Store, Store]) -> None:
    one, other = pair
    one.set(KEY, one.put("mir", b"text"))
    shared = pathlib.Path(one.remote.root)  # type: ignore[union-attr]
    (shared / ref_name(KEY)).write_bytes((shared / ref_name(KEY)).read_bytes().replace(b"mir", b"hir"))
    assert other.find(KEY, "mir") is None
    assert [fault.code for fault in other.faults] == ["CAS_REMOTE-002"]
    assert one.find(KEY, "mir") is not None
    (shared / ref_name(KEY)).unlink()
    (shared / ref_name(KEY)).symlink_to("/etc/passwd")
    assert other.find(KEY, "mir") is None
    assert [fault.code for fault in other.faults] == ["CAS_REMOTE-002"] * 2


def test_without_the_tier_all_goes_on(pair: tuple[Store, Store]) -> None:
    one, other = pair
    shared = pathlib.Path(one.remote.root)  # type: ignore[union-attr]
    shared.rmdir()
    address = one.put("mir", b"text")
    one.set(KEY, address)
    assert one.get(address) == b"text"
    assert {fault.code for fault in one.faults} == {"CAS_REMOTE-001"}
    assert other.find(KEY, "mir") is None
    shared.write_text("a file")
    assert other.find(KEY, "mir") is None


def test_offline(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setenv("ZERO_CACHE", str(tmp_path / "store"))
    monkeypatch.setenv("ZERO_CACHE_REMOTE", str(tmp_path))
    assert open_store().remote is not None
    assert open_store(offline=True).remote is None
    monkeypatch.delenv("ZERO_CACHE_REMOTE")
    assert open_store().remote is None


# Older layouts.


def layout_1(root: pathlib.Path) -> None:
    for part in ("builds", "executables"):
        (root / part).mkdir(parents=True)
    (root / "builds" / ("a" * 64)).write_bytes(marshal.dumps(([("/x", "/x", 1, 2, b"d")], "b" * 64)))
    (root / "executables" / ("b" * 64)).write_bytes(b"\x7fELF")


def layout_2(root: pathlib.Path) -> None:
    layout_1(root)
    (root / "builds" / ("c" * 64)).write_bytes(marshal.dumps((5, [("/x", "/x", 1, 2, b"d")], "b" * 64), 4))
    (root / "executables" / f".{'b' * 64}.77.tmp").write_bytes(b"\x7fE")


@pytest.mark.parametrize("layout", [layout_1, layout_2])
def test_an_older_layout_becomes_todays(store: Store, layout: object) -> None:
    layout(pathlib.Path(store.root))  # type: ignore[operator]
    assert store.find(KEY, "mir") is None
    assert file_of(store, "builds").exists(), "reading changes nothing"
    address = store.put("mir", b"text")
    left = {str(path.relative_to(store.root)) for path in pathlib.Path(store.root).rglob("*") if path.is_file()}
    assert left == {"format", "lock", object_name(address)}
    assert file_of(store, "format").read_text() == "0x0 store 3\n"
    assert verify(store).faults == []


def test_a_migration_that_was_killed_is_done_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    layout_2(pathlib.Path(store.root))
    monkeypatch.setattr(migrate, "_write_format", lambda _: os._exit(9))
    child = os.fork()
    if not child:
        store.put("mir", b"text")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    monkeypatch.undo()
    address = store.put("mir", b"text")
    assert store.get(address) == b"text"
    assert file_of(store, "format").exists()


def test_a_step_takes_only_what_it_knows(store: Store) -> None:
    layout_2(pathlib.Path(store.root))
    file_of(store, "builds/notes.txt").write_text("mine")
    store.put("mir", b"text")
    assert file_of(store, "builds/notes.txt").read_text() == "mine"
    assert [name for name, _ in verify(store).faults] == ["builds"]
    collect(store, grace_s=-1)
    assert file_of(store, "builds/notes.txt").read_text() == "mine"


def test_an_object_of_an_older_schema_is_not_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The schema of a kind counts up: what was there counts as not there, and a collection takes it."""
    address = store.put("build-record", linking([], b"old form"))
    store.set(KEY, address)
    row = KINDS["build-record"]
    monkeypatch.delitem(KINDS, "build-record")
    from compiler.cas import walk
    from compiler.cas.kinds import Kind

    newer = Kind("build-record", 2, row.form, row.doc, links=True)
    monkeypatch.setattr(walk, "_FOLDERS", {kind.folder: kind for kind in KINDS.values()})
    assert newer.folder == "build-record-2"
    with pytest.raises(Fault, match="CAS_SCHEMA-002"):
        store.find(KEY, "build-record")
    with pytest.raises(Fault, match="CAS_OBJECT-005"):
        store.get(address)
    assert {fault.code for _, fault in verify(store).faults} == {"CAS_SCHEMA-002"}
    assert store.put("build-record", linking([], b"old form")) != address
    collect(store, grace_s=-1)
    assert verify(store).faults == []
    assert not list(file_of(store, "objects/build-record-1").rglob("*-*"))
