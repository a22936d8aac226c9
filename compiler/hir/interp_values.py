"""Values of the reference interpreter, and what is done to whole values: equality and `show`.

I64 is int, F64 float, Bool bool, Text bytes, Unit None, Bytes bytearray, an array a Python list; lists, data and
functions are the small classes here.  Equality and `show` walk with a stack of their own, so the depth of data is
bounded by memory only.  Knows nothing of programs.  A new kind of value needs a class (or a Python
type no other kind uses), a case in `equal` and one in `show`.
"""

from __future__ import annotations

from compiler.hir.interp_numbers import f64_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Frame = list[Any]  # a function's locals while it runs
    Run = Callable[[Frame], Any]  # an expression, ready to run


class Panic(Exception):
    """The program panics; `place` is filled in by the form that was running."""

    def __init__(self, kind: str, *facts: int | str, text: bytes = b"") -> None:
        self.kind = kind
        self.facts = facts
        self.text = text
        self.place = ""


class Exit(Exception):
    """`(exit n)`."""

    def __init__(self, status: int) -> None:
        self.status = status


class StackEnd(Exception):
    """More frames than a program may have."""


class MemoryEnd(Exception):
    """More memory than a program may have."""


class Nil:
    """The empty list; NIL is the only one."""

    __slots__ = ()


class Cons:
    """A list with a first element."""

    __slots__ = ("head", "tail")

    def __init__(self, head: Any, tail: Cons | Nil) -> None:
        self.head = head
        self.tail = tail


class Data:
    """A value of a user type: constructor index and name, fields, and whether any field can change."""

    __slots__ = ("ctor", "fields", "mutable", "name")

    def __init__(self, ctor: int, name: str, fields: list[Any], mutable: bool) -> None:
        self.ctor = ctor
        self.name = name
        self.fields = fields
        self.mutable = mutable


class Box:
    """An Any: a value with the id of its type."""

    __slots__ = ("type", "value")

    def __init__(self, type: int, value: Any) -> None:  # noqa: A002
        self.type = type
        self.value = value


class Native:
    """A builtin or a constructor as a function value."""

    __slots__ = ("run",)

    def __init__(self, run: Callable[[list[Any]], Any]) -> None:
        self.run = run


class Code:
    """A function or lambda ready to run: how many locals, where its arguments go, and its body."""

    __slots__ = ("body", "params", "slots")

    def __init__(self, slots: int, params: list[tuple[int, bool]], body: Run | None) -> None:
        self.slots = slots
        self.params = params  # (local, whether it lives in a cell)
        self.body = body


class Closure:
    """A function of the program with the slots it captured."""

    __slots__ = ("captured", "code")

    def __init__(self, code: Code, captured: list[tuple[int, Any]]) -> None:
        self.code = code
        self.captured = captured


NIL = Nil()
TAIL = object()  # what an expression gives when the machine holds a pending tail call


def list_of(values: list[Any]) -> Cons | Nil:
    """The language's list of these values."""
    result: Cons | Nil = NIL
    for value in reversed(values):
        result = Cons(value, result)
    return result


def iterate(values: Cons | Nil) -> list[Any]:
    """The elements of a language list."""
    result = []
    while type(values) is Cons:
        result.append(values.head)
        values = values.tail
    return result


class _Leave:
    """A mark on the walk's stack: what has this key is no longer being walked."""

    __slots__ = ("key",)

    def __init__(self, key: object) -> None:
        self.key = key


def _can_contain_itself(value: Any) -> bool:
    return type(value) is list or (type(value) is Data and value.mutable)


def equal(left: Any, right: Any) -> bool:
    """Structural equality, left to right, ending at the first difference.

    Where plain recursion would not end, because the same two values are already being compared: panic `cycle`.
    """
    stack: list[Any] = [(left, right)]
    path: set[object] = set()
    while stack:
        item = stack.pop()
        if type(item) is _Leave:
            path.discard(item.key)
            continue
        x, y = item
        if _can_contain_itself(x):
            key = (id(x), id(y))
            if key in path:
                raise Panic("cycle")
            path.add(key)
            stack.append(_Leave(key))
        if type(x) is Cons:
            if type(y) is not Cons:
                return False
            stack.append((x.tail, y.tail))
            stack.append((x.head, y.head))
        elif type(x) is Nil:
            if type(y) is not Nil:
                return False
        elif type(x) is list:
            if len(x) != len(y):
                return False
            stack.extend(reversed(list(zip(x, y, strict=True))))
        elif type(x) is Data:
            if x.ctor != y.ctor:
                return False
            stack.extend(reversed(list(zip(x.fields, y.fields, strict=True))))
        elif type(x) is Box:
            if x.type != y.type:
                return False
            stack.append((x.value, y.value))
        elif x != y:
            return False
    return True


_TEXT_ESCAPES = {0x22: b'\\"', 0x5C: b"\\\\", 0x0A: b"\\n", 0x09: b"\\t", 0x0D: b"\\r"}


def quoted(text: bytes) -> bytes:
    """A Text as source writes it; control characters without a short escape as \\u{hex}."""
    out = [b'"']
    for byte in text:
        escape = _TEXT_ESCAPES.get(byte)
        if escape is not None:
            out.append(escape)
        elif byte < 0x20 or byte == 0x7F:
            out.append(b"\\u{%x}" % byte)
        else:
            out.append(bytes((byte,)))
    out.append(b'"')
    return b"".join(out)


def show(value: Any) -> bytes:
    """The expression that builds the value."""
    out: list[bytes] = []
    path: set[object] = set()
    # The stack holds values to show, text to write (in a one-element tuple), and leave marks.
    stack: list[Any] = [value]
    while stack:
        item = stack.pop()
        kind = type(item)
        if kind is tuple:
            out.append(item[0])
        elif kind is _Leave:
            path.discard(item.key)
        elif item is None:
            out.append(b"unit")
        elif kind is bool:
            out.append(b"true" if item else b"false")
        elif kind is int:
            out.append(b"%d" % item)
        elif kind is float:
            out.append(f64_text(item))
        elif kind is bytes:
            out.append(quoted(item))
        elif kind is bytearray:
            out.append(b"(bytes-of" + b"".join([b" %d" % byte for byte in item]) + b")")
        else:
            if _can_contain_itself(item):
                if id(item) in path:
                    raise Panic("cycle")
                path.add(id(item))
                stack.append(_Leave(id(item)))
            if kind is Data:
                if not item.fields:
                    out.append(item.name.encode())
                    continue
                opening, parts = item.name.encode(), item.fields
            elif kind is list:
                opening, parts = b"array-of", item
            elif kind is Box:
                opening, parts = b":", [item.value, (b"Any",)]
            else:
                opening, parts = b"list", iterate(item)
            out.append(b"(" + opening)
            stack.append((b")",))
            for part in reversed(parts):
                stack.append(part)
                stack.append((b" ",))
    return b"".join(out)
