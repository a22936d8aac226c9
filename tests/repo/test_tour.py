"""The README's tour is a transcript: each `$ command` of a console block prints what stands below it.

`[status N]` ends a command that does not end with 0.  Standard error and standard output are shown as they come.
"""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)


def transcript() -> list[tuple[str, str, int]]:
    """(command, what it prints, status) of the README, in order."""
    steps = []
    for block in BLOCK.findall((ROOT / "README.md").read_text("utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            status = re.search(r"^\[status (\d+)\]\n\Z", output, re.M)
            steps.append((command, output[: status.start()] if status else output, int(status[1]) if status else 0))
    return steps


@pytest.fixture
def place(tmp_path: pathlib.Path) -> pathlib.Path:
    """The project's root as it is, with a scratch folder in the place of build/."""
    for entry in ROOT.iterdir():
        if entry.name not in ("build", "evidence", ".git"):
            (tmp_path / entry.name).symlink_to(entry)
    (tmp_path / "build").mkdir()
    return tmp_path


def test_the_tour(place: pathlib.Path) -> None:
    steps = transcript()
    assert len(steps) >= 8
    python = pathlib.Path(sys.executable).parent
    env = {**os.environ, "ZERO_CACHE": str(place / "build" / "cache"), "PATH": f"{python}:{os.environ['PATH']}"}
    for command, output, status in steps:
        done = subprocess.run(
            ["sh", "-c", command], cwd=place, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        assert (done.stdout.decode(), done.returncode) == (output, status), command


def test_the_tour_begins_with_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert text.index("make release") < text.index("make test") < text.index("```console")
