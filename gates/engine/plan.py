"""Order gates so that each comes after those it needs; a cycle is printed as the way round it.

Knows only names and `needs`.  The order is the same on every machine: by depth, then by name.
"""

from __future__ import annotations

from collections.abc import Mapping

from gates.engine.spec import Gate
from ledgers.problems import Problem, Refused
from ledgers.table import Table


def plan(gates: Mapping[str, Gate], wanted: list[str]) -> list[str]:
    """The wanted gates and all they need, needs first."""
    order: list[str] = []
    state: dict[str, str] = {}
    for start in sorted(wanted):
        stack: list[tuple[str, list[str]]] = [(start, [start])]
        while stack:
            name, way = stack[-1]
            if state.get(name) == "done":
                stack.pop()
                continue
            state[name] = "open"
            waiting = [need for need in sorted(gates[name].needs) if state.get(need) != "done"]
            if not waiting:
                state[name] = "done"
                order.append(name)
                stack.pop()
            elif state.get(waiting[0]) == "open":
                circle = [*way[way.index(waiting[0]) :], waiting[0]]
                raise Refused(Problem("GATE_CYCLE", gates[name].path, 1, 1, " needs ".join(circle)))
            else:
                stack.append((waiting[0], [*way, waiting[0]]))
    return order


def unmet(gates: Mapping[str, Gate], table: Table) -> list[Problem]:
    """Claimed gates that need one that is still planned."""
    status = {str(row["gate"]): str(row["status"]) for row in table.rows}
    return [
        table.problem("GATE_NEEDS_PLANNED", index, "status", f"{row['gate']} is claimed, but needs {need}")
        for index, row in enumerate(table.rows)
        if row["status"] == "claimed" and str(row["gate"]) in gates
        for need in gates[str(row["gate"])].needs
        if status.get(need) == "planned"
    ]
