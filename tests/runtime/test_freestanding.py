"""libzr.a as a program without libc sees it, linked by GNU ld: ends, statuses, streams, the guard, statistics."""

from __future__ import annotations

import os
import pathlib
import re
import resource
import signal
import subprocess

import pytest

from compiler import errno_words, panics
from runtime_c import build

HERE = pathlib.Path(__file__).parent
# What our own linker defines; GNU ld is told.
TLS = """SECTIONS { __zr_tls_start = ADDR(.tdata); __zr_tls_end = ADDR(.tdata) + SIZEOF(.tdata);
__zr_tls_size = ABSOLUTE(ADDR(.tbss) + SIZEOF(.tbss) - ADDR(.tdata)); } INSERT AFTER .tbss;
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("freestanding")
    (folder / "tls.ld").write_text(TLS)
    made = str(folder / "program")
    flags = [*build.FREESTANDING, "-Wno-missing-prototypes", f"-I{build.HERE}"]
    subprocess.run([build.compiler(), *flags, "-c", str(HERE / "program.c"), "-o", made + ".o"], check=True)
    linking = ["ld", "-static", "--gc-sections", "-T", str(folder / "tls.ld"), made + ".o", build.build_freestanding()]
    subprocess.run([*linking, "-o", made], check=True)
    return made


def run(
    program: str, *arguments: str | bytes, stdin: bytes = b"", **more: object
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([program, *arguments], input=stdin, capture_output=True, check=False, **more)  # type: ignore[call-overload, no-any-return]


def ended(done: subprocess.CompletedProcess[bytes]) -> tuple[int, bytes, bytes]:
    return done.returncode, done.stdout, done.stderr


def panic(words: str, place: str) -> bytes:
    return f"panic: {words}\n  at {place}\n".encode()


def test_arguments_and_status(program: str) -> None:
    assert ended(run(program, "arguments", "", "é", b"\xff")) == (
        44,
        '(list "arguments" "" "é" '.encode() + b'"\xff")\n',
        b"",
    )


def test_the_executable_is_small(program: str) -> None:
    subprocess.run(["strip", "-o", program + ".small", program], check=True)
    assert os.path.getsize(program + ".small") <= 40 * 1024


def test_the_stacks_end(program: str) -> None:
    assert ended(run(program, "stack")) == (102, b"before\n", (panics.STACK_LINE + "\n").encode())


def test_any_other_fault_is_not_hidden(program: str) -> None:
    assert run(program, "crash").returncode == -signal.SIGSEGV


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))


def test_memorys_end(program: str) -> None:
    line = (panics.MEMORY_LINE + "\n").encode()
    assert ended(run(program, "memory", preexec_fn=limited)) == (103, b"before\n", line)
    assert ended(run(program, "absurd")) == (103, b"", line)


def test_a_small_address_space_gets_a_smaller_stack(program: str) -> None:
    def tight() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (64 << 20, 64 << 20))

    assert run(program, "arguments", preexec_fn=tight).returncode == 44
    assert run(program, "stack", preexec_fn=tight).returncode == 102


PANICS = [
    (("length",), "array length -3 out of range", "f.0x0:1:2"),
    (("cell", "2"), "index 2 out of range for length 2", "f.0x0:1:3"),
    (("cell", "-1"), "index -1 out of range for length 2", "f.0x0:1:3"),
    (("slice",), "slice 2..9 out of range", "f.0x0:1:4"),
    (("digits",), "digits 1001 out of range", "f.0x0:1:5"),
    (("user", "my own words"), "my own words", "f.0x0:1:6"),
    (("show-cycle",), "value contains itself", "f.0x0:1:7"),
    (("equal-cycle",), "value contains itself", "f.0x0:1:8"),
]


@pytest.mark.parametrize(("arguments", "words", "place"), PANICS)
def test_panics(program: str, arguments: tuple[str, ...], words: str, place: str) -> None:
    assert ended(run(program, *arguments)) == (101, b"", panic(words, place))


@pytest.mark.parametrize("before", [0, 1, 2, 5, 30])
@pytest.mark.parametrize("around", [1, 2, 3, 17])
def test_cycles_are_found_wherever_they_begin(program: str, before: int, around: int) -> None:
    """Without the check these would fill the memory."""
    told = panic("value contains itself", "f.0x0:1:9")
    assert ended(run(program, "show-ring", str(before), str(around), preexec_fn=limited)) == (101, b"", told)
    assert ended(run(program, "equal-rings", str(around), preexec_fn=limited)) == (101, b"", told)


def test_output_comes_before_the_panic(program: str) -> None:
    words = f"index {-(2**63)} out of range for length 7"
    done = subprocess.run([program, "index"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert (done.returncode, done.stdout) == (101, b"before\n" + panic(words, "a/b.0x0:12:3"))


def test_exit_is_modulo_256_and_flushes(program: str) -> None:
    for status in (0, 7, 256, 511, -1):
        assert ended(run(program, "exit", str(status))) == (status % 256, b"before\n", b"")


def test_statistics(program: str) -> None:
    environment = {"ZR_STATS": "1"}
    pattern = rb"zr-stats: live_blocks=(\d+) live_bytes=(\d+) peak_bytes=(\d+) allocs=(\d+) frees=(\d+)\n"
    for mode, blocks in (("arguments", 0), ("much", 0), ("leak", 1)):
        found = re.fullmatch(pattern, run(program, mode, env=environment).stderr)
        assert found is not None
        live, live_bytes, peak, allocs, frees = (int(number) for number in found.groups())
        assert (live, live_bytes) == (blocks, 32 * blocks)
        assert allocs - frees == live
        assert peak >= live_bytes
    assert run(program, "arguments", env={"ZR_STATS": "0"}).stderr == b""
    assert b"zr-stats" not in run(program, "index", env=environment).stderr


LINES = [b"", b"\n", b"a", b"a\n", b"a\r\nb\0c\n\nlast", b"x" * 300_000 + b"\ny\n", b"\n".join([b"line"] * 40_000)]


@pytest.mark.parametrize("source", LINES, ids=[str(number) for number in range(len(LINES))])
def test_lines_of_any_length(program: str, source: bytes) -> None:
    wanted = b""
    for line in source.removesuffix(b"\n").split(b"\n") if source else []:
        spelled = line.replace(b"\r", b"\\r").replace(b"\0", b"\\u{0}")
        wanted += b'"' + spelled + b'"\n'
    assert ended(run(program, "lines", stdin=source)) == (0, wanted, b"")


def test_what_a_line_leaves_is_the_rest(program: str) -> None:
    rest = b"second\nthird" + b"z" * 200_000
    assert run(program, "line-then-rest", stdin=b"first\n" + rest).stdout == b"good\nfirst\ngood\n" + rest + b"\n"


def test_files(program: str, tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "file")
    assert run(program, "write", path, "contents").stdout == b"good\n\n"
    assert run(program, "read", path).stdout == b"good\ncontents\n"
    whole = os.urandom(300_000)
    (tmp_path / "file").write_bytes(whole)
    assert run(program, "read", path).stdout == b"good\n" + whole + b"\n"
    assert run(program, "write", path, "").stdout == b"good\n\n"
    assert run(program, "read", path).stdout == b"good\n\n"


def test_reasons(program: str, tmp_path: pathlib.Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    (tmp_path / "file").write_text("x")
    for path, number in (
        (str(tmp_path / "none"), 2),
        ("", 2),
        (str(tmp_path), 21),
        (str(tmp_path / "file" / "inner"), 20),
        (str(loop), 40),
        (str(tmp_path / ("n" * 300)), 36),
    ):
        for command in (("read", path), ("write", path, "x")):
            if command[0] == "write" and number == 2 and path:
                continue
            assert run(program, *command).stdout == f"bad\n{errno_words.WORDS[number]}\n".encode(), command
    assert run(program, "write", "/dev/full", "x").stdout == b"bad\nno space left on device\n"


def test_the_environment(program: str) -> None:
    environment = {"NAME": "value=1", "EMPTY": "", "NAMES": "other"}
    for name, wanted in (
        ("NAME", b"good\nvalue=1\n"),
        ("EMPTY", b"good\n\n"),
        ("NAM", b"not set\n"),
        ("", b"not set\n"),
        ("NAME=value", b"not set\n"),
    ):
        assert run(program, "env", name, env=environment).stdout == wanted


def test_a_closed_pipe_is_a_quiet_end(program: str) -> None:
    with subprocess.Popen([program, "much"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.read(10) == b"0123456789"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_a_full_disk_is_said(program: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([program, "much"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (101, b"panic: standard output: no space left on device\n")


def test_much_output_arrives_whole(program: str) -> None:
    assert run(program, "much").stdout == b"0123456789\n" * 200_000


def test_a_static_object_is_never_freed(program: str) -> None:
    """However its count drifts: all threads count it without care."""
    assert ended(run(program, "drift")) == (0, b"", b"")


def test_the_words_beyond_the_registers(program: str) -> None:
    assert ended(run(program, "words")) == (0, b"", b"")


def test_the_archive_is_the_same_bytes_each_time(tmp_path: pathlib.Path) -> None:
    first = pathlib.Path(build.build_freestanding(str(tmp_path / "a"))).read_bytes()
    assert pathlib.Path(build.build_freestanding(str(tmp_path / "b"))).read_bytes() == first


def test_nothing_is_built_twice(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = build.build_freestanding(str(tmp_path))

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a tool was run")

    monkeypatch.setattr(subprocess, "run", refuse)
    assert build.build_freestanding(str(tmp_path)) == made
    assert build.build_hosted.__name__ == "build_hosted"
