"""A scratch copy of the tree in which one planted bug stands at a time.

A mutant is a row of `ledgers/heavy/mutants.tsv`: one exact replacement that must match once.  The copy is the tree as
it stands, without environment, evidence or built artefacts; bytecode is compiled once and goes stale for the one file
that is changed.  Knows nothing of what finds a mutant.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
from types import TracebackType

from ledgers import foreign
from ledgers.problems import Refused, shorten
from ledgers.table import Row, Table

FOLDERS = (
    "compiler",
    "runtime_c",
    "tests",
    "fixtures",
    "ledgers",
    "schemas",
    "docs",
    "tools",
    "zero",
    "pyproject.toml",
)
_WRITTEN = {"n": "\n", "t": "\t", "\\": "\\"}


def unescape(text: str) -> str:
    """A cell's text as the file has it."""
    return re.sub(r"\\([nt\\])", lambda found: _WRITTEN[found[1]], text)


def mutants(root: pathlib.Path) -> Table:
    return foreign.load(root, "mutants")


def digest(row: Row) -> str:
    """What identifies a mutant's meaning: where it is and what it does."""
    words = "\0".join(str(row[name]) for name in ("file", "find", "replace"))
    return hashlib.sha256(words.encode()).hexdigest()[:12]


def planted(root: pathlib.Path, row: Row, table: Table) -> str:
    """The text of the row's file with the bug in it.

    Errors: Refused, with the row's place, when the text to replace does not occur exactly once.
    """
    text, find = (root / str(row["file"])).read_text("utf-8"), unescape(str(row["find"]))
    count = text.count(find)
    if count != 1:
        what = f"mutant {row['id']}: {shorten(find)!r} occurs {count} times in {row['file']}"
        raise Refused(table.problem("MUTANT_DOES_NOT_APPLY", table.rows.index(row), "find", what))
    return text.replace(find, unescape(str(row["replace"])))


class Scratch:
    """The copy; `plant` breaks it and gives the way back."""

    def __init__(self, root: pathlib.Path, folder: pathlib.Path) -> None:
        self.root = folder / "tree"
        done = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *FOLDERS],
            cwd=root,
            capture_output=True,
            check=True,
        )
        for name in sorted(set(done.stdout.decode().split("\0"))):
            if name and ((root / name).is_symlink() or (root / name).is_file()):
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, self.root / name, follow_symlinks=False)
        folders = [str(self.root / name) for name in ("compiler", "runtime_c", "tests", "ledgers")]
        subprocess.run([sys.executable, "-m", "compileall", "-q", *folders], check=True, capture_output=True)

    def plant(self, row: Row, table: Table) -> Planted:
        return Planted(self.root / str(row["file"]), planted(self.root, row, table))

    def run(self, *command: str, seconds: int) -> subprocess.CompletedProcess[str]:
        """Run a module of the copy with this Python; a run that takes too long has status 124."""
        env = {**os.environ, "PYTHONPATH": str(self.root), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=self.root,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=seconds)
            return subprocess.CompletedProcess(command, process.returncode, output)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            output, _ = process.communicate()
            return subprocess.CompletedProcess(command, 124, output)


class Planted:
    """A file with a bug in it, until the block ends."""

    def __init__(self, path: pathlib.Path, text: str) -> None:
        self.path, self.text = path, text

    def __enter__(self) -> None:
        self.before = self.path.read_bytes()
        status = self.path.stat()
        self.times = (status.st_atime_ns, status.st_mtime_ns)
        self.path.write_text(self.text, "utf-8")
        # A change within the same second and of the same length would leave the bytecode valid.
        for name in (self.path.parent / "__pycache__").glob(f"{self.path.stem}.*.pyc"):
            name.rename(name.with_suffix(".kept"))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.path.write_bytes(self.before)
        os.utime(self.path, ns=self.times)
        for name in (self.path.parent / "__pycache__").glob(f"{self.path.stem}.*.kept"):
            name.rename(name.with_suffix(".pyc"))
