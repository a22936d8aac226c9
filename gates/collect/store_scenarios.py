"""What is done to a store, one function a scenario; its row in the ledger says what must come of it.

A function does its damage in a `Lab`; then, for all alike, `store.py` looks, builds, repairs and looks again.  What it
returns is called after the build, for what only then can be counted.  To add a scenario, add a function here or in
`store_runs.py`, its row in ledgers/content-addressed-storage/scenarios.tsv and its name in the gate.  Judges nothing.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from gates.collect import measure
from gates.collect.store_lab import Lab, address, key_of, over, reference

After = Callable[[], None] | None
SCENARIOS: dict[str, Callable[[Lab], After]] = {}
OLD = 4000  # seconds: older than what a collection leaves alone


def scenario(function: Callable[[Lab], After]) -> Callable[[Lab], After]:
    SCENARIOS[function.__name__.replace("_", "-")] = function
    return function


# Poison: something else, sound in itself, in the place of a result


@scenario
def poisoned_executable(lab: Lab) -> After:
    """As long as the right one, so that only its digest tells."""
    path = lab.executable()
    over(path, lab.other(path).read_bytes().ljust(len(lab.image), b"\0")[: len(lab.image)])
    return None


@scenario
def poisoned_record(lab: Lab) -> After:
    over(lab.record(), lab.other(lab.record()).read_bytes())
    return None


@scenario
def poisoned_graph(lab: Lab) -> After:
    lab.folder = "there"
    one, other = lab.objects("query-graph")
    first, second = one.read_bytes(), other.read_bytes()
    over(one, second)
    over(other, first)
    return None


@scenario
def poisoned_answers(lab: Lab) -> After:
    lab.folder = "there"
    packs = lab.objects("query-pack")
    contents = [path.read_bytes() for path in packs]
    for path, data in zip(packs, contents[1:] + contents[:1], strict=True):
        over(path, data)
    return None


@scenario
def reference_of_another_program(lab: Lab) -> After:
    ref = lab.ref_to(lab.record())
    over(ref, lab.ref_to(lab.other(lab.record())).read_bytes())
    return None


@scenario
def reference_to_another_kind(lab: Lab) -> After:
    ref = lab.ref_to(lab.record())
    over(ref, reference(key_of(ref), f"1 {address(lab.executable())}"))
    return None


@scenario
def another_form_under_a_right_name(lab: Lab) -> After:
    lab.keep("executable", b"#!/bin/sh\necho poison\n")
    return None


@scenario
def poisoned_page(lab: Lab) -> After:
    """A module's page is kept, changed in the store, and asked for again."""
    words = ("doc", "lib/numbers/numbers.0x0")
    first = lab.zero(*words)
    (path,) = lab.objects("api-docs")
    over(path, path.read_bytes().replace(b"square", b"sphere"))
    second = lab.zero(*words)
    lab.count("pages-that-say-something", 1, int(first.status == 0 and "square" in first.text))
    lab.count("right-pages-after-it", 1, int(second.text.startswith(first.text) or second.text.endswith(first.text)))
    lab.count("damage-is-told", 1, int("CAS_OBJECT-001" in second.codes))
    return None


# Checksums: the right thing, damaged


@scenario
def flipped_bit(lab: Lab) -> After:
    path = lab.executable()
    data = path.read_bytes()
    over(path, data[:-1] + bytes([data[-1] ^ 1]))
    return None


@scenario
def every_object_damaged(lab: Lab) -> After:
    for path in lab.objects():
        data = path.read_bytes()
        over(path, data[:-1] + bytes([data[-1] ^ 1]))
    return None


@scenario
def broken_packing(lab: Lab) -> After:
    path = lab.record()
    over(path, b"q" + path.read_bytes()[1:])
    return None


@scenario
def program_that_cannot_be_run(lab: Lab) -> After:
    lab.executable().chmod(0o444)
    return None


# Truncation and loss


@scenario
def truncated_object(lab: Lab) -> After:
    path = lab.executable()
    over(path, path.read_bytes()[: len(lab.image) // 2])
    return None


@scenario
def truncated_answers(lab: Lab) -> After:
    lab.folder = "there"
    for path in lab.objects("query-pack"):
        over(path, path.read_bytes()[:-1])
    return None


@scenario
def empty_object(lab: Lab) -> After:
    over(lab.executable(), b"")
    return None


@scenario
def lost_object(lab: Lab) -> After:
    lab.executable().unlink()
    return None


@scenario
def torn_references(lab: Lab) -> After:
    for path in lab.refs():
        over(path, path.read_bytes()[:-3])
    return None


# Schemas and layouts


@scenario
def reference_of_an_older_schema(lab: Lab) -> After:
    ref = lab.ref_to(lab.record())
    over(ref, reference(key_of(ref), f"0 {address(lab.record())}"))
    return None


@scenario
def object_of_an_older_schema(lab: Lab) -> After:
    path = lab.store / "objects" / "mir-0" / "ab" / "cd"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"old")
    os.utime(path, (time.time() - OLD,) * 2)

    def collected() -> None:
        lab.zero("cache", "gc")
        lab.count("files-of-the-older-schema", 0, len(lab.files("objects/mir-0/*/*")))

    return collected


@scenario
def newer_layout(lab: Lab) -> After:
    before = len(lab.files("**/*"))
    (lab.store / "format").write_text("0x0 store 4\n", "ascii")
    return lambda: lab.count("files", before, len(lab.files("**/*")))


@scenario
def no_layout(lab: Lab) -> After:
    shutil.rmtree(lab.store)
    lab.store.mkdir()
    (lab.store / "format").write_text("somebody's notes\n", "ascii")
    return lambda: lab.count("files", 1, len(lab.files("**/*")))


def _older(lab: Lab, layout: int) -> After:
    """What a compiler of layout 1 or 2 left; both had no number, and keys that nothing asks for today."""
    shutil.rmtree(lab.store)
    for part in ("builds", "executables"):
        (lab.store / part).mkdir(parents=True)
        (lab.store / part / ("a" * 64)).write_bytes(b"of an older compiler")
    if layout == 2:
        (lab.store / "executables" / f".{'b' * 64}.77.tmp").write_bytes(b"\x7fE")

    def migrated() -> None:
        lab.count("old-files", 0, len(lab.files("builds/*")) + len(lab.files("executables/*")))
        lab.count("layout", 3, int((lab.store / "format").read_text("ascii").split()[-1]))
        lab.count("executables", 1, len(lab.objects("executable")))

    return migrated


@scenario
def migration_from_layout_1(lab: Lab) -> After:
    return _older(lab, 1)


@scenario
def migration_from_layout_2(lab: Lab) -> After:
    return _older(lab, 2)


@scenario
def migration_that_was_killed(lab: Lab) -> After:
    """Folders are made, half of the old files are gone, the number is not written yet."""
    after = _older(lab, 2)
    shutil.rmtree(lab.store / "builds")
    for name in ("objects", "refs", "pins", "tmp"):
        (lab.store / name).mkdir()
    return after


# Ways out of the store


@scenario
def way_out_in_a_reference(lab: Lab) -> After:
    ref = lab.ref_to(lab.record())
    over(ref, reference(key_of(ref), "1 build-record/../../../outside/notes.txt/11"))
    return None


@scenario
def way_out_in_links(lab: Lab) -> After:
    ref = lab.ref_to(lab.record())
    forged = lab.keep("build-record", b"executable/" + b"../" * 21 + b"x/11\n1")
    over(ref, reference(key_of(ref), f"1 {forged}"))
    return None


@scenario
def link_in_place_of_an_object(lab: Lab) -> After:
    """What it leads to is right to the last byte, and still not followed."""
    path = lab.executable()
    (lab.outside / "program").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(lab.outside / "program")
    return None


@scenario
def pipe_in_place_of_an_object(lab: Lab) -> After:
    path = lab.executable()
    path.unlink()
    os.mkfifo(path)
    return None


@scenario
def link_in_place_of_a_folder(lab: Lab) -> After:
    shutil.rmtree(lab.store / "objects" / "executable-1")
    (lab.store / "objects" / "executable-1").symlink_to(lab.outside)
    return None


# A place that cannot be used


def _denied(lab: Lab, how: str) -> After:
    library = measure.compiled(Path(__file__).with_name("deny.c"), "deny.so", "-shared", "-fPIC")
    lab.environment |= {"LD_PRELOAD": library, "DENY_FOLDER": f"{lab.store}/", "DENY_HOW": how}
    lab.folder = "there"
    before = len(lab.files("**/*"))

    def whole() -> None:
        lab.count("files", before, len(lab.files("**/*")))
        lab.environment.clear()

    return whole


@scenario
def full_disk(lab: Lab) -> After:
    return _denied(lab, "full")


@scenario
def read_only_disk(lab: Lab) -> After:
    return _denied(lab, "readonly")


@scenario
def file_in_place_of_the_store(lab: Lab) -> After:
    shutil.rmtree(lab.store)
    lab.store.write_text("a file\n", "ascii")
    return lambda: lab.count("bytes", 7, lab.store.stat().st_size)


@scenario
def stranger_in_the_store(lab: Lab) -> After:
    strangers = [lab.store / "notes.txt", lab.store / "objects" / "executable-1" / "notes.txt"]
    for path in strangers:
        path.write_text("mine\n", "ascii")

    def kept() -> None:
        lab.zero("cache", "gc", "--now", "--max-size", "0")
        lab.count("strangers", 2, sum(path.exists() for path in strangers))

    return kept
