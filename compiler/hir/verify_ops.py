"""What each HIR op asks of its children, immediate and type: one rule a row of the op table.

A rule recomputes the type from the rows that a node refers to and compares.  A new op needs its rule in
`RULES`.  Structure, places and scopes are in `verify.py`.
"""

from __future__ import annotations

from compiler.builtins import BUILTINS
from compiler.hir.ops import CODE, OPS
from compiler.types import core
from compiler.types.core import ANY, BOOL, F64, H_ARRAY, H_FN, H_LIST, H_META, H_USER, H_VAR, I64, TEXT, UNIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.hir.program import Body, Ctor, Function, Program


def closed(program: Program, t: int, variables: int, what: str, problems: list[str]) -> bool:
    """Whether a type id is one, solved, and over these variables only."""
    types = program.types
    todo = [t]
    while todo:
        t = todo.pop()
        if not 0 <= t < len(types.head):
            problems.append(f"{what}: no type {t}")
            return False
        head = types.head[t]
        if head == H_VAR:
            if types.args[t][0] >= variables:
                problems.append(f"{what}: no type variable {types.args[t][0]}")
                return False
        elif head == H_META or (head >= H_USER and head - H_USER >= len(program.datas)):
            problems.append(f"{what}: an unsolved or unknown type")
            return False
        else:
            todo.extend(types.args[t])
    return True


class Verifier:
    """One function under examination."""

    __slots__ = ("body", "bound", "f", "lambda_of", "p", "problems", "sound")

    def __init__(self, program: Program, function: Function, problems: list[str]) -> None:
        self.p = program
        self.f = function
        self.body: Body = function.body
        self.problems = problems
        self.bound: set[int] = set()
        self.sound: set[int] = set()  # type arguments that are closed types
        self.lambda_of: set[int] = set()

    def say(self, node: int, what: str) -> None:
        name = OPS[self.body.op[node]].name if 0 <= self.body.op[node] < len(OPS) else "?"
        self.problems.append(f"{self.f.name}: node {node} ({name}): {what}")

    def is_type(self, node: int, wanted: int, what: str) -> None:
        found = self.body.type[node]
        if found != wanted:
            show = self.p.types.show
            self.say(node, f"{what} is {show(found)}, not {show(wanted)}")

    def local(self, node: int) -> int:
        index = self.body.imm[node]
        if not 0 <= index < len(self.f.locals):
            self.say(node, f"no local {index}")
            return -1
        return index

    def inst(self, node: int, what: str) -> tuple[object, tuple[int, ...]] | None:
        index = self.body.imm[node]
        if not 0 <= index < len(self.p.insts):
            self.say(node, f"no instance {index}")
            return None
        kind, target, actuals = self.p.insts[index]
        if kind != what:
            self.say(node, f"the instance is of a {kind}, not of a {what}")
            return None
        for actual in actuals:
            if actual not in self.sound:
                if not closed(
                    self.p, actual, self.f.vars + len(self.f.inner), f"{self.f.name}: a type argument", self.problems
                ):
                    return None
                self.sound.add(actual)
        return target, actuals

    def signature(self, node: int, what: str) -> tuple[tuple[int, ...], int] | None:
        """Parameter types and result of the instance that a node names."""
        found = self.inst(node, what)
        if found is None:
            return None
        target, actuals = found
        types = self.p.types
        if what == "fn":
            if not isinstance(target, int) or not 0 <= target < len(self.p.functions):
                self.say(node, f"no function {target}")
                return None
            callee = self.p.functions[target]
            if len(actuals) != callee.vars:
                self.say(node, f"{callee.name} has {callee.vars} type variables, given {len(actuals)}")
                return None
            for k, numeric in enumerate(callee.numeric):
                if numeric:
                    self.numeric(node, actuals[k])
            params = tuple([types.substitute(callee.locals[p].type, actuals) for p in callee.params])
            return params, types.substitute(callee.result, actuals)
        if what == "builtin":
            if not isinstance(target, int) or not 0 <= target < len(BUILTINS):
                self.say(node, f"no builtin {target}")
                return None
            return self.builtin(node, target, actuals)
        ctor = self.ctor(node, target, actuals)
        if ctor is None:
            return None
        assert isinstance(target, tuple)
        fields = tuple([types.substitute(t, actuals) for t in ctor.fields])
        return fields, types.make(H_USER + target[0], actuals)

    def numeric(self, node: int, t: int) -> None:
        types = self.p.types
        if types.head[t] == H_VAR:
            index = types.args[t][0]
            numeric = [*self.f.numeric, *self.f.inner]
            if not (index < len(numeric) and numeric[index]):
                self.say(node, f"needs a number, but {types.show(t)} is not constrained to one")
        elif t not in (I64, F64):
            self.say(node, f"needs a number, not {types.show(t)}")

    def ctor(self, node: int, target: object, actuals: tuple[int, ...]) -> Ctor | None:
        if not isinstance(target, tuple) or len(target) != 2 or not 0 <= target[0] < len(self.p.datas):
            self.say(node, f"no type {target}")
            return None
        data = self.p.datas[target[0]]
        if not 0 <= target[1] < len(data.ctors):
            self.say(node, f"{data.name} has no constructor {target[1]}")
            return None
        if len(actuals) != data.vars:
            self.say(node, f"{data.name} has {data.vars} type variables, given {len(actuals)}")
            return None
        return data.ctors[target[1]]

    def builtin(self, node: int, target: int, actuals: tuple[int, ...]) -> tuple[tuple[int, ...], int] | None:
        row = BUILTINS[target]
        letters: list[str] = []
        params = read_builtin_type(self.p, row.type, letters)
        if len(letters) != len(actuals):
            self.say(node, f"{row.name} has {len(letters)} type variables, given {len(actuals)}")
            return None
        for letter, actual in zip(letters, actuals, strict=True):
            if letter == "n":
                self.numeric(node, actual)
        args = self.p.types.args[self.p.types.substitute(params, actuals)]
        if self.p.types.args[params][:-1] == (UNIT,):  # declared so: (show unit) has an operand
            return (), args[-1]
        return args[:-1], args[-1]


def read_builtin_type(program: Program, text: str, letters: list[str]) -> int:
    """A builtin's type as an id; collects its variables in order of first appearance."""
    words = text.replace("(", " ( ").replace(")", " ) ").split()
    position = 0

    def read() -> int:
        nonlocal position
        word = words[position]
        position += 1
        if word != "(":
            if word[0].islower():
                if word not in letters:
                    letters.append(word)
                return program.types.var(letters.index(word))
            return program.types.make(core.HEAD_NAMES.index(word))
        head = words[position]
        position += 1
        args = []
        while words[position] != ")":
            args.append(read())
        position += 1
        if head in ("Option", "Result"):
            return program.types.make(H_USER + ("Option", "Result").index(head), tuple(args))
        return program.types.make(core.HEAD_NAMES.index(head), tuple(args))

    return read()


# --- one rule per op ---------------------------------------------------------------------------


def _atom(t: int) -> Callable[[Verifier, int, list[int]], None]:
    def rule(v: Verifier, node: int, kids: list[int]) -> None:  # noqa: ARG001
        v.is_type(node, t, "its type")

    return rule


def _text(v: Verifier, node: int, kids: list[int]) -> None:  # noqa: ARG001
    v.is_type(node, TEXT, "its type")
    if not 0 <= v.body.imm[node] < len(v.p.texts):
        v.say(node, f"no text {v.body.imm[node]}")


def _extern(v: Verifier, node: int, kids: list[int]) -> None:
    types = [v.body.type[kid] for kid in kids] + [v.body.type[node]]
    if not all(t in (I64, F64, BOOL, UNIT) for t in types):
        v.say(node, "only I64, F64, Bool and Unit cross to C")
    given = [v.body.imm[kid] for kid in kids if v.body.op[kid] == CODE["local"]]
    if given != v.f.params or len(kids) != len(given) or node != v.f.root:
        v.say(node, "is not the whole body, or is not given the parameters as they are")
    if not 0 <= v.body.imm[node] < len(v.p.texts):
        v.say(node, f"no text {v.body.imm[node]}")


def _bool(v: Verifier, node: int, kids: list[int]) -> None:  # noqa: ARG001
    v.is_type(node, BOOL, "its type")
    if v.body.imm[node] not in (0, 1):
        v.say(node, "a Bool is 0 or 1")


def _i64(v: Verifier, node: int, kids: list[int]) -> None:  # noqa: ARG001
    v.is_type(node, I64, "its type")
    if not -(1 << 63) <= v.body.imm[node] < 1 << 63:
        v.say(node, "outside I64")


def _f64(v: Verifier, node: int, kids: list[int]) -> None:  # noqa: ARG001
    v.is_type(node, F64, "its type")
    if not 0 <= v.body.imm[node] < 1 << 64:
        v.say(node, "outside the bits of F64")


def _local(v: Verifier, node: int, kids: list[int]) -> None:  # noqa: ARG001
    local = v.local(node)
    if local >= 0:
        v.is_type(node, v.f.locals[local].type, "its type")


def _local_inst(v: Verifier, node: int, kids: list[int]) -> None:  # noqa: ARG001
    found = v.inst(node, "local")
    if found is None:
        return
    local, actuals = found
    generic = v.f.locals[local].generic if isinstance(local, int) and 0 <= local < len(v.f.locals) else -1
    if not isinstance(local, int) or not 0 <= generic < len(v.f.lambdas):
        v.say(node, f"the local {local} names no generalized lambda")
        return
    row = v.f.lambdas[generic]
    first = v.f.vars + row.first
    if len(actuals) != row.vars or first + row.vars > v.f.vars + len(v.f.inner):
        v.say(node, f"the lambda has {row.vars} type variables, given {len(actuals)}")
        return
    for k, actual in enumerate(actuals):
        if v.f.inner[row.first + k]:
            v.numeric(node, actual)
    types = v.p.types
    around = tuple([types.var(k) for k in range(first)])
    after = tuple([types.var(k) for k in range(first + row.vars, v.f.vars + len(v.f.inner))])
    v.is_type(node, types.substitute(v.f.locals[local].type, around + actuals + after), "its type")


def _const(v: Verifier, node: int, kids: list[int]) -> None:  # noqa: ARG001
    if not 0 <= v.body.imm[node] < len(v.p.consts):
        v.say(node, f"no constant {v.body.imm[node]}")
        return
    v.is_type(node, v.p.consts[v.body.imm[node]].type, "its type")


def _value(what: str) -> Callable[[Verifier, int, list[int]], None]:
    def rule(v: Verifier, node: int, kids: list[int]) -> None:  # noqa: ARG001
        found = v.signature(node, what)
        if found is not None:
            v.is_type(node, v.p.types.fn(found[0], found[1]), "its type")

    return rule


def _call(what: str) -> Callable[[Verifier, int, list[int]], None]:
    def rule(v: Verifier, node: int, kids: list[int]) -> None:
        found = v.signature(node, what)
        if found is None:
            return
        params, result = found
        if what == "builtin" and BUILTINS[v.p.insts[v.body.imm[node]][1]].name == "text-cat":  # type: ignore[call-overload]
            params = (TEXT,) * max(2, len(kids))
        if len(kids) != len(params):
            v.say(node, f"takes {len(params)} operands, given {len(kids)}")
            return
        for kid, param in zip(kids, params, strict=True):
            v.is_type(kid, param, "an operand")
        v.is_type(node, result, "its type")

    return rule


def _let(v: Verifier, node: int, kids: list[int]) -> None:
    local = v.local(node)
    if local >= 0:
        v.is_type(kids[0], v.f.locals[local].type, "what is bound")
        _bind(v, node, local)
    v.is_type(node, v.body.type[kids[1]], "its type")


def _bind(v: Verifier, node: int, local: int) -> None:
    if local in v.bound:
        v.say(node, f"the local {local} is bound twice")
    v.bound.add(local)


def _do(v: Verifier, node: int, kids: list[int]) -> None:
    v.is_type(node, v.body.type[kids[-1]], "its type")


def _if(v: Verifier, node: int, kids: list[int]) -> None:
    v.is_type(kids[0], BOOL, "the condition")
    v.is_type(kids[1], v.body.type[node], "the then branch")
    v.is_type(kids[2], v.body.type[node], "the else branch")


def _logic(v: Verifier, node: int, kids: list[int]) -> None:
    for kid in kids:
        v.is_type(kid, BOOL, "an operand")
    v.is_type(node, BOOL, "its type")


def _while(v: Verifier, node: int, kids: list[int]) -> None:
    v.is_type(kids[0], BOOL, "the condition")
    v.is_type(node, UNIT, "its type")


def _for(v: Verifier, node: int, kids: list[int]) -> None:
    v.is_type(kids[0], I64, "the lower bound")
    v.is_type(kids[1], I64, "the upper bound")
    v.is_type(node, UNIT, "its type")
    local = v.local(node)
    if local >= 0:
        if v.f.locals[local].type != I64 or v.f.locals[local].mutable:
            v.say(node, "its variable is an immutable I64")
        _bind(v, node, local)


def _set(v: Verifier, node: int, kids: list[int]) -> None:
    local = v.local(node)
    if local >= 0:
        if not v.f.locals[local].mutable:
            v.say(node, f"the local {local} is not mut")
        v.is_type(kids[0], v.f.locals[local].type, "the value")
    v.is_type(node, UNIT, "its type")


def _apply(v: Verifier, node: int, kids: list[int]) -> None:
    t = v.body.type[kids[0]]
    if v.p.types.head[t] != H_FN:
        v.say(node, f"applies {v.p.types.show(t)}")
        return
    args = v.p.types.args[t]
    if len(args) != len(kids):
        v.say(node, f"takes {len(args) - 1} operands, given {len(kids) - 1}")
        return
    for kid, param in zip(kids[1:], args[:-1], strict=True):
        v.is_type(kid, param, "an operand")
    v.is_type(node, args[-1], "its type")


def _elements(head: int) -> Callable[[Verifier, int, list[int]], None]:
    def rule(v: Verifier, node: int, kids: list[int]) -> None:
        t = v.body.type[node]
        if v.p.types.head[t] != head:
            v.say(node, f"its type is {v.p.types.show(t)}")
            return
        for kid in kids:
            v.is_type(kid, v.p.types.args[t][0], "an element")

    return rule


def _record(v: Verifier, node: int, t: int) -> tuple[Ctor, tuple[int, ...]] | None:
    head = v.p.types.head[t]
    if head < H_USER or len(v.p.datas[head - H_USER].ctors) != 1:
        v.say(node, f"{v.p.types.show(t)} is not a type of one constructor")
        return None
    return v.p.datas[head - H_USER].ctors[0], v.p.types.args[t]


def _field_type(v: Verifier, node: int, record: int, index: int) -> int | None:
    found = _record(v, node, v.body.type[record])
    if found is None:
        return None
    ctor, actuals = found
    if not 0 <= index < len(ctor.fields):
        v.say(node, f"{ctor.name} has no field {index}")
        return None
    return v.p.types.substitute(ctor.fields[index], actuals)


def _field(v: Verifier, node: int, kids: list[int]) -> None:
    t = _field_type(v, node, kids[0], v.body.imm[node])
    if t is not None:
        v.is_type(node, t, "its type")


def _set_field(v: Verifier, node: int, kids: list[int]) -> None:
    index = v.body.imm[node]
    t = _field_type(v, node, kids[0], index)
    if t is not None:
        v.is_type(kids[1], t, "the value")
        found = _record(v, node, v.body.type[kids[0]])
        if found is not None and not found[0].mutable[index]:
            v.say(node, f"the field {index} is not mut")
    v.is_type(node, UNIT, "its type")


def _with(v: Verifier, node: int, kids: list[int]) -> None:
    v.is_type(node, v.body.type[kids[0]], "its type")
    index = v.body.imm[node]
    if not 0 <= index < len(v.p.field_lists):
        v.say(node, f"no field list {index}")
        return
    fields = v.p.field_lists[index]
    if len(fields) != len(kids) - 1 or len(set(fields)) != len(fields):
        v.say(node, "one value for each of its fields")
        return
    for kid, field in zip(kids[1:], fields, strict=True):
        t = _field_type(v, node, kids[0], field)
        if t is not None:
            v.is_type(kid, t, "a value")


def _box(v: Verifier, node: int, kids: list[int]) -> None:  # noqa: ARG001
    v.is_type(node, ANY, "its type")


def _unbox(v: Verifier, node: int, kids: list[int]) -> None:  # noqa: ARG001
    v.is_type(kids[0], ANY, "its operand")


def _lambda(v: Verifier, node: int, kids: list[int]) -> None:
    index = v.body.imm[node]
    if not 0 <= index < len(v.f.lambdas) or index in v.lambda_of:
        v.say(node, f"no lambda {index} of its own")
        return
    v.lambda_of.add(index)
    row = v.f.lambdas[index]
    bad = [local for local in [*row.params, *row.captures] if not 0 <= local < len(v.f.locals)]
    if bad or not row.params:
        v.say(node, "its parameters and captures are locals, and it has a parameter")
        return
    for local in row.params:
        _bind(v, node, local)
    for local in row.captures:
        if v.f.locals[local].mutable and not v.f.locals[local].cell:
            v.say(node, f"the captured mut local {local} has no cell")
    params = tuple([v.f.locals[local].type for local in row.params])
    v.is_type(node, v.p.types.fn(params, v.body.type[kids[0]]), "its type")


def _match(v: Verifier, node: int, kids: list[int]) -> None:
    for arm in kids[1:]:
        if OPS[v.body.op[arm]].name != "arm":
            v.say(node, "its kids after the first are arms")
            return
        v.is_type(arm, v.body.type[node], "an arm")
        v.is_type(v.body.children(arm)[0], v.body.type[kids[0]], "a pattern")


def _arm(v: Verifier, node: int, kids: list[int]) -> None:
    guard = v.body.imm[node]
    if guard not in (0, 1) or len(kids) != 2 + guard:
        v.say(node, "pattern, guard when imm is 1, body")
        return
    if not OPS[v.body.op[kids[0]]].pattern:
        v.say(node, "its first kid is a pattern")
    if guard:
        v.is_type(kids[1], BOOL, "the guard")
    v.is_type(node, v.body.type[kids[-1]], "its type")


def _nothing(v: Verifier, node: int, kids: list[int]) -> None:
    """Any type will do."""


def _p_bind(v: Verifier, node: int, kids: list[int]) -> None:  # noqa: ARG001
    local = v.local(node)
    if local >= 0:
        v.is_type(node, v.f.locals[local].type, "its type")
        v.bound.add(local)


def _p_list(v: Verifier, node: int, kids: list[int]) -> None:
    t = v.body.type[node]
    if v.p.types.head[t] != H_LIST:
        v.say(node, f"a list pattern of type {v.p.types.show(t)}")
    elif kids:
        v.is_type(kids[0], v.p.types.args[t][0], "the head")
        v.is_type(kids[1], t, "the tail")


def bound_in(body: Body, pattern: int) -> frozenset[int]:
    """The locals that a pattern binds."""
    found = set()
    todo = [pattern]
    while todo:
        node = todo.pop()
        if body.op[node] == CODE["p-bind"]:
            found.add(body.imm[node])
        todo.extend(body.children(node))
    return frozenset(found)


def _p_or(v: Verifier, node: int, kids: list[int]) -> None:
    wanted = bound_in(v.body, kids[0])
    for kid in kids:
        v.is_type(kid, v.body.type[node], "an alternative")
        if bound_in(v.body, kid) != wanted:
            v.say(node, "its alternatives bind different locals")


RULES: dict[str, Callable[[Verifier, int, list[int]], None]] = {
    "i64": _i64,
    "f64": _f64,
    "bool": _bool,
    "text": _text,
    "unit": _atom(UNIT),
    "local": _local,
    "local-inst": _local_inst,
    "const": _const,
    "fn": _value("fn"),
    "builtin-fn": _value("builtin"),
    "ctor-fn": _value("ctor"),
    "let": _let,
    "do": _do,
    "region": _do,
    "if": _if,
    "and": _logic,
    "or": _logic,
    "while": _while,
    "for": _for,
    "set": _set,
    "call": _call("fn"),
    "apply": _apply,
    "extern": _extern,
    "builtin": _call("builtin"),
    "make": _call("ctor"),
    "list": _elements(H_LIST),
    "array-of": _elements(H_ARRAY),
    "field": _field,
    "set-field": _set_field,
    "with": _with,
    "box": _box,
    "unbox": _unbox,
    "lambda": _lambda,
    "match": _match,
    "arm": _arm,
    "p-any": _nothing,
    "p-bind": _p_bind,
    "p-i64": _i64,
    "p-f64": _f64,
    "p-bool": _bool,
    "p-text": _text,
    "p-unit": _atom(UNIT),
    "p-ctor": _call("ctor"),
    "p-nil": _p_list,
    "p-cons": _p_list,
    "p-or": _p_or,
}
