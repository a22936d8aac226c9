"""`zero lock --restore`: packages come back as the lock pins them, whole and checked, or nothing is written."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest

from compiler.cas import folders
from compiler.cas.kinds import Fault, address_of, linking
from compiler.cas.store import Store, object_name
from compiler.modules.packages import parse_lock
from compiler.restoring import key_of
from tests.conftest import ROOT, run_zero

ATLAS = ROOT / "fixtures/projects/atlas"
NUMBERS, AREA = "lib/numbers/numbers.0x0", "lib/shapes/src/area.0x0"
Tree = dict[str, bytes | str]


class Machine:
    """A checkout of the project, and a store of its own."""

    def __init__(self, folder: pathlib.Path, remote: pathlib.Path | None = None) -> None:
        self.root = folder / "atlas"
        self.store = folder / "store"
        self.env = {"ZERO_CACHE": str(self.store), "ZERO_CACHE_REMOTE": str(remote) if remote else ""}
        shutil.copytree(ATLAS, self.root)

    def zero(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return run_zero(*words, cwd=self.root, env=self.env)

    def lock(self) -> None:
        done = self.zero("lock")
        assert (done.returncode, done.stderr) == (0, b"")

    def restore(self, *words: str) -> str:
        done = self.zero("lock", "--restore", *words)
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout.decode()

    def refused(self, code: str, *words: str) -> str:
        """What a restore says that ends in this code and leaves everything as it was."""
        before = self.tree()
        done = self.zero("lock", "--restore", *words)
        text = done.stderr.decode()
        assert (done.returncode, done.stdout) == (2, b""), done
        assert text.startswith(f"zero: {code}: ")
        assert (text.count("\n"), text.count("\nhelp: ")) == (2, 1)
        assert self.tree() == before
        return text

    def tree(self) -> Tree:
        return tree(self.root)


def tree(root: pathlib.Path) -> Tree:
    """Everything below a folder: bytes of files, targets of links, names of folders."""
    found: Tree = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        found[name] = os.readlink(path) if path.is_symlink() else "" if path.is_dir() else path.read_bytes()
    return found


RIGHT = tree(ATLAS)


def digest(name: str) -> str:
    (line,) = [line for line in (ATLAS / "0x0.lock").read_text().splitlines() if line.startswith(f"dep {name} ")]
    return line.partition("sha256:")[2]


@pytest.fixture
def machine(tmp_path: pathlib.Path) -> Machine:
    made = Machine(tmp_path)
    made.lock()
    return made


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda root: None, ""),
        (lambda root: (root / NUMBERS).write_text("(ƒ square (n) n)\n"), "numbers: 1 file put back in lib/numbers\n"),
        (lambda root: (root / AREA).unlink(), "shapes: 1 file put back in lib/shapes\n"),
        (lambda root: (root / "lib/shapes/0x0.pkg").unlink(), "shapes: 1 file put back in lib/shapes\n"),
        (
            lambda root: shutil.rmtree(root / "lib"),
            "numbers: 2 files put back in lib/numbers\nshapes: 3 files put back in lib/shapes\n",
        ),
    ],
    ids=["nothing", "edited", "deleted", "manifest deleted", "folder deleted"],
)
def test_everything_comes_back(machine: Machine, harm: Callable[[pathlib.Path], None], told: str) -> None:
    harm(machine.root)
    assert machine.restore() == told + "0x0.lock: 2 packages as pinned\n"
    assert machine.tree() == RIGHT


def test_from_below_and_from_outside(machine: Machine) -> None:
    (machine.root / NUMBERS).unlink()
    done = run_zero("lock", "--restore", "atlas/lib", cwd=machine.root.parent, env=machine.env)
    assert done.stdout == b"numbers: 1 file put back in lib/numbers\natlas/0x0.lock: 2 packages as pinned\n"
    assert machine.tree() == RIGHT


def test_what_a_package_does_not_have_is_named_and_stays(machine: Machine) -> None:
    (machine.root / "lib/shapes/src/more.0x0").write_text("; mine\n")
    (machine.root / "lib/shapes/again.0x0").write_text("; mine\n")
    (machine.root / NUMBERS).unlink()
    text = machine.refused("CAS_PACKAGE-002")
    assert "`shapes`: lib/shapes/again.0x0, lib/shapes/src/more.0x0 (the package has no such file)" in text
    (machine.root / "lib/shapes/src/more.0x0").unlink()
    (machine.root / "lib/shapes/again.0x0").unlink()
    (machine.root / "lib/shapes/README").write_text("counts into no digest")
    machine.restore()
    assert machine.tree() == {**RIGHT, "lib/shapes/README": b"counts into no digest"}


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (lambda root, out: swap(root / NUMBERS, lambda path: path.symlink_to(out / "x.0x0")), "numbers.0x0"),
        (lambda root, out: swap(root / NUMBERS, lambda path: path.symlink_to("0x0.pkg")), "a symbolic link"),
        (lambda root, out: swap(root / NUMBERS, pathlib.Path.mkdir), "a folder"),
        (lambda root, out: swap(root / NUMBERS, os.mkfifo), "no regular file"),
        (lambda root, out: swap(root / "lib/shapes/src", lambda path: path.symlink_to(out)), "lib/shapes/src"),
        (lambda root, out: swap(root / "lib/shapes/src", pathlib.Path.touch), "lib/shapes/src (a file)"),
        (lambda root, out: swap(root / "lib/shapes", lambda path: path.symlink_to(out)), "no folder below"),
        (lambda root, out: (root / "lib/shapes/src/0x0.pkg").write_text("package src\n"), "lib/shapes/src/0x0.pkg"),
    ],
    ids=["link out", "link inside", "folder", "pipe", "folder linked", "file for folder", "root linked", "package"],
)
def test_nothing_is_written_through_or_over_what_is_in_the_way(
    machine: Machine, tmp_path: pathlib.Path, harm: Callable[[pathlib.Path, pathlib.Path], None], named: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.0x0").write_text("; a stranger's\n")
    if named != "no regular file":
        harm(machine.root, outside)
        assert named in machine.refused("CAS_PACKAGE-002")
    else:  # a pipe has no bytes to compare
        harm(machine.root, outside)
        done = machine.zero("lock", "--restore")
        assert (done.returncode, named in done.stderr.decode()) == (2, True)
    assert tree(outside) == {"x.0x0": b"; a stranger's\n"}


def swap(path: pathlib.Path, make: Callable[[pathlib.Path], object]) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    make(path)


def test_a_link_to_the_right_bytes_is_right(machine: Machine) -> None:
    """The digest is of the bytes under a path, whatever leads to them."""
    (machine.root / "lib/numbers/there").write_bytes((machine.root / NUMBERS).read_bytes())
    swap(machine.root / NUMBERS, lambda path: path.symlink_to("there"))
    (machine.root / "lib/numbers/0x0.pkg").unlink()
    assert "numbers: 1 file put back" in machine.restore()
    assert (machine.root / NUMBERS).is_symlink()


def test_a_package_inside_of_a_package(machine: Machine) -> None:
    """Its files are not those of the package around it, also while its manifest is missing."""
    inner = machine.root / "lib/shapes/vendor/numbers"
    shutil.move(machine.root / "lib/numbers", inner)
    manifest = machine.root / "0x0.pkg"
    manifest.write_text(manifest.read_text().replace("lib/numbers", "lib/shapes/vendor/numbers"))
    machine.lock()
    right = machine.tree()
    (inner / "0x0.pkg").unlink()
    (machine.root / AREA).unlink()
    machine.restore()
    assert machine.tree() == right
    shutil.rmtree(machine.root / "lib")
    machine.restore()
    assert machine.tree() == right


def test_another_machine_has_them_from_the_tier_behind(tmp_path: pathlib.Path) -> None:
    remote = tmp_path / "shared"
    remote.mkdir()
    Machine(tmp_path / "one", remote).lock()
    two = Machine(tmp_path / "two", remote)
    shutil.rmtree(two.root / "lib")
    for option in ("--offline", "--hermetic"):
        assert "`numbers`" in two.refused("CAS_PACKAGE-001", option)
    two.restore()
    assert two.tree() == RIGHT
    shutil.rmtree(two.root / "lib")
    two.restore("--offline")  # it came to stay
    assert two.tree() == RIGHT


def test_what_nobody_kept_is_one_error(tmp_path: pathlib.Path) -> None:
    one = Machine(tmp_path)
    assert one.restore() == "0x0.lock: 2 packages as pinned\n"  # nothing has to come from anywhere
    (one.root / AREA).unlink()
    (one.root / "lib/numbers/0x0.pkg").unlink()
    assert "`zero lock`" in one.refused("CAS_PACKAGE-001")


def test_what_a_collection_took_is_not_there(machine: Machine) -> None:
    for path in (machine.store / "objects/file-1").rglob("*-*"):
        path.unlink()
    (machine.root / AREA).unlink()
    machine.refused("CAS_PACKAGE-001")


def test_collections_keep_what_a_package_needs(machine: Machine) -> None:
    assert machine.zero("cache", "gc", "--now").stdout.startswith(b"removed 0 objects")
    shutil.rmtree(machine.root / "lib")
    machine.restore()
    assert machine.tree() == RIGHT
    assert machine.zero("cache", "verify").returncode == 0


def test_pinned_packages_outlive_a_collection_by_size(machine: Machine) -> None:
    assert machine.zero("cache", "pin", "0x0.lock").stdout.count(b"pinned package/") == 2
    assert b"removed 0 objects" in machine.zero("cache", "gc", "--now", "--max-size", "0").stdout
    shutil.rmtree(machine.root / "lib")
    machine.restore()
    assert machine.tree() == RIGHT
    assert machine.zero("cache", "unpin", "0x0.lock").returncode == 0
    assert b"removed 7 objects" in machine.zero("cache", "gc", "--now", "--max-size", "0").stdout
    assert b"CAS_PACKAGE-001" in machine.zero("cache", "pin", "0x0.lock").stderr


def test_damage_is_never_written(machine: Machine) -> None:
    """A store that somebody wrote into ends the command before the first file."""
    for path in (machine.store / "objects/file-1").rglob("*-*"):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    shutil.rmtree(machine.root / "lib/shapes")
    (machine.root / NUMBERS).unlink()
    machine.refused("CAS_OBJECT-001")


BODY = b"(\xc6\x92 square (n) n)\n"


def listing(*paths: bytes, body: bytes = BODY, said: bytes = BODY) -> tuple[bytes, bytes]:
    """(a listing of files with these contents, the contents); `said` is what its digests are of."""
    import hashlib

    line = b"\t%d\t%s\n" % (len(body), hashlib.sha256(said).hexdigest().encode())
    return linking([address_of("file", body)] * len(paths), b"".join(path + line for path in paths)), body


POISON = {
    "way out": (listing(b"../../evil.0x0"), "CAS_OBJECT-003"),
    "absolute": (listing(b"/evil.0x0"), "CAS_OBJECT-003"),
    "hidden way out": (listing(b"src/../../evil.0x0"), "CAS_OBJECT-003"),
    "empty part": (listing(b"src//evil.0x0"), "CAS_OBJECT-003"),
    "newline": (listing(b"src\x0b.0x0"), "CAS_OBJECT-003"),
    "twice": (listing(b"a.0x0", b"a.0x0"), "CAS_OBJECT-003"),
    "file and folder": (listing(b"a", b"a/b.0x0"), "CAS_OBJECT-003"),
    "not sorted": (listing(b"b.0x0", b"a.0x0"), "CAS_OBJECT-003"),
    "another digest": (listing(b"a.0x0", said=b"else"), "CAS_OBJECT-003"),
    "other files": (listing(b"numbers.0x0"), "CAS_PACKAGE-003"),
    "no file": (listing(), "CAS_PACKAGE-003"),
    "no listing": ((linking([], b"body"), b""), "CAS_OBJECT-003"),
    "too few addresses": ((linking([], listing(b"a.0x0")[0].partition(b"\n")[2]), BODY), "CAS_OBJECT-003"),
}


@pytest.mark.parametrize("name", POISON)
def test_a_poisoned_listing_is_refused(machine: Machine, name: str) -> None:
    """A right object under the package's own reference, that says what no package is."""
    (payload, body), code = POISON[name]
    store = Store(str(machine.store))
    store.put("file", body)
    store.set(key_of(digest("numbers")), store.put("package", payload))
    (machine.root / NUMBERS).unlink()
    machine.refused(code)
    assert not (machine.root.parent / "evil.0x0").exists()


@pytest.mark.parametrize("name", [name for name, (_, code) in POISON.items() if code == "CAS_OBJECT-003"])
def test_a_poisoned_listing_is_found_by_a_scan(machine: Machine, name: str) -> None:
    if name == "another digest":  # what is in another object is not looked at
        return
    Store(str(machine.store)).put("file", BODY)
    Store(str(machine.store)).put("package", POISON[name][0][0])
    done = machine.zero("cache", "verify")
    assert (done.returncode, b"CAS_OBJECT-003" in done.stdout) == (1, True)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("lib/numbers", "../numbers", "no folder below the project's"),
        ("lib/numbers", "/etc", "no folder below the project's"),
        ("lib/numbers", ".", "no folder below the project's"),
        ("lib/numbers", "lib/shapes", "two packages at once"),
    ],
)
def test_a_lock_that_leads_elsewhere(machine: Machine, old: str, new: str, code: str) -> None:
    lock = machine.root / "0x0.lock"
    lock.write_text(lock.read_text().replace(old, new, 1))
    assert code in machine.refused("CAS_PACKAGE-002")


def test_a_lock_that_is_none(machine: Machine) -> None:
    lock = machine.root / "0x0.lock"
    lock.write_text("dep\n")
    done = machine.zero("lock", "--restore")
    assert (done.returncode, b"PKG_DIGEST-003" in done.stderr) == (1, True)
    lock.unlink()
    done = machine.zero("lock", "--restore")
    assert (done.returncode, done.stderr) == (
        2,
        b"zero: cannot read 0x0.lock: no such file or directory\nhelp: `zero lock` writes it\n",
    )


def test_files_are_written_whole_or_not_at_all(machine: Machine) -> None:
    """A full disk ends the command with its reason, and leaves no part of a file."""
    (machine.root / AREA).write_text("; edited\n")
    before = machine.tree()
    words = [sys.executable, "-m", "compiler.cli", "lock", "--restore"]
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *words],
        cwd=machine.root,
        env={**os.environ, **machine.env, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, machine.tree()) == (2, before)
    assert done.stderr.startswith(b"zero: cannot write lib/shapes/src/area.0x0: ")
    machine.restore()
    assert machine.tree() == RIGHT


def test_a_lock_is_right_without_a_store(tmp_path: pathlib.Path) -> None:
    one = Machine(tmp_path)
    one.store.write_text("no folder")
    (one.root / "0x0.lock").unlink()
    done = one.zero("lock")
    assert (done.returncode, done.stdout) == (0, b"0x0.lock: 2 packages\n")
    assert done.stderr.startswith(b"zero: 0x0.lock is right, but not all of its packages are kept: CAS_ROOT-001")
    assert one.tree() == RIGHT


def test_names_of_any_bytes(tmp_path: pathlib.Path) -> None:
    """A file's name is bytes; a listing has them as they are."""
    store = Store(str(tmp_path / "store"))
    files = {b"\xff\xfe.0x0": b"", "ä ö.0x0".encode(): b"x" * 20000}
    folders.keep(store, "package", "1" * 64, files)
    assert folders.find(store, "package", "1" * 64) == files
    assert folders.find(store, "package", "2" * 64) is None
    with pytest.raises(ValueError, match="does not stay below"):
        folders.keep(store, "package", "3" * 64, {b"../x": b""})
    with pytest.raises(Fault):
        folders.find(store, "evidence", "1" * 64)
    assert object_name(("package", "a" * 64, 1)).startswith("objects/package-2/")


def test_the_reference_is_made_from_the_digest_of_the_lock() -> None:
    from compiler.diagnostics import Sink, SourceFile

    rows = parse_lock(SourceFile(0, "0x0.lock", (ATLAS / "0x0.lock").read_text()), Sink())
    assert {row.digest for row in rows.values()} == {digest("numbers"), digest("shapes")}
    assert len({key_of(row.digest) for row in rows.values()}) == 2
