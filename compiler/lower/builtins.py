# ruff: noqa: ARG001  # entries share one signature
"""What each builtin becomes in MIR: one entry a row of `compiler/builtins.py`.

An entry is either a row of `PLAIN` (one MIR op of the same operands and a result type) or a function of
the builder, the operands and the concrete result type.  Operands carry their MIR types, which decides between
the I64 and F64 forms.  To add a builtin, add its entry; `tests/lower/test_lower.py` compares the tables.
"""

from __future__ import annotations

from compiler.mir.types import element

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.lower.builder import Builder

    Entry = Callable[[Builder, list[int], str], int]

# builtin -> (op, result type)
PLAIN: dict[str, tuple[str, str]] = {
    "bit-and": ("i64.and", "i64"),
    "bit-or": ("i64.or", "i64"),
    "bit-xor": ("i64.xor", "i64"),
    "bit-not": ("i64.not", "i64"),
    "shl": ("i64.shl", "i64"),
    "shr": ("i64.shr", "i64"),
    "sar": ("i64.sar", "i64"),
    "popcount": ("i64.popcount", "i64"),
    "clz": ("i64.clz", "i64"),
    "ctz": ("i64.ctz", "i64"),
    "i64->f64": ("i64.to-f64", "f64"),
    "f64->i64": ("f64.to-i64", "i64"),
    "sqrt": ("f64.sqrt", "f64"),
    "floor": ("f64.floor", "f64"),
    "ceil": ("f64.ceil", "f64"),
    "bits-f64": ("f64.from-bits", "f64"),
    "not": ("bool.not", "bool"),
    "len": ("list.len", "i64"),
    "array-len": ("array.len", "i64"),
    "bytes": ("bytes.new", "bytes"),
    "bytes-len": ("bytes.len", "i64"),
    "bytes->text": ("text.of-bytes", "text"),
    "text->bytes": ("bytes.of-text", "bytes"),
    "bytes-slice": ("bytes.slice", "bytes"),
    "text-len": ("text.len", "i64"),
    "text-slice": ("text.slice", "text"),
    "text-find": ("text.find", "i64"),
    "text<": ("text.lt", "bool"),
    "text-cat": ("text.cat", "text"),
    "i64->text": ("text.of-i64", "text"),
    "f64->text": ("text.of-f64", "text"),
    "f64->fixed": ("text.fixed", "text"),
    "print": ("io.print", "unit"),
    "write": ("io.write", "unit"),
    "now-ns": ("time.now", "i64"),
    "send": ("actor.send", "unit"),
    "join": ("actor.join", "unit"),
}

# builtin -> suffix of `i64.` and `f64.` ops, and whether the result is a Bool
NUMERIC: dict[str, tuple[str, bool]] = {
    "+": ("add", False),
    "-": ("sub", False),
    "*": ("mul", False),
    "/": ("div", False),
    "%": ("rem", False),
    "neg": ("neg", False),
    "abs": ("abs", False),
    "min": ("min", False),
    "max": ("max", False),
    "<": ("lt", True),
    "<=": ("le", True),
    ">": ("gt", True),
    ">=": ("ge", True),
}

ENTRIES: dict[str, Entry] = {}


def entry(name: str) -> Callable[[Entry], Entry]:
    """Enter a function as what this builtin becomes."""

    def enter(function: Entry) -> Entry:
        ENTRIES[name] = function
        return function

    return enter


def builtin(b: Builder, name: str, args: list[int], result: str) -> int:
    """Emit the builtin over operands; gives its value."""
    plain = PLAIN.get(name)
    if plain is not None:
        return b.emit(plain[0], plain[1], tuple(args))
    numeric = NUMERIC.get(name)
    if numeric is not None:
        operand = b.typed(args[0])
        return b.emit(f"{operand}.{numeric[0]}", "bool" if numeric[1] else operand, tuple(args))
    return ENTRIES[name](b, args, result)


def equal(b: Builder, left: int, right: int) -> int:
    """Structural equality of two values of one type."""
    operand = b.typed(left)
    if operand == "unit":
        return b.bool(True)
    return b.emit(f"{operand}.eq" if operand in ("i64", "f64", "bool") else "value.eq", "bool", (left, right))


def shown(b: Builder, value: int) -> int:
    """The Text of the expression that builds the value."""
    operand = b.typed(value)
    if operand == "i64":
        return b.emit("text.of-i64", "text", (value,))
    if operand == "f64":
        return b.emit("text.of-f64", "text", (value,))
    if operand == "unit":
        return b.text("unit")
    if operand == "bool":
        return choose(b, value, "text", lambda: b.text("true"), lambda: b.text("false"))
    return b.emit("value.show", "text", (value,))


def choose(b: Builder, condition: int, result: str, then: Callable[[], int], otherwise: Callable[[], int]) -> int:
    """A value made in one of two branches."""
    join = b.join()
    blocks = (b.f.block(), b.f.block())
    b.branch(condition, *blocks)
    for block, make in zip(blocks, (then, otherwise), strict=True):
        b.block = block
        b.leave(join, make())
    return b.meet(join, result)


def cons(b: Builder, head: int, tail: int) -> int:
    return b.emit("make", b.typed(tail), (head, tail), 1)


@entry("=")
def _equal(b: Builder, args: list[int], result: str) -> int:
    return equal(b, args[0], args[1])


@entry("!=")
def _not_equal(b: Builder, args: list[int], result: str) -> int:
    operand = b.typed(args[0])
    if operand in ("i64", "f64", "bool"):
        return b.emit(f"{operand}.ne", "bool", (args[0], args[1]))
    return b.emit("bool.not", "bool", (equal(b, args[0], args[1]),))


@entry("show")
def _show(b: Builder, args: list[int], result: str) -> int:
    return shown(b, args[0])


@entry("cons")
def _cons(b: Builder, args: list[int], result: str) -> int:
    return cons(b, args[0], args[1])


@entry("empty?")
def _empty(b: Builder, args: list[int], result: str) -> int:
    return b.emit("i64.eq", "bool", (b.emit("tag", "i64", (args[0],)), b.i64(0)))


def _part(b: Builder, values: int, index: int, type_name: str) -> int:
    """Head (0) or tail (1) of a list that must not be empty."""
    some, none = b.f.block(), b.f.block()
    b.branch(b.emit("i64.eq", "bool", (b.emit("tag", "i64", (values,)), b.i64(1))), some, none)
    b.block = none
    b.emit("panic", "", (), "empty-list")
    b.block = some
    return b.emit("field", type_name, (values,), (1, index))


@entry("head")
def _head(b: Builder, args: list[int], result: str) -> int:
    return _part(b, args[0], 0, result)


@entry("tail")
def _tail(b: Builder, args: list[int], result: str) -> int:
    return _part(b, args[0], 1, result)


@entry("nth")
def _nth(b: Builder, args: list[int], result: str) -> int:
    cell = b.emit("list.cell", b.typed(args[0]), (args[0], args[1]))
    return b.emit("field", result, (cell,), (1, 0))


@entry("f64-bits")
def _f64_bits(b: Builder, args: list[int], result: str) -> int:
    """A NaN's sign and payload are the machine's business, so all NaN have the bits of one."""
    is_number = b.emit("f64.eq", "bool", (args[0], args[0]))
    bits = b.emit("f64.bits", "i64", (args[0],))
    return choose(b, is_number, "i64", lambda: bits, lambda: b.i64(0x7FF8000000000000))


@entry("array")
def _array(b: Builder, args: list[int], result: str) -> int:
    return b.emit("array.new", result, (args[0], args[1]))


def _check_bounds(b: Builder, length_op: str, container: int, index: int) -> None:
    length = b.emit(length_op, "i64", (container,))
    b.emit("check.bounds", "unit", (index, length))


@entry("array-get")
def _array_get(b: Builder, args: list[int], result: str) -> int:
    _check_bounds(b, "array.len", args[0], args[1])
    return b.emit("array.get", element(b.typed(args[0])), (args[0], args[1]))


@entry("array-set!")
def _array_set(b: Builder, args: list[int], result: str) -> int:
    _check_bounds(b, "array.len", args[0], args[1])
    return b.emit("array.set", "unit", (args[0], args[1], args[2]))


@entry("array-copy")
def _array_copy(b: Builder, args: list[int], result: str) -> int:
    return b.emit("array.copy", result, (args[0],))


@entry("text-at")
def _text_at(b: Builder, args: list[int], result: str) -> int:
    _check_bounds(b, "text.len", args[0], args[1])
    return b.emit("text.byte", "i64", (args[0], args[1]))


@entry("byte-at")
def _byte_at(b: Builder, args: list[int], result: str) -> int:
    _check_bounds(b, "bytes.len", args[0], args[1])
    return b.emit("bytes.get", "i64", (args[0], args[1]))


@entry("byte-set!")
def _byte_set(b: Builder, args: list[int], result: str) -> int:
    _check_bounds(b, "bytes.len", args[0], args[1])
    return b.emit("bytes.set", "unit", (args[0], args[1], args[2]))


def _option(b: Builder, known: int, result: str, value: Callable[[], int]) -> int:
    """(Some value) when known, else None."""
    return choose(
        b,
        known,
        result,
        lambda: b.emit("make", result, (value(),), 0),
        lambda: b.emit("make", result, (), 1),
    )


@entry("text->i64")
def _text_i64(b: Builder, args: list[int], result: str) -> int:
    known = b.emit("text.is-i64", "bool", (args[0],))
    return _option(b, known, result, lambda: b.emit("text.get-i64", "i64", (args[0],)))


@entry("text->f64")
def _text_f64(b: Builder, args: list[int], result: str) -> int:
    known = b.emit("text.is-f64", "bool", (args[0],))
    return _option(b, known, result, lambda: b.emit("text.get-f64", "f64", (args[0],)))


@entry("read-line")
def _read_line(b: Builder, args: list[int], result: str) -> int:
    return _option(b, b.emit("io.read-line", "bool"), result, lambda: b.emit("io.taken", "text"))


@entry("env")
def _env(b: Builder, args: list[int], result: str) -> int:
    known = b.emit("process.env", "bool", (args[0],))
    return _option(b, known, result, lambda: b.emit("io.taken", "text"))


def _result(b: Builder, fine: int, result: str, value: Callable[[], int]) -> int:
    """(Ok value), or (Err reason)."""
    return choose(
        b,
        fine,
        result,
        lambda: b.emit("make", result, (value(),), 0),
        lambda: b.emit("make", result, (b.emit("io.taken", "text"),), 1),
    )


@entry("read-stdin")
def _read_stdin(b: Builder, args: list[int], result: str) -> int:
    return _result(b, b.emit("io.read-stdin", "bool"), result, lambda: b.emit("io.taken", "text"))


@entry("read-file")
def _read_file(b: Builder, args: list[int], result: str) -> int:
    return _result(b, b.emit("file.read", "bool", (args[0],)), result, lambda: b.emit("io.taken", "text"))


@entry("write-file")
def _write_file(b: Builder, args: list[int], result: str) -> int:
    return _result(b, b.emit("file.write", "bool", (args[0], args[1])), result, b.unit)


@entry("argv")
def _argv(b: Builder, args: list[int], result: str) -> int:
    return b.emit("process.argv", result)


@entry("spawn")
def _spawn(b: Builder, args: list[int], result: str) -> int:
    return b.emit("actor.spawn", result, (args[0],))


@entry("receive")
def _receive(b: Builder, args: list[int], result: str) -> int:
    return b.emit("actor.receive", result, (args[0],))


@entry("inbox")
def _inbox(b: Builder, args: list[int], result: str) -> int:
    return b.emit("actor.inbox", result)


@entry("exit")
def _exit(b: Builder, args: list[int], result: str) -> int:
    b.emit("process.exit", "unit", (args[0],))
    b.emit("unreachable", "")
    return b.dead(result)


@entry("panic")
def _panic(b: Builder, args: list[int], result: str) -> int:
    b.emit("panic.text", "", (args[0],))
    return b.dead(result)
