"""What a generic function asks of its type variables, carried from callee to caller.

Arithmetic asks for I64 or F64, `=` and `show` for values without functions inside.  A variable of a function that is
handed to such a variable asks the same, so the demands flow through the calls until nothing changes.
Works on finished bodies; linear in the number of generic uses.
"""

from __future__ import annotations

from compiler.builtins import BUILTINS
from compiler.hir.ops import CODE
from compiler.messages import type as say_type
from compiler.types.core import F64, H_ACTOR, H_FN, H_USER, H_VAR, I64
from compiler.types.state import COMPARED, NUMERIC, Checker, Frame
from compiler.types.typeform import builtin_info

OPAQUE = {H_FN: say_type.COMPARES_FUNCTIONS, H_ACTOR: say_type.COMPARES_ACTORS}
NOT_ASKED = say_type.MISMATCH  # a row that `opaque` never gives
USES = frozenset([CODE["call"], CODE["fn"], CODE["builtin"], CODE["builtin-fn"], CODE["local-inst"]])
BOX, UNBOX = CODE["box"], CODE["unbox"]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.diagnostics import Kind


class Demands:
    """The demands of one program on the way to their fixed point."""

    __slots__ = ("_opaque", "c", "dependants", "todo")

    def __init__(self, c: Checker) -> None:
        self.c = c
        self.dependants: dict[tuple[int, int], list[tuple[Frame, int, int]]] = {}
        self.todo: list[tuple[int, int, int]] = []
        self._opaque: dict[int, Kind | None] = {}

    def demand(self, f: Frame, node: int, actual: int, bit: int, name: str) -> None:
        """The type must satisfy the demand; a variable passes it on to the function's callers."""
        types = self.c.program.types
        if bit == NUMERIC:
            if types.head[actual] == H_VAR:
                self._mark(f, types.args[actual][0], bit)
            elif actual not in (I64, F64):
                self.refuse(say_type.NOT_NUMERIC, f, node, name, actual)
            return
        opaque = self.opaque(actual)
        if opaque is not None:
            self.refuse(opaque, f, node, name, actual)
            return
        todo = [actual]
        while todo:
            t = todo.pop()
            if types.head[t] == H_VAR:
                self._mark(f, types.args[t][0], bit)
            else:
                todo.extend(types.args[t])

    def _mark(self, f: Frame, variable: int, bit: int) -> None:
        needs, at = f.info.needs, variable
        if variable >= f.info.vars:
            needs, at = f.inner_needs, variable - f.info.vars
        if at < len(needs) and not needs[at] & bit:
            needs[at] |= bit
            self.todo.append((f.function.id, variable, bit))

    def refuse(self, kind: Kind, f: Frame, node: int, name: str, actual: int) -> None:
        body = f.body
        found = self.c.program.types.show(actual)
        hint = ""
        if kind is say_type.NOT_NUMERIC:
            from compiler.types.advice import numeric

            hint = numeric(found, name)
        self.c.sink.add(kind, f.module.file, body.start[node], body.end[node], name=name, found=found, advice=hint)

    def opaque(self, t: int) -> Kind | None:
        """What is wrong with looking into values of the type: they can have a function or an actor inside."""
        known = self._opaque.get(t, NOT_ASKED)
        if known is not NOT_ASKED:
            return known
        types = self.c.program.types
        found = None
        seen = {t}
        todo = [t]
        while todo and found is None:
            part = todo.pop()
            head = types.head[part]
            found = OPAQUE.get(head)
            parts = [] if head == H_VAR else list(types.args[part])
            if head >= H_USER:
                ctors = self.c.program.datas[head - H_USER].ctors
                parts += [field for ctor in ctors for field in ctor.fields if field >= 0]  # below 0: a mistake in it
            for inner in reversed(parts):
                if inner not in seen:
                    seen.add(inner)
                    todo.append(inner)
        self._opaque[t] = found
        return found


def check_constraints(c: Checker, frames: list[Frame], sound: set[int]) -> None:
    """Carry the demands of a module to their fixed point; reports types that do not satisfy one.

    `sound` are the functions, of this module and of those before it, whose demands are to be trusted.
    """
    state = Demands(c)
    insts = c.program.insts
    for f in frames:
        body = f.body
        for node, op in enumerate(body.op):
            if op not in USES:
                if op == BOX:  # what is in an Any can be compared and shown
                    state.demand(f, node, body.type[body.children(node)[0]], COMPARED, "(: … Any)")
                elif op == UNBOX and state.opaque(body.type[node]) is not None:
                    state.refuse(say_type.THE_TYPE, f, node, "the", body.type[node])
                continue
            what, target, actuals = insts[body.imm[node]]
            if not actuals or not isinstance(target, int):
                continue
            if what == "builtin":
                info = builtin_info(c, BUILTINS[target])
                for actual, need in zip(actuals, info.needs, strict=True):
                    if need & COMPARED:
                        state.demand(f, node, actual, COMPARED, info.row.name)
            elif what == "local":
                first = f.info.vars + f.lambdas[f.locals[target].generic].first
                for k, actual in enumerate(actuals):
                    state.dependants.setdefault((f.function.id, first + k), []).append((f, node, actual))
            else:
                for k, actual in enumerate(actuals):
                    state.dependants.setdefault((target, k), []).append((f, node, actual))
    for f in frames:
        for k, need in enumerate([*f.info.needs, *f.inner_needs]):
            for bit in (NUMERIC, COMPARED):
                if need & bit:
                    state.todo.append((f.function.id, k, bit))
    own = {f.function.id for f in frames}
    for function, variable in state.dependants:
        if function not in own and function in sound:  # of another module, where its demands are final
            need = c.infos[function].needs[variable]
            state.todo += [(function, variable, bit) for bit in (NUMERIC, COMPARED) if need & bit]
    done: set[tuple[int, int, int]] = set()
    while state.todo:
        item = state.todo.pop()
        if item in done:
            continue
        done.add(item)
        function, variable, bit = item
        for f, node, actual in state.dependants.get((function, variable), ()):
            what, target, _ = insts[f.body.imm[node]]
            local = f.locals[target].name if what == "local" and isinstance(target, int) else ""
            state.demand(f, node, actual, bit, local or c.infos[function].label)
    for f in frames:
        f.function.inner = [bool(need & NUMERIC) for need in f.inner_needs]
        f.function.numeric = [bool(need & NUMERIC) for need in f.info.needs]
