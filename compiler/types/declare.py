"""Top-level declarations become rows: types with their constructors, signatures, constants, tests.

Two rounds a module: first every name is entered, then what the names stand for is read, so order in a file
does not matter.  Bodies are left to `expr.py`.  To add an annotation of ƒ, add its case in `annotate`.
"""

from __future__ import annotations

from compiler.diagnostics import Note, meant
from compiler.hir.program import Const, Ctor, Data, Function, Test
from compiler.messages import names as say
from compiler.messages import type as say_type
from compiler.syntax.forms import LIST, SYMBOL, TEXT
from compiler.types.core import BOOL, H_USER, UNIT
from compiler.types.scope import connect_imports, prelude
from compiler.types.state import CONST, CTOR, FN, Checker, CtorInfo, DataInfo, FnInfo, ModuleNames, Name
from compiler.types.typeform import is_variable, read_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.modules.module import Module

CAPABILITIES = ("pure", "io", "file", "network", "process", "time", "actor", "ffi")
BUILTIN_TYPES = ("I64", "F64", "Bool", "Text", "Bytes", "Unit", "Any", "List", "Array", "Actor", "Option", "Result")
PRELUDE = (("Option", 1, (("Some", (0,)), ("None", ()))), ("Result", 2, (("Ok", (0,)), ("Err", (1,)))))


def declare_prelude(c: Checker) -> tuple[dict[int, Name], dict[int, DataInfo]]:
    """Option and Result: rows 0 and 1 of every program."""
    values = prelude(c)
    types: dict[int, DataInfo] = {}
    make_var = c.program.types.var
    for type_name, count, ctors in PRELUDE:
        info = _new_data(c, type_name, type_name, count, -1, -1)
        types[c.word(type_name)] = info
        for ctor_name, fields in ctors:
            ctor = Ctor(ctor_name, [make_var(i) for i in fields], [], [False] * len(fields))
            values[c.word(ctor_name)] = Name(CTOR, _new_ctor(c, info, ctor), -1, -1)
    return values, types


def _new_data(c: Checker, unique: str, shown: str, count: int, module: int, node: int) -> DataInfo:
    data = Data(len(c.program.datas), unique, count)
    c.program.datas.append(data)
    c.program.types.user_names.append(shown)
    info = DataInfo(data, module, node)
    info.type = c.program.types.make(H_USER + data.id, tuple([c.program.types.var(i) for i in range(count)]))
    c.data_infos.append(info)
    c.ctors.append([])
    return info


def _new_ctor(c: Checker, info: DataInfo, ctor: Ctor) -> CtorInfo:
    row = CtorInfo(info, len(info.data.ctors), ctor)
    info.data.ctors.append(ctor)
    c.ctors[info.data.id].append(row)
    return row


def unique_prefixes(c: Checker) -> list[str]:
    """Per module, its name, with a number when another module has the same."""
    used: dict[str, int] = {}
    prefixes = []
    # The root comes first: its names are the plain ones.
    modules = c.graph.modules
    order = [len(modules) - 1, *range(len(modules) - 1)]
    by_index = [""] * len(modules)
    for index in order:
        name = modules[index].name
        count = used[name] = used.get(name, 0) + 1
        by_index[index] = name if count == 1 else f"{name}.{count}"
    prefixes.extend(by_index)
    return prefixes


def declare_module(
    c: Checker, index: int, prefix: str, base: tuple[dict[int, Name], dict[int, DataInfo]]
) -> list[FnInfo]:
    """Enter all names of a module and read its signatures; gives its functions, constants and tests, in order."""
    module = c.graph.modules[index]
    names = ModuleNames()
    names.values = dict(base[0])
    names.types = dict(base[1])
    c.module_names[index] = names
    types = _enter_types(c, module, names, prefix)
    infos = [info for n in module.functions if (info := _enter_function(c, module, names, prefix, n)) is not None]
    consts = [info for n in module.consts if (info := _enter_const(c, module, names, prefix, n)) is not None]
    externs: list[FnInfo] = []
    if module.externs:
        from compiler.types import extern

        found = [extern.enter(c, module, names, prefix, n) for n in module.externs]
        externs = [info for info in found if info is not None]
    connect_imports(c, module, names)
    for data, ctor_nodes in types:
        _read_ctors(c, module, names, data, ctor_nodes)
    for fn in infos:
        _read_function(c, module, names, fn)
    for info in externs:
        extern.read(c, module, names, info)
    for const in consts:
        _read_const(c, module, names, const)
    tests = [info for k, n in enumerate(module.tests) if (info := _enter_test(c, module, f"{prefix}.test.{k + 1}", n))]
    return [*infos, *externs, *consts, *tests]


def _enter_types(c: Checker, module: Module, names: ModuleNames, prefix: str) -> list[tuple[DataInfo, list[int]]]:
    forms = module.forms
    found = []
    for node in module.types:
        kids = [k for k in forms.children(node)[1:] if not _is_note(c, module, k)]
        header = kids[0] if kids else -1
        parts = forms.children(header) if header >= 0 and forms.kind[header] == LIST else [header]
        if not kids or not parts or any(p < 0 or forms.kind[p] != SYMBOL for p in parts):
            c.report(say.DATA_SHAPE, module, header if header >= 0 else node, what="its name is missing")
            continue
        symbol = forms.data[parts[0]]
        name = c.names[symbol]
        if not name[:1].isupper() or "." in name:
            c.report(say.DATA_SHAPE, module, parts[0], what="its name begins upper-case")
            continue
        if name in BUILTIN_TYPES or symbol in names.own_types:
            notes: tuple[Note, ...] = ()
            if symbol in names.own_types:
                first = names.own_types[symbol].node
                notes = (Note(module.file, forms.start[first], forms.end[first], "first defined here"),)
            c.report(say.TYPE_TWICE, module, parts[0], notes, name=name)
            continue
        info = _new_data(c, f"{prefix}.{name}", name, len(parts) - 1, module.id, parts[0])
        for k, part in enumerate(parts[1:]):
            variable = forms.data[part]
            if not is_variable(c.names[variable]):
                c.report(say.DATA_SHAPE, module, part, what="its parameters begin lower-case")
            elif variable in info.variables:
                c.report(say.VARIABLE_TWICE, module, part, name=c.names[variable])
            info.variables[variable] = c.program.types.var(k)
        names.types[symbol] = names.own_types[symbol] = info
        if len(kids) == 1:
            c.report(say.DATA_SHAPE, module, node, what="it has no constructor")
        ctor_nodes = []
        for kid in kids[1:]:
            head = kid
            if forms.kind[kid] == LIST:
                head = forms.kids[forms.data[kid]] if forms.count[kid] else kid
            if forms.kind[head] != SYMBOL or not c.names[forms.data[head]][:1].isupper():
                c.report(say.DATA_SHAPE, module, head, what="a constructor is a name that begins upper-case")
                continue
            ctor_symbol = forms.data[head]
            ctor_name = c.names[ctor_symbol]
            if ctor_symbol in names.values:
                other = names.values[ctor_symbol]
                notes = ()
                if other.node >= 0:
                    notes = (Note(module.file, forms.start[other.node], forms.end[other.node], "first defined here"),)
                c.report(say.CTOR_TWICE, module, head, notes, name=ctor_name)
                continue
            row = _new_ctor(c, info, Ctor(ctor_name, [], [], []))
            entry = Name(CTOR, row, module.id, head)
            names.values[ctor_symbol] = names.own_values[ctor_symbol] = entry
            ctor_nodes.append(kid)
        found.append((info, ctor_nodes))
    return found


def _is_note(c: Checker, module: Module, node: int) -> bool:
    """Whether an element of a top-level form is a doc or cfg note."""
    forms = module.forms
    if forms.kind[node] != LIST or forms.count[node] != 2:
        return False
    head, second = forms.children(node)
    if forms.kind[head] != SYMBOL:
        return False
    word = c.names[forms.data[head]]
    return (word == "doc" and forms.kind[second] == TEXT) or (word == "cfg" and forms.kind[second] == LIST)


def _read_ctors(c: Checker, module: Module, names: ModuleNames, info: DataInfo, ctor_nodes: list[int]) -> None:
    forms = module.forms
    for row, node in zip(c.ctors[info.data.id], ctor_nodes, strict=True):
        ctor = row.ctor
        parts = forms.children(node)[1:]
        seen: set[int] = set()
        named = 0
        for part in parts:
            field = _field(c, module, part)
            where = part
            mutable = False
            if field is not None:
                named += 1
                symbol, where, mutable = field
                if symbol in seen:
                    c.report(say.FIELD_TWICE, module, part, name=c.names[symbol])
                seen.add(symbol)
                ctor.names.append(c.names[symbol])
                if len(c.ctors[info.data.id]) == 1:
                    info.fields[symbol] = len(ctor.fields)
            type_id = read_type(c, module, names, where, info.variables, "data")
            ctor.fields.append(type_id)
            ctor.mutable.append(mutable)
        if named not in (0, len(parts)):
            c.report(say.DATA_SHAPE, module, node, what="name all fields of a constructor, or none")
            ctor.names.clear()
            info.fields.clear()


def _field(c: Checker, module: Module, node: int) -> tuple[int, int, bool] | None:
    """(symbol, type form, mutable) of a named field, None for a plain type."""
    forms = module.forms
    if forms.kind[node] != LIST or not forms.count[node]:
        return None
    parts = forms.children(node)
    if any(forms.kind[p] != SYMBOL for p in parts[:-1]):
        return None
    words = [c.names[forms.data[p]] for p in parts[:-1]]
    if len(parts) == 3 and words[0] == "mut" and is_variable(words[1]):
        return forms.data[parts[1]], parts[2], True
    # `(alias.Type a)` begins lower-case too, and is a type without a name.
    if len(parts) == 2 and is_variable(words[0]) and "." not in words[0] and words[0] != "mut":
        return forms.data[parts[0]], parts[1], False
    return None


def new_function(c: Checker, module: Module, unique: str, label: str, node: int, name_node: int) -> FnInfo:
    function = Function(len(c.program.functions), unique, module.file)
    function.start = module.forms.start[node]
    function.end = module.forms.end[node]
    c.program.functions.append(function)
    info = FnInfo(function, label, module.id, node, name_node)
    c.infos.append(info)
    return info


def _enter_function(c: Checker, module: Module, names: ModuleNames, prefix: str, node: int) -> FnInfo | None:
    forms = module.forms
    kids = forms.children(node)
    if len(kids) < 2 or forms.kind[kids[1]] != SYMBOL:
        c.report(say.FN_SHAPE, module, kids[1] if len(kids) > 1 else node, what="its name is missing")
        return None
    symbol = forms.data[kids[1]]
    name = c.names[symbol]
    if symbol in c.special or name[:1].isupper() or "." in name or name in ("_", "true", "false", "unit"):
        c.report(say.RESERVED, module, kids[1], name=name, advice="names of functions begin lower-case")
        return None
    if symbol in names.own_values:
        return None  # the module loader has reported it
    info = new_function(c, module, f"{prefix}.{name}", name, node, kids[1])
    info.function.exported = module.exports is None or symbol in module.exports
    names.values[symbol] = names.own_values[symbol] = Name(FN, info, module.id, kids[1])
    return info


def _read_function(c: Checker, module: Module, names: ModuleNames, info: FnInfo) -> None:
    """Annotations, parameters and, where there is a ∷, the signature."""
    forms = module.forms
    rest = forms.children(info.node)[2:]
    params = -1
    at = 0
    seen: set[str] = set()
    while at < len(rest) and annotate(c, module, info, rest[at], seen):
        at += 1
    if at < len(rest) and forms.kind[rest[at]] == LIST:
        params = rest[at]
    if params < 0:
        where = rest[at] if at < len(rest) else info.name_node
        c.report(say.FN_SHAPE, module, where, what="its parameter list is missing")
        info.result = c.unifier.error
        info.params = ()
        info.declared = info.ready = True
        info.nullary = True
        info.body = []
        return
    info.body = [n for n in rest[at + 1 :] if not _is_cfg(c, module, n)]
    _read_params(c, module, info, params)
    _read_signature(c, module, names, info)


def _is_cfg(c: Checker, module: Module, node: int) -> bool:
    forms = module.forms
    if forms.kind[node] != LIST or forms.count[node] != 2:
        return False
    head = forms.kids[forms.data[node]]
    return forms.kind[head] == SYMBOL and c.names[forms.data[head]] == "cfg"


def annotate(c: Checker, module: Module, info: FnInfo, node: int, seen: set[str]) -> bool:
    """Take an annotation of ƒ; False when the form is none."""
    forms = module.forms
    parts = forms.children(node)
    if not parts or forms.kind[parts[0]] != SYMBOL:
        return False
    word = c.names[forms.data[parts[0]]]
    second = parts[1] if len(parts) > 1 else -1
    second_word = c.names[forms.data[second]] if second >= 0 and forms.kind[second] == SYMBOL else ""
    function = info.function
    if word == "::":
        info.annotation = node
    elif word == "cap" and len(parts) > 1:
        info.cap_node = node
        _read_caps(c, module, info, parts[1:])
    elif word == "doc" and second >= 0 and forms.kind[second] == TEXT:
        function.doc = forms.texts[forms.data[second]]
    elif word == "inline" and len(parts) == 2:
        if second_word not in ("always", "never"):
            c.report(say.FN_SHAPE, module, second, what="inline is always or never")
        function.inline = second_word
    elif word == "tail" and second_word == "required" and len(parts) == 2:
        function.tail_required = True
        info.tail_node = node
    else:
        return word == "cfg" and len(parts) == 2
    if word in seen:
        c.report(say.FN_SHAPE, module, node, what=f"it has two {word} annotations")
    seen.add(word)
    return True


def _read_caps(c: Checker, module: Module, info: FnInfo, parts: list[int]) -> None:
    forms = module.forms
    caps: set[str] = set()
    for part in parts:
        word = c.names[forms.data[part]] if forms.kind[part] == SYMBOL else ""
        if word not in CAPABILITIES:
            hint = meant(word, CAPABILITIES, "the capabilities are " + " ".join(CAPABILITIES))
            c.report(say.UNBOUND_CAPABILITY, module, part, name=word or "this", advice=hint)
            caps.update(CAPABILITIES)  # what was meant is not known: accept all
        elif word == "pure" and len(parts) > 1:
            c.report(say.PURE_BESIDE, module, part)
        elif word != "pure":
            caps.add(word)
    info.caps = frozenset(caps)


def _read_params(c: Checker, module: Module, info: FnInfo, params: int) -> None:
    forms = module.forms
    nodes = forms.children(params)
    if not nodes:
        c.report(say.FN_SHAPE, module, params, what="a function of no parameters takes (_)")
    told = False
    for node in nodes:
        if forms.kind[node] != SYMBOL:
            if not told:  # whoever writes one so writes all so
                c.report(say.FN_SHAPE, module, node, what="a parameter is a name; types stand in the ∷")
            told = True
            inner = forms.children(node)
            info.param_nodes.append(inner[0] if inner and forms.kind[inner[0]] == SYMBOL else -1)
            continue
        if c.names[forms.data[node]] == "mut" and node != nodes[-1]:
            what = "a parameter cannot change; begin its body with (≔ ((mut x x)) …)"
            c.report(say.FN_SHAPE, module, node, what=what)
            continue
        info.param_nodes.append(node)
    if len(nodes) <= 1 and (not nodes or (forms.kind[nodes[0]] == SYMBOL and c.names[forms.data[nodes[0]]] == "_")):
        info.nullary = True


def _read_signature(c: Checker, module: Module, names: ModuleNames, info: FnInfo) -> None:
    forms = module.forms
    u = c.unifier
    count = len(info.param_nodes)
    if info.annotation < 0:
        info.params = () if info.nullary else tuple([u.fresh() for _ in range(count)])
        info.result = u.fresh()
        return
    info.declared = info.ready = True
    parts = forms.children(info.annotation)
    arrow = parts[1] if len(parts) == 2 else -1
    inner = forms.children(arrow) if arrow >= 0 and forms.kind[arrow] == LIST else []
    is_arrow = bool(inner) and forms.kind[inner[0]] == SYMBOL and c.names[forms.data[inner[0]]] == "->"
    if not is_arrow or len(inner) < 3:
        c.report(say.TYPE_SHAPE, module, arrow if arrow >= 0 else info.annotation)
        info.params = () if info.nullary else tuple([u.error] * count)
        info.result = u.error
        return
    types = [read_type(c, module, names, n, info.variables, "signature") for n in inner[1:]]
    params = types[:-1]
    info.result = types[-1]
    info.vars = len(info.variables)
    info.needs = [0] * info.vars
    if info.nullary:
        if params == [UNIT] or params == [u.error]:
            info.params = ()
            return
        if len(params) == 1 and info.param_nodes:
            info.nullary = False  # one parameter that is not looked at
    if len(params) != (0 if info.nullary else count):
        c.report(
            say_type.PARAM_COUNT,
            module,
            info.annotation,
            name=info.label,
            wanted=_count(len(params), "parameter"),
            given=str(count),
        )
        params = (params + [u.error] * count)[:count] if not info.nullary else []
    info.params = tuple(params)


def _count(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def _enter_const(c: Checker, module: Module, names: ModuleNames, prefix: str, node: int) -> FnInfo | None:
    forms = module.forms
    kids = [k for k in forms.children(node) if not _is_note(c, module, k)]
    if len(kids) != 4 or forms.kind[kids[1]] != SYMBOL:
        c.report(say.FORM_SHAPE, module, node, name="const", shape="(const name Type e)")
        if len(kids) < 2 or forms.kind[kids[1]] != SYMBOL:
            return None
    symbol = forms.data[kids[1]]
    name = c.names[symbol]
    if symbol in c.special or name[:1].isupper() or "." in name or name in ("_", "true", "false", "unit"):
        c.report(say.RESERVED, module, kids[1], name=name, advice="names of constants begin lower-case")
        return None
    if symbol in names.own_values:
        return None
    info = new_function(c, module, f"{prefix}.{name}", name, node, kids[1])
    info.nullary = info.declared = info.ready = True
    info.body = kids[2:4] if len(kids) == 4 else []
    info.function.exported = module.exports is None or symbol in module.exports
    names.values[symbol] = names.own_values[symbol] = Name(CONST, len(c.consts), module.id, kids[1])
    c.consts.append(info)
    c.program.consts.append(Const(f"{prefix}.{name}", 0, info.function.id))
    return info


def _read_const(c: Checker, module: Module, names: ModuleNames, info: FnInfo) -> None:
    if not info.body:
        info.result = c.unifier.error
        return
    type_node = info.body[0]
    info.body = info.body[1:]
    variables: dict[int, int] = {}
    found = read_type(c, module, names, type_node, variables, "signature")
    if variables:
        c.report(say_type.CONST_VARIABLE, module, type_node, found=c.unifier.show(found))
        found = c.unifier.error
    info.result = found
    entry = names.own_values[module.forms.data[info.name_node]]
    assert isinstance(entry.target, int)
    c.program.consts[entry.target].type = max(found, 0)


def _enter_test(c: Checker, module: Module, unique: str, node: int) -> FnInfo | None:
    forms = module.forms
    kids = [k for k in forms.children(node) if not _is_note(c, module, k)]
    if len(kids) < 3 or forms.kind[kids[1]] != TEXT:
        c.report(say.FORM_SHAPE, module, node, name="test", shape='(test "title" body…), with a Bool at the end')
        return None
    title = forms.texts[forms.data[kids[1]]]
    info = new_function(c, module, unique, f'test "{title}"', node, kids[1])
    info.nullary = info.declared = info.ready = True
    info.result = BOOL
    info.body = kids[2:]
    c.program.tests.append(Test(title, info.function.id))
    return info
