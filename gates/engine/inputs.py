"""What a collector's samples depend on, as one digest: files by content, tools by version.

Never modification times, never absolute paths.  Knows patterns and bytes, not what they mean.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ledgers.table import Row

IGNORED = frozenset({"__pycache__", ".git", ".venv", "evidence", "build", "out", ".mypy_cache", ".ruff_cache", ".zero"})


@cache
def tree(root: Path) -> tuple[str, ...]:
    """Every file that may be an input, relative to the root, sorted."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in IGNORED]
        base = os.path.relpath(folder, root)
        found += [name if base == "." else f"{base}/{name}" for name in files if not name.endswith(".pyc")]
    return tuple(sorted(found))


@cache
def matcher(pattern: str) -> re.Pattern[str]:
    """A pattern as in a shell, where `**` crosses folders and `*` does not."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(words.get(part, re.escape(part)) for part in parts) + r"\Z")


@cache
def file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def tool_version(tool: str) -> str:
    """The first line that the tool says about its version; `absent` when it cannot be run."""
    try:
        done = subprocess.run([tool, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "absent"
    return (done.stdout or done.stderr).strip().split("\n")[0]


@cache
def host_class() -> str:
    """The kind of machine: enough to know whose timings may be compared, and no more."""
    model = ""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as stream:
            model = next((line.partition(":")[2] for line in stream if line.startswith("model name")), "")
    except OSError:
        model = platform.processor()
    words = re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")
    return f"{platform.system().lower()}-{platform.machine()}-{os.cpu_count()}cpu-{words or 'unknown'}"


def digest(root: Path, collector: Row, gate: str, more: Iterable[str] = ()) -> str:
    """One digest of everything that the collector's samples may depend on."""
    total = hashlib.sha256()

    def add(*words: str) -> None:
        total.update("\0".join(words).encode("utf-8") + b"\n")

    add("gate", gate)
    add("collector", *(str(collector[name]) for name in ("collector", "command", "inputs", "tools", "kind")))
    patterns = [matcher(pattern) for pattern in list(collector["inputs"])]  # type: ignore[arg-type]
    for name in tree(root):
        if any(pattern.match(name) for pattern in patterns):
            add("file", name, file_digest(root / name))
    for tool in list(collector["tools"]):  # type: ignore[arg-type]
        add("tool", tool, tool_version(tool))
    add("python", *(str(part) for part in sys.version_info[:3]))
    if collector["kind"] == "timed":
        add("host", host_class())
    for word in more:
        add("more", word)
    return f"sha256:{total.hexdigest()}"


def forget() -> None:
    """Read everything afresh: for tests and drills, which change files under a running process."""
    for remembered in (tree, file_digest):
        remembered.cache_clear()


def commit(root: Path) -> str:
    """The commit of the tree, `-dirty` when it differs from it, `unversioned` outside git."""

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, timeout=30, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    top = git("rev-parse", "--show-toplevel")
    head = git("rev-parse", "HEAD")
    if top is None or head is None or Path(top).resolve() != root.resolve():
        return "unversioned"
    return f"{head}-dirty" if git("status", "--porcelain") else head
