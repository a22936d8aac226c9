"""Hostile inputs through lexer, reader, modules, checker, diagnostics and formatter: no crash, no hang, bounded memory.

Inputs run in a forked child that is told by the kernel how much memory it may have.  A slow input is no verdict on a
shared machine: a CPU timer only finds suspects, which then run again with every call counted, and what exceeds `work`
calls for its size has failed.  Knows nothing of how inputs are made; `one` is what is tried, and the place to add to.
"""

from __future__ import annotations

import gc
import mmap
import os
import pickle
import resource
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

from compiler.cli import render
from compiler.diagnostics import Sink, UsageError
from compiler.hir.verify import verify
from compiler.modules.load import load
from compiler.syntax.format import format_source
from compiler.syntax.forms import Symbols
from compiler.syntax.reader import read
from compiler.syntax.source import decode
from compiler.types.check import check, need_main

PATH = "main.0x0"
MEMORY = 1 << 30  # bytes of address space above what the process has when it begins
BATCH = 5_000
SUSPECT_SECONDS = 5.0  # of CPU for one input, before its calls are counted

Made = Callable[[int], bytes]


def work(size: int) -> int:
    """How many calls an input of this many bytes may cost."""
    return 2_000_000 + 5_000 * size


class Slow(BaseException):
    """The timer, or the count, said enough."""


class Broken(Exception):
    """Nothing crashed, but what came out is wrong."""


def one(data: bytes) -> str:
    """Everything the front end does with a file; a word for what became of it."""

    def reader(path: str) -> bytes:
        if path == PATH:  # no other: one that is read under every name imports itself without end
            return data
        raise FileNotFoundError(2, "No such file or directory")

    sink = Sink()
    try:
        graph = load(PATH, frozenset(), sink, read_text=reader)
    except UsageError:
        return "refused"
    program = check(graph, sink) if graph is not None else None
    if program is not None and graph is not None:
        need_main(program, graph, sink)
        problems = verify(program)
        if problems:
            raise Broken("; ".join(str(problem) for problem in problems[:3]))
    elif not sink.items:
        raise Broken("no program and no diagnostic")
    if sink.items:
        shown = render.text(sink)
        if "error[" not in shown:
            raise Broken("a diagnostic that is not shown")
    formats(data)
    if graph is None:
        return "unread"
    return "accepted" if program is not None and not sink.items else "checked"


def formats(data: bytes) -> None:
    """Formatting what reads changes nothing the second time."""
    sink = Sink()
    file, readable = decode(0, PATH, data, sink)
    if not readable:
        return
    read(file, Symbols(), sink)
    if sink.items:
        return
    once = format_source(file.text, PATH)
    if format_source(once, PATH) != once:
        raise Broken("formatting twice differs")


def counted(data: bytes, allowed: int) -> int:
    """Calls that one input costs; Slow beyond what is allowed."""
    calls = 0

    def count(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > allowed:
            raise Slow

    sys.setprofile(count)
    try:
        one(data)
    finally:
        sys.setprofile(None)
    return calls


def judged(data: bytes) -> str:
    """A word for a sound input, or `crash …`, `hang …`, `memory …`, `wrong …`."""
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, SUSPECT_SECONDS)
        try:
            return one(data)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    except Slow:
        pass
    except MemoryError:
        return "memory"
    except Broken as error:
        return f"wrong {error}"
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"crash {type(error).__name__} in {os.path.basename(last.filename)} {last.name}: {error}"[:300]
    try:
        counted(data, work(len(data)))
    except Slow:
        return f"hang more than {work(len(data))} calls for {len(data)} bytes"
    return "slow"


FAILED = ("crash", "hang", "memory", "wrong", "died")


def drive(make: Made, seed: int, count: int) -> tuple[Counter[str], list[tuple[int, str]]]:
    """(how many inputs came to what, the failures by seed) for inputs seed … seed + count - 1."""
    kinds: Counter[str] = Counter()
    failures: list[tuple[int, str]] = []
    at = seed
    while at < seed + count:
        batch = min(BATCH, seed + count - at)
        done, found, words = _batch(make, at, batch)
        kinds.update(words)
        failures += found
        at += done
    kinds.update([text.split(" ")[0] for _, text in failures])
    return kinds, failures


def _batch(make: Made, seed: int, count: int) -> tuple[int, list[tuple[int, str]], Counter[str]]:
    """Run inputs in a child; how many were done, the failures, and what the sound ones came to."""
    shared = mmap.mmap(-1, 8)
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(receive)
            _limits()
            found: list[tuple[int, str]] = []
            kinds: Counter[str] = Counter()
            for number in range(seed, seed + count):
                shared[:] = number.to_bytes(8, "little")
                word = judged(make(number))
                if word.split(" ")[0] in FAILED:
                    found.append((number, word))
                else:
                    kinds[word] += 1
            with os.fdopen(send, "wb") as file:
                pickle.dump((found, kinds), file)
        finally:
            os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as file:
        data = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if data:
        found, kinds = pickle.loads(data)
        return count, found, kinds
    # The input that ended the child has failed; those before it ran well but their words are lost.
    last = int.from_bytes(shared[:], "little")
    again = _batch(make, seed, last - seed) if last > seed else (0, [], Counter[str]())
    return last - seed + 1, [*again[1], (last, f"died {status}")], again[2]


def _limits() -> None:
    os.chdir(tempfile.gettempdir())  # no manifest above
    with open("/proc/self/statm", encoding="ascii") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, now + MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def enough(*_: object) -> None:
        raise Slow

    signal.signal(signal.SIGVTALRM, enough)
    gc.freeze()
