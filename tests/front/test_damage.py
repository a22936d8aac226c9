"""Damaged records: the front never crashes, not under sanitizers either, and answers only what it was given whole.

First bytes that no digest covers any more, then records whose digests are right and which still cannot be: those test
what reads the record's own lengths and numbers.
"""

from __future__ import annotations

import os
import pathlib
import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler import nochange
from tests.front.conftest import Project

HEAD, ROW = struct.Struct("<8sqqQQ"), struct.Struct("<QQqqqIIIII")
HOUR = 3_600_000_000_000


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, fronts: list[str]) -> object:
    with pytest.MonkeyPatch.context() as patch:
        yield Project(tmp_path_factory.mktemp("damage"), fronts, patch).keep()


class Record:
    """The parts of a record, to be put together otherwise."""

    def __init__(self, payload: bytes) -> None:
        self.line, _, body = payload.partition(b"\n")
        self.magic, self.written, self.until, size, count = HEAD.unpack_from(body)
        self.request = body[HEAD.size : HEAD.size + size]
        self.rows: list[tuple[list[int], bytes]] = []
        at = HEAD.size + size
        for _ in range(count):
            *numbers, length = ROW.unpack_from(body, at)
            at += ROW.size + length
            self.rows.append((numbers, body[at - length : at]))
        assert at == len(body)
        self.count = count

    def row(self, name: str) -> list[int]:
        (found,) = [numbers for numbers, path in self.rows if path.endswith(f"/{name}\0".encode())]
        return found

    def payload(self) -> bytes:
        parts = [self.line, b"\n", HEAD.pack(self.magic, self.written, self.until, len(self.request), self.count)]
        parts.append(self.request)
        for numbers, path in self.rows:
            parts += [ROW.pack(*numbers, len(path)), path]
        return b"".join(parts)


def put_back(project: Project, files: dict[pathlib.Path, bytes]) -> None:
    for path, data in files.items():
        if path.exists():
            path.chmod(0o644)
        path.write_bytes(data)


def files_of(project: Project) -> dict[pathlib.Path, bytes]:
    return {path: path.read_bytes() for path in project.files("no-change")}


def damages(data: bytes) -> st.SearchStrategy[bytes]:
    """Bytes changed, cut out, put in, doubled, or something else altogether."""
    places = st.integers(0, len(data))
    return st.one_of(
        st.tuples(places, st.binary(min_size=1, max_size=16)).map(lambda c: data[: c[0]] + c[1] + data[c[0] :]),
        st.tuples(places, st.binary(min_size=1, max_size=16)).map(
            lambda c: data[: c[0]] + c[1] + data[c[0] + len(c[1]) :]
        ),
        st.tuples(places, places).map(lambda c: data[: min(c)] + data[max(c) :]),
        places.map(lambda at: data[:at]),
        st.binary(max_size=300),
    )


@settings(max_examples=150)
@given(data=st.data())
def test_bytes_that_no_digest_covers(kept: Project, data: st.DataObject) -> None:
    files = files_of(kept)
    path = data.draw(st.sampled_from(sorted(files)))
    damaged = data.draw(damages(files[path]))
    try:
        put_back(kept, {path: damaged})
        assert kept.answered() == (damaged == files[path])
    finally:
        put_back(kept, files)
    assert kept.answered()


def test_every_byte_of_a_reference_counts(kept: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "fronts", kept.fronts[:1])
    path, _ = kept.files("no-change")
    before = path.read_bytes()
    try:
        for at in range(len(before)):
            path.write_bytes(before[:at] + bytes([before[at] ^ 1]) + before[at + 1 :])
            assert not kept.answered(), at
    finally:
        path.write_bytes(before)
    assert kept.answered()


@settings(max_examples=250)
@given(data=st.data())
def test_records_with_right_digests_and_wrong_insides(kept: Project, data: st.DataObject) -> None:
    """No crash, nothing printed, words as they came: `answered` holds all of that."""
    files = files_of(kept)
    payload = files[kept.files("no-change")[1]][1:]
    try:
        kept.resign(data.draw(damages(payload)))
        kept.answered()
    finally:
        put_back(kept, files)
    assert kept.answered()


def set_how(record: Record, name: str, how: int) -> None:
    record.row(name)[-1] = how


def long_count(record: Record) -> None:
    record.count += 1


def no_rows(record: Record) -> None:
    record.rows, record.count = [], 0


def only_the_program(record: Record) -> None:
    record.rows = [row for row in record.rows if row[0][-1] == nochange.SAME_PROGRAM]
    record.count = len(record.rows)
    set_how(record, "program", nochange.SAME_FILE)


def rename(record: Record, to: bytes) -> None:
    record.rows[0] = record.rows[0][0], to


ODD = {
    "another magic": lambda r: setattr(r, "magic", b"0x0same2"),
    "a record of tomorrow": lambda r: setattr(r, "written", time.time_ns() + HOUR),
    "a record that has had its time": lambda r: setattr(r, "until", time.time_ns() - 1),
    "another request": lambda r: setattr(r, "request", r.request[:-2] + b"x\0"),
    "a shorter request": lambda r: setattr(r, "request", r.request[:-1]),
    "no request": lambda r: setattr(r, "request", b""),
    "a file more than there is": long_count,
    "a huge number of files": lambda r: setattr(r, "count", (1 << 64) - 1),
    "no files": no_rows,
    "no program": lambda r: set_how(r, "program", nochange.SAME_FILE),
    "one file that is no program": only_the_program,
    "a file less than there is": lambda r: setattr(r, "count", r.count - 1),
    "a file there that was not": lambda r: set_how(r, "lib.0x0", nochange.ABSENT),
    "a source that should run": lambda r: set_how(r, "lib.0x0", nochange.SAME_PROGRAM),
    "a way to look that is none": lambda r: set_how(r, "lib.0x0", 4),
    "a path without an end": lambda r: rename(r, b"/"),
    "a path with two ends": lambda r: rename(r, b"/\0/\0"),
    "no path": lambda r: rename(r, b""),
    "only an end": lambda r: rename(r, b"\0"),
    "a relative path": lambda r: rename(r, b"main.0x0\0"),
    "a long path": lambda r: rename(r, b"/" + b"x" * 100_000 + b"\0"),
    "a folder that was something else": lambda r: r.row("sub").__setitem__(5, 0o100755),
    "another folder of the name": lambda r: r.row("sub").__setitem__(1, r.row("sub")[1] ^ 1),
    "a folder of another device": lambda r: r.row("sub").__setitem__(0, r.row("sub")[0] ^ 1),
    **{
        f"another {what} of a file": lambda r, at=at: r.row("lib.0x0").__setitem__(at, r.row("lib.0x0")[at] ^ 1)
        for at, what in enumerate(("device", "number", "size", "time", "time of change", "mode", "user", "group"))
    },
}


@pytest.mark.parametrize("name", ODD)
def test_a_record_that_cannot_be_is_handed_over(name: str, kept: Project) -> None:
    files = files_of(kept)
    record = Record(files[kept.files("no-change")[1]][1:])
    assert record.payload() == files[kept.files("no-change")[1]][1:]
    ODD[name](record)
    try:
        kept.resign(record.payload())
        assert not kept.answered()
    finally:
        put_back(kept, files)
    assert kept.answered()


def test_the_right_insides_are_answered(kept: Project) -> None:
    """Signed anew in this way, it is the change that is not believed above."""
    files = files_of(kept)
    record = Record(files[kept.files("no-change")[1]][1:])
    record.until += 1
    try:
        kept.resign(record.payload())
        assert kept.answered()
    finally:
        put_back(kept, files)


def test_what_lies_there_is_no_file(kept: Project) -> None:
    for path, data in files_of(kept).items():
        for make in (os.mkdir, os.mkfifo, lambda place: os.symlink("/dev/zero", place)):
            path.unlink()
            make(path)
            assert not kept.answered()
            path.rmdir() if path.is_dir() else path.unlink()
            path.write_bytes(data)
        beside = path.with_name("beside")
        path.rename(beside)
        path.symlink_to(beside)
        assert not kept.answered(), "a link in the store is not followed"
        beside.rename(path)
    assert kept.answered()
