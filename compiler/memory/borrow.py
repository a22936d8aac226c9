"""Decide which parameters a function only looks at, so that its callers keep them and no count moves.

    check t = … check (field t 0) …        dup, dup, drop a node   ──▶   nothing

A parameter is borrowed when nothing in its function consumes it (stores, returns, passes it on as owned or as a
block argument).  A function whose address is taken, and the entry, own all their parameters: their callers do
not know them.  A tail call leaves no frame to keep an argument alive, so what it lends must be
borrowed itself, or read out of such a value through immutable fields.  Greatest fixed point over the module; linear in
the uses for each round, and rounds are few.  Writes the attribute `borrows`.
"""

from __future__ import annotations

from compiler.mir.ops import CODE, is_ref
from compiler.mir.owns import OWNS, held_params, is_held

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Function, Module

CALL, TAILCALL = CODE["call"], CODE["tailcall"]
TAKES_ADDRESS = frozenset((CODE["const.fn"], CODE["closure"], CODE["region.closure"]))


class _Uses:
    """What one function does with its references: fixed facts, and calls whose meaning is still open."""

    def __init__(self, function: Function) -> None:
        self.number = {value: k for k, value in enumerate(function.params)}
        self.consumed: set[int] = set()  # parameter numbers
        self.calls: list[tuple[int, str, tuple[int, ...]]] = []
        self.edges: list[tuple[int, int]] = []  # (parameter number, block parameter it is given to)
        for block in function.blocks:
            for target, args in block.succs:
                for param, arg in zip(function.blocks[target].params, args, strict=True):
                    if arg in self.number:
                        self.edges.append((self.number[arg], param))
            for value in block.body:
                code = function.op[value]
                args = function.args[value]
                if code in (CALL, TAILCALL):
                    self.calls.append((code, function.imm[value], args))
                    continue
                letters = OWNS[code]
                for k, arg in enumerate(args):
                    if arg in self.number and letters[min(k, len(letters) - 1)] == "o":
                        self.consumed.add(self.number[arg])


def infer(module: Module) -> None:
    """Set `borrows` on every function that borrows a parameter."""
    taken = {module.entry}
    for function in module.functions.values():
        for block in function.blocks:
            for value in block.body:
                if function.op[value] in TAKES_ADDRESS:
                    taken.add(function.imm[value])
    uses = {name: _Uses(function) for name, function in module.functions.items()}
    borrows: dict[str, set[int]] = {}
    for name, function in module.functions.items():
        refs = {k for k, value in enumerate(function.params) if is_ref(function.type[value])}
        borrows[name] = set() if name in taken else refs - uses[name].consumed
    work = list(module.functions)
    while work:
        again: dict[str, None] = {}
        for name in work:
            for lost in _round(module.functions[name], uses[name], borrows):
                again[lost] = None
        # Whoever lost a borrowed parameter, and its callers, must look again.
        work = [
            name
            for name in module.functions
            if name in again or any(callee in again for _, callee, _ in uses[name].calls)
        ]
    for name, function in module.functions.items():
        if borrows[name]:
            function.attrs["borrows"] = tuple(sorted(borrows[name]))
        else:
            function.attrs.pop("borrows", None)


def _round(function: Function, uses: _Uses, borrows: dict[str, set[int]]) -> list[str]:
    """Take away what this function shows to be wrong; the functions that lost a parameter."""
    mine = borrows[function.name]
    lost: list[str] = []
    size = -1
    held: set[int] = set()
    while size != len(mine):
        size = len(mine)
        held = held_params(function, mine)
        mine.difference_update(number for number, param in uses.edges if param not in held)
        for _, callee, args in uses.calls:
            lent = borrows.get(callee, set())
            mine.difference_update(
                uses.number[arg] for k, arg in enumerate(args) if k not in lent and arg in uses.number
            )
        if size != len(mine):
            lost.append(function.name)
    for code, callee, args in uses.calls:
        if code == TAILCALL:
            lent = borrows.get(callee, set())
            for k, arg in enumerate(args):
                if k in lent and not is_held(function, arg, held):
                    lent.discard(k)
                    lost.append(callee)
    return lost
