"""Inference of expressions: atoms, names and calls; `special.py` has the forms with words of their own.

`expr(f, n, expected)` gives the HIR node of form n.  What the surroundings expect flows down, so a mistake is
reported at the smallest form that does not fit; after a report the error type goes on, and fits everything.
Nodes get their types at once, open ones are closed when the recursion group is done (`solve.py`).
"""

from __future__ import annotations

from compiler.diagnostics import Note
from compiler.hir.ops import CODE
from compiler.messages import names as say
from compiler.messages import type as say_type
from compiler.messages.elsewhere import FORMS as FOREIGN_FORMS
from compiler.syntax.forms import FLOAT, INT, LIST, SYMBOL
from compiler.types.core import BOOL, BYTES, F64, H_ARRAY, H_FN, H_META, I64, INNER, TEXT, UNIT
from compiler.types.mismatch import advice_of, mismatch
from compiler.types.scope import VARIADIC_FORMS, find_value
from compiler.types.state import ABSENT, BUILTIN, CONST, CTOR, FN, BuiltinInfo, CtorInfo, FnInfo, Frame, Name, Use
from compiler.types.typeform import builtin_info
from compiler.types.unify import H_ERROR, NO_TYPE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.builtins import Builtin

OP_I64, OP_F64, OP_BOOL, OP_TEXT, OP_UNIT = CODE["i64"], CODE["f64"], CODE["bool"], CODE["text"], CODE["unit"]
OP_LOCAL_INST = CODE["local-inst"]
OP_LOCAL, OP_CONST, OP_FN, OP_BUILTIN_FN, OP_CTOR_FN = (
    CODE["local"],
    CODE["const"],
    CODE["fn"],
    CODE["builtin-fn"],
    CODE["ctor-fn"],
)
OP_CALL, OP_APPLY, OP_BUILTIN, OP_MAKE, OP_DO = CODE["call"], CODE["apply"], CODE["builtin"], CODE["make"], CODE["do"]
OP_LIST, OP_ARRAY_OF, OP_LET = CODE["list"], CODE["array-of"], CODE["let"]
ARITHMETIC = frozenset(("+", "-", "*", "/"))  # no function values, so they never stand among the arguments
FREE_CAPABILITIES = ("pure", "panic")
STORING = ("array-set!", "byte-set!")  # builtins that store into their first operand


def expr(f: Frame, n: int, expected: int) -> int:
    """The HIR node of an expression whose type is `expected` (NO_TYPE: any)."""
    kind = f.kind[n]
    if kind == LIST:
        if not f.count[n]:
            f.report(say.EMPTY_FORM, n)
            return hole(f, n)
        first = f.kids[f.data[n]]
        if f.kind[first] == SYMBOL:
            symbol = f.data[first]
            if symbol not in f.env:
                handler = f.special.get(symbol)
                if handler is not None:
                    return handler(f, n, expected)
                name = f.names.values.get(symbol) or find_value(f.c, f.module, f.names, symbol, first)
                if name is None:
                    if f.c.names[symbol] in FOREIGN_FORMS:
                        return hole(f, n)  # its operands follow the rules of another language
                    advice_of().dotted(f, first)
                if name is None or name.kind == ABSENT:
                    return skip_call(f, n)
                return call_name(f, n, name, expected)
        return apply_value(f, n, first, expected)
    if kind == SYMBOL:
        local = f.env.get(f.data[n])
        if local is None:
            return symbol_value(f, n, expected)
        row = f.locals[local]
        if row.generic >= 0:
            node = use_generic(f, local, n)
            return fit(f, node, n, f.body.type[node], expected)
        if f.captures:
            note_capture(f, local)
        found = row.type
        node = f.body.leaf(OP_LOCAL, found, f.start[n], f.end[n], local)
        if found == expected or expected == NO_TYPE:
            return node
        return fit(f, node, n, found, expected)
    if kind == INT:
        node = f.body.leaf(OP_I64, I64, f.start[n], f.end[n], f.data[n])
        if expected == I64:
            return node
        return fit(f, node, n, I64, expected)
    if kind == FLOAT:
        return fit(f, f.emit(OP_F64, F64, n, [], f.data[n]), n, F64, expected)
    return fit(
        f,
        f.emit(OP_TEXT, TEXT, n, [], f.c.program.text(f.module.forms.texts[f.data[n]])),
        n,
        TEXT,
        expected,
    )


def fit(f: Frame, node: int, n: int, found: int, expected: int) -> int:
    """The node, after making its type the expected one or saying that it is not."""
    if expected != found and expected != NO_TYPE and not f.u.unify(expected, found):
        mismatch(f, n, expected, found)
        f.body.type[node] = f.u.error
    return node


def hole(f: Frame, n: int) -> int:
    """What stands for a form that was reported."""
    return f.emit(OP_UNIT, f.u.error, n, [])


def skip_call(f: Frame, n: int) -> int:
    """A call whose head is not known: its arguments are still checked on their own."""
    for arg in f.children(n)[1:]:
        expr(f, arg, NO_TYPE)
    return hole(f, n)


def sequence(f: Frame, nodes: list[int], n: int, expected: int) -> int:
    """A body: forms in order, the last is the value; empty is unit at the place of n."""
    if not nodes:
        return fit(f, f.emit(OP_UNIT, UNIT, n, []), n, UNIT, expected)
    if len(nodes) == 1:
        return expr(f, nodes[0], expected)
    kids = []
    for node in nodes[:-1]:
        kids.append(expr(f, node, NO_TYPE))
    last = expr(f, nodes[-1], expected)
    kids.append(last)
    return f.body.add(OP_DO, f.body.type[last], f.start[nodes[0]], f.end[nodes[-1]], kids)


# --- names -------------------------------------------------------------------------------------


def use_generic(f: Frame, local: int, n: int) -> int:
    """A generalized λ at new type arguments; λs around capture what it captures."""
    u = f.u
    row = f.lambdas[f.locals[local].generic]
    for captured in row.captures:
        note_capture(f, captured)
    actuals = [u.fresh(bool(f.inner_needs[row.first + k] & 1)) for k in range(row.vars)]
    t = u.replace(f.locals[local].type, {INNER + row.first + k: actual for k, actual in enumerate(actuals)})
    node = f.emit(OP_LOCAL_INST, t, n, [])
    f.insts.append((node, "local", local, tuple(actuals)))
    return node


def note_capture(f: Frame, local: int) -> None:
    """Let the lambdas around the place at hand capture the local, where it is not their own."""
    level = f.levels[local]
    if level < len(f.captures):
        for captured in f.captures[level:]:
            captured[local] = None
        if f.locals[local].mutable:
            f.locals[local].cell = True


def symbol_value(f: Frame, n: int, expected: int) -> int:
    """What a name means that is no local."""
    symbol = f.data[n]
    text = f.c.names[symbol]
    if text in ("true", "false"):
        return fit(f, f.emit(OP_BOOL, BOOL, n, [], int(text == "true")), n, BOOL, expected)
    if text == "unit":
        return fit(f, f.emit(OP_UNIT, UNIT, n, []), n, UNIT, expected)
    if symbol in f.special:
        f.report(say_type.VARIADIC_VALUE, n, name=text)
        return hole(f, n)
    name = f.names.values.get(symbol) or find_value(f.c, f.module, f.names, symbol, n)
    if name is None or name.kind == ABSENT:
        if name is None:
            advice_of().dotted(f, n)
        return hole(f, n)
    target = name.target
    if name.kind == FN:
        assert isinstance(target, FnInfo)
        use_function(f, target, n, -1)
        return function_value(f, n, target, expected)
    if name.kind == CONST:
        assert isinstance(target, int)
        found = f.c.consts[target].result
        f.reads.append(target)
        return fit(f, f.emit(OP_CONST, found, n, [], target), n, found, expected)
    if name.kind == CTOR:
        assert isinstance(target, CtorInfo)
        return ctor_value(f, n, target, expected)
    return builtin_value(f, n, target, expected)  # type: ignore[arg-type]


def instance(f: Frame, node: int, what: str, target: object, actuals: tuple[int, ...] | None) -> None:
    """Make the node an instance, at once when its type arguments are known."""
    if actuals is not None and (not actuals or min(actuals) >= 0):
        f.body.imm[node] = f.c.program.inst(what, target, actuals)
    else:
        f.insts.append((node, what, target, actuals))


def fresh_actuals(f: Frame, count: int, needs: list[int]) -> tuple[int, ...]:
    """New unknowns for the type variables of something generic."""
    if not count:
        return ()
    fresh = f.u.fresh
    return tuple([fresh(bool(need & 1)) for need in needs])


def function_value(f: Frame, n: int, info: FnInfo, expected: int) -> int:
    u = f.u
    actuals = fresh_actuals(f, info.vars, info.needs) if info.ready else None
    found = u.fn(info.params, info.result)
    if actuals:
        found = _instantiate_open(f, info, actuals)
    node = f.emit(OP_FN, found, n, [])
    instance(f, node, "fn", info.function.id, actuals)
    return fit(f, node, n, found, expected)


def _instantiate_open(f: Frame, info: FnInfo, actuals: tuple[int, ...]) -> int:
    u = f.u
    params = tuple([u.instantiate(p, actuals) for p in info.params])
    return u.fn(params, u.instantiate(info.result, actuals))


def ctor_value(f: Frame, n: int, info: CtorInfo, expected: int) -> int:
    u = f.u
    data = info.data
    actuals = fresh_actuals(f, data.data.vars, [0] * data.data.vars)
    result = u.instantiate(data.type, actuals)
    target = (data.data.id, info.index)
    if not info.ctor.fields:
        node = f.emit(OP_MAKE, result, n, [])
        instance(f, node, "ctor", target, actuals)
        return fit(f, node, n, result, expected)
    found = u.fn(tuple([u.instantiate(t, actuals) for t in info.ctor.fields]), result)
    node = f.emit(OP_CTOR_FN, found, n, [])
    instance(f, node, "ctor", target, actuals)
    return fit(f, node, n, found, expected)


def builtin_value(f: Frame, n: int, row: Builtin, expected: int) -> int:
    u = f.u
    if row.variadic:
        f.report(say_type.VARIADIC_VALUE, n, name=row.name)
        return hole(f, n)
    info = builtin_info(f.c, row)
    actuals = fresh_actuals(f, len(info.needs), info.needs)
    found = u.fn(tuple([u.instantiate(t, actuals) for t in info.params]), u.instantiate(info.result, actuals))
    node = f.emit(OP_BUILTIN_FN, found, n, [])
    instance(f, node, "builtin", row.id, actuals)
    use_builtin(f, row, n)
    if row.name in STORING:
        f.stores.append((-1, n, row.name))
    return fit(f, node, n, found, expected)


def use_builtin(f: Frame, row: Builtin, n: int) -> None:
    if row.capability not in FREE_CAPABILITIES:
        f.uses.append((Use(row.name, row.capability, -1, f.start[n], f.end[n]), -1))


def use_function(f: Frame, info: FnInfo, n: int, node: int) -> None:
    f.uses.append((Use(info.label, "", info.function.id, f.start[n], f.end[n]), node))


# --- calls -------------------------------------------------------------------------------------


def call_name(f: Frame, n: int, name: Name, expected: int) -> int:
    """A call of a function, constructor, builtin or function-valued constant."""
    target = name.target
    if name.kind == FN:
        assert isinstance(target, FnInfo)
        return call_function(f, n, target, expected)
    if name.kind == BUILTIN:
        return call_builtin(f, n, target, expected)  # type: ignore[arg-type]
    if name.kind == CTOR:
        assert isinstance(target, CtorInfo)
        return call_ctor(f, n, target, expected)
    return apply_value(f, n, f.kids[f.data[n]], expected)


def count(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def result_fits(f: Frame, n: int, result: int, expected: int) -> int:
    """The type of a call: its result when it fits what is expected; else reported, and the error type."""
    if expected != result and expected != NO_TYPE and not f.u.unify(expected, result):
        mismatch(f, n, expected, result)
        return f.u.error
    return result


def call_function(f: Frame, n: int, info: FnInfo, expected: int) -> int:
    u = f.u
    args = f.children(n)[1:]
    params = info.params
    extra = -1
    if info.nullary and len(args) == 1:
        extra = expr(f, args[0], UNIT)  # (f unit) is (f)
        args = []
    if len(args) != len(params) and not (not args and len(params) == 1 and u.find(params[0]) == UNIT):
        other = f.c.graph.modules[info.module]
        note = Note(other.file, other.forms.start[info.name_node], other.forms.end[info.name_node], "defined here")
        f.report(
            say_type.ARITY,
            n,
            (note,),
            name=info.label,
            wanted=count(len(params), "argument") if params else "no arguments",
            given=str(len(args)),
            type=u.show(u.fn(params, info.result)),
        )
        return skip_call(f, n)
    actuals: tuple[int, ...] | None = None
    result = info.result
    if info.ready:
        actuals = fresh_actuals(f, info.vars, info.needs)
        if actuals:
            params = tuple([u.instantiate(p, actuals) for p in params])
            result = u.instantiate(result, actuals)
    result = result_fits(f, n, result, expected)
    kids = []
    for arg, param in zip(args, params):
        kids.append(expr(f, arg, param))
    if not args and params:
        kids.append(f.emit(OP_UNIT, UNIT, n, []))
    node = f.emit(OP_CALL, result, n, kids)
    instance(f, node, "fn", info.function.id, actuals)
    use_function(f, info, n, node)
    if extra >= 0 and f.body.op[extra] != OP_UNIT:
        node = f.emit(OP_DO, result, n, [extra, node])
    return node


def call_ctor(f: Frame, n: int, info: CtorInfo, expected: int) -> int:
    u = f.u
    args = f.children(n)[1:]
    fields = info.ctor.fields
    if len(args) != len(fields) or not fields:
        name = info.ctor.name
        if not fields:
            hint = f"write {name} without parentheses"
        else:
            shown = [
                f"({x} {u.show(t)})" if x else u.show(t)
                for x, t in zip(info.ctor.names or [""] * len(fields), fields, strict=True)
            ]
            hint = f"its fields are {' '.join(shown)}"
        wanted = count(len(fields), "field") if fields else "no fields"
        f.report(say_type.CTOR_ARITY, n, name=name, wanted=wanted, given=str(len(args)), advice=hint)
        return skip_call(f, n)
    data = info.data
    actuals = fresh_actuals(f, data.data.vars, [0] * data.data.vars)
    result = result_fits(f, n, u.instantiate(data.type, actuals), expected)
    kids = []
    before = len(f.c.sink.items)
    for arg, field in zip(args, fields):
        kids.append(expr(f, arg, u.instantiate(field, actuals)))
    if len(f.c.sink.items) > before and info.ctor.names:
        advice_of().named_fields(f, args, info, before)
    node = f.emit(OP_MAKE, result, n, kids)
    instance(f, node, "ctor", (data.data.id, info.index), actuals)
    return node


def call_builtin(f: Frame, n: int, row: Builtin, expected: int) -> int:
    u = f.u
    args = f.children(n)[1:]
    info = builtin_info(f.c, row)
    if row.variadic:
        if len(args) == 1 and row.name == "-":
            from compiler.builtins import BY_NAME

            row = BY_NAME["neg"]
            info = builtin_info(f.c, row)
        elif len(args) < 2:
            hint = ", or one to negate it" if row.name == "-" else ""
            f.report(say_type.OPERANDS, n, name=row.name, given=str(len(args)), advice=hint)
            return skip_call(f, n)
    else:
        params = info.params
        wanted = len(params)
        if not params and len(args) == 1:
            extra = expr(f, args[0], UNIT)
            result = result_fits(f, n, info.result, expected)
            node = f.emit(OP_BUILTIN, result, n, [])
            instance(f, node, "builtin", row.id, ())
            use_builtin(f, row, n)
            return node if f.body.op[extra] == OP_UNIT else f.emit(OP_DO, result, n, [extra, node])
        if len(args) != wanted:
            shown = count(wanted, "argument") if wanted else "no arguments"
            given = str(len(args))
            f.report(say_type.ARITY, n, name=row.name, wanted=shown, given=given, type=row.type.replace("->", "→"))
            return skip_call(f, n)
    if info.uniform and args:
        return _uniform_call(f, n, row, info, args, expected)
    actuals = fresh_actuals(f, len(info.needs), info.needs)
    kids = []
    params = info.params
    if row.variadic:
        params = params[:1] * len(args)
    if not actuals:
        result = result_fits(f, n, info.result, expected)
        for arg, param in zip(args, params):
            kids.append(expr(f, arg, param))
    else:
        result = result_fits(f, n, u.instantiate(info.result, actuals), expected)
        for arg, param in zip(args, params):
            kids.append(expr(f, arg, u.instantiate(param, actuals)))
    node = f.emit(OP_BUILTIN, result, n, kids)
    instance(f, node, "builtin", row.id, actuals)
    use_builtin(f, row, n)
    if row.name in STORING:
        f.stores.append((kids[0], n, row.name))
    return node


def _uniform_call(f: Frame, n: int, row: Builtin, info: BuiltinInfo, args: list[int], expected: int) -> int:
    """Operators whose operands all have one type: the first operand tells it to the others."""
    u = f.u
    numeric = bool(info.needs) and info.needs[0] & 1
    gives_operand = info.result != BOOL and bool(info.needs) and info.result == info.params[0]
    first = expr(f, args[0], NO_TYPE)
    t = f.body.type[first]
    if numeric and not u.be_numeric(t):
        shown = u.show(t)
        hint = advice_of().numeric(shown, row.name)
        f.report(say_type.NOT_NUMERIC, args[0], name=row.name, found=shown, advice=hint)
        t = u.error
    kids = [first]
    for arg in args[1:]:
        kids.append(expr(f, arg, t))
    t = u.find(t)
    result = t if gives_operand else info.result
    result = result_fits(f, n, result, expected)
    actuals = (t,)
    node = -1
    if row.variadic and row.name != "text-cat" and len(kids) > 2:
        node = kids[0]
        for kid, arg in zip(kids[1:], args[1:]):
            node = f.body.add(OP_BUILTIN, result, f.start[n], f.end[arg] if arg != args[-1] else f.end[n], [node, kid])
            instance(f, node, "builtin", row.id, actuals)
        return node
    node = f.emit(OP_BUILTIN, result, n, kids)
    instance(f, node, "builtin", row.id, actuals)
    use_builtin(f, row, n)
    return node


def apply_value(f: Frame, n: int, head: int, expected: int) -> int:
    """A call of whatever the head's value is."""
    u = f.u
    args = f.children(n)[1:]
    function = expr(f, head, NO_TYPE)
    found = f.body.type[function]
    kind, parts = u.shape(found)
    if kind == H_ERROR:
        return skip_call(f, n)
    if kind != H_FN and len(args) == 2 and f.kind[args[0]] == SYMBOL:
        hint = advice_of().infix(f, n)
        if hint and (kind != H_META or f.c.names[f.data[args[0]]] in ARITHMETIC):
            f.report(say_type.INFIX, args[0], name=f.c.names[f.data[args[0]]], advice=hint)
            expr(f, args[1], NO_TYPE)
            return hole(f, n)
    if kind == H_META:
        params = tuple([u.fresh() for _ in args])
        result = u.fresh()
        if not u.unify(found, u.fn(params, result)):  # what arithmetic has constrained
            f.report(say_type.NOT_A_FUNCTION, head, found="a number")
            return skip_call(f, n)
        parts = (*(params or (UNIT,)), result)
    elif kind != H_FN:
        f.report(say_type.NOT_A_FUNCTION, head, found=u.show(found))
        return skip_call(f, n)
    params, result = parts[:-1], parts[-1]
    unit_only = not args and len(params) == 1 and u.unify(params[0], UNIT)
    if len(args) != len(params) and not unit_only:
        f.report(
            say_type.ARITY,
            n,
            name=f.source(head),
            wanted=count(len(params), "argument"),
            given=str(len(args)),
            type=u.show(found),
        )
        return skip_call(f, n)
    result = result_fits(f, n, result, expected)
    kids = [function]
    for arg, param in zip(args, params):
        kids.append(expr(f, arg, param))
    if not args:
        kids.append(f.emit(OP_UNIT, UNIT, n, []))
    return f.emit(OP_APPLY, result, n, kids)


def list_form(f: Frame, n: int, expected: int) -> int:
    """`(list a b)` and `(array-of a b)`."""
    from compiler.types.core import H_LIST

    u = f.u
    args = f.children(n)[1:]
    is_list = f.c.names[f.data[f.kids[f.data[n]]]] == VARIADIC_FORMS[0]
    wrapper = H_LIST if is_list else H_ARRAY
    element = NO_TYPE
    whole = NO_TYPE
    if expected != NO_TYPE:
        kind, parts = u.shape(expected)
        if kind == wrapper:
            element = parts[0]
            whole = expected
    kids = []
    for arg in args:
        kids.append(expr(f, arg, element))
        if element == NO_TYPE:
            element = f.body.type[kids[0]]
    if whole == NO_TYPE:
        whole = result_fits(f, n, u.make(wrapper, (element if element != NO_TYPE else u.fresh(),)), expected)
    return f.emit(OP_LIST if is_list else OP_ARRAY_OF, whole, n, kids)


def bytes_form(f: Frame, n: int, expected: int) -> int:
    """`(bytes-of a b)` is what it stands for: new zeros in a local of its own, then a `byte-set!` of each operand.

    Operands are evaluated in order, and none can see the local.
    """
    from compiler.builtins import BY_NAME

    args = f.children(n)[1:]
    result = result_fits(f, n, BYTES, expected)
    local = f.local("_", BYTES, False)

    def builtin(name: str, t: int, kids: list[int]) -> int:
        node = f.emit(OP_BUILTIN, t, n, kids)
        instance(f, node, "builtin", BY_NAME[name].id, ())
        return node

    length = f.emit(OP_I64, I64, n, [], len(args))
    zeros = builtin("bytes", BYTES, [length])
    steps = []
    for k, arg in enumerate(args):
        target = f.emit(OP_LOCAL, BYTES, n, [], local)
        at = f.emit(OP_I64, I64, n, [], k)
        steps.append(builtin("byte-set!", UNIT, [target, at, expr(f, arg, I64)]))
    steps.append(f.emit(OP_LOCAL, BYTES, n, [], local))
    body = f.body.add(OP_DO, BYTES, f.start[n], f.end[n], steps) if len(steps) > 1 else steps[0]
    return f.emit(OP_LET, result, n, [zeros, body], local)
