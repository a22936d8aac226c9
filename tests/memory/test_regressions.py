"""What went wrong once goes through every verifier at both levels."""

from __future__ import annotations

import pathlib

import pytest

from compiler import pipeline
from compiler.diagnostics import Sink
from compiler.options import Options

ROOT = pathlib.Path(__file__).parents[2]
PROGRAMS = sorted((ROOT / "fixtures/regressions").glob("*.0x0"))


@pytest.mark.parametrize("level", ["dev", "release"])
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_every_verifier_takes_it(path: pathlib.Path, level: str) -> None:
    sink = Sink()
    image, _ = pipeline.compile_program(str(path), Options(level=level, verify=True), sink)
    assert image
    assert [each.message for each in sink.items] == []
