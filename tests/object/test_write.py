"""Results are written whole or not at all, and every refusal of the system is one clear error."""

from __future__ import annotations

import os
import pathlib
import stat

import pytest

from compiler.object.errors import LinkError
from compiler.object.write import write_atomically


def test_replaces_a_file_and_its_permissions(tmp_path: pathlib.Path) -> None:
    target = tmp_path / "out"
    target.write_bytes(b"old")
    write_atomically(str(target), b"new", 0o755)
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) & 0o111
    assert os.listdir(tmp_path) == ["out"]


def test_failures_name_the_file_and_leave_nothing(tmp_path: pathlib.Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "full").mkdir()
    for target, reason in (("folder", "is a directory"), ("nowhere/out", "no such file or directory")):
        with pytest.raises(LinkError, match=reason) as caught:
            write_atomically(str(tmp_path / target), b"x")
        assert caught.value.code == "LINK-007"
        assert str(tmp_path / target) in str(caught.value)
    assert os.listdir(tmp_path) == ["folder"]


def test_full_disk_leaves_the_old_file(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out"
    target.write_bytes(b"old")
    write = os.write

    def short(descriptor: int, data: memoryview) -> int:
        if len(data) <= 3:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[:2])

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(LinkError, match="no space left"):
        write_atomically(str(target), b"newer")
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["out"]
