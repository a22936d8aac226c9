# `type` is the field's own word
"""Building, reading and changing data in MIR: constructors, fields, lists, arrays.

Whether a field is read with `field` or `field.mut` is decided here, from the constructor's row, for `match` too.
Entered into the table of `forms.py`; an op on data needs its function here.
"""

from __future__ import annotations

from compiler.lower.builtins import cons
from compiler.lower.forms import form, node_type, target, value, values
from compiler.types.core import ANY, H_USER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.lower.builder import Builder


@form("make")
def _make(b: Builder, node: int) -> int:
    named, _ = target(b, node)
    assert isinstance(named, tuple)
    return b.emit("make", node_type(b, node), tuple(values(b, b.body.children(node))), named[1])


@form("box")
def _box(b: Builder, node: int) -> int:
    body = b.body
    (kid,) = body.children(node)
    boxed = b.concrete(body.type[kid])
    held = value(b, kid)
    if boxed == ANY:  # a type variable that stands for Any here
        return held
    return b.emit("any.new", "Any", (held,), b.lowering.program.types.show(boxed))


@form("unbox")
def _unbox(b: Builder, node: int) -> int:
    body = b.body
    wanted = b.concrete(body.type[node])
    return b.emit(
        "any.get",
        b.lowering.types.name(wanted),
        (value(b, body.children(node)[0]),),
        b.lowering.program.types.show(wanted),
    )


@form("list")
def _list(b: Builder, node: int) -> int:
    elements = values(b, b.body.children(node))
    result = b.emit("make", node_type(b, node), (), 0)
    for element in reversed(elements):
        result = cons(b, element, result)
    return result


@form("array-of")
def _array_of(b: Builder, node: int) -> int:
    return b.emit("array.of", node_type(b, node), tuple(values(b, b.body.children(node))))


def load(b: Builder, owner: int, owner_type: int, tag: int, index: int) -> int:
    """Read a field of an object known to have this tag; `owner_type` is a concrete type id."""
    types = b.lowering.types
    field = types.fields(owner_type, tag)[index]
    head = types.program.types.head[owner_type]
    mutable = types.program.datas[head - H_USER].ctors[tag].mutable if head >= H_USER else []
    op = "field.mut" if index < len(mutable) and mutable[index] else "field"
    return b.emit(op, types.name(field), (owner,), (tag, index))


@form("field")
def _field(b: Builder, node: int) -> int:
    body = b.body
    (owner,) = body.children(node)
    return load(b, value(b, owner), b.concrete(body.type[owner]), 0, body.imm[node])


@form("set-field")
def _set_field(b: Builder, node: int) -> int:
    body = b.body
    owner, new = values(b, body.children(node))
    return b.emit("field.set", "unit", (owner, new), (0, body.imm[node]))


@form("with")
def _with(b: Builder, node: int) -> int:
    body = b.body
    owner_node = body.children(node)[0]
    owner, *news = values(b, body.children(node))
    owner_type = b.concrete(body.type[owner_node])
    replaced = dict(zip(b.lowering.program.field_lists[body.imm[node]], news, strict=True))
    fields = [
        replaced[index] if index in replaced else load(b, owner, owner_type, 0, index)
        for index in range(len(b.lowering.types.fields(owner_type, 0)))
    ]
    return b.emit("make", node_type(b, node), tuple(fields), 0)
