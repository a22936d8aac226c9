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
from gates.collect.samples import ROOT, Samples, main

COMMAND = "python -m gates.collect.optimizer"
LEVELS = {"before": "dev", "after": "release"}


def collect(samples: Samples) -> None:
    counted = measure.has_valgrind()
    if not counted:
        samples.skip("run_instructions", measure.NO_VALGRIND)
    with tempfile.TemporaryDirectory(prefix="zero-optimizer-") as folder:

        def take(job: tuple[Path, str]) -> tuple[int, int | None, bytes]:
            source, level = job
            out = Path(folder) / f"{source.stem}-{level}"
            zero.build(source, out, "--level", level)
            done = measure.run([str(out)], expect=None)
            count = measure.instructions([str(out)], expect=None) if counted else None
            return measure.code_bytes(out), count, done.out + b"status %d" % done.status

        jobs = [(source, level) for source in zero.workloads() for level in LEVELS.values()]
        with ThreadPoolExecutor(max_workers=2) as pool:
            taken = dict(zip(jobs, pool.map(take, jobs), strict=True))
    for source in zero.workloads():
        name = str(source.relative_to(ROOT))
        said = {taken[source, level][2] for level in LEVELS.values()}
        if len(said) != 1:
            raise RuntimeError(f"{name} does not print the same at both levels")
        for variant, level in LEVELS.items():
            size, count, _ = taken[source, level]
            command = zero.shown("build", name, "-o", "OUT", "--level", level)
            samples.add(source.stem, "code_bytes", "bytes", size, variant=variant, command=command)
            if count is not None:
                samples.add(source.stem, "run_instructions", "instructions", count, variant=variant, command=command)


if __name__ == "__main__":
    sys.exit(main(collect, COMMAND))
