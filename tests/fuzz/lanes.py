"""One program by every lane, compared: the reference interpreter, MIR and native code at both levels.

Everything happens in a forked child with a limit on its time, so that a hang or a crash of ours is a finding and not
the end of the run.  Verifiers look at every level and after every pass, counts are checked, the allocation is
proved, and compiled programs must end with no block alive; where that is not asked to be `thorough`, one verifier looks
at what each level ends with.  Each `(test …)` is compared too.  Knows nothing of how programs are made.

Where the reference ends with 102 or 103, every lane must end so with the same line; how much each printed before is
its own, as frames differ, but one output must begin the other.  What nobody wrote to end so (not `limits`) is left
out: what one lane has no room for, another may have.
"""

from __future__ import annotations

import gc
import io
import os
import pickle
import resource
import signal
import subprocess
import tempfile
import traceback
from collections import Counter
from functools import cache

from compiler.diagnostics import Sink
from compiler.foreign import Host, Linked
from compiler.hir import interp as hir_interp
from compiler.hir import verify as hir_verify
from compiler.hir.program import Program
from compiler.ir.function import Module
from compiler.link.link import link
from compiler.lir.lower import lower as lower_to_lir
from compiler.lir.ops import LIR
from compiler.lir.verify import verify as verify_lir
from compiler.lower.lower import lower
from compiler.memory import rc, regions
from compiler.mir import interp as mir_interp
from compiler.mir.ops import MIR
from compiler.mir.verify import verify as verify_mir
from compiler.modules.load import STD, load
from compiler.object.archive import Archive
from compiler.object.elf import read_object
from compiler.object.units import objects
from compiler.passes.order import checked, optimize
from compiler.syntax.source import read_bytes
from compiler.targets.x86_64.compile import compile_function
from compiler.types.check import check, need_main
from runtime_c.build import build_freestanding, compile_freestanding
from tests.fuzz.bundle import MAIN, Bundle, unpack
from tests.fuzz.coverage import cover, cover_hir, cover_machine
from tests.fuzz.whole import FOREIGN

FUNCTIONS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "foreign", "functions.c")
# What a limit ended: how deep or how big a lane gets is its own.
LIMITS = (102, 103)
MEMORY = 16 << 30  # of address space: a lane that is asked for terabytes must not get them
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


class Case:
    """A bundle under way: what its lanes share."""

    def __init__(self, text: str) -> None:
        self.bundle = unpack(text)
        # `exit` ends a program with blocks alive; with this status it is told apart from the end of main.
        self.exits = "(exit" in text.replace("(exit (bit-or 1 ", "")
        self.linked: Linked | None = None
        self.host: Host | None = None
        if '(extern "C"' in text:
            self.linked, self.host = foreign()

    def fresh(self) -> Host | None:
        """C functions that remember nothing of another lane."""
        if self.host is not None and self.host.channel is not None:
            self.host.channel.close()
            self.host.channel = None
        return self.host


@cache
def foreign() -> tuple[Linked, Host]:
    """The C functions that programs may declare, as an object and as a host for the interpreters."""
    linked = Linked()
    with tempfile.TemporaryDirectory(prefix="zero-fuzz-") as folder:
        path = os.path.join(folder, "functions.c")
        with open(FUNCTIONS, "rb") as source, open(path, "wb") as copy:
            copy.write(b'#pragma GCC diagnostic ignored "-Wmissing-prototypes"\n' + source.read())
        with open(compile_freestanding(path), "rb") as file:
            linked.objects.append(read_object(file.read(), "functions.o"))
    declared = "\n".join(f'(extern "C" {name} (∷ {type_}))' for name, type_ in FOREIGN.items())
    program = front(f"{declared}\n(ƒ main (_) 0)\n")
    assert program is not None
    return linked, Host(program, linked)


@cache
def runtime() -> Archive:
    """The runtime's archive with every member parsed: programs are linked with it again and again."""
    path = build_freestanding()
    with open(path, "rb") as file:
        archive = Archive(file.read(), path)
    for at in set(archive.index.values()):
        archive.member(at)
    return archive


def _read(bundle: Bundle, path: str) -> bytes | str:
    if path in bundle.files:
        return bundle.files[path]
    if path.startswith(STD):
        return read_bytes(path)
    raise FileNotFoundError(2, os.strerror(2))


def checked_program(text: str, sink: Sink) -> Program | None:
    """The program of a text, whatever it lacks; what is wrong goes to `sink`."""
    bundle = unpack(text)
    graph = load(MAIN, frozenset(bundle.features), sink, read_text=lambda path: _read(bundle, path))
    if graph is None:
        return None
    program = check(graph, sink)
    if program is None or sink or not graph.complete or not need_main(program, graph, sink):
        return None
    return program


def front(text: str) -> Program | None:
    """The checked program, or None when the text is no program."""
    return checked_program(text, Sink())


def complaints(text: str) -> list[str]:
    """The diagnostics of a text."""
    sink = Sink()
    checked_program(text, sink)
    return [f"{d.kind.code} {d.message}: {d.file.text[d.start : d.end]}" for d in sink.items]


def compare(
    text: str, *, lanes: tuple[str, ...] = ("mir", "native"), thorough: bool = True, limits: bool = True
) -> Outcome:
    """Run the program in all lanes, in a child; lane `lir` only counts what would be compiled.

    What fails with one look at each level is looked at again thoroughly: that names the part.
    """
    outcome = _in_child(text, lanes, thorough, limits)
    if outcome.failed and not thorough:
        again = _in_child(text, lanes, True, limits)
        return again if again.failed else outcome
    return outcome


def _in_child(text: str, lanes: tuple[str, ...], thorough: bool, limits: bool) -> Outcome:
    runtime()  # before the fork, so that it is there for the next program too
    if '(extern "C"' in text:
        foreign()
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            gc.disable()
            os.close(receive)
            os.setpgid(0, 0)
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            signal.alarm(SECONDS * 4)
            outcome = _protected(text, lanes, thorough, limits)
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


def _protected(text: str, lanes: tuple[str, ...], thorough: bool, limits: bool) -> Outcome:
    try:
        return _compare(text, lanes, thorough, limits)
    except Failure as failure:
        return Outcome(failure.kind, failure.detail)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(last.filename)} {last.name}"
        return Outcome(f"crash {type(error).__name__} in {where}", traceback.format_exc()[-3000:])


def _compare(text: str, lanes: tuple[str, ...], thorough: bool, limits: bool) -> Outcome:
    program = front(text)
    if program is None:
        return Outcome("ill-typed", "\n".join(complaints(text)))
    case, covered = Case(text), Counter[str]()
    cover_hir(program, covered)
    _refuse("hir", hir_verify.verify(program))
    # The reference goes first and is the only one that may be too slow.
    signal.setitimer(signal.ITIMER_VIRTUAL, REFERENCE_SECONDS)
    wanted = _interpret(program, case)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    if wanted[0] in LIMITS and not limits:
        return Outcome("skipped", "a limit", covered, wanted[0])
    for level in ("dev", "release"):
        _level(program, case, wanted, level, lanes, thorough, covered)
    # A test is a program of its own: each lane runs it once, at one of the levels.
    for test in program.tests:
        if program.functions[test.function].file.path.startswith("std:"):
            continue
        expected = _interpret(program, case, test.function)
        if expected[0] not in LIMITS or limits:
            chosen = {"dev": "mir", "release": "native"}
            for level, lane in chosen.items():
                if lane in lanes:
                    _level(program, case, expected, level, (lane,), thorough, covered, test.function)
    return Outcome("ok", "", covered, wanted[0])


def _level(
    program: Program,
    case: Case,
    wanted: Result,
    level: str,
    lanes: tuple[str, ...],
    thorough: bool,
    covered: Counter[str],
    entry: int = -1,
) -> None:
    """Compile the program, or one of its tests, at a level, and compare what its lanes give."""
    module = lower(program, entry=program.main if entry < 0 else entry)
    if thorough:
        _refuse("mir lower", verify_mir(module))
    cover(module, MIR, covered)
    if level == "release":
        try:
            optimize(module, after=checked(module) if thorough else None)
        except AssertionError as error:
            raise Failure(f"verify mir {str(error).split(':')[0]}", str(error)[:3000]) from error
        cover(module, MIR, covered)
    regions.run_module(module)
    if thorough:
        _refuse("mir regions", verify_mir(module))
    rc.run_module(module)
    _refuse(f"mir counts {level}", verify_mir(module, counted=True))
    cover(module, MIR, covered)
    if "mir" in lanes:
        _same(f"mir {level}", wanted, _run_mir(module, level, case))
    if "native" in lanes:
        image = build_image(module, level, case.linked, thorough, covered)
        frees = wanted[0] == 0 and not case.exits
        _same(f"native {level}", wanted, _run_native(image, level, case, frees))
    elif "lir" in lanes:
        cover(lower_to_lir(module), LIR, covered)


def _refuse(what: str, problems: list[str]) -> None:
    if problems:
        raise Failure(f"verify {what}", "\n".join([str(p) for p in problems[:5]]))


def _same(lane: str, wanted: Result, found: Result) -> None:
    if wanted == found:
        return
    if wanted[0] in LIMITS and wanted[::2] == found[::2]:
        printed = sorted((wanted[1], found[1]), key=len)
        if printed[1].startswith(printed[0]):
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


def _world(case: Case) -> dict[str, io.BytesIO]:
    os.environ["FUZZ_VALUE"], os.environ["FUZZ_EMPTY"] = "a value", ""
    return {"stdin": io.BytesIO(case.bundle.stdin.encode()), "stdout": io.BytesIO(), "stderr": io.BytesIO()}


def interpret(text: str) -> Result:
    """What the reference interpreter makes of a program that checks."""
    program = front(text)
    assert program is not None
    return _interpret(program, Case(text))


def _interpret(program: Program, case: Case, entry: int | None = None) -> Result:
    world = _world(case)
    status = hir_interp.run(
        program,
        argv=case.bundle.argv,
        stdin=world["stdin"],
        stdout=world["stdout"],
        stderr=world["stderr"],
        function=entry,
        foreign=case.fresh(),
    )
    return status, world["stdout"].getvalue(), world["stderr"].getvalue()


def _run_mir(module: Module, level: str, case: Case) -> Result:
    world = _world(case)
    try:
        status = mir_interp.run(
            module,
            argv=case.bundle.argv,
            stdin=world["stdin"],
            stdout=world["stdout"],
            stderr=world["stderr"],
            check_counts=True,
            foreign=case.fresh(),
        )
    except Exception as error:
        if type(error).__name__ != "CountError":
            raise
        raise Failure(f"mir {level} counts", str(error)) from error
    return status, world["stdout"].getvalue(), world["stderr"].getvalue()


def build_image(module: Module, level: str, linked: Linked | None, thorough: bool, covered: Counter[str]) -> bytes:
    """The executable of a counted module, each level verified on the way.  Errors: Failure."""
    lir = lower_to_lir(module)
    _refuse(f"lir {level}", verify_lir(lir))
    cover(lir, LIR, covered)
    try:
        codes = [
            compile_function(f, verify=thorough, look=lambda made: cover_machine(made, covered))
            for f in lir.functions.values()
        ]
    except AssertionError as error:
        raise Failure(f"verify machine {level}", str(error)[:3000]) from error
    own = objects(codes, lir.data, lir.exported)
    return link([*own, *(linked.objects if linked else [])], archives=[runtime()])


def _run_native(image: bytes, level: str, case: Case, frees: bool) -> Result:
    descriptor, path = tempfile.mkstemp(prefix="zero-fuzz-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(image)
        os.chmod(path, 0o700)
        env = {"FUZZ_VALUE": "a value", "FUZZ_EMPTY": "", "ZR_STATS": "1"}
        if case.bundle.schedule:
            env["ZR_SCHED"] = case.bundle.schedule
        given = case.bundle.stdin.encode()
        argv = [path, *case.bundle.argv]
        done = subprocess.run(argv, input=given, capture_output=True, check=False, env=env, timeout=60)
    finally:
        os.unlink(path)
    lines = done.stderr.split(b"\n")
    stats = [line for line in lines if line.startswith(b"zr-stats:")]
    errors = b"\n".join([line for line in lines if not line.startswith(b"zr-stats:")])
    if frees and done.returncode == 0 and not (stats and b"live_blocks=0 " in stats[0]):
        raise Failure(f"native {level} leak", repr(stats))
    return done.returncode, done.stdout, errors
