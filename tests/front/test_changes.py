"""Whatever changes, the front hands over, and what is built then is what a compiler without a store makes.

One row of CHANGES a kind of change.  A row that keeps size and times shows that those alone are not believed.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import time
from collections.abc import Callable

import pytest

from compiler import nochange, records
from compiler.cas.store import ref_name
from compiler.options import Options
from tests.front.conftest import ECHO, Project

Change = Callable[[Project], None]


def in_place(path: pathlib.Path, before: bytes = b"lib", after: bytes = b"LIB") -> None:
    """Other bytes, as many, in the same file with the same time."""
    status, data = path.stat(), path.read_bytes()
    assert data.count(before) == 1 and len(before) == len(after)
    with path.open("r+b") as file:
        file.write(data.replace(before, after))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def replaced(path: pathlib.Path, before: bytes = b"lib", after: bytes = b"LIB") -> None:
    """Another file under the name, with the same size and time."""
    status, other = path.stat(), path.with_name("other")
    other.write_bytes(path.read_bytes().replace(before, after))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.chmod(status.st_mode)
    other.replace(path)


def moved_and_copied(path: pathlib.Path) -> None:
    """A copy, times and all, where a folder was."""
    away = path.with_name("away")
    path.rename(away)
    shutil.copytree(away, path, symlinks=True)


def relinked(path: pathlib.Path, to: str) -> None:
    path.unlink()
    path.symlink_to(to)


def flipped(path: pathlib.Path) -> None:
    """A byte of a file in the store becomes another, and nothing else changes."""
    status = path.stat()
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.chmod(0o755)
    path.write_bytes(data)
    path.chmod(status.st_mode)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


CHANGES: dict[str, Change] = {
    "an input edited": lambda p: p.write("lib.0x0", '(ƒ word (_) "another")\n'),
    "an input edited, its size and time kept": lambda p: in_place(p.folder / "lib.0x0"),
    "an input replaced, its size and time kept": lambda p: replaced(p.folder / "lib.0x0"),
    "an input replaced by a copy": lambda p: replaced(p.folder / "lib.0x0", b"lib", b"lib"),
    "an input touched": lambda p: os.utime(p.folder / "lib.0x0"),
    "an input's mode": lambda p: (p.folder / "lib.0x0").chmod(0o600),
    "an input with one more name": lambda p: os.link(p.folder / "lib.0x0", p.folder / "more"),
    "an input behind a link": lambda p: p.write("real/one.0x0", '(ƒ word (_) "kiln")\n'),
    "an input that becomes a link to its copy": lambda p: (
        (
            (p.folder / "lib.0x0").rename(p.folder / "moved"),
            (p.folder / "lib.0x0").symlink_to("moved"),
        )[0]
        and None
    ),
    "a link that leads to a copy": lambda p: (
        shutil.copy2(p.folder / "real/one.0x0", p.folder / "real/two.0x0"),
        relinked(p.folder / "linked.0x0", "real/two.0x0"),
    )[1],
    "a link made anew": lambda p: relinked(p.folder / "linked.0x0", "real/one.0x0"),
    # far.0x0 is one file under two names: only the folder says which near.0x0 it means.
    "a folder's link that leads to the same file elsewhere": lambda p: relinked(p.folder / "way", "ways/b"),
    "a folder replaced by a copy": lambda p: moved_and_copied(p.folder / "sub"),
    "the project replaced by a copy": lambda p: moved_and_copied(p.folder),
    "the manifest": lambda p: p.write("0x0.pkg", FILES_MANIFEST + "feature more\n"),
    "the lock": lambda p: p.write("0x0.lock", (p.folder / "0x0.lock").read_text() + "# more\n"),
    "a package's file": lambda p: (p.write("deps/shapes/shapes.0x0", '(ƒ word (_) "ball")\n'), p.relock())[1],
    "a file more in a package": lambda p: (p.write("deps/shapes/more.0x0", "(ƒ more (_) 1)\n"), p.relock())[1],
    "a folder more in a package": lambda p: (p.folder / "deps/shapes/more").mkdir(),
    "a package's manifest": lambda p: (p.write("deps/shapes/0x0.pkg", "package shapes\nversion 2\n"), p.relock())[1],
    "the output removed": lambda p: p.out.unlink(),
    "the output edited, its size and time kept": lambda p: flipped(p.out),
    "the output cut off": lambda p: os.truncate(p.out, 100),
    "the output not to be run": lambda p: p.out.chmod(0o644),
    "the output replaced by a copy": lambda p: replaced(p.out, b"\x7fELF", b"\x7fELF"),
    "the output is a link to itself elsewhere": lambda p: (
        p.out.rename(p.folder / "moved"),
        p.out.symlink_to(p.folder / "moved"),
    )[1],
    "the output's folder replaced by a copy": lambda p: moved_and_copied(p.folder / "out"),
    "the kept executable damaged": lambda p: flipped(p.files("executable")[1]),
    "the kept executable removed": lambda p: p.files("executable")[1].unlink(),
    "the build's record damaged": lambda p: flipped(p.files("build-record")[1]),
    "the build's reference removed": lambda p: p.files("build-record")[0].unlink(),
    "the store of another layout": lambda p: pathlib.Path(p.store.root, "format").write_text("0x0 store 4\n"),
    "the store gone": lambda p: shutil.rmtree(p.store.root),
    "the front's own record removed": lambda p: p.files("no-change")[1].unlink(),
    "the front's own reference removed": lambda p: p.files("no-change")[0].unlink(),
}
FILES_MANIFEST = "package app\nfeature loud\ndep shapes deps/shapes\n"


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_handed_over_and_built(name: str, project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    project.keep()
    assert project.answered()
    CHANGES[name](project)
    assert not project.answered()
    assert project.python() == 0
    assert project.out.read_bytes() == project.cold()
    assert os.access(project.out, os.X_OK)
    if name != "the store of another layout":
        project.keep()
        assert project.answered(), "what was built then can be answered again"


def test_what_is_no_change_is_answered(project: Project) -> None:
    """Else the table above would hold of a front that always hands over."""
    project.keep()
    project.write("unrelated", "")
    (project.folder / "sub" / "unrelated.0x0").write_text("(")
    (project.folder / "lib.0x0").read_bytes()
    for _ in range(2):
        assert project.answered()
    assert project.out.read_bytes() == project.cold()


@pytest.mark.parametrize("name", ["lib.0x0", "sub/inner.0x0", "deps/shapes/shapes.0x0", "0x0.pkg", "0x0.lock"])
def test_an_input_that_is_gone_is_handed_over_and_refused(name: str, project: Project) -> None:
    project.keep()
    (project.folder / name).unlink()
    assert not project.answered()
    assert project.python() != 0


def test_a_manifest_in_a_folder_of_modules_makes_it_another_project(project: Project) -> None:
    project.keep()
    project.write("ways/0x0.pkg", "package ways\n")
    assert not project.answered()
    assert project.python() == 1


def test_a_manifest_above_where_there_was_none(project: Project) -> None:
    """The nearest folder with a manifest is the project: one that appears further in takes its place."""
    for name in ("0x0.pkg", "0x0.lock"):
        (project.folder / name).unlink()
    project.write("main.0x0", '(↥ "lib.0x0")\n(ƒ main (_) (print (word)))\n')
    for place in (project.folder / "0x0.pkg", project.folder.parent / "0x0.pkg"):
        assert project.keep().answered()
        place.write_text("package above\n")
        assert not project.answered()
        assert project.keep().answered()
        place.unlink()
        assert not project.answered()


WORDS: dict[str, list[str]] = {
    "as they were": [],
    "a level": ["--level", "release"],
    "a feature": ["--feature", "loud"],
    "both": ["--feature", "loud", "--level", "dev"],
}
NOT_PLAIN = [
    *("--hermetic", "--offline", "--no-cache", "--memory-stats", "--keep-phases", "--verify", "--remarks"),
    *("--json", "--sarif", "--level=dev", "--feature=loud", "--", "--help", "-h", "--nonsense", ""),
]


@pytest.mark.parametrize("name", WORDS)
def test_plain_words_have_records_of_their_own(name: str, project: Project) -> None:
    project.keep()
    project.words += WORDS[name]
    assert project.answered() == (not WORDS[name])
    assert project.keep().answered()
    features = frozenset({"loud"} if "loud" in project.words else ())
    assert project.out.read_bytes() == project.cold(features, "release" if "release" in project.words else "dev")


@pytest.mark.parametrize("word", NOT_PLAIN)
def test_what_is_not_plain_is_handed_over(word: str, project: Project) -> None:
    project.keep()
    for at in range(1, len(project.words) + 1):
        words, project.words = project.words, [*project.words[:at], word, *project.words[at:]]
        assert not project.answered()
        project.words = words
    if word not in ("--", "", "--help", "-h", "--nonsense"):
        project.words.append(word)
        project.python()
        assert not project.answered(), "and no record is kept either"


def test_the_front_does_not_leave_it_to_python_what_is_plain(project: Project) -> None:
    """Were a record kept for words that the front does not know, it would still hand over."""
    project.patch.setattr(nochange, "OPTIONS", (*nochange.OPTIONS, "--offline"))
    project.words.append("--offline")
    for _ in range(2):
        time.sleep(2.5 * records.TICK_NS / 1e9)
        assert project.python() == 0
    assert pathlib.Path(project.store.root, ref_name(project.record())).exists()
    assert not project.answered()


def test_other_words(project: Project) -> None:
    project.keep()
    shutil.copy2(project.folder / "main.0x0", project.folder / "twin.0x0")
    for words in (
        ["build", "twin.0x0", "-o", "out/program"],
        ["build", "./main.0x0", "-o", "out/program"],
        ["build", "main.0x0", "-o", "out/other"],
        ["build", "-o", "out/program", "main.0x0"],
        ["build", "main.0x0", "-o", "out/program", "main.0x0"],
        ["build", "main.0x0"],
        *([verb, "main.0x0", "-o", "out/program"] for verb in ("run", "check", "buil", "builds", "")),
        ["build"],
        [],
    ):
        project.words = words
        assert not project.answered(), words


ENVIRONMENT: dict[str, dict[str, str | None]] = {
    "another C compiler": {"CC": "cc"},
    "an empty C compiler": {"CC": ""},
    "another home": {"HOME": "/"},
    "no home": {"HOME": None},
    "another folder of caches": {"XDG_CACHE_HOME": "/dev/null"},
    "a store elsewhere": {"ZERO_CACHE": "/dev/null"},
    "no store of its own": {"ZERO_CACHE": None},
    "a tier behind": {"ZERO_CACHE_REMOTE": "/dev/null"},
    "an empty tier behind": {"ZERO_CACHE_REMOTE": ""},
    "another size": {"ZERO_CACHE_SIZE": "2G"},
    "what nobody knows yet": {"ZERO_SOMETHING": "1"},
}


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_another_environment_is_handed_over(name: str, project: Project) -> None:
    project.keep()
    for variable, value in ENVIRONMENT[name].items():
        project.environment.pop(variable, None)
        if value is not None:
            project.environment[variable] = value
    assert not project.answered()


def test_the_environment_that_means_nothing_means_nothing(project: Project) -> None:
    project.keep()
    project.environment |= {"LANG": "de_DE.UTF-8", "PYTHONHASHSEED": "7", "ZEROS": "1", "PATH": "/bin"}
    assert project.answered()


@pytest.mark.parametrize("where", ["home", "xdg", "slash", "relative"])
def test_the_store_is_found_as_python_finds_it(where: str, project: Project) -> None:
    above = project.folder.parent
    del project.environment["ZERO_CACHE"]
    project.environment |= {
        "home": {"XDG_CACHE_HOME": ""},
        "xdg": {"XDG_CACHE_HOME": str(above / "caches")},
        "slash": {"HOME": f"{above}//", "ZERO_CACHE": ""},
        "relative": {"ZERO_CACHE": "../kept/"},
    }[where]
    root = {"xdg": above / "caches" / "zero", "relative": above / "kept"}.get(where, above / ".cache" / "zero")
    assert project.keep().answered()
    assert (root / "objects" / "no-change-1").is_dir()


@pytest.mark.parametrize("name", ["plain", "a name with spaces\nand a line", "müßig ↦", "bytes-\udcff\udc80"])
def test_another_folder_is_handed_over(name: str, project: Project) -> None:
    """The same words elsewhere are another request; and any name can be a folder's."""
    project.keep()
    other = project.folder.parent / name
    shutil.copytree(project.folder, other, symlinks=True)
    project.place = project.folder = other
    assert not project.answered()
    assert project.keep().answered()
    other.rename(other.with_name("away"))
    shutil.copytree(other.with_name("away"), other, symlinks=True)
    assert not project.answered()


def test_the_current_folder_under_another_name(project: Project) -> None:
    """Whose folder was moved while it stood there is asked about the place that it stands in."""
    project.keep()
    away = project.folder.with_name("away")
    project.folder.rename(away)
    shutil.copytree(away, project.folder, symlinks=True)
    project.place = away
    assert not project.answered()
    gone = project.folder / "gone"
    gone.mkdir()
    for front in project.fronts:
        command = ["sh", "-c", 'rmdir "$PWD"; exec "$@"', "sh", front, ECHO, "x", "y", "z", "build", "a"]
        done = subprocess.run(command, cwd=gone, env=project.environment, capture_output=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"x y z build a\n", b"")
        gone.mkdir()


def test_links_of_the_users_are_inputs(project: Project) -> None:
    source = project.folder / "two.c"
    source.write_text("int two(void) { return 2; }\n")
    subprocess.run(["gcc", "-c", source, "-o", project.folder / "two.o"], check=True)
    project.words += ["--link", "two.o"]
    assert project.keep().answered()
    in_place(project.folder / "two.o", b"\x7fELF", b"\x7fELF")
    assert not project.answered()


def test_sizes_and_lengths_at_their_limits(project: Project) -> None:
    project.keep()
    project.words += ["--feature", "x" * (1 << 16)]
    assert not project.answered()
    project.words = ["build", *["a" * 1000] * 66]
    assert not project.answered()


# What keeps a record from being kept


def test_nothing_is_kept_of_what_is_too_young(project: Project) -> None:
    """A file that changed so late that one more change could show the same time is not trusted."""
    project.patch.setattr(records, "TICK_NS", 3_600_000_000_000)
    project.patch.setattr(nochange.time, "sleep", lambda _: None)
    assert project.python() == 0
    assert project.python() == 0
    assert not project.answered()
    with pytest.raises(AssertionError):
        project.files("no-change")


def test_a_time_of_whole_seconds_must_be_older() -> None:
    look = nochange.Look(10_000_000_000)

    class Status:
        st_ctime_ns = 9_000_000_001

    look._note("/one", nochange.SAME_FILE, Status())  # type: ignore[arg-type]
    Status.st_ctime_ns = 9_000_000_000
    with pytest.raises(nochange.Unsure):
        look._note("/two", nochange.SAME_FILE, Status())  # type: ignore[arg-type]
    Status.st_ctime_ns = 7_000_000_000
    look._note("/two", nochange.SAME_FILE, Status())  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["lib.0x0", "out/program", "0x0.pkg", "real/one.0x0"])
def test_nothing_is_kept_of_what_is_not_what_was_built(name: str, project: Project) -> None:
    """The look compares by itself: it does not take the build's word for how things are now."""
    project.keep()
    project.files("no-change")[0].unlink()
    before = (project.folder / name).read_bytes()
    in_place(project.folder / name, before, before[:-2] + b"?" + before[-1:])
    with project.said():
        nochange.keep("main.0x0", "out/program", Options())
    assert not pathlib.Path(project.store.root, ref_name(project.record())).exists()
    (project.folder / name).write_bytes(before)
    time.sleep(2.5 * records.TICK_NS / 1e9)
    with project.said():
        nochange.keep("main.0x0", "out/program", Options())
    assert project.answered(), "with the old bytes back, it is kept"


def test_a_failed_build_keeps_nothing(project: Project) -> None:
    project.write("lib.0x0", "(ƒ word (_) (nothing))\n")
    assert project.python() == 1
    assert not project.answered()


def test_odd_paths_end(tmp_path: pathlib.Path) -> None:
    """Links in circles, links to nothing, folders that are files: an answer or Unsure, never a loop."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "nowhere").symlink_to(f"/{tmp_path}/none//x")
    (tmp_path / "file").write_text("")
    (tmp_path / "up").symlink_to("..")
    look = nochange.Look(1 << 62)
    for path in (f"{tmp_path}/a", f"{tmp_path}/a/x", "", "relative", "x" * 300, f"/{'x' * 300}", f"{tmp_path}/up/.."):
        with pytest.raises((nochange.Unsure, OSError)):
            look.file(path)
    for path in (f"{tmp_path}/nowhere", f"{tmp_path}/file/x", f"//{tmp_path}//none//x", f"{tmp_path}/file/../none"):
        assert look._follow(path, nochange.SAME_FILE, 0) is None
    assert look.file(f"{tmp_path}/up/{tmp_path.name}//file") == str(tmp_path / "file")
    assert look.folder("/") == look.folder("//") == "/"
    assert look.entries[str(tmp_path / "none")][0] == nochange.ABSENT
    deep = nochange.Look(1 << 62)
    with pytest.raises((nochange.Unsure, OSError, RecursionError)):  # by how deep the process may go
        deep.file("/x" * 5000)
