"""A long differential run whose result is kept: `python -m tests.heavy.differential --count N --seed S [--record]`.

The run is `tests.fuzz`'s own; here its last lines become a row.  Status as the run's.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import resource
import sys

from tests.fuzz.__main__ import main as fuzz
from tests.heavy.results import commit, record, today


class Tee(io.StringIO):
    """Keeps what is printed, and prints it."""

    def write(self, text: str) -> int:
        sys.__stdout__.write(text)  # type: ignore[union-attr]
        sys.__stdout__.flush()  # type: ignore[union-attr]
        return super().write(text)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="differential")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=100_000)
    parser.add_argument("--record", action="store_true", help="keep the result in ledgers/heavy/long-runs.tsv")
    options = parser.parse_args(arguments)
    tree, seen = commit(), Tee()
    with contextlib.redirect_stdout(seen):
        status = fuzz(["--count", str(options.count), "--seed", str(options.seed)])
    if options.record:
        record("long-runs", [row(seen.getvalue(), options.count, options.seed, tree)])
    return status


def row(printed: str, count: int, seed: int, tree: str) -> dict[str, object]:
    """The ledger's row of a run, from what it printed."""
    found = re.search(r"^programs: (\{.*?\})  ends: (\{.*\})$", printed, re.MULTILINE)
    assert found, "the run did not say what became of its programs"
    kinds = {name: int(number) for name, number in re.findall(r"'([^']*)': (\d+)", found[1])}
    assert sum(kinds.values()) == count, kinds
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "kind": "differential",
        "seed": seed,
        "count": count,
        "failures": sum(number for name, number in kinds.items() if name not in ("ok", "skipped")),
        "detail": "; ".join(f"{name} {number}" for name, number in sorted(kinds.items())) + f"; statuses {found[2]}",
        "cpu_s": int(sum(each.ru_utime + each.ru_stime for each in used)),
        "commit": tree,
        "date": today(),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
