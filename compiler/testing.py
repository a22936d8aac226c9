"""Run the `(test "…" …)` forms of a program, each by itself in a lane.

A test is a Bool, which a lane prints last, as it prints what a main gives; whatever else a test prints is shown only
when it fails.  Compiles in this process, so that an error of ours is one, and runs in a child, so that a panic ends
only that test.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compiler.diagnostics import Sink
    from compiler.foreign import Linked
    from compiler.hir.program import Program
    from compiler.options import Options


def run_tests(path: str, lane: str, options: Options, sink: Sink, only: str = "") -> tuple[int, int]:
    """Run the tests whose title has `only` in it, a line each; (passed, failed), both 0 with diagnostics in `sink`.

    Errors: UsageError when `only` is in no title: a misspelled word must not look like success.
    """
    from compiler import pipeline
    from compiler.cli.streams import flush, out
    from compiler.diagnostics import UsageError, meant
    from compiler.lir.module import UnsupportedError
    from compiler.running import child

    _, program = pipeline.front(path, options.features, sink)
    if sink or program is None:
        return 0, 0
    linked = pipeline.foreign(program, options, sink)
    foreign = None
    if linked is not None and not sink and lane != "native":
        from compiler.foreign import host

        foreign = host(program, linked, sink)
    if sink:
        return 0, 0
    passed = failed = 0
    # The standard library has its own runs; a program that imports a module of it asks for none.
    own = [test for test in program.tests if not program.functions[test.function].file.path.startswith("std:")]
    asked = [test for test in own if only in test.title]
    if only and not asked:
        raise UsageError(f"test: no title has `{only}` in it", meant(only, [test.title for test in own], ""))
    for test in asked:
        try:
            work = _prepared(program, test.function, lane, options, linked, foreign)
        except UnsupportedError as error:
            pipeline.refused(error, sink)
            return 0, 0
        status, output = child(work)
        printed, _, value = output.removesuffix(b"\n").rpartition(b"\n")
        holds = status == 0 and value == b"true"
        passed, failed = passed + holds, failed + (not holds)
        if not holds:
            false = status == 0 and value == b"false"
            shown = printed if false else output.removesuffix(b"\n")
            out(shown.decode("utf-8", "surrogateescape") + "\n" if shown else "")
            function = program.functions[test.function]
            line, column = function.file.place(function.start)
            reason = "false" if false else f"ended with status {status}"
            out(f"FAILED {test.title}\n  at {function.file.path}:{line}:{column}: {reason}\n")
        else:
            out(f"ok     {test.title}\n")
        flush()
    return passed, failed


def _prepared(
    program: Program,
    function: int,
    lane: str,
    options: Options,
    linked: Linked | None,
    foreign: Callable[..., Any] | None,
) -> Callable[[], int]:
    """What runs one test in a lane and gives its status."""
    from compiler import pipeline, running

    if lane == "interp":
        return lambda: running.interp(program, [], function, foreign)
    module = pipeline.middle(program, options, entry=function)
    if lane == "mir":
        return lambda: running.mir(module, [], foreign)
    codes, lir = pipeline.back(module, options)
    image = pipeline.executable(codes, lir, linked=linked)
    return lambda: running.become(image, ["test"])
