"""A program at one of its levels, as text, TSV or JSON: what `zero dump` prints.

Only the text can be read back.  Knows no level's contents: each level writes itself.  A new level is a branch here,
a new format a writer in each level's `dump.py`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.diagnostics import Sink
    from compiler.hir.program import Program
    from compiler.ir.function import Module
    from compiler.options import Options


def dump(path: str, level: str, format: str, options: Options, sink: Sink) -> str:  # noqa: A002
    """The program at `level`; empty when there are diagnostics."""
    from compiler import pipeline

    graph, program = pipeline.front(path, options.features, sink)
    if graph is not None and program is not None and level != "hir":
        pipeline.need_main(program, graph, sink)
    if sink or program is None:
        return ""
    if level == "hir":
        return _hir(program, format)
    module = pipeline.middle(program, options)
    if level == "mir":
        return _ssa(module, level, format)
    from compiler.lir.lower import UnsupportedError, lower

    try:
        lir = lower(module)
    except UnsupportedError as error:
        pipeline.refused(error, sink)
        return ""
    return _ssa(lir, level, format) if level == "lir" else _machine(lir, format)


def _hir(program: Program, format: str) -> str:  # noqa: A002
    from compiler.hir import dump as hir_dump
    from compiler.hir.text import print_program

    writers: dict[str, Callable[[Program], str]] = {
        "text": print_program,
        "tsv": hir_dump.to_tsv,
        "json": hir_dump.to_json,
    }
    return writers[format](program)


def _ssa(module: Module, level: str, format: str) -> str:  # noqa: A002
    """MIR and LIR are the same container with different tables."""
    from compiler.ir import dump as ir_dump
    from compiler.ir.text import print_module
    from compiler.lir.ops import LIR
    from compiler.mir.ops import MIR

    table = MIR if level == "mir" else LIR
    writers = {"text": print_module, "tsv": ir_dump.to_tsv, "json": ir_dump.to_json}
    return writers[format](module, table)


def _machine(lir: Module, format: str) -> str:  # noqa: A002
    from compiler.machine import dump as machine_dump
    from compiler.targets.x86_64.compile import machine_function

    return machine_dump.WRITERS[format]([machine_function(function) for function in lir.functions.values()])
