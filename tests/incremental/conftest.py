"""The project of three modules, built once in a folder of the test's own."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from tests.incremental.three import Project
from tests.incremental.watched import watching


@pytest.fixture
def project(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Built once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZERO_CACHE", "")
    with watching():
        found = Project(tmp_path)
        assert found.build()["checked"] == {"low.0x0", "middle.0x0", "main.0x0", "std:list.0x0", "std:pair.0x0"}
        yield found
