"""What each builtin does in the reference interpreter: one entry a row of `compiler/builtins.py`.

`table(world)` maps a builtin's name to a Python function of its arguments.  A builtin that ends the
program raises (see `interp_values.py`); who called it is the interpreter's business.  To add a
builtin, add its row there and its entry here; `tests/hir/test_interp_builtins.py` compares the two.
"""

from __future__ import annotations

import os
import time

from compiler.errno_words import reason
from compiler.hir import interp_numbers as num
from compiler.hir.interp_actors import Actors
from compiler.hir.interp_values import (
    NIL,
    Cons,
    Data,
    Exit,
    MemoryEnd,
    Nil,
    Panic,
    equal,
    list_of,
    show,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO

# Longer arrays than this do not fit this interpreter; other lanes end the same way at their own limit.
ARRAY_LIMIT = 1 << 28
BYTES_LIMIT = 1 << 31


class World:
    """What a running program can reach outside itself."""

    __slots__ = ("actors", "argv", "stdin", "stdout")

    def __init__(self, argv: list[bytes], stdin: BinaryIO, stdout: BinaryIO) -> None:
        self.argv = argv
        self.stdin = stdin
        self.stdout = stdout
        self.actors = Actors()


def none() -> Data:
    return Data(1, "None", [], mutable=False)


def some(value: Any) -> Data:
    return Data(0, "Some", [value], mutable=False)


def ok(value: Any) -> Data:
    return Data(0, "Ok", [value], mutable=False)


def err(text: bytes) -> Data:
    return Data(1, "Err", [text], mutable=False)


def _checked(index: int, length: int) -> int:
    if not 0 <= index < length:
        raise Panic("index", index, length)
    return index


def _add(a: Any, b: Any) -> Any:
    return a + b if type(a) is float else num.wrap(a + b)


def _subtract(a: Any, b: Any) -> Any:
    return a - b if type(a) is float else num.wrap(a - b)


def _multiply(a: Any, b: Any) -> Any:
    return a * b if type(a) is float else num.wrap(a * b)


def _divide(a: Any, b: Any) -> Any:
    if type(a) is float:
        return num.f64_divide(a, b)
    if b == 0:
        raise Panic("division")
    if a == num.MIN and b == -1:
        raise Panic("overflow")
    return num.truncated_quotient(a, b)


def _remainder(a: Any, b: Any) -> Any:
    if type(a) is float:
        return num.f64_remainder(a, b)
    if b == 0:
        raise Panic("division")
    if a == num.MIN and b == -1:
        raise Panic("overflow")
    return a - b * num.truncated_quotient(a, b)


def _negate(a: Any) -> Any:
    return -a if type(a) is float else num.wrap(-a)


def _absolute(a: Any) -> Any:
    return abs(a) if type(a) is float else num.wrap(abs(a))


def _lesser(a: Any, b: Any) -> Any:
    return num.f64_min(a, b) if type(a) is float else min(a, b)


def _greater(a: Any, b: Any) -> Any:
    return num.f64_max(a, b) if type(a) is float else max(a, b)


def _head(values: Cons | Nil) -> Any:
    if type(values) is Cons:
        return values.head
    raise Panic("empty-list")


def _tail(values: Cons | Nil) -> Cons | Nil:
    if type(values) is Cons:
        return values.tail
    raise Panic("empty-list")


def _length(values: Cons | Nil) -> int:
    count = 0
    while type(values) is Cons:
        count += 1
        values = values.tail
    return count


def _nth(values: Cons | Nil, index: int) -> Any:
    length = _length(values)
    _checked(index, length)
    for _ in range(index):
        values = _tail(values)
    return _head(values)


def _array(length: int, value: Any) -> list[Any]:
    if length < 0:
        raise Panic("array-length", length)
    if length > ARRAY_LIMIT:
        raise MemoryEnd
    return [value] * length


def _array_get(array: list[Any], index: int) -> Any:
    return array[_checked(index, len(array))]


def _array_set(array: list[Any], index: int, value: Any) -> None:
    array[_checked(index, len(array))] = value


def _bytes(length: int) -> bytearray:
    if length < 0:
        raise Panic("array-length", length)
    if length > BYTES_LIMIT:
        raise MemoryEnd
    return bytearray(length)


def _byte_set(array: bytearray, index: int, value: int) -> None:
    array[_checked(index, len(array))] = value & 255


def _text_at(text: bytes | bytearray, index: int) -> int:
    return text[_checked(index, len(text))]


def _text_slice(text: Any, low: int, high: int) -> Any:
    if not 0 <= low <= high <= len(text):
        raise Panic("slice", low, high)
    return text[low:high]


def _fixed(value: float, digits: int) -> bytes:
    if not 0 <= digits <= 1000:
        raise Panic("digits", digits)
    return num.f64_fixed(value, digits)


def _optional(value: Any) -> Data:
    return none() if value is None else some(value)


def _read_file(path: bytes) -> Data:
    try:
        with open(path, "rb") as file:
            return ok(file.read())
    except OSError as error:
        return err(reason(error.errno or 0).encode())
    except ValueError:  # a NUL in the path: the system's own answer would be about the part before it
        return err(reason(2).encode())


def _write_file(path: bytes, text: bytes) -> Data:
    try:
        with open(path, "wb") as file:
            file.write(text)
        return ok(None)
    except OSError as error:
        return err(reason(error.errno or 0).encode())
    except ValueError:
        return err(reason(2).encode())


def _exit(status: int) -> None:
    raise Exit(status & 255)


def _panic(text: bytes) -> None:
    raise Panic("user", text=text)


def table(world: World) -> dict[str, Callable[..., Any]]:
    """Every builtin's meaning in this world."""

    def print_line(text: bytes) -> None:
        world.stdout.write(text)
        world.stdout.write(b"\n")

    def write(text: bytes) -> None:
        world.stdout.write(text)

    def read_line() -> Data:
        line = world.stdin.readline()
        return some(line.removesuffix(b"\n")) if line else none()

    def read_stdin() -> Data:
        try:
            return ok(world.stdin.read())
        except OSError as error:
            return err(reason(error.errno or 0).encode())

    return {
        "+": _add,
        "-": _subtract,
        "*": _multiply,
        "/": _divide,
        "%": _remainder,
        "neg": _negate,
        "abs": _absolute,
        "min": _lesser,
        "max": _greater,
        "bit-and": lambda a, b: a & b,
        "bit-or": lambda a, b: a | b,
        "bit-xor": lambda a, b: a ^ b,
        "bit-not": lambda a: ~a,
        "shl": lambda a, b: num.wrap(a << (b & 63)),
        "shr": lambda a, b: num.wrap(num.unsigned(a) >> (b & 63)),
        "sar": lambda a, b: a >> (b & 63),
        "popcount": lambda a: num.unsigned(a).bit_count(),
        "clz": lambda a: 64 - num.unsigned(a).bit_length(),
        "ctz": lambda a: (a & -a).bit_length() - 1 if a else 64,
        "i64->f64": float,
        "f64->i64": num.f64_to_i64,
        "sqrt": num.f64_sqrt,
        "floor": num.f64_floor,
        "ceil": num.f64_ceil,
        "f64-bits": num.f64_bits,
        "bits-f64": num.bits_f64,
        "not": lambda a: not a,
        "=": equal,
        "!=": lambda a, b: not equal(a, b),
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
        "cons": Cons,
        "head": _head,
        "tail": _tail,
        "empty?": lambda values: values is NIL,
        "len": _length,
        "nth": _nth,
        "array": _array,
        "array-len": len,
        "array-get": _array_get,
        "array-set!": _array_set,
        "array-copy": list,
        "bytes": _bytes,
        "bytes-len": len,
        "byte-at": _text_at,
        "byte-set!": _byte_set,
        "bytes->text": bytes,
        "text->bytes": bytearray,
        "bytes-slice": _text_slice,
        "text-len": len,
        "text-at": _text_at,
        "text-slice": _text_slice,
        "text-find": lambda text, part: text.find(part),
        "text<": lambda a, b: a < b,
        "text-cat": lambda *texts: b"".join(texts),
        "i64->text": lambda a: b"%d" % a,
        "f64->text": num.f64_text,
        "f64->fixed": _fixed,
        "text->i64": lambda text: _optional(num.text_i64(text)),
        "text->f64": lambda text: _optional(num.text_f64(text)),
        "show": show,
        "print": print_line,
        "write": write,
        "read-line": read_line,
        "read-stdin": read_stdin,
        "read-file": _read_file,
        "write-file": _write_file,
        "argv": lambda: list_of(list(world.argv)),
        "env": lambda name: _optional(_environment(name)),
        **world.actors.table(),
        "exit": _exit,
        "panic": _panic,
        "now-ns": time.monotonic_ns,
    }


def _environment(name: bytes) -> bytes | None:
    """A name with `=` or NUL, or an empty one, is never set."""
    if not name or b"=" in name or b"\0" in name:
        return None
    return os.environb.get(name)
