"""What a name means: modules' own names, bare imports, aliases, the names every module has.

Each module gets one table with all it can use, so a lookup is one dictionary access; `alias.name` is entered when
it is first met.  Failures give the message that fits: unknown, not exported, under a feature
that is off.  Knows no types.
"""

from __future__ import annotations

from compiler.builtins import BUILTINS
from compiler.diagnostics import Note, meant
from compiler.messages import names as say
from compiler.messages.elsewhere import TYPES, VALUES
from compiler.modules.cfg import report_use
from compiler.types.state import BUILTIN, Checker, DataInfo, ModuleNames, Name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from compiler.modules.module import Module

    T = TypeVar("T", Name, DataInfo)

HINTED = 50  # messages: as many as are shown; a hint looks at every name there is
VARIADIC_FORMS = ("list", "array-of", "bytes-of")  # builtins of any arity that the table has no type for


def prelude(c: Checker) -> dict[int, Name]:
    """The names of builtins; constructors of Option and Result join when they are declared."""
    word = c.word
    return {word(row.name): Name(BUILTIN, row, -1, -1) for row in BUILTINS}


def exported(c: Checker, module: int, symbol: int) -> bool:
    exports = c.graph.modules[module].exports
    return exports is None or symbol in exports


def connect_imports(c: Checker, module: Module, names: ModuleNames) -> None:
    """Enter the imports of a module; its own names are entered already and win no clash silently."""
    for entry in module.imports:
        other = c.module_names[entry.module]
        if entry.alias >= 0:
            names.aliases[entry.alias] = entry.module
            continue
        clashes: set[int] = set()
        for symbol, name in other.own_values.items():
            if exported(c, entry.module, symbol):
                if symbol in names.own_values or names.sources.get(symbol, entry.module) != entry.module:
                    clashes.add(symbol)
                    _clash(c, module, names, symbol, entry.module, entry.node)
                    continue
                names.values[symbol] = name
                names.sources[symbol] = entry.module
        for symbol, info in other.own_types.items():
            if exported(c, entry.module, symbol) and symbol not in clashes:
                if symbol in names.own_types or names.types.get(symbol, info) is not info:
                    _clash(c, module, names, symbol, entry.module, entry.node)
                    continue
                names.types[symbol] = info
                names.sources.setdefault(symbol, entry.module)


def _clash(c: Checker, module: Module, names: ModuleNames, symbol: int, other: int, node: int) -> None:
    first = names.sources.get(symbol, -1)
    where = "this module" if first < 0 else c.graph.modules[first].file.path
    notes: tuple[Note, ...] = ()
    own = names.own_values.get(symbol)
    if own is not None and own.node >= 0:
        forms = module.forms
        notes = (Note(module.file, forms.start[own.node], forms.end[own.node], "defined here"),)
    c.report(
        say.IMPORT_TWICE,
        module,
        node,
        notes,
        name=c.names[symbol],
        first=where,
        second=c.graph.modules[other].file.path,
    )


def find_value(c: Checker, module: Module, names: ModuleNames, symbol: int, node: int) -> Name | None:
    """The meaning of a name that is not a local; reports and gives None when it has none."""
    found = names.values.get(symbol)
    if found is not None:
        return found
    text = c.names[symbol]
    settled, found = _elsewhere(c, module, names, symbol, node, names.values, lambda of: of.own_values)
    if settled:
        return found
    upper = text[:1].isupper()
    kind = say.UNBOUND_CTOR if upper else say.UNBOUND
    if upper and symbol in names.types:
        rows = c.ctors[names.types[symbol].data.id]
        hint = "its constructors are " + ", ".join([row.ctor.name for row in rows])
    else:
        hint = _import_hint(c, module, symbol) or VALUES.get(text, "")
        if not hint:
            hint = "define it, or import the module that has it"
            if len(c.sink.items) < HINTED:
                near = [c.names[s] for s in names.values if c.names[s][:1].isupper() == upper]
                hint = meant(text, near, hint)
    c.report(kind, module, node, name=text, advice=hint)
    return None


def find_type(c: Checker, module: Module, names: ModuleNames, symbol: int, node: int) -> DataInfo | None:
    """The user type of a name; reports and gives None when there is none."""
    found = names.types.get(symbol)
    if found is not None:
        return found
    text = c.names[symbol]
    settled, found = _elsewhere(c, module, names, symbol, node, names.types, lambda of: of.own_types)
    if settled:
        return found
    near = [c.names[s] for s in names.types] + ["I64", "F64", "Bool", "Text", "Unit", "List", "Array"]
    hint = TYPES.get(text) or meant(text, near, "declare it with τ, or import it")
    c.report(say.UNBOUND_TYPE, module, node, name=text, advice=hint)
    return None


def _elsewhere(
    c: Checker,
    module: Module,
    names: ModuleNames,
    symbol: int,
    node: int,
    known: dict[int, T],
    owned: Callable[[ModuleNames], dict[int, T]],
) -> tuple[bool, T | None]:
    """(whether that settles it, the meaning) of a name with an alias before it, or of one that is left out here."""
    text = c.names[symbol]
    alias, dot, member = text.partition(".")
    if dot and alias and member:
        target = _target(c, module, names, alias, node)
        if target < 0:
            return True, None
        there = owned(c.module_names[target])
        inner = there.get(c.word(member))
        if not _visible(c, module, target, member, node, inner is not None, there):
            return True, None
        if inner is not None:
            known[symbol] = inner
        return True, inner
    feature = module.disabled.get(symbol)
    if feature is not None:
        _off(c, module, node, text, feature)
    return feature is not None, None


def _off(c: Checker, module: Module, node: int, name: str, feature: str) -> None:
    forms = module.forms
    report_use(c.sink, module.file, forms.start[node], forms.end[node], name, feature)


def _target(c: Checker, module: Module, names: ModuleNames, alias: str, node: int) -> int:
    found = names.aliases.get(c.word(alias), -1)
    if found < 0 and c.word(alias) in module.disabled:
        _off(c, module, node, alias, module.disabled[c.word(alias)])
    elif found < 0:
        near = [c.names[s] for s in names.aliases]
        other = _standard(c, module, alias) or f'import a module as {alias}: (↥ "path" {alias})'
        hint = meant(alias, near, other)
        c.report(say.UNBOUND_ALIAS, module, node, name=alias, advice=hint)
    return found


def _standard(c: Checker, module: Module, alias: str) -> str:
    """How to come to the names of a module of the standard library that an alias seems to mean; empty for none."""
    from os.path import isfile, join

    from compiler.modules.load import STD, SUFFIX

    for entry in module.imports:
        if c.graph.modules[entry.module].name == alias:
            return f"{c.graph.modules[entry.module].file.path} is imported without an alias: its names stand alone"
    return f'add the import (↥ "std:{alias}" {alias})' if isfile(join(STD, alias + SUFFIX)) else ""


def _visible(c: Checker, module: Module, target: int, member: str, node: int, exists: bool, own: Iterable[int]) -> bool:
    symbol = c.word(member)
    other = c.graph.modules[target]
    if not exists:
        feature = other.disabled.get(symbol)
        if feature is not None:
            _off(c, module, node, member, feature)
        else:
            near = [c.names[s] for s in own if exported(c, target, s)]
            hint = meant(member, near, f"it is looked up in {other.file.path}")
            c.report(say.UNBOUND_MEMBER, module, node, where=other.name, name=member, advice=hint)
        return False
    if not exported(c, target, symbol):
        c.report(say.NOT_EXPORTED, module, node, name=member, where=other.name)
        return False
    return True


def _import_hint(c: Checker, module: Module, symbol: int) -> str:
    """Where an imported module has the name: under an alias, or without exporting it."""
    for entry in module.imports:
        if symbol in c.module_names[entry.module].own_values:
            if entry.alias >= 0 and exported(c, entry.module, symbol):
                return f"write {c.names[entry.alias]}.{c.names[symbol]}"
            if not exported(c, entry.module, symbol):
                return f"the module {c.graph.modules[entry.module].name} has it, but does not export it"
    return ""
