"""`zero build FILE -o OUT`: an executable, whole or not at all."""

from __future__ import annotations

from compiler import building
from compiler.cli.common import BACK, BACK_HELP, FRONT, FRONT_HELP, STORE, STORE_HELP, options, report, teller
from compiler.cli.options import FLAG, VALUE
from compiler.diagnostics import Sink, UsageError
from compiler.files import keep_sources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cli.options import Arguments

USAGE = (
    "zero build FILE -o OUT [--level dev|release] [--feature NAME] [--link FILE] "
    "[--no-cache] [--jobs N] [--offline] [--hermetic] [--memory-stats] [--ablate PASS] [--remarks] [--verify]"
)
OPTIONS = {**FRONT, **BACK, **STORE, "-o": VALUE, "--ablate": VALUE, "--remarks": FLAG}
HELP = f"""{FRONT_HELP}{BACK_HELP}{STORE_HELP}\
  --ablate PASS    build without PASS, and print on standard error what it costs
  --remarks        say where each allocation in a region lives, and why
  -o OUT           where the executable goes
"""


def run(arguments: Arguments) -> int:
    """0 when OUT is written; 1 when the program has errors, and OUT is as it was."""
    path = arguments.file()
    target = arguments.get("-o", "")
    if not target:
        raise UsageError("build: -o OUT is missing", USAGE)
    chosen = options(arguments)
    keep_sources(target, (path, *chosen.links))
    sink = Sink()
    if ablated := arguments.get("--ablate", ""):
        from compiler.ablate import ablate

        return ablate(path, target, chosen, ablated, sink) and report(sink, arguments)
    if arguments.has("--remarks"):
        chosen.remarks = Sink()
    status = building.build(path, target, chosen, sink, teller(arguments))
    if status == 0 and not sink:
        from compiler import nochange

        nochange.keep(path, target, chosen)
    if chosen.remarks and not sink:
        return report(chosen.remarks, arguments)
    return report(sink, arguments) or status
