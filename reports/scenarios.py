"""Tables of what was done on purpose: edits between builds, damage to a store, and the graphs and misses behind them.

All from the rows of a result: a workload is SCENARIO, SCENARIO/WHAT or SCENARIO|WHAT, `before` what a ledger says and
`after` what was counted.  The two reports of queries are named by the roadmap and written as TSV beside the page too.
"""

from __future__ import annotations

import re
from typing import Any

Result = dict[str, Any]
Rows = list[tuple[Any, ...]]

GRAPH, MISSES = "compiler-query-graph-report", "compiler-query-cache-miss-report"
TSV = (GRAPH, MISSES)
# collector -> the ledger that says what is done
LEDGERS = {"queries": "incremental-scenarios", "store-scenarios": "store-scenarios"}


def scenarios(result: Result) -> Rows:
    """(gate, scenario, what is done, numbers said beforehand, how many of them were counted so, outcome)."""
    done: dict[tuple[str, str], str] = {
        (collector, row["scenario"]): row["done"]
        for collector, ledger in LEDGERS.items()
        for row in result["ledgers"].get(ledger, ())
    }
    sides: dict[tuple[str, str, str], dict[tuple[str, str], dict[str, Any]]] = {}
    for row in result["rows"]:
        name = re.split(r"[|/]", row["workload"])[0]
        if (row.get("collector"), name) in done:
            pairs = sides.setdefault((row["gate"], row["collector"], name), {})
            pairs.setdefault((row["metric"], row["workload"]), {})[row["variant"]] = row["value"]
    found: Rows = []
    for (gate, collector, name), pairs in sorted(sides.items()):
        both = [values for values in pairs.values() if len(values) == 2]
        same = sum(values["before"] == values["after"] for values in both)
        outcome = "pass" if both and same == len(both) else "fail"
        found.append((gate, name, done[collector, name], len(both), same, outcome))
    return found


def graph(result: Result) -> Rows:
    """(scenario, query, state, the query that it asks) of the one edit whose graph is kept."""
    return _parts(result, "graph_edges")


def misses(result: Result) -> Rows:
    """(scenario, query, reason, red edge) of everything that was answered anew."""
    return _parts(result, "cache_misses")


def _parts(result: Result, metric: str) -> Rows:
    rows = (row["workload"].split("|") for row in result["rows"] if row["metric"] == metric)
    return sorted(tuple("" if part == "-" else part for part in parts) for parts in rows)


# name, caption, columns, rows
TABLES = (
    (
        "scenarios",
        "Scenarios: edits between two builds and damage to a store, said beforehand and counted",
        ("gate", "scenario", "done", "said", "as said", "outcome"),
        scenarios,
    ),
    (
        GRAPH,
        "The graph of queries after a signature has changed: each query and what it asks",
        ("scenario", "query", "state", "asks"),
        graph,
    ),
    (
        MISSES,
        "Answers made anew after each edit, and the reason of each",
        ("scenario", "query", "reason", "because"),
        misses,
    ),
)
