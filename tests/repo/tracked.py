"""The project's own files, as git tracks them or would."""

from __future__ import annotations

import functools
import pathlib
import subprocess

from tests.conftest import ROOT


@functools.cache
def files(*patterns: str) -> list[pathlib.Path]:
    """Tracked and new files that match a pattern (all without one), relative to the root, sorted."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return sorted(pathlib.Path(name) for name in set(listed) if name and (ROOT / name).is_file())
