"""A long differential run whose result is kept: `python -m tests.heavy.differential --count N --seed S --record`.

The run is `tests.fuzz`'s own, in chunks; what it prints becomes a row, which says how far the run is.  Status 3 when a
program failed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import sys
from collections import Counter

from tests.fuzz.__main__ import main as fuzz
from tests.heavy.results import commit, record_run

CHUNK = 200  # programs


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
    parser.add_argument("--jobs", type=int, default=1, help="processes at once")
    parser.add_argument("--record", action="store_true", help="keep the result in ledgers/heavy/long-runs.tsv")
    options = parser.parse_args(arguments)
    tree, kinds, ends = commit(), Counter[str](), Counter[str]()
    for first in range(options.seed, options.seed + options.count, CHUNK):
        last = min(first + CHUNK, options.seed + options.count)
        seen = Tee()
        with contextlib.redirect_stdout(seen):
            fuzz(["--count", str(last - first), "--seed", str(first), "--jobs", str(options.jobs)])
        became, ended = told(seen.getvalue())
        assert became.total() == last - first, became
        kinds.update(became)
        ends.update(ended)
        if options.record:
            record_run("differential", options.seed, last - options.seed, failures(kinds), detail(kinds, ends), tree)
    return 3 if failures(kinds) else 0


def told(printed: str) -> tuple[Counter[str], Counter[str]]:
    """(programs by what became of them, programs by status), from what a run printed."""
    found = re.search(r"^programs: (\{.*?\})  ends: (\{.*\})$", printed, re.MULTILINE)
    assert found, "the run did not say what became of its programs"
    pairs = [re.findall(r"'?([^'{},]+?)'?: (\d+)", part) for part in found.groups()]
    became, ended = (Counter({name.strip(): int(number) for name, number in each}) for each in pairs)
    return became, ended


def failures(kinds: Counter[str]) -> int:
    return sum(number for name, number in kinds.items() if name not in ("ok", "skipped"))


def detail(kinds: Counter[str], ends: Counter[str]) -> str:
    words = [f"{name} {number}" for name, number in sorted(kinds.items())]
    return "; ".join(
        [*words, *(f"status {name} {number}" for name, number in sorted(ends.items(), key=lambda e: int(e[0])))]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
