"""Remove what nobody needs: unreachable blocks, unused results, unused block parameters.

    %1 = i64.add %0 %0                     (gone)
    b2(%2:i64, …) with %2 unused     ──▶   b2(…), and its predecessors pass one argument less

Needed are terminators and ops that write, call out or may panic; from there everything they use.  An allocation that
nobody uses goes too, as does a parameter that only feeds itself around a loop.  Linear.
"""

from __future__ import annotations

from compiler.mir.ops import OPS
from compiler.passes.edit import drop_unreachable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Function, Module

# Effects that no one can see when the result is unused.
_ALLOCATIONS = (
    "make",
    "any.new",
    "cell.new",
    "array.of",
    "bytes.of-text",
    "text.cat",
    "text.of-i64",
    "text.of-f64",
    "closure",
)
REMOVABLE = frozenset(row.code for row in OPS if row.effect in ("", "reads") or row.name in _ALLOCATIONS)


def run(function: Function, module: Module) -> bool:  # noqa: ARG001 - every pass has this face
    """Sweep one function; whether it changed."""
    changed = drop_unreachable(function)
    where: dict[int, tuple[int, int]] = {}  # block parameter -> (block, position)
    incoming: dict[int, list[int]] = {}
    for index, block in enumerate(function.blocks):
        for position, param in enumerate(block.params):
            where[param] = (index, position)
        for target, _ in block.succs:
            incoming.setdefault(target, []).append(index)
    needed: set[int] = set()
    work: list[int] = []
    for block in function.blocks:
        work += [value for value in block.body if function.op[value] not in REMOVABLE]
    while work:
        value = work.pop()
        if value in needed:
            continue
        needed.add(value)
        work.extend(function.args[value])
        if value in where:
            index, position = where[value]
            for pred in incoming.get(index, ()):
                work.extend(args[position] for target, args in function.blocks[pred].succs if target == index)
    for block in function.blocks:
        body = [value for value in block.body if value in needed]
        if len(body) != len(block.body):
            block.body = body
            changed = True
    for index, block in enumerate(function.blocks):
        if index and any(param not in needed for param in block.params):
            keep = [position for position, param in enumerate(block.params) if param in needed]
            block.params = [block.params[position] for position in keep]
            for pred in sorted(set(incoming.get(index, ()))):
                function.blocks[pred].succs = [
                    (target, tuple(args[position] for position in keep) if target == index else args)
                    for target, args in function.blocks[pred].succs
                ]
            changed = True
    return changed
