"""Compile one program several times in one process: `python -m tests.phases.repeat FILE [--level release]`.

Prints after each compile the exact bytes and the number of all objects in the process, whoever holds them: module
tables, caches, classes.  What a compile leaves behind for ever shows as growth.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import types
from typing import Any

from compiler import meter, pipeline
from compiler.diagnostics import Sink
from compiler.options import Options


def everything() -> tuple[int, int]:
    """(bytes, objects) of all that is alive, counted by a forked child."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        roots: list[Any] = gc.get_objects()
        size, count = meter._reach([sys.modules, *roots], {id(roots)}, (types.FrameType,))
        os.write(send, f"{size} {count}".encode())
        os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as file:
        size, count = map(int, file.read().split())
    os.waitpid(child, 0)
    return size, count


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="repeat")
    parser.add_argument("file")
    parser.add_argument("--level", default="dev")
    parser.add_argument("--times", type=int, default=4)
    chosen = parser.parse_args(arguments)
    gc.disable()  # as the command has it: garbage in a cycle is growth, too
    images = set()
    for number in range(chosen.times):
        images.add(pipeline.compile_program(chosen.file, Options(level=chosen.level), Sink())[0])
        size, count = everything()
        print(
            f"{number} tracked_bytes={size} objects={count}", flush=True
        )  # what waits to be written is an object, too
    if images == {b""} or len(images) != 1:
        print("the compiles differ")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
