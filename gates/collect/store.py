"""Do everything to a store that the ledger of scenarios lists, with the real compiler, and count what comes of it.

For each: the codes that a look at the store says and those that a build says (each expected one and each other one),
the build's status, how many bytes of its program are those of a build from an empty store, how many files changed
outside of the store, and the codes that are left after a repair.  `before` is what the ledger says, `after` what was
counted.  A scenario that stands in only one of ledger and table ends the collection.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from gates.collect import zero
from gates.collect.samples import ROOT, Samples, Unavailable, main
from gates.collect.store_lab import Bench, Lab, matching_bytes, snapshot
from gates.collect.store_scenarios import SCENARIOS
from ledgers import foreign
from ledgers.table import Row

COMMAND = "python -m gates.collect.store"
LEDGER = "store-scenarios"
RIGHT, REFUSED = "right", "refused"
STATUS = {RIGHT: 0, REFUSED: 2}


def collect(samples: Samples) -> None:
    if not (ROOT / "compiler" / "cas" / "store.py").exists():
        raise Unavailable("the store is not built yet")
    rows = {str(row["scenario"]): row for row in foreign.load(ROOT, LEDGER).rows}
    lonely = sorted(set(rows) ^ set(SCENARIOS))
    if lonely:
        raise RuntimeError(f"in only one of the ledger {LEDGER} and the table of scenarios: {', '.join(lonely)}")
    with tempfile.TemporaryDirectory(prefix="zero-store-") as folder:
        bench = Bench(Path(folder))
        for name in sorted(SCENARIOS):
            run(samples, name, rows[name], bench.lab(name))


def run(samples: Samples, name: str, row: Row, lab: Lab) -> None:
    """One scenario from its damage to the look after the repair."""
    after = SCENARIOS[name](lab)
    outside = snapshot(lab.outside)
    look = lab.look(str(row["look"]))
    codes(samples, f"{name}/look", row["codes"], look.codes, str(row["look"]))
    built = lab.build()
    codes(samples, f"{name}/build", row["told"], built.codes, "build")
    wanted = str(row["build"])
    both(samples, name, "build_status", "status", STATUS[wanted], built.status)
    image = lab.out.read_bytes() if lab.out.exists() else b""
    expected = lab.image if wanted == RIGHT else b""
    both(samples, name, "program_bytes", "bytes", len(expected), matching_bytes(expected, image))
    if after is not None:
        after()
    lab.environment.pop("ZERO_CACHE_REMOTE", None)
    lab.zero("cache", "repair")
    left = lab.zero("cache", "verify")
    codes(samples, f"{name}/left", row["left"], left.codes, "cache verify")
    for what, before, counted in lab.counts:
        both(samples, f"{name}/{what}", "things", "count", before, counted)
    changed = set(outside.items()) ^ set(snapshot(lab.outside).items())
    both(samples, name, "files_outside", "count", len(outside), len(outside) - len(changed))
    samples.add(name, "scenarios", "count", 1)


def codes(samples: Samples, label: str, expected: object, said: frozenset[str], words: str) -> None:
    """A row for each code that was expected or said; one of both sides zero where none was."""
    wanted = set(expected) if isinstance(expected, list) else set()
    for code in sorted(wanted | said) or ["none"]:
        none = code == "none"
        both(
            samples, f"{label}/{code}", "codes", "count", int(none or code in wanted), int(none or code in said), words
        )


def both(
    samples: Samples, workload: str, metric: str, unit: str, before: int, after: int, words: str = "build"
) -> None:
    samples.add(workload, metric, unit, before, variant="before", command=f"ledger {LEDGER}")
    samples.add(workload, metric, unit, after, command=zero.shown(*words.split()) if words != "put" else "store.put")


if __name__ == "__main__":
    sys.exit(main(collect, COMMAND))
