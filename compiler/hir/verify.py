"""Problems of a HIR program: everything the levels below may rely on, checked node by node.

`verify(program)` gives a list of sentences, empty when the program is right.  Here are the tables, the shape of a body,
where patterns and arms may stand, and which locals are bound where; what each op asks is in `verify_ops.py`.
Knows nothing of inference: it trusts no type.
"""

from __future__ import annotations

from compiler.hir.ops import OPS
from compiler.hir.verify_ops import RULES, Verifier, bound_in, closed
from compiler.types.core import BOOL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.hir.program import Function, Program

MINIMUM = {"0": (0, 0), "1": (1, 1), "2": (2, 2), "3": (3, 3), "1+": (1, -1), "2+": (2, -1), "any": (0, -1)}


def verify(program: Program) -> list[str]:
    """All problems of the program, as sentences."""
    problems: list[str] = []
    _verify_tables(program, problems)
    for function in program.functions:
        _verify_function(program, function, problems)
    return problems


def _verify_tables(program: Program, problems: list[str]) -> None:
    names: set[str] = set()
    for k, function in enumerate(program.functions):
        if function.id != k:
            problems.append(f"{function.name}: its id is {function.id}, its place {k}")
        if function.name in names:
            problems.append(f"{function.name}: two functions have this name")
        names.add(function.name)
    if not -1 <= program.main < len(program.functions):
        problems.append(f"main: no function {program.main}")
    for const in program.consts:
        if not 0 <= const.function < len(program.functions):
            problems.append(f"{const.name}: no function {const.function}")
        elif program.functions[const.function].params or program.functions[const.function].result != const.type:
            problems.append(f"{const.name}: its initializer has another type")
    for test in program.tests:
        if not 0 <= test.function < len(program.functions):
            problems.append(f"test {test.title}: no function {test.function}")
        elif program.functions[test.function].params or program.functions[test.function].result != BOOL:
            problems.append(f"test {test.title}: its body is no Bool")
    for k, data in enumerate(program.datas):
        if data.id != k:
            problems.append(f"{data.name}: its id is {data.id}, its place {k}")
        for ctor in data.ctors:
            if len(ctor.mutable) != len(ctor.fields) or len(ctor.names) not in (0, len(ctor.fields)):
                problems.append(f"{data.name}: {ctor.name} names or marks not all of its fields")
            for field in ctor.fields:
                closed(program, field, data.vars, f"{data.name}: a field of {ctor.name}", problems)


def _verify_function(program: Program, function: Function, problems: list[str]) -> None:
    body = function.body
    count = len(body.op)
    columns = (body.type, body.start, body.end, body.imm, body.first, body.count)
    if any(len(column) != count for column in columns):
        problems.append(f"{function.name}: columns of different length")
        return
    if not 0 <= function.root < count:
        problems.append(f"{function.name}: no root {function.root}")
        return
    if len(function.numeric) != function.vars:
        problems.append(f"{function.name}: numeric marks for {len(function.numeric)} of {function.vars} variables")
        return
    variables = function.vars + len(function.inner)
    fine = closed(program, function.result, function.vars, f"{function.name}: its result", problems)
    for row in function.locals:
        fine &= closed(program, row.type, variables, f"{function.name}: the local {row.name}", problems)
    checked: set[int] = set()
    for t in body.type:
        if t not in checked:
            checked.add(t)
            fine &= closed(program, t, variables, f"{function.name}: the type of a node", problems)
    if not fine:
        return
    v = Verifier(program, function, problems)
    for local in function.params:
        if not 0 <= local < len(function.locals) or local in v.bound:
            problems.append(f"{function.name}: its parameters are different locals")
            return
        v.bound.add(local)
    parents = [0] * count
    length = len(function.file.text)
    for node in range(count):
        if not 0 <= body.op[node] < len(OPS):
            v.say(node, f"no op {body.op[node]}")
            return
        if not 0 <= body.start[node] <= body.end[node] <= length:
            v.say(node, "its place is outside the file")
        first, size = body.first[node], body.count[node]
        low, high = MINIMUM[OPS[body.op[node]].kids]
        if not 0 <= first <= first + size <= len(body.kids) or size < low or size > high >= 0:
            v.say(node, f"has {size} kids, not {OPS[body.op[node]].kids}")
            return
        for kid in body.kids[first : first + size]:
            if not 0 <= kid < node:
                v.say(node, f"its kid {kid} does not come before it")
                return
            parents[kid] += 1
    for node in range(count):
        _verify_place(v, node)
        RULES[OPS[body.op[node]].name](v, node, body.children(node))
        if parents[node] > 1 or (node == function.root and parents[node]):
            v.say(node, "has several parents")
    if body.type[function.root] != function.result:
        v.say(function.root, "the body and the result differ in type")
    _verify_uses(v)


def _verify_place(v: Verifier, node: int) -> None:
    """Patterns stand in arms and patterns, arms in matches, and nothing else does."""
    op = OPS[v.body.op[node]]
    for k, kid in enumerate(v.body.children(node)):
        inner = OPS[v.body.op[kid]]
        wants_pattern = op.pattern or (op.name == "arm" and k == 0)
        wants_arm = op.name == "match" and k > 0
        if inner.pattern != wants_pattern or (inner.name == "arm") != wants_arm:
            v.say(node, f"its kid {kid} ({inner.name}) cannot stand there")


def captures_of(v: Verifier, inst: int) -> list[int]:
    """What the lambda of a generalized local captures; nothing where that is wrong otherwise."""
    local = v.p.insts[inst][1] if 0 <= inst < len(v.p.insts) else None
    if not isinstance(local, int) or not 0 <= local < len(v.f.locals):
        return []
    generic = v.f.locals[local].generic
    return v.f.lambdas[generic].captures if 0 <= generic < len(v.f.lambdas) else []


def _verify_uses(v: Verifier) -> None:
    """Every local that is read or assigned is bound where it is used; inside a lambda, captured too."""
    body = v.body
    scopes: list[set[int]] = [set(v.f.params)]
    # A step is a node to visit, or what to undo on the way back: (locals to unbind) or None to leave a lambda.
    todo: list[int | tuple[int, ...] | None] = [v.f.root]
    names = [row.name for row in OPS]
    while todo:
        step = todo.pop()
        if step is None:
            scopes.pop()
            continue
        if isinstance(step, tuple):
            if step[0] >= 0:
                scopes[-1].difference_update(step)
            else:
                scopes[-1].update(step[1:])  # -1 marks locals to bind
            continue
        name = names[body.op[step]]
        kids = body.children(step)
        imm = body.imm[step]
        if name in ("local", "set") and imm not in scopes[-1]:
            v.say(step, f"the local {imm} is not bound here")
        if name == "local-inst":
            outside = [local for local in captures_of(v, imm) if local not in scopes[-1]]
            if outside:
                v.say(step, f"its lambda captures {outside[0]}, which is not bound here")
        if name in ("let", "for"):
            todo.extend([(imm,), kids[-1], (-1, imm), *kids[:-1]])
        elif name == "lambda" and 0 <= imm < len(v.f.lambdas):
            row = v.f.lambdas[imm]
            outside = [local for local in row.captures if local not in scopes[-1]]
            if outside:
                v.say(step, f"captures {outside[0]}, which is not bound here")
            scopes.append({*row.params, *row.captures})
            todo.extend([None, kids[0]])
        elif name == "arm":
            bound = tuple(sorted(bound_in(body, kids[0])))
            scopes[-1].update(bound)
            if bound:
                todo.append(bound)
            todo.extend(kids[1:])
        elif name == "match":
            todo.extend(kids[1:])
            todo.append(kids[0])
        else:
            todo.extend(kids)
