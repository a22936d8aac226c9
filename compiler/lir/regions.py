"""How MIR's region ops become LIR: calls of the runtime with the region before what the plain op would pass.

What an object looks like is the same in a region and outside; only where its memory comes from differs.
"""

from __future__ import annotations

from compiler.lir.objects import ITEMS, WORD, element_type, fill
from compiler.lir.runtime import HEADER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.lir.builder import Builder
    from compiler.lir.scalars import Rule


def _allocate(b: Builder, value: int, size: int, descriptor: str, tag: int = 0) -> int:
    region = b.use(b.source.args[value][0])
    return b.runtime("zr_region_new", region, b.const(size), b.addr(descriptor), b.const(tag))


def _enter(b: Builder, _value: int) -> int:
    return b.runtime("zr_region_enter")


def _leave(b: Builder, value: int) -> int:
    b.runtime("zr_region_leave", b.use(b.source.args[value][0]), b.const(b.source.imm[value]))
    return -1


def _make(b: Builder, value: int) -> int:
    type, tag, args = b.source.type[value], b.source.imm[value], b.source.args[value][1:]  # noqa: A001
    if type.startswith("list<"):
        descriptor = b.statics.cons(element_type(type))
    else:
        name, fields, _ = b.module.layouts[type].variants[tag]
        descriptor = b.statics.constructor(type, name, fields)
    made = _allocate(b, value, HEADER + WORD * len(args), descriptor, tag)
    fill(b, made, HEADER, args)
    return made


def _cell(b: Builder, value: int) -> int:
    args = b.source.args[value][1:]
    made = _allocate(b, value, HEADER + WORD, b.statics.cell(b.source.type[args[0]]))
    fill(b, made, HEADER, args)
    return made


def _any(b: Builder, value: int) -> int:
    args = b.source.args[value][1:]
    made = _allocate(b, value, HEADER + WORD, b.statics.boxed(b.source.type[args[0]], b.source.imm[value]))
    fill(b, made, HEADER, args)
    return made


def _array(b: Builder, value: int) -> int:
    region, length, initial = b.source.args[value]
    type, bits = b.source.type[initial], b.use(initial)  # noqa: A001
    if type == "f64":
        bits = b.emit("fbits", "i64", (bits,))
    descriptor = b.addr(b.statics.array(type))
    return b.runtime("zr_region_array", b.use(region), b.use(length), bits, descriptor, b.place())


def _array_of(b: Builder, value: int) -> int:
    items = b.source.args[value][1:]
    descriptor = b.statics.array(element_type(b.source.type[value]))
    made = _allocate(b, value, ITEMS + WORD * len(items), descriptor)
    b.store("i64", b.const(len(items)), made, HEADER)
    fill(b, made, ITEMS, items)
    return made


def _copy(b: Builder, value: int) -> int:
    region, array = b.source.args[value]
    return b.runtime("zr_region_copy", b.use(region), b.use(array))


def _bytes(b: Builder, value: int) -> int:
    region, length = b.source.args[value]
    return b.runtime("zr_region_bytes", b.use(region), b.use(length), b.place())


def _closure(b: Builder, value: int) -> int:
    captured = b.source.args[value][1:]
    descriptor = b.statics.captures(tuple([b.source.type[each] for each in captured]))
    made = _allocate(b, value, ITEMS + WORD * len(captured), descriptor)
    b.store("ptr", b.addr(b.source.imm[value]), made, HEADER)
    fill(b, made, ITEMS, captured)
    return made


RULES: dict[str, Rule] = {
    "region.enter": _enter,
    "region.leave": _leave,
    "region.make": _make,
    "region.cell": _cell,
    "region.any": _any,
    "region.array": _array,
    "region.array-of": _array_of,
    "region.copy": _copy,
    "region.bytes": _bytes,
    "region.closure": _closure,
}
