"""The stored outputs are what the independent twins print today."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

from tests.corpus.programs import PROGRAMS, ROOT, VARIANTS, Program


@pytest.mark.parametrize("program", [*PROGRAMS, *VARIANTS], ids=lambda p: p.label)
def test_twin(program: Program, tmp_path: pathlib.Path) -> None:
    assert program.twin is not None
    if program.twin.suffix == ".c":
        binary = tmp_path / program.name
        flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off"]
        subprocess.run(["gcc", *flags, str(program.twin), "-o", str(binary), "-lm"], check=True)
        command = [str(binary)]
    else:
        command = [sys.executable, "-S", str(program.twin), *program.features]
    done = subprocess.run(command, input=program.stdin, capture_output=True, check=True, cwd=ROOT)
    assert done.stdout == program.stdout
