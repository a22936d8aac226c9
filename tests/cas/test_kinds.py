"""Addresses and names: what SHA-256 of the system says, and nothing that could leave the store."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.cas import kinds
from compiler.cas.kinds import KINDS, Fault, address_of, is_digest, linking, links, read_address, spell
from compiler.cas.payloads import FORMS, hold
from compiler.cas.store import object_name, read_ref, ref_line, ref_name
from compiler.digest import sha256
from tests.cas.conftest import SAMPLES, sample

# The kinds that milestone 2 names, and those the build has today.
WANTED = {
    *(
        "query-value",
        "ast-summary",
        "hir",
        "mir",
        "native-ir",
        "object",
        "profile",
        "link-order",
        "api-docs",
        "package",
    ),
    *("build-record", "executable", "link-inputs", "gate-result", "evidence"),
}
HOSTILE = [
    "",
    "..",
    "../x",
    "/etc/passwd",
    "a/../b",
    "a" * 63,
    "a" * 65,
    "A" * 64,
    "a" * 63 + "/",
    "a" * 62 + "..",
    "ä" * 64,
]


def test_every_kind_of_the_roadmap_has_a_row() -> None:
    assert set(KINDS) >= WANTED


@given(kind=st.sampled_from(sorted(KINDS)), payload=st.binary(max_size=200))
def test_an_address_is_sha256_of_kind_schema_and_payload(kind: str, payload: bytes) -> None:
    told = f"0x0 {kind} {KINDS[kind].schema}\0".encode() + payload
    assert address_of(kind, payload) == (kind, hashlib.sha256(told).hexdigest(), len(payload))
    assert read_address(spell(address_of(kind, payload))) == address_of(kind, payload)


def test_both_ways_to_hash_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a megabyte hashlib takes over."""
    payloads = [bytes([number]) * 100_000 for number in range(20)]
    monkeypatch.setattr(kinds, "_left", 1 << 20)
    monkeypatch.setattr(kinds, "_start", sha256)
    monkeypatch.setattr(kinds, "_states", {})
    found = [address_of("mir", payload)[1] for payload in payloads]
    assert kinds._start is hashlib.sha256
    assert found == [hashlib.sha256(b"0x0 mir 1\0" + payload).hexdigest() for payload in payloads]


def test_the_same_bytes_are_another_object_of_another_kind() -> None:
    assert len({address_of(kind, b"x")[1] for kind in KINDS}) == len(KINDS)
    assert len({object_name(address_of(kind, b"x")) for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("word", HOSTILE)
def test_no_word_becomes_a_path(word: str) -> None:
    for attempt in (
        lambda: ref_name(word),
        lambda: read_address(word),
        lambda: read_address(f"mir/{word}/1"),
        lambda: read_address(f"{word}/{'0' * 64}/1"),
        lambda: read_address(f"mir/{'0' * 64}/{word}"),
    ):
        with pytest.raises(Fault) as raised:
            attempt()
        assert raised.value.code == "CAS_NAME-001"
    assert not is_digest(word)


@given(word=st.text(max_size=90))
def test_what_is_read_as_an_address_is_spelled_the_same(word: str) -> None:
    try:
        address = read_address(word)
    except Fault:
        return
    assert read_address(spell(address)) == address
    assert ".." not in object_name(address)


@given(st.lists(st.binary(max_size=8), max_size=4), st.binary(max_size=40))
def test_links_come_back(payloads: list[bytes], body: bytes) -> None:
    addresses = [address_of("mir", payload) for payload in payloads]
    assert links(linking(addresses, body)) == addresses


@given(line=st.binary(max_size=120))
def test_no_bytes_but_its_own_are_a_reference(line: bytes) -> None:
    key = "0" * 64
    with pytest.raises(Fault) as raised:
        read_ref(key, line)
    assert raised.value.code == "CAS_REF-001"
    good = ref_line(key, address_of("mir", line))
    assert read_ref(key, good) == address_of("mir", line)
    with pytest.raises(Fault):
        read_ref("1" * 64, good)
    for at in range(len(good)):
        with pytest.raises(Fault):
            read_ref(key, good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(Fault):
            read_ref(key, good[:at])


def test_every_form_has_a_sample_that_holds_and_bytes_that_do_not() -> None:
    assert set(FORMS) == set(SAMPLES) == {kind.form for kind in KINDS.values()}
    for kind in KINDS:
        hold(address_of(kind, sample(kind)), sample(kind), "it")
        if KINDS[kind].form == "bytes":
            continue  # anything
        for other in (b"\xff\xfe\n", b"../..\n\xff"):
            with pytest.raises(Fault) as raised:
                hold(address_of(kind, other), other, "it")
            assert raised.value.code == "CAS_OBJECT-003"
    assert FORMS["elf-executable"](SAMPLES["elf-relocatable"])
    assert FORMS["elf-relocatable"](SAMPLES["elf-executable"])
    assert FORMS["tsv"](b"a\tb\n1\n")
    assert FORMS["tsv"](b"a\tb")
