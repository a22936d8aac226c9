"""Capabilities: what a function may do, declared by (cap …) or inferred over the call graph.

A function's effect is what its builtins need and what the functions it mentions do, called or given away alike.
Functions with (cap …) count as they declare, and must keep to it.  A store into data that the
function did not make is the effect `store`: no capability names it, and only pure functions are held to it.

Whose data it is, is judged simply: a local is the function's own when every value it is given is a new
array, Bytes or record (`array`, `array-of`, `array-copy`, `bytes`, a constructor, `with`), or another such local.
A call of a function that stores into its arguments is harmless when every array or record handed to it is the caller's
own and flat.
"""

from __future__ import annotations

from compiler.builtins import BY_NAME
from compiler.hir.ops import CODE
from compiler.messages import type as say_type
from compiler.types.core import H_ANY, H_ARRAY, H_BYTES, H_FN, H_USER, H_VAR
from compiler.types.state import Checker, FnInfo, Frame, Use

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.diagnostics import Note

STORE = "store"
NONE: frozenset[str] = frozenset()
MAKERS = frozenset([CODE["make"], CODE["array-of"], CODE["with"]])
OP_LOCAL, OP_LET, OP_SET, OP_IF, OP_DO, OP_REGION, OP_BUILTIN = (
    CODE["local"],
    CODE["let"],
    CODE["set"],
    CODE["if"],
    CODE["do"],
    CODE["region"],
    CODE["builtin"],
)
NEW_ARRAYS = frozenset([BY_NAME[name].id for name in ("array", "array-copy", "bytes", "bytes-slice", "text->bytes")])


def check_effects(c: Checker, frames: list[Frame]) -> None:
    """Infer what a module's functions do not declare, and report what goes beyond what they do."""
    for f in frames:
        _judge_stores(f)
        f.info.uses = [use for use, _ in f.uses]
    _infer(c, frames)
    effects = c.effects
    for f in frames:
        info = f.info
        f.function.caps = effects[f.function.id] if info.caps is None else info.caps
        if info.caps is not None:
            _hold_to(c, f, info, info.caps, effects)


def _infer(c: Checker, frames: list[Frame]) -> None:
    """Enter each function's effect, as its callers see it, beside those of the modules before."""
    effects = c.effects
    effects += [NONE] * (len(c.infos) - len(effects))
    callers: dict[int, list[tuple[int, bool]]] = {}
    for f in frames:
        info = f.info
        number = f.function.id
        if info.caps is not None:
            effects[number] = info.caps
        else:
            own = {use.capability for use in info.uses if use.capability}
            effects[number] = frozenset(own)
            for use in info.uses:
                if use.function >= 0:
                    callers.setdefault(use.function, []).append((number, use.owned))
    todo = [callee for callee in callers if effects[callee]]
    while todo:
        callee = todo.pop()
        effect = effects[callee]
        for caller, owned in callers.get(callee, ()):
            added = effect - {STORE} if owned else effect
            if not added <= effects[caller]:
                effects[caller] = effects[caller] | added
                todo.append(caller)


def _hold_to(c: Checker, f: Frame, info: FnInfo, caps: frozenset[str], effects: list[frozenset[str]]) -> None:
    from compiler.diagnostics import Note

    notes: tuple[Note, ...] = ()
    if info.cap_node >= 0:
        at = info.cap_node
        notes = (Note(f.module.file, f.start[at], f.end[at], "declared here"),)
    for use in info.uses:
        needs = _needs(use, effects) - caps
        if caps:
            needs -= {STORE}  # only pure functions are held to stores
        if not needs:
            continue
        if use.capability == STORE:
            c.sink.add(say_type.STORE, f.module.file, use.start, use.end, notes, name=use.name, function=info.label)
            continue
        listed = sorted(needs)
        words = ["a store into its arguments" if need == STORE else need for need in listed]
        wanted = [need for need in listed if need != STORE]
        if wanted:
            hint = f"declare it: (cap {' '.join(sorted({*caps, *wanted}))}), or leave the call to the caller"
        else:
            hint = "give it a copy of your own (array-copy), or drop (cap pure)"
        c.sink.add(
            say_type.EFFECT,
            f.module.file,
            use.start,
            use.end,
            notes,
            name=use.name,
            needs=" and ".join(words),
            function=info.label,
            advice=hint,
        )


def _needs(use: Use, effects: list[frozenset[str]]) -> frozenset[str]:
    if use.function < 0:
        return frozenset([use.capability])
    effect = effects[use.function]
    return effect - {STORE} if use.owned else effect


# --- whose data is it --------------------------------------------------------------------------


def _judge_stores(f: Frame) -> None:
    """Turn stores into data of others into uses, and mark the calls that get only the caller's own data."""
    if not f.stores and not any(node >= 0 for _, node in f.uses):
        return
    body = f.body
    storable = f.c.storable
    types = body.type
    found: set[int] | None = None if not f.stores else _own_locals(f)
    for node, form, name in f.stores:
        assert found is not None
        if node < 0 or not _is_new(f, node, found):
            f.uses.append((Use(name, STORE, -1, f.start[form], f.end[form]), -1))
    for use, node in f.uses:
        if node >= 0:
            use.owned = True
            for kid in body.children(node):
                if storable.get(types[kid]) is False:
                    continue  # the common case
                if found is None and can_store(f.c, types[kid]):
                    found = _own_locals(f)
                if found is not None and not _harmless(f, kid, found):
                    use.owned = False
                    break
    f.uses.sort(key=lambda pair: (pair[0].start, pair[0].end))


def _own_locals(f: Frame) -> set[int]:
    """The locals whose every value is new: the greatest set that fits itself."""
    body = f.body
    given: dict[int, list[int]] = {}
    own: set[int] = set()
    for node, op in enumerate(body.op):
        if op == OP_LET:
            own.add(body.imm[node])
            given.setdefault(body.imm[node], []).append(body.kids[body.first[node]])
        elif op == OP_SET:
            given.setdefault(body.imm[node], []).append(body.kids[body.first[node]])
    readers: dict[int, list[int]] = {}  # local -> locals that are given it, whose answer hangs on its own
    for local in own:
        for value in given[local]:
            for source in _results(f, value):
                if body.op[source] == OP_LOCAL:
                    readers.setdefault(body.imm[source], []).append(local)
    todo = list(own)
    while todo:
        local = todo.pop()
        if local in own and not all(_is_new(f, value, own) for value in given[local]):
            own.discard(local)
            todo.extend(readers.get(local, ()))
    return own


def _results(f: Frame, node: int) -> list[int]:
    """The nodes whose value the node's value is: through `let`, `do`, `region` and the branches of `if`."""
    body = f.body
    found = []
    todo = [node]
    while todo:
        node = todo.pop()
        op = body.op[node]
        if op in (OP_LET, OP_DO, OP_REGION):
            todo.append(body.children(node)[-1])
        elif op == OP_IF:
            todo.extend(body.children(node)[1:])
        else:
            found.append(node)
    return found


def _is_new(f: Frame, node: int, own: set[int]) -> bool:
    body = f.body
    for source in _results(f, node):
        op = body.op[source]
        if op == OP_LOCAL:
            if body.imm[source] not in own:
                return False
        elif op == OP_BUILTIN:
            if f.c.program.insts[body.imm[source]][1] not in NEW_ARRAYS:
                return False
        elif op not in MAKERS:
            return False
    return True


def _harmless(f: Frame, node: int, own: set[int]) -> bool:
    """Whether a callee that stores into this argument disturbs nobody but the caller."""
    t = f.body.type[node]
    if t < 0 or not can_store(f.c, t):  # below 0 is a type with a mistake in it, which is reported
        return True
    types = f.c.program.types
    head = types.head[t]
    if head == H_BYTES:
        flat = True
    elif head == H_ARRAY:
        flat = not can_store(f.c, types.args[t][0])
    elif head >= H_USER:
        ctors = f.c.program.datas[head - H_USER].ctors
        fields = [types.substitute(field, types.args[t]) for ctor in ctors for field in ctor.fields if field >= 0]
        flat = not any(can_store(f.c, field) for field in fields)
    else:
        flat = False
    return flat and _is_new(f, node, own)


def can_store(c: Checker, t: int) -> bool:
    """Whether something can be stored into a value of the type, at any depth; not where the type has a mistake."""
    if t < 0:
        return False
    known = c.storable.get(t)
    if known is None:
        known = c.storable[t] = _can_store(c, t)
    return known


def _can_store(c: Checker, t: int) -> bool:
    types = c.program.types
    seen = {t}
    todo = [t]
    while todo:
        t = todo.pop()
        head = types.head[t]
        if head in (H_ANY, H_ARRAY, H_BYTES, H_VAR, H_FN):
            return True
        more = list(types.args[t])
        if head >= H_USER:
            for ctor in c.program.datas[head - H_USER].ctors:
                if True in ctor.mutable:
                    return True
                more.extend([field for field in ctor.fields if field >= 0 and types.head[field] != H_VAR])
        for part in more:
            if part not in seen:
                seen.add(part)
                todo.append(part)
    return False
