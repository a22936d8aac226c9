"""Run a program's text in a lane, in this process: status, stdout and stderr as bytes.

The lanes are the reference interpreter and MIR as it comes from lowering, verified before it runs.  The other
lanes run in the corpus tests.
"""

from __future__ import annotations

import io

from compiler.diagnostics import Sink
from compiler.hir import interp as hir_interp
from compiler.hir.program import Program
from compiler.ir.function import Module
from compiler.lower.lower import lower
from compiler.mir import interp as mir_interp
from compiler.mir.verify import verify
from compiler.modules.load import load
from compiler.types.check import check

LANES = ("interp", "mir")
PATH = "main.0x0"

Result = tuple[int, bytes, bytes]


def program(text: str) -> Program:
    sink = Sink()
    graph = load(PATH, frozenset(), sink, read_text=lambda path: text)
    found = check(graph, sink) if graph is not None else None
    assert found is not None and not sink, [(d.kind.code, d.message, d.file.place(d.start)) for d in sink.items]
    return found


def lowered(text: str, *, verified: bool = True) -> Module:
    checked = program(text)
    module = lower(checked, entry=checked.main)
    assert not verified or verify(module) == []
    return module


def run(text: str, lane: str, *, stdin: bytes = b"", argv: tuple[str, ...] = (), verified: bool = True) -> Result:
    out, err = io.BytesIO(), io.BytesIO()
    streams = {"argv": list(argv), "stdin": io.BytesIO(stdin), "stdout": out, "stderr": err}
    if lane == "interp":
        status = hir_interp.run(program(text), **streams)  # type: ignore[arg-type]
    else:
        status = mir_interp.run(lowered(text, verified=verified), **streams)  # type: ignore[arg-type]
    return status, out.getvalue(), err.getvalue()


def lines(text: str, lane: str, **more: object) -> list[str]:
    """What a program that must end well prints."""
    status, out, err = run(text, lane, **more)  # type: ignore[arg-type]
    assert (status, err) == (0, b"")
    return out.decode().split("\n")[:-1]


def shown(expressions: list[str], lane: str, prelude: str = "", **more: object) -> list[str]:
    """Each expression's `show`, a line each, from one program."""
    # Small functions keep each body small, as people write them.
    parts = [prelude]
    for start in range(0, len(expressions), 50):
        prints = " ".join([f"(print (show {e}))" for e in expressions[start : start + 50]])
        parts.append(f"(fn part{start} (_) {prints})")
    calls = " ".join([f"(part{start})" for start in range(0, len(expressions), 50)])
    return lines("\n".join(parts) + f"\n(fn main (_) {calls} unit)", lane, **more)
