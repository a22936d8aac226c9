"""`zero run` in every lane, `zero test`, `--verify` and `--memory-stats`, as a user meets them."""

from __future__ import annotations

import pathlib
import re
import subprocess
from collections.abc import Callable

import pytest

from compiler import pipeline
from compiler.diagnostics import Sink
from compiler.options import Options
from tests.conftest import ROOT

Zero = Callable[..., "subprocess.CompletedProcess[bytes]"]
PROJECT = "fixtures/projects/minisql/main.0x0"
LANES = [("interp",), ("mir",), ("native",), ("native", "--no-cache"), ("native", "--verify", "--level", "release")]

WORLD = """\
(ƒ show-all (items) (match items ((list) unit) ((cons x xs) (print x) (show-all xs))))
(ƒ main (_)
  (show-all (argv))
  (print (show (env "ZERO_WORD")))
  (print (show (read-line)))
  (match (read-stdin) ((Ok t) (write t)) ((Err e) (print e)))
  (exit 259))
"""


@pytest.mark.parametrize("lane", LANES, ids="-".join)
def test_a_program_meets_the_world_alike_in_every_lane(
    zero: Zero, tmp_path: pathlib.Path, lane: tuple[str, ...]
) -> None:
    (tmp_path / "world.0x0").write_text(WORLD, "utf-8")
    done = zero(
        *("run", "world.0x0", "--lane", *lane, "--", "--level", "é", ""),
        stdin=b"first\nrest\0of it",
        cwd=tmp_path,
        env={"ZERO_WORD": "a b", "ZERO_CACHE": str(tmp_path / "cache")},
    )
    expected = '--level\né\n\n(Some "a b")\n(Some "first")\nrest\0of it'
    assert (done.returncode, done.stderr, done.stdout.decode()) == (3, b"", expected)


@pytest.mark.parametrize("lane", LANES, ids="-".join)
def test_no_main(zero: Zero, tmp_path: pathlib.Path, lane: tuple[str, ...]) -> None:
    (tmp_path / "lib.0x0").write_text("(ƒ one (_) 1)\n", "utf-8")
    done = zero("run", "lib.0x0", "--lane", *lane, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"lib.0x0:1:1: error[SEM_UNBOUND-027]")
    assert zero("check", "lib.0x0", cwd=tmp_path).returncode == 0


TESTS = """\
(test "holds" (= 1 1))
(test "prints and holds" (print "unseen") true)
(test "does not hold" (print "seen") (= 1 2))
(test "panics" (write "before") (= 1 (nth (list 1) 4)))
(test "leaves" (exit 0))
"""
TOLD = """\
ok     holds
ok     prints and holds
seen
FAILED does not hold
  at tests.0x0:3:1: false
before
FAILED panics
  at tests.0x0:4:1: ended with status 101
FAILED leaves
  at tests.0x0:5:1: ended with status 0
2 passed, 3 failed
"""


@pytest.mark.parametrize("lane", ["interp", "mir", "native"])
def test_the_tests_of_a_program(zero: Zero, tmp_path: pathlib.Path, lane: str) -> None:
    (tmp_path / "tests.0x0").write_text(TESTS, "utf-8")
    done = zero("test", "tests.0x0", "--lane", lane, cwd=tmp_path)
    assert (done.returncode, done.stdout.decode()) == (1, TOLD)
    assert done.stderr.decode() == "panic: index 4 out of range for length 1\n  at tests.0x0:4:38\n"
    (tmp_path / "tests.0x0").write_text(TESTS.splitlines()[0], "utf-8")
    done = zero("test", "tests.0x0", "--lane", lane, "--level", "release", cwd=tmp_path)
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, "ok     holds\n1 passed, 0 failed\n", b"")


def test_some_of_the_tests(zero: Zero, tmp_path: pathlib.Path) -> None:
    (tmp_path / "tests.0x0").write_text(TESTS, "utf-8")
    done = zero("test", "tests.0x0", "--only", "holds", cwd=tmp_path)
    told = "ok     holds\nok     prints and holds\n2 passed, 0 failed\n"
    assert (done.returncode, done.stdout.decode()) == (0, told)
    done = zero("test", "tests.0x0", "--only", "panic", cwd=tmp_path)
    assert (done.returncode, done.stdout.decode().splitlines()[-1]) == (1, "0 passed, 1 failed")
    done = zero("test", "tests.0x0", "--only", "leavs", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == "zero: test: no title has `leavs` in it\nhelp: did you mean `leaves`?\n"


def test_a_test_that_is_no_bool(zero: Zero, tmp_path: pathlib.Path) -> None:
    (tmp_path / "tests.0x0").write_text('(test "number" 1)', "utf-8")
    done = zero("test", "tests.0x0", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"error[TYPE_CONTRACT-001]" in done.stderr


# ---- --verify ----


@pytest.mark.parametrize("level", ["dev", "release"])
def test_verify_accepts_what_the_compiler_makes(level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    image, _ = pipeline.compile_program(PROJECT, Options(level=level, verify=True), Sink())
    assert image


@pytest.mark.parametrize("where", ["compiler.hir.verify", "compiler.mir.verify", "compiler.lir.verify"])
def test_verify_refuses_at_every_level(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A problem that a verifier reports ends the build; without --verify nobody asks it."""
    from importlib import import_module

    monkeypatch.setattr(import_module(where), "verify", lambda *_, **__: ["nonsense"])
    path = str(ROOT / "fixtures/programs/hello.0x0")
    with pytest.raises(pipeline.VerifyError, match="nonsense"):
        pipeline.compile_program(path, Options(verify=True), Sink())
    assert pipeline.compile_program(path, Options(), Sink())[0]


# ---- --memory-stats ----

LINE = re.compile(
    r"\[mem\] (?P<phase>[a-z_]+) current_kib=(?P<current>\d+) delta_kib=(?P<delta>[+-]\d+) peak_kib=(?P<peak>\d+) "
    r"tracked_bytes=(?P<tracked>\d+) objects=(?P<objects>\d+) elsewhere_bytes=(?P<elsewhere>\d+) "
    r"time_ms=(?P<time>\d+) owners=(?P<owners>[a-z:,0-9]*)"
)
PHASES = ["init", "parse", "typecheck", "tc_free", "mir", "ast_free", "lir", "machine", "object", "lir_free", "link"]


def measured(zero: Zero, out: pathlib.Path, *more: str) -> dict[str, dict[str, str]]:
    done = zero("build", PROJECT, "-o", str(out), "--memory-stats", *more)
    assert (done.returncode, done.stdout) == (0, b"")
    matches = [LINE.fullmatch(line) for line in done.stderr.decode().splitlines()]
    rows = [match.groupdict() for match in matches if match]
    assert len(rows) == len(matches), done.stderr.decode()
    assert [row["phase"] for row in rows] == PHASES
    return {row["phase"]: row for row in rows}


def owners(row: dict[str, str]) -> dict[str, int]:
    return {name: int(size) for name, _, size in (part.partition(":") for part in row["owners"].split(",") if part)}


def test_memory_by_phase(zero: Zero, tmp_path: pathlib.Path) -> None:
    rows = measured(zero, tmp_path / "out")
    before = 0
    for row in rows.values():
        assert int(row["current"]) <= int(row["peak"])
        assert int(row["delta"]) == int(row["current"]) - before
        before = int(row["current"])
        assert sum(owners(row).values()) == int(row["tracked"])
    times = [int(row["time"]) for row in rows.values()]
    assert times == sorted(times)
    # What a phase drops is gone, whole.
    gone = [
        ("typecheck", "tc_free", "forms"),
        ("typecheck", "tc_free", "checker"),
        ("mir", "ast_free", "hir"),
        ("ast_free", "lir", "mir"),
        ("object", "lir_free", "lir"),
        ("object", "lir_free", "code"),
    ]
    for phase, following, owner in gone:
        assert owners(rows[phase])[owner] > 100_000
        assert owner not in owners(rows[following])
        if following.endswith("_free"):
            assert int(rows[following]["tracked"]) < int(rows[phase]["tracked"])
            # Nobody else holds it: what no owner reaches stays below 5 % of what the next phase owns.
            left = int(rows[following]["elsewhere"]) - int(rows[phase]["elsewhere"])
            assert left <= int(rows[following]["tracked"]) // 20
    assert int(rows["link"]["tracked"]) < 300_000, "in the end there is the image and nothing else"


def test_what_is_called_exact_repeats(zero: Zero, tmp_path: pathlib.Path) -> None:
    freed = measured(zero, tmp_path / "out")
    again = measured(zero, tmp_path / "out")
    exact = ("tracked", "objects", "elsewhere", "owners")
    assert [[row[k] for k in exact] for row in again.values()] == [[row[k] for k in exact] for row in freed.values()]
