"""C functions: every lane calls the same objects and gets the same answers; what is missing is said at its place."""

from __future__ import annotations

import pathlib
import subprocess
from collections.abc import Callable

import pytest

from compiler import pipeline
from compiler.diagnostics import Sink
from compiler.hir.text import parse_program, print_program
from compiler.hir.verify import verify
from compiler.options import Options
from tests.conftest import ROOT

Zero = Callable[..., "subprocess.CompletedProcess[bytes]"]
HERE = ROOT / "tests/foreign"
PROGRAM = str(HERE / "program.0x0")
FLAGS = ("-c", "-O2", "-Wall", "-ffreestanding", "-fno-pic", "-fno-pie", "-fno-stack-protector")
LANES = [
    ("interp",),
    ("mir",),
    ("mir", "--level", "release"),
    ("native", "--verify"),
    ("native", "--level", "release", "--verify"),
]

# By C's own rules: see functions.c.
EXPECTED = f"""\
{7 * 1000 + 25 - 3 - 1}
(list 0.5 1.0 1.5)
(list false true true)
123456
{1.0 - 2 + 3 - 4 + 5 - 6 + 7 - 17}
(list {-(2**63)} {2**63 - 1})
(list -0.0 nan -inf)
77
2.5
(list {1 + 3 + 3 + 100 + 1000 + 3 + 100 + 1000 + 100 + 1})
{1 + 3 + 3 + 100 + 1000 + 3 + 100 + 1000 + 100 + 1}
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder with the C functions as an object and as an archive."""
    folder = tmp_path_factory.mktemp("objects")
    subprocess.run(["gcc", *FLAGS, HERE / "functions.c", "-o", folder / "functions.o"], check=True)
    subprocess.run(["ar", "rcs", folder / "functions.a", folder / "functions.o"], check=True)
    return folder


@pytest.mark.parametrize("kind", ["o", "a"])
@pytest.mark.parametrize("lane", LANES, ids="-".join)
def test_every_lane_calls_the_same_functions(zero: Zero, built: pathlib.Path, lane: tuple[str, ...], kind: str) -> None:
    done = zero("run", PROGRAM, "--link", str(built / f"functions.{kind}"), "--lane", *lane)
    assert (done.returncode, done.stderr.decode(), done.stdout.decode()) == (0, "", EXPECTED)


@pytest.mark.parametrize("lane", ["interp", "mir", "native"])
def test_tests_call_them_too(zero: Zero, built: pathlib.Path, lane: str) -> None:
    done = zero("test", PROGRAM, "--link", str(built / "functions.o"), "--lane", lane)
    assert (done.returncode, done.stderr) == (1, b"")
    told = done.stdout.decode().splitlines()
    assert (told[:2], told[3:]) == (["ok     a C function", "FAILED a wrong one"], ["1 passed, 1 failed"])
    assert told[2].startswith("  at ") and told[2].endswith(": false")


@pytest.mark.parametrize("lane", ["interp", "mir", "native"])
def test_each_test_has_c_functions_of_its_own(
    zero: Zero, built: pathlib.Path, tmp_path: pathlib.Path, lane: str
) -> None:
    """What C remembers in one test is unknown in the next."""
    source = tmp_path / "main.0x0"
    one = "(do (is_even 1) (= (count) 1))"
    declared = '(extern "C" count (∷ (→ Unit I64)))\n(extern "C" is_even (∷ (→ I64 Bool)))\n'
    source.write_text(f'{declared}(test "first" {one})\n(test "second" {one})\n', "utf-8")
    done = zero("test", str(source), "--link", str(built / "functions.o"), "--lane", lane)
    assert done.stdout.decode() == "ok     first\nok     second\n2 passed, 0 failed\n"


@pytest.mark.parametrize("lane", ["interp", "mir", "native"])
def test_without_an_object_each_extern_is_named(zero: Zero, lane: str) -> None:
    done = zero("run", "tests/foreign/program.0x0", "--lane", lane)
    assert done.returncode == 1
    assert done.stdout == b""
    lines = [line for line in done.stderr.decode().splitlines() if "error[" in line]
    assert len(lines) == 10
    assert lines[0].startswith("tests/foreign/program.0x0:1:13: error[SEM_UNBOUND-102]")


def test_an_earlier_build_knows_the_objects(zero: Zero, tmp_path: pathlib.Path) -> None:
    """The objects are inputs of a build: which ones, and what is in them."""
    (tmp_path / "main.0x0").write_text('(extern "C" answer (∷ (→ Unit I64)))\n(ƒ main (_) (answer))\n', "utf-8")
    env = {"ZERO_CACHE": str(tmp_path / "cache")}

    def run(answer: int, *objects: str) -> bytes:
        (tmp_path / "a.c").write_text(f"long long answer(void) {{ return {answer}; }}\n")
        subprocess.run(["gcc", *FLAGS, "a.c"], cwd=tmp_path, check=True)
        links = [word for name in objects for word in ("--link", name)]
        return zero("run", "main.0x0", *links, cwd=tmp_path, env=env).stdout

    assert run(1, "a.o") == b"1\n"
    assert run(1, "a.o") == b"1\n"
    assert run(2, "a.o") == b"2\n"
    assert run(3) == b""


@pytest.mark.parametrize("lane", ["interp", "native"])
def test_an_object_that_cannot_be_linked(zero: Zero, tmp_path: pathlib.Path, lane: str) -> None:
    """What the C code itself lacks is the linker's complaint, with its code, in every lane."""
    (tmp_path / "a.c").write_text("long long missing(void); long long answer(void) { return missing(); }\n")
    subprocess.run(["gcc", *FLAGS, "a.c"], cwd=tmp_path, check=True)
    (tmp_path / "main.0x0").write_text('(extern "C" answer (∷ (→ Unit I64)))\n(ƒ main (_) (answer))\n', "utf-8")
    done = zero("run", "main.0x0", "--link", "a.o", "--lane", lane, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(b"zero: error[LINK-001]: undefined symbol: missing")
    (tmp_path / "a.o").write_text("no object")
    done = zero("run", "main.0x0", "--link", "a.o", "--lane", lane, cwd=tmp_path)
    assert (done.returncode, done.stderr[:24]) == (2, b"zero: error[LINK-004]: b")
    done = zero("run", "main.0x0", "--link", "b.o", "--lane", lane, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, b"zero: cannot read b.o: no such file or directory\n")


def test_the_host_ends_with_the_c_function(zero: Zero, tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.c").write_text("void crash(void) { __builtin_trap(); }\n")
    subprocess.run(["gcc", *FLAGS, "a.c"], cwd=tmp_path, check=True)
    (tmp_path / "main.0x0").write_text('(extern "C" crash (∷ (→ Unit Unit)))\n(ƒ main (_) (crash))\n', "utf-8")
    done = zero("run", "main.0x0", "--link", "a.o", "--lane", "interp", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"the C function `crash` ended the program" in done.stderr


def test_the_interpreters_need_a_c_compiler(zero: Zero, built: pathlib.Path) -> None:
    link = ("--link", str(built / "functions.o"))
    done = zero("run", PROGRAM, *link, "--lane", "interp", env={"CC": "/nowhere/cc"})
    assert done.returncode == 1
    assert b"error[BACKEND_UNSUPPORTED-011]" in done.stderr


def test_an_extern_is_ffi_however_it_is_used() -> None:
    sink = Sink()
    text = (
        '(extern "C" f (∷ (→ I64 I64)))\n'
        "(ƒ g (cap pure) (x) (f x))\n"
        "(ƒ h (cap io) (x) (+ 1 (f x)))\n"
        "(ƒ k (cap pure) (_) f)\n"
        "(ƒ fine (cap ffi) (x) (f x))\n"
    )
    pipeline.front("main.0x0", frozenset(), sink, reader=lambda path: text.encode())
    assert [(item.kind.code, item.file.place(item.start)[0]) for item in sink.ordered()] == [
        ("TYPE_EFFECT-001", 2),
        ("TYPE_EFFECT-001", 3),
        ("TYPE_EFFECT-001", 4),
    ]


def test_hir_keeps_an_extern_and_refuses_what_cannot_cross() -> None:
    _, program = pipeline.front(PROGRAM, frozenset(), Sink())
    assert program is not None
    assert verify(program) == []
    text = print_program(program)
    assert print_program(parse_program(text)) == text
    function = next(f for f in program.functions if f.name == "main.half")
    function.body.type[function.root] = program.functions[0].body.type[0] = len(program.types.head) - 1
    assert any("cross to C" in str(problem) for problem in verify(program))


def test_the_optimizer_keeps_every_call() -> None:
    """A C function may do anything: calls are neither merged nor dropped."""
    text = '(extern "C" f (∷ (→ I64 I64)))\n(ƒ main (_) (f 1) (+ (f 2) (f 2)))\n'
    _, program = pipeline.front("main.0x0", frozenset(), Sink(), reader=lambda path: text.encode())
    assert program is not None
    module = pipeline.middle(program, Options(level="release", verify=True))
    calls = [
        function.imm[value]
        for function in module.functions.values()
        for block in function.blocks
        for value in block.body
        if function.imm[value] == "f"
    ]
    assert calls == ["f", "f", "f"] or calls.count("f") == 3
