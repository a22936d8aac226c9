"""What every collector hands over: samples, and what it had to skip.  Knows no gate.

`main` is the body of a collector's command line; errors that a person can mend end it with one line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ledgers.problems import ENVIRONMENT, USAGE, Refused
from ledgers.table import Row, read_schema, write

ROOT = Path(__file__).resolve().parents[2]


class Unavailable(Exception):
    """A tool or product that this collector needs is not there; the text says which and how to get it."""


class Samples:
    """Samples in the order they are taken; `write` hands them over."""

    def __init__(self, command: str) -> None:
        self.command = command  # of the samples that name none
        self.rows: list[Row] = []
        self.skipped: list[Row] = []

    def add(
        self,
        workload: str,
        metric: str,
        unit: str,
        value: int | float,
        *,
        variant: str = "after",
        pair: int = 0,
        sample: int = 0,
        command: str = "",
    ) -> None:
        self.rows.append(
            {
                "workload": workload,
                "metric": metric,
                "unit": unit,
                "variant": variant,
                "pair": pair,
                "sample": sample,
                "value": value,
                "command": command or self.command,
            }
        )

    def skip(self, metric: str, reason: str) -> None:
        """Say that a metric cannot be measured here; its checks will be `unmeasured`, with this reason."""
        if not any(row["metric"] == metric for row in self.skipped):
            self.skipped.append({"metric": metric, "reason": reason})

    def write(self, folder: Path) -> None:
        for name, rows in (("samples", self.rows), ("skipped", self.skipped)):
            schema = read_schema(ROOT / "schemas" / f"ledger.{name}.json", f"schemas/ledger.{name}.json")
            write(folder / f"{name}.tsv", schema, rows)


def main(collect: Callable[[Samples], None], command: str) -> int:
    """Run one collector: `--out FOLDER` and nothing else."""
    if len(sys.argv) != 3 or sys.argv[1] != "--out":
        print(f"usage: {command} --out FOLDER", file=sys.stderr)
        return USAGE
    samples = Samples(command)
    try:
        collect(samples)
        samples.write(Path(sys.argv[2]))
    except Unavailable as missing:
        print(missing, file=sys.stderr)
        return ENVIRONMENT
    except Refused as refused:
        print(refused.problems[0], file=sys.stderr)
        return 1
    except RuntimeError as failed:  # a program that was measured did not do as it should
        print(failed, file=sys.stderr)
        return 1
    return 0
