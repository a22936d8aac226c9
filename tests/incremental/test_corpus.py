"""Programs of the corpus by sessions: cold, and again with nothing to do, the bytes of the whole pipeline.

A sample; `invoke guard` does the same with all of them, in every state of the store.
"""

from __future__ import annotations

import pathlib
import shutil

import pytest

from compiler.options import Options
from tests.corpus.programs import PROGRAMS, ROOT, VARIANTS, Program
from tests.incremental.histories import compile_whole
from tests.incremental.watched import Watched, build, watching

SAMPLE = [*PROGRAMS[5::14], *[each for each in PROGRAMS if "atlas" in each.path], *VARIANTS[:1]]


@pytest.mark.parametrize("level", ["dev", "release"])
@pytest.mark.parametrize("program", SAMPLE, ids=lambda program: program.label)
def test_a_session_makes_the_same_program(
    program: Program, level: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("ZERO_CACHE", "")
    options = Options(features=frozenset(program.features), level=level)
    wanted = compile_whole(program.path, options)
    assert wanted[1] == []
    with watching():
        for number in range(2):
            image, messages, heard = build(program.path, tmp_path / "program", options, tmp_path / "store")
            assert (image, messages, heard) == (*wanted, [])
            assert Watched.last is not None
            assert not Watched.last.ended
            assert not number or Watched.last.anew() == {}
            shutil.rmtree(tmp_path / "store/objects/build-record-1")
