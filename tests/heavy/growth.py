"""A long measurement: how the cost of compiling grows: `python -m tests.heavy.growth [--record]`, `invoke growth`.

Every shape of `shapes.py` is compiled at five sizes, from text to machine code, in this process, at dev level with
every verifier.  Counted are steps: lines of the compiler that run, a line of a comprehension once for each element.
They repeat exactly, but see nothing of what one line does in C (a copy of a list, a wide bit mask): the CPU time
beside them does, at larger sizes, and varies with the machine.
The exponent is of the steps that a doubling adds over the elements that it adds: what is paid once, for the frame of
the shape or for an empty program, is in none of them and cannot blur it.
Status 3 when steps grow faster than `LIMIT` allows.
"""

from __future__ import annotations

import argparse
import gc
import math
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from types import FrameType
from typing import Any

from compiler import pipeline
from compiler.diagnostics import Sink
from compiler.hir.verify import verify
from compiler.options import Options
from tests.heavy.results import commit, record, today
from tests.heavy.shapes import ROOT, SHAPES, Files

LEVELS = ("dev", "release")
LIMIT = 1050  # thousandths, of steps
HALVINGS = 4
COUNTED, TIMED = 2, 2  # the largest sizes, as parts of the shape's own: counting takes long


def compiled(files: Files, level: str) -> int:
    """Compile to machine code and verify at every level; gives the bytes of code."""

    def read(path: str) -> bytes:
        name = path.rpartition("/")[2]
        if name not in files:
            raise FileNotFoundError(2, "no such file", path)
        return files[name].encode()

    sink = Sink()
    options = Options(level=level, verify=level == "dev")
    _, program = pipeline.front(ROOT, options.features, sink, reader=read)
    assert program is not None, [each.message for each in sink.items]
    assert verify(program) == []
    codes, _ = pipeline.back(pipeline.middle(program, options), options)
    return sum(code.size for code in codes)


def steps(work: Callable[[], object]) -> int:
    """Lines that run in Python while `work` does."""
    count = 0

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def slope(sizes: list[int], costs: list[float]) -> float:
    """The exponent of cost over size: least squares on logarithmic scales."""
    return statistics.linear_regression([math.log(n) for n in sizes], [math.log(cost) for cost in costs]).slope


def measured(name: str, level: str, largest: int, halvings: int = HALVINGS) -> tuple[list[int], list[int]]:
    """(elements, steps) at each size, the least first."""
    sizes = [largest >> halving for halving in reversed(range(halvings + 1))]
    compiled(SHAPES[name][0](sizes[0]), level)  # imports and tables
    return sizes, [steps(partial(compiled, SHAPES[name][0](size), level)) for size in sizes]


def exponent(sizes: list[int], costs: list[int]) -> float:
    """How the cost of what a size adds to the one before grows with what it adds; one step at least."""
    added = [after - before for before, after in pairwise(sizes)]
    return slope(added, [float(max(after - before, 1)) for before, after in pairwise(costs)])


def cpu_slope(name: str, level: str, largest: int) -> float:
    """The exponent of CPU time over the three largest sizes."""
    sizes, costs = [], []
    for halving in (2, 1, 0):
        files = SHAPES[name][0](largest >> halving)
        gc.collect()
        start = time.process_time()
        compiled(files, level)
        costs.append(time.process_time() - start)
        sizes.append(largest >> halving)
    return slope(sizes, costs)


def size_of(files: Files) -> int:
    """Bytes of source."""
    return sum(len(text.encode()) for text in files.values())


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="growth")
    parser.add_argument("--record", action="store_true", help="keep the result in ledgers/heavy/growth.tsv")
    parser.add_argument("--shape", default="", help="only shapes whose names begin so")
    options = parser.parse_args(arguments)
    tree = commit()
    missed = 0
    gc.disable()
    for name, (_, largest) in SHAPES.items():
        if not name.startswith(options.shape):
            continue
        rows = []
        for level in LEVELS:
            sizes, costs = measured(name, level, largest // COUNTED)
            source = size_of(SHAPES[name][0](sizes[-1]))
            row = {"shape": name, "level": level, "size": sizes[-1], "bytes": source, "steps": costs[-1]}
            row["steps_exponent_thousandths"] = round(1000 * exponent(sizes, costs))
            row["cpu_exponent_thousandths"] = round(1000 * cpu_slope(name, level, largest // TIMED))
            rows.append(row | {"commit": tree, "date": today()})
            bad = int(row["steps_exponent_thousandths"]) > LIMIT
            missed += bad
            words = f"{row['steps_exponent_thousandths']:>6} steps {row['cpu_exponent_thousandths']:>6} CPU"
            print(f"{name:22}{level:8}{costs[-1]:>12,} steps; exponents {words}{'  MISSED' if bad else ''}", flush=True)
        if options.record:
            record("growth", rows)
    return 3 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
