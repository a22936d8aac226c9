"""The whole compiler on one screen: which part hands what to which.

    file ─load─▶ Graph ─check─▶ Program (HIR) ─▶ interpreter (the reference lane)

Composes parts and holds no algorithm of its own; imports inside the functions, so that a verb pays for what it uses.
"""

# ruff: noqa: ARG001 - the arguments of what is not built yet
from __future__ import annotations

from compiler.diagnostics import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.diagnostics import Sink
    from compiler.hir.program import Program
    from compiler.modules.module import Graph
    from compiler.options import Options


def front(path: str, features: frozenset[str], sink: Sink) -> tuple[Graph | None, Program | None]:
    """Read and check a program; without a program there is at least one diagnostic in `sink`."""
    from compiler.modules.load import load

    graph = load(path, features, sink)
    if graph is None:
        return None, None
    from compiler.types.check import check

    program = check(graph, sink)
    return graph, None if sink or not graph.complete else program


def need_main(program: Program, graph: Graph, sink: Sink) -> bool:
    """Whether the program has a main; else that is a diagnostic."""
    from compiler.types import check

    return check.need_main(program, graph, sink)


def run_interp(program: Program, argv: list[str]) -> int:
    """Run in the reference interpreter; the program's status."""
    import sys

    from compiler.hir.interp import run

    return run(program, argv=argv, stdin=sys.stdin.buffer, stdout=sys.stdout.buffer, stderr=sys.stderr.buffer)


def run_mir(program: Program, argv: list[str], level: str) -> int:
    raise UsageError("the lane mir is not built yet", "use --lane interp")


def build(path: str, out: str, options: Options, sink: Sink) -> int:
    raise UsageError("native code is not built yet", "use zero run --lane interp")


def run_native(path: str, argv: list[str], options: Options, sink: Sink) -> int:
    raise UsageError("native code is not built yet", "use --lane interp")


def dump(path: str, level: str, format: str, options: Options, sink: Sink) -> str:  # noqa: A002
    raise UsageError(f"dumps of {level} are not built yet")


def run_tests(path: str, lane: str, options: Options, sink: Sink) -> tuple[int, int]:
    raise UsageError("zero test is not built yet")
