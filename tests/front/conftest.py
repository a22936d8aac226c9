"""A project with everything that a build can depend on, built with a record, and a way to ask the front about it.

The front is asked to stand for `echo` instead of for Python: what it answers is silence, what it hands over comes back
as the words it was given.  The build that keeps the record runs in this process, under the same words.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from compiler import nochange, pipeline, records
from compiler.cas.kinds import links
from compiler.cas.store import Store, object_name, ref_name
from compiler.cli.main import main
from compiler.diagnostics import Sink
from compiler.digest import sha256
from compiler.options import Options
from runtime_c.build import build_front
from tests.conftest import ROOT

ECHO = shutil.which("echo") or "echo"
START = [ECHO, "-I", "-S", str(ROOT / "compiler" / "cli" / "launch.py")]
WORDS = ["build", "main.0x0", "-o", "out/program"]
FILES = {
    "0x0.pkg": "package app\nfeature loud\ndep shapes deps/shapes\n",
    "main.0x0": '(↥ "lib.0x0")\n(↥ "sub/inner.0x0" inner)\n(↥ "linked.0x0" linked)\n(↥ "way/far.0x0" far)\n'
    '(↥ "pkg:shapes" shapes)\n(↥ "std:option" option)\n'
    "(ƒ main (_) (do (print (word)) (print (inner.word)) (print (linked.word)) (print (far.word))\n"
    "  (print (shapes.word))))\n",
    "lib.0x0": '(ƒ word (_) "lib")\n',
    "sub/inner.0x0": '(ƒ word (_) "inner")\n',
    "real/one.0x0": '(ƒ word (_) "link")\n',
    "ways/a/far.0x0": '(↥ "near.0x0")\n(ƒ word (_) (near))\n',
    "ways/a/near.0x0": '(ƒ near (_) "near")\n',
    "ways/b/near.0x0": '(ƒ near (_) "NEAR")\n',
    "deps/shapes/0x0.pkg": "package shapes\n",
    "deps/shapes/shapes.0x0": '(ƒ word (_) "box")\n',
}


@pytest.fixture(scope="session")
def fronts() -> list[str]:
    """The front as it is installed, and under the sanitizers."""
    return [build_front(), build_front(sanitized=True)]


class Project:
    """`words` are those behind `zero`; `place` is the folder that they are said in."""

    def __init__(self, folder: pathlib.Path, fronts: list[str], patch: pytest.MonkeyPatch) -> None:
        self.folder = folder / "project"
        self.place = self.folder
        self.fronts = fronts
        self.patch = patch
        self.words = list(WORDS)
        self.environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "ZERO_CACHE": str(folder / "cache")}
        self.store = Store(str(folder / "cache"))
        for name, text in FILES.items():
            self.write(name, text)
        (self.folder / "out").mkdir()
        (self.folder / "linked.0x0").symlink_to("real/one.0x0")
        (self.folder / "way").symlink_to("ways/a")
        os.link(self.folder / "ways/a/far.0x0", self.folder / "ways/b/far.0x0")
        self.relock()

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    @contextlib.contextmanager
    def said(self) -> Iterator[None]:
        """This process is one that was started with the words, where and as they are said."""
        with self.patch.context() as patch:
            patch.chdir(self.place)
            patch.setattr(sys, "orig_argv", [*START, *self.words])
            for name in nochange.VARIABLES:
                patch.delenv(name.decode(), raising=False)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            yield

    def python(self) -> int:
        """What Python does with the words; its status."""
        with self.said():
            return main(self.words)

    def relock(self) -> None:
        with self.patch.context() as patch:
            patch.chdir(self.folder)
            assert main(["lock"]) == 0

    def keep(self) -> Project:
        """Build, twice if the build was too young for a record."""
        time.sleep(2.5 * records.TICK_NS / 1e9)
        assert self.python() == 0
        if not self.answered():
            time.sleep(2.5 * records.TICK_NS / 1e9)
            assert self.python() == 0
        return self

    def ask(self, front: str) -> subprocess.CompletedProcess[bytes]:
        # It ends with what it has read still in memory, on purpose.
        environment = {"ASAN_OPTIONS": "detect_leaks=0", **self.environment}
        return subprocess.run(
            [front, *START, *self.words], cwd=self.place, env=environment, capture_output=True, check=False
        )

    def answered(self) -> bool:
        """Whether the front answers; it must do that in silence, or hand over the words as they are."""
        found = []
        for front in self.fronts:
            done = self.ask(front)
            handed = b" ".join(map(os.fsencode, [*START[1:], *self.words])) + b"\n"
            assert (done.returncode, done.stderr) == (0, b""), done
            assert done.stdout in (b"", handed)
            found.append(not done.stdout)
        assert len(set(found)) == 1, "the sanitized front says something else"
        return found[0]

    def cold(self, features: frozenset[str] = frozenset(), level: str = "dev") -> bytes:
        """The executable that a compiler without any store makes."""
        with self.patch.context() as patch:
            patch.chdir(self.place)
            sink = Sink()
            image, _ = pipeline.compile_program(self.words[1], Options(features=features, level=level), sink)
            assert not sink, sink.items
            return image

    @property
    def out(self) -> pathlib.Path:
        return self.place / self.words[self.words.index("-o") + 1]

    # The store

    def record(self) -> str:
        """The key of the front's record."""
        with self.said():
            asked = nochange.request(nochange.front_key(), sys.orig_argv, os.environb)
        return sha256(asked).hexdigest()

    def files(self, kind: str) -> tuple[pathlib.Path, pathlib.Path]:
        """The reference and the object of the only result of a kind; an executable's reference is its record's."""
        if kind == "executable":
            ref, record = self.files("build-record")
            (address,) = links(record.read_bytes()[1:])
            return ref, pathlib.Path(self.store.path(address))
        for path in sorted((pathlib.Path(self.store.root) / "refs").rglob("*")):
            key = path.parent.name + path.name
            if path.is_file() and kind.encode() in path.read_bytes():
                address = self.store.find(key, kind)
                assert address is not None
                return path, pathlib.Path(self.store.root, object_name(address))
        raise AssertionError(f"the store holds no {kind}")

    def resign(self, payload: bytes) -> None:
        """Let the front find another payload, with every digest right."""
        self.store.set(self.record(), self.store.put("no-change", payload))
        assert pathlib.Path(self.store.root, ref_name(self.record())).exists()


@pytest.fixture
def project(tmp_path: pathlib.Path, fronts: list[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    return Project(tmp_path, fronts, monkeypatch)
