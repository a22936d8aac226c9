"""How MIR's heap ops become LIR: explicit addresses, runtime calls for what needs the allocator, counts in place.

The layout is `runtime.py`'s: fields from HEADER; texts and arrays have their length there and elements after it; a
closure has its code there and captures after it.  A replaced field's old value is dropped after the new one is stored,
so whoever looks in between sees a value that is alive.
"""

from __future__ import annotations

from compiler.lir.runtime import DESC_OFFSET, HEADER, TAG_OFFSET
from compiler.mir.ops import is_ref
from compiler.panics import PANICS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.lir.builder import Builder
    from compiler.lir.scalars import Rule

WORD = 8
ITEMS = HEADER + WORD  # elements of arrays and bytes of texts, after the length; captures, after the code
INDEX = PANICS["index"][0]


def element_type(type: str) -> str:  # noqa: A002
    """T of `list<T>`, `array<T>` and `cell<T>`."""
    return type[type.index("<") + 1 : -1]


def _allocate(b: Builder, size: int, descriptor: str, tag: int) -> int:
    return b.runtime("zr_new", b.const(size), b.addr(descriptor), b.const(tag))


def fill(b: Builder, base: int, offset: int, values: tuple[int, ...]) -> None:
    """Store MIR values into consecutive words of a new object."""
    for number, value in enumerate(values):
        b.store(b.source.type[value], b.use(value), base, offset + WORD * number)


def _const_text(b: Builder, value: int) -> int:
    return b.addr(b.statics.text(b.source.imm[value]))


def _const_fn(b: Builder, value: int) -> int:
    return b.addr(b.statics.function(b.source.imm[value]))


def _make(b: Builder, value: int) -> int:
    type, tag, args = b.source.type[value], b.source.imm[value], b.source.args[value]  # noqa: A001
    if type.startswith("list<"):
        if tag == 0:
            return b.addr("zr_nil")
        descriptor = b.statics.cons(element_type(type))
    else:
        name, fields, _ = b.module.layouts[type].variants[tag]
        if not fields:
            return b.addr(b.statics.nullary(type, name, tag))
        descriptor = b.statics.constructor(type, name, fields)
    made = _allocate(b, HEADER + WORD * len(args), descriptor, tag)
    fill(b, made, HEADER, args)
    return made


def _tag(b: Builder, value: int) -> int:
    return b.emit("load.u32", "i64", (b.use(b.source.args[value][0]),), (TAG_OFFSET, 1))


def _load(b: Builder, value: int, base: int, offset: int, *index: int) -> int:
    type = b.source.type[value]  # noqa: A001
    return -1 if type == "unit" else b.load(type, base, offset, *index)


def _replace(b: Builder, value: int, base: int, offset: int, *index: int) -> int:
    """Store the MIR value over what is there, which is dropped if it is counted."""
    type, new = b.source.type[value], b.use(value)  # noqa: A001
    old = b.load(type, base, offset, *index) if is_ref(type) else -1
    b.store(type, new, base, offset, *index)
    if old >= 0:
        b.drop(old)
    return -1


def _field(b: Builder, value: int) -> int:
    return _load(b, value, b.use(b.source.args[value][0]), HEADER + WORD * b.source.imm[value][1])


def _field_set(b: Builder, value: int) -> int:
    base, new = b.source.args[value]
    return _replace(b, new, b.use(base), HEADER + WORD * b.source.imm[value][1])


def _cell_new(b: Builder, value: int) -> int:
    (held,) = b.source.args[value]
    cell = _allocate(b, HEADER + WORD, b.statics.cell(b.source.type[held]), 0)
    fill(b, cell, HEADER, (held,))
    return cell


def _cell_get(b: Builder, value: int) -> int:
    return _load(b, value, b.use(b.source.args[value][0]), HEADER)


def _cell_set(b: Builder, value: int) -> int:
    cell, new = b.source.args[value]
    return _replace(b, new, b.use(cell), HEADER)


def _any_new(b: Builder, value: int) -> int:
    (held,) = b.source.args[value]
    box = _allocate(b, HEADER + WORD, b.statics.boxed(b.source.type[held], b.source.imm[value]), 0)
    fill(b, box, HEADER, (held,))
    return box


def _any_get(b: Builder, value: int) -> int:
    box = b.use(b.source.args[value][0])
    wanted = b.addr(b.statics.boxed(b.source.type[value], b.source.imm[value]))
    cold, rest = b.cold_if(b.emit("icmp.ne", "i64", (b.load("ptr", box, DESC_OFFSET), wanted)))
    b.block = cold
    b.runtime("zr_any_wrong", box, wanted, b.place())
    b.emit("trap", "")
    b.block = rest
    return _load(b, value, box, HEADER)


def _array_new(b: Builder, value: int) -> int:
    length, initial = b.source.args[value]
    type, bits = b.source.type[initial], b.use(initial)  # noqa: A001
    if type == "f64":
        bits = b.emit("fbits", "i64", (bits,))
    return b.runtime("zr_array_new", b.use(length), bits, b.addr(b.statics.array(type)), b.place())


def _array_of(b: Builder, value: int) -> int:
    items = b.source.args[value]
    descriptor = b.statics.array(element_type(b.source.type[value]))
    array = _allocate(b, ITEMS + WORD * len(items), descriptor, 0)
    b.store("i64", b.const(len(items)), array, HEADER)
    fill(b, array, ITEMS, items)
    return array


def _length(b: Builder, value: int) -> int:
    return b.load("i64", b.use(b.source.args[value][0]), HEADER)


def _array_get(b: Builder, value: int) -> int:
    array, index = b.source.args[value]
    return _load(b, value, b.use(array), ITEMS, b.use(index))


def _array_set(b: Builder, value: int) -> int:
    array, index, new = b.source.args[value]
    return _replace(b, new, b.use(array), ITEMS, b.use(index))


def _check_bounds(b: Builder, value: int) -> int:
    index, length = (b.use(arg) for arg in b.source.args[value])
    # Unsigned: a negative index is a huge one.
    b.panic_if(b.emit("icmp.uge", "i64", (index, length)), INDEX, index, length)
    return -1


def _text_byte(b: Builder, value: int) -> int:
    text, index = (b.use(arg) for arg in b.source.args[value])
    return b.emit("load.u8", "i64", (text, index), (ITEMS, 1))


def _bytes_set(b: Builder, value: int) -> int:
    array, index, new = (b.use(arg) for arg in b.source.args[value])
    b.emit("store.u8", "", (new, array, index), (ITEMS, 1))
    return -1


def _closure(b: Builder, value: int) -> int:
    captured = b.source.args[value]
    if not captured:
        return _const_fn(b, value)
    descriptor = b.statics.captures(tuple([b.source.type[each] for each in captured]))
    closure = _allocate(b, ITEMS + WORD * len(captured), descriptor, 0)
    b.store("ptr", b.addr(b.source.imm[value]), closure, HEADER)
    fill(b, closure, ITEMS, captured)
    return closure


def _capture(b: Builder, value: int) -> int:
    return _load(b, value, b.use(b.source.args[value][0]), ITEMS + WORD * b.source.imm[value])


def _dup(b: Builder, value: int) -> int:
    b.emit("count.up", "", (b.use(b.source.args[value][0]),))
    return -1


def _drop(b: Builder, value: int) -> int:
    b.drop(b.use(b.source.args[value][0]))
    return -1


RULES: dict[str, Rule] = {
    "const.text": _const_text,
    "const.fn": _const_fn,
    "make": _make,
    "tag": _tag,
    "field": _field,
    "field.mut": _field,
    "field.set": _field_set,
    "cell.new": _cell_new,
    "cell.get": _cell_get,
    "cell.set": _cell_set,
    "any.new": _any_new,
    "any.get": _any_get,
    "array.new": _array_new,
    "array.of": _array_of,
    "array.len": _length,
    "array.get": _array_get,
    "array.set": _array_set,
    "check.bounds": _check_bounds,
    "bytes.len": _length,
    "bytes.get": _text_byte,
    "bytes.set": _bytes_set,
    "text.len": _length,
    "text.byte": _text_byte,
    "closure": _closure,
    "capture": _capture,
    "rc.dup": _dup,
    "rc.drop": _drop,
}
