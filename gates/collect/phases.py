"""Memory by phase on the largest fixture project, beside a naive front end that frees nothing.

`before` is the reference kept for the purpose (`tests/phases/reference.py`: an object a token and a node, every phase's
product held until the end), `after` is the build as it is.  Both print one line a phase on standard error:

    [mem] mir current_kib=31204 delta_kib=+2210 peak_kib=31388 tracked_bytes=1630120 objects=20911 … owners=mir:1630120

Tracked bytes, by owner, are exact, and so is what is left: bytes that no owner reaches, above those at the start.
Resident size is what the system says and is noisy, so it is taken in pairs; a peak alone can never fall, so the current
size of each phase is what counts.
"""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gates.collect import measure, zero
from gates.collect.samples import ROOT, Samples, Unavailable, main

COMMAND = "python -m gates.collect.phases"
REFERENCE = ("python", "-m", "tests.phases.reference")
PAIRS = 9


@dataclass(frozen=True, slots=True)
class Phase:
    name: str
    rss: int
    peak: int
    tracked: int
    left: int  # bytes that nobody owns, above those at the start
    owners: dict[str, int]


def read_phases(text: str) -> list[Phase]:
    """The phases of one build, in order."""
    found: list[Phase] = []
    start = -1
    for name, rest in re.findall(r"^\[mem\] ([a-z0-9_]+) (.*)$", text, re.MULTILINE):
        facts = dict(re.findall(r"([a-z_]+)=(\S*)", rest))
        parts = (part.partition(":") for part in facts.get("owners", "").split(",") if part)
        owners = {owner: int(size) for owner, _, size in parts}
        current, peak = int(facts["current_kib"]) * 1024, int(facts["peak_kib"]) * 1024
        elsewhere = int(facts["elsewhere_bytes"])
        start = elsewhere if start < 0 else start
        found.append(Phase(name, current, peak, int(facts["tracked_bytes"]), elsewhere - start, owners))
    if not found:
        raise Unavailable("zero build --memory-stats printed no phase")
    return found


def collect(samples: Samples) -> None:
    source = zero.largest_project()
    name, project = str(source.relative_to(ROOT)), source.parent.name
    with tempfile.TemporaryDirectory(prefix="zero-phases-") as folder:
        out = Path(folder) / "out"

        def take(variant: str) -> list[Phase]:
            if variant == "before":
                cost = measure.run([sys.executable, *REFERENCE[1:], name, "-o", str(out), "--reader", "naive"])
            else:
                cost = zero.build(source, out, "--no-cache", "--memory-stats")
            return read_phases(cost.error.decode("utf-8", "replace"))

        taken: dict[str, list[list[Phase]]] = {"before": [], "after": []}

        def end_rss(variant: str) -> float:
            taken[variant].append(take(variant))
            return float(taken[variant][-1][-1].rss)

        ends = measure.interleave(PAIRS, lambda: end_rss("before"), lambda: end_rss("after"), name)
    commands = {
        "before": " ".join((*REFERENCE, name, "-o", "OUT", "--reader", "naive")),
        "after": zero.shown("build", name, "-o", "OUT", "--no-cache", "--memory-stats"),
    }
    for variant, command in commands.items():
        for phase in taken[variant][-1]:
            label = f"{project}/{phase.name}"
            samples.add(label, "phase_rss", "bytes", phase.rss, variant=variant, command=command)
            samples.add(label, "phase_peak", "bytes", phase.peak, variant=variant, command=command)
        for sample in (0, 1):  # twice, since what is called exact must repeat
            phases = taken[variant][-1 - sample]
            add_tracked(samples, project, phases, variant, sample, command)
        for pair, values in enumerate(ends):
            value = int(values[0] if variant == "before" else values[1])
            samples.add(project, "end_rss", "bytes", value, variant=variant, pair=pair, command=command)


def add_tracked(samples: Samples, project: str, phases: list[Phase], variant: str, sample: int, command: str) -> None:
    """What each owner holds after each phase, what the last one leaves, and what each free step gave back."""
    previous = 0
    for phase in phases:
        label = f"{project}/{phase.name}"
        samples.add(label, "tracked_bytes", "bytes", phase.tracked, variant=variant, sample=sample, command=command)
        for owner, size in phase.owners.items():
            samples.add(
                f"{label}/{owner}", "owner_bytes", "bytes", size, variant=variant, sample=sample, command=command
            )
        if phase.name.endswith("_free"):
            freed = previous - phase.tracked - phase.left
            samples.add(label, "freed_bytes", "bytes", freed, variant=variant, sample=sample, command=command)
        previous = phase.tracked + phase.left
    end = phases[-1].tracked + phases[-1].left
    samples.add(project, "tracked_end_bytes", "bytes", end, variant=variant, sample=sample, command=command)


if __name__ == "__main__":
    sys.exit(main(collect, COMMAND))
