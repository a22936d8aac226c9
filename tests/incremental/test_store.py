"""The session's objects in the store, damaged in every way: the build ends right, the program is right.

A graph or a pack that is damaged, lost, of somebody else or not to be written costs time.  What the store says of it
is its own code, once; a full or read-only store says nothing.
"""

from __future__ import annotations

import errno
import itertools
import marshal
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest

from compiler.cas.kinds import after_links, linking
from compiler.cas.scan import verify
from compiler.cas.store import Store
from compiler.cas.sweep import collect
from compiler.incremental.kept import GRAPH
from compiler.incremental.session import PACK
from compiler.options import Options
from compiler.query.graph import MAGIC
from tests.conftest import ROOT
from tests.incremental import start
from tests.incremental.histories import History, compile_whole
from tests.incremental.test_reuse import anew, of
from tests.incremental.three import LOW, Project
from tests.incremental.watched import Watched, build

NEVER = itertools.count(1000)  # edits that no build has seen, so that no object of theirs was damaged before
MODULES = {"low.0x0", "middle.0x0", "main.0x0", "std:list.0x0", "std:pair.0x0"}


def objects(project: Project, kind: str) -> list[pathlib.Path]:
    found = sorted(path for path in (project.store / "objects" / f"{kind}-1").rglob("*") if path.is_file())
    for path in found:
        path.chmod(0o644)
    return found


def edited(project: Project, number: int = 2) -> None:
    project.write("low.0x0", LOW.replace("(+ n 1)", f"(+ n {number})"))


def right(project: Project) -> list[str]:
    """Build, hold against the whole pipeline, and give what was said of the store."""
    image, messages, heard = build("main.0x0", project.out, Options(), project.store)
    assert messages == []
    assert image == compile_whole("main.0x0", Options())[0]
    assert Watched.last is None or Watched.last.ended == ""
    return heard


def heals(project: Project, builds: int = 1) -> None:
    """After whatever happened, a build says nothing and reuses everything; what is not read is not known to be damaged,
    so it can take several."""
    for _ in range(builds):
        project.forget()
        edited(project, next(NEVER))
        if right(project) == []:
            break
    edited(project, next(NEVER))
    assert project.build() == anew(of(low="more"), "low.0x0")


def flip(path: pathlib.Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :])


def cut(path: pathlib.Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: pathlib.Path) -> None:
    path.write_bytes(b"")


def other(path: pathlib.Path) -> None:
    """Another object of the store under its name."""
    shutil.copy(next(each for each in sorted(path.parent.parent.rglob("*-*")) if each != path and each.is_file()), path)


def folder(path: pathlib.Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGE: dict[str, tuple[Callable[[pathlib.Path], None], str]] = {
    "flipped": (flip, "CAS_OBJECT-001"),
    "cut": (cut, "CAS_OBJECT-002"),
    "empty": (empty, "CAS_OBJECT-002"),
    "lost": (pathlib.Path.unlink, "CAS_OBJECT-005"),
    "a folder": (folder, "CAS_OBJECT-004"),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_graph(project: Project, how: str) -> None:
    """Everything is made anew, and the damage is named."""
    damage, code = DAMAGE[how]
    (graph,) = objects(project, GRAPH)
    damage(graph)
    edited(project)
    heard = right(project)
    assert [said.split(": ")[1] for said in heard] == ([code] if how != "lost" else [])
    assert Watched.last is not None
    assert Watched.last.anew()["checked"] == MODULES
    heals(project)


@pytest.mark.parametrize("how", [*DAMAGE, "other"])
def test_damaged_packs(project: Project, how: str) -> None:
    """All of them: what is asked for is made anew, whatever the graph says of it."""
    damage, code = {**DAMAGE, "other": (other, "CAS_OBJECT-00")}[how]
    packs = objects(project, PACK)
    assert len(packs) > 4
    for path in packs:
        damage(path)
    edited(project)
    heard = right(project)
    assert all(said.startswith(f"zero: {code}") for said in heard)
    assert bool(heard) == (how != "lost"), "what is lost may be so at any time"
    heals(project, builds=4)


def test_each_damaged_pack(project: Project) -> None:
    for number in range(len(objects(project, PACK))):
        flip(objects(project, PACK)[number])
        edited(project, 60 + number)
        right(project)
        heals(project)


def test_edits_while_the_store_is_damaged(tmp_path: pathlib.Path) -> None:
    """Random ones of both: the program is always the one that is made from nothing."""
    history = History(tmp_path, 5, cold=0, process=0, damage=3, files=start.text(database=False))
    history.enter()
    try:
        history.begin()
        for _ in range(24):
            history.step()
    finally:
        history.leave()
    assert history.counts["damaged objects"] > 5
    assert history.counts["incremental"] > 10


def foreign(project: Project) -> dict[str, bytes]:
    """Graphs under right digests that this compiler did not write."""
    (path,) = objects(project, GRAPH)
    payload = after_links(path.read_bytes()[1:])
    graph, index = marshal.loads(payload)
    group = sorted(index)[0]
    return {
        "no marshal": b"something else",
        "nothing": b"",
        "a number": marshal.dumps(7),
        "three": marshal.dumps((graph, index, 1)),
        "no bytes": marshal.dumps(("text", {})),
        "no index": marshal.dumps((graph, 7)),
        "another format": marshal.dumps((b"zero queries 0\n" + graph[len(MAGIC) :], index)),
        "another python": marshal.dumps((graph.replace(b"cpython", b"otherpy", 1), index)),
        "a torn graph": marshal.dumps((graph[:-1], index)),
        "an empty index": marshal.dumps((graph, {})),
        "an address that is none": marshal.dumps((graph, {**index, group: ("../../etc/passwd", index[group][1])})),
        "places that are none": marshal.dumps((graph, {**index, group: (index[group][0], {})})),
    }


@pytest.mark.parametrize("which", [
    "no marshal", "nothing", "a number", "three", "no bytes", "no index", "another format", "another python",
    "a torn graph", "an empty index", "an address that is none", "places that are none",
])  # fmt: skip
def test_a_foreign_graph(project: Project, which: str) -> None:
    payload = foreign(project)[which]
    store = Store(str(project.store))
    address = store.put(GRAPH, linking([], payload))
    for path in (project.store / "refs").rglob("*"):
        if path.is_file() and GRAPH.encode() in path.read_bytes():
            store.set(path.parent.name + path.name, address)
    edited(project)
    right(project)
    heals(project)


def test_a_reference_to_something_else(project: Project) -> None:
    store = Store(str(project.store))
    address = store.put("mir", b"text")
    for path in (project.store / "refs").rglob("*"):
        if path.is_file() and GRAPH.encode() in path.read_bytes():
            store.set(path.parent.name + path.name, address)
    edited(project)
    heard = right(project)
    assert heard
    assert all(said.startswith("zero: CAS_REF-002: ") for said in heard)
    heals(project)


def test_a_collection_takes_what_the_graph_does_not_lead_to(project: Project) -> None:
    """The packs of the newest graph stay, those of earlier ones go; one that takes all leaves a cold store."""
    for number in range(3, 8):
        edited(project, number)
        project.build()
    before = len(objects(project, PACK))
    collect(Store(str(project.store)), grace_s=-1)
    assert len(objects(project, PACK)) < before
    assert len(objects(project, GRAPH)) == 1
    edited(project, 9)
    assert project.build() == anew(of(low="more"), "low.0x0")
    collect(Store(str(project.store)), max_bytes=0, grace_s=-1)
    assert objects(project, PACK) == []
    edited(project, 10)
    assert project.all()["checked"] == MODULES
    assert verify(Store(str(project.store))).faults == []


def test_a_collection_that_lost_the_packs(project: Project) -> None:
    """As by another program that empties folders it does not know: a graph whose packs are gone."""
    shutil.rmtree(project.store / "objects" / f"{PACK}-1")
    edited(project)
    heard = right(project)
    assert heard == [], "that may be so at any time"
    heals(project)


def test_killed_writers(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before each of its writes in turn, and the next build over what is left is right."""
    written = Store.write
    reached = set()
    for point in range(20):
        edited(project, 100 + point)
        child = os.fork()
        if not child:
            left = [point]

            def dies(store: Store, name: str, data: bytes, *rest: int, left: list[int] = left, **more: bool) -> None:
                if not left[0]:
                    os._exit(9)
                left[0] -= 1
                written(store, name, data, *rest, **more)

            monkeypatch.setattr(Store, "write", dies)
            build("main.0x0", project.folder / "killed", Options(), project.store)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        reached.add(status)
        if point % 2:
            edited(project, 200 + point)
        assert right(project) == []
        if not status:
            break
    assert reached == {0, 9}
    assert point > 5, "packs, graph, references, executable, record"
    assert verify(Store(str(project.store))).faults == []
    heals(project)


@pytest.mark.parametrize(
    ("after", "error"), [(0, errno.ENOSPC), (2, errno.ENOSPC), (0, errno.EROFS), (1, errno.EACCES), (3, errno.EIO)]
)
def test_a_store_that_cannot_be_written(
    project: Project, after: int, error: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first write on, or after some; what was there before is used, and stays."""
    written = Store._write
    left = [after]

    def full(store: Store, path: str, data: bytes, mode: int, sync: bool) -> None:
        if left[0] <= 0:
            raise OSError(error, os.strerror(error))
        left[0] -= 1
        written(store, path, data, mode, sync)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "_write", full)
        for number in (2, 3):
            edited(project, number)
            heard = right(project)
            assert [said for said in heard if "CAS_PLACE-00" not in said] == []
            assert Watched.last is not None
            assert Watched.last.anew()["native"] == of(low="more")
    heals(project)


def test_two_builds_race(project: Project, tmp_path: pathlib.Path) -> None:
    """Two checkouts, two edits, one store, twice at once; both are right, and so is the next one of each."""
    places = [tmp_path / "left/project", tmp_path / "right/project"]
    for place in places:
        shutil.copytree(project.folder, place)
    store = Store(str(project.store))
    for turn in range(2):
        for number, place in enumerate(places):
            (place / "low.0x0").write_text(LOW.replace("(+ n 1)", f"(+ n {10 * turn + number + 2})"), "utf-8")
        words = [sys.executable, "-m", "compiler.cli", "build", "main.0x0", "-o", "program"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "ZERO_CACHE": str(project.store)}
        racing = [
            subprocess.Popen(words, cwd=place, env=environment, stderr=subprocess.PIPE)
            for place in places
            for _ in range(2)
        ]
        for process in racing:
            assert process.communicate()[1] == b""
            assert process.returncode == 0
        assert verify(store).faults == []
        for place in places:
            os.chdir(place)
            assert (place / "program").read_bytes() == compile_whole("main.0x0", Options())[0]
            project.forget()
            project.out = place / "program"
            assert right(project) == []
            collect(store, grace_s=-1)  # takes the references to what was forgotten


def test_a_remote_tier(project: Project, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one machine found out another one has, but for what is damaged on the way."""
    (tmp_path / "tier").mkdir()
    monkeypatch.setenv("ZERO_CACHE_REMOTE", str(tmp_path / "tier"))
    project.store = tmp_path / "first"
    assert project.all()["checked"] == MODULES
    shutil.copytree(project.folder, tmp_path / "elsewhere/project")
    monkeypatch.chdir(tmp_path / "elsewhere/project")
    project.store = tmp_path / "second"
    assert project.all() == {}
    for path in (tmp_path / "tier/objects" / f"{PACK}-1").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            cut(path)
    project.store = tmp_path / "third"
    project.folder = tmp_path / "elsewhere/project"
    edited(project)
    heard = right(project)
    assert heard
    assert all("CAS_REMOTE-002" in said or "CAS_OBJECT-005" in said for said in heard)
