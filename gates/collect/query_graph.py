"""The graph of queries as it is drawn by the product, and what stands in it, as rows: each edge, each answer made anew.

The rows of one scenario become the report of the graph, those of all of them the report of misses.  A workload spells
what a row is of: SCENARIO|KEY|STATE|ASKS for an edge, SCENARIO|KEY|REASON|BECAUSE for a miss; - stands for nothing.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from gates.collect.query_lab import MAIN, Garden
from gates.collect.samples import Samples

GRAPH = "./zero query graph main.0x0 --format tsv"
REASONS = {"new", "dependency", "input", "schema", "lost", "unkept", "cycle", "always"}
REPORTED = "signature-change"  # of this edit the whole graph is kept


def collect(samples: Samples, name: str, garden: Garden, stats: dict[str, Any]) -> None:
    """What an edit's build asked, as it is drawn, and why it answered anew what it did."""
    done = garden.zero("query", "graph", MAIN, "--format", "tsv", store="edited")
    if done.returncode != 0:
        raise RuntimeError(f"{GRAPH}: status {done.returncode}: {done.stderr.strip()[-200:]}")
    rows = list(csv.DictReader(io.StringIO(done.stdout), delimiter="\t", quoting=csv.QUOTE_NONE))
    keys = {row["key"] for row in rows}
    asked = sum(kind["asked"] for kind in stats["kinds"])
    samples.add(name, "graph_queries", "count", asked, variant="before", command="./zero query stats main.0x0 --json")
    samples.add(name, "graph_queries", "count", len(keys), command=GRAPH)
    dangling = sum(bool(row["asks"]) and row["asks"] not in keys for row in rows)
    samples.add(name, "dangling_edges", "count", dangling, command=GRAPH)
    if name == REPORTED:
        for row in rows:
            label = f"{name}|{row['key']}|{row['state']}|{row['asks'] or '-'}"
            samples.add(label, "graph_edges", "count", 1, command=GRAPH)
    misses(samples, name, stats, keys)


def misses(samples: Samples, name: str, stats: dict[str, Any], keys: set[str]) -> None:
    """Each answer made anew; its reason is a known word, and a dependency names the edge whose answer is another."""
    moved = {each["key"] for each in stats["recomputed"]}
    gone = any(kind["gone"] for kind in stats["kinds"])
    unexplained = 0
    for each in stats["recomputed"]:
        key, reason, because = each["key"], each["reason"], each["because"]
        named = bool(because) == (reason == "dependency")
        found = not because or because in moved or (gone and because not in keys)
        unexplained += not (reason in REASONS and named and found and key in keys)
        samples.add(f"{name}|{key}|{reason}|{because or '-'}", "cache_misses", "count", 1, command=GRAPH)
    samples.add(name, "unexplained_misses", "count", unexplained, command=GRAPH)
    samples.add(name, "listed_misses", "count", len(stats["recomputed"]), command=GRAPH)
