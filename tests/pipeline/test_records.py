"""An earlier build is used exactly when nothing that it depends on has changed.

"Compiles nothing" is shown by making the compiler raise; every other case is shown by what the new program prints.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
from collections.abc import Callable

import pytest

from compiler import building, pipeline, records
from compiler.cas.scan import verify
from compiler.cas.store import Store, folder
from compiler.diagnostics import Sink, UsageError
from compiler.incremental.session import Session
from compiler.options import Options

MAIN = '(↥ "lib.0x0")\n(ƒ main (_) (print (word)))\n'


class Compiled(Exception):
    """The compiler was asked to compile."""


class Project:
    """A program of two files and its executable, built in this process with a cache of its own."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.out = folder / "out" / "program"
        self.out.parent.mkdir()
        self.write("main.0x0", MAIN)
        self.word("one")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def word(self, word: str, name: str = "lib.0x0") -> None:
        self.write(name, f'(ƒ word (_) "{word}")\n')

    def build(self, root: str = "main.0x0", **options: object) -> str:
        """What the program prints when it is built now."""
        self.built(root, **options)
        return subprocess.run([self.out], capture_output=True, check=True).stdout.decode().strip()

    def built(self, root: str = "main.0x0", **options: object) -> None:
        sink = Sink()
        tell = options.pop("tell", building.ignore)
        assert building.build(root, str(self.out), Options(**options), sink, tell) == 0, sink.items  # type: ignore[arg-type]


@pytest.fixture
def project(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("ZERO_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Project(folder)


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Called, it makes every later compilation an error."""

    return lambda: refuse(monkeypatch)


def refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def raise_it(*_: object, **__: object) -> None:
        raise Compiled

    monkeypatch.setattr(pipeline, "front", raise_it)
    monkeypatch.setattr(Session, "build", raise_it)


def test_without_a_change_nothing_is_compiled(project: Project, no_compiler: Callable[[], None]) -> None:
    assert project.build() == "one"
    before = project.out.stat()
    no_compiler()
    assert project.build() == "one"
    assert project.out.stat().st_mtime_ns == before.st_mtime_ns, "an executable that is right is not written again"
    project.out.unlink()
    assert project.build() == "one"
    project.out.chmod(0o644)
    assert project.build() == "one", "an executable that cannot be run is not right"


def test_the_compiler_that_raises_is_reached(project: Project, no_compiler: Callable[[], None]) -> None:
    """Else the test above could not fail."""
    no_compiler()
    with pytest.raises(Compiled):
        project.build()


@pytest.mark.parametrize("options", [{"cache": False}, {"verify": True}, {"memory_stats": True}])
def test_options_that_ask_for_a_real_build(
    project: Project, no_compiler: Callable[[], None], options: dict[str, bool]
) -> None:
    project.build()
    no_compiler()
    with pytest.raises(Compiled):
        project.build(**options)


def test_a_touched_file_is_unchanged(project: Project, no_compiler: Callable[[], None]) -> None:
    project.build()
    os.utime("lib.0x0", ns=(1, 1))
    os.chmod("main.0x0", 0o600)
    no_compiler()
    assert project.build() == "one"


def test_an_edit_shows_though_size_and_time_are_the_same(project: Project) -> None:
    assert project.build() == "one"
    before = os.stat("lib.0x0")
    project.word("two")
    os.utime("lib.0x0", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert project.build() == "two"


def test_many_edits_within_a_tick(project: Project) -> None:
    for word in ("aaa", "bbb", "ccc", "ddd"):
        project.word(word)
        assert project.build() == word


def test_an_edit_while_the_build_runs(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = records.Recorder.absent

    def edit(*arguments: object) -> bool:
        project.word("new")
        return absent(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(records.Recorder, "absent", edit)
    assert project.build() == "one"
    monkeypatch.setattr(records.Recorder, "absent", absent)
    assert project.build() == "new"


def test_a_file_replaced_by_an_older_one(project: Project) -> None:
    project.word("old", "other.0x0")
    assert project.build() == "one"
    os.utime("other.0x0", ns=(1, 1))
    os.replace("other.0x0", "lib.0x0")
    assert project.build() == "old"


def test_links_that_lead_elsewhere(project: Project) -> None:
    project.word("left", "left/lib.0x0")
    project.word("right", "right/lib.0x0")
    for name in ("left", "right"):
        project.write(f"{name}/main.0x0", MAIN)
    os.symlink("left/main.0x0", "link.0x0")
    assert project.build("link.0x0") == "left"
    os.unlink("link.0x0")
    os.symlink("right/main.0x0", "link.0x0")
    assert project.build("link.0x0") == "right", "the root has the same bytes, but imports from another folder"


def relink(path: pathlib.Path, to: str) -> None:
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(to)


ONE = '(↥ "x/far.0x0")\n(ƒ main (_) (print (word)))\n'
BOTH = '(↥ "x/far.0x0" x)\n(↥ "y/far.0x0" y)\n(ƒ main (_) (do (x.word) (print (y.word))))\n'
BACK = '(↥ "x/../far.0x0")\n(ƒ main (_) (print (word)))\n'

# name -> (main.0x0, where it lies, links, the link that changes, where it leads before and after)
WAYS: dict[str, tuple[str, str, dict[str, str], str, tuple[str, str]]] = {
    "plain": (ONE, "main.0x0", {}, "x", ("real/a", "real/b")),
    "from a linked file": (ONE, "real/main.0x0", {"main.0x0": "real/main.0x0"}, "real/x", ("a", "b")),
    "from a linked file beside a namesake": (
        ONE,
        "real/main.0x0",
        {"main.0x0": "real/main.0x0", "x": "real/a"},
        "real/x",
        ("a", "b"),
    ),
    "a second way to one file": (BOTH, "main.0x0", {"x": "real/a"}, "y", ("real/a", "real/b")),
    "back out of a linked folder": (BACK, "main.0x0", {}, "x", ("real/a/in", "real/b/in")),
}


@pytest.mark.parametrize("name", WAYS)
def test_every_link_on_the_way_of_an_import_is_seen(name: str, project: Project) -> None:
    text, place, links, link, (before, after) = WAYS[name]
    project.write(place, text)
    for end in "ab":
        project.write(f"real/{end}/far.0x0", f'(ƒ word (_) "{end}")\n')
        project.write(f"real/{end}/in/other.0x0", "")
    for path, to in links.items():
        relink(project.folder / path, to)
    relink(project.folder / link, before)
    assert project.build() == "a"
    relink(project.folder / link, after)
    assert project.build() == "b"


PACKAGES: dict[str, tuple[str, str, str]] = {
    "the folder of packages": ("deps", "one", "two"),
    "a package's folder": ("deps/shapes", "../one/shapes", "../two/shapes"),
    "a package's file": ("deps/shapes/shapes.0x0", "a.0x0", "b.0x0"),
}


@pytest.mark.parametrize("name", PACKAGES)
def test_every_link_on_the_way_of_a_package_is_seen(name: str, project: Project) -> None:
    """Other contents are not what the lock says, so the build must fail."""
    from compiler.cli.main import main

    link, before, after = PACKAGES[name]
    for beside, end in (("one", "a"), ("two", "b")):
        place = "deps" if link.endswith("0x0") else beside
        project.write(f"{place}/shapes/0x0.pkg", "package shapes\n")
        file = f"{end}.0x0" if link.endswith("0x0") else "shapes.0x0"
        project.write(f"{place}/shapes/{file}", f'(ƒ word (_) "{end}")\n')
    relink(project.folder / link, before)
    project.write("0x0.pkg", "package app\ndep shapes deps/shapes\n")
    project.write("main.0x0", '(↥ "pkg:shapes")\n(ƒ main (_) (print (word)))\n')
    assert main(["lock"]) == 0
    assert project.build() == "a"
    relink(project.folder / link, after)
    sink = Sink()
    assert building.build("main.0x0", str(project.out), Options(), sink) == 1
    assert [item.kind.code for item in sink.items] == ["PKG_DIGEST-001"]


def test_a_package_s_folder_of_sources_that_is_a_link(project: Project) -> None:
    """The lock says what each folder holds, not which of them the package is made of."""
    from compiler.cli.main import main

    project.write("deps/shapes/0x0.pkg", "package shapes\nsource src\n")
    for end in "ab":
        project.write(f"deps/shapes/{end}/shapes.0x0", f'(ƒ word (_) "{end}")\n')
    relink(project.folder / "deps/shapes/src", "a")
    project.write("0x0.pkg", "package app\ndep shapes deps/shapes\n")
    project.write("main.0x0", '(↥ "pkg:shapes")\n(ƒ main (_) (print (word)))\n')
    assert main(["lock"]) == 0
    assert project.build() == "a"
    relink(project.folder / "deps/shapes/src", "b")
    assert project.build() == "b"


def test_a_removed_import(project: Project) -> None:
    project.build()
    os.unlink("lib.0x0")
    sink = Sink()
    assert building.build("main.0x0", str(project.out), Options(), sink) == 1
    assert [item.kind.code for item in sink.items] == ["SEM_IMPORT-001"]
    assert subprocess.run([project.out], capture_output=True, check=True).stdout == b"one\n", "the old one is as it was"


def test_a_manifest_that_appears(project: Project) -> None:
    """It moves the project's edge and declares features, so it is an input although it was not there."""
    project.write("main.0x0", '(ƒ main (cfg (feature "x")) (_) (print "x"))\n')
    assert project.build(features=frozenset({"x"})) == "x"
    project.write("0x0.pkg", "package p\n")
    with pytest.raises(Exception, match="feature `x` is not declared"):
        project.build(features=frozenset({"x"}))
    project.write("0x0.pkg", "package p\nfeature x\n")
    assert project.build(features=frozenset({"x"})) == "x"


def test_a_manifest_that_appears_while_the_build_runs(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = records.Recorder.absent

    def edit(*arguments: object) -> bool:
        project.write("0x0.pkg", "nonsense\n")
        return absent(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(records.Recorder, "absent", edit)
    assert project.build() == "one"
    monkeypatch.setattr(records.Recorder, "absent", absent)
    sink = Sink()
    assert building.build("main.0x0", str(project.out), Options(), sink) == 1
    assert [item.kind.code for item in sink.items] == ["PKG_MANIFEST-001"]


def test_features_and_levels_are_kept_apart(project: Project, no_compiler: Callable[[], None]) -> None:
    project.write("lib.0x0", '(ƒ word (cfg (feature "x")) (_) "x")\n(ƒ word (cfg (not (feature "x"))) (_) "plain")\n')
    choices = [
        {"features": frozenset(features), "level": level} for features in ((), ("x",)) for level in ("dev", "release")
    ]
    first = [(project.build(**choice), project.out.read_bytes()) for choice in choices]
    no_compiler()
    assert [(project.build(**choice), project.out.read_bytes()) for choice in choices] == first
    assert [word for word, _ in first] == ["plain", "plain", "x", "x"]
    assert len({image for _, image in first}) == 4


def test_paths_and_folders_are_kept_apart(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A panic names the file as it was given, so two ways to name one file are two programs."""
    project.write("sub/main.0x0", '(ƒ main (_) (panic "no"))\n')

    def place(path: str) -> str:
        project.built(path)
        return subprocess.run([project.out], capture_output=True, check=False).stderr.decode().splitlines()[1]

    assert place("sub/main.0x0") == "  at sub/main.0x0:1:13"
    assert place("./sub/main.0x0") == "  at ./sub/main.0x0:1:13"
    absolute = str(project.folder / "sub" / "main.0x0")
    assert place(absolute) == f"  at {absolute}:1:13"
    monkeypatch.chdir(project.folder / "sub")
    assert place("main.0x0") == "  at main.0x0:1:13"
    project.write("other/main.0x0", '(ƒ main (_) (do 1 (panic "no")))\n')
    monkeypatch.chdir(project.folder / "other")
    assert place("main.0x0") == "  at main.0x0:1:19", "the same relative path, another file"


def test_another_compiler(project: Project, monkeypatch: pytest.MonkeyPatch, no_compiler: Callable[[], None]) -> None:
    project.build()
    monkeypatch.setattr(records, "compiler_stamp", lambda **_: b"another")
    no_compiler()
    with pytest.raises(Compiled):
        project.build()


def test_another_runtime(project: Project, monkeypatch: pytest.MonkeyPatch, no_compiler: Callable[[], None]) -> None:
    project.build()
    copy = project.folder / "libzr.a"
    copy.write_bytes(pathlib.Path(pipeline.runtime_library()).read_bytes())
    monkeypatch.setattr(pipeline, "runtime_library", lambda: str(copy))
    no_compiler()
    with pytest.raises(Compiled):
        project.build()


DAMAGES: list[Callable[[bytes], bytes]] = [
    lambda data: b"",
    lambda data: data[:-1],
    lambda data: bytes([data[0] ^ 1]) + data[1:],
    lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :],
    lambda data: data + b"x",
    lambda data: b"\0../../../../etc/passwd",
]


def files_of(part: str) -> list[pathlib.Path]:
    """All files of a part of the store."""
    return [path for path in (pathlib.Path(folder()) / part).rglob("*") if path.is_file()]


@pytest.mark.parametrize("part", ["refs", "objects/build-record-1", "objects/executable-1"])
@pytest.mark.parametrize("damage", range(len(DAMAGES)))
def test_damage_is_told_and_as_good_as_none(project: Project, part: str, damage: int) -> None:
    project.build()
    (kept,) = [path for path in files_of(part) if part != "refs" or b"build-record/" in path.read_bytes()]
    kept.chmod(0o755)
    kept.write_bytes(DAMAGES[damage](kept.read_bytes()))
    project.out.unlink()
    told: list[str] = []
    assert project.build(tell=told.append) == "one"
    code = "CAS_REF-001" if part == "refs" else "CAS_OBJECT-00"
    assert [line.startswith(f"zero: {code}") and "\nhelp: " in line for line in told] == [True]
    told.clear()
    project.out.unlink()
    assert project.build(tell=told.append) == "one"
    assert told == [], "it was made again"


@pytest.mark.parametrize(
    "body", [b"", b"x", b"5\0/a\0/a\0" + b"1\0", b"5\0/a\0/a\0x\0y\0z", b"5\0/a\0/a\0" + b"1\0" + b"2\0" + b"\xff"]
)
def test_a_record_that_is_none_under_a_right_digest(
    project: Project, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    monkeypatch.setattr(records, "_write", lambda *_: body)
    project.build()
    monkeypatch.undo()
    monkeypatch.setenv("ZERO_CACHE", str(project.folder.parent / "cache"))
    monkeypatch.chdir(project.folder)
    told: list[str] = []
    assert project.build(tell=told.append) == "one"
    assert [line.startswith("zero: CAS_OBJECT-003") for line in told] == [True]


def test_records_come_back(tmp_path: pathlib.Path) -> None:
    inputs = [("/a b\n\udcff", "/c", 5, 7, b"\1" * 32), ("/d/", "", -1, 0, b"")]
    assert records._read(records._write(17, inputs)) == (17, inputs)
    assert records._read(records._write(17, [])) == (17, [])


def test_a_lost_executable(project: Project) -> None:
    project.build()
    (kept,) = files_of("objects/executable-1")
    kept.unlink()
    assert project.build() == "one"
    kept.chmod(0o600)
    project.out.unlink()
    told: list[str] = []
    assert project.build(tell=told.append) == "one"
    assert [line.startswith("zero: CAS_OBJECT-007") for line in told] == [True]


@pytest.mark.parametrize("place", ["/proc/none", "/dev/null", "taken"])
def test_a_cache_that_cannot_be_written(project: Project, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    project.write("taken", "a file")
    monkeypatch.setenv("ZERO_CACHE", place if place.startswith("/") else str(project.folder / place))
    told: list[str] = []
    assert project.build(tell=told.append) == "one"
    project.word("two")
    assert project.build(tell=told.append) == "two"
    missing = place.startswith("/proc")
    assert [line.startswith("zero: CAS_ROOT-001") for line in told] == ([] if missing else [True, True])


def test_nothing_but_results_is_left(project: Project) -> None:
    project.build()
    project.build(level="release")
    store = Store(folder())
    report = verify(store)
    assert report.faults == []
    assert (report.objects, report.refs) == (len(files_of("objects")), 6), "each level: a record, a graph by two names"
    assert {path.name for path in pathlib.Path(folder()).iterdir()} == {
        *("format", "lock", "trimmed", "objects", "refs", "pins", "tmp")
    }
    assert files_of("tmp") == []
    assert [path.name for path in project.out.parent.iterdir()] == ["program"]


def test_a_store_of_a_newer_compiler_is_left_alone(project: Project) -> None:
    project.build()
    (pathlib.Path(folder()) / "format").write_text("0x0 store 4\n")
    before = sorted(files_of("."))
    project.word("two")
    told: list[str] = []
    assert project.build(tell=told.append) == "two"
    assert [line.startswith("zero: CAS_SCHEMA-001") for line in told] == [True]
    assert sorted(files_of(".")) == before


def test_the_cache_of_the_time_before_the_store_goes(project: Project) -> None:
    for part in ("builds", "executables"):
        (pathlib.Path(folder()) / part).mkdir(parents=True)
        (pathlib.Path(folder()) / part / ("a" * 64)).write_bytes(b"old")
    assert project.build() == "one"
    assert not (pathlib.Path(folder()) / "builds").exists()
    assert verify(Store(folder())).faults == []


def test_rollback(project: Project, no_compiler: Callable[[], None]) -> None:
    """Sources go back, then the store to an earlier state of itself, then an older compiler writes into it."""
    assert project.build() == "one"
    earlier = {path: path.read_bytes() for path in files_of("refs")}
    project.word("two")
    assert project.build() == "two"
    project.word("one")
    assert project.build() == "one"
    project.word("two")
    assert project.build() == "two"
    for path, data in earlier.items():
        path.write_bytes(data)
    assert project.build() == "two", "an old reference leads to an old record, whose inputs are not today's"
    for part in ("builds", "executables"):
        (pathlib.Path(folder()) / part).mkdir()
        (pathlib.Path(folder()) / part / ("a" * 64)).write_bytes(b"old")
    assert project.build() == "two"
    no_compiler()
    assert project.build() == "two"


# The tier behind.


def test_another_machine_compiles_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch, no_compiler: Callable[[], None], tmp_path: pathlib.Path
) -> None:
    """Another store, and a compiler whose files have other times, as after a checkout."""
    (tmp_path / "shared").mkdir()
    monkeypatch.setenv("ZERO_CACHE_REMOTE", str(tmp_path / "shared"))
    assert project.build(hermetic=True) == "one"
    assert project.build(offline=True) == "one"
    assert list((tmp_path / "shared").iterdir()) == [], "neither reads from there nor writes to it"
    assert project.build() == "one"
    image = project.out.read_bytes()
    monkeypatch.setenv("ZERO_CACHE", str(tmp_path / "other"))
    stamp = records.compiler_stamp
    monkeypatch.setattr(
        records, "compiler_stamp", lambda *, contents=False: stamp(contents=True) if contents else b"other times"
    )
    with monkeypatch.context() as inner:
        refuse(inner)
        project.out.unlink()
        assert project.build() == "one"
        assert project.out.read_bytes() == image
        for options in ({"offline": True}, {"hermetic": True}):
            with pytest.raises(Compiled):
                project.build(**options)
    project.word("two")
    assert project.build() == "two"


def test_a_poisoned_tier_changes_no_program(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "shared").mkdir()
    monkeypatch.setenv("ZERO_CACHE_REMOTE", str(tmp_path / "shared"))
    assert project.build() == "one"
    image = project.out.read_bytes()
    for path in (tmp_path / "shared" / "objects" / "executable-1").rglob("*-*"):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    monkeypatch.setenv("ZERO_CACHE", str(tmp_path / "other"))
    project.out.unlink()
    told: list[str] = []
    assert project.build(tell=told.append) == "one"
    assert project.out.read_bytes() == image
    assert [line.startswith("zero: CAS_REMOTE-002") for line in told] == [True]


# Hermetic builds.


@pytest.mark.parametrize("cache", [True, False])
def test_a_hermetic_build_is_the_same(project: Project, cache: bool) -> None:
    project.build()
    image = project.out.read_bytes()
    assert project.build(hermetic=True, cache=cache) == "one"
    assert project.out.read_bytes() == image


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize(
    ("read", "named"),
    [
        (lambda path: pathlib.Path(path).read_text(), "secret.txt"),
        (lambda path: os.close(os.open(path, os.O_RDONLY)), "secret.txt"),
        (lambda path: os.listdir(os.path.dirname(path)), ""),
        (lambda path: subprocess.run(["true"], check=True), "subprocess.Popen"),
    ],
)
def test_an_undeclared_read(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    read: Callable[[str], object],
    named: str,
    cache: bool,
) -> None:
    """A part of the compiler that looks at something else is found, whether or not the result would differ."""
    (tmp_path / "secret.txt").write_text("x")
    check = pipeline.need_main

    def peek(*arguments: object) -> bool:
        read(str(tmp_path / "secret.txt"))
        return check(*arguments)  # type: ignore[arg-type]

    project.build()
    project.out.unlink()
    monkeypatch.setattr(pipeline, "need_main", peek)
    with pytest.raises(UsageError, match="CAS_INPUT-001") as raised:
        project.build(hermetic=True, cache=cache)
    assert named in str(raised.value)
    assert not project.out.exists()
    assert project.build() == "one", "only --hermetic asks"
