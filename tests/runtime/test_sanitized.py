"""The same sources under AddressSanitizer and UndefinedBehaviorSanitizer: a driver calls every function."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess

import pytest

from runtime_c import build

DRIVER = pathlib.Path(__file__).parent / "driver.c"


@pytest.fixture(scope="module")
def driver() -> str:
    return build.build_sanitized()


def run(driver: str, argument: str) -> subprocess.CompletedProcess[bytes]:
    # One thread: the sanitizer takes fibers that change threads for mistakes (tests/actors has the thread sanitizer).
    environment = {**os.environ, "ZR_THREADS": "1"}
    return subprocess.run([driver, argument], input=b"line\nrest", capture_output=True, check=False, env=environment)


def test_the_driver_calls_everything() -> None:
    declared = set(re.findall(r"\b(zr_\w+)\(", build.declarations()))
    called = set(re.findall(r"\b(zr_\w+)\(", DRIVER.read_text("utf-8")))
    assert len(declared) > 40
    assert declared <= called


def test_nothing_is_wrong(driver: str, tmp_path: pathlib.Path) -> None:
    done = run(driver, str(tmp_path))
    assert done.stderr == b""
    assert (done.returncode, done.stdout) == (0, b"one\ntwo\nthree\none\ntwo\nthree" * 2)


@pytest.mark.parametrize("mistake", ["after-free", "beyond"])
def test_mistakes_with_our_blocks_are_seen(driver: str, mistake: str) -> None:
    done = run(driver, mistake)
    assert done.returncode not in (0, 101, 102, 103)
    assert b"AddressSanitizer: use-after-poison" in done.stderr


@pytest.mark.parametrize(
    ("end", "status", "words"),
    [
        ("panic", 101, b"panic: index 3 out of range for length -9223372036854775808\n  at f.0x0:1:2\n"),
        ("panic-text", 101, b"panic: words\n  at f.0x0:1:2\n"),
        ("type", 101, b"panic: value is F64, not I64\n  at f.0x0:1:2\n"),
        ("exit", 7, b""),
        ("memory", 103, b"panic: memory exhausted\n"),
    ],
)
def test_ends_are_the_freestanding_ones(driver: str, end: str, status: int, words: bytes) -> None:
    done = run(driver, end)
    assert (done.returncode, done.stderr) == (status, words)
