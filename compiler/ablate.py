"""What a pass costs, and what it buys: the same build with the pass and without it, side by side.

    [ablate] gvn with    calls=81520 cpu_ms=41 mir_instructions=310 mir_bytes=70112 image_bytes=21793
    [ablate] gvn without calls=74012 cpu_ms=38 mir_instructions=344 mir_bytes=77204 image_bytes=22120
    [ablate] gvn costs   calls=+7508 cpu_ms=+3 mir_instructions=-34 mir_bytes=-7092 image_bytes=-327

`calls` are the calls of functions, ours and Python's own, on the way from HIR to counted MIR; like all numbers here but
`cpu_ms` it is exact and repeats.  Each build is a process of its own, so that none warms up the next one.  Knows the
passes' names and no pass.
"""

from __future__ import annotations

import os
import sys

from compiler.diagnostics import Sink, UsageError, meant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.options import Options

_FACTS = ("calls", "cpu_ms", "mir_instructions", "mir_bytes", "image_bytes")
REGIONS = "regions"  # runs at both levels; the optimizer's passes at release level only


def known(level: str) -> list[str]:
    """The passes that a build at this level can do without, in order."""
    from compiler.passes.order import ORDER

    return [*dict.fromkeys([name for name, _, _ in ORDER] if level == "release" else []), REGIONS]


def ablate(path: str, out: str, options: Options, name: str, sink: Sink) -> int:
    """Write the executable that was made without the pass, and the three lines on standard error.

    Errors: UsageError for a pass that this level does not run.
    """
    names = known(options.level)
    if name not in names:
        listed = f"the passes at level {options.level} are: {', '.join(names)}"
        if name in known("release"):
            listed = f"it runs at --level release only; {listed}"
        raise UsageError(f"--ablate: no pass `{name}`", meant(name, names, listed))
    from compiler.files import write_whole
    from compiler.pipeline import compile_program

    options.cache = False
    options.ablate = name
    image, _ = compile_program(path, options, sink)
    if not image:
        return 1
    write_whole(out, image, executable=True)
    found = {}
    for variant, without in (("with", ""), ("without", name)):
        options.ablate = without
        facts = _in_child(path, options, counting=True)
        facts[1] = _in_child(path, options, counting=False)[1]  # counting takes time of its own
        found[variant] = facts
    costs = [one - other for one, other in zip(found["with"], found["without"], strict=True)]
    for variant, facts in found.items():
        shown = " ".join(f"{fact}={value}" for fact, value in zip(_FACTS, facts, strict=True))
        sys.stderr.write(f"[ablate] {name} {variant} {shown}\n")
    shown = " ".join(f"{fact}={value:+d}" for fact, value in zip(_FACTS, costs, strict=True))
    sys.stderr.write(f"[ablate] {name} costs {shown}\n")
    return 0


def _in_child(path: str, options: Options, *, counting: bool) -> list[int]:
    sys.stderr.flush()
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(receive)
            os.write(send, " ".join(map(str, _measure(path, options, counting))).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(send)
    with os.fdopen(receive, "rb") as file:
        text = file.read()
    os.waitpid(child, 0)
    if not text:
        raise RuntimeError("the build to be measured ended without a result")
    return [int(word) for word in text.split()]


def _measure(path: str, options: Options, counting: bool) -> list[int]:
    import time

    from compiler import pipeline
    from compiler.meter import tracked

    sink = Sink()
    graph, program = pipeline.front(path, options.features, sink)
    assert graph is not None
    assert program is not None
    pipeline.need_main(program, graph, sink)
    linked = pipeline.foreign(program, options, sink)
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    start = time.process_time_ns()
    if counting:
        sys.setprofile(count)
    module = pipeline.middle(program, options)
    sys.setprofile(None)
    elapsed = (time.process_time_ns() - start) // 1_000_000
    instructions = sum(len(block.body) for function in module.functions.values() for block in function.blocks)
    held = tracked({"mir": module})["mir"][0] if counting else 0
    codes, lir = pipeline.back(module, options)
    image = pipeline.executable(codes, lir, linked=linked)
    return [calls, elapsed, instructions, held, len(image)]
