"""A first build against a build after no change: CPU time in pairs, and whether the bytes are the same.

`before` uses no result of an earlier build (`--no-cache`), `after` repeats a build with nothing
changed.  The executables must be equal byte for byte; a quick wrong build is no evidence.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from gates.collect import measure, zero
from gates.collect.samples import ROOT, Samples, main

COMMAND = "python -m gates.collect.rebuild"
PAIRS = 15


def collect(samples: Samples) -> None:
    source = zero.largest_project()
    name, project = str(source.relative_to(ROOT)), source.parent.name
    with tempfile.TemporaryDirectory(prefix="zero-rebuild-") as folder:
        cold, again = Path(folder) / "cold", Path(folder) / "again"
        zero.build(source, again)

        def differing(other: Path) -> int:
            one, two = cold.read_bytes(), other.read_bytes()
            return abs(len(one) - len(two)) + sum(a != b for a, b in zip(one, two, strict=False))

        times = measure.interleave(
            PAIRS,
            lambda: zero.build(source, cold, "--no-cache").cpu_s,
            lambda: zero.build(source, again).cpu_s,
            name,
        )
        samples.add(project, "differing_bytes", "bytes", differing(again))
    commands = {
        "before": zero.shown("build", name, "-o", "OUT", "--no-cache"),
        "after": zero.shown("build", name, "-o", "OUT"),
    }
    for pair, values in enumerate(times):
        for variant, value in zip(("before", "after"), values, strict=True):
            samples.add(project, "build_cpu_time", "s", value, variant=variant, pair=pair, command=commands[variant])


if __name__ == "__main__":
    sys.exit(main(collect, COMMAND))
