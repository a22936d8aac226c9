"""A copy of what the command needs, to be edited, damaged or measured without its neighbours.

The copy runs by its own `zero`; the environment's Python and the built runtime are those of the project.
"""

from __future__ import annotations

import pathlib
import shutil

from tests.heavy.results import ROOT


def tree(folder: pathlib.Path, *, front: bool) -> pathlib.Path:
    """Copy the command, with or without its front; the path of `zero` in the copy."""
    parts = ["compiler", "runtime_c", "build/runtime", *(["build/front"] if front else [])]
    for name in parts:
        shutil.copytree(ROOT / name, folder / name, symlinks=True)
    shutil.copy2(ROOT / "zero", folder / "zero")
    (folder / ".venv").symlink_to((ROOT / ".venv").resolve())
    return folder / "zero"
