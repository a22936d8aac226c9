"""`zero check FILE…`: every error of a program, and nothing else."""

from __future__ import annotations

from compiler import pipeline
from compiler.cli.common import FRONT, FRONT_HELP, report
from compiler.diagnostics import Sink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cli.options import Arguments

USAGE = "zero check FILE… [--feature NAME] [--json|--sarif]"
OPTIONS = FRONT
HELP = FRONT_HELP


def run(arguments: Arguments) -> int:
    """Check each file as the root of a program of its own."""
    sinks = []
    for path in arguments.files():
        sink = Sink()
        pipeline.front(path, arguments.features(), sink)
        sinks.append(sink)
    return report(merged(sinks), arguments, always=True)


def merged(sinks: list[Sink]) -> Sink:
    """The diagnostics of several programs as one; a file that two of them import speaks once."""
    if len(sinks) == 1:
        return sinks[0]
    result = Sink()
    numbers: dict[str, int] = {}
    for sink in sinks:
        for item in sink.items:
            item.file.id = numbers.setdefault(item.file.path, len(numbers))
            result.put(item)
    return result
