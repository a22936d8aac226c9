"""The reference page of LIR, made from its op table: `reference()` is the whole of `docs/reference/lir.md`."""

from __future__ import annotations

from compiler.ir.reference import page
from compiler.lir import ops


def reference() -> str:
    """The page."""
    return page(ops.LIR, "LIR: the low representation", ops.__doc__ or "", ownership=False)
