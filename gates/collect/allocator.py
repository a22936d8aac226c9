"""The `zr` allocator against the C library's malloc: instructions per malloc and free, exactly.

The benchmarks are the same C source, built once for each allocator (`python -m runtime_c.build bench`).
`before` is the C library, `after` is zr.  Time and memory are taken by `allocator_time`.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from gates.collect import measure
from gates.collect.samples import ROOT, Samples, Unavailable, main

COMMAND = "python -m gates.collect.allocator"
VARIANTS = {"before": "libc", "after": "zr"}
PAIRS = 20_000  # malloc and free pairs that one count covers
# How much of each workload takes the C library about a tenth of a second.
COUNTS = {"mix": 8_000_000, "tree": 1_500, "queue": 8_000_000}


@cache
def build_benches() -> None:
    if not (ROOT / "runtime_c" / "build.py").exists():
        raise Unavailable("the runtime is not built yet")
    measure.run([sys.executable, "-m", "runtime_c.build", "bench"])


def bench(workload: str, allocator: str) -> Path:
    build_benches()
    path = ROOT / "build" / "bench" / f"alloc_{workload}_{allocator}"
    if not path.exists():
        raise Unavailable(f"{path.relative_to(ROOT)} was not built")
    return path


def pair_instructions(allocator: str) -> int:
    """Instructions of one malloc and one free, start-up and loop set-up taken out."""
    program = str(bench("pair", allocator))
    small, large = (measure.instructions([program, str(count)]) for count in (PAIRS, 2 * PAIRS))
    return round((large - small) / PAIRS)


def collect(samples: Samples) -> None:
    if not measure.has_valgrind():
        samples.skip("pair_instructions", measure.NO_VALGRIND)
        return
    for variant, allocator in VARIANTS.items():
        for sample in range(2):  # twice, since what is called exact must repeat
            value = pair_instructions(allocator)
            samples.add("pair", "pair_instructions", "instructions/pair", value, variant=variant, sample=sample)


if __name__ == "__main__":
    sys.exit(main(collect, COMMAND))
