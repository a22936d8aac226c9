"""The guard's parts against independent references: git and hashlib, `zero dump`, the HIR."""

from __future__ import annotations

import hashlib
import os
import pathlib
import re
import subprocess
from collections.abc import Callable
from fnmatch import fnmatchcase

import pytest

from compiler import pipeline
from compiler.diagnostics import Sink
from compiler.hir.text import print_program
from gates.collect.phases import Phase
from gates.engine import inputs
from ledgers import foreign
from tests.corpus.programs import PROGRAMS, ROOT
from tests.guard import __main__ as main
from tests.guard import check, functions, golden, memory, profiles, stamp, states, sweep
from tests.guard.corpus import LEVELS, Case, Maker, cases
from tests.guard.scratch import Tree
from tests.repo.tracked import files

ACTORS = re.compile(r"^ *\(builtin(?:-fn)? .* \d+ \d+ (?:spawn|send|receive|inbox|join)\b", re.M)


def test_the_inputs_are_what_git_tracks_there() -> None:
    """Anything else that lies in these folders would be somebody's leavings."""
    wanted = {}
    for path in files(*stamp.INPUTS):
        if not path.name.startswith("test_") and "bench" not in path.parts:
            data = (ROOT / path).read_bytes()
            wanted[str(path)] = hashlib.sha256(data).hexdigest()
    found = stamp.inputs(str(ROOT))
    assert {path: found[path] for path in found if not (ROOT / path).is_symlink()} == wanted


def test_a_stamp_reads_back() -> None:
    one = stamp.Stamp(
        "2026-11-21 at 0123456789ab+", {"python": "3 (a)", "cc": "gcc 1"}, {"a b": "1" * 64, "c": "2" * 64}
    )
    one.notes, one.goldens = ["cold: 2"], {"dev/a b": ("3" * 64, 7)}
    text = stamp.text(one)
    other = stamp.parse(text, "stamp")
    assert [getattr(other, name) for name in stamp.Stamp.__slots__] == [
        getattr(one, name) for name in stamp.Stamp.__slots__
    ]
    assert one.commit == "0123456789ab"
    for at in range(len(text)):
        with pytest.raises(stamp.BadStamp):
            stamp.parse(text[:at], "stamp")
        with pytest.raises(stamp.BadStamp):
            stamp.parse(text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :], "stamp")


def test_another_python_or_c_compiler_ends_a_stamp(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "zero").write_text("", "utf-8")
    cc = tmp_path / "cc"
    cc.write_text("#!/bin/sh\necho cc 1\n", "utf-8")
    cc.chmod(0o755)
    monkeypatch.setenv("CC", str(cc))
    golden.keep(tmp_path, stamp.Stamp("today at here", stamp.host(), stamp.inputs(str(tmp_path))), {})
    assert check.check(str(tmp_path))[0] == 0
    cc.write_text("#!/bin/sh\necho cc 1 \n", "utf-8")
    assert check.check(str(tmp_path))[0] == 0, "another file of the same version"
    cc.write_text("#!/bin/sh\necho cc 2\n", "utf-8")
    status, lines = check.check(str(tmp_path))
    assert (status, lines[1:]) == (7, ["  cc: cc 1 is now cc 2", "run: invoke guard"])
    monkeypatch.setattr(stamp, "_python", lambda: "another")
    assert any(line.endswith("is now another") for line in check.check(str(tmp_path))[1])


def test_the_newest_stamps_stay_and_the_current_one_always(tmp_path: pathlib.Path) -> None:
    names = []
    for number in range(6):
        (tmp_path / "zero").write_text(str(number), "utf-8")
        one = stamp.Stamp("today at here", {}, stamp.inputs(str(tmp_path)))
        folder = golden.keep(tmp_path, one, {"dev/a": os.urandom(5000)})
        os.utime(folder / "stamp", ns=(number * 10**9, number * 10**9))
        names.append(one.id)
    assert golden.stamped(tmp_path) == names[::-1]
    assert golden.trim(tmp_path, count=4) == names[1::-1]
    size = sum(path.stat().st_size for path in (tmp_path / stamp.FOLDER / names[5]).iterdir())
    assert golden.trim(tmp_path, limit=2 * size + size // 2) == names[3:1:-1]
    assert golden.trim(tmp_path, count=0, limit=0) == [names[4]]
    current = stamp.current(str(tmp_path))
    assert current is not None
    assert current.id == names[5]
    assert sorted(path.name for path in (tmp_path / stamp.FOLDER).iterdir()) == sorted([names[5], "current"])


def test_the_same_contents_give_the_same_archive(tmp_path: pathlib.Path) -> None:
    (tmp_path / "zero").write_text("#", "utf-8")
    one = stamp.Stamp("today at here", {}, stamp.inputs(str(tmp_path)))
    taken = []
    for _ in range(2):
        folder = golden.keep(tmp_path, one, {"dev/b": b"2", "dev/a": b"1"})
        taken.append((folder / "golden.tar.xz").read_bytes())
        (tmp_path / "zero").touch()
    assert taken[0] == taken[1]
    golden.unpack(tmp_path, one, tmp_path / "out")
    assert (tmp_path / "out/dev/a").read_bytes() == b"1"
    one.goldens["dev/a"] = ("0" * 64, 1)
    with pytest.raises(stamp.BadStamp, match="dev/a is not what the stamp says"):
        golden.unpack(tmp_path, one, tmp_path / "out2")


def test_the_commit_before(tmp_path: pathlib.Path) -> None:
    """Named; else the stamp's; else the newest whose compiler is another one, with what is not committed counting."""
    tree = Tree(tmp_path)
    with pytest.raises(memory.Unmeasured):
        memory.before(tree.root, "", "")  # no commit at all
    first = tree.commit()
    with pytest.raises(memory.Unmeasured, match="no earlier commit"):
        memory.before(tree.root, "", "")
    (tree.root / "README").write_text("", "utf-8")
    second = tree.commit()
    with pytest.raises(memory.Unmeasured):
        memory.before(tree.root, "", second)
    assert memory.before(tree.root, "HEAD", "") == second
    (tree.root / "compiler/fresh.py").write_text("", "utf-8")
    assert memory.before(tree.root, "", "") == second
    assert memory.before(tree.root, "", first[:12]) == first
    third = tree.commit()
    assert memory.before(tree.root, "", "") == second
    assert memory.before(tree.root, "", third) == second, "a stamp of the same compiler compares nothing"
    assert memory.before(tree.root, "", "0" * 12) == second, "the stamp's commit may be gone"
    with pytest.raises(memory.Unmeasured, match="no such commit"):
        memory.before(tree.root, "nowhere", "")


PROFILE = {"loops/dev": [Phase("init", 1, 2, 3, 0, {}), Phase("parse", 5, 6, 7, 8, {"forms": 9, "hir": 0})]}


def test_a_profile_is_found_while_all_that_it_depends_on_is_the_same(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZERO_CACHE", str(tmp_path / "store"))
    monkeypatch.setattr(memory, "WORKLOADS", (("fixtures/programs/loops.0x0", "dev"),))
    tree = Tree(tmp_path)
    first = tree.commit()
    assert profiles.find(tree.root, first) is None
    assert profiles.keep(tree.root, first, PROFILE)
    assert profiles.find(tree.root, first) == PROFILE
    (tree.root / "README").write_text("", "utf-8")
    assert profiles.find(tree.root, tree.commit()) == PROFILE, "another commit of the same compiler"
    (tree.root / "compiler/fresh.py").write_text("", "utf-8")
    assert profiles.find(tree.root, tree.commit()) is None
    assert profiles.find(tree.root, first) == PROFILE
    with monkeypatch.context() as patch:
        patch.setattr(inputs, "host_class", lambda: "another machine")
        assert profiles.find(tree.root, first) is None
    with (tree.root / "fixtures/programs/loops.0x0").open("a") as file:
        file.write("; another program\n")
    inputs.forget()
    assert profiles.find(tree.root, first) is None
    assert profiles.keep(tree.root, first, {})
    assert profiles.find(tree.root, first) is None, "a workload is missing"
    with pytest.raises(memory.Unmeasured):
        profiles.find(tree.root, "0" * 40)


def test_a_commit_that_was_measured_is_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = main.Guard([], pathlib.Path("/nowhere"), 1, whole=False)
    monkeypatch.setattr(profiles, "find", lambda root, commit: PROFILE)
    monkeypatch.setattr(memory, "worktree", None)
    assert main.before(guard, "0" * 40) == PROFILE


DAMAGED = ("", "workload\n", profiles.text(PROFILE).replace("5", "five"), "\t".join("abcdefg"))


@pytest.mark.parametrize("damage", DAMAGED)
def test_what_is_no_profile_is_not_read(damage: str) -> None:
    assert profiles.read(profiles.text(PROFILE)) == PROFILE
    with pytest.raises(ValueError, match=r".+"):
        profiles.read(damage)


def test_functions_are_those_of_machine_code(
    tmp_path: pathlib.Path, zero: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    chosen = [program for program in PROGRAMS if program.name in ("closures", "std-hash-map", "actor-ring")]
    for case in cases(chosen):
        Maker(tmp_path / "store").make(case, tmp_path / case.name)
    counts = functions.count(tmp_path, chosen)
    for program in chosen:
        for level in LEVELS:
            flags = ["--release"] if level == "release" else []
            dumped = zero("dump", program.path, "--level", "machine", "--format", "tsv", *flags).stdout.decode()
            names = {line.partition("\t")[0] for line in dumped.splitlines()[1:]}
            assert counts[program.path][level] == len(names) > 1


def test_the_rows_of_functions_are_those_of_the_corpus() -> None:
    rows = {str(row["program"]): row for row in foreign.load(ROOT, "functions").rows}
    everything = rows.pop(functions.ALL)
    assert rows.keys() == {program.path for program in PROGRAMS}
    for level in LEVELS:
        assert sum(int(str(row[level])) for row in rows.values()) == everything[level]
    assert all(int(str(row["band"])) * 10 <= max(40, int(str(row["dev"]))) for row in rows.values()), "a band is narrow"


def test_every_tag_fits_and_every_program_has_one() -> None:
    table = foreign.load(ROOT, "tags")
    used = {program.path: sweep.words(program) for program in PROGRAMS}
    some: set[str] = set()
    for row in table.rows:
        found = sweep.tagged(row, used, table)
        assert 0 < len(found) < len(PROGRAMS), row["tag"]
        some |= set(found)
    assert used.keys() - some == set()
    product = [str(path) for path in files("compiler", "runtime_c")]
    for row in table.rows:
        assert isinstance(row["sources"], list)
        for pattern in row["sources"]:
            assert any(fnmatchcase(path, pattern) for path in product), f"{row['tag']}: {pattern}"


def test_concurrency_is_what_the_checker_sees_of_actors() -> None:
    wanted = []
    for program in PROGRAMS:
        sink = Sink()
        _, checked = pipeline.front(str(ROOT / program.path), frozenset(), sink)
        assert checked is not None
        if ACTORS.search(print_program(checked)):
            wanted.append(program.path)
    assert [program.path for program in sweep.programs_of(ROOT, "concurrency")] == wanted
    assert len(wanted) > 9


def test_the_smoke_refuses_a_program_of_each_class() -> None:
    classes = {path.name.partition("-")[0] for path in sweep.negatives()}
    assert len(classes) > 12
    path = sweep.negatives()[0]
    assert sweep.refused(path) == ""


def test_a_killed_build_is_killed_where_it_is_told(tmp_path: pathlib.Path) -> None:
    """At each point less is left than at the next: nothing, folders, a file that is not renamed, an object."""
    program = next(program for program in PROGRAMS if program.name == "hello")
    left = []
    for point in range(1, states.POINTS + 1):
        maker = Maker(store := tmp_path / str(point))
        words = maker.words(Case(program, "dev"), tmp_path / "out")
        done = maker.run(str(point), str(store), *words, module="tests.guard.killing")
        assert done.returncode == -9, point
        left.append(len(list(store.rglob("*"))))
    assert left == sorted(left)
    assert left[0] == 0
    assert left[-1] > 10
    maker = Maker(tmp_path / "0")
    words = maker.words(Case(program, "dev"), tmp_path / "out")
    done = maker.run("0", str(tmp_path / "0"), *words, module="tests.guard.killing")
    assert done.returncode == -25
    assert [path.stat().st_size for path in (tmp_path / "0/tmp").iterdir()] == [8192]
    done = maker.run("100", str(tmp_path / "100"), *words, module="tests.guard.killing")
    assert done.returncode == 0, "there are not so many points"
