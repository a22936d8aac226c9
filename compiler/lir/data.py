"""Static data of a program: texts, places, descriptors, objects without fields, closures without captures.

Each is made when it is first asked for and shared afterwards; names begin with `$`, which no function's name does,
and depend on the program only.  Objects are immortal: their count begins at -(1 << 30), so counting them never
reaches 0, and they lie in `.data` because it is counted all the same.  The layout is `runtime.py`'s.
"""

from __future__ import annotations

from compiler.digest import sha256
from compiler.lir.ops import Data
from compiler.lir.runtime import (
    DESC_ANY,
    DESC_ARRAY,
    DESC_CELL,
    DESC_CLOSURE,
    DESC_DATA,
    DESC_LIST,
    DESC_OFFSET,
    FIELD_BOOL,
    FIELD_F64,
    FIELD_I64,
    FIELD_REF,
    FIELD_UNIT,
    HEADER,
)

IMMORTAL = -(1 << 30)
_KINDS = {"i64": FIELD_I64, "f64": FIELD_F64, "bool": FIELD_BOOL, "unit": FIELD_UNIT}
_LETTERS = "ifbur"  # a field kind in a descriptor's name


def field_kind(type: str) -> int:  # noqa: A002
    """The descriptor's byte for a field of this MIR type."""
    return _KINDS.get(type, FIELD_REF)


class Statics:
    """The data made so far, in order of first use."""

    __slots__ = ("_known", "data")

    def __init__(self) -> None:
        self.data: list[Data] = []
        self._known: dict[tuple[str, object], str] = {}

    def text(self, value: str) -> str:
        """The symbol of a static text; bytes that are not UTF-8 come as lone surrogates."""
        raw = value.encode("utf-8", "surrogateescape")
        known = self._known.get(("text", raw))
        if known is None:
            body = len(raw).to_bytes(8, "little") + raw + b"\0"
            known = self._object("text", raw, "zr_desc_text", 0, body)
        return known

    def place(self, text: str) -> str:
        """The symbol of a NUL-terminated place, as runtime calls take it."""
        return self._string("place", text)

    def descriptor(self, kind: int, constructor: str, fields: tuple[str, ...], of: str) -> str:
        """The symbol of a descriptor; `of` names it, fields are MIR types."""
        kinds = bytes([field_kind(field) for field in fields])
        key = (kind, constructor, kinds, of)
        known = self._known.get(("descriptor", key))
        if known is None:
            relocs = [(8, self._string("name", constructor), 0)] if constructor else []
            head = kind.to_bytes(4, "little") + len(kinds).to_bytes(4, "little") + bytes(8)
            known = self._add("descriptor", key, f"$descriptor.{of}", ".rodata", head + kinds, relocs)
        return known

    def constructor(self, type: str, name: str, fields: tuple[str, ...]) -> str:  # noqa: A002
        """The descriptor of one constructor of a data type."""
        return self.descriptor(DESC_DATA, name, fields, f"{type}.{name}")

    def cons(self, element: str) -> str:
        """The descriptor of a list's cells: the element, then the rest."""
        return self.descriptor(DESC_LIST, "", (element, "list"), f"list.{_LETTERS[field_kind(element)]}")

    def array(self, element: str) -> str:
        return self.descriptor(DESC_ARRAY, "", (element,), f"array.{_LETTERS[field_kind(element)]}")

    def cell(self, held: str) -> str:
        return self.descriptor(DESC_CELL, "", (held,), f"cell.{_LETTERS[field_kind(held)]}")

    def boxed(self, type: str, name: str) -> str:  # noqa: A002
        """The descriptor of Any that hold this type, one a type; `name` is the type as the language writes it."""
        return self.descriptor(DESC_ANY, name, (type,), f"Any.{type}")

    def captures(self, types: tuple[str, ...]) -> str:
        """The descriptor of closures over values of these types."""
        letters = "".join(_LETTERS[field_kind(each)] for each in types)
        return self.descriptor(DESC_CLOSURE, "", types, f"closure.{letters}")

    def nullary(self, type: str, name: str, tag: int) -> str:  # noqa: A002
        """The one object of a constructor without fields."""
        known = self._known.get(("object", (type, name)))
        if known is None:
            descriptor = self.constructor(type, name, ())
            known = self._object("object", (type, name), descriptor, tag, b"", title=f"$object.{type}.{name}")
        return known

    def function(self, name: str) -> str:
        """The closure of a function that captures nothing."""
        known = self._known.get(("function", name))
        if known is None:
            code = [(HEADER, name, 0)]
            title = f"$function.{name}"
            known = self._object("function", name, self.captures(()), 0, bytes(8), relocs=code, title=title)
        return known

    def _object(
        self,
        sort: str,
        key: object,
        descriptor: str,
        tag: int,
        body: bytes,
        *,
        relocs: list[tuple[int, str, int]] | None = None,
        title: str = "",
    ) -> str:
        head = IMMORTAL.to_bytes(4, "little", signed=True) + tag.to_bytes(4, "little") + bytes(8)
        return self._add(sort, key, title, ".data", head + body, [(DESC_OFFSET, descriptor, 0), *(relocs or [])])

    def _string(self, sort: str, text: str) -> str:
        known = self._known.get((sort, text))
        return known or self._add(sort, text, "", ".rodata", text.encode() + b"\0", [], align=1)

    def _add(
        self,
        sort: str,
        key: object,
        title: str,
        section: str,
        data: bytes,
        relocs: list[tuple[int, str, int]],
        align: int = 8,
    ) -> str:
        if not title:  # by content: a function's data is named alike whatever else the program has
            title = f"${sort}.{sha256(data).hexdigest()[:16]}"
        self._known[sort, key] = title
        self.data.append(Data(title, section, data, relocs, align))
        return title
