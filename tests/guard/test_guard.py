"""The guard as a whole, on a small corpus: what it leaves, and that it sees what was broken on purpose."""

from __future__ import annotations

import contextlib
import pathlib
import tarfile

import pytest

from ledgers import foreign
from tests.guard import functions
from tests.guard.scratch import PROGRAMS, Change, Tree

LINK = "compiler/link/link.py"
ENDS = "    return finish(image, layout, start_address, _symbol_table(resolved, layout, own))"


def ending(bytes_: str) -> str:
    """A linker that leaves these bytes behind the image, where they do no harm."""
    return f"{ENDS} + {bytes_}"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tree, str]:
    """A tree with an older compiler in its history, and a guard that passed; and the older commit."""
    tree = Tree(tmp_path_factory.mktemp("guard"))
    with tree.replace(LINK, ENDS, ending('b"older"')):
        older = tree.commit()
    tree.commit()
    done = tree.guard("run", "--bless")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "moved" not in done.stderr
    return tree, older


@pytest.fixture
def tree(guarded: tuple[Tree, str]) -> Tree:
    return guarded[0]


def test_what_a_guard_leaves(guarded: tuple[Tree, str]) -> None:
    tree, older = guarded
    name = tree.text("build/guard/current").strip()
    with tarfile.open(tree.root / "build/guard" / name / "golden.tar.xz") as archive:
        members = archive.getnames()
    kept = [f"{level}/fixtures/programs/{program}.0x0" for level in ("dev", "release") for program in PROGRAMS]
    assert set(kept) <= set(members)
    assert {"zero", "compiler/pipeline.py", "runtime_c/zr.h"} <= set(members)
    (row,) = foreign.load(tree.root, "guard").rows
    assert (row["guard"], row["executables"], row["before"]) == (name, 2 * len(PROGRAMS), older[:12])
    rows = foreign.load(tree.root, "guard-memory").rows
    sides = {variant: [each for each in rows if each["variant"] == variant] for variant in ("before", "after")}
    assert {each["commit"] for each in sides["before"]} == {older[:12]}
    assert (
        {each["phase"] for each in sides["before"]} == {each["phase"] for each in sides["after"]} >= {"parse", "link"}
    )
    # Five bytes more in the image, and in nothing else: the older commit's compiler is what ran.
    then, now = (
        {each["phase"]: int(str(each["tracked_bytes"])) for each in sides[side]} for side in ("before", "after")
    )
    assert {phase: then[phase] - now[phase] for phase in now if then[phase] != now[phase]} == {"link": 5}
    assert "worktree" not in tree.git("worktree", "list", "--porcelain").partition("\n")[2]
    # Both sides are kept for the next guard: the tree was clean, and is what that one compares with.
    profiles = [path.read_text("utf-8") for path in (tree.root.parent / "store/objects/profile-1").glob("*/*")]
    assert len(profiles) == 2
    kept = {line.split("\t")[4] for text in profiles for line in text.splitlines() if line.split("\t")[1] == "link"}
    assert kept == {str(numbers["link"]) for numbers in (then, now)}


def test_the_check_holds_and_names_what_changed(tree: Tree) -> None:
    assert tree.check().returncode == 0
    (tree.root / LINK).touch()
    assert tree.check().returncode == 0, "contents count, not times"
    fresh, gone = tree.root / "compiler/fresh.py", tree.root / "fixtures/programs/hello.out"
    with (
        tree.replace("compiler/memory/rc.py", '"""', '"""A change. ')
        if False
        else Change(tree.root / "compiler/memory/rc.py", tree.text("compiler/memory/rc.py") + "\n")
    ):
        fresh.write_text("", "utf-8")
        with Change(gone, None):
            done = tree.check()
        fresh.unlink()
    assert done.returncode == 7
    lines = done.stderr.splitlines()
    assert lines[1:4] == [
        "  added    compiler/fresh.py",
        "  changed  compiler/memory/rc.py",
        "  removed  fixtures/programs/hello.out",
    ]
    assert "run: invoke sweep memory" in lines
    assert "run: invoke sweep concurrency" not in lines
    assert lines[-1] == "run: invoke guard"
    assert tree.check().returncode == 0


@pytest.mark.parametrize("cut", [0, 1, 400, -1])
def test_a_stamp_that_was_cut_off_is_not_believed(tree: Tree, cut: int) -> None:
    path = tree.root / "build/guard" / tree.text("build/guard/current").strip() / "stamp"
    with Change(path, path.read_text("utf-8")[:cut]):
        done = tree.check()
    assert done.returncode == 7
    assert "damaged" in done.stderr


def test_a_stamp_that_was_edited_is_not_believed(tree: Tree) -> None:
    name = tree.text("build/guard/current").strip()
    path = f"build/guard/{name}/stamp"
    with tree.replace(path, f"id {name}", f"id {name[::-1]}"):
        assert tree.check().returncode == 7
    with Change(tree.root / "build/guard/current", "../../somewhere\n"):
        assert tree.check().returncode == 7
    with Change(tree.root / "build/guard/current", "0" * 16 + "\n"):
        assert "there is no such stamp" in tree.check().stderr


def test_without_a_stamp_the_ledger_tells_of_others(tree: Tree) -> None:
    with Change(tree.root / "build/guard/current", None):
        done = tree.check()
    assert done.returncode == 5
    assert f"this very tree ({tree.text('build/guard/current').strip()}) was guarded" in done.stderr


# what is broken -> (file, what stands there, what takes its place, the state that sees it)
BROKEN = {
    "hash-seed": (LINK, ENDS, ending('hash("x").to_bytes(8, "little", signed=True)'), "repeat"),
    "folder": (LINK, ENDS, ending("__import__('os').getcwd().encode()"), "repeat"),
    "store-answers-otherwise": (
        "compiler/records.py",
        "    return store.path(result), image",
        '    return store.path(result), image + b"again"',
        "warm",
    ),
    "store-forgets": ("compiler/cas/store.py", "        self.write(ref_name(key), line)\n", "        pass\n", "warm"),
    "collection-takes-nothing": (
        "compiler/cas/sweep.py",
        "    if store.layout() != LAYOUT:",
        "    if store.layout() == LAYOUT:",
        "collected",
    ),
    "half-written-objects-are-trusted": (
        "compiler/cas/store.py",
        """            whole = status.st_size == len(payload) if row.place else status.st_size > 0
""",
        """            whole = True
""",
        "killed",
    ),
}
# What else must be broken: a name that is written in place, or no half of an object is ever seen.
WITH = {
    "half-written-objects-are-trusted": (
        'beside = os.path.join(self.root, "tmp", f"{os.getpid()}-{time.time_ns()}-{self._count}")',
        "beside = path",
    )
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_found(tree: Tree, name: str) -> None:
    file, old, new, state = BROKEN[name]
    more = WITH.get(name)
    with tree.replace(file, old, new), tree.replace(file, *more) if more else contextlib.nullcontext():
        done = tree.guard("run", "--programs", "hello", "--states", state)
    assert done.returncode == 3, done.stdout + done.stderr
    assert any(line.startswith(f"{state}: ") for line in done.stderr.splitlines()), done.stderr
    assert "no stamp" in done.stderr


def test_a_changed_golden_is_found(tree: Tree) -> None:
    with Change(tree.root / "fixtures/programs/hello.out", "another world\n"):
        done = tree.guard("run", "--programs", "hello", "--states", "cold")
    assert done.returncode == 3
    assert "golden: fixtures/programs/hello.0x0 at dev: its output is not the golden one: line 1" in done.stderr


def test_a_function_count_outside_of_its_band_is_found(tree: Tree) -> None:
    table = foreign.load(tree.root, "functions")
    row = next(row for row in table.rows if row["program"] == "fixtures/programs/loops.0x0")
    line = "\t".join(str(cell) for cell in row.values())
    place = f"{functions.PATH}:{table.line(table.rows.index(row))}: fixtures/programs/loops.0x0 at dev"
    band = int(str(row["band"]))
    for off, status in ((band, 0), (-band, 0), (band + 1, 3), (-band - 1, 3)):
        cells = {**row, "dev": int(str(row["dev"])) + off}
        with tree.replace(functions.PATH, line, "\t".join(str(cell) for cell in cells.values())):
            done = tree.guard("run", "--programs", "loops", "--states", "cold")
        assert done.returncode == status, done.stderr
        assert (place in done.stderr) == bool(status)


def test_yesterday_s_compiler_beside_today_s(tree: Tree) -> None:
    same = tree.guard("against")
    assert same.returncode == 0
    assert f"{2 * len(PROGRAMS)} executables the same, 0 other" in same.stdout
    fresh = tree.root / "fixtures/programs/fresh.0x0"
    with (
        tree.replace(LINK, ENDS, ending('b"today"')),
        Change(fresh, tree.text("fixtures/programs/hello.0x0")),
        Change(fresh.with_suffix(".out"), tree.text("fixtures/programs/hello.out")),
    ):
        other = tree.guard("against")
    assert other.returncode == 0, other.stdout + other.stderr
    assert f"0 executables the same, {2 * len(PROGRAMS) + 2} other" in other.stdout
    assert "fresh.0x0 at dev: 5 bytes differ" in other.stdout, "yesterday's compiler compiles what is new"
    with tree.replace(
        "compiler/lower/forms.py", 'b.emit("i64.lt", "bool", (index, stop))', 'b.emit("i64.le", "bool", (index, stop))'
    ):
        wrong = tree.guard("against")
    assert wrong.returncode == 3
    assert "loops.0x0 at dev: its output is not the golden one" in wrong.stdout
    name = tree.text("build/guard/current").strip()
    archive = tree.root / "build/guard" / name / "golden.tar.xz"
    data = archive.read_bytes()
    archive.write_bytes(data[: len(data) // 2])
    cut = tree.guard("against")
    archive.write_bytes(data)
    assert cut.returncode == 7
    assert "cannot be read" in cut.stderr


def test_a_planted_bug_is_found_by_a_sweep(tree: Tree) -> None:
    row = "tiny\tOne program\t\tfixtures/programs/loops.0x0\tcompiler/*\n"
    with Change(
        tree.root / "ledgers/corpus/tags.tsv", tree.text("ledgers/corpus/tags.tsv").partition("\n")[0] + "\n" + row
    ):
        fine = tree.guard("sweep", "tiny", "--repeat", "3")
        with tree.replace(
            "compiler/lower/forms.py",
            'b.emit("i64.lt", "bool", (index, stop))',
            'b.emit("i64.le", "bool", (index, stop))',
        ):
            wrong = tree.guard("sweep", "tiny")
        unknown = tree.guard("sweep", "tinny")
        with tree.replace("ledgers/corpus/tags.tsv", "programs/loops.0x0", "programs/nobody.0x0"):
            orphaned = tree.guard("sweep", "tiny")
    assert (fine.returncode, fine.stdout.partition(";")[0]) == (0, "tiny: 8 runs, 0 wrong")
    assert wrong.returncode == 3
    assert {line.split()[2] for line in wrong.stderr.splitlines()} == {"mir", "native"}, "the reference lane is right"
    assert unknown.returncode == 2
    assert "there is no tag `tinny`" in unknown.stderr and "  tiny         One program" in unknown.stderr
    assert orphaned.returncode == 2
    assert "tags.tsv:2: `fixtures/programs/nobody.0x0`" in orphaned.stderr


def test_a_commit_that_is_not_there(tree: Tree) -> None:
    done = tree.guard("run", "--before", "nowhere")
    assert (done.returncode, done.stderr) == (2, "--before nowhere: there is no such commit\n")


def test_names_of_programs(tree: Tree) -> None:
    done = tree.guard("run", "--programs", "hello", "nobody")
    assert (done.returncode, done.stderr) == (2, "no program of the corpus is named nobody\n")


def test_the_scratch_is_as_it_was(tree: Tree) -> None:
    """Every test above has mended what it broke: the stamp still holds."""
    assert tree.check().returncode == 0
    assert pathlib.Path(tree.root / "build/guard/current").exists()
