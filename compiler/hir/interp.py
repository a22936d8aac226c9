"""The reference interpreter: what a program means, run straight from HIR.

Each expression becomes one Python function of the frame (a list of the function's locals); children have
smaller indices than their parents, so a body is translated in one walk without recursion, and patterns are
tried in order, one by one.  A call in tail position does not call: it leaves callee and
arguments in `Machine.next` and returns TAIL to the loop in `Machine.call`.  Running uses Python's own frames,
which live on the heap; `FRAME_LIMIT` counts the program's.
Plain and slow on purpose: no optimization, and nothing shared with the lowering to MIR, whose judge
it is.  To add an op, add a method named after it (`-` as `_`) in `interp_forms.py`; a builtin goes to
`interp_builtins.py`.
"""

from __future__ import annotations

import sys
import threading

from compiler.hir.interp_builtins import World, table
from compiler.hir.interp_forms import FORMS, pattern
from compiler.hir.interp_values import (
    TAIL,
    Closure,
    Code,
    Exit,
    MemoryEnd,
    Native,
    Panic,
    StackEnd,
    show,
)
from compiler.hir.ops import CODE, OPS
from compiler.panics import (
    DEADLOCK_LINE,
    DEADLOCK_STATUS,
    MEMORY_LINE,
    MEMORY_STATUS,
    PANICS,
    STACK_LINE,
    STACK_STATUS,
)
from compiler.turns import Deadlock
from compiler.types.core import UNIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO

    from compiler.hir.interp_values import Frame
    from compiler.hir.program import Body, Function, Program

FRAME_LIMIT = 100_000
PYTHON_LIMIT = 5_000_000  # Python frames: many for each frame of the program
THREAD_STACKS = (512 << 20, 64 << 20, 0)  # address space, the most that can be had; Python 3.11 needs little of it


class Machine:
    """One run of one program."""

    def __init__(self, program: Program, world: World, foreign: Callable[..., Any]) -> None:
        self.program = program
        self.world = world
        self.foreign = foreign  # calls a C function
        world.actors.machine = self
        self.builtins = table(world)
        self.codes: dict[tuple[int, tuple[int, ...]], Code] = {}
        self.lambdas: dict[tuple[int, int, tuple[int, ...]], Code] = {}
        self.actuals: tuple[int, ...] = ()  # the type arguments of the function being translated
        self.consts: dict[int, Any] = {}
        self.depth = 0
        self.next: tuple[Any, list[Any]] = (None, [])  # callee and arguments of the pending tail call

    def code(self, function: int, actuals: tuple[int, ...] = ()) -> Code:
        """The function's code at these type arguments, translated at its first use: an Any keeps its value's type."""
        found = self.codes.get((function, actuals))
        if found is None:
            hir = self.program.functions[function]
            self.actuals = actuals + (UNIT,) * len(hir.inner)
            found = self.codes[function, actuals] = self._translate(hir)
        return found

    def lambda_code(self, function: Function, number: int, actuals: tuple[int, ...]) -> Code:
        """A generalized lambda of the function, at the type arguments of both."""
        found = self.lambdas.get((function.id, number, actuals))
        if found is None:
            self.actuals = actuals
            body = function.body
            runs = self._runs(function)
            node = next(n for n, op in enumerate(body.op) if op == CODE["lambda"] and body.imm[n] == number)
            params = [(p, function.locals[p].cell) for p in function.lambdas[number].params]
            found = Code(len(function.locals), params, runs[body.children(node)[0]])
            self.lambdas[function.id, number, actuals] = found
        return found

    def concrete(self, type_id: int) -> int:
        """A type of the function being translated, with its type arguments put in."""
        return self.program.types.substitute(type_id, self.actuals)

    def call(self, callee: Any, arguments: list[Any]) -> Any:
        """Call a Code, Closure or Native and keep going as long as it ends in a tail call."""
        self.depth += 1
        if self.depth > FRAME_LIMIT:
            raise StackEnd
        while True:
            if type(callee) is Native:
                result = callee.run(arguments)
            else:
                if type(callee) is Closure:
                    code: Code = callee.code
                    frame: Frame = [None] * code.slots
                    for local, value in callee.captured:
                        frame[local] = value
                else:
                    code = callee
                    frame = [None] * code.slots
                for (local, in_cell), value in zip(code.params, arguments, strict=True):
                    frame[local] = [value] if in_cell else value
                result = code.body(frame)  # type: ignore[misc]  # a Code is complete before it can be called
            if result is not TAIL:
                self.depth -= 1
                return result
            callee, arguments = self.next

    def leave(self, callee: Any, arguments: list[Any]) -> Any:
        """What a call in tail position does instead of calling."""
        self.next = (callee, arguments)
        return TAIL

    def _translate(self, function: Function) -> Code:
        code = Code(len(function.locals), [(p, function.locals[p].cell) for p in function.params], None)
        code.body = self._runs(function)[function.root]
        return code

    def _runs(self, function: Function) -> list[Any]:
        """What each node of the body becomes, at the type arguments at hand."""
        body = function.body
        tail = tail_nodes(body, function.root)
        runs: list[Any] = []
        for node in range(len(body.op)):
            row = OPS[body.op[node]]
            if row.pattern:
                runs.append(pattern(self, function, node, runs))
            elif row.name == "arm":
                runs.append(None)  # `match` reads its arms itself
            else:
                runs.append(FORMS[row.name](self, function, node, runs, tail[node]))
        return runs

    def place(self, function: Function, node: int) -> str:
        line, column = function.file.place(function.body.start[node])
        return f"{function.file.path}:{line}:{column}"


def tail_nodes(body: Body, root: int) -> bytearray:
    """1 for each node whose value is its function's or lambda's result; parents come after their children."""
    tail = bytearray(len(body.op))
    tail[root] = 1
    last = (CODE["do"], CODE["let"], CODE["and"], CODE["or"], CODE["arm"])
    for node in range(root, -1, -1):
        op = body.op[node]
        if op == CODE["lambda"]:
            tail[body.children(node)[0]] = 1
        elif tail[node]:
            if op in last:
                tail[body.children(node)[-1]] = 1
            elif op in (CODE["if"], CODE["match"]):
                for kid in body.children(node)[1:]:
                    tail[kid] = 1
    return tail


def run(
    program: Program,
    *,
    argv: list[str],
    stdin: BinaryIO,
    stdout: BinaryIO,
    stderr: BinaryIO,
    function: int | None = None,
    foreign: Callable[..., Any] | None = None,
) -> int:
    """Run main, or the function with this id, and return the exit status; its result is printed unless Unit.

    `foreign(symbol, signature, arguments…)` calls a C function (`compiler/foreign.py`).
    Streams are binary.  For a test, `function` is the test's: it prints `true` or `false`.
    """
    world = World([argument.encode("utf-8", "surrogateescape") for argument in argv], stdin, stdout)
    status: list[int] = []
    failure: list[BaseException] = []

    def guarded() -> None:
        try:
            machine = Machine(program, world, foreign or _no_foreign)
            status.append(_run(machine, program.main if function is None else function, stderr))
        except BaseException as error:
            failure.append(error)

    old_limit = sys.getrecursionlimit()
    sys.setrecursionlimit(PYTHON_LIMIT)
    try:
        _start(guarded).join()
    finally:
        sys.setrecursionlimit(old_limit)
    if failure:
        raise failure[0]
    return status[0]


def _no_foreign(symbol: str, *_: object) -> None:
    raise ValueError(f"nobody was given to call the C function {symbol}")


def _start(target: Callable[[], None]) -> threading.Thread:
    """A running thread with the largest stack that the system gives."""
    for size in THREAD_STACKS:
        before = threading.stack_size(size)
        try:
            thread = threading.Thread(target=target, name="program")
            thread.start()
            return thread
        except RuntimeError:  # not enough address space
            if size == THREAD_STACKS[-1]:
                raise
        finally:
            threading.stack_size(before)
    raise AssertionError("THREAD_STACKS is not empty")


def _run(machine: Machine, function: int, stderr: BinaryIO) -> int:
    """Run to the program's end, whichever it is, and say so on the streams."""
    stdout = machine.world.stdout
    try:
        result = machine.call(machine.code(function), [])
        if result is not None:
            stdout.write(show(result) + b"\n")
        status, message = 0, b""
    except Exit as end:
        status, message = end.status, b""
    except Panic as panic:
        _, status, template = PANICS[panic.kind]
        said = panic.text if panic.kind == "user" else template.format(*panic.facts).encode()
        message = b"panic: " + said + b"\n  at " + panic.place.encode("utf-8", "surrogateescape") + b"\n"
    except (StackEnd, RecursionError):
        status, message = STACK_STATUS, STACK_LINE.encode() + b"\n"
    except (MemoryEnd, MemoryError, SystemError) as end:
        # Where memory ends within Python's own calls, it can lose the MemoryError.
        if isinstance(end, SystemError) and "without exception set" not in str(end):
            raise
        status, message = MEMORY_STATUS, MEMORY_LINE.encode() + b"\n"
    except Deadlock:
        status, message = DEADLOCK_STATUS, DEADLOCK_LINE.encode() + b"\n"
    finally:
        machine.world.actors.close()
    stdout.flush()
    if message:
        stderr.write(message)
        stderr.flush()
    return status
