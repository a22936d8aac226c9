"""One program by every lane, compared: the reference interpreter, MIR and native code at both levels.

Everything happens in a forked child with a limit on its time, so that a hang or a crash of ours is a finding and not
the end of the run.  Verifiers look at every level and after every pass, counts are checked, the allocation is
proved, and compiled programs must end with no block alive.  Knows nothing of how programs are made.
"""

from __future__ import annotations

import io
import os
import pickle
import resource
import signal
import subprocess
import tempfile
import traceback
from collections import Counter
from typing import cast

from compiler.builtins import BUILTINS
from compiler.diagnostics import Sink
from compiler.hir import interp as hir_interp
from compiler.hir import verify as hir_verify
from compiler.hir.ops import CODE as HIR_CODE
from compiler.hir.ops import OPS as HIR_OPS
from compiler.hir.program import Program
from compiler.ir.function import Level, Module
from compiler.link.link import link
from compiler.lir.lower import lower as lower_to_lir
from compiler.lir.ops import LIR
from compiler.lir.verify import verify as verify_lir
from compiler.lower.lower import lower
from compiler.memory import rc
from compiler.mir import interp as mir_interp
from compiler.mir.ops import MIR
from compiler.mir.verify import verify as verify_mir
from compiler.modules.load import load
from compiler.object.archive import Archive
from compiler.object.assemble import assemble
from compiler.passes.order import checked, optimize
from compiler.targets.x86_64.compile import compile_function
from compiler.types.check import check, need_main
from runtime_c.build import build_freestanding

PATH = "main.0x0"
STDIN = b"first\n\nlast line"
ARGV = ["one", "", "two words"]
# What a limit ended: how deep or how big a lane gets is its own.
LIMITS = (102, 103)
SECONDS = 60  # of CPU for one program in all lanes
REFERENCE_SECONDS = 3  # of those, for the reference interpreter; what takes longer is not worth it

Result = tuple[int, bytes, bytes]


class Outcome:
    """What became of one program: `kind` is ok, skipped, or the name of what failed; `covered` what it reached."""

    def __init__(self, kind: str, detail: str = "", covered: Counter[str] | None = None, status: int = 0) -> None:
        self.kind, self.detail, self.status = kind, detail, status
        self.covered = covered or Counter()

    @property
    def failed(self) -> bool:
        return self.kind not in ("ok", "skipped")


class Failure(Exception):
    """A lane that differs, or a verifier that refuses; `kind` stays the same while a program shrinks."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(kind)
        self.kind, self.detail = kind, detail


def front(text: str) -> Program | None:
    """The checked program, or None when the text is no program."""
    sink = Sink()
    graph = load(PATH, frozenset(), sink, read_text=lambda path: text)
    program = check(graph, sink) if graph is not None else None
    if program is None or sink or graph is None or not need_main(program, graph, sink):
        return None
    return program


def complaints(text: str) -> list[str]:
    """The diagnostics of a text."""
    sink = Sink()
    graph = load(PATH, frozenset(), sink, read_text=lambda path: text)
    if graph is not None:
        check(graph, sink)
    return [f"{d.kind.code} {d.message}: {text[d.start : d.end]}" for d in sink.items]


def compare(text: str, *, lanes: tuple[str, ...] = ("mir", "native")) -> Outcome:
    """Run the program in all lanes, in a child; lane `lir` only counts what would be compiled."""
    build_freestanding()
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(receive)
            os.setpgid(0, 0)
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            signal.alarm(SECONDS * 4)
            outcome = _protected(text, lanes)
            with os.fdopen(send, "wb") as file:
                pickle.dump((outcome.kind, outcome.detail, dict(outcome.covered), outcome.status), file)
        finally:
            os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as file:
        data = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if not data:
        return Outcome("skipped", "time in the reference") if status == -signal.SIGVTALRM else Outcome(f"died {status}")
    kind, detail, covered, code = pickle.loads(data)
    return Outcome(kind, detail, Counter(covered), code)


def _protected(text: str, lanes: tuple[str, ...]) -> Outcome:
    try:
        return _compare(text, lanes)
    except Failure as failure:
        return Outcome(failure.kind, failure.detail)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(last.filename)} {last.name}"
        return Outcome(f"crash {type(error).__name__} in {where}", traceback.format_exc()[-3000:])


def _compare(text: str, lanes: tuple[str, ...]) -> Outcome:
    program = front(text)
    if program is None:
        return Outcome("ill-typed", "\n".join(complaints(text)))
    covered: Counter[str] = Counter()
    cover_hir(program, covered)
    _refuse("hir", hir_verify.verify(program))
    # The reference goes first and is the only one that may be too slow.
    signal.setitimer(signal.ITIMER_VIRTUAL, REFERENCE_SECONDS)
    wanted = interpret(program)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    # `exit` ends a program with blocks alive; with this status it is told apart from the end of main.
    frees = wanted[0] == 0 and "(exit" not in text.replace("(exit (bit-or 1 ", "")
    if wanted[0] in LIMITS:
        return Outcome("skipped", "a limit", covered, wanted[0])
    for level in ("dev", "release"):
        module = lower(program, entry=program.main)
        _refuse("mir lower", verify_mir(module))
        cover(module, MIR, covered)
        if level == "release":
            try:
                optimize(module, after=checked(module))
            except AssertionError as error:
                raise Failure(f"verify mir {str(error).split(':')[0]}", str(error)[:3000]) from error
            cover(module, MIR, covered)
        rc.run_module(module)
        _refuse(f"mir counts {level}", verify_mir(module, counted=True))
        cover(module, MIR, covered)
        if "mir" in lanes:
            found = _run_mir(module, level)
            _same(f"mir {level}", wanted, found)
        if "native" in lanes:
            image = _image(module, level, covered)
            _same(f"native {level}", wanted, _run_native(image, level, frees))
        elif "lir" in lanes:
            cover(lower_to_lir(module), LIR, covered)
    return Outcome("ok", "", covered, wanted[0])


def _refuse(what: str, problems: list[str]) -> None:
    if problems:
        raise Failure(f"verify {what}", "\n".join([str(p) for p in problems[:5]]))


def _same(lane: str, wanted: Result, found: Result) -> None:
    if wanted == found:
        return
    part = next(name for name, a, b in zip(("status", "stdout", "stderr"), wanted, found) if a != b)
    raise Failure(
        f"{lane} {part}",
        f"wanted {wanted[0]} {wanted[2]!r}\nfound  {found[0]} {found[2]!r}\n{_differ(wanted[1], found[1])}",
    )


def _differ(wanted: bytes, found: bytes) -> str:
    for number, (a, b) in enumerate(zip(wanted.split(b"\n"), found.split(b"\n"))):
        if a != b:
            return f"line {number + 1}\n  wanted {a!r}\n  found  {b!r}"
    return f"{len(wanted)} and {len(found)} bytes of output"


def _world() -> dict[str, io.BytesIO]:
    os.environ["FUZZ_VALUE"], os.environ["FUZZ_EMPTY"] = "a value", ""
    return {"stdin": io.BytesIO(STDIN), "stdout": io.BytesIO(), "stderr": io.BytesIO()}


def interpret(program: Program) -> Result:
    world = _world()
    status = hir_interp.run(program, argv=ARGV, stdin=world["stdin"], stdout=world["stdout"], stderr=world["stderr"])
    return status, world["stdout"].getvalue(), world["stderr"].getvalue()


def _run_mir(module: Module, level: str) -> Result:
    world = _world()
    try:
        out, err = world["stdout"], world["stderr"]
        status = mir_interp.run(module, argv=ARGV, stdin=world["stdin"], stdout=out, stderr=err, check_counts=True)
    except Exception as error:
        if type(error).__name__ != "CountError":
            raise
        raise Failure(f"mir {level} counts", str(error)) from error
    return status, world["stdout"].getvalue(), world["stderr"].getvalue()


def _image(module: Module, level: str, covered: Counter[str]) -> bytes:
    lir = lower_to_lir(module)
    _refuse(f"lir {level}", verify_lir(lir))
    cover(lir, LIR, covered)
    try:
        codes = [compile_function(f, verify=True) for f in lir.functions.values()]
    except AssertionError as error:
        raise Failure(f"verify machine {level}", str(error)[:3000]) from error
    path = build_freestanding()
    with open(path, "rb") as file:
        archive = Archive(file.read(), path)
    return link([assemble(codes, lir.data, "program.o", lir.exported)], archives=[archive])


def _run_native(image: bytes, level: str, frees: bool) -> Result:
    descriptor, path = tempfile.mkstemp(prefix="zero-fuzz-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(image)
        os.chmod(path, 0o700)
        env = {"FUZZ_VALUE": "a value", "FUZZ_EMPTY": "", "ZR_STATS": "1"}
        done = subprocess.run([path, *ARGV], input=STDIN, capture_output=True, check=False, env=env, timeout=60)
    finally:
        os.unlink(path)
    lines = done.stderr.split(b"\n")
    stats = [line for line in lines if line.startswith(b"zr-stats:")]
    errors = b"\n".join([line for line in lines if not line.startswith(b"zr-stats:")])
    if frees and done.returncode == 0 and not (stats and b"live_blocks=0 " in stats[0]):
        raise Failure(f"native {level} leak", repr(stats))
    return done.returncode, done.stdout, errors


# ---- what a program reaches


def cover_hir(program: Program, covered: Counter[str]) -> None:
    """Count the HIR ops and the builtins of a program."""
    wanted = {HIR_CODE["builtin"], HIR_CODE["builtin-fn"]}
    for body in [f.body for f in program.functions]:
        for op, imm in zip(body.op, body.imm, strict=True):
            covered[f"hir {HIR_OPS[op].name}"] += 1
            if op in wanted:
                covered[f"builtin {BUILTINS[cast(int, program.insts[imm][1])].name}"] += 1


def cover(module: Module, level: Level, covered: Counter[str]) -> None:
    """Count the ops of a module at a level."""
    for function in module.functions.values():
        for block in function.blocks:
            for value in block.body:
                covered[f"{level.name} {level.ops[function.op[value]].name}"] += 1
