"""What a build takes without the memory plan: `python -m tests.phases.reference FILE -o OUT --reader naive|flat`.

    --reader naive     objects for tokens and nodes, nothing packed, nothing dropped: the "before"
    --reader flat      the compiler's own reader, nothing dropped: what flat forms save alone (3a)

The same compiler otherwise, so it writes the same executable; what a phase drops is held on to here.  Prints the lines
of `zero build --memory-stats`.  The product has no switch for any of this.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from typing import Any, ClassVar

from compiler import meter, owned, pipeline
from compiler.diagnostics import Sink
from compiler.files import write_whole
from compiler.hir.program import Program
from compiler.ir.function import Module
from compiler.modules import load
from compiler.modules.module import Graph
from compiler.options import Options
from tests.phases import naive


def _hold(item: owned.Product, _phase: str) -> None:
    Meter.held.append(item)


def _awake(_: owned.Resting) -> None:
    """What does not rest stays as it was made."""


class Meter(meter.Meter):
    """The product's, with an owner for what is held."""

    __slots__ = ()
    held: ClassVar[list[Any]] = []

    def mark(self, phase: str, owners: dict[str, Any]) -> None:
        super().mark(phase, {**owners, "kept": self.held} if self.held else owners)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="reference")
    parser.add_argument("file")
    parser.add_argument("-o", dest="out", required=True)
    parser.add_argument("--reader", choices=("naive", "flat"), required=True)
    chosen = parser.parse_args(arguments)
    gc.disable()  # as the command has it
    for kind in (owned.Product, Graph, Program, Module):
        kind.drop = _hold  # type: ignore[method-assign]
    if chosen.reader == "naive":
        load.read = naive.read  # type: ignore[assignment]  # the loader's name for its reader
        owned.Resting.rest = _awake  # type: ignore[method-assign]
    meter.Meter = Meter  # type: ignore[misc]
    sink = Sink()
    image, _ = pipeline.compile_program(chosen.file, Options(memory_stats=True), sink)
    if not image:
        sys.stderr.write("".join(f"{item.message}\n" for item in sink.ordered()))
        return 1
    write_whole(chosen.out, image, executable=True)
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
