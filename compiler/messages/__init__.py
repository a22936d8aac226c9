"""The tables of messages, one file a family; importing a file declares its rows.

A row is a `Kind` of `compiler.diagnostics`.  Numbers of a class that several families share are
parted: below 100 belong to expressions (`type.py`), from 100 to the top level (`semantic.py`).
`everything()` imports all families, for `explain`, the reference page and the tests; a phase imports its own.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.diagnostics import Kind

FAMILIES = ("parse", "semantic", "names", "type", "package", "backend", "foreign", "remark")


def everything() -> dict[str, Kind]:
    """All rows of all families, by code in order."""
    from importlib import import_module

    from compiler.diagnostics import KINDS

    for family in FAMILIES:
        import_module(f"compiler.messages.{family}")
    return {code: KINDS[code] for code in sorted(KINDS)}
