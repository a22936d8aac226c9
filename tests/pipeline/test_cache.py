"""An earlier build is used exactly when nothing that it depends on has changed.

"Compiles nothing" is shown by making the compiler raise; every other case is shown by what the new program prints.
"""

from __future__ import annotations

import marshal
import os
import pathlib
import subprocess
from collections.abc import Callable

import pytest

from compiler import building, cache, pipeline
from compiler.diagnostics import Sink
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
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")

    def word(self, word: str, name: str = "lib.0x0") -> None:
        self.write(name, f'(ƒ word (_) "{word}")\n')

    def build(self, root: str = "main.0x0", **options: object) -> str:
        """What the program prints when it is built now."""
        self.built(root, **options)
        return subprocess.run([self.out], capture_output=True, check=True).stdout.decode().strip()

    def built(self, root: str = "main.0x0", **options: object) -> None:
        sink = Sink()
        assert building.build(root, str(self.out), Options(**options), sink) == 0, sink.items  # type: ignore[arg-type]


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

    def refuse(*_: object, **__: object) -> None:
        raise Compiled

    return lambda: monkeypatch.setattr(pipeline, "front", refuse)


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
    check = pipeline.need_main

    def edit(*arguments: object) -> bool:
        project.word("new")
        return check(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "need_main", edit)
    assert project.build() == "one"
    monkeypatch.setattr(pipeline, "need_main", check)
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
    check = pipeline.need_main

    def edit(*arguments: object) -> bool:
        project.write("0x0.pkg", "nonsense\n")
        return check(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "need_main", edit)
    assert project.build() == "one"
    monkeypatch.setattr(pipeline, "need_main", check)
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
    monkeypatch.setattr(cache, "compiler_stamp", lambda: b"another")
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
    lambda data: marshal.dumps(7),
    lambda data: marshal.dumps((0, [], "../../../etc/passwd")),
    lambda data: marshal.dumps((0, [(1, 2)], b"x")),
]


@pytest.mark.parametrize("part", ["builds", "executables"])
@pytest.mark.parametrize("damage", range(len(DAMAGES)))
def test_damage_is_as_good_as_none(project: Project, part: str, damage: int) -> None:
    project.build()
    (kept,) = (pathlib.Path(cache.folder()) / part).iterdir()
    kept.write_bytes(DAMAGES[damage](kept.read_bytes()))
    project.out.unlink()
    assert project.build() == "one"
    project.out.unlink()
    assert project.build() == "one"


def test_a_lost_executable(project: Project) -> None:
    project.build()
    (kept,) = (pathlib.Path(cache.folder()) / "executables").iterdir()
    kept.unlink()
    assert project.build() == "one"
    kept.chmod(0o600)
    project.out.unlink()
    assert project.build() == "one"


@pytest.mark.parametrize("place", ["/proc/none", "/dev/null", "taken"])
def test_a_cache_that_cannot_be_written(project: Project, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    project.write("taken", "a file")
    monkeypatch.setenv("ZERO_CACHE", place if place.startswith("/") else str(project.folder / place))
    assert project.build() == "one"
    project.word("two")
    assert project.build() == "two"


def test_nothing_but_results_is_left(project: Project) -> None:
    project.build()
    project.build(level="release")
    folder = pathlib.Path(cache.folder())
    names = [path.relative_to(folder).parts for path in folder.rglob("*") if path.is_file()]
    assert sorted(part for part, _ in names) == ["builds", "builds", *["executables"] * (len(names) - 2)]
    assert all(len(name) == 64 and set(name) <= set("0123456789abcdef") for _, name in names)
    assert [path.name for path in project.out.parent.iterdir()] == ["program"]
