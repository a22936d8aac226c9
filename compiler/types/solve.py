"""The end of a recursion group: generalize its signatures and close the types of its bodies.

What is still unknown in a signature becomes a type variable; what is unknown in a body alone is not
observable and becomes I64 or Unit.  After this no open type is left in the group's HIR.
"""

from __future__ import annotations

from compiler.messages import backend
from compiler.types.core import INNER, MAX_PARTS, MAX_VARIABLES
from compiler.types.records import resolve_all
from compiler.types.state import NUMERIC, Checker, FnInfo, Frame


def finish_group(c: Checker, frames: list[Frame], reported: int) -> bool:
    """Generalize and close; True when the bodies are fit for later checks: nothing reported in them, no error type.

    `reported` is how many messages the sink held before the group.  After a message, what stayed open in a signature
    is of no use to callers and becomes the error type.
    """
    while any(f.deferred for f in frames):
        progress = False
        for f in frames:
            progress = resolve_all(f, False) or progress
        if not progress:
            for f in frames:
                resolve_all(f, True)
    failed = len(c.sink.items) > reported
    u = c.unifier
    open_infos = [f.info for f in frames if not f.info.ready]
    metas: list[int] = []
    seen: set[int] = set()
    for info in open_infos:
        if not is_main(c, info):
            for t in (*info.params, info.result):
                u.metas(t, metas, seen)
    if len(metas) > MAX_VARIABLES and not failed:
        failed = True
        info = open_infos[0]
        c.report(backend.MANY_VARIABLES, frames[0].module, info.name_node, name=info.label)
    needs = []
    for index, meta in enumerate(metas):
        needs.append(NUMERIC if u.numeric[~meta] else 0)
        u.link[~meta] = u.error if failed else c.program.types.var(index)
    count = 0 if failed else len(metas)
    parts = u.types.parts
    large: list[FnInfo] = []
    for info in open_infos:
        info.vars = count
        info.needs = list(needs[:count])
        if failed:
            info.params = tuple([u.error if u.has_error(t) else u.solved(t) for t in info.params])
            info.result = u.error if u.has_error(info.result) else u.solved(info.result)
        else:
            info.params = tuple([u.solved(t) for t in info.params])
            info.result = u.solved(info.result)
            if parts[info.result] > MAX_PARTS or any(parts[t] > MAX_PARTS for t in info.params):
                large.append(info)
        info.ready = True
    # A mistake in a signature was reported before: the body is silent about it, and still not fit for later checks.
    tainted = bool(c.sink.items) and u.has_error(*[t for f in frames for t in f.body.type if t < 0])
    for f in frames:
        _close(f, failed or tainted)
    for info in large:  # no caller may take such a type apart
        if len(c.sink.items) == reported:
            c.report(backend.LARGE_TYPE, frames[0].module, info.name_node)
        info.params = tuple([u.error for _ in info.params])
        info.result = u.error
        info.vars = 0
        info.needs = []
    return not (failed or tainted) and len(c.sink.items) == reported


def is_main(c: Checker, info: FnInfo) -> bool:
    """Whether this is the program's main: its type is fixed, so it does not generalize."""
    return c.graph.complete and info.label == "main" and info.module == len(c.graph.modules) - 1


def _close(f: Frame, failed: bool) -> None:
    u = f.u
    types = f.body.type
    solved = u.solved
    parts = u.types.parts
    # A body has few distinct types: each is closed and measured once.
    closed_types = {t: solved(t) for t in dict.fromkeys(types)}
    if min(closed_types, default=0) < 0:
        types[:] = map(closed_types.__getitem__, types)
    if not failed:
        large = {t for t in closed_types.values() if parts[t] > MAX_PARTS}
        if large:
            node = next(node for node, t in enumerate(types) if t in large)  # once a body
            f.c.sink.add(backend.LARGE_TYPE, f.module.file, f.body.start[node], f.body.end[node])
    for local in f.locals:
        if local.type < 0:
            local.type = solved(local.type)
    program = f.c.program
    own: tuple[int, ...] | None = None
    for node, what, target, actuals in f.insts:
        if actuals is None:
            if own is None:
                own = tuple([program.types.var(i) for i in range(f.info.vars)])
            closed = own
        else:
            args = []
            for t in actuals:
                args.append(solved(t))
            closed = tuple(args)
        f.body.imm[node] = program.inst(what, target, closed)
    info = f.info
    function = info.function
    function.vars = info.vars
    function.result = max(info.result, 0)
    if f.inner_needs:
        _number_inner(f)


def _number_inner(f: Frame) -> None:
    """Let the type variables of generalized λs follow the function's own, now that these are counted."""
    program, body = f.c.program, f.body
    first, to = INNER, f.info.vars
    known: dict[int, int] = {}
    renumber = program.types.renumber
    body.type[:] = [renumber(t, first, to, known) for t in body.type]
    for local in f.locals:
        local.type = renumber(local.type, first, to, known)
    for node, what, target, _ in f.insts:
        actuals = program.insts[body.imm[node]][2]
        body.imm[node] = program.inst(what, target, tuple([renumber(t, first, to, known) for t in actuals]))
