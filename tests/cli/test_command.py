"""The command as a process: statuses, streams, files that are written whole, and ends that make no noise."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from compiler.cas.faults import FAULTS
from compiler.cli import main, render
from compiler.diagnostics import LIMIT, Kind, Sink, SourceFile, UsageError, closest
from compiler.files import write_whole
from compiler.query.faults import FAULTS as QUERIES
from tests.conftest import ROOT

Zero = Callable[..., "subprocess.CompletedProcess[bytes]"]
HELLO = '(ƒ main (_) (print "hello"))\n'


@pytest.fixture
def hello(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "hello.0x0"
    path.write_text(HELLO, "utf-8")
    return path


ARGUMENTS = [
    ([], "a verb is missing"),
    (["chek"], "no verb `chek`"),
    (["check"], "a file is missing"),
    (["check", "--nope", "a.0x0"], "no option `--nope`"),
    (["check", "missing.0x0"], "cannot read missing.0x0: no such file or directory"),
    (["check", "."], "cannot read .: is a directory"),
    (["check", "a.0x0", "--", "x"], "nothing can stand behind --"),
    (["check", "a.0x0", "--feature"], "--feature needs a value"),
    (["run", "a.0x0", "b.0x0"], "one file at a time"),
    (["run", "a.0x0", "--lane", "vm"], "--lane cannot be `vm`"),
    (["run", "a.0x0", "--lane=interp", "--lane=mir"], "--lane is given twice"),
    (["build", "a.0x0"], "-o OUT is missing"),
    (["check", "--json=yes", "a.0x0"], "--json takes no value"),
    (["explain"], "a code is missing"),
    (["explain", "PARSE-999"], "no code `PARSE-999`"),
    (["run", "a.0x0", "--lane", "mir", "--hermetic"], "run: --hermetic has no meaning for lane mir"),
    (["test", "a.0x0", "--hermetic"], "test: no option `--hermetic`"),
    (["cache"], "cache: an action is missing"),
    (["cache", "statz"], "cache: no action `statz`"),
    (["cache", "stats", "x"], "cache stats: `x` is too much"),
    (["cache", "stats", "--now"], "cache stats: --now has no meaning here"),
    (["cache", "pin"], "cache pin: what is missing"),
    (["cache", "pin", "none"], "`none` is neither a file nor an object's name"),
    (["cache", "pin", "../x"], "CAS_NAME-001: `../x` is no name of anything in a store"),
    (["cache", "gc", "--max-size", "big"], "cache gc: `big` is no size"),
    (["cache", "gc", "--unused", "-1"], "cache gc: `-1` is no number of days"),
    (["query"], "query: an action is missing"),
    (["query", "stats", "a.0x0", "--format", "dot"], "query stats: --format has no meaning here"),
    (["query", "graph", "a.0x0", "--format", "png"], "query: --format cannot be `png`"),
    (["query", "why", "a.0x0"], "query why: a query's key is missing"),
    (["lock", "/"], "there is no 0x0.pkg in / or above"),
    (["lock", "a", "b"], "lock: one folder at a time; `b` is too much"),
]


@pytest.mark.parametrize(("words", "message"), ARGUMENTS)
def test_usage(words: list[str], message: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main.main(words) == 2
    captured = capfdbinary.readouterr()
    assert captured.out == b""
    first, *rest = captured.err.decode().splitlines()
    assert first.startswith("zero: ")
    assert message in first
    assert len(rest) <= 1
    assert all(line.startswith("help: ") for line in rest)


@pytest.mark.parametrize("verb", list(main.VERBS))
def test_every_verb_helps(verb: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main.main([verb, "--help"]) == 0
    text = capfdbinary.readouterr().out.decode()
    assert text.startswith(f"usage: zero {verb}")
    from importlib import import_module

    table = import_module(f"compiler.cli.{main.VERBS[verb][0]}").OPTIONS
    for option in table:
        assert option in text or option == "--", f"{option} is not in the help"


def test_as_a_process(zero: Zero, hello: pathlib.Path) -> None:
    done = zero("check", str(hello))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    done = zero("run", str(hello), "--lane", "interp")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"hello\n", b"")
    hello.write_text("(ƒ main (_) 1", "utf-8")
    done = zero("check", str(hello))
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.decode() == (
        f"{hello}:1:1: error[PARSE-012]: this parenthesis is not closed\n"
        "    (ƒ main (_) 1\n    ^\nhelp: add a `)` where it ends\n"
    )


def test_the_launcher_is_the_command(hello: pathlib.Path, tmp_path: pathlib.Path) -> None:
    link = tmp_path / "zero"
    link.symlink_to(ROOT / "zero")
    for command in (str(ROOT / "zero"), str(link), "./zero"):
        done = subprocess.run([command, "--version"], cwd=ROOT, capture_output=True, check=False)
        assert (done.returncode, done.stdout) == (0, f"zero {main.VERSION}\n".encode())


def test_the_first_verb_imports_little(hello: pathlib.Path) -> None:
    """What `zero check` imports; each of these costs as much as checking a thousand lines."""
    heavy = ["argparse", "dataclasses", "inspect", "json", "pathlib", "subprocess", "typing", "tempfile"]
    program = (
        f"import sys; from compiler.cli.main import main; main(['check', {str(hello)!r}]); print(sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {program}"],
        capture_output=True,
        check=True,
    )
    loaded = set(eval(done.stdout))
    assert [name for name in heavy if name in loaded] == []


def test_json_and_sarif(zero: Zero, hello: pathlib.Path) -> None:
    hello.write_text('(ƒ f (x) x)\n(ƒ f (x)\n "é" x)\n(ƒ main (_) 0)', "utf-8")
    done = zero("check", "--json", str(hello))
    assert done.returncode == 1
    (row,) = json.loads(done.stderr)["diagnostics"]
    assert (row["code"], row["line"], row["column"], row["end_line"], row["end_column"]) == (
        "SEM_DUPLICATE-101",
        2,
        4,
        2,
        5,
    )
    assert row["notes"][0]["line"] == 1
    run = json.loads(zero("check", "--sarif", str(hello)).stderr)["runs"][0]
    assert run["results"][0]["ruleId"] == "SEM_DUPLICATE-101"
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] == 2
    hello.write_text(HELLO, "utf-8")
    assert json.loads(zero("check", "--json", str(hello)).stderr)["diagnostics"] == []


def test_at_most_fifty_a_file(zero: Zero, hello: pathlib.Path) -> None:
    hello.write_text("(f 1.)\n" * (LIMIT + 3), "utf-8")
    lines = zero("check", str(hello)).stderr.decode().splitlines()
    assert sum("error[" in line for line in lines) == LIMIT
    assert lines[-1] == f"{hello}: 3 more errors not shown"


def test_explain(zero: Zero) -> None:
    done = zero("explain", "parse-012")
    assert done.returncode == 0
    assert done.stdout.decode().startswith("PARSE-012: this parenthesis is not closed\n\n")
    assert zero("explain", "--list").stdout.decode().count("\n") == len(kinds()) + len(FAULTS) + len(QUERIES)
    done = zero("explain", "cas_object-001")
    assert done.stdout.decode().startswith("CAS_OBJECT-001: … does not hold what its name says\n\n")
    assert zero("explain", "CAS_REF").stdout.decode().count("\n") == 2


def kinds() -> dict[str, Kind]:
    from compiler.messages import everything

    return everything()


def test_fmt(zero: Zero, hello: pathlib.Path) -> None:
    ugly = '(fn main (_)\n\n   (print   "hello")) ; end'
    hello.write_text(ugly, "utf-8")
    done = zero("fmt", "--check", str(hello))
    assert (done.returncode, done.stdout.decode()) == (1, f"{hello}: would be laid out anew\n")
    assert hello.read_text("utf-8") == ugly
    assert zero("fmt", str(hello)).returncode == 0
    assert hello.read_text("utf-8") == '(ƒ main (_) (print "hello"))  ; end\n'
    assert zero("fmt", "--check", str(hello)).returncode == 0
    hello.write_text("(a [", "utf-8")
    assert zero("fmt", str(hello)).returncode == 1
    assert hello.read_text("utf-8") == "(a ["


def test_a_full_disk_is_one_line(zero: Zero) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "compiler.cli", "explain", "--list"],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.decode() == "zero: cannot write the output: No space left on device\n"


@pytest.mark.parametrize("lane", ["interp", "mir", "native"])
def test_a_program_ends_alike_in_every_lane_when_it_cannot_print(hello: pathlib.Path, lane: str) -> None:
    words = [sys.executable, "-m", "compiler.cli", "run", str(hello), "--lane", lane]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (101, b"panic: standard output: no space left on device\n")
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(words, stdout=write_end, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    os.close(write_end)
    assert (done.returncode, done.stderr) == (main.PIPE_CLOSED, b"")


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
@pytest.mark.parametrize("lane", ["interp", "mir", "native"])
def test_streams_that_the_caller_closed(hello: pathlib.Path, lane: str, closed: tuple[int, ...]) -> None:
    """They are as good as /dev/null: nothing fails, and nothing is printed into whatever is opened next."""
    redirections = " ".join(f"{number}>&-" for number in closed)
    words = f'exec "$1" -m compiler.cli run "$2" --lane {lane} {redirections}'
    command = ["sh", "-c", words, "sh", sys.executable, str(hello)]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr, done.stdout) == (0, b"", b"" if 1 in closed else b"hello\n")


def test_no_source_is_overwritten(zero: Zero, hello: pathlib.Path) -> None:
    folder = hello.parent
    other = folder / "other.0x0"
    other.write_text("(ƒ f (_) 1)\n", "utf-8")
    (folder / "link.0x0").symlink_to(hello)
    (folder / "0x0.pkg").write_text("package a\nversion 1\n", "utf-8")
    (folder / "c.o").write_bytes(b"an object")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name in ("hello.0x0", "other.0x0", "link.0x0", "0x0.pkg", "c.o"):
        done = zero("build", str(hello), "--link", str(folder / "c.o"), "-o", str(folder / name))
        assert done.returncode == 2, name
        assert b"would be overwritten" in done.stderr
        if name != "c.o":
            assert zero("doc", str(hello), "-o", str(folder / name)).returncode == 2, name
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    for _ in range(2):  # an executable of an odd name may be made, and made again
        assert zero("build", str(hello), "-o", str(folder / "odd.0x0")).returncode == 0


def test_a_closed_pipe_is_quiet() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, "-m", "compiler.cli", "explain", "--list"],
        stdout=write_end,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        check=False,
    )
    os.close(write_end)
    assert (done.returncode, done.stderr) == (main.PIPE_CLOSED, b"")


def test_an_error_of_ours_is_one_line_and_a_file(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], hello: pathlib.Path
) -> None:
    from compiler import pipeline

    def broken(*_: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr(pipeline, "front", broken)
    assert main.main(["check", str(hello)]) == 70
    (line,) = capfdbinary.readouterr().err.decode().splitlines()
    assert "KeyError" in line
    report = pathlib.Path(line.partition("attach ")[2].split()[0])
    text = report.read_text("utf-8")
    report.unlink()
    assert "Traceback" in text
    assert f"arguments: check {hello}" in text


def test_an_interrupt_is_quiet(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], hello: pathlib.Path
) -> None:
    from compiler import pipeline

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "front", interrupted)
    assert main.main(["check", str(hello)]) == 128 + signal.SIGINT
    assert capfdbinary.readouterr().err == b""


def test_the_caret_stands_under_the_place() -> None:
    kind = kinds()["PARSE-004"]
    text = "\tab 日本 x@y " + "z" * 1_000_000
    file, sink = SourceFile(0, "a.0x0", text), Sink()
    at = text.index("@")
    sink.add(kind, file, at, at + 1, what="`@`")
    _, line, caret, *_ = render.text(sink).splitlines()
    assert line.startswith("    \tab 日本 x@y zzz")
    assert line.endswith("…")
    assert len(line) < 120
    # Before the caret: the margin, the tab itself, and a column for each column of the text (日本 takes four).
    assert caret == "    \t" + " " * len("ab ") + " " * 4 + " " * len(" x") + "^"
    sink.items[0].start, sink.items[0].end = 500_000, 500_003
    _, line, caret, *_ = render.text(sink).splitlines()
    assert line.strip().startswith("…")
    assert caret.endswith("^~~")
    assert len(line) < 120


def test_files_are_written_whole_or_not_at_all(tmp_path: pathlib.Path) -> None:
    target = tmp_path / "out"
    write_whole(str(target), b"one", executable=True)
    assert target.read_bytes() == b"one"
    assert os.access(target, os.X_OK)
    os.chmod(target, 0o640)
    write_whole(str(target), b"two")
    assert target.read_bytes() == b"two"
    assert target.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]
    with pytest.raises(UsageError, match="cannot write /dev/full: no space left on device"):
        write_whole("/dev/full", b"x")
    with pytest.raises(UsageError, match="is a directory"):
        write_whole(str(tmp_path), b"x")
    with pytest.raises(UsageError, match="no such file or directory"):
        write_whole(str(tmp_path / "gone" / "out"), b"x")


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: pathlib.Path) -> None:
    target = tmp_path / "out"
    target.write_bytes(b"before")
    program = f"""
import resource, signal, sys
sys.path.insert(0, {str(ROOT)!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
from compiler.files import write_whole
from compiler.query.faults import FAULTS as QUERIES
try:
    write_whole({str(target)!r}, b"x" * 5000)
except Exception as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-B", "-c", program], capture_output=True, check=True)
    assert done.stdout.decode() == f"UsageError cannot write {target}: file too large\n"
    assert target.read_bytes() == b"before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("name", "candidates", "expected"),
    [
        ("lenght", ["length", "len"], "length"),
        ("prnt", ["print", "sprint"], "print"),
        ("Lenth", ["length"], "length"),
        ("x", ["y", "z"], ""),
        ("ab", ["ac", "aa"], "aa"),
        ("abcdef", ["uvwxyz"], ""),
        ("area", ["aera", "era"], "aera"),
    ],
)
def test_did_you_mean(name: str, candidates: list[str], expected: str) -> None:
    assert closest(name, candidates) == expected
    assert closest(name, reversed(candidates)) == expected


def test_bytecode_that_a_full_disk_cut_off_is_removed(tmp_path: pathlib.Path) -> None:
    """Python writes a part of a module's bytecode without noticing, and would fail on it at every start."""
    shutil.copytree(ROOT / "compiler", tmp_path / "compiler", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "hello.0x0").write_text('(ƒ main (_) (print "hello"))\n', "utf-8")

    def check() -> tuple[int, str]:
        command = [sys.executable, "-m", "compiler.cli", "check", "hello.0x0"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        return done.returncode, done.stderr.decode()

    assert check() == (0, "")
    for name in ("types/check", "hir/typed"):
        found = [*(tmp_path / "compiler").glob(f"{name.rpartition('/')[0]}/__pycache__/*.pyc")]
        assert found
        for path in found[:2]:
            path.write_bytes(path.read_bytes()[:1000])
        status, errors = check()
        assert (status, errors.partition(";")[0]) == (
            2,
            "zero: the compiler's bytecode was cut off, as a full disk does it",
        )
        assert check() == (0, "")
