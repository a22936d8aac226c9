"""The whole compiler on one screen: which part hands what to which, and who owns memory until when.

    file ─load─▶ Graph ─check─▶ Program (HIR) ─▶ interpreter (the reference lane)
                                   └─lower─▶ MIR ─passes─counts─▶ interpreter (lane mir)
                                                └─▶ LIR ─▶ machine code ─▶ object ─link─▶ executable

Each arrow consumes what is on its left: forms go after checking, HIR after MIR, MIR and LIR function by function, so
that `--memory-stats` shows a drop at every boundary.  Composes parts and holds no algorithm of its own; imports inside
the functions, so that a verb pays for what it uses.
"""

from __future__ import annotations

import os

from compiler.diagnostics import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compiler.diagnostics import Sink
    from compiler.hir.program import Program
    from compiler.ir.function import Module as IrModule
    from compiler.lir.module import LirModule
    from compiler.machine.code import Code
    from compiler.meter import Meter
    from compiler.modules.module import Graph
    from compiler.options import Options


class VerifyError(Exception):
    """A level's verifier refused what a part of ours made: a bug of ours, never the program's."""


def front(
    path: str, features: frozenset[str], sink: Sink, meter: Meter | None = None
) -> tuple[Graph | None, Program | None]:
    """Read and check a program; without a program there is at least one diagnostic in `sink`."""
    from compiler.modules.load import load
    from compiler.types.check import check

    graph = load(path, features, sink)
    if meter:
        meter.mark("parse", {"forms": graph})
    if graph is None:
        return None, None
    program = check(graph, sink)
    if meter:
        meter.mark("typecheck", {"hir": program, "forms": graph})
    return graph, None if sink or not graph.complete else program


def need_main(program: Program, graph: Graph, sink: Sink) -> bool:
    """Whether the program has a main; else that is a diagnostic."""
    from compiler.types import check

    return check.need_main(program, graph, sink)


def middle(program: Program, options: Options, entry: Any = None) -> IrModule:
    """MIR with its counts; at release level after the optimizer.

    Errors: VerifyError under --verify.
    """
    from compiler.lower.lower import lower
    from compiler.memory.rc import run_module as count

    module = lower(program, entry=program.main if entry is None else entry)
    _verify_mir(module, "lower", options)
    if options.level == "release":
        from compiler.passes.order import checked, optimize

        optimize(module, after=checked(module) if options.verify else None)
    count(module)
    _verify_mir(module, "counts", options, counted=True)
    return module


def back(module: IrModule, options: Options, meter: Meter | None = None) -> tuple[list[Code], LirModule]:
    """Machine code of every function, and the module's static data.  Consumes `module`."""
    from compiler.lir.lower import lower
    from compiler.targets.x86_64.compile import compile_function

    lir = lower(module)
    if meter:
        meter.mark("lir", {"lir": lir, "mir": module})
        meter.hold(dict(module.functions))
    module.functions.clear()
    if options.verify:
        from compiler.lir.verify import verify

        _complain("lir", "lower", verify(lir))
    codes: list[Code] = []
    for name in list(lir.functions):
        function = lir.functions.pop(name)
        codes.append(compile_function(function, verify=options.verify))
        if meter:
            meter.hold(function)
    if meter:
        meter.mark("machine", {"code": codes, "lir": lir})
    return codes, lir


def executable(codes: list[Code], lir: LirModule, meter: Meter | None = None) -> bytes:
    """Assemble one object and link it with the runtime.

    Errors: LinkError; BuildError when the runtime cannot be built.
    """
    from compiler.link.link import link
    from compiler.object.archive import Archive
    from compiler.object.assemble import assemble

    obj = assemble(codes, lir.data, "program.o", lir.exported)
    if meter:
        meter.mark("object", {"object": obj, "code": codes})
        meter.hold(list(codes), lir)
    codes.clear()
    lir.data = []
    path = runtime_library()
    with open(path, "rb") as file:
        archive = Archive(file.read(), path)
    image = link([obj], archives=[archive])
    if meter:
        meter.mark("link", {"image": image})
    return image


def runtime_library() -> str:
    """The path of libzr.a, built when it is not there or not current."""
    from runtime_c.build import build_freestanding

    return build_freestanding()


def compile_program(path: str, options: Options, sink: Sink) -> tuple[bytes, list[str]]:
    """(the executable, the files it was made from); (b"", …) when there is a diagnostic in `sink`."""
    meter: Meter | None = None
    if options.memory_stats:
        from compiler.meter import Meter as NewMeter

        meter = NewMeter(options.keep_phases)
    graph, program = front(path, options.features, sink, meter)
    if graph is not None and program is not None:
        need_main(program, graph, sink)
    if sink or graph is None or program is None:
        return b"", []
    inputs = graph.inputs
    if meter:
        meter.hold(graph)
    del graph
    if meter:
        meter.mark("tc_free", {"hir": program})
    if options.verify:
        from compiler.hir.verify import verify

        _complain("hir", "check", verify(program))
    module = middle(program, options)
    if meter:
        meter.mark("mir", {"mir": module, "hir": program})
        meter.hold(program)
    del program
    if meter:
        meter.mark("ast_free", {"mir": module})
    codes, lir = back(module, options, meter)
    return executable(codes, lir, meter), inputs


def _cached(path: str, options: Options, sink: Sink) -> str:
    """The path of the program's executable in the cache, compiled if it must be; empty when it cannot be kept there."""
    from compiler import cache

    name = _record(path, options)
    found = cache.find(name)
    if found:
        return found
    image, inputs = compile_program(path, options, sink)
    if not image:
        return ""
    kept = cache.store(name, cache.describe(inputs), image)
    if not kept:
        raise UsageError(f"cannot keep results in {cache.folder()}", "set ZERO_CACHE to a folder you can write")
    return kept


def _record(path: str, options: Options) -> str:
    from compiler import cache

    library = runtime_library()
    settings = (options.level, sorted(options.features), path, os.getcwd())
    return cache.key(cache.compiler_stamp(), library, *settings)


def build(path: str, out: str, options: Options, sink: Sink) -> int:
    """Write the executable to `out`, whole or not at all; 0, or 1 with diagnostics in `sink`."""
    from compiler import cache
    from compiler.object.write import write_atomically

    use_cache = options.cache and not options.memory_stats and not options.verify
    name = _record(path, options) if use_cache else ""
    found = cache.find(name) if use_cache else ""
    if found:
        with open(found, "rb") as file:
            image = file.read()
        if _holds(out, image):
            return 0
    else:
        image, inputs = compile_program(path, options, sink)
        if not image:
            return 1
        if use_cache:
            cache.store(name, cache.describe(inputs), image)
    write_atomically(out, image, 0o755)
    return 0


def _holds(path: str, image: bytes) -> bool:
    """Whether the file is an executable of exactly these bytes already."""
    try:
        if not os.access(path, os.X_OK) or os.path.getsize(path) != len(image):
            return False
        with open(path, "rb") as file:
            return file.read() == image
    except OSError:
        return False


def run_interp(program: Program, argv: list[str]) -> int:
    """Run in the reference interpreter; the program's status."""
    import sys

    from compiler.hir.interp import run

    return run(program, argv=argv, stdin=sys.stdin.buffer, stdout=sys.stdout.buffer, stderr=sys.stderr.buffer)


def run_mir(program: Program, argv: list[str], options: Options) -> int:
    """Run in the MIR interpreter; the program's status."""
    import sys

    from compiler.mir.interp import run

    module = middle(program, options)
    world = {"stdin": sys.stdin.buffer, "stdout": sys.stdout.buffer, "stderr": sys.stderr.buffer}
    return run(module, argv=argv, check_counts=True, **world)


def run_native(path: str, argv: list[str], options: Options, sink: Sink) -> int:
    """Compile and become the program: its status, its signals.  Returns only with diagnostics or without a cache."""
    import sys

    if options.cache and not options.verify and not options.memory_stats:
        place = _cached(path, options, sink)
        if not place:
            return 1
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(place, [path, *argv])
    image, _ = compile_program(path, options, sink)
    return _run_image(image, [path, *argv]) if image else 1


def _run_image(image: bytes, argv: list[str]) -> int:
    """Run an executable that is in no file system; its status, or 128 and the signal."""
    descriptor = os.memfd_create("program", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(image)
    child = os.fork()
    if child == 0:
        try:
            os.execve(descriptor, argv, os.environ)
        finally:
            os._exit(70)
    os.close(descriptor)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status if status >= 0 else 128 - status


def dump(path: str, level: str, format: str, options: Options, sink: Sink) -> str:  # noqa: A002
    """The program as it is at a level, as text, TSV or JSON; empty when there are diagnostics."""
    graph, program = front(path, options.features, sink)
    if graph is not None and program is not None and level != "hir":
        need_main(program, graph, sink)
    if sink or program is None:
        return ""
    if level == "hir":
        from compiler.hir import dump as hir_dump
        from compiler.hir.text import print_program

        writers: dict[str, Callable[[Program], str]] = {
            "text": print_program,
            "tsv": hir_dump.to_tsv,
            "json": hir_dump.to_json,
        }
        return writers[format](program)
    module = middle(program, options)
    if level == "machine":
        from compiler.lir.lower import lower as lower_to_lir
        from compiler.machine import dump as machine_dump
        from compiler.targets.x86_64.compile import machine_function

        lir = lower_to_lir(module)
        functions = [machine_function(function) for function in lir.functions.values()]
        return machine_dump.WRITERS[format](functions)
    from compiler.ir import dump as ir_dump
    from compiler.ir.text import print_module
    from compiler.lir.ops import LIR
    from compiler.mir.ops import MIR

    table = MIR
    if level == "lir":
        from compiler.lir.lower import lower as lower_to_lir

        module, table = lower_to_lir(module), LIR
    if format == "text":
        return print_module(module, table)
    return ir_dump.to_tsv(module, table) if format == "tsv" else ir_dump.to_json(module, table)


def run_tests(path: str, lane: str, options: Options, sink: Sink) -> tuple[int, int]:
    """Run the program's tests, each by itself in a lane, with a line each; (passed, failed)."""
    import sys

    graph, program = front(path, options.features, sink)
    if sink or program is None or graph is None:
        return 0, 0
    passed = failed = 0
    for test in program.tests:
        status, output = _in_child(lambda function=test.function: _test_status(program, function, lane, options))
        # A test is a Bool: what the lane prints last is its value.
        own, _, value = output.removesuffix(b"\n").rpartition(b"\n")
        holds = status == 0 and value == b"true"
        passed, failed = passed + holds, failed + (not holds)
        if not holds and own:
            sys.stdout.write(own.decode("utf-8", "replace") + "\n")
        print(f"{'ok    ' if holds else 'FAILED'} {test.title}")
    return passed, failed


def _in_child(work: Callable[[], int]) -> tuple[int, bytes]:
    """(status, standard output) of work done in a forked child, so that a panic ends only that."""
    import sys

    sys.stdout.flush()
    sys.stderr.flush()
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        status = 70
        try:
            os.dup2(send, 1)
            os.close(receive)
            status = work()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)
    os.close(send)
    with os.fdopen(receive, "rb") as file:
        output = file.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), output


def _test_status(program: Program, function: int, lane: str, options: Options) -> int:
    """The status of a lane that runs one test; the test's value is the last line it prints."""
    import sys

    world = (sys.stdin.buffer, sys.stdout.buffer, sys.stderr.buffer)
    if lane == "interp":
        from compiler.hir.interp import run

        return run(program, function=function, argv=[], stdin=world[0], stdout=world[1], stderr=world[2])
    module = middle(program, options, entry=function)
    if lane == "mir":
        from compiler.mir.interp import run as run_module

        return run_module(module, argv=[], stdin=world[0], stdout=world[1], stderr=world[2])
    codes, lir = back(module, options)
    return _run_image(executable(codes, lir), ["test"])


def _verify_mir(module: IrModule, after: str, options: Options, *, counted: bool = False) -> None:
    if options.verify:
        from compiler.mir.verify import verify

        _complain("mir", after, verify(module, counted=counted))


def _complain(level: str, after: str, problems: list[Any]) -> None:
    if problems:
        raise VerifyError(f"{level} after {after}: " + "; ".join(str(problem) for problem in problems[:5]))
