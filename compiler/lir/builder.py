"""What the lowering rules share: the function under construction, the current block, and how MIR values map to it.

A MIR block becomes a chain of LIR blocks, because a check splits it: the block ends with a branch to a cold block and
goes on in the next.  `finish` puts the hot blocks first, in the order in which they were made, and the cold ones last.
Knows no MIR op; rules are in `scalars.py`, `objects.py` and `calls.py`.
"""

from __future__ import annotations

from compiler.ir.function import Function
from compiler.lir.ops import CODE
from compiler.lir.runtime import BY_NAME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.ir.function import Module
    from compiler.lir.data import Statics

_TYPES = {"i64": "i64", "f64": "f64", "bool": "i64", "unit": "i64"}
_RESULTS = {"void": "", "never": ""}


def lir_type(type: str) -> str:  # noqa: A002
    """The LIR type of values of this MIR type."""
    return _TYPES.get(type, "ptr")


class Builder:
    """One function's lowering state.

    `source` is the MIR function, `out` the LIR one; `block` is where instructions go and `at` the place they get.
    """

    __slots__ = ("at", "block", "cold", "module", "out", "slot", "source", "statics", "values")

    def __init__(self, source: Function, module: Module, statics: Statics) -> None:
        self.source = source
        self.module = module
        self.statics = statics
        self.out = Function("lir", source.name, "" if source.result == "unit" else lir_type(source.result))
        self.values: list[int] = [-1] * len(source.op)  # MIR value -> LIR value; units have none
        self.cold: set[int] = set()
        self.slot = -1
        self.block = -1
        self.at = 0

    # Values.

    def use(self, value: int) -> int:
        """The LIR value of a MIR value; a unit is 0."""
        found = self.values[value]
        if found >= 0:
            return found
        assert self.source.type[value] == "unit", (self.source.name, value)
        return self.const(0)

    def emit(self, op: str, type: str, args: tuple[int, ...] = (), imm: Any = None) -> int:  # noqa: A002
        out = self.out
        value = len(out.op)
        out.op.append(CODE[op])
        out.type.append(type)
        out.args.append(args)
        out.imm.append(imm)
        out.at.append(self.at)
        out.blocks[self.block].body.append(value)
        return value

    def const(self, value: int) -> int:
        return self.emit("const", "i64", (), value)

    def addr(self, symbol: str) -> int:
        return self.emit("addr", "ptr", (), (symbol, 0))

    def place(self) -> int:
        """The address of the current place, for a runtime call that can panic."""
        return self.addr(self.statics.place(self.module.places[self.at]))

    def load(self, type: str, base: int, offset: int, *index: int) -> int:  # noqa: A002
        """Read a field of this MIR type; with an index, an element."""
        kind = lir_type(type)
        return self.emit(f"load.{kind}", kind, (base, *index), (offset, 8 if index else 1))

    def store(self, type: str, value: int, base: int, offset: int, *index: int) -> None:  # noqa: A002
        self.emit(f"store.{lir_type(type)}", "", (value, base, *index), (offset, 8 if index else 1))

    def runtime(self, name: str, *args: int) -> int:
        """Call a runtime function."""
        result = BY_NAME[name].result
        return self.emit("call.rt", _RESULTS.get(result, result), args, name)

    # Blocks.

    def jump(self, target: int, *args: int) -> None:
        self.emit("jump", "")
        self.out.blocks[self.block].succs = [(target, args)]

    def next_block(self) -> int:
        """A new block that goes on where the current one ends, as cold as that."""
        made = self.out.block()
        if self.block in self.cold:
            self.cold.add(made)
        return made

    def cold_if(self, condition: int) -> tuple[int, int]:
        """End the block: to a new cold block when the condition holds, else on in a new block, the current one."""
        cold, rest = self.out.block(), self.next_block()
        self.cold.add(cold)
        self.emit("branch", "", (condition,))
        self.out.blocks[self.block].succs = [(cold, ()), (rest, ())]
        self.block = rest
        return cold, rest

    def panic_if(self, condition: int, kind: int, *facts: int) -> None:
        """Go on only when the condition is 0."""
        cold, rest = self.cold_if(condition)
        self.block = cold
        self.panic(kind, *facts)
        self.block = rest

    def panic(self, kind: int, *facts: int) -> None:
        """End the block with a panic."""
        number, place = self.const(kind), self.place()
        args = [*facts]
        while len(args) < 2:
            args.append(self.const(0))
        self.runtime("zr_panic", number, place, *args)
        self.emit("trap", "")

    def drop(self, value: int) -> None:
        """One owner less; the last one frees."""
        dead = self.emit("count.down", "i64", (value,))
        cold, rest = self.cold_if(dead)
        self.block = cold
        self.runtime("zr_release", value)
        self.jump(rest)
        self.block = rest

    def words(self, count: int) -> int:
        """A stack slot of at least this many words, the same one each time: it holds nothing across a call."""
        if self.slot < 0:
            self.slot = self.out.value(CODE["slot"], "ptr", (), 8 * count, 0)
            self.out.blocks[0].body.insert(0, self.slot)
        else:
            self.out.imm[self.slot] = max(self.out.imm[self.slot], 8 * count)
        return self.slot

    def finish(self) -> Function:
        """Put the cold blocks last and name them."""
        out = self.out
        if not self.cold:
            return out
        order = [k for k in range(len(out.blocks)) if k not in self.cold]
        order += [k for k in range(len(out.blocks)) if k in self.cold]
        number_of = {old: new for new, old in enumerate(order)}
        out.blocks = [out.blocks[k] for k in order]
        for block in out.blocks:
            block.succs = [(number_of[target], args) for target, args in block.succs]
        out.attrs["cold"] = tuple(sorted([number_of[k] for k in self.cold]))
        return out
