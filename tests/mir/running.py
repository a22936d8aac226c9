"""One helper that runs a MIR module and returns (status, stdout, stderr)."""

from __future__ import annotations

import io

from compiler.ir.function import Module
from compiler.mir.interp import run


def outcome(module: Module, *, stdin: bytes = b"", argv: list[str] | None = None, check_counts: bool = False):
    out, err = io.BytesIO(), io.BytesIO()
    status = run(module, argv=argv or [], stdin=io.BytesIO(stdin), stdout=out, stderr=err, check_counts=check_counts)
    return status, out.getvalue(), err.getvalue()
