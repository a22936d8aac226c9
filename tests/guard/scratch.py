"""A scratch copy of the tree that tests of the guard may break, as a git repository with a few programs.

Its corpus is `PROGRAMS`, so that a whole guard takes seconds; everything else is as it stands.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

from tests.conftest import ROOT
from tests.repo.tracked import files

FOLDERS = (
    "compiler",
    "runtime_c",
    "tests",
    "gates",
    "ledgers",
    "schemas",
    "fixtures",
    "zero",
    "tasks.py",
    "pyproject.toml",
    ".gitignore",
)
PROGRAMS = ("hello", "loops", "panic-user")
WHO = {f"GIT_{who}_{what}": "guard@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


class Tree:
    """The copy."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.root = folder / "tree"
        for path in files():
            if path.parts[0] not in FOLDERS or (path.parts[0] == "fixtures" and not _kept(path)):
                continue
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, self.root / path, follow_symlinks=False)
        if (ROOT / "build" / "runtime").is_dir():  # named by its content, so it is the same one
            shutil.copytree(ROOT / "build" / "runtime", self.root / "build" / "runtime")
        # What the real workloads are, a small corpus does not have.
        self.replace("tests/guard/memory.py", "fixtures/programs/std-sort.0x0", "fixtures/programs/loops.0x0")
        for name in ("guard", "guard-memory"):
            path = self.root / "ledgers" / "heavy" / f"{name}.tsv"
            path.write_text(path.read_text("utf-8").partition("\n")[0] + "\n", "utf-8")
        self.git("init", "--quiet")

    def git(self, *words: str) -> str:
        home = {"HOME": str(self.root), "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["git", *words], cwd=self.root, env=home | WHO, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "a state")
        return self.git("rev-parse", "HEAD")

    def guard(self, *words: str, module: str = "tests.guard") -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "PYTHONPATH": str(self.root), "ZERO_CACHE": str(self.root.parent / "store")}
        command = [sys.executable, "-m", module, *words]
        return subprocess.run(command, cwd=self.root, env=env, capture_output=True, text=True, check=False)

    def check(self) -> subprocess.CompletedProcess[str]:
        """The check as a hook starts it."""
        command = [sys.executable, "-I", "-S", str(self.root / "tests/guard/check.py")]
        return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)

    def text(self, path: str) -> str:
        return (self.root / path).read_text("utf-8")

    def replace(self, path: str, old: str, new: str) -> Change:
        """Break one place; `with` mends it again."""
        text = self.text(path)
        assert text.count(old) == 1, f"{path}: {old!r} occurs {text.count(old)} times"
        return Change(self.root / path, text.replace(old, new))


class Change:
    """Other contents for a file, until the block ends; None removes it."""

    def __init__(self, path: pathlib.Path, text: str | None) -> None:
        self.path = path
        self.before = path.read_bytes() if path.exists() else None
        self._write(text.encode() if text is not None else None)

    def _write(self, data: bytes | None) -> None:
        if data is None:
            self.path.unlink()
        else:
            self.path.write_bytes(data)
        for name in (self.path.parent / "__pycache__").glob(f"{self.path.stem}.*.pyc"):
            name.unlink()  # a change within one second and of one length would leave it valid

    def __enter__(self) -> Change:
        return self

    def __exit__(self, *_: object) -> None:
        self._write(self.before)


def _kept(path: pathlib.Path) -> bool:
    """Whether a fixture belongs to the small corpus."""
    return len(path.parts) > 2 and path.parts[1] == "programs" and path.stem in PROGRAMS


def digest(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
