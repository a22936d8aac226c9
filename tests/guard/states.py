"""The corpus compiled in every state that a store can be in: always the same bytes.

`cold` makes the executables that all others are held against; each other state is a row of `STATES`, and runs after
those above it, whose stores it may use.  A state also proves that it was one: that a warm store compiled nothing, that
a collection took something, that writers were killed.  Nothing may be said on standard error in any of them.
"""

from __future__ import annotations

import os
import pathlib
import shutil
from collections.abc import Callable

from tests.corpus.programs import FOLDERS, ROOT
from tests.guard.corpus import Case, Maker, Wrong, difference, each

POINTS = 19  # a build that makes its own store writes to it about so many times; at 0 it is killed within a write
KILLED = (-9, -25)  # SIGKILL, SIGXFSZ
SHOWN = 5  # cases that are named for one state


class Work:
    """What the states share: the cases, where things lie, and what was found."""

    def __init__(self, cases: list[Case], folder: pathlib.Path, jobs: int) -> None:
        self.cases, self.folder, self.jobs = cases, folder, jobs
        self.wrong: list[str] = []
        self.cold: dict[str, bytes] = {}

    @property
    def images(self) -> pathlib.Path:
        """The executables of the first state; later ones go elsewhere."""
        return self.folder / "images"

    def place(self, name: str) -> pathlib.Path:
        """A folder below that of the guard's."""
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def same(self, state: str, maker: Maker) -> None:
        """Compile all cases and hold them against the cold ones."""
        found = [found for found in each(self.cases, lambda case: self.differs(state, maker, case), self.jobs) if found]
        self.report(state, found)

    def differs(self, state: str, maker: Maker, case: Case) -> str:
        if case.name not in self.cold:
            return ""  # there is no cold one, which was said
        out = self.folder / "out" / state / case.name
        try:
            image = maker.make(case, out)
        except Wrong as wrong:
            return str(wrong)
        finally:
            out.unlink(missing_ok=True)
        return "" if image == self.cold[case.name] else f"{case}: {difference(self.cold[case.name], image)}"

    def report(self, state: str, found: list[str]) -> None:
        self.wrong += [f"{state}: {each}" for each in found[:SHOWN]]
        if len(found) > SHOWN:
            self.wrong.append(f"{state}: and {len(found) - SHOWN} more")


def cold(work: Work) -> str:
    """An empty store."""
    maker = Maker(work.place("cold"))

    def make(case: Case) -> bytes | str:
        try:
            return maker.make(case, work.images / case.name)
        except Wrong as wrong:
            return str(wrong)

    made = list(each(work.cases, make, work.jobs))
    work.cold = {case.name: image for case, image in zip(work.cases, made, strict=True) if isinstance(image, bytes)}
    work.report("cold", [said for said in made if isinstance(said, str)])
    return f"{len(work.cold)} executables, {sum(map(len, work.cold.values()))} bytes"


def repeat(work: Work) -> str:
    """`--no-cache`, another hash seed, folder, locale and time zone."""
    elsewhere = work.place("elsewhere")
    for name in (*FOLDERS, "fixtures/projects"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, elsewhere / name, dirs_exist_ok=True)
    store = work.folder / "unused"
    other = {"LC_ALL": "C", "TZ": "Pacific/Chatham", "HOME": str(elsewhere), "TMPDIR": str(work.place("tmp"))}
    work.same("repeat", Maker(store, seed=1, cwd=elsewhere, flags=("--no-cache",), environment=other))
    if store.exists():
        work.wrong.append("repeat: --no-cache wrote into the store")
    return "another process, hash seed, folder, locale"


def warm(work: Work) -> str:
    """The store of `cold`."""
    before = _objects(work.folder / "cold")
    work.same("warm", Maker(work.folder / "cold", seed=2))
    fresh = _objects(work.folder / "cold") - before
    if not before:
        work.wrong.append("warm: the first build left nothing in the store")
    if fresh:
        work.wrong.append(f"warm: {len(fresh)} results were made again, as {min(fresh)}")
    return f"{len(before)} results used again"


def remote(work: Work) -> str:
    """An empty store with a remote tier that another store filled."""
    tier = work.place("tier")
    work.same("remote-fill", Maker(work.place("fill"), remote=tier, seed=3))
    before = _objects(tier)
    work.same("remote", Maker(work.place("fetch"), remote=tier, seed=4))
    fresh = _objects(tier) - before
    if not before:
        work.wrong.append("remote: the tier was not filled")
    if fresh:
        work.wrong.append(f"remote: {len(fresh)} results were made again, as {min(fresh)}")
    if not _objects(work.folder / "fetch"):
        work.wrong.append("remote: nothing was fetched")
    return f"{len(before)} results in the tier"


def collected(work: Work) -> str:
    """The store of `cold` after a collection that leaves half of it."""
    store = work.folder / "cold"
    maker = Maker(store, seed=5)
    before = _objects(store)
    size = sum((store / name).stat().st_size for name in before) // 2
    done = maker.run("cache", "gc", "--max-size", str(size), "--now")
    left = _objects(store)
    if done.returncode or not left < before:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
        work.wrong.append(f"collected: the collection ends with {done.returncode} and took nothing: {said[:200]}")
    work.same("collected", maker)
    return f"{len(before) - len(left)} of {len(before)} results collected"


def killed(work: Work) -> str:
    """A store that a killed writer left, killed at another point for each case."""
    reached: set[int] = set()

    def kill_and_build(numbered: tuple[int, Case]) -> list[str]:
        number, case = numbered
        store = work.folder / "killed" / str(number)
        maker, out = Maker(store, seed=number), store.with_suffix(".out")
        store.parent.mkdir(exist_ok=True)
        point = number % (POINTS + 1)
        done = maker.run(str(point), str(store), *maker.words(case, out), module="tests.guard.killing")
        if done.returncode in KILLED:
            reached.add(point)
        elif done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip()
            return [f"{case}: a build that was to be killed ended with {done.returncode}: {said[:200]}"]
        found = [work.differs("killed", maker, case)]
        if not any(name.startswith("objects/executable-") for name in _objects(store)):  # the last that a build keeps
            found.append(f"{case}: what a killed writer left keeps the store from keeping anything")
        if number <= POINTS:
            found.append(_unsound(maker, case))
        shutil.rmtree(store, ignore_errors=True)
        out.unlink(missing_ok=True)
        return found

    # A few cases meet all points, too.
    several = [work.cases[number % len(work.cases)] for number in range(max(len(work.cases), POINTS + 1))]
    found = [said for group in each(enumerate(several), kill_and_build, work.jobs) for said in group if said]
    work.report("killed", found)
    if not reached:
        work.wrong.append("killed: no writer was killed")
    return f"writers killed at {len(reached)} points"


def _unsound(maker: Maker, case: Case) -> str:
    """What a scan says of a store besides files that killed writers left."""
    done = maker.run("cache", "verify")
    lines = done.stdout.decode("utf-8", "replace").splitlines()[:-1]
    odd = [line for line in lines if not line.startswith("CAS_WRITER-001")]
    if done.returncode or odd or done.stderr:
        return f"{case}: zero cache verify ends with {done.returncode}: {(odd or ['-'])[0][:200]}"
    return ""


def _objects(store: pathlib.Path) -> set[str]:
    """The results in a store or tier."""
    found = set()
    for folder, _, names in os.walk(store / "objects"):
        found |= {os.path.relpath(os.path.join(folder, name), store) for name in names}
    return found


# name -> (what it does, in words)
STATES: dict[str, tuple[Callable[[Work], str], str]] = {
    "cold": (cold, "an empty store"),
    "repeat": (repeat, "no store, another process"),
    "warm": (warm, "a store that has all"),
    "remote": (remote, "an empty store before a tier that has all"),
    "collected": (collected, "a store after a collection"),
    "killed": (killed, "a store after a killed writer"),
}
