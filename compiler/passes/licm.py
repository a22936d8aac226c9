"""Move what a loop computes again and again, but always alike, in front of it.

    b1(%i) …                               %5 = array.len %a       (before the loop)
    b2() %5 = array.len %a           ──▶   b1(%i) …
         … jump b1(%7)

Only ops that cannot panic, trap or read past an object's end may run although the loop's body might not: plain
arithmetic, lengths, tags.  What may only run where it stands (`field` needs its tag checked, `text.byte` its index)
moves only out of the header, which runs whenever the loop is reached.  Constants move along when something needs them,
not for themselves.  Inner loops first, so values travel outwards.  Linear for each loop.
"""

from __future__ import annotations

from compiler.ir.graph import dominators, loops, predecessors, reverse_postorder
from compiler.mir.ops import CODE, OPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Function, Module
    from compiler.ir.graph import Loop

JUMP = CODE["jump"]
CONSTANTS = frozenset(row.code for row in OPS if row.name.startswith("const."))
# Pure, yet meaningful only where a check above allows it, or too slow to run in vain.
GUARDED = frozenset(CODE[name] for name in ("field", "text.byte", "list.len", "text.find", "text.lt", "f64.rem"))
FREE = frozenset(row.code for row in OPS if row.effect == "" and row.code not in GUARDED) - CONSTANTS


class Flow:
    """A function's shape, kept right while blocks are put in front of loops."""

    def __init__(self, function: Function) -> None:
        self.function = function
        order = reverse_postorder(function)
        self.rank: dict[int, float] = {block: number for number, block in enumerate(order)}
        self.preds = predecessors(function)
        self.loops = loops(function, order, dominators(function, order))  # inner ones first
        self.around: dict[int, Loop | None] = {}  # header -> the loop around its loop
        innermost: dict[int, Loop] = {}
        for loop in reversed(self.loops):
            self.around[loop.header] = innermost.get(loop.header)
            innermost.update(dict.fromkeys(loop.blocks, loop))

    def preheader(self, loop: Loop) -> int:
        """The block that runs just before the loop, made if there is none."""
        function = self.function
        outside = [pred for pred in self.preds[loop.header] if pred not in loop.blocks]
        if len(outside) == 1 and len(function.blocks[outside[0]].succs) == 1:
            return outside[0]
        made = function.block()
        params = tuple(function.param(made, function.type[param]) for param in function.blocks[loop.header].params)
        for pred in sorted(set(outside)):
            block = function.blocks[pred]
            block.succs = [(made if target == loop.header else target, given) for target, given in block.succs]
        function.emit(made, JUMP, "")
        function.blocks[made].succs = [(loop.header, params)]
        self.preds.append(outside)
        self.preds[loop.header] = [pred for pred in self.preds[loop.header] if pred in loop.blocks] + [made]
        self.rank[made] = self.rank[loop.header] - 0.5
        outer = self.around[loop.header]
        while outer is not None:
            outer.blocks.add(made)
            outer = self.around[outer.header]
        return made


def _hoist(flow: Flow, loop: Loop) -> bool:
    function = flow.function
    inside: set[int] = set()
    for index in loop.blocks:
        inside.update(function.blocks[index].params)
        inside.update(function.blocks[index].body)
    moved: list[int] = []
    for index in sorted(loop.blocks, key=flow.rank.__getitem__):
        for value in function.blocks[index].body:
            op = function.op[value]
            if op not in FREE and not (op in GUARDED and index == loop.header):
                continue
            constants = [arg for arg in function.args[value] if arg in inside]
            if all(function.op[arg] in CONSTANTS for arg in constants):
                for needed in (*dict.fromkeys(constants), value):
                    moved.append(needed)
                    inside.discard(needed)
    if not moved:
        return False
    gone = set(moved)
    for index in loop.blocks:
        block = function.blocks[index]
        if any(value in gone for value in block.body):
            block.body = [value for value in block.body if value not in gone]
    function.blocks[flow.preheader(loop)].body[-1:-1] = moved
    return True


def run(function: Function, module: Module) -> bool:  # noqa: ARG001 - every pass has this face
    """Hoist out of every loop; whether the function changed."""
    flow = Flow(function)
    changed = False
    for loop in flow.loops:
        changed = _hoist(flow, loop) or changed
    return changed
