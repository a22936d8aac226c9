"""What a build costs in which nothing has changed: `python -m tests.heavy.nochange`, `invoke nochange`.

One project of 200 modules for the command with its front, for the command without (as it was before there was one), and
like projects for ninja, go and cargo where they are installed; each a whole process, nobody runs in the background.
CPU time is the median of runs in turn, instructions are callgrind's and repeat.  Status 3 when more is used than asked
for, or when the front does not answer.
"""

from __future__ import annotations

import argparse
import pathlib
import statistics
import sys
import tempfile

from gates.collect import measure
from runtime_c.build import build_front
from tests.heavy.peers import BUILD, NEED, Peer, peer, tools
from tests.heavy.project import write
from tests.heavy.results import Values, record
from tests.heavy.tree import tree

RUNS = 31
MOST = {("zero/front", "cpu_time"): 15_000}
MEMORY_KB = 6 << 10  # of address space: too little to start Python in


def peers(folder: pathlib.Path, modules: int) -> dict[str, Peer]:
    """By name; those whose tools are missing are not there."""
    found = {}
    for name in ("front", "python"):
        place = folder / name
        lines = write(place / "project", "0x0", modules)
        words = ["build", str(place / "project/main.0x0"), "-o", str(place / "out")]
        command = [str(tree(place / "tree", front=name == "front")), *words]
        found[f"zero/{name}"] = Peer(command, {"HOME": str(place), "ZERO_CACHE": str(place / "cache")}, lines)
    there = tools()
    for name in BUILD:
        if all(tool in there for tool in NEED[name]):
            lines = write(folder / name, BUILD[name][0], modules)
            found[name] = peer(name, folder / name, lines, there)
    return found


def answers(peer: Peer) -> bool:
    """Whether the front answers alone."""
    limited = ["/bin/sh", "-c", 'ulimit -v "$1" && shift && exec "$@"', "sh", str(MEMORY_KB)]
    return measure.run([*limited, *peer.command], environment=peer.environment, expect=None).status == 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="nochange")
    parser.add_argument("--modules", type=int, default=200)
    parser.add_argument("--record", action="store_true", help="keep the result in ledgers/heavy/no-change.tsv")
    options = parser.parse_args(arguments)
    values = Values()
    build_front()
    with tempfile.TemporaryDirectory(prefix="zero-nochange-") as name:
        found = peers(pathlib.Path(name), options.modules)
        for workload, peer in found.items():
            print(f"{workload}: the first build takes {peer.cpu_us() / 1e6:.1f} s of CPU time", flush=True)
            peer.cpu_us()  # leaves what only a second build leaves
        missed = not answers(found["zero/front"])
        if missed:
            print("the front does not answer")
        times: dict[str, list[int]] = {workload: [] for workload in found}
        for _ in range(RUNS):
            for workload, peer in found.items():
                times[workload].append(peer.cpu_us())
        for workload, peer in found.items():
            middle = round(statistics.median(times[workload]))
            missed |= values.judge(workload, "cpu_time", middle, "us", most=MOST)
            values.add(workload, "lines", peer.lines, "lines")
            if measure.has_valgrind() and workload not in ("go", "cargo"):  # valgrind does not know their threads
                values.add(workload, "instructions", peer.instructions(), "instructions")
        for workload in sorted(BUILD.keys() - found.keys()):
            print(f"{workload}: unmeasured: not all of {', '.join(NEED[workload])} is installed")
    if options.record:
        record("no-change", values.rows)
    return 3 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
