"""The type checker: a graph of modules in, a typed program (HIR) or diagnostics out.

    declare ─▶ infer, one recursion group after the other ─▶ close ─▶ exhaustiveness ─▶ constraints ─▶ effects, tails

A module is finished before one that imports it is begun: nothing flows against an import but the sizes of types
(`growth.py`), which come last.  Each step has its file in this folder.  Functions with a ∷ are known before any body
is read; those without are inferred callees first, mutually recursive ones together.  Does not run or lower anything.
"""

from __future__ import annotations

import sys

from compiler.components import strong_components
from compiler.messages import names as say
from compiler.messages import type as say_type
from compiler.syntax.forms import LIST, SYMBOL
from compiler.types.after import check_bodies
from compiler.types.core import I64, UNIT
from compiler.types.declare import declare_module, declare_prelude, unique_prefixes
from compiler.types.expr import sequence
from compiler.types.growth import check_growth, function_edges
from compiler.types.solve import finish_group
from compiler.types.special import SPECIAL, bind_params
from compiler.types.state import FN, Checker, FnInfo, Frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.diagnostics import Sink
    from compiler.hir.program import Program
    from compiler.modules.module import Graph
    from compiler.types.growth import Edge
    from compiler.types.state import DataInfo, Name

    Base = tuple[dict[int, Name], dict[int, DataInfo]]

# The reader allows 10,000 levels; a level costs a few frames here, and frames of pure Python live on the heap.
FRAMES = 400_000


def check(graph: Graph, sink: Sink, look: Callable[[Checker], None] | None = None) -> Program | None:
    """The program, or None when something was reported; `look` may see the checker's state before it goes."""
    before = sys.getrecursionlimit()
    reported = len(sink.items)
    sys.setrecursionlimit(FRAMES)
    try:
        c = Checker(graph, sink)
        _check(c)
        if look is not None:
            look(c)
    finally:
        sys.setrecursionlimit(before)
    if len(sink.items) > reported:
        order = {id(module.file): k for k, module in enumerate(graph.modules)}
        new = sorted(sink.items[reported:], key=lambda d: (order.get(id(d.file), -1), d.start, d.end))
        sink.items[reported:] = new
        return None
    return c.program


def need_main(program: Program, graph: Graph, sink: Sink) -> bool:
    """Whether the program can be run; reports at the start of the root file when it has no main."""
    if program.main >= 0:
        return True
    file = graph.modules[-1].file
    sink.add(say.MISSING_MAIN, file, 0, 0)
    return False


def _check(c: Checker) -> None:
    base = begin(c)
    prefixes = unique_prefixes(c)
    c.program.files = [module.file for module in c.graph.modules]
    sound: set[int] = set()
    uses: list[Edge] = []
    for index, prefix in enumerate(prefixes):
        uses += check_module(c, index, prefix, base, sound)
        c.graph.modules[index].forms.rest()
    main_of(c)
    if len(sound) == len(c.infos):
        check_growth(c, uses)


def begin(c: Checker) -> Base:
    """Enter what every module has; the result is what `check_module` wants."""
    c.special = {c.word(word): handler for word, handler in SPECIAL.items()}
    return declare_prelude(c)


def check_module(c: Checker, index: int, prefix: str, base: Base, sound: set[int]) -> list[Edge]:
    """Check a module whose imports are checked; gives its uses of generic functions.

    Functions whose bodies gave no message join `sound`.
    """
    first_const = len(c.consts)
    infos = declare_module(c, index, prefix, base)
    open_ones = [info for info in infos if not info.ready]
    frames: list[Frame] = []
    for group in _groups(c, open_ones):
        frames.extend(_infer_group(c, group, sound))
    for info in infos:
        if info.declared:
            frames.extend(_infer_group(c, [info], sound))
    frames.sort(key=lambda f: f.function.id)
    check_bodies(c, frames, sound, first_const)
    return function_edges(c, frames)


def _infer_group(c: Checker, group: list[FnInfo], sound: set[int]) -> list[Frame]:
    reported = len(c.sink.items)
    c.unifier.rigid_numeric.clear()
    c.group = group
    frames = []
    for info in group:
        f = Frame(c, info)
        frames.append(f)
        trail: list[tuple[int, int]] = []
        if not info.nullary and not info.extern:
            info.function.params = bind_params(f, info.param_nodes, list(info.params), trail)
        if info.extern:
            from compiler.types import extern

            info.function.root = extern.body(f)
            continue
        info.function.root = sequence(f, info.body, info.node, info.result)
    if finish_group(c, frames, reported):
        sound.update([info.function.id for info in group])
    for info in group:
        if info.declared:
            for variable in c.unifier.rigid_numeric:
                if variable < len(info.needs):  # a signature with mistakes in it lends its variables to its callers
                    info.needs[variable] |= 1
    return frames


def main_of(c: Checker) -> int:
    """The program's main, -1 when there is none; the last module has been checked."""
    if c.graph.complete:
        _find_main(c)
    return c.program.main


def _find_main(c: Checker) -> None:
    root = len(c.graph.modules) - 1
    name = c.module_names[root].own_values.get(c.word("main"))
    if name is None or name.kind != FN:
        return
    info = name.target
    assert isinstance(info, FnInfo)
    u = c.unifier
    c.program.main = info.function.id
    if u.has_error(info.result):
        return
    if not info.nullary or info.result not in (I64, UNIT):
        found = u.show(u.fn(info.params, info.result))
        if info.params == (UNIT,):
            found += " with a named parameter"
        c.report(say_type.MAIN_TYPE, c.graph.modules[root], info.name_node, found=found)


def _groups(c: Checker, infos: list[FnInfo]) -> list[list[FnInfo]]:
    """Mutually recursive functions together, callees before callers."""
    members = {info.function.id: k for k, info in enumerate(infos)}
    edges = [_mentions(c, info, members) for info in infos]
    return [[infos[k] for k in component] for component in strong_components(edges)]


def _mentions(c: Checker, info: FnInfo, members: dict[int, int]) -> list[int]:
    """Which of the members a body mentions, shadowed names included: that costs generality at worst."""
    forms = c.graph.modules[info.module].forms
    values = c.module_names[info.module].values
    found: dict[int, None] = {}
    todo = list(info.body)
    kind = forms.kind
    while todo:
        n = todo.pop()
        if kind[n] == LIST:
            first = forms.data[n]
            todo.extend(forms.kids[first : first + forms.count[n]])
        elif kind[n] == SYMBOL:
            name = values.get(forms.data[n])
            if name is not None and name.kind == FN:
                target = name.target
                assert isinstance(target, FnInfo)
                member = members.get(target.function.id)
                if member is not None:
                    found[member] = None
    return list(found)
