"""What happens to a store in the course of time: several at once, killed ones, rollback, a tier behind, collections.

The second half of the table of `store_scenarios.py`; whoever takes `SCENARIOS` from here has all of them.
"""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import signal
import time
from pathlib import Path

from gates.collect import measure
from gates.collect.store_lab import MAIN, Lab, address, over
from gates.collect.store_scenarios import OLD, SCENARIOS, After, scenario

__all__ = ["SCENARIOS"]
KILLED_BUILDS = 8


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
    # `--now` may take what a build was about to refer to; the next collection takes such a reference, too.
    lab.zero("cache", "gc", "--now")
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
