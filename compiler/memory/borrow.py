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
from compiler.mir.owns import OWNS, is_static

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Function, Module

CALL, TAILCALL = CODE["call"], CODE["tailcall"]
TAKES_ADDRESS = frozenset((CODE["const.fn"], CODE["closure"]))
STEADY = frozenset((CODE["field"], CODE["list.cell"], CODE["capture"]))


def _held(function: Function, value: int, borrowed: set[int]) -> bool:
    """Whether a value outlives this function's frame without a count of its own."""
    while function.op[value] in STEADY:
        value = function.args[value][0]
    if is_static(function, value):
        return True
    params = function.params
    return value in params and params.index(value) in borrowed


def infer(module: Module) -> None:
    """Set `borrows` on every function that borrows a parameter."""
    taken = {module.entry}
    for function in module.functions.values():
        for block in function.blocks:
            for value in block.body:
                if function.op[value] in TAKES_ADDRESS:
                    taken.add(function.imm[value])
    borrows: dict[str, set[int]] = {}
    sites: dict[str, list[tuple[int, str, tuple[int, ...]]]] = {}  # calls: (op, callee, arguments)
    for name, function in module.functions.items():
        if name in taken:
            borrows[name] = set()
            sites[name] = []
        else:
            borrows[name] = {k for k, v in enumerate(function.params) if is_ref(function.type[v])}
        number = {value: k for k, value in enumerate(function.params)}
        calls = sites.setdefault(name, [])
        for block in function.blocks:
            for _, args in block.succs:
                borrows[name].difference_update(number[arg] for arg in args if arg in number)
            for value in block.body:
                code = function.op[value]
                args = function.args[value]
                if code in (CALL, TAILCALL):
                    calls.append((code, function.imm[value], args))
                    continue
                letters = OWNS[code]
                for k, arg in enumerate(args):
                    if arg in number and letters[min(k, len(letters) - 1)] == "o":
                        borrows[name].discard(number[arg])
    changed = True
    while changed:
        changed = False
        for name, calls in sites.items():
            function = module.functions[name]
            mine = borrows[name]
            number = {value: k for k, value in enumerate(function.params)}
            for code, callee, args in calls:
                lent = borrows.get(callee, set())
                for k, arg in enumerate(args):
                    if not is_ref(function.type[arg]):
                        continue
                    if code == TAILCALL and k in lent and not _held(function, arg, mine):
                        lent.discard(k)
                        changed = True
                    if k not in lent and number.get(arg, -1) in mine:
                        mine.discard(number[arg])
                        changed = True
    for name, function in module.functions.items():
        if borrows[name]:
            function.attrs["borrows"] = tuple(sorted(borrows[name]))
        else:
            function.attrs.pop("borrows", None)
