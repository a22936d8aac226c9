"""Types that would never end: functions and types that need themselves at ever larger types.

    (ƒ f (n x) (if (= n 0) 0 (f (- n 1) (list x))))         f at a, (List a), (List (List a)), …

Code is made for every set of type arguments, so there must be few.  Type variables are the nodes of a graph; where
`f` uses `g` at a type, an edge leads from each variable of `f` in it to the variable of `g` it stands for, and the
edge grows when the type is more than that variable.  A growing edge on a circle never ends (the check is exact for
functions that are used); without one, the largest type that can arrive is found by going through the graph once.
Fields of user types are edges in the same way.  Linear in the uses of generic functions.
"""

from __future__ import annotations

from compiler.messages import backend
from compiler.types.core import H_USER, H_VAR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.diagnostics import SourceFile
    from compiler.types.state import Checker, Frame

LIMIT = 5000  # parts of a type that a function or type is needed at

Node = tuple[bool, int, int]  # whether of a type, which function or type, which variable


class Edge:
    """A use of `target` with `type`, at a place; `source` is one of the variables in the type."""

    __slots__ = ("end", "file", "grows", "name", "source", "start", "target", "type")

    def __init__(self, source: Node, target: Node, type: int, grows: bool, place: tuple[SourceFile, int, int]) -> None:  # noqa: A002
        self.source = source
        self.target = target
        self.type = type
        self.grows = grows
        self.file, self.start, self.end = place


def check_growth(c: Checker, uses: list[Edge]) -> None:
    """Report each circle of uses that makes types larger, and uses that make them too large.

    `uses` are the `function_edges` of all modules.
    """
    edges = [*uses, *_data_edges(c)]
    if not any(edge.grows for edge in edges):
        return
    leaving: dict[Node, list[Edge]] = {}
    for edge in edges:
        leaving.setdefault(edge.source, []).append(edge)
    order = _components(leaving)  # callers before callees, members of a circle with one number
    endless = False
    for edge in edges:
        if edge.grows and order[edge.source] == order[edge.target]:
            endless = True
            c.sink.add(backend.ENDLESS, edge.file, edge.start, edge.end, name=_name(c, edge.target))
    if not endless:
        _sizes(c, edges, order)


def _name(c: Checker, node: Node) -> str:
    if node[0]:
        return c.program.types.user_names[node[1]]
    return c.infos[node[1]].label


def _variables(c: Checker, t: int, known: dict[int, dict[int, int]]) -> dict[int, int]:
    """How often each variable occurs in a type."""
    found = known.get(t)
    if found is None:
        types = c.program.types
        if types.head[t] == H_VAR:
            found = {types.args[t][0]: 1}
        else:
            found = {}
            for part in types.args[t]:
                for variable, count in _variables(c, part, known).items():
                    found[variable] = found.get(variable, 0) + count
        known[t] = found
    return found


def function_edges(c: Checker, frames: list[Frame]) -> list[Edge]:
    """The uses of generic functions and generalized λs in these bodies."""
    edges = []
    known: dict[int, dict[int, int]] = {}
    heads = c.program.types.head
    for f in frames:
        body = f.body
        for node, what, _target, _actuals in f.insts:
            if what not in ("fn", "local"):
                continue
            _, target, actuals = c.program.insts[body.imm[node]]
            assert isinstance(target, int)
            first = 0
            if what == "local":  # a generalized λ: its type variables follow its function's
                first = f.info.vars + f.lambdas[f.locals[target].generic].first
                target = f.function.id
            place = (f.module.file, body.start[node], body.end[node])
            for number, t in enumerate(actuals):
                grows = heads[t] != H_VAR
                for variable in _variables(c, t, known):
                    source = (False, f.function.id, variable)
                    edges.append(Edge(source, (False, target, first + number), t, grows, place))
    return edges


def _data_edges(c: Checker) -> list[Edge]:
    edges = []
    known: dict[int, dict[int, int]] = {}
    types = c.program.types
    for info in c.data_infos:
        if not info.data.vars or info.module < 0:
            continue
        module = c.graph.modules[info.module]
        place = (module.file, module.forms.peek("start", info.node), module.forms.peek("end", info.node))
        todo = [field for ctor in info.data.ctors for field in ctor.fields if field >= 0]
        seen = set(todo)
        while todo:
            t = todo.pop()
            head = types.head[t]
            for number, part in enumerate(types.args[t]) if head != H_VAR else ():
                if part not in seen:
                    seen.add(part)
                    todo.append(part)
                if head >= H_USER:
                    for variable in _variables(c, part, known):
                        grows = types.head[part] != H_VAR
                        edges.append(
                            Edge((True, info.data.id, variable), (True, head - H_USER, number), part, grows, place)
                        )
    return edges


def _components(leaving: dict[Node, list[Edge]]) -> dict[Node, int]:
    """A number for each node, the same on a circle, smaller for what leads than for what it leads to: Tarjan's."""
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    result: dict[Node, int] = {}
    stack: list[Node] = []
    for start in leaving:
        if start in index:
            continue
        index[start] = low[start] = len(index)
        stack.append(start)
        work = [(start, 0)]
        while work:
            node, at = work.pop()
            edges = leaving.get(node, [])
            if at:
                low[node] = min(low[node], low[edges[at - 1].target])
            while at < len(edges):
                target = edges[at].target
                at += 1
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    work += [(node, at), (target, 0)]
                    break
                if target not in result:
                    low[node] = min(low[node], index[target])
            else:
                if low[node] == index[node]:
                    number = -len(result)
                    while True:
                        member = stack.pop()
                        result[member] = number
                        if member == node:
                            break
    return result


def _sizes(c: Checker, edges: list[Edge], order: dict[Node, int]) -> None:
    """Follow the largest types from callers to callees; a circle only hands on what it gets."""
    known: dict[int, dict[int, int]] = {}
    sizes: dict[int, int] = {}  # component -> parts
    for edge in sorted(edges, key=lambda edge: order[edge.source]):
        if order[edge.source] == order[edge.target]:
            continue
        is_type, owner, _ = edge.source
        inside = _variables(c, edge.type, known)
        size = c.program.types.parts[edge.type]
        for variable, count in inside.items():
            component = order.get((is_type, owner, variable))
            size += count * ((sizes.get(component, 1) if component is not None else 1) - 1)
        before = sizes.get(order[edge.target], 1)
        if size > LIMIT >= max(before, sizes.get(order[edge.source], 1)):  # once, not for all that follows from it
            c.sink.add(backend.LARGE_INSTANCE, edge.file, edge.start, edge.end, name=_name(c, edge.target))
        sizes[order[edge.target]] = max(before, size)
