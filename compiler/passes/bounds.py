"""Remove bounds checks that cannot fail: an index that counts up from a non-negative start and is below the length.

    b1(%i) branch (i64.lt %i %n) b2() b3()
    b2() check.bounds %i %n                ──▶   (gone)
         %j = i64.add %i 1 … jump b1(%j)

Non-negative: constants from 0, lengths, masks, remainders and sums of such whose upper bound is known, and loop
parameters that begin non-negative and grow by at most a constant while something bounds them from above.
Below: a branch on `i64.lt` (or its mirror) that dominates the check, or a check already passed with a smaller length.
Facts are looked up along the dominator tree; each check costs its depth.
Source: the counting case of Bodík, Gupta and Sarkar, "ABCD", PLDI 2000.
"""

from __future__ import annotations

from compiler.ir.graph import dominators, predecessors, reverse_postorder
from compiler.mir.ops import CODE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Function, Module

CHECK, BRANCH, I64 = CODE["check.bounds"], CODE["branch"], CODE["const.i64"]
# comparison -> (which operand is the lesser, which the greater, whether that holds when it is true)
LESS = {
    CODE["i64.lt"]: (0, 1, True),
    CODE["i64.gt"]: (1, 0, True),
    CODE["i64.ge"]: (0, 1, False),
    CODE["i64.le"]: (1, 0, False),
}
_LENGTHS = ("array.len", "bytes.len", "text.len", "list.len")
LENGTHS = frozenset(CODE[name] for name in _LENGTHS)
NEVER_NEGATIVE = LENGTHS | {
    CODE[name] for name in ("tag", "text.byte", "bytes.get", "i64.popcount", "i64.clz", "i64.ctz")
}
ADD, AND, SHR, REM, MIN, MAX = (CODE["i64." + n] for n in ("add", "and", "shr", "rem", "min", "max"))
DEEPEST = 8


class Facts:
    """What branches and checks say about one function's integers."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.order = reverse_postorder(function)
        self.idom = dominators(function, self.order)
        self.preds = predecessors(function)
        self.home: dict[int, tuple[int, int]] = {}
        for index in self.order:
            block = function.blocks[index]
            for param in block.params:
                self.home[param] = (index, -1)
            for position, value in enumerate(block.body):
                self.home[value] = (index, position)
        # Strict upper bounds by block: (index value, bound value, position in the block).
        self.below: dict[int, list[tuple[int, int, int]]] = {}
        for index in self.order:
            facts = self.below[index] = []
            if len(self.preds[index]) == 1:
                pred = function.blocks[self.preds[index][0]]
                end = pred.body[-1]
                if function.op[end] == BRANCH:
                    test = function.args[end][0]
                    shape = LESS.get(function.op[test])
                    taken = pred.succs[0][0] == index
                    if shape is not None and shape[2] == taken:
                        facts.append((function.args[test][shape[0]], function.args[test][shape[1]], -1))
            for position, value in enumerate(function.blocks[index].body):
                if function.op[value] == CHECK:
                    facts.append((*function.args[value], position))  # type: ignore[arg-type]

    def known(self, value: int) -> int | None:
        return self.function.imm[value] if self.function.op[value] == I64 else None

    def bounds(self, value: int, block: int, position: int) -> list[int]:
        """Values that `value` is strictly below at this point."""
        found = []
        while True:
            for index, bound, at in self.below[block]:
                if index == value and at < position:
                    found.append(bound)
            if block == 0:
                return found
            block, position = self.idom[block], 1 << 60

    def non_negative(self, value: int, assumed: frozenset[int] = frozenset(), depth: int = 0) -> bool:
        """Whether a value is never below 0 wherever it is defined."""
        if value in assumed:
            return True
        if depth > DEEPEST:
            return False
        function = self.function
        op = function.op[value]
        if op == I64:
            return bool(function.imm[value] >= 0)
        if op in NEVER_NEGATIVE:
            return True
        args = function.args[value]
        if op in (AND, MAX):
            return any(self.non_negative(arg, assumed, depth + 1) for arg in args)
        if op in (MIN,):
            return all(self.non_negative(arg, assumed, depth + 1) for arg in args)
        if op == REM:
            return self.non_negative(args[0], assumed, depth + 1)
        if op == SHR:
            by = self.known(args[1])
            return by is not None and by & 63 != 0
        if op == ADD:
            return self.no_overflow(value, args) and all(self.non_negative(arg, assumed, depth + 1) for arg in args)
        home = self.home.get(value)
        if op >= 0 or home is None or home[0] == 0:
            return False
        block = home[0]
        place = function.blocks[block].params.index(value)
        given = [
            args[place]
            for pred in dict.fromkeys(self.preds[block])
            for target, args in function.blocks[pred].succs
            if target == block
        ]
        return all(self.non_negative(arg, assumed | {value}, depth + 1) for arg in given)

    def no_overflow(self, value: int, args: tuple[int, ...]) -> bool:
        """Whether x + c cannot wrap: c is small and x is below something that is an I64."""
        home = self.home.get(value)
        if home is None:
            return False
        for x, c in (args, args[::-1]):
            step = self.known(c)
            if step is None or step < 0:
                continue
            for bound in self.bounds(x, *home):
                # x < bound, so x + 1 fits; a larger step needs a bound that leaves room: a length does.
                if step <= 1 or (step < 1 << 31 and self.function.op[bound] in LENGTHS):
                    return True
                top = self.known(bound)
                if top is not None and top + step < 1 << 63:
                    return True
        return False

    def below_length(self, index: int, length: int, block: int, position: int) -> bool:
        """Whether index < length at this point."""
        top = self.known(length)
        value = self.known(index)
        if value is not None and top is not None:
            return value < top
        if top is not None:
            function = self.function
            op, args = function.op[index], function.args[index]
            if op == AND and any((k := self.known(arg)) is not None and 0 <= k < top for arg in args):
                return True
            if op == REM and (k := self.known(args[1])) is not None and 0 < k <= top:
                return True
        for bound in self.bounds(index, block, position):
            if bound == length:
                return True
            limit = self.known(bound)
            if limit is not None and top is not None and limit <= top:
                return True
        return False


def run(function: Function, module: Module) -> bool:  # noqa: ARG001 - every pass has this face
    """Remove checks that hold; whether there were any."""
    if not any(function.op[value] == CHECK for block in function.blocks for value in block.body):
        return False
    facts = Facts(function)
    unit = CODE["const.unit"]
    holds: list[int] = []
    for index in facts.order:
        for position, value in enumerate(function.blocks[index].body):
            if function.op[value] == CHECK:
                number, length = function.args[value]
                if facts.below_length(number, length, index, position) and facts.non_negative(number):
                    holds.append(value)
    for value in holds:
        function.op[value], function.args[value], function.imm[value] = unit, (), None
    return bool(holds)
