"""Memory profiles in the store: what `memory.measure` found of a commit's compiler, so that no commit is built twice.

A profile is a table of phases, kept through `zero cache` under all that it depends on: the commit's compiler and
runtime as git names their contents, the programs, how they are measured, Python, the C compiler, the kind of machine.
Whatever cannot be read is measured.  Judges nothing.
"""

from __future__ import annotations

import pathlib
import sys
import tempfile

from gates.collect.phases import Phase
from gates.engine import inputs, shelf
from tests.guard import memory
from tests.guard.corpus import label

KIND = "profile"
COLUMNS = ("workload", "phase", "current_bytes", "peak_bytes", "tracked_bytes", "left_bytes", "owners")
# How it is measured.
CODE = ("tests/guard/memory.py", "tests/guard/corpus.py", "gates/collect/phases.py")
Profile = dict[str, list[Phase]]


def keep(root: pathlib.Path, commit: str, measured: Profile) -> bool:
    """Keep the profile of a commit's compiler; whether that worked."""
    store = shelf.at(root)
    if store is None:
        return False
    with tempfile.TemporaryDirectory(prefix="zero-profile-") as folder:
        path = pathlib.Path(folder) / KIND
        path.write_text(text(measured), "utf-8")
        return store.ask("keep", KIND, key(root, commit), str(path))[0] == 0


def find(root: pathlib.Path, commit: str) -> Profile | None:
    """The kept profile of a commit's compiler, if there is one of every workload."""
    store = shelf.at(root)
    if store is None:
        return None
    with tempfile.TemporaryDirectory(prefix="zero-profile-") as folder:
        path = pathlib.Path(folder) / KIND
        if store.ask("take", KIND, key(root, commit), str(path))[0] != 0:
            return None
        try:
            found = read(path.read_text("utf-8"))
        except (OSError, ValueError):
            return None
    return found if set(found) == {f"{label(path)}/{level}" for path, level in memory.workloads()} else None


def key(root: pathlib.Path, commit: str) -> str:
    """Errors: Unmeasured where git knows no such commit."""
    words = [memory.git(root, "rev-parse", f"{commit}:{path}") for path in memory.COMPILER]
    for name in sorted({*CODE, *(file for path, _ in memory.workloads() for file in sources(root, path))}):
        words.append(f"{name} {inputs.file_digest(root / name)}")
    python = ".".join(str(part) for part in sys.version_info[:3])
    return shelf.key(KIND, "1", inputs.host_class(), python, inputs.tool_version("cc"), *words)


def sources(root: pathlib.Path, path: str) -> list[str]:
    """A program's files: those of its project, or the one it is."""
    if not path.endswith("/main.0x0"):
        return [path]
    files = (root / path).parent.rglob("*")
    return [str(file.relative_to(root)) for file in files if file.suffix == ".0x0" or file.name == "0x0.pkg"]


def text(measured: Profile) -> str:
    lines = ["\t".join(COLUMNS)]
    for workload, phases in measured.items():
        for phase in phases:
            owners = ",".join(f"{owner}:{size}" for owner, size in phase.owners.items()) or "-"
            numbers = (phase.rss, phase.peak, phase.tracked, phase.left)
            lines.append("\t".join((workload, phase.name, *map(str, numbers), owners)))
    return "\n".join(lines) + "\n"


def read(said: str) -> Profile:
    """Errors: ValueError for what is no profile."""
    head, *lines = said.splitlines()
    if head != "\t".join(COLUMNS):
        raise ValueError("these are other columns")
    found: Profile = {}
    for line in lines:
        workload, name, rss, peak, tracked, left, owned = line.split("\t")
        parts = [part.split(":") for part in owned.split(",")] if owned != "-" else []
        owners = {owner: int(size) for owner, size in parts}
        found.setdefault(workload, []).append(Phase(name, int(rss), int(peak), int(tracked), int(left), owners))
    return found
