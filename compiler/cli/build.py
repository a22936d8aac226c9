"""`zero build FILE -o OUT`: an executable, whole or not at all."""

from __future__ import annotations

from compiler import building
from compiler.cli.common import BACK, BACK_HELP, FRONT, FRONT_HELP, STORE, STORE_HELP, options, report, teller
from compiler.cli.options import FLAG, VALUE
from compiler.cli.streams import err, out
from compiler.diagnostics import Sink, UsageError
from compiler.files import keep_sources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cas.kinds import Fault
    from compiler.cli.options import Arguments
    from compiler.options import Options

USAGE = (
    "zero build FILE -o OUT [--level dev|release] [--feature NAME] [--link FILE] "
    "[--no-cache] [--jobs N] [--offline] [--hermetic] [--memory-stats] [--ablate PASS] [--audit] [--remarks] [--verify]"
)
OPTIONS = {**FRONT, **BACK, **STORE, "-o": VALUE, "--ablate": VALUE, "--audit": FLAG, "--remarks": FLAG}
HELP = f"""{FRONT_HELP}{BACK_HELP}{STORE_HELP}\
  --ablate PASS    build without PASS, and print on standard error what it costs
  --audit          first see that every query has one answer (zero query audit), status 70 if not
  --remarks        say where each allocation in a region lives, and why
  -o OUT           where the executable goes
"""
CRASH = 70


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
    if arguments.has("--audit") and (failed := _audit(path, chosen, sink, arguments)):
        return failed
    status = building.build(path, target, chosen, sink, teller(arguments))
    if status == 0 and not sink:
        from compiler import nochange

        nochange.keep(path, target, chosen)
    if chosen.remarks and not sink:
        return report(chosen.remarks, arguments)
    return report(sink, arguments) or status


def _audit(path: str, chosen: Options, sink: Sink, arguments: Arguments) -> int:
    """Not 0, and said why, when the program or the compiler fails.  Errors: UsageError."""
    from compiler.cas.kinds import Fault
    from compiler.incremental.audit import audit

    try:
        found, against = audit(path, chosen)
    except Fault as fault:
        return _failed(fault, path, chosen, sink, arguments)
    out(f"{len(found.nodes)} queries have the same answers in two runs from nothing; {against}\n")
    return 0


def _failed(fault: Fault, path: str, chosen: Options, sink: Sink, arguments: Arguments) -> int:
    if fault.code == "QUERY_AUDIT-001":
        from compiler import pipeline

        pipeline.compile_program(path, chosen, sink)
        if sink:
            return report(sink, arguments)
    if fault.code == "QUERY_ANSWER-001":
        err(f"zero: {fault}\nhelp: {fault.row.help}\n")
        return CRASH
    raise UsageError(str(fault), fault.row.help)
