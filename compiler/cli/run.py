"""`zero run FILE`: run a program in one of the lanes; its status is ours."""

from __future__ import annotations

import gc

from compiler import pipeline, running
from compiler.cli.common import BACK, BACK_HELP, FRONT, FRONT_HELP, STORE, STORE_HELP, options, report, teller
from compiler.cli.options import FLAG
from compiler.diagnostics import Sink, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cli.options import Arguments

USAGE = "zero run FILE [--lane interp|mir|native] [--level dev|release] [--feature NAME] [--link FILE] [-- ARGUMENTS]"
OPTIONS = {**FRONT, **BACK, **STORE, "--lane": ("interp", "mir", "native"), "--": FLAG}
HELP = f"{FRONT_HELP}{BACK_HELP}{STORE_HELP}  --lane LANE      interp (the reference), mir, or native (default)\n"


def run(arguments: Arguments) -> int:
    """The program's status; 1 when it has errors."""
    path = arguments.file()
    lane = arguments.get("--lane", "native")
    chosen = options(arguments)
    if chosen.hermetic and lane != "native":
        raise UsageError(
            f"run: --hermetic has no meaning for lane {lane}", "the native lane alone makes a result that is kept"
        )
    sink = Sink()
    if lane == "native":
        from compiler.building import run_native

        status = run_native(path, arguments.rest, chosen, sink, teller(arguments))
        return report(sink, arguments) or status
    graph, program = pipeline.front(path, chosen.features, sink)
    if program is not None and graph is not None:
        pipeline.need_main(program, graph, sink)
    foreign = None
    if not sink and program is not None:
        linked = pipeline.foreign(program, chosen, sink)
        if linked is not None and not sink:
            from compiler.foreign import host

            foreign = host(program, linked, sink)
    if sink or program is None:
        return report(sink, arguments)
    # From here on memory is the program's: what it drops in circles must be found again.
    gc.freeze()
    gc.enable()
    if lane == "mir":
        return running.mir(pipeline.middle(program, chosen), arguments.rest, foreign)
    return running.interp(program, arguments.rest, foreign=foreign)
