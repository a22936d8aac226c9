"""A project that is edited between two builds: the steps of the ledger made in a copy, and what the builds then did.

What a build answered anew is told by `zero query stats --json`, from the graph that the build left.  A build from an
empty store of the edited project stands beside the incremental one.  Knows no expectation and no verdict.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gates.collect import zero
from gates.collect.measure import CLEAN, LIMIT_S
from gates.collect.samples import ROOT
from ledgers.table import Row

FIXTURE = ROOT / "fixtures" / "incremental" / "garden"
MAIN = "main.0x0"
STATS = "./zero query stats main.0x0 --json"
LIBRARY = "std:"


@dataclass(frozen=True, slots=True)
class Built:
    status: int
    program: bytes
    said: str


@dataclass(slots=True)
class Garden:
    """One copy of the project, with stores and, where the library is edited, a compiler of its own."""

    root: Path
    compiler: Path = ROOT
    path: str = ""  # in place of the compiler's: where Python looks for modules

    @property
    def project(self) -> Path:
        return self.root / "garden"

    def plant(self, *, own_compiler: bool = False, store: Path | None = None) -> None:
        """The project as it is before any edit, always in the same place; with `store`, what a build of it left."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(FIXTURE, self.project)
        if store is not None:
            shutil.copytree(store, self.root / "edited")
        if own_compiler:
            self.compiler = self.root / "tree"
            self.compiler.mkdir()
            shutil.copytree(ROOT / "compiler", self.compiler / "compiler")  # with its times, so that bytecode holds
            for name in ("runtime_c", "build"):
                (self.compiler / name).symlink_to(ROOT / name)

    def edit(self, step: Row) -> None:
        """Take one step of the ledger; what does not apply exactly once ends the collection."""
        action, name, find, with_ = (str(step[key]) for key in ("action", "file", "find", "with"))
        path = self.project / name
        if name.startswith(LIBRARY):
            path = self.compiler / "compiler" / "std" / f"{name.removeprefix(LIBRARY)}.0x0"
        if action == "lock":
            done = self.zero("lock", store="edited")
            if done.returncode != 0:
                raise RuntimeError(f"zero lock: status {done.returncode}: {done.stderr.strip()[-200:]}")
        elif action == "delete":
            path.unlink()
        elif action == "rename":
            path.rename(self.project / with_)
        elif action == "create":
            path.write_text(unescape(with_), "utf-8")
        else:
            text = path.read_text("utf-8")
            if text.count(unescape(find)) != 1:
                count = text.count(unescape(find))
                raise RuntimeError(f"{step['scenario']}, step {step['step']}: {find!r} occurs {count} times in {name}")
            path.write_text(text.replace(unescape(find), unescape(with_)), "utf-8")

    def zero(self, *words: str, store: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            zero.command(*words),
            cwd=self.project,
            env=CLEAN | {"PYTHONPATH": self.path or str(self.compiler), "ZERO_CACHE": str(self.root / store)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )

    def build(self, store: str) -> Built:
        """Build with a store; no earlier output is there to be left standing."""
        out = self.root / "out"
        out.unlink(missing_ok=True)
        done = self.zero("build", MAIN, "-o", str(out), store=store)
        return Built(done.returncode, out.read_bytes() if out.exists() else b"", done.stderr)

    def stats(self, store: str) -> dict[str, Any]:
        done = self.zero("query", "stats", MAIN, "--json", store=store)
        if done.returncode != 0:
            raise RuntimeError(f"{STATS}: status {done.returncode}: {done.stderr.strip()[-200:]}")
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def unescape(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t")
