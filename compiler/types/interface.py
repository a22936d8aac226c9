"""What a module shows to those that import it, apart from its source: enough to check them, and no more.

    interface(c, index) ─▶ a tuple that `marshal` writes ─▶ declare(c, index, packed) in another checker

Exported functions with their signatures, demands and effects; constants; every user type of the module's own, since
an exported signature may mention one that is not exported.  It says nothing of places: a message that needs one ends
the attempt (`Unread`), and the program is checked from its sources.
"""

from __future__ import annotations

from compiler.hir.portable import TypeTable, pack_data, unpack_data, unpack_types
from compiler.hir.program import Const, Data, Function
from compiler.types.core import H_USER
from compiler.types.state import CONST, CTOR, FN, Checker, CtorInfo, DataInfo, FnInfo, ModuleNames, Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.diagnostics import SourceFile
    from compiler.modules.module import Module


def interface(c: Checker, index: int, mentioned: set[str] | None = None) -> tuple[Any, ...]:
    """The interface of a module that has been checked and has no mistakes; `mentioned` gets its types' names."""
    module = c.graph.modules[index]
    names = c.module_names[index]
    table = TypeTable(c.program)
    exports = module.exports
    functions, consts = [], []
    for symbol, name in names.own_values.items():
        if exports is not None and symbol not in exports:
            continue
        if name.kind == FN:
            info = name.target
            assert isinstance(info, FnInfo)
            f = info.function
            signature = ([table.row(t) for t in info.params], table.row(info.result), info.vars, list(info.needs))
            marks = (info.nullary, f.inline, sorted(c.effects[f.id]))
            functions.append((info.label, f.name, signature, marks))
        elif name.kind == CONST:
            assert isinstance(name.target, int)
            const = c.program.consts[name.target]
            consts.append((c.names[symbol], const.name, table.row(const.type)))
    datas = [
        (c.names[symbol], exports is None or symbol in exports, pack_data(c.program, info.data))
        for symbol, info in names.own_types.items()
    ]
    if mentioned is not None:
        mentioned.update([head for head, _ in table.rows if isinstance(head, str)])
        for _, _, row in datas:
            mentioned.update([head for head, _ in row[4] if isinstance(head, str)])
    shown = None if exports is None else sorted(c.names[symbol] for symbol in exports)
    off = sorted((c.names[symbol], feature) for symbol, feature in module.disabled.items())
    return module.name, shown, off, datas, functions, consts, table.rows


class _Numbers:
    """User types by unique name; functions and constants are not asked for."""

    __slots__ = ("by_name",)

    def __init__(self, c: Checker) -> None:
        self.by_name = {data.name: data.id for data in c.program.datas}

    def data(self, name: str) -> int:
        return self.by_name[name]

    def function(self, name: str, _: int) -> int:
        raise KeyError(name)

    def const(self, name: str) -> int:
        raise KeyError(name)


def declare(c: Checker, index: int, packed: tuple[Any, ...], file: SourceFile) -> ModuleNames:
    """Enter a module by its interface; the modules that its types mention are there already.

    Fills in `c.graph.modules[index]`, whose forms are not there.
    """
    name, shown, off, datas, functions, consts, rows = packed
    module: Module = c.graph.modules[index]
    word = c.word
    module.name = name
    module.exports = None if shown is None else {word(each): -1 for each in shown}
    module.disabled = {word(each): feature for each, feature in off}
    names = ModuleNames()
    numbers = _Numbers(c)
    infos = []
    for type_name, _, row in datas:
        data = Data(len(c.program.datas), row[0], row[2])
        c.program.datas.append(data)
        c.program.types.user_names.append(row[1])
        numbers.by_name[data.name] = data.id
        info = DataInfo(data, index, -1)
        info.type = c.program.types.make(H_USER + data.id, tuple([c.program.types.var(k) for k in range(data.vars)]))
        c.data_infos.append(info)
        c.ctors.append([])
        names.own_types[word(type_name)] = info
        infos.append(info)
    for info, (_, _, row) in zip(infos, datas, strict=True):
        data = unpack_data(c.program, row, numbers)
        for k, ctor in enumerate(data.ctors):
            made = CtorInfo(info, k, ctor)
            c.ctors[data.id].append(made)
            names.own_values[word(ctor.name)] = Name(CTOR, made, index, -1)
        if len(data.ctors) == 1:
            info.fields = {word(field): k for k, field in enumerate(data.ctors[0].names)}
    types = unpack_types(c.program, rows, numbers)
    for label, unique, (params, result, count, needs), (nullary, inline, effects) in functions:
        f = Function(len(c.program.functions), unique, file)
        f.exported, f.inline, f.vars, f.result = True, inline, count, types[result]
        f.params = [] if nullary else list(range(len(params)))  # their number is all that a caller's code needs
        c.program.functions.append(f)
        found = FnInfo(f, label, index, -1, -1)
        found.declared = found.ready = True
        found.params, found.result = tuple([types[t] for t in params]), types[result]
        found.vars, found.needs, found.nullary = count, list(needs), nullary
        c.infos.append(found)
        c.effects.append(frozenset(effects))
        names.own_values[word(label)] = Name(FN, found, index, -1)
    for label, unique, row in consts:
        f = Function(len(c.program.functions), unique, file)
        c.program.functions.append(f)
        found = FnInfo(f, label, index, -1, -1)
        found.nullary = found.declared = found.ready = True
        found.result = types[row]
        c.infos.append(found)
        c.effects.append(frozenset())
        names.own_values[word(label)] = Name(CONST, len(c.consts), index, -1)
        c.consts.append(found)
        c.program.consts.append(Const(unique, types[row], f.id))
    c.module_names[index] = names
    return names
