"""A store of its own for each test, and payloads that are what their kinds ask for."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from compiler.cas.kinds import KINDS, linking
from compiler.cas.store import Store

ELF = b"\x7fELF\2\1\1" + bytes(9)
SAMPLES: dict[str, bytes] = {
    "archive": b"!<arch>\n",
    "bytes": b"\0\xff anything",
    "elf-executable": ELF + b"\2\0" + bytes(60),
    "elf-relocatable": ELF + b"\1\0" + bytes(60),
    "json": b'{"a": [1, 2.5, null]}',
    "links": linking([], b"body"),
    "listing": linking([], b""),
    "text": "(ƒ main (_) unit)\n".encode(),
    "tsv": b"a\tb\n1\t2\n",
}


def sample(kind: str) -> bytes:
    """A payload of a kind."""
    return SAMPLES[KINDS[kind].form]


@pytest.fixture(autouse=True)
def _kinds_in_order() -> Iterator[None]:
    """Put the table back as it was, order included: the reference page of the store is made from it."""
    before = dict(KINDS)
    yield
    KINDS.clear()
    KINDS.update(before)


@pytest.fixture
def store(tmp_path: pathlib.Path) -> Store:
    return Store(str(tmp_path / "store"))


def file_of(store: Store, name: str) -> pathlib.Path:
    return pathlib.Path(store.root) / name
