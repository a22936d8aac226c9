"""Objects of the MIR interpreter, plain and counted, and what works on whole values: equality, show, release.

A counted heap keeps every object's owners as `memory/rc` says they are, complains when a dead one is touched,
and knows at the end what is still alive; a plain heap lets Python do all that.  Registers hold int, float, bool and
None (unit).  Everything here is iterative: data may be millions deep.  Shares nothing with the HIR interpreter.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.ir.function import Module

STATIC_COUNT = 1 << 60
REGION_COUNT = 1 << 40  # what the count of an object in a region begins at: owners come and go, it stays


class Ended(Exception):
    """The program ends now: panic kind (or "exit"), facts, place, and a message or status."""

    def __init__(self, kind: str, facts: tuple[Any, ...] = (), place: str = "", text: bytes = b"") -> None:
        super().__init__(kind)
        self.kind = kind
        self.facts = facts
        self.place = place
        self.text = text


class CountError(AssertionError):
    """The inserted counts are wrong: a dead object was touched, or a live one was left."""


class Obj:
    """Any counted reference."""

    __slots__ = ("count",)
    count: int


class Text(Obj):
    __slots__ = ("b",)

    def __init__(self, b: bytes) -> None:
        self.b = b


class Bytes(Obj):
    __slots__ = ("b",)

    def __init__(self, b: bytearray) -> None:
        self.b = b


class Data(Obj):
    """A variant of a data type, or a list's nil (tag 0) or cons (tag 1)."""

    __slots__ = ("f", "tag")

    def __init__(self, tag: int, f: list[Any]) -> None:
        self.tag = tag
        self.f = f


class Array(Obj):
    __slots__ = ("f",)

    def __init__(self, f: list[Any]) -> None:
        self.f = f


class Cell(Obj):
    __slots__ = ("f",)

    def __init__(self, f: list[Any]) -> None:
        self.f = f


class Box(Obj):
    """An Any: the value's MIR type decides, its name is for messages."""

    __slots__ = ("f", "name", "t")

    def __init__(self, t: str, name: str, f: list[Any]) -> None:
        self.t = t
        self.name = name
        self.f = f


class Closure(Obj):
    __slots__ = ("f", "fn")

    def __init__(self, fn: Any, f: list[Any]) -> None:
        self.fn = fn
        self.f = f


class Actor(Obj):
    """A handle: leads to a mailbox (`actors.py`)."""

    __slots__ = ("box",)

    def __init__(self, box: Any) -> None:
        self.box = box


class Heap:
    """The plain heap: constructors are the classes themselves and counts mean nothing."""

    text: Any = Text
    bytes: Any = Bytes
    data: Any = Data
    array: Any = Array
    cell: Any = Cell
    box: Any = Box
    closure: Any = Closure
    actor: Any = Actor

    def static(self, value: Any) -> Any:
        return value

    def region(self) -> list[Obj]:
        return []

    def in_region(self, region: list[Obj], value: Any) -> Any:  # noqa: ARG002 - the counted heap has more to do
        return value

    def end_region(self, region: list[Obj], holds: int) -> None:
        pass

    def text_list(self, texts: list[bytes]) -> Data:
        result = self.static(self.data(0, []))
        for raw in reversed(texts):
            result = self.data(1, [self.text(raw), result])
        return result  # type: ignore[no-any-return]


class CountedHeap(Heap):
    """Counts as compiled code would, and checks every touch."""

    def __init__(self) -> None:
        self.live: dict[int, Obj] = {}
        self.over = ""  # what had too many owners where its region ended: a leak, wrong only at a normal end
        self.statics: list[Obj] = []
        self.text = self.maker(Text)
        self.bytes = self.maker(Bytes)
        self.data = self.maker(Data)
        self.array = self.maker(Array)
        self.cell = self.maker(Cell)
        self.box = self.maker(Box)
        self.closure = self.maker(Closure)
        self.actor = self.maker(Actor)

    def maker(self, cls: Any) -> Any:
        def make(*args: Any) -> Any:
            value = cls(*args)
            value.count = 1
            self.live[id(value)] = value
            return value

        return make

    def static(self, value: Any) -> Any:
        value.count = STATIC_COUNT
        self.live.pop(id(value), None)
        self.statics.append(value)
        return value

    def text_list(self, texts: list[bytes]) -> Data:
        result = self.data(0, [])
        for raw in reversed(texts):
            result = self.data(1, [self.text(raw), result])
        return result  # type: ignore[no-any-return]

    def in_region(self, region: list[Obj], value: Any) -> Any:
        """Move an object that was just made into a region."""
        del self.live[id(value)]
        value.count += REGION_COUNT
        region.append(value)
        return value

    def end_region(self, region: list[Obj], holds: int) -> None:
        """Everything in it dies; nobody outside may refer to it, and without `holds` nothing in it to others."""
        mine = {id(value) for value in region}
        for value in region:
            for part in getattr(value, "f", ()):
                if not isinstance(part, Obj):
                    continue
                if id(part) not in mine and part.count < STATIC_COUNT // 2 and not holds:
                    raise CountError(f"a region that holds nothing of others holds a {type(part).__name__}")
                self.drop(part)
        for value in region:
            if value.count != REGION_COUNT:
                off = value.count - REGION_COUNT
                said = f"a {type(value).__name__} has {off:+} owners where its region ends"
                if off < 0:
                    raise CountError(said)
                self.over = self.over or said
            value.count = 0  # whoever touches it from now on is wrong

    def touch(self, value: Obj) -> None:
        if value.count <= 0:
            raise CountError(f"a dead {type(value).__name__} was touched")

    def dup(self, value: Any) -> None:
        if isinstance(value, Obj):
            self.touch(value)
            value.count += 1

    def drop(self, value: Any) -> None:
        work = [value]
        while work:
            item = work.pop()
            if isinstance(item, Obj):
                self.touch(item)
                item.count -= 1
                if item.count == 0:
                    del self.live[id(item)]
                    work.extend(getattr(item, "f", ()))
                    if isinstance(item, Actor):
                        item.box.refs -= 1
                        if item.box.refs == 0:
                            work.extend(item.box.emptied())

    def finish(self) -> None:
        """At a normal end nothing is alive and the static objects have their first count."""
        if self.over:
            raise CountError(self.over)
        if self.live:
            kinds = sorted(type(value).__name__ for value in self.live.values())
            raise CountError(f"{len(kinds)} objects are still alive: {', '.join(kinds[:10])}")
        for value in self.statics:
            if value.count != STATIC_COUNT:
                raise CountError(f"a static {type(value).__name__} is {value.count - STATIC_COUNT:+} owners off")


class _Leave:
    """On a walk's stack: what has this key has been walked."""

    __slots__ = ("key",)

    def __init__(self, key: Any) -> None:
        self.key = key


def equal(left: Any, right: Any, type_: str, module: Module, place: str) -> bool:
    """Structural equality, left to right; IEEE on F64; panics cycle where recursion would not end."""
    from compiler.mir.types import element, kind

    path: set[tuple[int, int]] = set()
    stack: list[Any] = [(left, right, type_)]
    while stack:
        item = stack.pop()
        if item.__class__ is _Leave:
            path.discard(item.key)
            continue
        a, b, t = item
        if not isinstance(a, Obj):
            if a != b:
                return False
            continue
        what = kind(t)
        if what in ("text", "bytes"):
            if a.b != b.b:  # type: ignore[attr-defined]
                return False
            continue
        types: tuple[str, ...]
        if what == "array":
            if len(a.f) != len(b.f):  # type: ignore[attr-defined]
                return False
            types = (element(t),) * len(a.f)  # type: ignore[attr-defined]
            guarded = True
        elif what == "Any":
            if a.t != b.t:  # type: ignore[attr-defined]
                return False
            types = (a.t,)  # type: ignore[attr-defined]
            guarded = False
        else:
            if a.tag != b.tag:  # type: ignore[attr-defined]
                return False
            types = module.layouts[t].variants[a.tag][1]  # type: ignore[attr-defined]
            guarded = any(any(flags) for _, _, flags in module.layouts[t].variants)
        if guarded:
            key = (id(a), id(b))
            if key in path:
                raise Ended("cycle", (), place)
            path.add(key)
            stack.append(_Leave(key))
        stack.extend(reversed(list(zip(a.f, b.f, types, strict=True))))  # type: ignore[attr-defined]
    return True


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def quoted(raw: bytes) -> bytes:
    """A text as a source literal."""
    out = []
    for character in raw.decode("latin-1"):
        plain = " " <= character != "\x7f"
        out.append(_ESCAPES.get(character) or (character if plain else f"\\u{{{ord(character):x}}}"))
    return b'"' + "".join(out).encode("latin-1") + b'"'


def show(value: Any, type_: str, module: Module, place: str) -> bytes:
    """The expression that builds the value; panics cycle."""
    from compiler.mir.numbers import f64_text
    from compiler.mir.types import element, kind

    out: list[bytes] = []
    path: set[int] = set()
    stack: list[Any] = [(value, type_)]  # pairs to show, bytes to write, marks
    while stack:
        item = stack.pop()
        if item.__class__ is bytes:
            out.append(item)
            continue
        if item.__class__ is _Leave:
            path.discard(item.key)
            continue
        v, t = item
        what = kind(t)
        if what == "unit":
            out.append(b"unit")
        elif what == "bool":
            out.append(b"true" if v else b"false")
        elif what == "i64":
            out.append(b"%d" % v)
        elif what == "f64":
            out.append(f64_text(v))
        elif what == "text":
            out.append(quoted(v.b))
        elif what == "bytes":
            out.append(b"(bytes-of" + b"".join([b" %d" % byte for byte in v.b]) + b")")
        else:
            parts: list[Any] = []
            if what == "list":
                head = b"list"
                inner = element(t)
                while v.tag:
                    parts.append((v.f[0], inner))
                    v = v.f[1]
            elif what == "array":
                head = b"array-of"
                parts = [(each, element(t)) for each in v.f]
            elif what == "Any":
                head, parts = b":", [(v.f[0], v.t), b"Any"]
            else:
                name, types, _ = module.layouts[t].variants[v.tag]
                head = name.encode()
                parts = list(zip(v.f, types, strict=True))
                if not parts:
                    out.append(head)
                    continue
            if what == "array" or (what == "data" and any(any(m) for _, _, m in module.layouts[t].variants)):
                if id(v) in path:
                    raise Ended("cycle", (), place)
                path.add(id(v))
                stack.append(_Leave(id(v)))
            out.append(b"(" + head)
            stack.append(b")")
            for part in reversed(parts):
                stack.append(part)
                stack.append(b" ")
    return b"".join(out)
