"""The reference page of MIR, made from its op table: `reference()` is the whole of `docs/reference/mir.md`."""

from __future__ import annotations

from compiler.ir.reference import page
from compiler.mir import ops


def reference() -> str:
    """The page."""
    return page(ops.MIR, "MIR: the middle representation", ops.__doc__ or "", ownership=True)
