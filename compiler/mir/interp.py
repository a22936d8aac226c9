"""Run a MIR module: the lane `mir`, and the judge of every MIR pass.

Functions become Python functions (`codegen.py`); objects and whole-value ops are in `values.py`, numbers in
`numbers.py`.  With `check_counts` the module must have been through `memory/rc`: every count is kept as compiled code
would, a touch of a dead object or a leak at a normal end raises CountError.
Shares nothing with the HIR interpreter.
"""

from __future__ import annotations

import os
import sys
import time

from compiler.errno_words import reason
from compiler.mir import numbers
from compiler.mir.actors import Actors
from compiler.mir.codegen import Translator, python_names, tail_callers
from compiler.mir.values import CountedHeap, Ended, Heap, equal, show
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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO

    from compiler.ir.function import Module

FRAME_LIMIT = 100_000
BYTES_LIMIT = 1 << 31
ARRAY_LIMIT = 1 << 28  # elements; beyond it Python's own list would exhaust this process before the program


class Tail:
    """A tail call that the caller's loop makes."""

    __slots__ = ("args", "fn")

    def __init__(self, fn: Any, args: tuple[Any, ...]) -> None:
        self.fn = fn
        self.args = args


class World:
    """What the program sees of the outside."""

    def __init__(self, argv: list[bytes], stdin: BinaryIO, heap: Heap, foreign: Callable[..., Any] | None) -> None:
        self.argv = argv
        self.actors = Actors(heap, _finish)
        self.stdin = stdin
        self.foreign = foreign  # calls a C function
        self.taken = b""

    def read_line(self) -> bool:
        line = self.stdin.readline()
        self.taken = line[:-1] if line.endswith(b"\n") else line
        return line != b""

    def read_stdin(self) -> bool:
        try:
            self.taken = self.stdin.read()
        except OSError as problem:
            return self.failed(problem)
        return True

    def failed(self, problem: OSError | None) -> bool:
        # A NUL in a path is a ValueError of Python's; no such file can exist.
        self.taken = reason((problem.errno or 0) if problem else 2).encode()
        return False

    def read_file(self, path: bytes) -> bool:
        try:
            with open(path, "rb") as file:
                self.taken = file.read()
        except OSError as problem:
            return self.failed(problem)
        except ValueError:
            return self.failed(None)
        return True

    def write_file(self, path: bytes, contents: bytes) -> bool:
        try:
            with open(path, "wb") as file:
                file.write(contents)
        except OSError as problem:
            return self.failed(problem)
        except ValueError:
            return self.failed(None)
        return True

    def env(self, name: bytes) -> bool:
        value = None if not name or b"=" in name or b"\0" in name else os.environb.get(name)
        self.taken = value or b""
        return value is not None


def _checked_div(a: int, b: int, place: str) -> int:
    if b == 0:
        raise Ended("division", (), place)
    if b == -1 and a == numbers.LOW:
        raise Ended("overflow", (), place)
    return numbers.div(a, b)


def _checked_rem(a: int, b: int, place: str) -> int:
    if b == 0:
        raise Ended("division", (), place)
    if b == -1 and a == numbers.LOW:
        raise Ended("overflow", (), place)
    return numbers.rem(a, b)


def _array_items(length: int, value: Any, place: str) -> list[Any]:
    if length < 0:
        raise Ended("array-length", (length,), place)
    if length > ARRAY_LIMIT:
        raise MemoryError
    return [value] * length


def _zeros(length: int, place: str) -> bytearray:
    if length < 0:
        raise Ended("array-length", (length,), place)
    if length > BYTES_LIMIT:
        raise MemoryError
    return bytearray(length)


def _text_slice(raw: Any, low: int, high: int, place: str) -> Any:
    if not 0 <= low <= high <= len(raw):
        raise Ended("slice", (low, high), place)
    return raw[low:high]


def _text_fixed(value: float, digits: int, place: str) -> bytes:
    if not 0 <= digits <= 1000:
        raise Ended("digits", (digits,), place)
    return numbers.fixed(value, digits)


def _any_get(box: Any, wanted: str, name: str, place: str) -> Any:
    if box.t != wanted:
        raise Ended("type", (box.name, name), place)
    return box.f[0]


def _list_len(cell: Any) -> int:
    count = 0
    while cell.tag:
        count += 1
        cell = cell.f[1]
    return count


def _list_cell(cell: Any, index: int, place: str) -> Any:
    start, left = cell, index
    while cell.tag and left > 0:
        cell = cell.f[1]
        left -= 1
    if left or not cell.tag:
        raise Ended("index", (index, _list_len(start)), place)
    return cell


def _finish(result: Any) -> Any:
    """Make the tail calls that a function left to its caller."""
    while result.__class__ is Tail:
        result = result.fn(*result.args)
    return result


def translate(module: Module, heap: Heap, world: World, stdout: BinaryIO, *, counted: bool) -> dict[str, Any]:
    """Python functions for all of the module's, in one namespace."""
    names = python_names(module)
    tails = tail_callers(module)
    scope: dict[str, Any] = {
        "module": module,
        "world": world,
        "write": stdout.write,
        **world.actors.names(),
        "now": time.monotonic_ns,
        "Ended": Ended,
        "Tail": Tail,
        "equal": equal,
        "show": show,
        "new_text": heap.text,
        "new_bytes": heap.bytes,
        "zeros": _zeros,
        "new_data": heap.data,
        "new_array": heap.array,
        "new_cell": heap.cell,
        "new_box": heap.box,
        "any_get": _any_get,
        "new_closure": heap.closure,
        "new_region": heap.region,
        "in_region": heap.in_region,
        "end_region": heap.end_region,
        "text_list": heap.text_list,
        "checked_div": _checked_div,
        "checked_rem": _checked_rem,
        "array_items": _array_items,
        "array_copy": lambda array: list(array.f),
        "text_slice": _text_slice,
        "text_fixed": _text_fixed,
        "list_len": _list_len,
        "list_cell": _list_cell,
    }
    for name in ("wrap", "clz", "ctz", "fdiv", "frem", "fmin", "fmax", "fsqrt", "ffloor", "fceil", "f2i"):
        scope[name] = getattr(numbers, name)
    for name in ("bits", "from_bits", "f64_text", "parse_i64", "parse_f64"):
        scope[name] = getattr(numbers, name)
    if isinstance(heap, CountedHeap):
        scope.update(touch=heap.touch, dup=heap.dup, drop=heap.drop)
    statics: dict[tuple[str, Any], str] = {}
    functions: list[tuple[Any, str]] = []  # static closures, whose functions exist only later

    def static(kind: str, key: Any) -> str:
        name = statics.get((kind, key))
        if name is None:
            name = statics[kind, key] = f"k{len(statics)}"
            if kind == "text":
                value = heap.text(key.encode("utf-8", "surrogateescape"))
            elif kind == "fn":
                value = heap.closure(None, [])
                functions.append((value, names[key]))
            else:
                value = heap.data(key[1], [])
            scope[name] = heap.static(value)
        return name

    for function in module.functions.values():
        source = Translator(function, module, names, tails, static, counted).source()
        exec(compile(source, f"<mir {function.name}>", "exec"), scope)
    for value, name in functions:
        value.fn = scope[name]
    return scope


def _depth() -> int:
    depth = 0
    frame = sys._getframe()
    while frame is not None:
        depth += 1
        frame = frame.f_back  # type: ignore[assignment]
    return depth


def run(
    module: Module,
    *,
    argv: list[str],
    stdin: BinaryIO,
    stdout: BinaryIO,
    stderr: BinaryIO,
    check_counts: bool = False,
    foreign: Callable[..., Any] | None = None,
) -> int:
    """Run the module's entry function; the exit status.

    `foreign(symbol, signature, arguments…)` calls a C function (`compiler/foreign.py`).

    Errors: CountError with `check_counts`.
    """
    heap: Heap = CountedHeap() if check_counts else Heap()
    world = World([os.fsencode(argument) for argument in argv], stdin, heap, foreign)
    scope = translate(module, heap, world, stdout, counted=check_counts)
    entry = scope[python_names(module)[module.entry]]
    status, message = 0, ""
    old_limit = sys.getrecursionlimit()
    sys.setrecursionlimit(_depth() + FRAME_LIMIT)
    try:
        _finish(entry())
        if isinstance(heap, CountedHeap) and world.actors.all_ended():
            heap.finish()
    except Ended as end:
        if end.kind == "exit":
            status = end.facts[0]
        else:
            _, status, words = PANICS[end.kind]
            said = words.format(*end.facts, text="\0").encode().replace(b"\0", end.text)
            stdout.flush()
            stderr.write(b"panic: " + said + b"\n  at " + end.place.encode("utf-8", "surrogateescape") + b"\n")
    except RecursionError:
        status, message = STACK_STATUS, STACK_LINE
    except MemoryError:
        status, message = MEMORY_STATUS, MEMORY_LINE
    except Deadlock:
        status, message = DEADLOCK_STATUS, DEADLOCK_LINE
    finally:
        world.actors.close()
        sys.setrecursionlimit(old_limit)
    stdout.flush()
    if message:
        stderr.write(message.encode() + b"\n")
    stderr.flush()
    return status
