"""The net: what stands between a bug and a release, run until the first thing that is red.

    python -m tests.mutants.net --programs 200 --seed 0 --corpus quick --edits

Generated programs by all lanes, and the corpus by MIR and native code at both levels against outputs that none of our
lanes made; all with every verifier, the proof of the allocation, checked counts and a look for leaks.  The first
finding is the last line, as `KIND<tab>detail`, and the status is 3.  Knows nothing of mutants.
"""

from __future__ import annotations

import argparse
import io
import os
import pickle
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter

from compiler.diagnostics import Sink
from compiler.lower.lower import lower
from compiler.memory import rc, regions
from compiler.mir import interp as mir_interp
from compiler.mir.verify import verify as verify_mir
from compiler.passes.order import checked, optimize
from compiler.pipeline import front
from runtime_c.build import BuildError, build_freestanding
from tests.corpus.programs import PROGRAMS, Program
from tests.fuzz import lanes
from tests.fuzz.generator import program as generate

CPU_SECONDS = 20  # for one program in all lanes: a planted bug may well be an endless loop
FIRST = 10  # generated programs before the corpus
QUICK_BYTES = 10_000  # of source, for the quick corpus
MIR_SECONDS = 2  # of CPU for a corpus program in the MIR interpreter; what is longer, native code runs alone


class Red(Exception):
    """The first finding."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(kind)
        self.kind, self.detail = kind, detail


def generated(seed: int, count: int) -> None:
    lanes.SECONDS = CPU_SECONDS
    for number in range(seed, seed + count):
        outcome = lanes.compare(generate(number))
        if outcome.failed:
            raise Red("generated", f"seed {number}: {outcome.kind}: {' '.join(outcome.detail.split()[-30:])}")


def edits() -> None:
    from tests.incremental import sweep

    found = sweep.first()
    if found:
        raise Red("edit", found)


def corpus(quick: bool) -> None:
    chosen = sorted(PROGRAMS, key=lambda program: (os.path.getsize(program.path), program.path))
    for program in chosen:
        if quick and (os.path.getsize(program.path) > QUICK_BYTES or program.path.startswith("fixtures/projects")):
            continue
        found = finding(program)
        if found:
            raise Red("corpus", f"{program.path}: {found}")


def finding(program: Program) -> str:
    """What is wrong with one corpus program, or nothing; in a child, with a limit on its time."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        found = ""
        try:
            os.close(receive)
            resource.setrlimit(resource.RLIMIT_CPU, (4 * CPU_SECONDS, 4 * CPU_SECONDS + 5))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            try:
                _program(program)
            except lanes.Failure as failure:
                found = f"{failure.kind}: {failure.detail}"
            except Exception as error:
                found = f"crash {type(error).__name__}: {error}"
            with os.fdopen(send, "wb") as file:
                pickle.dump(found[:2000], file)
        finally:
            os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as file:
        data = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return str(pickle.loads(data)) if data else f"died {status}"


def _program(program: Program) -> None:
    sink = Sink()
    _, checked_program = front(program.path, frozenset(), sink)
    if checked_program is None:
        raise lanes.Failure("ill-typed", str([item.message for item in sink.items]))
    wanted = (program.status, program.stdout, program.stderr)
    for level in ("dev", "release"):
        module = lower(checked_program, entry=checked_program.main)
        _refuse("lower", verify_mir(module))
        if level == "release":
            try:
                optimize(module, after=checked(module))
            except AssertionError as error:
                raise lanes.Failure("verify mir", str(error)[:500]) from error
        regions.run_module(module)
        rc.run_module(module)
        _refuse("counts", verify_mir(module, counted=True))
        _same(f"mir {level}", wanted, _mir(module, program))
        image = lanes.build_image(module, level, None, True, Counter())
        _same(f"native {level}", wanted, _native(image, program))


def _refuse(what: str, problems: list[str]) -> None:
    if problems:
        raise lanes.Failure(f"verify {what}", " ".join(str(each) for each in problems[:3]))


def _same(lane: str, wanted: tuple[int, bytes, bytes], found: tuple[int, bytes, bytes] | None) -> None:
    if found is not None and found != wanted:
        part = next(name for name, a, b in zip(("status", "stdout", "stderr"), wanted, found) if a != b)
        raise lanes.Failure(f"{lane} {part}", f"wanted {wanted[0]} {wanted[2]!r}, found {found[0]} {found[2]!r}")


class Slow(Exception):
    pass


def _mir(module: object, program: Program) -> tuple[int, bytes, bytes] | None:
    """None when it takes long."""

    def stop(*_: object) -> None:
        raise Slow

    streams = {"stdin": io.BytesIO(program.stdin), "stdout": io.BytesIO(), "stderr": io.BytesIO()}
    signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, MIR_SECONDS)
    try:
        status = mir_interp.run(module, argv=[], check_counts=True, **streams)  # type: ignore[arg-type]
    except Slow:
        return None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return status, streams["stdout"].getvalue(), streams["stderr"].getvalue()


def _native(image: bytes, program: Program) -> tuple[int, bytes, bytes]:
    descriptor, path = tempfile.mkstemp(prefix="zero-net-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(image)
        os.chmod(path, 0o700)
        env = {"ZR_STATS": "1"}
        done = subprocess.run([path], input=program.stdin, capture_output=True, check=False, env=env, timeout=120)
    finally:
        os.unlink(path)
    lines = done.stderr.split(b"\n")
    stats = [line for line in lines if line.startswith(b"zr-stats:")]
    if program.status == 0 and done.returncode == 0 and not (stats and b"live_blocks=0 " in stats[0]):
        raise lanes.Failure("native leak", repr(stats))
    return done.returncode, done.stdout, b"\n".join([line for line in lines if not line.startswith(b"zr-stats:")])


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="net")
    parser.add_argument("--programs", type=int, default=0, help="how many are generated")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--corpus", choices=("none", "quick", "all"), default="none")
    parser.add_argument("--edits", action="store_true", help="small projects are edited, and built from what was known")
    options = parser.parse_args(arguments)
    try:
        build_freestanding()
        # Most bugs show at once, and what the corpus shows, it shows sooner than a hundred programs.
        first = min(FIRST, options.programs)
        generated(options.seed, first)
        if options.corpus != "none":
            corpus(options.corpus == "quick")
        generated(options.seed + first, options.programs - first)
        if options.edits:
            edits()
    except BuildError as error:
        print(f"build\t{' '.join(str(error).split()[-30:])}")
        return 3
    except Red as red:
        print(f"{red.kind}\t{' '.join(red.detail.split())[:300]}")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
