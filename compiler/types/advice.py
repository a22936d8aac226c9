"""What a message about a type can say beyond the two types: the conversion that is meant, and the other place.

Asked only when something is wrong, so it may look around: at the form that the wrong one stands in, at what stands
beside it.  Gives words and notes, decides nothing, and changes no type.
"""

from __future__ import annotations

from compiler.diagnostics import Note
from compiler.messages import names as say
from compiler.messages import type as say_type
from compiler.syntax.forms import INT, LIST, SYMBOL
from compiler.syntax.forms import TEXT as LITERAL
from compiler.types.core import (
    ANY,
    BOOL,
    BYTES,
    F64,
    H_ARRAY,
    H_FN,
    H_LIST,
    H_META,
    H_USER,
    I64,
    TEXT,
    UNIT,
)
from compiler.types.state import CTOR, FN, CtorInfo, FnInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.diagnostics import Diagnostic
    from compiler.types.state import Frame

SHORT = 24  # characters of a form that are repeated in an advice
HIGH = 6  # forms that are looked through on the way to the function: each costs a walk
PASSING = frozenset(("if", "do", "let", "≔"))  # forms whose value is that of their last form
OPERATORS = frozenset(("+", "-", "*", "/", "%", "<", "<=", ">", ">=", "=", "!=", "and", "or"))
UNIFORM = frozenset(("+", "-", "*", "/", "%", "<", "<=", ">", ">=", "=", "!=", "min", "max"))
ELEMENTS = frozenset(("list", "array-of"))

# (found, expected) -> what to write, where one call makes one of the other
CONVERSIONS: dict[tuple[int, int], str] = {
    (I64, F64): "(i64->f64 …) makes an F64 of it",
    (F64, I64): "(f64->i64 …) cuts it to an I64; (floor …) and (ceil …) round first",
    (I64, TEXT): "(i64->text …) makes a Text of it",
    (F64, TEXT): "(f64->text …) makes a Text of it",
    (BYTES, TEXT): "(bytes->text …) makes a Text of it",
    (TEXT, BYTES): "(text->bytes …) makes Bytes of it",
    (TEXT, I64): "(text->i64 …) reads an (Option I64) from it",
    (TEXT, F64): "(text->f64 …) reads an (Option F64) from it",
    (I64, BOOL): "there is no truthiness: write (!= … 0)",
}


def conversion(f: Frame, n: int, expected: int, found: int) -> str:
    """How to get the expected type from what is there, or the general advice."""
    hint = _conversion(f, n, expected, found)
    shown = f.source(n)
    return hint.replace("…", shown, 1) if len(shown) <= SHORT and "…" not in shown else hint


def _conversion(f: Frame, n: int, expected: int, found: int) -> str:
    u = f.u
    expected, found = u.find(expected), u.find(found)
    known = CONVERSIONS.get((found, expected))
    if f.kind[n] == INT and expected == F64:
        return f"write {f.source(n)}.0: a literal with a point is an F64"
    if known and not (f.kind[n] == LITERAL and expected in (I64, F64)):  # a text that was written is no number to read
        return known
    if expected == ANY:
        return "nothing becomes an Any by itself: write (: … Any)"
    if found == ANY:
        return f"write (the {u.show(expected)} …): it takes the value out, and panics when it is of another type"
    head, parts = u.shape(found)
    wanted, inner = u.shape(expected)
    if head >= H_USER and wanted != head:
        name = u.types.user_names[head - H_USER]
        if name == "Option" and _same(f, parts[0], expected):
            return "it may be missing: (match … ((Some x) …) (None …))"
        if name == "Result" and _same(f, parts[0], expected):
            return "it may have failed: (match … ((Ok x) …) ((Err e) …))"
    if wanted >= H_USER and u.types.user_names[wanted - H_USER] == "Option" and _same(f, inner[0], found):
        return "wrap it: (Some …)"
    if (head, wanted) == (H_FN, H_FN) and len(parts) != len(inner):
        many = "argument" if len(parts) == 2 else "arguments"
        return f"it takes {len(parts) - 1} {many}, and will be called with {len(inner) - 1}"
    if head == H_FN and wanted != H_FN and _same(f, parts[-1], expected):
        given = " ".join("…" for part in parts[:-1] if u.find(part) != UNIT)
        return f"it is a function; call it: (…{' ' if given else ''}{given})"
    if (head, wanted) == (H_LIST, H_ARRAY):
        return "`to-array` of std:list makes an array of it"
    if (head, wanted) == (H_ARRAY, H_LIST):
        return "`of-array` of std:list makes a list of it"
    if found == UNIT:
        return f"the last form is the value: end with one of type {u.show(expected)}"
    if expected == TEXT and head != H_FN:
        return "(show …) makes a Text of it"
    return f"give a value of type {u.show(expected)}, or change what asks for it"


def _same(f: Frame, one: int, other: int) -> bool:
    """Whether two types are equal as they are shown, without making them so."""
    known = f.u.shape(one)[0] != H_META and f.u.shape(other)[0] != H_META
    return known and f.u.show(one) == f.u.show(other)


def numeric(found: str, name: str) -> str:
    """What to do with an operand of arithmetic that is no number."""
    if found == "Text":
        if name == "+":
            return "(text-cat a b) joins texts"
        if name in ("<", "<=", ">", ">="):
            return "(text< a b) compares texts"
        return "(text->i64 …) and (text->f64 …) read numbers"
    if found.startswith("(Option "):
        return "it may be missing: (match … ((Some x) …) (None …))"
    return "give I64 or F64"


def parent(f: Frame, n: int) -> int:
    """The form that n stands in, inside the function; -1 for none.  Forms are numbered in the order they begin."""
    end = f.end[n]
    for form in range(n - 1, f.info.node - 1, -1):
        if f.kind[form] == LIST and f.end[form] > end:
            return form
    return -1


def other_place(f: Frame, n: int) -> tuple[Note, ...]:
    """A note on what asks for the type at n: a branch, an arm, an element, an operand, a declaration."""
    form = parent(f, n)
    if form < 0:
        return ()
    kids = f.children(form)
    at = kids.index(n)
    head = kids[0]
    word = f.c.names[f.data[head]] if f.kind[head] == SYMBOL else ""
    if word and f.data[head] not in f.env:
        if word == "if" and at == 3:
            return (_note(f, kids[2], "both branches have one type; the other is here"),)
        if (word in ELEMENTS and at > 1) or (word in UNIFORM and at > 1):
            what = "elements" if word in ELEMENTS else "operands"
            return (_note(f, kids[1], f"all {what} have one type; the first is here"),)
        name = f.names.values.get(f.data[head])
        if at and name is not None and name.kind in (FN, CTOR):
            return _declared(f, name.target, at)
    return _arm(f, form, n) or _result(f, form, n)


def _note(f: Frame, n: int, text: str) -> Note:
    return Note(f.module.file, f.start[n], f.end[n], text)


def _declared(f: Frame, target: object, at: int) -> tuple[Note, ...]:
    """Where the function or constructor is that has n as its argument number `at`."""
    if isinstance(target, FnInfo):
        module = f.c.graph.modules[target.module]
        node = target.name_node
        types = f.u.show(f.u.fn(target.params, target.result))
        text = f"argument {at} of `{target.label}`, which has type {types}"
    elif isinstance(target, CtorInfo) and target.data.module >= 0:
        module = f.c.graph.modules[target.data.module]
        node = target.data.node
        text = f"field {at} of `{target.ctor.name}`, declared here"
    else:
        return ()
    return (Note(module.file, module.forms.start[node], module.forms.end[node], text),)


def _arm(f: Frame, form: int, n: int) -> tuple[Note, ...]:
    """The first arm of the match, when n is what a later arm gives."""
    around = parent(f, form)
    if around < 0:
        return ()
    arms = f.children(around)
    if f.kind[arms[0]] != SYMBOL or f.c.names[f.data[arms[0]]] != "match" or form not in arms[3:]:
        return ()
    first, mine = f.children(arms[2]), f.children(form)
    if len(first) < 2 or mine[-1] != n or len(mine) < 2:
        return ()
    return (_note(f, first[-1], "all arms have one type; the first is here"),)


def _result(f: Frame, form: int, n: int) -> tuple[Note, ...]:
    """The ∷ of the function whose value n is."""
    annotation = f.info.annotation
    for _ in range(HIGH):
        if annotation < 0 or form < 0:
            break
        kids = f.children(form)
        if annotation in kids:
            return (_note(f, annotation, "its ∷ says so"),) if kids[-1] == n else ()
        word = f.c.names[f.data[kids[0]]] if f.kind[kids[0]] == SYMBOL else ""
        if word not in PASSING or (kids[-1] != n and not (word == "if" and n in kids[2:])):
            break
        n, form = form, parent(f, form)
    return ()


def infinite_twice(f: Frame) -> bool:
    """Whether this function was just reported for a type inside itself: what follows from that is the same mistake."""
    items = f.c.sink.items
    if not items or items[-1].kind is not say_type.INFINITE or items[-1].file is not f.module.file:
        return False
    return f.function.start <= items[-1].start < f.function.end


def crosswise(f: Frame, n: int, expected: int, found: int) -> bool:
    """Whether this is the second of two arguments in each other's place; then the first message says so."""
    items = f.c.sink.items
    if not items or items[-1].kind is not say_type.MISMATCH or items[-1].file is not f.module.file:
        return False
    before: Diagnostic = items[-1]
    form = parent(f, n)
    if form < 0 or f.kind[f.children(form)[0]] != SYMBOL:
        return False
    kids = f.children(form)[1:]
    other = next((kid for kid in kids if (f.start[kid], f.end[kid]) == (before.start, before.end)), -1)
    if other < 0 or n not in kids:
        return False
    wanted, given = _head(f.u.show(expected)), _head(f.u.show(found))
    if "_" in (wanted, given) or (wanted, given) != (_head(before.facts["found"]), _head(before.facts["expected"])):
        return False
    order = [n if kid == other else other if kid == n else kid for kid in kids]
    shown = " ".join(f.source(kid) for kid in order)
    before.facts["advice"] = f"two arguments have changed places: ({f.source(f.children(form)[0])} {shown})"  # type: ignore[index]
    return True


def _head(shown: object) -> str:
    """What a type that is written out begins with."""
    return str(shown).lstrip("(").split(" ")[0]


def named_fields(f: Frame, args: list[int], info: CtorInfo, before: int) -> None:
    """One message for a constructor that is given `(x 1)` for its field x, instead of one for each."""
    items = f.c.sink.items
    values = []
    for arg, name in zip(args, info.ctor.names, strict=True):
        pair = f.children(arg) if f.kind[arg] == LIST else []
        if len(pair) != 2 or f.kind[pair[0]] != SYMBOL or f.c.names[f.data[pair[0]]] != name:
            return
        values.append(f.source(pair[1]))
    names = {(f.start[f.children(arg)[0]], f.end[f.children(arg)[0]]) for arg in args}
    mine = [row for row in items[before:] if row.kind is say.UNBOUND and (row.start, row.end) in names]
    for row in mine[1:]:
        items.remove(row)
    if mine:
        mine[0].facts["advice"] = f"fields are given by position: ({info.ctor.name} {' '.join(values)})"  # type: ignore[index]


def dotted(f: Frame, n: int) -> None:
    """`p.x` of a local p, just reported as an unknown alias: a field is meant."""
    alias, _, member = f.c.names[f.data[n]].partition(".")
    items = f.c.sink.items
    if member and f.c.word(alias) in f.env and items and items[-1].kind is say.UNBOUND_ALIAS:
        items[-1].facts["advice"] = f"a field is read with (. {alias} {member})"  # type: ignore[index]


def own_name(f: Frame, name: str, before: int) -> None:
    """A λ in a ≔ that uses the name it is bound to."""
    for row in f.c.sink.items[before:]:
        if row.kind is say.UNBOUND and row.facts["name"] == name:
            advice = f"a binding does not see itself; what calls itself is a function of the top level: (ƒ {name} …)"
            row.facts["advice"] = advice  # type: ignore[index]


def infix(f: Frame, form: int) -> str:
    """How a form with an operator in the middle is written; empty when it is none."""
    kids = f.children(form)
    if len(kids) != 3 or f.kind[kids[1]] != SYMBOL or f.data[kids[1]] in f.env:
        return ""
    word = f.c.names[f.data[kids[1]]]
    if word not in OPERATORS:
        return ""
    return f"operators stand first: ({word} {f.source(kids[0])} {f.source(kids[2])})"
