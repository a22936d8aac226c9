"""What `zero build` writes: the same bytes everywhere, a clean ELF file, whole or not at all."""

from __future__ import annotations

import io
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from elftools.elf.elffile import ELFFile

from compiler import building
from compiler.cas.scan import verify
from compiler.cas.store import Store
from compiler.diagnostics import Sink, UsageError
from compiler.options import Options
from tests.conftest import ROOT

Zero = Callable[..., "subprocess.CompletedProcess[bytes]"]
HELLO = "fixtures/programs/hello.0x0"
RICH = "fixtures/programs/show-all.0x0"  # closures, texts, layouts, descriptors
KIB_40 = 40 * 1024


def built(tmp_path: pathlib.Path, path: str, **options: object) -> pathlib.Path:
    out = tmp_path / "program"
    sink = Sink()
    assert building.build(path, str(out), Options(cache=False, **options), sink) == 0, sink.items  # type: ignore[arg-type]
    return out


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("level", ["dev", "release"])
def test_the_same_bytes_everywhere(zero: Zero, tmp_path: pathlib.Path, level: str) -> None:
    (tmp_path / "elsewhere" / "fixtures").mkdir(parents=True)
    shutil.copytree(ROOT / "fixtures" / "programs", tmp_path / "elsewhere" / "fixtures" / "programs")
    places: list[tuple[pathlib.Path, dict[str, str]]] = [
        (ROOT, {"PYTHONHASHSEED": "0"}),
        (ROOT, {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "Asia/Tokyo"}),
        (tmp_path / "elsewhere", {"PYTHONHASHSEED": "2", "LC_ALL": "C.UTF-8", "HOME": "/nowhere"}),
    ]
    images = set()
    for number, (folder, env) in enumerate(places):
        out = tmp_path / f"program{number}"
        done = zero("build", RICH, "-o", str(out), "--no-cache", "--level", level, cwd=folder, env=env)
        assert (done.returncode, done.stderr) == (0, b"")
        images.add(out.read_bytes())
    assert len(images) == 1


def test_verifying_and_measuring_change_no_byte(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    images = set()
    for options in ({}, {"verify": True}, {"memory_stats": True}):
        images.add(built(tmp_path, RICH, **options).read_bytes())
    capfd.readouterr()
    assert len(images) == 1


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o755), (0o077, 0o700), (0, 0o777)])
def test_the_mode_follows_the_umask(tmp_path: pathlib.Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        assert built(tmp_path, HELLO).stat().st_mode & 0o777 == mode
    finally:
        os.umask(before)


def test_hello_is_small_static_and_clean(tmp_path: pathlib.Path) -> None:
    for level in ("dev", "release"):
        out = built(tmp_path, HELLO, level=level)
        assert out.stat().st_size <= KIB_40
        shown = subprocess.run(["readelf", "-aW", out], capture_output=True, check=True)
        assert shown.stderr == b""
        assert b"There is no dynamic section" in shown.stdout
        elf = ELFFile(io.BytesIO(out.read_bytes()))
        assert elf.header.e_type == "ET_EXEC"
        assert {segment.header.p_type for segment in elf.iter_segments()}.isdisjoint({"PT_DYNAMIC", "PT_INTERP"})
        flags = [s.header.p_flags for s in elf.iter_segments() if s.header.p_type in ("PT_LOAD", "PT_GNU_STACK")]
        assert flags
        assert all(flag & 3 != 3 for flag in flags), "nothing is writable and executable"
        symbols = {symbol.name for symbol in elf.get_section_by_name(".symtab").iter_symbols()}
        assert {"_start", "zero_main", "zr_print", *(["main.main"] if level == "dev" else [])} <= symbols
        assert symbols.isdisjoint({"malloc", "free", "printf", "__libc_start_main", "exit", "write"})


@pytest.mark.parametrize("tool", [["readelf", "-aW"], ["objdump", "-d"], ["nm"]])
def test_other_tools_read_it(tmp_path: pathlib.Path, tool: list[str]) -> None:
    done = subprocess.run([*tool, built(tmp_path, RICH)], capture_output=True, check=True)
    assert done.stderr == b""
    assert b"main.main" in done.stdout


# ---- outputs that cannot be written ----


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("missing/out", "no such file or directory"),
        ("file/out", "not a directory"),
        (".", "is a directory"),
        ("/proc/out", "no such file or directory"),
        ("/dev/full", "no space left on device"),
    ],
)
def test_an_output_that_cannot_be_written(zero: Zero, tmp_path: pathlib.Path, target: str, why: str) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    for _ in range(2):  # compiled, then from the cache
        done = zero("build", str(ROOT / HELLO), "-o", target, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", f"zero: cannot write {target}: {why}\n")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_a_disk_that_fills_up(tmp_path: pathlib.Path) -> None:
    """A limit on the size of files fails a write half way, as a full disk does."""
    out = tmp_path / "program"
    out.write_bytes(b"before")
    # Python writes half a module's bytecode under the limit and does not notice: keep it from writing any.
    start = "from compiler.cli.main import enter; enter()"
    command = [sys.executable, "-B", "-c", start, "build", HELLO, "-o", str(out)]
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # noqa: E731
    env = {**os.environ, "ZERO_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(command, cwd=ROOT, env=env, preexec_fn=limit, capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode()) == (2, f"zero: cannot write {out}: file too large\n")
    assert out.read_bytes() == b"before"
    store = Store(str(tmp_path / "cache"))
    files = sorted(str(path.relative_to(store.root)) for path in pathlib.Path(store.root).rglob("*") if path.is_file())
    frame = [name for name in files if not name.startswith("objects/query-pack-1/")]
    assert frame == ["format", "lock", "trimmed"], (
        "of the store no more than its frame, and whole objects below the limit"
    )
    assert verify(store).faults == []


@pytest.mark.parametrize("event", [KeyboardInterrupt, MemoryError, OSError(5, "Input/output error")])
def test_an_interrupted_write_leaves_nothing(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, event: type[BaseException] | BaseException
) -> None:
    out = built(tmp_path, HELLO)
    before = out.read_bytes()

    def interrupted(*_: object) -> None:
        raise event

    for step in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, step, interrupted)
            with pytest.raises((KeyboardInterrupt, MemoryError, UsageError)):
                built(tmp_path, RICH)
        assert out.read_bytes() == before
        assert [entry.name for entry in tmp_path.iterdir()] == ["program"]


def test_ctrl_c_during_a_build(tmp_path: pathlib.Path) -> None:
    """The signal comes while the root file, a pipe without a writer's end, is being read."""
    pipe = tmp_path / "main.0x0"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "compiler.cli", "build", str(pipe), "-o", str(tmp_path / "out")]
    # Opening the pipe waits for its reader.
    # A run in the background ignores the signal, and children inherit that: this one is a person's.
    heeding = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with (
        subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, **heeding) as process,  # type: ignore[call-overload]
        open(pipe, "wb") as writer,
    ):
        writer.write(b"(")
        writer.flush()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert (process.returncode, errors) == (130, b"")
    assert [entry.name for entry in tmp_path.iterdir()] == ["main.0x0"]


def test_a_running_program_can_be_replaced(tmp_path: pathlib.Path) -> None:
    out = built(tmp_path, "fixtures/programs/rpn.0x0")
    with subprocess.Popen([out], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        built(tmp_path, HELLO)
        answer, _ = process.communicate(b"1 2 +\n")
    assert answer == b"(Ok 3)\n"
    assert subprocess.run([out], capture_output=True, check=True).stdout == b"hello, world\n"


def test_no_c_compiler_is_one_line(zero: Zero, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = zero("build", HELLO, "-o", str(tmp_path / "out"), env={"CC": "no-such-compiler"})
    first, *rest = done.stderr.decode().splitlines()
    assert done.returncode == 2
    assert first.startswith("zero: the C runtime cannot be built: no-such-compiler: ")
    assert len(rest) == 1
