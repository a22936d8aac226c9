"""Whatever a file holds, each verb ends with a clear error and the right status: no traceback, nothing written."""

from __future__ import annotations

import os
import pathlib
import random
import re

import pytest

from compiler.cli import main

VERBS: dict[str, list[str]] = {
    "check": [],
    "build": ["-o", "out"],
    "run": ["--lane", "interp"],
    "run-native": [],
    "fmt": [],
    "dump": ["--level", "machine"],
    "test": [],
}
PLACE = re.compile(r"bad\.0x0:\d+:\d+: error\[([A-Z_]+-\d+)\]: .+")

# name -> (the file, the code of the first error)
FILES: dict[str, tuple[bytes, str]] = {
    "truncated": ('(ƒ main (_) (print "hel'.encode(), "PARSE-011"),
    "truncated-in-a-character": ('(ƒ main (_) (print "é'.encode()[:-1], "PARSE-001"),
    "no-main-at-all": (b"; nothing\n", "SEM_UNBOUND-027"),
    "empty": (b"", "SEM_UNBOUND-027"),
    "latin-1": ('(ƒ main (_) (print "'.encode() + b"\xe9" + b'"))', "PARSE-001"),
    "utf-16": ("\ufeff(ƒ main (_) 1)".encode("utf-16-le"), "PARSE-001"),
    "nul-bytes": (b"\0" * 1000, "PARSE-003"),
    "random-bytes": (random.Random(7).randbytes(5000), "PARSE-001"),
    "random-ascii": (bytes(random.Random(7).choices(range(33, 127), k=5000)), "PARSE-"),
    "a-line-of-a-megabyte": (b"(fn main (_) (print " + b"x" * 1_000_000 + b"))", "PARSE-014"),
    "a-text-of-a-megabyte-unclosed": (b'(fn main (_) (print "' + b"x" * 1_000_000, "PARSE-011"),
    "open-100000": (b"(" * 100_000, "PARSE-015"),
    "nested-100000": (b"(" * 100_000 + b")" * 100_000, "PARSE-015"),
    "closed-100000": (b")" * 100_000, "PARSE-013"),
    "nested-expression-100000": (b"(fn main (_) " + b"(do " * 100_000 + b"1" + b")" * 100_001, "PARSE-015"),
    "an-elf-file": (b"\x7fELF\x02\x01\x01" + b"\0" * 57, "PARSE-003"),
}
NEED_MAIN = ("build", "run", "run-native", "dump")


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZERO_CACHE", "/proc/none")
    return tmp_path


def command(verb: str, path: str) -> int:
    return main.main([verb.removesuffix("-native"), path, *VERBS[verb]])


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", FILES)
def test_contents(name: str, verb: str, folder: pathlib.Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    data, code = FILES[name]
    (folder / "bad.0x0").write_bytes(data)
    status = command(verb, "bad.0x0")
    captured = capfdbinary.readouterr()
    errors = captured.err.decode()  # always UTF-8, whatever the file holds
    if code == "SEM_UNBOUND-027" and verb not in NEED_MAIN:
        assert (status, errors) == (0, "")
        assert captured.out == (b"0 passed, 0 failed\n" if verb == "test" else b"")
    else:
        first = errors.splitlines()[0]
        match = PLACE.fullmatch(first)
        assert match, first
        assert match[1].startswith(code)
        assert (status, captured.out) == (1, b"")
        assert all(len(line) < 400 for line in errors.splitlines())
        assert errors.count("error[") <= 50
        assert "Traceback" not in errors
    assert (folder / "bad.0x0").read_bytes() == data
    assert [entry.name for entry in folder.iterdir()] == ["bad.0x0"]


@pytest.mark.parametrize("verb", VERBS)
def test_no_file(verb: str, folder: pathlib.Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (folder / "folder.0x0").mkdir()
    (folder / "file").write_bytes(b"")
    os.symlink("loop.0x0", folder / "loop.0x0")
    os.symlink("nowhere", folder / "dangling.0x0")
    cases = {
        "missing.0x0": "no such file or directory",
        "folder.0x0": "is a directory",
        "file/x.0x0": "not a directory",
        "loop.0x0": "too many levels of symbolic links",
        "dangling.0x0": "no such file or directory",
        "n" * 300: "file name too long",
        "": "no such file or directory",
    }
    for path, why in cases.items():
        assert command(verb, path) == 2
        captured = capfdbinary.readouterr()
        assert captured.out == b""
        assert captured.err.decode().splitlines()[0] == f"zero: cannot read {path}: {why}"
    assert not (folder / "out").exists()


@pytest.mark.parametrize("verb", VERBS)
def test_a_bad_import_is_said_at_its_place(
    verb: str, folder: pathlib.Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    if verb == "fmt":
        pytest.skip("fmt reads no imports")
    (folder / "root.0x0").write_text('(↥ "bad.0x0")\n(ƒ main (_) 1)\n', "utf-8")
    (folder / "bad.0x0").write_bytes(FILES["latin-1"][0])
    assert command(verb, "root.0x0") == 1
    assert capfdbinary.readouterr().err.decode().startswith("bad.0x0:1:21: error[PARSE-001]")


def test_a_folder_that_is_gone(zero_in_a_lost_folder: tuple[int, str]) -> None:
    status, errors = zero_in_a_lost_folder
    assert status == 2
    assert errors.startswith("zero: ")
    assert len(errors.splitlines()) <= 2


@pytest.fixture(params=["build", "run-native", "check"])
def zero_in_a_lost_folder(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> tuple[int, str]:
    """(status, errors) of a verb whose current folder does not exist any more."""
    import subprocess
    import sys

    from tests.conftest import ROOT

    lost = tmp_path / "lost"
    lost.mkdir()
    words = [request.param.removesuffix("-native"), "main.0x0", *VERBS[request.param]]
    program = (
        f"import os, sys; os.chdir({str(lost)!r}); os.rmdir({str(lost)!r}); sys.path.insert(0, {str(ROOT)!r}); "
        f"from compiler.cli.main import main; sys.exit(main({words!r}))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, check=False)
    return done.returncode, done.stderr.decode()
