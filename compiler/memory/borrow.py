"""Decide which parameters a function only looks at, so that its callers keep them and no count moves.

    check t = … check (field t 0) …        dup, dup, drop a node   ──▶   nothing

A parameter is borrowed when nothing in its function consumes it (stores, returns, passes it on as owned or as a
block argument).  A function whose address is taken, and the entry, own all their parameters: their callers do
not know them.  A tail call leaves no frame to keep an argument alive, so what it lends must be
borrowed itself, or read out of such a value through immutable fields.  Greatest fixed point over what
`uses_of` finds in each function, which needs no code again; linear in the uses for each round, and rounds are few.
Writes the attribute `borrows`.
"""

from __future__ import annotations

from compiler.ir.function import PARAM
from compiler.mir.ops import CODE, is_ref
from compiler.mir.owns import OWNS, STEADY, is_static

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Function, Module

CALL, TAILCALL = CODE["call"], CODE["tailcall"]
TAKES_ADDRESS = frozenset((CODE["const.fn"], CODE["closure"], CODE["region.closure"]))
# Ops that say nothing of references: neither calls nor addresses, and what they are given is only looked at.
QUIET = frozenset(
    code for code, letters in enumerate(OWNS) if "o" not in letters and code not in {CALL, TAILCALL, *TAKES_ADDRESS}
)


STATIC, OTHER = -1, -2  # roots that are no parameter


class Uses:
    """What one function does with its references, apart from its code: plain data, fit to be kept.

    A *root* is what a value was read out of through immutable fields: a parameter of the function or of a block,
    `STATIC`, or `OTHER`.
    """

    __slots__ = ("calls", "consumed", "edges", "given", "params", "refs", "taken")

    def __init__(self) -> None:
        self.params: dict[int, int] = {}  # the parameter values and their numbers
        self.refs: set[int] = set()  # numbers of the parameters that are references
        self.consumed: set[int] = set()  # of these, what the function itself consumes
        self.taken: set[str] = set()  # functions whose address it takes
        # Whether it is a tail call, the callee, and of each argument its parameter number (-1: none) and root.
        self.calls: list[tuple[bool, str, tuple[tuple[int, int], ...]]] = []
        self.edges: list[tuple[int, int]] = []  # (parameter number, block parameter it is given to)
        self.given: dict[int, list[int]] = {}  # reference parameters of blocks: the roots of what they are given


def uses_of(function: Function) -> Uses:
    """The facts of one function."""
    uses = Uses()
    number = uses.params = {value: k for k, value in enumerate(function.params)}
    uses.refs = {k for value, k in number.items() if is_ref(function.type[value])}

    ops, args_of, blocks = function.op, function.args, function.blocks

    def root(value: int) -> int:
        while ops[value] in STEADY:
            value = args_of[value][0]
        return value if ops[value] == PARAM else STATIC if is_static(function, value) else OTHER

    for block in blocks:
        for target, args in block.succs:
            if not args:
                continue
            for param, arg in zip(blocks[target].params, args, strict=True):
                if is_ref(function.type[param]):
                    uses.given.setdefault(param, []).append(root(arg))
                if arg in number:
                    uses.edges.append((number[arg], param))
        for value in block.body:
            code = ops[value]
            if code in QUIET:
                continue
            args = args_of[value]
            if code in (CALL, TAILCALL):
                given = tuple([(number.get(arg, -1), root(arg)) for arg in args])
                uses.calls.append((code == TAILCALL, function.imm[value], given))
                continue
            if code in TAKES_ADDRESS:
                uses.taken.add(function.imm[value])
            letters = OWNS[code]
            for k, arg in enumerate(args):
                if arg in number and letters[min(k, len(letters) - 1)] == "o":
                    uses.consumed.add(number[arg])
    return uses


def solve(uses: dict[str, Uses], entry: str) -> dict[str, set[int]]:
    """The numbers of the parameters that each function of a program borrows."""
    taken = {entry}.union(*[each.taken for each in uses.values()])
    borrows = {name: set() if name in taken else each.refs - each.consumed for name, each in uses.items()}
    work = list(uses)
    while work:
        again: dict[str, None] = {}
        for name in work:
            for lost in _round(name, uses[name], borrows):
                again[lost] = None
        # Whoever lost a borrowed parameter, and its callers, must look again.
        work = [name for name in uses if name in again or any(callee in again for _, callee, _ in uses[name].calls)]
    return borrows


def infer(module: Module) -> None:
    """Set `borrows` on every function that borrows a parameter."""
    borrows = solve({name: uses_of(function) for name, function in module.functions.items()}, module.entry)
    for name, function in module.functions.items():
        if borrows[name]:
            function.attrs["borrows"] = tuple(sorted(borrows[name]))
        else:
            function.attrs.pop("borrows", None)


def _held(uses: Uses, borrowed: set[int]) -> set[int]:
    """The borrowed parameters, and the block parameters that are only ever given values held by them."""
    held = {value for value, number in uses.params.items() if number in borrowed}
    held.update(uses.given)
    held.add(STATIC)
    changed = True
    while changed:
        changed = False
        for param, roots in uses.given.items():
            if param in held and not all(root in held for root in roots):
                held.discard(param)
                changed = True
    return held


def _round(name: str, uses: Uses, borrows: dict[str, set[int]]) -> list[str]:
    """Take away what this function shows to be wrong; the functions that lost a parameter."""
    mine = borrows[name]
    lost: list[str] = []
    size = -1
    held: set[int] = set()
    while size != len(mine):
        size = len(mine)
        held = _held(uses, mine)
        mine.difference_update(number for number, param in uses.edges if param not in held)
        for _, callee, given in uses.calls:
            lent = borrows.get(callee, set())
            mine.difference_update(number for k, (number, _) in enumerate(given) if k not in lent and number >= 0)
        if size != len(mine):
            lost.append(name)
    for is_tail, callee, given in uses.calls:
        if is_tail:
            lent = borrows.get(callee, set())
            for k, (_, root) in enumerate(given):
                if k in lent and root not in held:
                    lent.discard(k)
                    lost.append(callee)
    return lost
