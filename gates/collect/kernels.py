"""The eight numeric kernels, native at level release against gcc -O2: CPU time in interleaved pairs.

`before` is the C twin, `after` is the 0x0 program; both print the same, or there is no sample.  The
table of sizes serves the optimizer's collector too.  A new kernel is a row in SIZES.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from gates.collect import measure, zero
from gates.collect.samples import ROOT, Samples, main

COMMAND = "python -m gates.collect.kernels"
PAIRS = 11
# name -> the size at which instructions are counted (some millions), the size at which time is taken
# (some tens of milliseconds)
SIZES: dict[str, tuple[int, int]] = {
    "fannkuch": (7, 9),
    "fib": (24, 32),
    "mandelbrot": (100, 800),
    "matmul": (80, 250),
    "nbody": (8_000, 400_000),
    "nqueens": (9, 12),
    "sieve": (300_000, 6_000_000),
    "spectral": (100, 500),
}


def source(name: str) -> Path:
    return ROOT / "fixtures" / "workloads" / f"{name}.0x0"


def collect(samples: Samples) -> None:
    with tempfile.TemporaryDirectory(prefix="zero-kernels-") as folder:
        for name, (_, size) in SIZES.items():
            twin, own = Path(folder) / f"{name}-c", Path(folder) / name
            compiler = [os.environ.get("CC", "cc"), "-O2", "-w", "-o", str(twin)]
            measure.run([*compiler, str(source(name).with_suffix(".c")), "-lm"])
            zero.build(source(name), own, "--no-cache", "--level", "release")
            programs = {"before": [str(twin), str(size)], "after": [str(own), str(size)]}
            printed = {measure.run(program).out for program in programs.values()}
            if len(printed) != 1:
                raise RuntimeError(f"{name} does not print what its C twin prints")

            def take(side: str, programs: dict[str, list[str]] = programs) -> float:
                return measure.run(programs[side]).cpu_s

            times = measure.interleave(PAIRS, lambda take=take: take("before"), lambda take=take: take("after"), name)  # type: ignore[misc]
            commands = {
                "before": f"cc -O2 fixtures/workloads/{name}.c && ./a.out {size}",
                "after": zero.shown("run", f"fixtures/workloads/{name}.0x0", "--level", "release", "--", str(size)),
            }
            for pair, values in enumerate(times):
                for side, value in zip(("before", "after"), values, strict=True):
                    samples.add(name, "kernel_cpu_time", "s", value, variant=side, pair=pair, command=commands[side])


if __name__ == "__main__":
    sys.exit(main(collect, COMMAND))
