"""What the optimizer does to the benchmark programs: instructions executed and bytes of code, exactly.

`before` is `--level dev`, `after` is `--level release`.  Each program runs with both, and must print
the same; a faster wrong program is no evidence.
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gates.collect import measure, zero
from gates.collect.kernels import SIZES, source
from gates.collect.samples import Samples, main

COMMAND = "python -m gates.collect.optimizer"
LEVELS = {"before": "dev", "after": "release"}


def collect(samples: Samples) -> None:
    counted = measure.has_valgrind()
    if not counted:
        samples.skip("run_instructions", measure.NO_VALGRIND)
    with tempfile.TemporaryDirectory(prefix="zero-optimizer-") as folder:

        def take(job: tuple[str, str]) -> tuple[int, int | None, bytes]:
            name, level = job
            out = Path(folder) / f"{name}-{level}"
            zero.build(source(name), out, "--no-cache", "--level", level)
            program = [str(out), str(SIZES[name][0])]
            printed = measure.run(program).out
            return measure.code_bytes(out), measure.instructions(program) if counted else None, printed

        jobs = [(name, level) for name in SIZES for level in LEVELS.values()]
        with ThreadPoolExecutor(max_workers=2) as pool:
            taken = dict(zip(jobs, pool.map(take, jobs), strict=True))
    for name, (size, _) in SIZES.items():
        if len({taken[name, level][2] for level in LEVELS.values()}) != 1:
            raise RuntimeError(f"{name} does not print the same at both levels")
        for variant, level in LEVELS.items():
            code, count, _ = taken[name, level]
            command = zero.shown("run", f"fixtures/workloads/{name}.0x0", "--level", level, "--", str(size))
            samples.add(name, "code_bytes", "bytes", code, variant=variant, command=command)
            if count is not None:
                samples.add(name, "run_instructions", "instructions", count, variant=variant, command=command)


if __name__ == "__main__":
    sys.exit(main(collect, COMMAND))
