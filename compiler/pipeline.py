"""The whole compiler on one screen: which part hands what to which, and who owns memory until when.

    file ─load─▶ Graph ─check─▶ Program (HIR) ─▶ interpreter (the reference lane)
                                   └─lower─▶ MIR ─passes─counts─▶ interpreter (lane mir)
                                                └─▶ LIR ─▶ machine code ─▶ object ─link─▶ executable

Each arrow consumes what is on its left and drops it (`owned.py`: reading it later is an error): forms after checking,
HIR after MIR, MIR and LIR function by function, so that `--memory-stats` shows a drop at every boundary.  Composes
parts and holds no algorithm of its own; imports inside the functions, so that a verb pays for what it uses.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compiler.diagnostics import Sink
    from compiler.foreign import Linked
    from compiler.hir.program import Program
    from compiler.ir.function import Module as IrModule
    from compiler.lir.module import LirModule, UnsupportedError
    from compiler.machine.code import Code
    from compiler.memory.regions import Remark
    from compiler.meter import Meter
    from compiler.modules.module import Graph
    from compiler.object.file import ObjectFile
    from compiler.options import Options
    from compiler.types.state import Checker


class VerifyError(Exception):
    """A level's verifier refused what a part of ours made: a bug of ours, never the program's."""


def front(
    path: str,
    features: frozenset[str],
    sink: Sink,
    meter: Meter | None = None,
    reader: Callable[[str], bytes] | None = None,
    looked: list[str] | None = None,
) -> tuple[Graph | None, Program | None]:
    """Read and check a program; without a program there is at least one diagnostic in `sink`.

    `reader` stands in for the file system, or looks over its shoulder; `looked` gets what else the answer rests on.
    """
    from compiler.modules.load import load
    from compiler.types.check import check

    graph = load(path, features, sink, read_text=reader, looked=looked)
    if meter:
        meter.mark("parse", {"forms": graph})
    if graph is None:
        return None, None

    def look(state: Checker) -> None:
        if meter:
            owners = {"hir": state.program, "forms": [module.forms for module in graph.modules], "checker": state}
            meter.mark("typecheck", owners)

    program = check(graph, sink, look)
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
    from compiler.memory.regions import run_module as place

    module = lower(program, entry=program.main if entry is None else entry)
    _verify_mir(module, "lower", options)
    if options.level == "release":
        from compiler.passes.order import checked, optimize

        optimize(module, after=checked(module) if options.verify else None, without=options.ablate)
    remarks = place(module) if options.ablate != "regions" else []
    if options.remarks is not None:
        remark(remarks, options.remarks)
    _verify_mir(module, "regions", options)
    count(module)
    _verify_mir(module, "counts", options, counted=True)
    return module


def back(module: IrModule, options: Options, meter: Meter | None = None) -> tuple[list[Code], LirModule]:
    """Machine code of every function, and the module's static data.  Consumes `module`."""
    from compiler.lir.lower import lower
    from compiler.targets.x86_64.compile import compile_function

    lir = lower(module, consume=True)
    module.drop("lir")
    if meter:
        meter.mark("lir", {"lir": lir})
    if options.verify:
        from compiler.lir.verify import verify

        _complain("lir", "lower", verify(lir))
    codes: list[Code] = []
    for name in list(lir.functions):
        function = lir.functions.pop(name)
        codes.append(compile_function(function, verify=options.verify))
        function.drop("machine")
    if meter:
        meter.mark("machine", {"code": codes, "lir": lir})
    return codes, lir


def foreign(
    program: Program, options: Options, sink: Sink, reader: Callable[[str], bytes] | None = None
) -> Linked | None:
    """What the program is linked with, checked against the C functions that it declares; None without any."""
    from compiler.foreign import check, externs, read_linked

    if not options.links and not externs(program):
        return None
    linked = read_linked(options.links, reader)
    check(program, linked, sink)
    return linked


def executable(codes: list[Code], lir: LirModule, meter: Meter | None = None, linked: Linked | None = None) -> bytes:
    """Make an object of each module and link them with the runtime and, where there are any, objects of the user's.

    Errors: LinkError; UsageError when the runtime cannot be built, or the user's objects cannot be linked.
    """
    from compiler.object.units import objects

    own = objects(codes, lir.data, lir.exported)
    if meter:
        meter.mark("object", {"object": own, "code": codes, "lir": lir})
    for code in codes:
        code.drop("object")
    codes.clear()
    lir.drop("object")
    if meter:
        meter.mark("lir_free", {"object": own})
    image = link_program(own, linked)
    own.clear()
    if meter:
        meter.mark("link", {"image": image})
    return image


def link_program(own: list[ObjectFile], linked: Linked | None) -> bytes:
    """Link the program's own objects with the runtime and the user's; errors as in `executable`."""
    from compiler.link.link import LinkError, link
    from compiler.object.archive import Archive

    path = runtime_library()
    with open(path, "rb") as file:
        archive = Archive(file.read(), path)
    if linked is None:
        return link(own, archives=[archive])
    try:
        return link([*own, *linked.objects], archives=[*linked.archives, archive])
    except LinkError as error:
        from compiler.foreign import refused

        raise refused(error) from None


def runtime_library() -> str:
    """The path of libzr.a, built when it is not there or not current."""
    from runtime_c.build import BuildError, build_freestanding

    try:
        return build_freestanding()
    except (BuildError, OSError) as error:
        from compiler.diagnostics import UsageError

        raise UsageError(f"the C runtime cannot be built: {error}", "`make` and a C compiler build it once") from None


def compile_program(
    path: str, options: Options, sink: Sink, reader: Callable[[str], bytes] | None = None
) -> tuple[bytes, list[str]]:
    """(the executable, the files that were read or looked for); (b"", …) when there is a diagnostic in `sink`."""
    meter: Meter | None = None
    if options.memory_stats:
        from compiler.meter import Meter as NewMeter

        meter = NewMeter()
    graph, program = front(path, options.features, sink, meter, reader)
    if graph is not None and program is not None:
        need_main(program, graph, sink)
    linked = None if sink or program is None else foreign(program, options, sink, reader)
    if sink or graph is None or program is None:
        return b"", []
    inputs = graph.inputs
    graph.drop("tc_free")
    program.rest()
    if meter:
        meter.mark("tc_free", {"hir": program})
    if options.verify:
        from compiler.hir.verify import verify

        _complain("hir", "check", verify(program))
    module = middle(program, options)
    if meter:
        meter.mark("mir", {"mir": module, "hir": program})
    program.drop("ast_free")
    if meter:
        meter.mark("ast_free", {"mir": module})
    from compiler.lir.module import UnsupportedError

    try:
        codes, lir = back(module, options, meter)
    except UnsupportedError as error:
        refused(error, sink)
        return b"", []
    return executable(codes, lir, meter, linked), inputs


def refused(error: UnsupportedError, sink: Sink) -> None:
    """Say at its place in the source what the back end cannot express."""
    from compiler.diagnostics import SourceFile
    from compiler.messages.backend import WIDE

    # The text is gone since checking; only a program that is refused pays for reading it again.
    path, line, column = error.at.rsplit(":", 2)
    file = SourceFile(0, path, read_again(path))
    start = file.offset(int(line), int(column))
    sink.add(WIDE, file, start, start + 1, what=error.what)


def read_again(path: str) -> str:
    """The text of a file that places name: `std:NAME` is one of the library's."""
    from compiler.modules.load import STD
    from compiler.syntax.source import read_bytes

    if path.startswith("std:"):
        path = f"{STD}/{path.removeprefix('std:')}.0x0"
    return read_bytes(path).decode("utf-8", "replace")


def remark(found: list[Remark], sink: Sink) -> None:
    """Say at their places in the source where allocations inside regions live."""
    from compiler.diagnostics import SourceFile
    from compiler.messages.remark import ALLOCATED, AROUND, COUNTED, PROMOTED, REASONS

    kinds = {"region": ALLOCATED, "counted": COUNTED, "around": AROUND, "heap": PROMOTED}
    files: dict[str, SourceFile] = {}
    for item in found:
        path, line, column = item.at.rsplit(":", 2)
        if path not in files:
            files[path] = SourceFile(len(files), path, read_again(path))
        start = files[path].offset(int(line), int(column))
        why = REASONS[item.why].format(at=item.reason.removeprefix(path + ":"), whom=spoken(item.whom))
        sink.add(kinds[item.where], files[path], start, start + 1, why=why)


def spoken(name: str) -> str:
    """A MIR function's name as its source has it."""
    name = name.partition("<")[0]
    return "a λ" if ".lambda" in name else f"`{name.rpartition('.')[2]}`"


def _verify_mir(module: IrModule, after: str, options: Options, *, counted: bool = False) -> None:
    if options.verify:
        from compiler.mir.verify import verify

        _complain("mir", after, verify(module, counted=counted))


def _complain(level: str, after: str, problems: list[Any]) -> None:
    if problems:
        raise VerifyError(f"{level} after {after}: " + "; ".join(str(problem) for problem in problems[:5]))
