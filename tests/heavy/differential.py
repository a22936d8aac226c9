"""A long differential run whose result is kept: `python -m tests.heavy.differential --count N --seed S --record`.

The run is `tests.fuzz`'s own, in chunks; after each, the row of the run says how far it is.  Status 3 when a program
failed.
"""

from __future__ import annotations

import argparse
import sys

from tests.fuzz.__main__ import REGRESSIONS, Campaign
from tests.heavy.results import commit, record_run

CHUNK = 200  # programs
TRIES = 2000  # how long a failure is shrunk


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="differential")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=1, help="processes at once")
    parser.add_argument("--record", action="store_true", help="keep the result in ledgers/heavy/long-runs.tsv")
    options = parser.parse_args(arguments)
    tree, campaign = commit(), Campaign()
    end = options.seed + options.count
    for first in range(options.seed, end, CHUNK):
        seeds = range(first, min(first + CHUNK, end))
        campaign.run(seeds, jobs=options.jobs, out=REGRESSIONS, tries=TRIES)
        print(f"{seeds.stop - options.seed} of {options.count}: {campaign}", flush=True)
        if options.record:
            record_run("differential", options.seed, campaign.kinds.total(), campaign.failures, detail(campaign), tree)
    return 3 if campaign.failures else 0


def detail(campaign: Campaign) -> str:
    """What became of the programs, as a cell."""
    words = [f"{name} {number}" for name, number in sorted(campaign.kinds.items())]
    return "; ".join([*words, *(f"status {status} {number}" for status, number in sorted(campaign.statuses.items()))])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
