"""The store at length: writers killed at random points, and how fast it reads and collects.

    python -m tests.heavy.store [--kills 1000] [--seed S] [--speed] [--record]

Every fifth writer is killed while it makes a new store, the others while they write into one that grows and is
collected now and then.  Speeds are CPU time of this process.  Status 3 when anything was lost or wrong.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable

from compiler.cas.kinds import linking
from compiler.cas.store import Store
from compiler.cas.sweep import collect
from gates.collect.store_objects import store_code
from tests.cas import killing
from tests.heavy.results import commit, cpu_seconds, record, record_run, today

ROUND = 50  # kills between two looks at the whole store
KEPT = 64 << 20  # bytes that a look leaves
READS = 20_000
COLLECTED = 100_000


def kills(count: int, seed: int, folder: str, tell: Callable[[str], object]) -> tuple[list[str], str]:
    """What was lost or wrong, and what the kills came to."""
    generator = random.Random(seed)
    root, wrong, written, early, rests = os.path.join(folder, "store"), [], 0, 0, 0
    for number in range(1, count + 1):
        if number % 5 == 0:
            early += 1
            fresh = os.path.join(folder, f"fresh-{number}")
            wrong += killing.kill_at_the_start(fresh, generator.random() * 0.15)
            shutil.rmtree(fresh, ignore_errors=True)
        else:
            said, found = killing.kill(root, written, generator.random() * 0.01)
            written += said
            wrong += found
        if number % ROUND == 0 or number == count:
            wrong += killing.left_wrong(root)
            rests += len(os.listdir(os.path.join(root, "tmp")))
            collect(Store(root), max_bytes=KEPT, grace_s=-1)
            wrong += killing.left_wrong(root)
            left = [each for each in range(written) if Store(root).find(killing.key(each), "build-record")]
            wrong += [problem for each in left if (problem := killing.check(Store(root), each))]
            tell(f"{number} kills, {written} results, {len(left)} of them kept, {len(wrong)} wrong\n")
    return (
        wrong,
        f"{count} kills, {early} of them while a store was made; {written} results said; {rests} files left in tmp",
    )


def speed(folder: str) -> str:
    """Verified reads per CPU second by size, and what collecting 100,000 objects costs."""
    told = []
    store = Store(os.path.join(folder, "reads"))
    generator = random.Random(1)
    for size in (300, 4000, 16_000):
        count = READS // 10
        addresses = [store.put("archive", b"!<arch>\n" + generator.randbytes(size - 8)) for _ in range(count)]
        start = time.process_time()
        for _ in range(10):
            for address in addresses:
                store.get(address)
        told.append(f"{int(count * 10 / (time.process_time() - start))} reads of {size} bytes")
    store = Store(os.path.join(folder, "sweep"))
    for number in range(COLLECTED // 4):
        three = [store.put("archive", b"!<arch>\n%d %d" % (number, each)) for each in range(3)]
        store.set(killing.key(number), store.put("build-record", linking(three, b"")))
    costs = []
    for limit in (None, 0):
        start = time.process_time()
        swept = collect(store, max_bytes=limit, grace_s=-1)
        costs.append(f"{time.process_time() - start:.2f} s to {'remove' if limit == 0 else 'keep'} {COLLECTED} objects")
        assert swept.objects_removed == (COLLECTED if limit == 0 else 0), swept.objects_removed
    return f"per CPU second: {', '.join(told)}; CPU: {', '.join(costs)}"


def keep(seed: int, count: int, lost: int, detail: str, tree: str, code: str) -> None:
    """The row that the gate of the store asks for: it speaks of the code that ran from the first kill to the last."""
    if code != store_code():
        print("the store's code has changed meanwhile: no row is kept for the gate", file=sys.stderr)
        return
    row = {"seed": seed, "kills": count, "lost": lost, "detail": detail, "code": code}
    record("killed-writers", [row | {"cpu_s": cpu_seconds(), "commit": tree, "date": today()}])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="store")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--record", action="store_true", help="keep the result in ledgers/heavy/long-runs.tsv")
    options = parser.parse_args(arguments)
    tree, code, wrong = commit(), store_code(), []
    with tempfile.TemporaryDirectory() as folder:
        if options.speed:
            detail = speed(folder)
            print(detail)
            if options.record:
                record_run("store-speed", 1, COLLECTED, 0, detail, tree)
        if options.kills:
            wrong, detail = kills(options.kills, options.seed, folder, lambda line: print(line, end="", flush=True))
            print("\n".join([*wrong, detail]))
            if options.record:
                record_run("store-kills", options.seed, options.kills, len(wrong), detail, tree)
                keep(options.seed, options.kills, len(wrong), detail, tree, code)
    return 3 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
