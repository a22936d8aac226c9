"""What the language's tables promise, and which rows a run of programs reached.

A row that programs never reach has a reason here, or a test fails.
"""

from __future__ import annotations

from collections import Counter

from compiler.builtins import BUILTINS
from compiler.hir.ops import OPS
from compiler.lir.ops import LIR
from compiler.mir.ops import MIR

# row -> why random programs do not reach it
UNREACHED: dict[str, str] = {
    "mir select": "lowering writes branches, and no pass turns them into selects yet",
    **dict.fromkeys(("hir extern", "mir call.c", "lir call.c"), "a C function needs an object to link with"),
    "lir store.u8": "nothing stores a single byte before Bytes are built",
}


def rows() -> list[str]:
    """Every built row of the tables, by level."""
    found = [f"builtin {row.name}" for row in BUILTINS if row.status == "built"]
    found += [f"hir {row.name}" for row in OPS]
    found += [f"mir {row.name}" for row in MIR.ops]
    return found + [f"lir {row.name}" for row in LIR.ops]


def missing(covered: Counter[str]) -> list[str]:
    return [row for row in rows() if not covered[row] and row not in UNREACHED]


def table(covered: Counter[str]) -> str:
    """Rows and how often each was generated, rarest first."""
    lines = [f"{covered[row]:>8}  {row}" for row in sorted(rows(), key=lambda row: (covered[row], row))]
    return "\n".join(lines) + "\n"
