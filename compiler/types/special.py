"""Inference of the forms that have words of their own: binding, branching, loops, records, lambdas.

`SPECIAL` is the table: one row a word.  To add a form, write its function here and add the row.
"""

from __future__ import annotations

from compiler.hir.ops import CODE
from compiler.hir.program import Lambda
from compiler.messages import backend
from compiler.messages import names as say
from compiler.messages import type as say_type
from compiler.syntax.forms import LIST, SYMBOL
from compiler.types.core import ANY, BOOL, H_FN, I64, INNER, MAX_VARIABLES, UNIT
from compiler.types.expr import bytes_form, expr, fit, hole, list_form, note_capture, sequence, skip_call
from compiler.types.mismatch import advice_of
from compiler.types.patterns import Bindings, pattern
from compiler.types.records import look_up, write_index
from compiler.types.scope import VARIADIC_FORMS, find_value
from compiler.types.state import NUMERIC, Deferred, Frame
from compiler.types.typeform import read_type
from compiler.types.unify import NO_TYPE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

OP_LET, OP_IF, OP_AND, OP_OR, OP_WHILE, OP_FOR, OP_SET = (
    CODE["let"],
    CODE["if"],
    CODE["and"],
    CODE["or"],
    CODE["while"],
    CODE["for"],
    CODE["set"],
)
OP_FIELD, OP_SET_FIELD, OP_WITH, OP_LAMBDA, OP_MATCH, OP_ARM = (
    CODE["field"],
    CODE["set-field"],
    CODE["with"],
    CODE["lambda"],
    CODE["match"],
    CODE["arm"],
)

OP_BOX, OP_UNBOX, OP_REGION = CODE["box"], CODE["unbox"], CODE["region"]

SHAPES = {
    "let": "(≔ ((x e) (mut i 0)) body…)",
    "set!": "(set! name e)",
    "while": "(while c body…)",
    "for": "(for (i lo hi) body…)",
    "match": "(match e (pattern body…) …), each arm (pattern body…) or (pattern (when c) body…)",
    "fn": "(λ (x y) body…); a λ without parameters takes (_)",
    ".": "(. p field)",
    "set-field!": "(set-field! p field e)",
    "with": "(with p (field e) …)",
    ":": "(: e Type)",
    "the": "(the Type e)",
}


def wrong_shape(f: Frame, n: int, word: str, at: int = -1) -> int:
    f.report(say.FORM_SHAPE, at if at >= 0 else n, name={"let": "≔", "fn": "λ"}.get(word, word), shape=SHAPES[word])
    return hole(f, n)


def is_symbol(f: Frame, n: int) -> bool:
    return f.kind[n] == SYMBOL


def binder(f: Frame, n: int) -> int:
    """The symbol of a name to be bound; -1, with a message, when it cannot be one."""
    text = f.c.names[f.data[n]]
    if (
        (f.data[n] in f.special and text not in VARIADIC_FORMS)
        or text in ("true", "false", "unit", "mut", "when")
        or "." in text
    ):
        f.report(say.RESERVED, n, name=text, advice="choose another name")
        return -1
    if text[:1].isupper():
        hint = f"names of values begin lower-case: {text[:1].lower()}{text[1:]}"
        f.report(say.RESERVED, n, name=text, advice=hint)
        return -1
    return f.data[n]


def let_form(f: Frame, n: int, expected: int) -> int:
    kids = f.children(n)
    if len(kids) < 2 or f.kind[kids[1]] != LIST:
        return wrong_shape(f, n, "let", kids[1] if len(kids) > 1 else n)
    trail: list[tuple[int, int]] = []
    bound: list[tuple[int, int]] = []
    bindings = f.children(kids[1])
    if bindings and is_symbol(f, bindings[0]):  # (x 1) for ((x 1)): one mistake
        wrong_shape(f, n, "let", kids[1])
        for part in bindings:
            if is_symbol(f, part):
                f.bind(f.data[part], f.local(f.c.names[f.data[part]], f.u.error, True), trail)
        bindings = []
    for binding in bindings:
        parts = f.children(binding)
        mutable = len(parts) == 3 and is_symbol(f, parts[0]) and f.c.names[f.data[parts[0]]] == "mut"
        if (len(parts) != 2 and not mutable) or not is_symbol(f, parts[-2]):
            wrong_shape(f, n, "let", binding)
            # Names that were meant still count as bound, so that their uses are not reported too.
            for part in parts:
                if is_symbol(f, part):
                    f.bind(f.data[part], f.local(f.c.names[f.data[part]], f.u.error, True), trail)
            continue
        symbol = binder(f, parts[-2])
        before = len(f.c.sink.items)
        value = expr(f, parts[-1], NO_TYPE)
        if len(f.c.sink.items) > before:
            advice_of().own_name(f, f.c.names[f.data[parts[-2]]], before)
        local = f.local(f.c.names[f.data[parts[-2]]], f.body.type[value], mutable)
        if not mutable and f.body.op[value] == OP_LAMBDA and is_lambda(f, parts[-1]):
            generalize(f, local, value, parts[-1])
        bound.append((local, value))
        if symbol >= 0 and f.c.names[symbol] != "_":
            f.bind(symbol, local, trail)
    node = sequence(f, kids[2:], n, expected)
    f.unbind(trail)
    t = f.body.type[node]
    for local, value in reversed(bound):
        node = f.emit(OP_LET, t, n, [value, node], local)
    return node


def is_lambda(f: Frame, n: int) -> bool:
    """Whether the form is a λ itself, not one that is annotated or in a body."""
    return f.kind[n] == LIST and f.count[n] > 0 and f.special.get(f.data[f.kids[f.data[n]]]) is lambda_form


def generalize(f: Frame, local: int, node: int, n: int) -> None:
    """Make type variables of what is unknown in a λ's type and known nowhere around it.

    A use copies the type, so one that is too large ends here: λs that use each other twice would double it each time.
    """
    u = f.u
    if f.body.type[node] < 0 and u.is_large(f.body.type[node]):
        f.report(backend.LARGE_TYPE, n)
        f.body.type[node] = f.locals[local].type = u.error
        return
    free: list[int] = []
    u.metas(f.body.type[node], free, set())
    if not free:
        return
    around = [f.locals[other].type for other in f.env.values()]
    around += f.variables.values()
    for info in f.c.group:
        around += (*info.params, info.result)
    for row in f.deferred:  # a field whose record is not known yet decides about its type later
        around.append(f.body.type[row.record])
        around += [t for _, _, t in row.fields]
    held: list[int] = []
    seen: set[int] = set()
    for t in around:
        if t < 0:
            u.metas(t, held, seen)
    mine = [meta for meta in free if meta not in seen]
    first = len(f.inner_needs)
    if not mine or first + len(mine) > MAX_VARIABLES:
        return
    for meta in mine:
        u.link[~meta] = u.types.var(INNER + len(f.inner_needs))
        f.inner_needs.append(NUMERIC if u.numeric[~meta] else 0)
    lambda_row = f.lambdas[f.body.imm[node]]
    lambda_row.first, lambda_row.vars = first, len(mine)
    f.locals[local].generic = f.body.imm[node]


def set_form(f: Frame, n: int, expected: int) -> int:
    kids = f.children(n)
    if len(kids) != 3 or not is_symbol(f, kids[1]):
        return wrong_shape(f, n, "set!")
    symbol = f.data[kids[1]]
    local = f.env.get(symbol, -1)
    name = f.c.names[symbol]
    if local < 0:
        if f.names.values.get(symbol) or find_value(f.c, f.module, f.names, symbol, kids[1]):
            f.report(say.SET_IMMUTABLE, kids[1], name=name)
        expr(f, kids[2], NO_TYPE)
        return hole(f, n)
    row = f.locals[local]
    if not row.mutable:
        f.report(say.SET_IMMUTABLE, kids[1], name=name)
        expr(f, kids[2], NO_TYPE)
        return hole(f, n)
    value = expr(f, kids[2], row.type)
    note_capture(f, local)
    return fit(f, f.emit(OP_SET, UNIT, n, [value], local), n, UNIT, expected)


def if_form(f: Frame, n: int, expected: int) -> int:
    kids = f.children(n)
    if len(kids) != 4:
        f.report(say.IF_SHAPE, n, given=len(kids) - 1)
        for kid in kids[1:]:
            expr(f, kid, NO_TYPE)
        return hole(f, n)
    condition = expr(f, kids[1], BOOL)
    then = expr(f, kids[2], expected)
    t = expected if expected != NO_TYPE else f.body.type[then]
    other = expr(f, kids[3], t)
    return f.emit(OP_IF, t, n, [condition, then, other])


def do_form(f: Frame, n: int, expected: int) -> int:
    return sequence(f, f.children(n)[1:], n, expected)


def region_form(f: Frame, n: int, expected: int) -> int:
    body = sequence(f, f.children(n)[1:], n, expected)
    return f.emit(OP_REGION, f.body.type[body], n, [body])


def logic_form(f: Frame, n: int, expected: int) -> int:
    kids = f.children(n)
    word = f.c.names[f.data[kids[0]]]
    if len(kids) < 3:
        f.report(say_type.OPERANDS, n, name=word, given=str(len(kids) - 1), advice="")
        return skip_call(f, n)
    parts = []
    for kid in kids[1:]:
        parts.append(expr(f, kid, BOOL))
    return fit(f, f.emit(OP_AND if word == "and" else OP_OR, BOOL, n, parts), n, BOOL, expected)


def while_form(f: Frame, n: int, expected: int) -> int:
    kids = f.children(n)
    if len(kids) < 2:
        return wrong_shape(f, n, "while")
    condition = expr(f, kids[1], BOOL)
    body = sequence(f, kids[2:], n, NO_TYPE)
    return fit(f, f.emit(OP_WHILE, UNIT, n, [condition, body]), n, UNIT, expected)


def for_form(f: Frame, n: int, expected: int) -> int:
    kids = f.children(n)
    head = f.children(kids[1]) if len(kids) > 1 else []
    if len(head) != 3 or not is_symbol(f, head[0]):
        return wrong_shape(f, n, "for", kids[1] if len(kids) > 1 else n)
    low = expr(f, head[1], I64)
    high = expr(f, head[2], I64)
    symbol = binder(f, head[0])
    local = f.local(f.c.names[f.data[head[0]]], I64, False)
    trail: list[tuple[int, int]] = []
    if symbol >= 0 and f.c.names[symbol] != "_":
        f.bind(symbol, local, trail)
    body = sequence(f, kids[2:], n, NO_TYPE)
    f.unbind(trail)
    return fit(f, f.emit(OP_FOR, UNIT, n, [low, high, body], local), n, UNIT, expected)


def bind_params(f: Frame, nodes: list[int], types: list[int], trail: list[tuple[int, int]]) -> list[int]:
    """Locals for parameter names; reports what is no name or is there twice."""
    params = []
    seen: set[int] = set()
    for node, t in zip(nodes, types, strict=True):
        if node < 0 or not is_symbol(f, node):
            params.append(f.local("_", t, False))
            continue
        symbol = binder(f, node)
        name = f.c.names[f.data[node]]
        # A `mut` before it was reported; that it is assigned then is no further mistake.
        local = f.local(name, t, f.module.file.text.startswith("mut ", f.start[node] - 4))
        params.append(local)
        if symbol < 0 or name == "_":
            continue
        if symbol in seen:
            f.report(say.PARAM_TWICE, node, name=name)
        seen.add(symbol)
        f.bind(symbol, local, trail)
    return params


def lambda_form(f: Frame, n: int, expected: int) -> int:
    u = f.u
    kids = f.children(n)
    nodes = f.children(kids[1]) if len(kids) > 1 else []
    bad = [k for k in nodes if not is_symbol(f, k)]
    if not nodes or bad:
        return wrong_shape(f, n, "fn", bad[0] if bad else kids[1] if len(kids) > 1 else n)
    head, parts = u.shape(expected) if expected != NO_TYPE else (-1, ())
    fits = head == H_FN and len(parts) == len(nodes) + 1
    types = list(parts[:-1]) if fits else [u.fresh() for _ in nodes]
    f.captures.append({})
    trail: list[tuple[int, int]] = []
    params = bind_params(f, nodes, types, trail)
    body = sequence(f, kids[2:], n, parts[-1] if fits else NO_TYPE)
    f.unbind(trail)
    captured = f.captures.pop()
    f.lambdas.append(Lambda(params, list(captured)))
    t = u.fn(tuple(types), parts[-1] if fits else f.body.type[body])
    node = f.emit(OP_LAMBDA, t, n, [body], len(f.lambdas) - 1)
    return node if fits else fit(f, node, n, t, expected)


def match_form(f: Frame, n: int, expected: int) -> int:
    kids = f.children(n)
    if len(kids) < 3:
        return wrong_shape(f, n, "match")
    value = expr(f, kids[1], NO_TYPE)
    t = f.body.type[value]
    result = expected
    arms = [value]
    for form in kids[2:]:
        parts = f.children(form)
        if not parts:
            wrong_shape(f, n, "match", form)
            continue
        bound = Bindings({})
        before = len(f.c.sink.items)
        shape = pattern(f, parts[0], t, bound)
        trail: list[tuple[int, int]] = []
        if len(f.c.sink.items) > before and is_symbol(f, parts[0]) and len(parts) > 2:
            # (Some x body) for ((Some x) body): the names in the middle are no uses
            for part in parts[1:-1]:
                if is_symbol(f, part):
                    f.bind(f.data[part], f.local(f.c.names[f.data[part]], f.u.error, True), trail)
        for symbol, local in bound.locals.items():
            f.bind(symbol, local, trail)
        rest = parts[1:]
        arm = [shape]
        guarded = 0
        if rest and is_guard(f, rest[0]):
            guard_parts = f.children(rest[0])
            if len(guard_parts) != 2:
                wrong_shape(f, n, "match", rest[0])
            else:
                arm.append(expr(f, guard_parts[1], BOOL))
                guarded = 1
            rest = rest[1:]
        body = sequence(f, rest, form, result)
        if result == NO_TYPE:
            result = f.body.type[body]
        f.unbind(trail)
        arm.append(body)
        arms.append(f.emit(OP_ARM, result, form, arm, guarded))
    if len(arms) == 1:
        return hole(f, n)
    node = f.emit(OP_MATCH, result, n, arms)
    f.matches.append((node, n))
    return node


def is_guard(f: Frame, n: int) -> bool:
    if f.kind[n] != LIST or not f.count[n]:
        return False
    head = f.kids[f.data[n]]
    return is_symbol(f, head) and f.c.names[f.data[head]] == "when"


def annotation_form(f: Frame, n: int, expected: int) -> int:
    kids = f.children(n)
    if len(kids) != 3:
        return wrong_shape(f, n, ":")
    t = read_type(f.c, f.module, f.names, kids[2], f.variables, "body")
    if t == ANY:
        node = expr(f, kids[1], NO_TYPE)
        found = f.u.find(f.body.type[node])
        if found not in (ANY, f.u.error):
            node = f.emit(OP_BOX, ANY, n, [node])
        return fit(f, node, n, ANY, expected)
    node = expr(f, kids[1], t)
    return fit(f, node, n, t, expected)


def the_form(f: Frame, n: int, expected: int) -> int:
    kids = f.children(n)
    if len(kids) != 3:
        return wrong_shape(f, n, "the")
    t = read_type(f.c, f.module, f.names, kids[1], f.variables, "body")
    node = expr(f, kids[2], ANY)
    if t != f.u.error and (t < 0 or f.u.is_generic(t)):
        f.report(say_type.THE_TYPE, kids[1], found=f.source(kids[1]))
        return hole(f, n)
    if t != ANY:
        node = f.emit(OP_UNBOX, t, n, [node])
    return fit(f, node, n, t, expected)


def field_form(f: Frame, n: int, expected: int) -> int:
    kids = f.children(n)
    if len(kids) != 3 or not is_symbol(f, kids[2]):
        return wrong_shape(f, n, ".")
    record = expr(f, kids[1], NO_TYPE)
    t = expected if expected != NO_TYPE else f.u.fresh()
    node = f.emit(OP_FIELD, t, n, [record])
    access(f, Deferred(OP_FIELD, node, n, record, [(f.data[kids[2]], kids[2], t)]))
    return node


def set_field_form(f: Frame, n: int, expected: int) -> int:
    kids = f.children(n)
    if len(kids) != 4 or not is_symbol(f, kids[2]):
        return wrong_shape(f, n, "set-field!")
    record = expr(f, kids[1], NO_TYPE)
    t = f.u.fresh()
    early = Deferred(OP_SET_FIELD, -1, n, record, [(f.data[kids[2]], kids[2], t)])
    known = look_up(f, early)
    value = expr(f, kids[3], t)
    node = f.emit(OP_SET_FIELD, UNIT, n, [record, value])
    early.node = node
    if known:
        write_index(f, early)
    else:
        f.deferred.append(early)
    f.stores.append((record, n, "set-field!"))
    return fit(f, node, n, UNIT, expected)


def with_form(f: Frame, n: int, expected: int) -> int:
    kids = f.children(n)
    pairs = [f.children(k) for k in kids[2:]]
    if len(kids) < 3 or any(len(p) != 2 or not is_symbol(f, p[0]) for p in pairs):
        return wrong_shape(f, n, "with")
    record = expr(f, kids[1], expected)
    t = f.body.type[record]
    fields = []
    seen: set[int] = set()
    for name, _ in pairs:
        if f.data[name] in seen:
            f.report(say.FIELD_TWICE, name, name=f.c.names[f.data[name]])
        seen.add(f.data[name])
        fields.append((f.data[name], name, f.u.fresh()))
    row = Deferred(OP_WITH, -1, n, record, fields)
    known = look_up(f, row)
    values = []
    for (_, value), (_, _, field_type) in zip(pairs, fields, strict=True):
        values.append(expr(f, value, field_type))
    row.node = f.emit(OP_WITH, t, n, [record, *values])
    if known:
        write_index(f, row)
    else:
        f.deferred.append(row)
    return row.node


def access(f: Frame, row: Deferred) -> None:
    if look_up(f, row):
        write_index(f, row)
    else:
        f.deferred.append(row)


SPECIAL: dict[str, Callable[[Frame, int, int], int]] = {
    "let": let_form,
    "set!": set_form,
    "if": if_form,
    "do": do_form,
    "and": logic_form,
    "or": logic_form,
    "while": while_form,
    "for": for_form,
    "match": match_form,
    "fn": lambda_form,
    ".": field_form,
    "set-field!": set_field_form,
    "with": with_form,
    ":": annotation_form,
    "region": region_form,
    "the": the_form,
    "list": list_form,
    "array-of": list_form,
    "bytes-of": bytes_form,
}
