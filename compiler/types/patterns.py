"""Inference of patterns: each gives a HIR pattern node and binds its names in the frame.

Lists are chains of p-cons, so the levels below know two list patterns only.  Whether the arms of a
match cover everything is asked later (`exhaust.py`), when all types are known.
"""

from __future__ import annotations

from compiler.hir.ops import CODE
from compiler.messages import names as say
from compiler.messages import type as say_type
from compiler.syntax.forms import FLOAT, INT, LIST, SYMBOL
from compiler.types.core import BOOL, F64, H_LIST, I64, TEXT, UNIT
from compiler.types.expr import count, fit, fresh_actuals, instance
from compiler.types.mismatch import mismatch
from compiler.types.scope import VARIADIC_FORMS, find_value
from compiler.types.state import CTOR, CtorInfo, Frame

P_ANY, P_BIND, P_I64, P_F64, P_BOOL, P_TEXT = (
    CODE["p-any"],
    CODE["p-bind"],
    CODE["p-i64"],
    CODE["p-f64"],
    CODE["p-bool"],
    CODE["p-text"],
)
P_UNIT, P_CTOR, P_NIL, P_CONS, P_OR = CODE["p-unit"], CODE["p-ctor"], CODE["p-nil"], CODE["p-cons"], CODE["p-or"]


class Bindings:
    """The names that one pattern binds; alternatives of an or-pattern share the first one's locals."""

    __slots__ = ("locals", "shared")

    def __init__(self, shared: dict[int, int]) -> None:
        self.locals: dict[int, int] = {}
        self.shared = shared


def pattern(f: Frame, n: int, t: int, bound: Bindings) -> int:
    """The HIR pattern of form n against values of type t."""
    kind = f.kind[n]
    if kind == INT:
        return fit(f, f.emit(P_I64, I64, n, [], f.data[n]), n, I64, t)
    if kind == SYMBOL:
        return _symbol(f, n, t, bound)
    if kind == LIST:
        return _compound(f, n, t, bound)
    if kind == FLOAT:
        return fit(f, f.emit(P_F64, F64, n, [], f.data[n]), n, F64, t)
    text = f.c.program.text(f.module.forms.texts[f.data[n]])
    return fit(f, f.emit(P_TEXT, TEXT, n, [], text), n, TEXT, t)


def _symbol(f: Frame, n: int, t: int, bound: Bindings) -> int:
    symbol = f.data[n]
    text = f.c.names[symbol]
    if text == "_":
        return f.emit(P_ANY, t, n, [])
    if text in ("true", "false"):
        return fit(f, f.emit(P_BOOL, BOOL, n, [], int(text == "true")), n, BOOL, t)
    if text == "unit":
        return fit(f, f.emit(P_UNIT, UNIT, n, []), n, UNIT, t)
    if is_ctor_name(text):
        return _ctor(f, n, n, [], t, bound, False)
    if (symbol in f.special and text not in VARIADIC_FORMS) or "." in text:
        f.report(say.RESERVED, n, name=text, advice="choose another name")
        return f.emit(P_ANY, t, n, [])
    if symbol in bound.locals:
        f.report(say.PATTERN_TWICE, n, name=text)
        return f.emit(P_ANY, t, n, [])
    shared = bound.shared.get(symbol)
    if shared is not None:
        bound.locals[symbol] = shared
        before = f.locals[shared].type
        if not f.u.unify(before, t):
            mismatch(f, n, before, t)
        return f.emit(P_BIND, t, n, [], shared)
    local = f.local(text, t, False)
    bound.locals[symbol] = local
    return f.emit(P_BIND, t, n, [], local)


def is_ctor_name(text: str) -> bool:
    """Whether a name is a constructor's: its last part begins upper-case."""
    return text.rpartition(".")[2][:1].isupper()


def _compound(f: Frame, n: int, t: int, bound: Bindings) -> int:
    kids = f.children(n)
    if not kids or f.kind[kids[0]] != SYMBOL:
        f.report(say.PATTERN_SHAPE, n)
        return f.emit(P_ANY, t, n, [])
    text = f.c.names[f.data[kids[0]]]
    if is_ctor_name(text):
        return _ctor(f, n, kids[0], kids[1:], t, bound, True)
    if text == "or" and len(kids) > 2:
        return _alternatives(f, n, kids[1:], t, bound)
    if text == "list" or (text == "cons" and len(kids) == 3):
        u = f.u
        head, parts = u.shape(t)
        if head == H_LIST:
            element = parts[0]
        else:
            element = u.fresh()
            found = u.make(H_LIST, (element,))
            if not u.unify(t, found):
                mismatch(f, n, t, found)
                t = u.error
        if text == "cons":
            first = pattern(f, kids[1], element, bound)
            rest = pattern(f, kids[2], t, bound)
            return f.emit(P_CONS, t, n, [first, rest])
        elements = []
        for kid in kids[1:]:
            elements.append(pattern(f, kid, element, bound))
        node = f.emit(P_NIL, t, n, [])
        for one in reversed(elements):
            node = f.emit(P_CONS, t, n, [one, node])
        return node
    f.report(say.PATTERN_SHAPE, n)
    for kid in kids[1:]:
        pattern(f, kid, f.u.error, bound)  # its names still count as bound: no messages about their uses
    return f.emit(P_ANY, t, n, [])


def _ctor(f: Frame, n: int, head: int, args: list[int], t: int, bound: Bindings, parens: bool) -> int:
    u = f.u
    symbol = f.data[head]
    name = f.names.values.get(symbol) or find_value(f.c, f.module, f.names, symbol, head)
    info = name.target if name is not None and name.kind == CTOR else None
    if not isinstance(info, CtorInfo):
        for arg in args:
            pattern(f, arg, u.error, bound)
        return f.emit(P_ANY, t, n, [])
    fields = info.ctor.fields
    if len(args) != len(fields) or (parens and not fields):
        if not fields:
            hint = f"write {info.ctor.name} without parentheses"
        else:
            hint = f"write ({' '.join([info.ctor.name, *(info.ctor.names or ['_'] * len(fields))])})"
        wanted = count(len(fields), "field") if fields else "no fields"
        f.report(say_type.CTOR_ARITY, n, name=info.ctor.name, wanted=wanted, given=str(len(args)), advice=hint)
        for arg in args:
            pattern(f, arg, u.error, bound)
        return f.emit(P_ANY, t, n, [])
    data = info.data
    actuals = fresh_actuals(f, data.data.vars, [0] * data.data.vars)
    found = u.instantiate(data.type, actuals)
    if not u.unify(t, found):
        mismatch(f, head if parens else n, t, found)
        for arg in args:
            pattern(f, arg, u.error, bound)
        return f.emit(P_ANY, u.error, n, [])
    kids = []
    for arg, field in zip(args, fields):
        kids.append(pattern(f, arg, u.instantiate(field, actuals), bound))
    node = f.emit(P_CTOR, found, n, kids)
    instance(f, node, "ctor", (data.data.id, info.index), actuals)
    return node


def _alternatives(f: Frame, n: int, nodes: list[int], t: int, bound: Bindings) -> int:
    kids = []
    first: dict[int, int] = {}
    for k, node in enumerate(nodes):
        inner = Bindings({**bound.shared, **first})
        kids.append(pattern(f, node, t, inner))
        if k == 0:
            first = inner.locals
        elif inner.locals.keys() != first.keys():
            names = sorted([f.c.names[s] for s in inner.locals.keys() ^ first.keys()])
            f.report(say.OR_NAMES, node, names=", ".join(names))
    for symbol, local in first.items():
        if symbol in bound.locals:
            f.report(say.PATTERN_TWICE, n, name=f.c.names[symbol])
        bound.locals[symbol] = local
    return f.emit(P_OR, t, n, kids)
