"""The corpus's actor programs under every schedule that can be asked for, and with every count checked.

`tests/corpus` runs them in all lanes as they are; here are the bounds on threads, the deterministic schedules, and the
counted heap of the MIR interpreter.  What they must print comes from their Python twins.
"""

from __future__ import annotations

import io
import os
import pathlib
import re
import subprocess

import pytest

from compiler import pipeline
from compiler.diagnostics import Sink
from compiler.mir import interp
from compiler.options import Options
from tests.corpus.programs import PROGRAMS, ROOT, Program

ACTORS = [program for program in PROGRAMS if program.name.startswith("actor-")]
SCHEDULES = [{"ZR_THREADS": n} for n in ("1", "2", "5")] + [{"ZR_SCHED": f"det:{seed}"} for seed in (0, 1, 2, 77)]


def test_there_are_some() -> None:
    assert len(ACTORS) >= 10


def build(path: str, folder: pathlib.Path, zero: object, level: str = "release") -> str:
    made = str(folder / pathlib.Path(path).stem)
    done = zero("build", path, "-o", made, "--level", level)  # type: ignore[operator]
    assert done.returncode == 0, done.stderr
    return made


def execute(binary: str, environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [binary], capture_output=True, check=False, timeout=120, env={**os.environ, "ZR_STATS": "1", **environment}
    )


@pytest.mark.parametrize("program", ACTORS, ids=lambda p: p.name)
def test_native(program: Program, tmp_path: pathlib.Path, zero: object) -> None:
    binary = build(program.path, tmp_path, zero)
    for schedule in SCHEDULES:
        done = execute(binary, schedule)
        errors = re.sub(rb"^zr-stats: .*\n", b"", done.stderr, flags=re.MULTILINE)
        assert (done.returncode, errors, done.stdout) == (program.status, program.stderr, program.stdout), schedule
        if program.status == 0:
            assert b"live_blocks=0 " in done.stderr, schedule


@pytest.mark.parametrize("level", ["dev", "release"])
@pytest.mark.parametrize("program", ACTORS, ids=lambda p: p.name)
def test_every_count_is_right(program: Program, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    sink = Sink()
    _, checked = pipeline.front(program.path, frozenset(), sink)
    assert checked is not None and not sink
    module = pipeline.middle(checked, Options(level=level))
    out, err = io.BytesIO(), io.BytesIO()
    status = interp.run(module, argv=[], stdin=io.BytesIO(), stdout=out, stderr=err, check_counts=True)
    assert (status, err.getvalue(), out.getvalue()) == (program.status, program.stderr, program.stdout)
