"""Compute each value once: equal pure ops under the dominator share the first result, and branches teach.

    %3 = i64.add %0 %1                     %3 = i64.add %0 %1
    %4 = i64.add %1 %0                ──▶  (uses of %4 become %3)
    branch %c b1() b2()                    within b1, %c is true; in b2, false
    switch #[0] (tag %x) b1() b2()         within b1, tag %x is 0

One table scoped by the dominator tree, keys are (op, type, immediate, argument numbers) with sorted arguments where
the op commutes.  `check.bounds` and division merge with an identical one above: it already did not panic.
Reads of mutable slots are shared only within an extended basic block and under one version of their
container's type; a store gives its slot's new value to later reads; a call gives every slot a new version.
Linear in instructions.  Source: Briggs, Cooper and Simpson, "Value numbering", 1997.
"""

from __future__ import annotations

from compiler.ir.graph import children, dominators, predecessors, reverse_postorder
from compiler.mir.ops import CODE, OPS, is_ref
from compiler.passes.edit import substitute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.ir.function import Function, Layout, Module

MERGED_PANICS = frozenset((CODE["check.bounds"], CODE["i64.div"], CODE["i64.rem"], CODE["list.cell"]))
PURE = frozenset(row.code for row in OPS if row.effect == "") | MERGED_PANICS
LOADS = frozenset((CODE["array.get"], CODE["field.mut"], CODE["cell.get"]))
# store -> (the load that reads the same slot, which arguments address it)
STORES = {
    CODE["array.set"]: (CODE["array.get"], 2),
    CODE["field.set"]: (CODE["field.mut"], 1),
    CODE["cell.set"]: (CODE["cell.get"], 1),
}
CALLS = frozenset((CODE["call"], CODE["call.closure"]))
COMMUTES = tuple(row.commutes for row in OPS)
BOOL, I64, UNIT = CODE["const.bool"], CODE["const.i64"], CODE["const.unit"]
EQUAL, DIFFERENT = CODE["i64.eq"], CODE["i64.ne"]
BRANCH, SWITCH = CODE["branch"], CODE["switch"]


class _Scope:
    """What holds in one block: keys to undo, and the memory version."""

    __slots__ = ("added", "facts", "next")

    def __init__(self, kids: list[int]) -> None:
        self.added: list[Any] = []
        self.facts: list[tuple[int, int | None]] = []
        self.next = iter(kids)


class Numbering:
    def __init__(self, function: Function, layouts: dict[str, Layout]) -> None:
        self.function = function
        self.layouts = layouts
        self.order = reverse_postorder(function)
        self.idom = dominators(function, self.order)
        self.preds = predecessors(function)
        # The number of an edge to each block: the edge, where there is only one.
        self.way = [0] * len(function.blocks)
        for block in function.blocks:
            for number, (target, _) in enumerate(block.succs):
                self.way[target] = number
        self.table: dict[Any, int] = {}
        self.replaced: dict[int, int] = {}
        self.facts: dict[int, int] = {}  # value -> constant value that it equals here
        self.version: dict[str, int] = {}  # container type -> version
        self.ends: dict[int, tuple[int, dict[str, int]]] = {}  # block -> versions at its end
        self.epoch = 0
        self.clock = 0
        self.new_constants: list[int] = []

    def walk(self) -> bool:
        kids = children(self.idom, self.order)
        stack = [self.enter(0, kids[0])]
        while stack:
            scope = stack[-1]
            block = next(scope.next, None)
            if block is not None:
                stack.append(self.enter(block, kids[block]))
                continue
            stack.pop()
            for key in scope.added:
                del self.table[key]
            for value, old in reversed(scope.facts):
                if old is None:
                    del self.facts[value]
                else:
                    self.facts[value] = old
        if self.new_constants:
            self.function.blocks[0].body[0:0] = self.new_constants
        substitute(self.function, self.replaced)
        return bool(self.replaced)

    def constant(self, op: int, type_: str, imm: int) -> int:
        """A constant in the entry block, made when a branch first teaches it."""
        key = ("new", op, imm)
        found = self.table.get(key)
        if found is None:
            found = self.table[key] = self.function.value(op, type_, (), imm)
            self.new_constants.append(found)
        return found

    def learn(self, index: int, scope: _Scope) -> None:
        """What the only way into this block says."""
        function = self.function
        if len(self.preds[index]) != 1:
            return
        pred = function.blocks[self.preds[index][0]]
        end = pred.body[-1]
        op = function.op[end]
        if op not in (BRANCH, SWITCH):
            return
        number = self.way[index]
        test = function.args[end][0]
        test = self.replaced.get(test, test)
        if op == BRANCH:
            self.teach(scope, test, self.constant(BOOL, "bool", int(number == 0)))
            if function.op[test] == (EQUAL if number == 0 else DIFFERENT):
                one, other = function.args[test]
                if function.op[other] == I64:
                    self.teach(scope, one, other)
        elif number < len(function.imm[end]):
            self.teach(scope, test, self.constant(I64, "i64", function.imm[end][number]))
        elif function.op[test] == CODE["tag"] and len(function.imm[end]) == 1:
            # The last variant of a type with two.
            layout = self.layouts.get(function.type[function.args[test][0]])
            if layout is not None and len(layout.variants) == 2:
                self.teach(scope, test, self.constant(I64, "i64", 1 - function.imm[end][0]))

    def teach(self, scope: _Scope, value: int, constant: int) -> None:
        if self.function.op[value] in (BOOL, I64):
            return
        scope.facts.append((value, self.facts.get(value)))
        self.facts[value] = constant

    def enter(self, index: int, kids: list[int]) -> _Scope:
        function = self.function
        scope = _Scope(kids)
        block = function.blocks[index]
        preds = self.preds[index]
        if len(preds) == 1 and preds[0] in self.ends:
            self.epoch, versions = self.ends[preds[0]]
            self.version = dict(versions)
        else:
            self.clock += 1
            self.epoch, self.version = self.clock, {}
        self.learn(index, scope)
        body: list[int] = []
        for value in block.body:
            args = function.args[value]
            if args:
                args = tuple(self.name(arg) for arg in args)
                function.args[value] = args
            if not self.instruction(value, args, scope):
                body.append(value)
        block.body = body
        block.succs = [(target, tuple(self.name(arg) for arg in given)) for target, given in block.succs]
        self.ends[index] = (self.epoch, self.version)
        return scope

    def name(self, value: int) -> int:
        value = self.replaced.get(value, value)
        return self.facts.get(value, value)

    def instruction(self, value: int, args: tuple[int, ...], scope: _Scope) -> bool:
        """Number one instruction; whether it is gone."""
        function = self.function
        op = function.op[value]
        if op in PURE:
            given = tuple(sorted(args)) if COMMUTES[op] else args
            key: Any = (op, function.type[value], function.imm[value], given)
        elif op in LOADS:
            holder = function.type[args[0]]
            key = (op, function.imm[value], args, self.epoch, self.version.get(holder, 0))
        else:
            if op in CALLS:
                self.clock += 1
                self.epoch, self.version = self.clock, {}
            elif op in STORES:
                load, count = STORES[op]
                holder = function.type[args[0]]
                self.clock += 1
                self.version[holder] = self.clock
                key = (load, function.imm[value], args[:count], self.epoch, self.clock)
                if not is_ref(function.type[args[-1]]):  # a reference read back is borrowed, which is cheaper
                    self.table[key] = args[-1]
                    scope.added.append(key)
            return False
        found = self.table.get(key)
        if found is not None:
            # A fact may know more than the first result.
            self.replaced[value] = found
            return True
        self.table[key] = value
        scope.added.append(key)
        return False


def run(function: Function, module: Module) -> bool:
    """Number one function's values; whether it changed."""
    return Numbering(function, module.layouts).walk()
