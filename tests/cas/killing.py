"""Kill writers of a store at random points and look at what is left: by `test_races.py` briefly, by `tests.heavy.store`
at length.

A writer prints a line for each reference it has set, before it goes on.  After the kill everything it had said must be
there and right, nothing that is read may be damaged, and only files in `tmp` may be left behind.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

from compiler.cas.kinds import after_links, linking, links
from compiler.cas.scan import verify
from compiler.cas.store import Store
from compiler.cas.sweep import collect
from tests.conftest import ROOT


def payload(number: int) -> bytes:
    """An object of a size that depends on its number: some need several writes, some are packed."""
    generator = random.Random(number)
    body = generator.randbytes(generator.choice([10, 3000, 200_000])) if number % 3 else b"line\n" * (number % 7000)
    return b"!<arch>\n" + body


def key(number: int) -> str:
    return f"{number:064x}"


def write(root: str, start: int, count: int, collecting: bool) -> None:
    """What a writer does: objects, a record over them, a reference; now and then a collection."""
    store = Store(root)
    for number in range(start, start + count):
        program = store.put("archive", payload(number))
        text = store.put("query-value", linking([program], payload(number + 1)))
        store.set(key(number), store.put("build-record", linking([program, text], str(number).encode())))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        if collecting and number % 8 == 7:
            try:
                collect(store, max_bytes=4 << 20)
            except Exception as fault:  # another one collects
                assert "CAS_PLACE-005" in str(fault), fault


def writer(root: str, start: int, count: int, *, collecting: bool = False) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.cas.killing", root, str(start), str(count), "1" if collecting else ""],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )


def said(output: bytes) -> list[int]:
    """The whole lines of a writer."""
    return [int(line) for line in output.split(b"\n")[:-1]]


def check(store: Store, number: int) -> str:
    """What is wrong with a reference that was set, or an empty text."""
    address = store.find(key(number), "build-record")
    if address is None:
        return f"{number}: its reference is lost"
    record = store.get(address)
    program, text = links(record)
    if after_links(record) != str(number).encode() or store.get(program) != payload(number):
        return f"{number}: other bytes"
    return "" if after_links(store.get(text)) == payload(number + 1) else f"{number}: other bytes"


def kill(root: str, start: int, delay_s: float) -> tuple[int, list[str]]:
    """Start a writer and kill it that long after its first word: how far it came, and what is wrong."""
    process = writer(root, start, 10_000)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(delay_s)
    os.kill(process.pid, signal.SIGKILL)
    rest, _ = process.communicate()
    numbers = said(first + rest)
    store = Store(root)
    wrong = [problem for number in numbers if (problem := check(store, number))]
    return len(numbers), wrong


def kill_at_the_start(root: str, delay_s: float) -> list[str]:
    """Kill a writer that may just be making the store: what is wrong, or cannot be done afterwards."""
    process = writer(root, 0, 10_000)
    time.sleep(delay_s)
    os.kill(process.pid, signal.SIGKILL)
    output, _ = process.communicate()
    store = Store(root)
    wrong = [problem for number in said(output) if (problem := check(store, number))]
    address = store.put("archive", payload(1))
    store.set(key(1), address)
    if Store(root).get(address) != payload(1):
        wrong.append("what is put afterwards is not there")
    return wrong + left_wrong(root)


def left_wrong(root: str) -> list[str]:
    """Whatever a scan finds besides what killed writers leave."""
    return [f"{name}: {fault}" for name, fault in verify(Store(root)).faults if fault.code != "CAS_WRITER-001"]


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), bool(sys.argv[4]))
