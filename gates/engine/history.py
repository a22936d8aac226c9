"""Policy that looks back: a gate that was claimed once is not taken back in silence.

Reads the ledger's own history from git, so a row cannot forget.  Outside git nothing can be said.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from ledgers.problems import Problem
from ledgers.table import Table


def taken_back(root: Path, table: Table) -> list[Problem]:
    """Gates that are planned now, were claimed in some earlier commit, and name no decision."""
    earlier = ever_claimed(root, table.schema.path)
    return [
        table.problem("GATE_TAKEN_BACK", index, "status", f"{row['gate']} was claimed before")
        for index, row in enumerate(table.rows)
        if row["status"] == "planned" and row["gate"] in earlier and not row["adr"]
    ]


def ever_claimed(root: Path, path: str) -> set[str]:
    """The gates that any committed version of the ledger called claimed."""
    try:
        done = subprocess.run(
            ["git", "log", "--format=", "--patch", "--unified=0", "--", path],
            cwd=root,
            capture_output=True,
            check=False,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return set()
    lines = done.stdout.decode("utf-8", "replace").split("\n") if done.returncode == 0 else []
    added = (line[1:].split("\t") for line in lines if line.startswith("+") and not line.startswith("+++"))
    return {cells[0] for cells in added if len(cells) > 2 and cells[2] == "claimed"}
