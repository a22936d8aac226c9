"""`zero check FILE…`: every error of a program, and nothing else unless `--remarks` asks for it."""

from __future__ import annotations

from compiler import checking
from compiler.cli.common import FRONT, FRONT_HELP, report, teller
from compiler.cli.options import FLAG
from compiler.diagnostics import Sink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cli.options import Arguments

USAGE = "zero check FILE… [--feature NAME] [--json|--sarif] [--no-cache] [--remarks [--level dev|release]]"
OPTIONS = {**FRONT, "--no-cache": FLAG, "--remarks": FLAG, "--level": ("dev", "release")}
HELP = f"""{FRONT_HELP}\
  --no-cache       use no result of an earlier check or build
  --remarks        say where each allocation in a region lives, and why, in what main and the tests reach
  --level LEVEL    for --remarks: dev (default), or release, after the optimizer
"""


def run(arguments: Arguments) -> int:
    """Check each file as the root of a program of its own."""
    sinks = []
    for path in arguments.files():
        if arguments.has("--remarks"):
            sinks.append(_remarks(path, arguments))
        elif arguments.has("--no-cache"):
            sinks.append(checking.whole(path, arguments.features()))
        else:
            sinks.append(checking.check(path, arguments.features(), teller(arguments)))
    return report(merged(sinks), arguments, always=True)


def _remarks(path: str, arguments: Arguments) -> Sink:
    """What is wrong with a program, or where nothing is, its remarks."""
    from compiler import pipeline
    from compiler.options import Options

    sink = Sink()
    _, program = pipeline.front(path, arguments.features(), sink)
    if program is not None:
        entry = [program.main] * (program.main >= 0) + [test.function for test in program.tests]
        if entry:
            pipeline.middle(program, Options(level=arguments.get("--level", "dev"), remarks=sink), entry)
    return sink


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
