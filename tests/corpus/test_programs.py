"""Every program of the corpus gives the same output, status and error by every lane at both levels."""

from __future__ import annotations

import re
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from tests.corpus.programs import LANES, PROGRAMS, VARIANTS, Program


def test_the_corpus_is_there() -> None:
    assert len(PROGRAMS) >= 40
    assert all(program.twin for program in PROGRAMS)
    assert len({program.features for program in VARIANTS}) >= 3


@pytest.mark.parametrize("lane", LANES, ids="-".join)
@pytest.mark.parametrize("program", [*PROGRAMS, *VARIANTS], ids=lambda p: p.label)
def test_lane(program: Program, lane: tuple[str, ...], zero: Callable[..., CompletedProcess[bytes]]) -> None:
    done = zero("run", program.path, *program.flags, "--lane", *lane, stdin=program.stdin, env={"ZR_STATS": "1"})
    stats = re.search(rb"^zr-stats: live_blocks=(\d+) .*\n", done.stderr, re.MULTILINE)
    errors = re.sub(rb"^zr-stats: .*\n", b"", done.stderr, flags=re.MULTILINE)
    assert (done.returncode, errors, done.stdout) == (program.status, program.stderr, program.stdout)
    if lane[0] == "native" and program.status == 0:
        assert stats, "the runtime printed no statistics"
        assert int(stats[1]) == 0, "blocks are still live when main has returned"
