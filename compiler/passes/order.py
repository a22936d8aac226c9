"""Which passes run, in which order, and why: one row each; and the walk over the module.

Functions are taken bottom-up over the call graph, so a callee is finished before it is copied into its
callers.  Every pass is `run(function, module) -> bool`; with `verify` the MIR verifier looks after each.
`dev` runs none of them (counts are inserted by `memory/rc.run_module` at both levels, after this).
To add a pass: its file, a row here, and a golden case in `tests/passes`.
"""

from __future__ import annotations

from compiler.passes import arrange, bounds, cleanup, dce, fold, gvn, inline, licm, loopify, recurse
from compiler.passes.calls import Calls, callees

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

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


def bottom_up(module: Module) -> list[str]:
    """Function names, callees before callers (cycles broken at the first met), deterministic."""
    done: dict[str, None] = {}
    seen: set[str] = set()
    for root in module.functions:
        if root in seen:
            continue
        seen.add(root)
        stack = [(root, iter(callees(module.functions[root])))]
        while stack:
            name, rest = stack[-1]
            following = next((c for c in rest if c not in seen and c in module.functions), None)
            if following is None:
                done[name] = None
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(callees(module.functions[following]))))
    return list(done)


def prune(module: Module) -> None:
    """Drop functions that the entry cannot reach."""
    if not module.entry:
        return
    reached = {module.entry}
    work = [module.entry]
    while work:
        function = module.functions[work.pop()]
        for block in function.blocks:
            for value in block.body:
                name = function.imm[value]
                if isinstance(name, str) and name in module.functions and name not in reached:
                    reached.add(name)
                    work.append(name)
    module.functions = {name: function for name, function in module.functions.items() if name in reached}


def optimize(module: Module, *, after: Callable[[str, Function], None] | None = None, without: str = "") -> None:
    """Run every pass, but one that is named, over every function; `after(pass name, function)` may look or verify."""
    rows = [row for row in ORDER if row[0] != without]
    names = bottom_up(module)
    calls = module.calls = Calls(module)
    for name in names:
        function = module.functions[name]
        for row, run, _ in rows:
            if run(function, module) and after is not None:
                after(row, function)
        calls.update(function)
    module.calls = None
    prune(module)


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
