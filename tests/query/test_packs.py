"""Packs against a dictionary, with objects that get lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.digest import brief, sha256
from compiler.query.packs import Index, Packs


class Folder:
    """Objects in memory that counts what is done to it."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.written = 0
        self.read_count = 0

    def read(self, name: str) -> bytes | None:
        self.read_count += 1
        return self.objects.get(name)

    def write(self, _: str, data: bytes) -> str:
        self.written += 1
        name = sha256(data).hexdigest()
        self.objects[name] = data
        return name


groups = st.sampled_from(["a", "b", "c"])
answers = st.tuples(groups, st.binary(max_size=3))


@settings(deadline=None, max_examples=200, derandomize=True)
@given(st.lists(st.tuples(st.lists(answers, max_size=5), st.lists(answers, max_size=5), st.booleans()), max_size=6))
def test_what_was_wanted_is_there(
    sessions: list[tuple[list[tuple[str, bytes]], list[tuple[str, bytes]], bool]],
) -> None:
    folder = Folder()
    index: Index = {}
    model: dict[tuple[str, bytes], bytes] = {}
    for put, keep, lose in sessions:
        if lose:
            folder.objects.clear()
            model.clear()
        packs = Packs(folder, index)
        for group, data in put:
            model[group, packs.put(group, data)] = data
        for group, data in [*put, *keep]:
            digest = brief(data)
            assert packs.get(group, digest) == model.get((group, digest))
        wanted = {(group, digest): data for (group, digest), data in model.items() if (group, data) in [*put, *keep]}
        index = packs.flush(wanted)
        model = wanted
    packs = Packs(folder, index)
    for (group, digest), data in model.items():
        assert packs.get(group, digest) == data


def test_a_group_is_read_once_and_written_only_when_it_changed() -> None:
    folder = Folder()
    packs = Packs(folder)
    kept = [(group, packs.put(group, group.encode() + bytes([k]))) for group in ("a", "b") for k in range(100)]
    index = packs.flush(kept)
    assert folder.written == 2
    packs = Packs(folder, index)
    assert all(packs.get(*each) is not None for each in kept)
    assert folder.read_count == 2
    changed = ("a", packs.put("a", b"new"))
    assert packs.flush([changed, *kept[1:]]) != index
    assert folder.written == 3
    assert packs.flush(kept[:0]) == {}


def test_groups_can_be_written_ahead() -> None:
    folder = Folder()
    packs = Packs(folder)
    early, late = packs.put("a", b"early"), packs.put("b", b"late")
    packs.flush([("a", early)])
    assert list(folder.objects.values()) == [b"early"]
    assert packs.get("a", early) == b"early"
    assert packs.get("b", late) == b"late"
    index = packs.flush([("a", early), ("b", late)])
    assert (folder.written, sorted(index)) == (2, ["a", "b"])
    again = Packs(folder, index)
    assert again.get("a", early) == b"early"
    assert again.get("b", late) == b"late"
