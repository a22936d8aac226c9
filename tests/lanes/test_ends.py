"""A program that uses its stack or its memory up ends alike in every lane: what it printed, one line, 102 or 103.

The limits are those of `docs/language/limits.md`; a test reads the numbers there.
"""

from __future__ import annotations

import functools
import os
import pathlib
import resource
import subprocess
import sys

import pytest

from compiler import panics
from compiler.hir import interp as hir_interp
from compiler.types import core, exhaust
from tests.conftest import ROOT

LANES = {
    "interp": ("--lane", "interp"),
    "mir": ("--lane", "mir"),
    "native-dev": ("--lane", "native", "--level", "dev"),
    "native-release": ("--lane", "native", "--level", "release"),
}
# Of address space: an interpreter fits, and an executable with its stack of 256 MiB, and not much more.
MEMORY = {"interp": 300 << 20, "mir": 300 << 20, "native-dev": 600 << 20, "native-release": 600 << 20}

STACK = {
    "itself": "(ƒ f (n) (+ 1 (f (+ n 1))))\n(ƒ go (_) (f 0))",
    "each other": "(ƒ f (n) (+ 1 (g n)))\n(ƒ g (n) (* 2 (f (+ n 1))))\n(ƒ go (_) (g 0))",
    "a closure": "(ƒ f (k n) (+ 1 (k (+ n 1))))\n(ƒ g (n) (f (λ (m) (+ 2 (g m))) n))\n(ƒ go (_) (g 0))",
    "an actor": "(ƒ f (n) (+ 1 (f (+ n 1))))\n(ƒ go (_) (join (: (spawn (λ (self) (f 0) unit)) (Actor Unit))))",
    "actors near the end": (
        "(ƒ f (n) (if (and (> n 99900) (< n 100100)) (join (: (spawn (λ (self) unit)) (Actor Unit))) unit)"
        " (+ 1 (f (+ n 1))))\n"
        "(ƒ go (_) (f 0))"
    ),
    "a match": "(ƒ f (o) (match o ((Some n) (+ 1 (f (Some (+ n 1))))) (None 0)))\n(ƒ go (_) (f (Some 1)))",
    "a field": "(τ T (T (f (→ T I64))))\n(ƒ go (_) (≔ ((t (T (λ (s) (+ 1 ((. (: s T) f) s)))))) ((. t f) t)))",
    "a list": "(ƒ f (xs) (+ (head xs) (f (cons 1 xs))))\n(ƒ go (_) (f (list 1)))",
}
# What fills the memory is looked at in the end: the optimizer may drop what nobody sees.
HEAP = {
    "lists": "(ƒ go (_) (≔ ((mut xs (list))) (for (i 0 1000000000) (set! xs (cons i xs))) (len xs)))",
    "an actor's lists": (
        "(ƒ f (n) (≔ ((mut xs (list))) (for (i 0 n) (set! xs (cons i xs))) (print (show (len xs)))))\n"
        "(ƒ go (_) (join (: (spawn (λ (self) (f 1000000000))) (Actor Unit))))"
    ),
    "mailboxes": (
        "(ƒ go (_) (≔ ((a (inbox))) (for (i 0 1000000000) (send a (array 1000 i))) (array-len (receive a))))"
    ),
    "texts": '(ƒ go (_) (≔ ((mut t "x")) (for (i 0 62) (set! t (text-cat t t))) (text-len t)))',
    "arrays": "(ƒ go (_) (≔ ((mut all (list))) (for (i 0 1000000) (set! all (cons (array 100000 i) all))) (len all)))",
    "one array": "(ƒ go (_) (array-len (array 1000000000000 0)))",
    "bytes": "(ƒ go (_) (bytes-len (bytes 1000000000000)))",
}


def ended(tmp_path: pathlib.Path, text: str, lane: str, limit: int) -> tuple[int, bytes, bytes]:
    (tmp_path / "main.0x0").write_text(text + '\n(ƒ main (_) (print "before") (go))\n', "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "compiler.cli", "run", "main.0x0", *LANES[lane]],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ZERO_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        preexec_fn=functools.partial(resource.setrlimit, resource.RLIMIT_AS, (limit, limit)),
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("name", STACK)
def test_the_stacks_end(tmp_path: pathlib.Path, name: str, lane: str) -> None:
    expected = (102, b"before\n", panics.STACK_LINE.encode() + b"\n")
    assert ended(tmp_path, STACK[name], lane, resource.RLIM_INFINITY) == expected


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("name", HEAP)
def test_memorys_end(tmp_path: pathlib.Path, name: str, lane: str) -> None:
    expected = (103, b"before\n", panics.MEMORY_LINE.encode() + b"\n")
    assert ended(tmp_path, HEAP[name], lane, MEMORY[lane]) == expected


def test_the_page_names_the_limits() -> None:
    page = (ROOT / "docs" / "language" / "limits.md").read_text("utf-8")
    named = [
        hir_interp.FRAME_LIMIT,
        core.MAX_PARTS,
        core.MAX_VARIABLES,
        exhaust.MAX_ROWS,
        panics.STACK_STATUS,
        panics.MEMORY_STATUS,
    ]
    for number in named:
        assert f"{number:,}" in page, number
