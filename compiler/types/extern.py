"""`(extern "C" name (∷ …) (cap …))` becomes a function whose body is the call into C.

So an extern is called, given away and exported like any function, and nothing behind this file but the op `extern`
knows of it.  Only values that live in registers cross the border.  To let another type cross, add it to `CROSSING` and
to each lane's meaning of the op.
"""

from __future__ import annotations

import re

from compiler.hir.ops import CODE
from compiler.messages import foreign as say
from compiler.syntax.forms import LIST, SYMBOL
from compiler.types.core import BOOL, F64, I64, UNIT
from compiler.types.declare import annotate, new_function
from compiler.types.state import FN, Name, Use
from compiler.types.typeform import read_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.modules.module import Module
    from compiler.types.state import Checker, FnInfo, Frame, ModuleNames

CROSSING = (I64, F64, BOOL, UNIT)
INTEGERS, FLOATS = 6, 8  # how many arguments of each class go in registers
_C_NAME = re.compile(r"[a-z_][A-Za-z0-9_]*")
_RUNTIME = re.compile(r"zr_.*|zero_main|_start|_")


def enter(c: Checker, module: Module, names: ModuleNames, prefix: str, node: int) -> FnInfo | None:
    """Enter an extern's name; its type is read when all types have their names."""
    forms = module.forms
    name_node = forms.children(node)[2]
    symbol = forms.data[name_node]
    name = c.names[symbol]
    if not _C_NAME.fullmatch(name) or _RUNTIME.fullmatch(name) or symbol in c.special:
        c.report(say.EXTERN_SHAPE, module, name_node, what=f"`{name}` is no name for a C function")
        return None
    if symbol in names.own_values:
        return None  # the module loader has reported it
    info = new_function(c, module, f"{prefix}.{name}", name, node, name_node)
    info.extern = name
    info.function.exported = module.exports is None or symbol in module.exports
    names.values[symbol] = names.own_values[symbol] = Name(FN, info, module.id, name_node)
    return info


def read(c: Checker, module: Module, names: ModuleNames, info: FnInfo) -> None:
    """The annotations and the type, which has to be there; on a mistake the extern has the error type."""
    forms = module.forms
    info.declared = info.ready = True
    info.result = c.unifier.error
    seen: set[str] = set()
    sound = True
    for element in forms.children(info.node)[3:]:
        known = annotate(c, module, info, element, seen)
        if not known or not seen <= {"::", "cap", "doc"}:
            c.report(say.EXTERN_SHAPE, module, element, what="this belongs to no extern")
            return
    arrow = forms.children(info.annotation)[1] if info.annotation >= 0 and forms.count[info.annotation] == 2 else -1
    parts = forms.children(arrow) if arrow >= 0 and forms.kind[arrow] == LIST else []
    is_arrow = bool(parts) and forms.kind[parts[0]] == SYMBOL and c.names[forms.data[parts[0]]] == "->"
    if not is_arrow or len(parts) < 3:
        wrong = info.node if info.annotation < 0 else info.annotation
        c.report(say.EXTERN_SHAPE, module, wrong, what="its type (∷ (→ T R)) is missing")
        return
    types = []
    for part in parts[1:]:
        found = read_type(c, module, names, part, info.variables, "signature")
        types.append(found)
        if found not in CROSSING:
            sound = False
            if found >= 0:
                c.report(say.EXTERN_TYPE, module, part, found=c.unifier.show(found))
    floats = types[:-1].count(F64)
    integers = types[:-1].count(I64) + types[:-1].count(BOOL)
    if floats > FLOATS or integers > INTEGERS:
        count, limit = (f"{floats} F64", FLOATS) if floats > FLOATS else (f"{integers} I64 and Bool", INTEGERS)
        c.report(say.MANY_ARGUMENTS, module, arrow, found=count, limit=limit)
        sound = False
    if not sound:
        info.params = tuple([c.unifier.error] * (len(types) - 1))
        return
    info.nullary = types[:-1] == [UNIT]
    info.params = () if info.nullary else tuple(types[:-1])
    info.result = types[-1]


def body(f: Frame) -> int:
    """The function's one expression: the parameters, handed to C."""
    info = f.info
    kids = []
    for number, type_id in enumerate(info.params):
        local = f.local(f"a{number}", type_id, False)
        info.function.params.append(local)
        kids.append(f.emit(CODE["local"], type_id, info.name_node, [], local))
    f.uses.append((Use(info.label, "ffi", -1, f.start[info.name_node], f.end[info.name_node]), -1))
    return f.emit(CODE["extern"], info.result, info.name_node, kids, f.c.program.text(info.extern))
