"""Measure one baseline metric now and print it: `python -m gates.collect.metric NAME`.

These are the collection commands of ledgers/perf/compiler-memory-baseline-metrics.tsv: quick looks,
one sample each, for a person.  Gates judge what the collectors beside this one take with repeats and
pairs.  A new metric is a row in METRICS.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from gates.collect import measure, zero
from gates.collect.samples import ROOT, Unavailable
from ledgers.problems import NOTHING, USAGE


def project_copy(folder: Path) -> Path:
    """A copy of the largest project, so that an edit leaves the fixture alone."""
    source = zero.largest_project()
    shutil.copytree(source.parent, folder / "project")
    return folder / "project" / source.name


def build_costs(folder: Path, edit: bool = False) -> tuple[measure.Cost, measure.Cost]:
    """The cost of a first build, and of a second after nothing or one file changed."""
    source = project_copy(folder)
    cold = zero.build(source, folder / "out")
    if edit:
        leaf = zero.modules(source)[-1]
        leaf.write_text(leaf.read_text("utf-8") + "\n; edited\n", "utf-8")
    return cold, zero.build(source, folder / "out")


def memory_rows(folder: Path) -> list[tuple[str, dict[str, str]]]:
    """The phases that --memory-stats prints, each with its `name=value` facts."""
    cost = zero.build(zero.largest_project(), folder / "out", "--memory-stats")
    rows = []
    for line in cost.error.decode("utf-8", "replace").split("\n"):
        found = re.match(r"\[mem\] ([a-z_0-9]+) (.*)", line)
        if found:
            rows.append((found[1], dict(re.findall(r"([a-z_]+)=([0-9.]+)", found[2]))))
    if not rows:
        raise Unavailable("zero build --memory-stats printed no phase")
    return rows


def cold_compile_time(folder: Path) -> float:
    return build_costs(folder)[0].cpu_s


def no_change_rebuild_time(folder: Path) -> float:
    return build_costs(folder)[1].cpu_s


def single_file_edit_rebuild_time(folder: Path) -> float:
    return build_costs(folder, edit=True)[1].cpu_s


def peak_rss(folder: Path) -> int:
    return build_costs(folder)[0].peak_bytes


def cache_hit_ratio(folder: Path) -> float:
    """The share of queries that a build after a comment in one module does not answer anew."""
    build_costs(folder, edit=True)
    source = folder / "project" / zero.largest_project().name
    told = measure.run(
        zero.command("query", "stats", str(source), "--json"), environment={"ZERO_CACHE": str(folder / "cache")}
    )
    kinds = json.loads(told.out)["kinds"]
    return float(sum(kind["reused"] for kind in kinds) / sum(kind["asked"] for kind in kinds))


def object_size(folder: Path) -> int:
    zero.build(zero.largest_project(), folder / "out")
    return measure.code_bytes(folder / "out")


def link_time(folder: Path) -> float:
    rows = dict(memory_rows(folder))
    if not {"object", "link"} <= set(rows):
        raise Unavailable("zero build --memory-stats printed no link phase")
    return (float(rows["link"]["time_ms"]) - float(rows["object"]["time_ms"])) / 1000  # both since the start


def binary_size(folder: Path) -> int:
    zero.build(zero.largest_project(), folder / "out")
    return (folder / "out").stat().st_size


def startup_time(folder: Path) -> float:
    (folder / "start.0x0").write_text('(ƒ main (_) (print ""))\n', "utf-8")
    zero.build(folder / "start.0x0", folder / "out")
    return measure.run([str(folder / "out")]).cpu_s


def run_instructions(folder: Path) -> int:
    from gates.collect.kernels import SIZES, source

    total = 0
    for name, (size, _) in SIZES.items():
        zero.build(source(name), folder / name, "--level", "release")
        total += measure.instructions([str(folder / name), str(size)])
    return total


def allocation_instructions(_: Path) -> int:
    from gates.collect.allocator import pair_instructions

    return pair_instructions("zr")


def runtime_peak_memory(_: Path) -> int:
    from gates.collect.allocator import COUNTS, bench

    return measure.run([str(bench("tree", "zr")), str(COUNTS["tree"])]).peak_bytes


def tracked_phase_bytes(folder: Path) -> int:
    return int(memory_rows(folder)[-1][1]["tracked_bytes"])


# name -> unit, how it is measured
METRICS: dict[str, tuple[str, Callable[[Path], int | float]]] = {
    "cold-compile-time": ("s", cold_compile_time),
    "no-change-rebuild-time": ("s", no_change_rebuild_time),
    "single-file-edit-rebuild-time": ("s", single_file_edit_rebuild_time),
    "peak-rss": ("bytes", peak_rss),
    "cache-hit-ratio": ("ratio", cache_hit_ratio),
    "object-size": ("bytes", object_size),
    "link-time": ("s", link_time),
    "binary-size": ("bytes", binary_size),
    "startup-time": ("s", startup_time),
    "run-instructions": ("instructions", run_instructions),
    "allocation-instructions": ("instructions/pair", allocation_instructions),
    "runtime-peak-memory": ("bytes", runtime_peak_memory),
    "tracked-phase-bytes": ("bytes", tracked_phase_bytes),
}


def main(words: list[str]) -> int:
    if len(words) != 1 or words[0] not in METRICS:
        print(f"usage: python -m gates.collect.metric NAME, one of: {' '.join(METRICS)}", file=sys.stderr)
        return USAGE
    unit, measure_it = METRICS[words[0]]
    with tempfile.TemporaryDirectory(prefix="zero-metric-") as folder:
        try:
            print(f"{words[0]}\t{measure_it(Path(folder))}\t{unit}")
        except Unavailable as missing:
            print(f"{words[0]}: unmeasured: {missing}", file=sys.stderr)
            return NOTHING
    return 0


if __name__ == "__main__":
    assert ROOT.is_dir()
    sys.exit(main(sys.argv[1:]))
