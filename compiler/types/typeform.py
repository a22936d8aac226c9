"""Types as written in source, and as written in the table of builtins, become type ids.

One reader for three places: a ∷ (lower-case names are new variables), a τ (only its parameters),
an annotation inside a body (variables of the ∷, else unknowns).  Knows nothing of expressions.
"""

from __future__ import annotations

from compiler.messages import backend
from compiler.messages import names as say
from compiler.messages import type as say_type
from compiler.syntax.forms import LIST, SYMBOL
from compiler.types import core
from compiler.types.scope import find_type
from compiler.types.state import COMPARED, NUMERIC, BuiltinInfo, Checker, ModuleNames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.builtins import Builtin
    from compiler.modules.module import Module

ATOMS = {
    "I64": core.I64,
    "F64": core.F64,
    "Bool": core.BOOL,
    "Text": core.TEXT,
    "Unit": core.UNIT,
    "Bytes": core.BYTES,
    "Any": core.ANY,
}
WRAPPERS = {"List": core.H_LIST, "Array": core.H_ARRAY, "Actor": core.H_ACTOR}


def is_variable(name: str) -> bool:
    """Whether a name in a type is a variable: it begins with a lower-case letter."""
    return name[:1].islower()


def read_type(c: Checker, module: Module, names: ModuleNames, node: int, variables: dict[int, int], place: str) -> int:
    """The type of a type form; the error type, with a message, when it is none.  `place`: signature, data or body."""
    found = _read(c, module, names, node, variables, place)
    if found >= 0 and c.program.types.parts[found] > core.MAX_PARTS:
        c.report(backend.LARGE_TYPE, module, node)
        return c.unifier.error
    return found


def _read(c: Checker, module: Module, names: ModuleNames, node: int, variables: dict[int, int], place: str) -> int:
    forms = module.forms
    u = c.unifier
    if forms.kind[node] == SYMBOL:
        symbol = forms.data[node]
        name = c.names[symbol]
        atom = ATOMS.get(name)
        if atom is not None:
            return atom
        if is_variable(name) and "." not in name:
            found = variables.get(symbol)
            if found is None:
                if place == "data":
                    c.report(say.UNBOUND_VARIABLE, module, node, name=name)
                    return u.error
                found = c.program.types.var(len(variables)) if place == "signature" else u.fresh()
                variables[symbol] = found
            return found
        return _applied(c, module, names, node, symbol, [], variables, place)
    if forms.kind[node] != LIST or not forms.count[node]:
        c.report(say.TYPE_SHAPE, module, node)
        return u.error
    kids = forms.children(node)
    if forms.kind[kids[0]] != SYMBOL:
        c.report(say.TYPE_SHAPE, module, kids[0])
        return u.error
    symbol = forms.data[kids[0]]
    if c.names[symbol] == "->":
        if len(kids) < 3:
            c.report(say.TYPE_SHAPE, module, node)
            return u.error
        parts = []
        for kid in kids[1:]:
            parts.append(read_type(c, module, names, kid, variables, place))
        return u.fn(tuple(parts[:-1]), parts[-1])
    if is_variable(c.names[symbol]) and "." not in c.names[symbol]:
        c.report(say.TYPE_SHAPE, module, node)
        return u.error
    found = _applied(c, module, names, kids[0], symbol, kids[1:], variables, place)
    if len(kids) == 1 and found != u.error:  # `(I64)`: parentheses are for what takes types
        c.report(say.TYPE_SHAPE, module, node)
        return u.error
    return found


def _applied(
    c: Checker,
    module: Module,
    names: ModuleNames,
    head: int,
    symbol: int,
    arg_nodes: list[int],
    variables: dict[int, int],
    place: str,
) -> int:
    name = c.names[symbol]
    wrapper = WRAPPERS.get(name)
    if wrapper is not None:
        wanted = 1
        type_head = wrapper
    elif name in ATOMS:
        wanted = 0
        type_head = ATOMS[name]
    else:
        info = find_type(c, module, names, symbol, head)
        if info is None:
            return c.unifier.error
        wanted = info.data.vars
        type_head = core.H_USER + info.data.id
    args = []
    for node in arg_nodes:
        args.append(read_type(c, module, names, node, variables, place))
    if len(args) != wanted:
        word = "no arguments" if not wanted else "1 argument" if wanted == 1 else f"{wanted} arguments"
        c.report(say_type.TYPE_ARITY, module, head, name=name, wanted=word, given=str(len(args)))
        return c.unifier.error
    return c.unifier.make(type_head, tuple(args))


def builtin_info(c: Checker, row: Builtin) -> BuiltinInfo:
    """The builtin with its type as ids; each row is read once a run."""
    found = c.builtins[row.id]
    if found is None:
        found = c.builtins[row.id] = _read_builtin(c, row)
    return found


def _read_builtin(c: Checker, row: Builtin) -> BuiltinInfo:
    letters: list[str] = []
    words = row.type.replace("(", " ( ").replace(")", " ) ").split()
    stack: list[list[int]] = []
    heads: list[str] = []
    top: list[int] = []
    expect_head = False
    for word in words:
        if word == "(":
            expect_head = True
        elif word == ")":
            args = stack.pop()
            top = stack[-1] if stack else []
            top.append(_builtin_type(c, heads.pop(), args))
        elif expect_head:
            heads.append(word)
            stack.append([])
            expect_head = False
        elif word[0].islower():
            if word not in letters:
                letters.append(word)
            stack[-1].append(c.program.types.var(letters.index(word)))
        else:
            stack[-1].append(_builtin_type(c, word, []))
    args_of_fn = c.program.types.args[top[0]]
    params, result = args_of_fn[:-1], args_of_fn[-1]
    compared = row.name in ("=", "!=", "show")
    needs = []
    for letter in letters:
        needs.append(NUMERIC if letter == "n" else COMPARED if compared else 0)
    variable = c.program.types.var(0) if letters else -1
    uniform = all(p == variable for p in params)
    return BuiltinInfo(row, () if params == (core.UNIT,) else params, result, needs, uniform)


def _builtin_type(c: Checker, name: str, args: list[int]) -> int:
    types = c.program.types
    if name == "->":
        return types.fn(tuple(args[:-1]), args[-1])
    head = ATOMS.get(name)
    if head is None:
        head = WRAPPERS.get(name)
    if head is None:
        head = (
            core.HEAD_NAMES.index(name) if name in core.HEAD_NAMES else core.H_USER + ("Option", "Result").index(name)
        )
    return types.make(head, tuple(args))
