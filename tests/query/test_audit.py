"""Providers that are broken on purpose are found and named; those of the compiler are not."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from compiler.incremental.audit import KEPT, RUNS, compare
from compiler.query import graph
from compiler.query.engine import Engine
from compiler.query.faults import QueryFault
from tests.conftest import ROOT
from tests.query.test_engine import CHAIN, Memory, World

MAIN = """\
(↥ "lib.0x0" l)
(ƒ main (_) (print (l.word (list 1 2 3))))
"""
LIB = """\
(⊙ lib)
(↦ word)
(ƒ twice (n) (* n 2))
(ƒ word (∷ (→ (List I64) Text)) (xs) (if (empty? xs) "" (text-cat (show (twice (head xs))) (word (tail xs)))))
"""

# name -> (file, what stands there, the bug, the key that must be named, what is said of it)
BUGS = {
    "a hash": (
        "queries.py",
        "return s.link(engine, entry)",
        'return s.link(engine, entry) + str(hash("x")).encode()',
        "link:",
        "another fingerprint",
    ),
    "the order of a set": (
        "queries.py",
        "for identity in index]  #",
        'for identity in sorted(index, key=lambda each: hash(each + "v"))]  #',
        "growth:",
        "asks edges:",
    ),
    "a process": (
        "middle.py",
        "return asked, uses, any(",
        'return asked, [*uses, (str(__import__("os").getpid()), use_row(Uses()))], any(',
        "lowered:lib.0x0#lib.twice",
        "another fingerprint",
    ),
    "a folder": (
        "queries.py",
        "return front.lines(identity) if",
        'return [len(__import__("os").getcwd()), *front.lines(identity)] if',
        "lines:lib.0x0",
        "another fingerprint",
    ),
    "what is asked of the world": (
        "queries.py",
        "return front.prefixes[index[identity]] if",
        'return front.prefixes[index[identity]] + str(hash("x")) if',
        "prefix:lib.0x0",
        "another fingerprint",
    ),
}


@pytest.fixture
def project(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "main.0x0").write_text(MAIN, "utf-8")
    (folder / "lib.0x0").write_text(LIB, "utf-8")
    return folder


def zero(
    root: pathlib.Path, project: pathlib.Path, *words: str, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "compiler.cli", *words],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(root), "ZERO_CACHE": str(project.parent / "cache"), **environment},
        capture_output=True,
        check=False,
    )


@pytest.fixture
def broken(tmp_path: pathlib.Path) -> pathlib.Path:
    """A compiler of one's own, to break; with its bytecode, so that it starts as quickly."""
    root = tmp_path / "compiler"
    shutil.copytree(ROOT / "compiler", root / "compiler")
    for name in ("runtime_c", "build"):
        (root / name).symlink_to(ROOT / name)
    return root


def plant(root: pathlib.Path, name: str, old: str, new: str) -> None:
    path = root / "compiler" / "incremental" / name
    text = path.read_text("utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), "utf-8")


def test_the_compiler_holds(project: pathlib.Path) -> None:
    path = str(project / "main.0x0")
    done = zero(ROOT, project, "build", "--audit", path, "-o", "out")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.endswith(b"no build is known\n")
    assert subprocess.run([project / "out"], capture_output=True, check=True).stdout == b"246\n"
    done = zero(ROOT, project, "query", "audit", path)
    assert (done.returncode, done.stderr) == (0, b"")
    count, _, rest = done.stdout.decode().partition(" ")
    assert (
        rest
        == f"queries have the same answers in two runs from nothing; {count} have the answer that revision 1 kept\n"
    )


def test_several_jobs_hold(project: pathlib.Path) -> None:
    """There are enough instances for forks in the second run, and none in the first."""
    done = zero(ROOT, project, "query", "audit", str(ROOT / "fixtures" / "projects" / "minisql" / "main.0x0"))
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_a_broken_provider_is_named(bug: str, project: pathlib.Path, broken: pathlib.Path) -> None:
    name, old, new, key, said = BUGS[bug]
    plant(broken, name, old, new)
    done = zero(broken, project, "build", "--audit", str(project / "main.0x0"), "-o", "out")
    told = done.stderr.decode()
    assert done.returncode == 70, told
    assert told.startswith(f"zero: QUERY_ANSWER-001: {key}")
    assert f"has two answers: {said}" in told
    assert told.count("\n") == 2
    assert not (project / "out").exists()


def test_what_is_kept_is_compared_too(project: pathlib.Path, broken: pathlib.Path) -> None:
    plant(
        broken,
        "queries.py",
        "return s.link(engine, entry)",
        "return s.link(engine, entry) + __import__('os').environb[b'MOON']",
    )
    assert zero(broken, project, "build", "main.0x0", "-o", "out", MOON="full").returncode == 0
    done = zero(broken, project, "query", "audit", "main.0x0", MOON="new")
    assert done.returncode == 70
    assert done.stderr.decode().startswith(
        f"zero: QUERY_ANSWER-001: link: has two answers: another fingerprint, in {KEPT}\n"
    )
    assert zero(broken, project, "query", "audit", "main.0x0", MOON="full").returncode == 0
    (project / "lib.0x0").write_text(LIB.replace("(* n 2)", "(* n 3)"), "utf-8")
    done = zero(broken, project, "query", "audit", "main.0x0", MOON="full")
    assert done.returncode == 0, "a file that changed since the last build is no difference"


def test_a_program_with_mistakes_shows_them(project: pathlib.Path) -> None:
    (project / "lib.0x0").write_text(LIB.replace("(* n 2)", "(* n true)"), "utf-8")
    done = zero(ROOT, project, "build", "--audit", "main.0x0", "-o", "out")
    assert (done.returncode, b"TYPE_CONTRACT" in done.stderr) == (1, True)
    done = zero(ROOT, project, "query", "audit", "main.0x0")
    assert (done.returncode, done.stderr.startswith(b"zero: QUERY_AUDIT-001: ")) == (2, True)


def test_what_the_whole_pipeline_compiles_has_nothing_to_audit(project: pathlib.Path) -> None:
    done = zero(ROOT, project, "build", "--audit", "--hermetic", "main.0x0", "-o", "out")
    assert (done.returncode, done.stderr.startswith(b"zero: QUERY_AUDIT-001: ")) == (2, True)
    assert not (project / "out").exists()


def asked(world: World, *cells: str) -> graph.Loaded:
    engine = Engine(world.kinds, Memory())
    for cell in cells:
        engine.ask("value", cell)
    return graph.load(graph.dump(engine.answered(), 1, world.kinds))


def test_kept_bytes_are_compared_where_fingerprints_are_the_same() -> None:
    one, two = World(dict(CHAIN)), World(dict(CHAIN))
    two.kinds["value"].encode = lambda value: b"other bytes %d" % value
    with pytest.raises(QueryFault, match=r"value:c0 has two answers: other bytes are kept, in "):
        compare(asked(one, "c3"), asked(two, "c3"), {"cell"}, KEPT)


def test_the_first_difference_is_blamed_and_not_its_users() -> None:
    one, two = World(dict(CHAIN)), World(dict(CHAIN))
    provide = two.kinds["value"].provide
    two.kinds["value"].provide = lambda engine, name: provide(engine, name) + (name == "c1")
    with pytest.raises(QueryFault, match=r"^QUERY_ANSWER-001: value:c1 has two answers"):
        compare(asked(one, "c3"), asked(two, "c3"), {"cell"}, KEPT)
    two.kinds["value"].provide = provide
    compare(asked(one, "c3"), asked(two, "c3"), (), RUNS)


def test_other_queries_are_a_difference() -> None:
    one, two = World(dict(CHAIN)), World(dict(CHAIN))
    provide = two.kinds["value"].provide

    def asks_more(engine: Engine, name: str) -> int:
        found = provide(engine, name)
        engine.mark("cell", "c7")
        return int(found)

    two.kinds["value"].provide = asks_more
    with pytest.raises(QueryFault, match=r"value:c0 has two answers: asks 1 and 2 others"):
        compare(asked(one, "c3"), asked(two, "c3"), (), KEPT)
    with pytest.raises(QueryFault, match=r"cell:c1 has two answers: it is asked in one only"):
        compare(asked(one, "c3"), asked(one, "c0"), (), RUNS)


def test_a_world_that_changed_is_no_difference() -> None:
    one, two = World(dict(CHAIN)), World({**CHAIN, "c0": 90})
    compare(asked(one, "c3"), asked(two, "c3"), {"cell"}, KEPT)
    with pytest.raises(QueryFault, match="cell:c0 has two answers"):
        compare(asked(one, "c3"), asked(two, "c3"), (), RUNS)
