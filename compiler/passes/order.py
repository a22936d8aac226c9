"""Which passes run, in which order, and why: one row each; and the walk over the module.

Functions are taken bottom-up, so a callee is finished before it is copied into its callers: components of functions
that name each other, after all that they name.  What becomes of a component is a matter of it and what is below,
wherever in a program it lies, so that it can be kept (`compiler/incremental/optimize.py`, adr/0022).  Every pass is
`run(function, module) -> bool`; with `verify` the MIR verifier looks after each.  `dev` runs none of them (counts are
inserted by `memory/rc.run_module` at both levels, after this).
To add a pass: its file, a row here, and a golden case in `tests/passes`.
"""

from __future__ import annotations

from compiler.mir.mentions import among, mentions
from compiler.passes import arrange, bounds, cleanup, dce, fold, gvn, inline, licm, loopify, recurse
from compiler.passes.calls import Calls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from compiler.ir.function import Function, Module

    Run = Callable[[Function, Module], bool]

# fmt: off
ORDER: tuple[tuple[str, Run, str], ...] = (
    ("cleanup", cleanup.run, "lowering leaves empty blocks and idle parameters"),
    ("fold", fold.run, "known closures become direct calls before inlining looks for calls"),
    ("dce", dce.run, "the budget of inlining counts what is really there"),
    ("inline", inline.run, "callees are finished; everything below sees their bodies"),
    ("cleanup", cleanup.run, "copied bodies are glued with jumps"),
    ("fold", fold.run, "arguments of copied bodies are often constants, closures or fresh objects"),
    ("inline", inline.run, "calls of closures that folding made direct"),
    ("loopify", loopify.run, "self tail calls become loops for what follows"),
    ("cleanup", cleanup.run, "folding made branches jumps; loops get rid of parameters that never change"),
    ("gvn", gvn.run, "equal lengths and checks become one, branches teach constants"),
    ("fold", fold.run, "what branches taught becomes constants and straight jumps"),
    ("cleanup", cleanup.run, "blocks decided by folding go"),
    ("recurse", recurse.run, "what is left of a small recursive function can be copied into itself"),
    ("cleanup", cleanup.run, "the copies' calls became jumps"),
    ("gvn", gvn.run, "copies test what their callers already know"),
    ("fold", fold.run, "those tests"),
    ("cleanup", cleanup.run, "and their branches"),
    ("licm", licm.run, "lengths and invariant arithmetic leave loops, so bounds sees one length"),
    ("gvn", gvn.run, "what several loops hoisted is the same value"),
    ("bounds", bounds.run, "lengths are shared and outside loops now"),
    ("dce", dce.run, "checks and copies leave unused values behind"),
    ("cleanup", cleanup.run, "and empty blocks"),
    ("arrange", arrange.run, "copies and preheaders were appended at the end"),
)
# fmt: on


def bottom_up(module: Module) -> list[list[str]]:
    """Functions that name each other, together; such components after all that they name."""
    return among({name: mentions(function) for name, function in module.functions.items()})


def within(to: dict[str, list[str]]) -> list[str]:
    """The order inside a component: what is named before who names it, from the least name on.

    A circle is broken where it closes.  Only names and bodies decide, not what else the program has.
    """
    if len(to) == 1:
        return list(to)
    done: dict[str, None] = {}
    seen: set[str] = set()
    for root in sorted(to):
        if root in seen:
            continue
        seen.add(root)
        stack = [(root, iter(to[root]))]
        while stack:
            name, rest = stack[-1]
            following = next((each for each in rest if each in to and each not in seen), None)
            if following is None:
                done[name] = None
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(to[following])))
    return list(done)


def prune(module: Module) -> None:
    """Drop functions that the entry cannot reach."""
    if not module.entry:
        return
    reached = {module.entry}
    work = [module.entry]
    while work:
        for name in mentions(module.functions[work.pop()]):
            if name in module.functions and name not in reached:
                reached.add(name)
                work.append(name)
    module.functions = {name: function for name, function in module.functions.items() if name in reached}


def optimize(module: Module, *, after: Callable[[str, Function], None] | None = None, without: str = "") -> None:
    """Run every pass, but one that is named, over every function; `after(pass name, function)` may look or verify."""
    rows = [row for row in ORDER if row[0] != without]
    recursive: set[str] = set()
    for names in bottom_up(module):
        recursive |= component(module, names, recursive, rows, after)
    prune(module)


def component(
    module: Module,
    names: list[str],
    recursive: Collection[str] = frozenset(),
    rows: Iterable[tuple[str, Run, str]] = ORDER,
    after: Callable[[str, Function], None] | None = None,
) -> set[str]:
    """Run the passes over a component; all that its functions name besides is finished, and these are `recursive`.

    What comes out depends on these functions and on those that inlining copies, which `module.below` finds when they
    are not in the module.  Gives those of the component that are recursive when it is finished.
    """
    calls = module.calls = Calls(module, names, recursive)
    calls.unfinished.update(names)
    for name in within({name: mentions(module.functions[name]) for name in names}):
        function = module.functions[name]
        for row, run, _ in rows:
            if run(function, module) and after is not None:
                after(row, function)
        calls.update(function)
        calls.unfinished.remove(name)
    module.calls = None
    return {name for name in names if calls.is_recursive(name)}


def checked(module: Module) -> Callable[[str, Function], None]:
    """An `after` that verifies: raises AssertionError naming the pass, with the function's text."""
    from compiler.ir.text import print_function
    from compiler.mir.ops import MIR
    from compiler.mir.verify import verify_function

    def look(row: str, function: Function) -> None:
        problems = verify_function(function, module)
        if problems:
            text = print_function(function, MIR, module.places)
            raise AssertionError(f"after {row}: " + "\n".join(problems) + "\n" + text)

    return look
