"""Run the `(test "…" …)` forms of a program, each by itself in a lane.

A test is a Bool, which a lane prints last, as it prints what a main gives; whatever else a test prints is shown only
when it fails.  Compiles in this process, so that an error of ours is one, and runs in a child, so that a panic ends
only that test.
"""

from __future__ import annotations

from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compiler.diagnostics import Sink
    from compiler.foreign import Linked
    from compiler.hir.program import Program
    from compiler.options import Options

    Asked = tuple[str, str, Callable[[], Callable[[], int]]]  # title, place, and what makes it ready to run


def run_tests(
    path: str, lane: str, options: Options, sink: Sink, only: str = "", tell: Callable[[str], object] | None = None
) -> tuple[int, int]:
    """Run the tests whose title has `only` in it, a line each; (passed, failed), both 0 with diagnostics in `sink`.

    `tell` hears of damage in the store that was got over.
    Errors: UsageError when `only` is in no title: a misspelled word must not look like success.
    """
    from compiler.cli.streams import flush, out
    from compiler.lir.module import UnsupportedError
    from compiler.running import child

    tests = _kept(path, options, only, tell) if lane == "native" else None
    if tests is None:
        tests = _compiled(path, lane, options, sink, only)
    passed = failed = 0
    for title, place, prepared in tests:
        try:
            work = prepared()
        except UnsupportedError as error:
            from compiler import pipeline

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
            reason = "false" if false else f"ended with status {status}"
            out(f"FAILED {title}\n  at {place}: {reason}\n")
        else:
            out(f"ok     {title}\n")
        flush()
    return passed, failed


def _chosen(titles: list[str], only: str) -> list[int]:
    """Which titles have `only` in them.  Errors: UsageError."""
    from compiler.diagnostics import UsageError, meant

    asked = [k for k, title in enumerate(titles) if only in title]
    if only and not asked:
        raise UsageError(f"test: no title has `{only}` in it", meant(only, titles, ""))
    return asked


def _kept(path: str, options: Options, only: str, tell: Callable[[str], object] | None) -> list[Asked] | None:
    """With the answers of earlier builds; None when they cannot help."""
    from compiler import building
    from compiler.running import become

    found = building.tests(path, options, lambda titles: _chosen(titles, only), tell or building.ignore)
    if found is None:
        return None
    return [(title, place, partial(partial, become, image, ["test"])) for title, place, image in found]


def _compiled(path: str, lane: str, options: Options, sink: Sink, only: str) -> list[Asked]:
    """By the whole pipeline; nothing with diagnostics in `sink`."""
    from compiler import pipeline

    _, program = pipeline.front(path, options.features, sink)
    if sink or program is None:
        return []
    linked = pipeline.foreign(program, options, sink)
    foreign = None
    if linked is not None and not sink and lane != "native":
        from compiler.foreign import host

        foreign = host(program, linked, sink)
    if sink:
        return []
    # The standard library has its own runs; a program that imports a module of it asks for none.
    own = [test for test in program.tests if not program.functions[test.function].file.path.startswith("std:")]
    rows: list[Asked] = []
    for test in [own[k] for k in _chosen([test.title for test in own], only)]:
        function = program.functions[test.function]
        line, column = function.file.place(function.start)
        prepared = partial(_prepared, program, test.function, lane, options, linked, foreign)
        rows.append((test.title, f"{function.file.path}:{line}:{column}", prepared))
    return rows


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
