"""Collections: by reachability, by size, by age, with pins, and what is too young; `test_model.py` has more."""

from __future__ import annotations

import os
import pathlib

import pytest

from compiler.cas import store as stores
from compiler.cas.kinds import linking
from compiler.cas.pins import pin, pins, unpin
from compiler.cas.scan import repair
from compiler.cas.store import Store, object_name, ref_name
from compiler.cas.sweep import Swept, collect, read_size, size_limit
from tests.cas.conftest import file_of

NOW = 1_000_000_000.0
Address = tuple[str, str, int]


def build(store: Store, number: int, size: int = 1000) -> tuple[str, Address, Address]:
    """Key, record and program of a build whose reference was used `number` seconds after NOW - 1000."""
    program = store.put("object", number.to_bytes(4, "little") + bytes(size - 4))
    record = store.put("build-record", linking([program], str(number).encode()))
    key = f"{number:064x}"
    store.set(key, record)
    for name in (ref_name(key), object_name(record), object_name(program)):
        os.utime(file_of(store, name), (NOW - 1000 + number,) * 2)
    return key, record, program


def there(store: Store, *addresses: Address) -> list[bool]:
    return [file_of(store, object_name(address)).exists() for address in addresses]


def swept(store: Store, **options: float | None) -> Swept:
    return collect(store, **{"grace_s": 0, "now": NOW, **options})  # type: ignore[arg-type]


def test_what_a_reference_needs_stays(store: Store) -> None:
    key, record, program = build(store, 1)
    result = swept(store)
    assert (result.objects_removed, result.refs_removed) == (0, 0)
    store.forget(key)
    result = swept(store)
    assert (result.objects_removed, result.objects_kept) == (2, 0)
    assert result.bytes_removed > 1000
    assert there(store, record, program) == [False, False]


def test_the_longest_unused_go_until_all_fits(store: Store) -> None:
    builds = [build(store, number) for number in range(8)]
    one = swept(store).bytes_kept // 8
    result = swept(store, max_bytes=3 * one + 10)
    assert (result.refs_kept, result.refs_removed) == (3, 5)
    assert [there(store, record, program) for _, record, program in builds] == [[False] * 2] * 5 + [[True] * 2] * 3
    assert result.bytes_kept <= 3 * one + 10
    assert swept(store, max_bytes=0).objects_kept == 0


def test_what_is_pinned_stays_with_what_leads_to_it(store: Store) -> None:
    builds = [build(store, number) for number in range(4)]
    pin(store, builds[0][2])
    result = swept(store, max_bytes=0)
    assert there(store, builds[0][1], builds[0][2]) == [True, True]
    assert store.find(builds[0][0], "build-record") == builds[0][1]
    assert result.refs_kept == 1
    assert unpin(store, builds[0][2])
    assert not unpin(store, builds[0][2])
    assert swept(store, max_bytes=0).objects_kept == 0


def test_a_pin_of_nothing_or_damage_is_refused_and_a_damaged_pin_stops_a_collection(store: Store) -> None:
    _, record, program = build(store, 1)
    pin(store, program)
    file_of(store, f"pins/{program[1]}").write_text("nonsense\n")
    with pytest.raises(stores.Fault, match="CAS_NAME-001"):
        swept(store, max_bytes=0)
    assert there(store, record, program) == [True, True], "a pin that cannot be read may be of anything"
    file_of(store, f"pins/{program[1]}").unlink()
    swept(store, max_bytes=0)
    with pytest.raises(stores.Fault, match="CAS_OBJECT-005"):
        pin(store, program)
    assert pins(store) == []


def test_unused_for_long(store: Store) -> None:
    for number in (1, 500, 999):
        build(store, number)
    assert swept(store, unused_s=600).refs_kept == 2
    assert swept(store, unused_s=600).objects_kept == 4


def test_what_is_young_stays(store: Store) -> None:
    _, record, program = build(store, 990)
    store.forget(f"{990:064x}")
    assert swept(store, grace_s=60).objects_removed == 0
    assert there(store, record, program) == [True, True]
    assert swept(store, grace_s=5).objects_removed == 2


def test_a_reference_that_lost_something_goes(store: Store) -> None:
    key, record, program = build(store, 1)
    file_of(store, object_name(program)).unlink()
    result = swept(store)
    assert (result.refs_removed, result.objects_removed) == (1, 1)
    assert store.find(key, "build-record") is None
    assert there(store, record) == [False]


def test_using_a_reference_makes_it_recent_and_putting_again_saves_an_object(store: Store) -> None:
    """Against the race with a collection that is about to take an object which is put once more."""
    _, record, _ = build(store, 1)
    for name in (ref_name(f"{1:064x}"), object_name(record)):
        os.utime(file_of(store, name), (1000, 1000))
    store.find(f"{1:064x}", "build-record")
    assert file_of(store, ref_name(f"{1:064x}")).stat().st_mtime > 1_500_000_000
    store.put("build-record", store.get(record))
    assert file_of(store, object_name(record)).stat().st_mtime > 1_500_000_000


def test_rests_and_what_was_set_aside_go_after_an_hour(store: Store) -> None:
    build(store, 1)
    for name, age in (
        ("tmp/1-2-3", 4000),
        ("tmp/4-5-6", 100),
        ("aside/objects_x", 4000),
        ("objects/mir-0/ab/cd", 4000),
    ):
        path = file_of(store, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"rest")
        os.utime(path, (NOW - age,) * 2)
    swept(store, grace_s=3600)
    left = {str(path.relative_to(store.root)) for path in pathlib.Path(store.root).rglob("*") if path.is_file()}
    assert {name for name in left if "tmp" in name or "aside" in name or "mir-0" in name} == {"tmp/4-5-6"}


def test_nothing_of_a_stranger_is_removed(store: Store) -> None:
    build(store, 1)
    file_of(store, "notes.txt").write_text("mine")
    others = [
        "notes.txt",
        "objects/mir-1/notes.txt",
        "objects/notes/ab",
        "tmp/notes.txt",
        "tmp/1-2/3",
        "aside/notes.txt",
    ]
    others += ["pins/notes.txt", "refs/ab/notes.txt", "builds/notes.txt", "tmp/1-2-3-4", "objects/mir-1/ab/notes"]
    for name in others:
        file_of(store, name).parent.mkdir(parents=True, exist_ok=True)
        file_of(store, name).write_text("mine")
        os.utime(file_of(store, name), (1, 1))
    swept(store, max_bytes=0)
    repair(store)
    swept(store, max_bytes=0)
    assert [name for name in others if not file_of(store, name).exists()] == []


def test_a_collection_of_no_store_makes_none(tmp_path: pathlib.Path) -> None:
    assert collect(Store(str(tmp_path / "none"))).objects_kept == 0
    assert list(tmp_path.iterdir()) == []


def test_builds_trim_once_a_day(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZERO_CACHE_SIZE", "2K")
    for number in range(4):
        build(store, number)
    store.trim_when_due()
    assert file_of(store, ref_name(f"{0:064x}")).exists(), "the first time only starts the clock"
    os.utime(file_of(store, "trimmed"), (1, 1))
    store.trim_when_due()
    assert [file_of(store, ref_name(f"{number:064x}")).exists() for number in range(4)] == [False] * 3 + [True]
    build(store, 0)
    store.trim_when_due()
    assert file_of(store, ref_name(f"{0:064x}")).exists()
    assert store.faults == []


def test_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {"7": 7, "2K": 2048, "3m": 3 << 20, "1G": 1 << 30, "2T": 2 << 40}
    assert {word: read_size(word) for word in wanted} == wanted
    assert [read_size(word) for word in ("", "K", "-1", "1.5M", "1 K", "１")] == [None] * 6
    monkeypatch.setenv("ZERO_CACHE_SIZE", "nonsense")
    assert size_limit() == 1 << 30
