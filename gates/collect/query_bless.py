"""Write what a collection counted into the ledger of edits: `python -m gates.collect.query_bless FOLDER`.

FOLDER is what `python -m gates.collect.query --out FOLDER` wrote.  For a change of the engine's kinds, which moves most
rows at once; statuses and programs are never taken over.  Read the diff as you would read code: each number that rises
is work that an edit costs from now on.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gates.collect.query import NAMED, SCENARIOS
from gates.collect.samples import ROOT
from gates.engine import evidence
from ledgers import foreign
from ledgers.table import read, write


def main(folder: str) -> int:
    found = read(Path(folder) / "samples.tsv", evidence.schema(ROOT, "samples")).rows
    counted = [row for row in found if row["variant"] == "after" and row["value"]]
    table = foreign.load(ROOT, SCENARIOS)
    for row in table.rows:
        name = str(row["scenario"])
        numbers = {
            str(each["workload"]).removeprefix(f"{name}/"): each["value"]
            for each in counted
            if each["metric"] == "answered_anew" and str(each["workload"]).startswith(f"{name}/")
        }
        for kind in NAMED:
            label = f"{name}|{kind}:"
            keys = {str(each["workload"]) for each in counted if each["metric"] == "remade"}
            row[kind] = sorted(key.removeprefix(label) for key in keys if key.startswith(label))
        row["anew"] = [f"{kind}={numbers[kind]}" for kind in sorted(numbers) if kind not in NAMED]
    write(ROOT / table.schema.path, table.schema, table.rows, table.schema.path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
