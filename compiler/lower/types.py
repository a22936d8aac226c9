"""The type names of MIR for a program's types, and the layouts of what lives on the heap.

A type is concrete once a function's type arguments are put in; its MIR name is then one string, and
asking for it enters the layouts of the data and lists inside it into the module.  Knows no expressions.
"""

from __future__ import annotations

from compiler.ir.function import Layout
from compiler.types.core import (
    H_ACTOR,
    H_ANY,
    H_ARRAY,
    H_BOOL,
    H_BYTES,
    H_F64,
    H_FN,
    H_I64,
    H_LIST,
    H_TEXT,
    H_UNIT,
    H_USER,
    UNIT,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.hir.program import Program
    from compiler.ir.function import Module

_NAMES = {H_I64: "i64", H_F64: "f64", H_BOOL: "bool", H_TEXT: "text", H_UNIT: "unit", H_BYTES: "bytes", H_ANY: "Any"}


def spelled(name: str) -> str:
    """A name of the program's where `<` and `>` stand around type arguments: names may have these signs too."""
    return name.replace("<", "‹").replace(">", "›")


class TypeNames:
    """MIR names of concrete types of one program, made once each."""

    __slots__ = ("_fields", "_names", "_open", "module", "program")

    def __init__(self, program: Program, module: Module) -> None:
        self.program = program
        self.module = module
        self._names: dict[int, str] = {}
        self._fields: dict[tuple[int, int], tuple[int, ...]] = {}
        self._open: list[int] = []  # types whose fields have no layouts yet

    def concrete(self, type_id: int, actuals: tuple[int, ...]) -> int:
        """The type with the function's type arguments put in; a variable nothing decides is Unit."""
        types = self.program.types
        variables = len(actuals)
        if variables == 0 and type_id in self._names:
            return type_id
        return types.substitute(type_id, actuals + (UNIT,) * 64)

    def name(self, type_id: int) -> str:
        """The MIR name of a concrete type; its layout and those of its parts are in the module afterwards."""
        found = self._names.get(type_id)
        if found is not None:
            return found
        name = self._enter(type_id)
        while self._open:
            self._layout(self._open.pop())
        return name

    def fields(self, type_id: int, tag: int) -> tuple[int, ...]:
        """Concrete field types of a variant of a concrete data or list type."""
        found = self._fields.get((type_id, tag))
        if found is None:
            found = self._fields[type_id, tag] = self._field_types(type_id, tag)
        return found

    def _field_types(self, type_id: int, tag: int) -> tuple[int, ...]:
        types = self.program.types
        head, args = types.head[type_id], types.args[type_id]
        if head == H_LIST:
            return (args[0], type_id) if tag else ()
        ctor = self.program.datas[head - H_USER].ctors[tag]
        return tuple([types.substitute(field, args) for field in ctor.fields])

    def _enter(self, type_id: int) -> str:
        found = self._names.get(type_id)
        if found is not None:
            return found
        types = self.program.types
        head, args = types.head[type_id], types.args[type_id]
        if head in _NAMES:
            name = _NAMES[head]
        elif head == H_LIST:
            name = f"list<{self._enter(args[0])}>"
            self._open.append(type_id)
        elif head == H_ARRAY:
            name = f"array<{self._enter(args[0])}>"
        elif head == H_ACTOR:
            name = f"actor<{self._enter(args[0])}>"
        elif head == H_FN:
            parts = [self._enter(a) for a in args]
            name = f"fn({','.join(parts[:-1])})->{parts[-1]}"
        elif head >= H_USER:
            data = spelled(self.program.datas[head - H_USER].name)
            name = f"{data}<{','.join([self._enter(a) for a in args])}>" if args else data
            self._open.append(type_id)
        else:
            raise AssertionError(f"no MIR type for {types.show(type_id)}")
        self._names[type_id] = name
        return name

    def _layout(self, type_id: int) -> None:
        types = self.program.types
        head = types.head[type_id]
        name = self._names[type_id]
        if head == H_LIST:
            element = self._enter(types.args[type_id][0])
            variants: list[tuple[str, tuple[str, ...], tuple[bool, ...]]] = [
                ("nil", (), ()),
                ("cons", (element, name), (False, False)),
            ]
        else:
            variants = []
            for tag, ctor in enumerate(self.program.datas[head - H_USER].ctors):
                fields = tuple([self._enter(field) for field in self.fields(type_id, tag)])
                variants.append((ctor.name, fields, tuple(ctor.mutable) or (False,) * len(fields)))
        self.module.layouts[name] = Layout(name, variants)
