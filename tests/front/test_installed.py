"""`zero` as it is installed, in a copy of the tree whose own files change: compiler, runtime, library, front.

Whether Python was started shows where there is no memory to start it in: the front needs a fifth of it.
"""

from __future__ import annotations

import os
import pathlib
import resource
import shutil
import subprocess
from collections.abc import Callable

import pytest

from compiler import pipeline
from tests.conftest import ROOT

MEMORY = 6 << 20  # bytes of address space


class Tree:
    def __init__(self, folder: pathlib.Path) -> None:
        self.root = folder / "tree"
        self.place = folder / "project"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "ZERO_CACHE": str(folder / "cache")}
        self.root.mkdir()
        for name in ("compiler", "runtime_c", "build/runtime", "build/front"):
            shutil.copytree(ROOT / name, self.root / name, symlinks=True)
        shutil.copy2(ROOT / "zero", self.root / "zero")
        (self.root / ".venv").symlink_to((ROOT / ".venv").resolve())
        self.place.mkdir()
        (self.place / "lib.0x0").write_text('(ƒ word (_) "here")\n', "utf-8")
        main = '(↥ "lib.0x0")\n(↥ "std:option" option)\n(ƒ main (_) (print (word)))\n'
        (self.place / "main.0x0").write_text(main, "utf-8")

    def zero(
        self, *words: str, script: str = "", prepare: Callable[[], None] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [script or str(self.root / "zero"), *words],
            cwd=self.place,
            env=self.environment,
            capture_output=True,
            preexec_fn=prepare,
            check=False,
        )

    def build(self, *words: str, script: str = "") -> None:
        done = self.zero("build", "main.0x0", "-o", "out", *words, script=script)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")

    def answered(self, *words: str, script: str = "") -> bool:
        """Whether the command does without Python; it must say nothing then."""
        done = self.zero("build", "main.0x0", "-o", "out", *words, script=script, prepare=little_memory)
        assert done.stdout == b""
        if done.returncode:
            assert done.stderr, "Python cannot be started"
            return False
        assert done.stderr == b""
        return True

    def keep(self) -> None:
        """Three times at most: the first may compile, and the second meet files that are too young."""
        for _ in range(3):
            self.build()
            if self.answered():
                return
        raise AssertionError("it is never answered")

    def cold(self) -> bytes:
        done = self.zero("build", "main.0x0", "-o", "cold", "--no-cache")
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        return (self.place / "cold").read_bytes()


def little_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory, fronts: list[str]) -> Tree:
    pipeline.runtime_library()
    return Tree(tmp_path_factory.mktemp("installed"))


def add(path: pathlib.Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def in_text(path: pathlib.Path, before: str, after: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), "utf-8")


def renew(path: pathlib.Path) -> None:
    """The same bytes in another file."""
    fresh = path.with_name("fresh")
    shutil.copy2(path, fresh)
    fresh.replace(path)


CHANGES: dict[str, Callable[[Tree], object]] = {
    "a file of the compiler": lambda t: add(t.root / "compiler/syntax/reader.py", "\n# more\n"),
    "a file of the compiler, only touched": lambda t: os.utime(t.root / "compiler/turns.py"),
    "a file of the compiler that nobody imports": lambda t: (t.root / "compiler/mir/more.py").write_text("x = 1\n"),
    "a folder of the compiler": lambda t: (t.root / "compiler/more").mkdir(),
    "a compiler that makes something else": lambda t: in_text(
        t.root / "compiler/link/link.py",
        "_symbol_table(resolved, layout, own))",
        "_symbol_table(resolved, layout, own)) + b'x'",
    ),
    "the library of the language": lambda t: add(t.root / "compiler/std/option.0x0", "; more\n"),
    "a source of the runtime": lambda t: os.utime(t.root / "runtime_c/zr_args.c"),
    "the runtime": lambda t: renew(next((t.root / "build/runtime").glob("*/libzr.a"))),
    "which runtime is current": lambda t: renew(t.root / "build/runtime/current"),
    "the program": lambda t: (t.place / "lib.0x0").write_text('(ƒ word (_) "there")\n', "utf-8"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_ours_is_handed_over_and_built(name: str, tree: Tree) -> None:
    tree.keep()
    CHANGES[name](tree)
    assert not tree.answered()
    tree.build()
    assert (tree.place / "out").read_bytes() == tree.cold()
    tree.keep()
    assert (tree.place / "out").read_bytes() == tree.cold()


def test_other_ways_to_say_zero(tree: Tree) -> None:
    """Under a link, by a relative path: what is kept for one way says nothing about another."""
    link = tree.place / "a link"
    link.symlink_to(tree.root / "zero")
    relative = os.path.relpath(tree.root / "zero", tree.place)
    tree.keep()
    assert tree.answered(script=str(link)), "the script looks through links"
    assert not tree.answered(script=relative)
    tree.build(script=relative)
    assert tree.answered(script=relative)
    assert tree.answered()


def test_what_the_front_does_not_know_is_python_s(tree: Tree) -> None:
    tree.keep()
    for words in (["--version"], ["--help"], ["explain", "SEM_UNBOUND-020"], ["check", "main.0x0"], []):
        done = tree.zero(*words, prepare=little_memory)
        assert done.returncode and not done.stdout, "Python is needed"
        done = tree.zero(*words)
        assert done.returncode in (0, 2), done
    for word in ("--hermetic", "--offline", "--no-cache", "--memory-stats", "--remarks"):
        assert not tree.answered(word)
        assert tree.zero("build", "main.0x0", "-o", "out", word).returncode == 0
    done = tree.zero("build", "main.0x0")
    assert (done.returncode, done.stderr.count(b"-o OUT is missing")) == (2, 1)


def test_a_front_of_another_source_answers_nothing(tree: Tree) -> None:
    """Nor does anyone pay for records that it could not use."""
    source = tree.root / "runtime_c/front/front.c"
    before, status = source.read_bytes(), source.stat()
    tree.keep()
    add(source, "/* more */\n")
    for _ in range(2):
        assert not tree.answered()
        tree.build()
    source.write_bytes(before)
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert not tree.answered(), "it is another state of the file, though the same bytes"
    tree.keep()


def test_without_a_front_python_answers(tree: Tree) -> None:
    tree.keep()
    away = tree.root / "build/away"
    (tree.root / "build/front").rename(away)
    assert not tree.answered()
    tree.build()
    away.rename(tree.root / "build/front")
    tree.keep()


def test_the_front_alone(fronts: list[str], tmp_path: pathlib.Path) -> None:
    for front in fronts:
        done = subprocess.run([front], capture_output=True, check=False)
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.startswith(b"usage: ")
        for command, status in (("nothing-of-that-name", 127), (str(tmp_path), 126)):
            done = subprocess.run([front, command, "-I", "-S", "x", "build"], capture_output=True, check=False)
            assert (done.returncode, done.stdout) == (status, b"")
            assert done.stderr.startswith(f"zero: cannot run {command}: ".encode())
        done = subprocess.run([front, "sh", "-c", "exit 7"], capture_output=True, check=False)
        assert done.returncode == 7


def test_both_sides_have_the_same_tables() -> None:
    import re

    from compiler import nochange
    from compiler.cas.kinds import KINDS

    text = (ROOT / "runtime_c/front/front.c").read_text("utf-8")

    def words(name: str) -> list[str]:
        found = re.search(name + r"\[\] = \{(.*?)\};", text, re.DOTALL)
        assert found
        return re.findall(r'"([^"]*)"', found[1])

    assert words("options") == list(nochange.OPTIONS)
    assert [word.encode() for word in words("variables")] == list(nochange.VARIABLES)
    assert f'#define KIND "{nochange.KIND}"' in text
    assert f'#define SCHEMA "{KINDS[nochange.KIND].schema}"' in text
    assert "enum { ABSENT, SAME_PLACE, SAME_FILE, SAME_PROGRAM };" in text
