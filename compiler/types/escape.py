"""What goes to another actor captures no variable that can change: TYPE_ESCAPE.

A `spawn` or `send` is followed to the λ that it is given: directly, through `if`, `do`, `region`, `≔`, `match`, through
a local whose one value is a λ, and through what that λ captures in turn.  A function from elsewhere is not followed;
whatever variables it captured are copied when it goes, so actors share nothing in any case.
Runs over finished bodies, only those that use an actor's builtins.
"""

from __future__ import annotations

from compiler.builtins import BY_NAME
from compiler.diagnostics import Note
from compiler.hir.ops import CODE
from compiler.messages import type as say_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.types.state import Frame

OP_BUILTIN, OP_LOCAL, OP_SET, OP_LET, OP_LAMBDA, OP_IF, OP_DO, OP_REGION, OP_MATCH, OP_ARM = (
    CODE["builtin"],
    CODE["local"],
    CODE["set"],
    CODE["let"],
    CODE["lambda"],
    CODE["if"],
    CODE["do"],
    CODE["region"],
    CODE["match"],
    CODE["arm"],
)
OP_LOCAL_INST = CODE["local-inst"]
LEAVING = {BY_NAME["spawn"].id: 0, BY_NAME["send"].id: 1}  # which operand leaves the actor


def check_escapes(f: Frame) -> None:
    """Report each mutable variable that a λ on its way to another actor captures, once a λ."""
    if not any(use.capability == "actor" for use, _ in f.uses):
        return
    body = f.body
    values = {body.imm[node]: body.kids[body.first[node]] for node, op in enumerate(body.op) if op == OP_LET}
    reported: set[tuple[int, int]] = set()
    for node, op in enumerate(body.op):
        if op != OP_BUILTIN:
            continue
        operand = LEAVING.get(f.c.program.insts[body.imm[node]][1])  # type: ignore[call-overload]
        if operand is None:
            continue
        for function in _functions(f, body.children(node)[operand], values):
            for local in f.lambdas[body.imm[function]].captures:
                if f.locals[local].mutable and (function, local) not in reported:
                    reported.add((function, local))
                    _report(f, function, local, node)


def _functions(f: Frame, root: int, values: dict[int, int]) -> list[int]:
    """The λs that a value can be or reach by capturing, as far as the body shows."""
    body = f.body
    found: list[int] = []
    seen: set[int] = set()
    todo = [root]
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        op = body.op[node]
        if op == OP_LAMBDA:
            found.append(node)
            # A generalized λ is not captured itself: what it captures is.
            start, end = body.start[node], body.end[node]
            for inner, code in enumerate(body.op):
                if code == OP_LOCAL_INST and start <= body.start[inner] < end:
                    todo.append(inner)
            for local in f.lambdas[body.imm[node]].captures:
                if not f.locals[local].mutable and local in values:
                    todo.append(values[local])
        elif op == OP_LOCAL and not f.locals[body.imm[node]].mutable and body.imm[node] in values:
            todo.append(values[body.imm[node]])
        elif op == OP_LOCAL_INST:
            generic = f.c.program.insts[body.imm[node]][1]
            assert isinstance(generic, int)
            todo.append(values[generic])
        elif op in (OP_LET, OP_DO, OP_REGION, OP_ARM):
            todo.append(body.children(node)[-1])
        elif op in (OP_IF, OP_MATCH):
            todo.extend(body.children(node)[1:])
    return sorted(found)


def _report(f: Frame, function: int, local: int, leaves: int) -> None:
    """At the first place inside the λ that names the variable."""
    body = f.body
    start, end = body.start[function], body.end[function]
    uses = [
        (body.start[node], node)
        for node, op in enumerate(body.op)
        if op in (OP_LOCAL, OP_SET) and body.imm[node] == local and start <= body.start[node] < end
    ]
    if not uses:  # a generalized λ that is used here names it, and is reported itself
        return
    at = min(uses)[1]
    note = Note(f.module.file, body.start[leaves], body.end[leaves], "it goes to another actor here")
    name = f.locals[local].name
    f.c.sink.add(say_type.ESCAPE, f.module.file, body.start[at], body.end[at], (note,), name=name)
