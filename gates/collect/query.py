"""Edit a project in every way that the ledger lists, build it before and after, and count what is answered anew.

A build from an empty store comes first; each scenario starts from what it left: the edit, a build, and beside it one of
the edited project from an empty store, which is right by definition.  `before` is what the ledger says, `after` what
was counted: queries answered anew by kind, modules checked and functions compiled anew by name, bytes, statuses and
messages.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from gates.collect import query_graph
from gates.collect.query_lab import LIBRARY, MAIN, STATS, Built, Garden
from gates.collect.samples import ROOT, Samples, Unavailable, main
from gates.collect.store_lab import matching_bytes
from ledgers import foreign
from ledgers.table import Row

COMMAND = "python -m gates.collect.query"
SCENARIOS, EDITS, KINDS = "incremental-scenarios", "incremental-edits", "query-kinds"
NAMED = ("checked", "native")  # of these kinds every key is named, of the others the number
ASKED_EACH_TIME = "always"
STATUS = {"same": 0, "other": 0, "refused": 1}


def collect(samples: Samples) -> None:
    if not (ROOT / "compiler" / "query" / "engine.py").exists():
        raise Unavailable("the query engine is not built yet")
    edits: dict[str, list[Row]] = {}
    for step in foreign.load(ROOT, EDITS).rows:
        edits.setdefault(str(step["scenario"]), []).append(step)
    with tempfile.TemporaryDirectory(prefix="zero-query-") as folder:
        place, store = Path(folder) / "work", Path(folder) / "store"
        first = Garden(place)
        first.plant()
        built = first.build("edited")
        if built.status != 0:
            raise RuntimeError(f"the project is not built before any edit: {built.said.strip()[-200:]}")
        before = first.stats("edited")
        (place / "edited").rename(store)
        for row in foreign.load(ROOT, SCENARIOS).rows:
            name = str(row["scenario"])
            steps = sorted(edits.get(name, ()), key=lambda step: int(str(step["step"])))
            garden = Garden(place)
            garden.plant(own_compiler=any(str(step["file"]).startswith(LIBRARY) for step in steps), store=store)
            for step in steps:
                garden.edit(step)
            run(samples, row, garden, built, before)
        roadmap(samples, asked_by_verbs(place, store))


def both(samples: Samples, workload: str, metric: str, unit: str, before: int, after: int, command: str) -> None:
    samples.add(workload, metric, unit, before, variant="before", command=f"ledger {SCENARIOS}")
    samples.add(workload, metric, unit, after, command=command)


def run(samples: Samples, row: Row, garden: Garden, first: Built, before: dict[str, Any]) -> None:
    """The build after an edit, and beside it one from an empty store."""
    name, wanted = str(row["scenario"]), str(row["build"])
    second, cold = garden.build("edited"), garden.build("empty")
    both(samples, name, "build_status", "status", STATUS[wanted], second.status, "./zero build")
    both(samples, name, "program_bytes", "bytes", *against(cold, second), command="./zero build")
    both(samples, name, "same_program", "count", int(wanted == "same"), int(second.program == first.program), STATS)
    same = len(cold.said) * (second.said == cold.said)
    both(samples, name, "messages", "bytes", len(cold.said), same if cold.said else len(second.said), "./zero build")
    answered(samples, row, garden, before)
    samples.add(name, "scenarios", "count", 1)


def against(cold: Built, other: Built) -> tuple[int, int]:
    return len(cold.program), matching_bytes(cold.program, other.program)


def answered(samples: Samples, row: Row, garden: Garden, first: dict[str, Any]) -> None:
    """What the second build answered anew; nothing where it asked nothing."""
    name, anew = str(row["scenario"]), []
    second = garden.stats("edited")
    if second["revision"] != first["revision"]:
        anew = [each for each in second["recomputed"] if each["reason"] != ASKED_EACH_TIME]
        query_graph.collect(samples, name, garden, second)
    counted: dict[str, int] = {kind["kind"]: 0 for kind in second["kinds"]}
    for each in anew:
        kind = each["key"].partition(":")[0]
        counted[kind] = counted.get(kind, 0) + 1
    said = {kind: int(number) for kind, _, number in (word.partition("=") for word in as_list(row["anew"]))}
    for kind in NAMED:
        said[kind] = len(as_list(row[kind]))
        keys = {each["key"].partition(":")[2] for each in anew if each["key"].startswith(f"{kind}:")}
        for key in sorted(keys | set(as_list(row[kind]))):
            label = f"{name}|{kind}:{key}"
            both(samples, label, "remade", "count", int(key in as_list(row[kind])), int(key in keys), STATS)
    for kind in sorted(set(counted) | set(said)):
        both(samples, f"{name}/{kind}", "answered_anew", "count", said.get(kind, 0), counted.get(kind, 0), STATS)


def asked_by_verbs(place: Path, store: Path) -> set[str]:
    """The kinds that a build, a check and a page of the project ask."""
    garden = Garden(place)
    garden.plant(store=store)
    found: set[str] = set()
    for words in ((), ("check", MAIN), ("doc", MAIN)):  # the first is what built the store
        if words and garden.zero(*words, store="edited").returncode != 0:
            raise RuntimeError(f"zero {' '.join(words)} fails on the project as it was built")
        found |= {str(kind["kind"]) for kind in garden.stats("edited")["kinds"] if kind["asked"]}
    return found


def roadmap(samples: Samples, asked: set[str]) -> None:
    """The roadmap's list, as far as each of the kinds that the ledger names was asked."""
    for row in foreign.load(ROOT, KINDS).rows:
        kinds = as_list(row["kinds"])
        if kinds and asked.issuperset(kinds):
            samples.add(str(row["work"]), "roadmap_queries", "count", 1, command=STATS)


def as_list(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list) else []


if __name__ == "__main__":
    sys.exit(main(collect, COMMAND))
