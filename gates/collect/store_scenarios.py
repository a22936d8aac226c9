"""What is done to a store, one function a scenario; its row in the ledger says what must come of it.

A function does its damage in a `Lab`; then, for all alike, `store.py` looks, builds, repairs and looks again.  What it
returns is called after the build, for what only then can be counted.  To add a scenario, add a function here, its row
in ledgers/content-addressed-storage/scenarios.tsv and its name in the gate.  Judges nothing.
"""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

from gates.collect import measure
from gates.collect.store_lab import MAIN, Lab, address, key_of, over, reference

After = Callable[[], None] | None
SCENARIOS: dict[str, Callable[[Lab], After]] = {}
OLD = 4000  # seconds: older than what a collection leaves alone
KILLED_BUILDS = 8


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


# Several at once, and killed ones


@scenario
def collection_under_way(lab: Lab) -> After:
    handle = os.open(lab.store / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return lambda: os.close(handle)


@scenario
def leftover_of_a_killed_writer(lab: Lab) -> After:
    path = lab.store / "tmp" / "77-1-1"
    path.write_bytes(b"half of")
    os.utime(path, (time.time() - OLD,) * 2)

    def collected() -> None:
        lab.zero("cache", "gc")
        lab.count("leftovers", 0, len(lab.files("tmp/*")))

    return collected


@scenario
def killed_builds(lab: Lab) -> After:
    """Builds into an empty store, killed at random points; the store serves the next one."""
    shutil.rmtree(lab.store)
    generator = random.Random(8)
    for number in range(KILLED_BUILDS):
        build = lab.start(lab.root / f"killed-{number}")
        time.sleep(generator.random() * 0.4)
        os.killpg(build.pid, signal.SIGKILL)
        build.wait()
    lab.count("killed", KILLED_BUILDS, number + 1)
    return None


@scenario
def racing_builds(lab: Lab) -> After:
    """Two builds of one program and one of another start from nothing."""
    shutil.rmtree(lab.store)
    places = [lab.root / name for name in ("one", "two")]
    racing = [lab.start(out) for out in places]
    racing.append(lab.start(lab.root / "three", lab.projects / "hello"))
    lab.count("builds-that-succeed", 3, sum(build.wait() == 0 for build in racing))
    lab.count("right-programs", 2, sum(out.read_bytes() == lab.image for out in places if out.exists()))
    lab.count("left-in-tmp", 0, len(lab.files("tmp/*")))
    return None


@scenario
def collections_during_builds(lab: Lab) -> After:
    """Builds while everything they find or keep may be taken away at any moment."""
    rounds, right = 3, 0
    for number in range(rounds):
        out = lab.root / f"built-{number}"
        build = lab.start(out, lab.projects / "there")
        while build.poll() is None:
            lab.zero("cache", "gc", "--now", "--max-size", "0")
        right += build.returncode == 0 and out.read_bytes() == lab.image
    lab.count("right-programs", rounds, right)
    return None


# Rollback


@scenario
def store_rolled_back(lab: Lab) -> After:
    """An edit is built, then the store is put back to what it was before: the edit must not be lost."""
    own = _copy_of_the_project(lab)
    earlier = lab.root / "earlier"
    lab.build(folder=own)
    shutil.copytree(lab.store, earlier)
    _edit(own)
    lab.build(folder=own)
    edited = lab.out.read_bytes()
    lab.count("the-edit-changes-the-program", 1, int(edited != lab.image))
    shutil.rmtree(lab.store)
    earlier.rename(lab.store)
    lab.build(folder=own)
    lab.count("edited-program", 1, int(lab.out.read_bytes() == edited))
    return None


@scenario
def sources_rolled_back(lab: Lab) -> After:
    """An edit is built and taken back, with the very times that the files had: the old program comes back."""
    own = _copy_of_the_project(lab)
    lab.build(folder=own)
    first = lab.out.read_bytes()
    text, status = (own / MAIN).read_text("utf-8"), (own / MAIN).stat()
    _edit(own)
    lab.build(folder=own)
    edited = lab.out.read_bytes()
    lab.count("the-edit-changes-the-program", 1, int(edited != first))
    (own / MAIN).write_text(text, "utf-8")
    os.utime(own / MAIN, ns=(status.st_atime_ns, status.st_mtime_ns))
    lab.build(folder=own)
    lab.count("first-program", 1, int(lab.out.read_bytes() == first))
    return None


def _copy_of_the_project(lab: Lab) -> Path:
    own = lab.root / "own"
    shutil.copytree(lab.project, own)
    return own


def _edit(folder: Path) -> None:
    text = (folder / MAIN).read_text("utf-8")
    if text.count('"ratio "') != 1:
        raise RuntimeError(f"fixtures/projects/atlas/{MAIN} no longer has the text that is edited")
    (folder / MAIN).write_text(text.replace('"ratio "', '"share "'), "utf-8")


# The tier behind, and builds that do without


def _remote(lab: Lab) -> Path:
    """Build once with a shared folder behind; then this machine's own store is gone."""
    shared = lab.root / "shared"
    shared.mkdir()
    shutil.rmtree(lab.store)
    lab.environment["ZERO_CACHE_REMOTE"] = str(shared)
    lab.build()
    lab.count("shared-programs", 1, len(list(shared.glob("objects/executable-1/*/*"))))
    shutil.rmtree(lab.store)
    return shared


@scenario
def remote_read_through(lab: Lab) -> After:
    """A program comes from there without anything being compiled: no graph of queries is fetched or made."""
    _remote(lab)

    def served() -> None:
        lab.count("programs-here", 1, len(lab.objects("executable")))
        lab.count("graphs-here", 0, len(lab.objects("query-graph")))

    return served


@scenario
def remote_poisoned(lab: Lab) -> After:
    for path in _remote(lab).glob("objects/*/*/*"):
        over(path, path.read_bytes()[:-1] + b"x")
    return None


@scenario
def remote_gone(lab: Lab) -> After:
    shutil.rmtree(_remote(lab))
    return None


@scenario
def offline_build(lab: Lab) -> After:
    shared = _remote(lab)
    before = len(list(shared.rglob("*")))
    lab.flags = ("--offline",)

    def alone() -> None:
        lab.count("shared-files", before, len(list(shared.rglob("*"))))
        lab.count("graphs-here", 1, len(lab.objects("query-graph")))

    return alone


@scenario
def hermetic_build(lab: Lab) -> After:
    lab.flags = ("--hermetic",)
    return None


@scenario
def undeclared_read(lab: Lab) -> After:
    """A compiler of which some part reads a file that nobody named, whenever it opens a source."""
    spy = lab.root / "spy"
    spy.mkdir()
    (spy / "sitecustomize.py").write_text(SPY.format(secret=lab.outside / "notes.txt"), "utf-8")
    lab.environment["PYTHONPATH"] = f"{spy}{os.pathsep}{measure.CLEAN['PYTHONPATH']}"
    quiet = lab.build()
    lab.count("builds-that-only-hermetic-refuses", 1, int(quiet.status == 0 and lab.out.read_bytes() == lab.image))
    lab.flags = ("--hermetic",)
    return None


SPY = """\
import sys
heard = []
def hear(event, arguments):
    if event == "open" and not heard and str(arguments[0]).endswith("main.0x0"):
        heard.append(event)
        open({str_secret}).close()
sys.addaudithook(hear)
""".replace("{str_secret}", "'{secret}'")


# Collection of garbage


@scenario
def collected_by_reachability(lab: Lab) -> After:
    """The other program's references are forgotten: what only they needed goes, and nothing else."""
    for path in lab.refs():
        if path != lab.ref_to(lab.record()):
            path.unlink()
    wanted = len(lab.reachable())
    lab.count("something-to-collect", 1, int(0 < wanted < len(lab.objects())))
    lab.zero("cache", "gc", "--now")
    lab.count("objects", wanted, len(lab.objects()))
    lab.count("reachable-objects", wanted, len(lab.reachable()))
    before = len(lab.objects())
    return lambda: lab.count("objects-after-the-build", before, len(lab.objects()))


@scenario
def collected_by_size(lab: Lab) -> After:
    limit = 4 * len(lab.image)
    lab.count("it-is-too-large", 1, int(_size(lab) > limit))
    lab.zero("cache", "gc", "--now", "--max-size", str(limit))
    lab.count("it-fits", 1, int(0 < _size(lab) <= limit))
    lab.zero("cache", "gc", "--now", "--max-size", "0")
    lab.count("objects-in-no-room", 0, len(lab.objects()))
    return None


def _size(lab: Lab) -> int:
    return sum(path.stat().st_size for path in lab.objects())


@scenario
def collected_but_for_pins(lab: Lab) -> After:
    pinned = address(lab.executable())
    lab.zero("cache", "pin", pinned)
    lab.zero("cache", "gc", "--now", "--max-size", "0")
    lab.count("objects", 2, len(lab.objects()))  # it, and the record that leads to it
    lab.count("pinned-program", 1, sum(path.read_bytes() == lab.image for path in lab.objects("executable")))
    lab.zero("cache", "unpin", pinned)
    lab.zero("cache", "gc", "--now", "--max-size", "0")
    lab.count("objects-without-the-pin", 0, len(lab.objects()))
    return None


@scenario
def young_objects_stay(lab: Lab) -> After:
    before = len(lab.objects())
    for path in lab.refs():
        path.unlink()
    lab.zero("cache", "gc", "--max-size", "0")
    lab.count("objects", before, len(lab.objects()))
    return None
