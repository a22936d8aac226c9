"""Build a program, or build and become it: the pipeline with the cache of earlier builds around it.

Knows neither what compiling is (`pipeline.py`) nor what a record looks like (`cache.py`).  Without a usable cache
everything still works and only takes its time.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.diagnostics import Sink
    from compiler.options import Options


def build(path: str, out: str, options: Options, sink: Sink) -> int:
    """Write the executable to `out`, whole or not at all; 0, or 1 with diagnostics in `sink`."""
    from compiler.files import write_whole

    kept, image = _made(path, options, sink)
    if kept:
        with open(kept, "rb") as file:
            image = file.read()
        if _holds(out, image):
            return 0
    if not image:
        return 1
    write_whole(out, image, executable=True)
    return 0


def run_native(path: str, argv: list[str], options: Options, sink: Sink) -> int:
    """Compile and become the program: its status, its signals.  Returns only with diagnostics or without a cache."""
    import sys

    kept, image = _made(path, options, sink)
    sys.stdout.flush()
    sys.stderr.flush()
    if kept:
        try:
            os.execv(kept, [path, *argv])
        except PermissionError:  # the cache's file system forbids programs
            with open(kept, "rb") as file:
                image = file.read()
    if not image:
        return 1
    from compiler.running import become

    return become(image, [path, *argv])


def _made(path: str, options: Options, sink: Sink) -> tuple[str, bytes]:
    """The program's executable as (a path in the cache, b""), else as ("", its bytes); ("", b"") with diagnostics."""
    from compiler import cache, pipeline

    # What a build prints about itself must come from a build.
    if not options.cache or options.verify or options.memory_stats or options.remarks is not None:
        return "", pipeline.compile_program(path, options, sink)[0]
    name = _record(path, options)
    found = cache.find(name)
    if found:
        return found, b""
    recorder = cache.Recorder()
    image, inputs = pipeline.compile_program(path, options, sink, recorder.read)
    if image and recorder.absent(inputs):
        kept = cache.store(name, recorder, image)
        if kept:
            return kept, b""
    return "", image


def _record(path: str, options: Options) -> str:
    """The key of the record: the folder is in it, since a relative path means another file elsewhere."""
    from compiler import cache, pipeline

    library = pipeline.runtime_library()
    settings = (options.level, sorted(options.features), *options.links, path, os.getcwd())
    return cache.key(cache.compiler_stamp(), library, *settings)


def _holds(path: str, image: bytes) -> bool:
    """Whether the file is an executable of exactly these bytes already."""
    try:
        if not os.access(path, os.X_OK) or os.path.getsize(path) != len(image):
            return False
        with open(path, "rb") as file:
            return file.read() == image
    except OSError:
        return False
