"""Checks that need closed types, over finished bodies: matches, constants, tail calls; then constraints and effects.

A module's bodies are checked together, and only where the types are right, so that one mistake is not reported twice.
Each check is a function of a frame; add a new one to `check_bodies`.
"""

from __future__ import annotations

from compiler.builtins import BUILTINS
from compiler.components import strong_components
from compiler.diagnostics import Note
from compiler.hir.ops import CODE
from compiler.messages import names as say
from compiler.messages import type as say_type
from compiler.types.constraints import check_constraints
from compiler.types.effects import check_effects
from compiler.types.escape import check_escapes
from compiler.types.exhaust import examine
from compiler.types.state import Checker, FnInfo, Frame

OP_CALL, OP_LET, OP_DO, OP_IF, OP_AND, OP_OR, OP_MATCH, OP_ARM, OP_LAMBDA = (
    CODE["call"],
    CODE["let"],
    CODE["do"],
    CODE["if"],
    CODE["and"],
    CODE["or"],
    CODE["match"],
    CODE["arm"],
    CODE["lambda"],
)
OP_MAKE, OP_BUILTIN, OP_BIND = CODE["make"], CODE["builtin"], CODE["p-bind"]
CONSTANT_OPS = frozenset(
    [CODE[name] for name in ("i64", "f64", "bool", "text", "unit", "const", "make", "list", "builtin", "and", "or")]
)
MUTABLE = ("array", "byte", "text->bytes")  # what builtins of mutable data begin with
NOT_CONSTANT = frozenset([row.id for row in BUILTINS if row.capability != "pure" or row.name.startswith(MUTABLE)])


def check_bodies(c: Checker, frames: list[Frame], sound: set[int], first_const: int) -> None:
    """All checks of a module; `sound` are the functions whose bodies gave no message so far, in it or before it."""
    for f in frames:
        if f.function.id in sound:
            _check_matches(f)
    consts = {info.function.id for info in c.consts[first_const:]}
    for f in frames:
        if f.function.id in consts and f.function.id in sound:
            _check_constant(f)
    _check_const_cycles(c, frames, first_const)
    required = [f for f in frames if f.function.tail_required and f.function.id in sound]
    if required:
        groups = _call_groups(frames)
        for f in required:
            _check_tails(c, f, groups)
    good = [f for f in frames if f.function.id in sound]
    check_constraints(c, good, sound)
    for f in good:
        check_escapes(f)
    check_effects(c, frames)


def _check_matches(f: Frame) -> None:
    body = f.body
    file = f.module.file
    for node, form in f.matches:
        found = examine(f.c.program, body, node)
        if found is None:
            f.report(say.MATCH_WORK, form)
            continue
        missing, unreachable = found
        for arm in unreachable:
            pattern = body.children(arm)[0]
            f.c.sink.add(say.UNREACHABLE, file, body.start[pattern], body.end[pattern], _greedy(f, node, arm))
        if missing is not None:
            f.report(say.NOT_EXHAUSTIVE, form, missing=missing)


def _greedy(f: Frame, node: int, arm: int) -> tuple[Note, ...]:
    """A note on the arm above that takes every value because its pattern is a name: often one meant to be compared."""
    body = f.body
    for other in body.children(node)[1:]:
        if other == arm:
            break
        pattern = body.children(other)[0]
        if body.op[pattern] == OP_BIND and not body.imm[other]:
            name = f.module.file.text[body.start[pattern] : body.end[pattern]]
            text = f"`{name}` is a new name here, so this arm takes every value"
            return (Note(f.module.file, body.start[pattern], body.end[pattern], text),)
    return ()


# --- constants ---------------------------------------------------------------------------------


def _check_constant(f: Frame) -> None:
    """A constant holds only what is computed without running the program; the outermost wrong form is named."""
    body = f.body
    insts = f.c.program.insts
    todo = [f.function.root]
    while todo:
        node = todo.pop()
        op = body.op[node]
        wrong = op not in CONSTANT_OPS
        if op == OP_BUILTIN:
            wrong = insts[body.imm[node]][1] in NOT_CONSTANT
        elif op == OP_MAKE:
            target = insts[body.imm[node]][1]
            assert isinstance(target, tuple)
            wrong = True in f.c.program.datas[target[0]].ctors[target[1]].mutable
        if wrong:
            text = f.module.file.text[body.start[node] : body.end[node]]
            name = text.lstrip("(").split()[0].rstrip(")")
            f.c.sink.add(say.CONST_FORM, f.module.file, body.start[node], body.end[node], name=name)
        else:
            todo.extend(body.children(node))


def _check_const_cycles(c: Checker, frames: list[Frame], first_const: int) -> None:
    by_function = {f.function.id: f for f in frames}
    consts = c.consts[first_const:]
    # A constant of another module cannot lead back here.
    reads = [[k - first_const for k in by_function[info.function.id].reads if k >= first_const] for info in consts]
    state = [0] * len(reads)  # 0 new, 1 on the path, 2 done
    for start in range(len(reads)):
        if state[start]:
            continue
        path = [start]
        positions = [0]
        state[start] = 1
        while path:
            v = path[-1]
            if positions[-1] == len(reads[v]):
                state[v] = 2
                path.pop()
                positions.pop()
                continue
            w = reads[v][positions[-1]]
            positions[-1] += 1
            if state[w] == 0:
                state[w] = 1
                path.append(w)
                positions.append(0)
            elif state[w] == 1:
                cycle = path[path.index(w) :]
                first = cycle.index(min(cycle))
                cycle = cycle[first:] + cycle[:first]
                info = consts[cycle[0]]
                shown = " → ".join([consts[k].label for k in [*cycle, cycle[0]]])
                c.report(say.CONST_CYCLE, c.graph.modules[info.module], info.name_node, name=info.label, path=shown)


# --- tail calls --------------------------------------------------------------------------------


def tail_nodes(f: Frame) -> set[int]:
    """The nodes of a body that are in tail position, of the function or of a λ in it."""
    body = f.body
    found: set[int] = set()
    todo = [f.function.root]
    for node, op in enumerate(body.op):
        if op == OP_LAMBDA:
            todo.append(body.children(node)[0])
    while todo:
        node = todo.pop()
        found.add(node)
        op = body.op[node]
        if op in (OP_LET, OP_DO, OP_AND, OP_OR, OP_ARM):
            todo.append(body.children(node)[-1])
        elif op in (OP_IF, OP_MATCH):
            todo.extend(body.children(node)[1:])
    return found


def _call_groups(frames: list[Frame]) -> dict[int, int]:
    """Function -> number of its group: the functions that can call each other, on the way of others included."""
    position = {f.function.id: k for k, f in enumerate(frames)}
    edges = []
    for f in frames:
        callees = {use.function: None for use, _ in f.uses if use.function in position}
        edges.append([position[callee] for callee in callees])
    groups: dict[int, int] = {}
    for number, members in enumerate(strong_components(edges)):
        for member in members:
            groups[frames[member].function.id] = number
    return groups


def _check_tails(c: Checker, f: Frame, groups: dict[int, int]) -> None:
    body = f.body
    tails = tail_nodes(f)
    own = groups[f.function.id]
    for node, op in enumerate(body.op):
        if op != OP_CALL or node in tails:
            continue
        target = c.program.insts[body.imm[node]][1]
        assert isinstance(target, int)
        if groups.get(target) != own:
            continue  # it cannot come back
        label: FnInfo = c.infos[target]
        hint = "carry the rest of the work in a parameter, so that nothing is left to do after the call"
        c.sink.add(
            say_type.TAIL,
            f.module.file,
            body.start[node],
            body.end[node],
            name=label.label,
            function=f.info.label,
            advice=hint,
        )
