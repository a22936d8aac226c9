"""The SSA container that MIR, LIR and MachineIR share: a function of blocks with parameters.

An instruction is an index into parallel lists and names the value it defines; block parameters are
values too (op `PARAM`).  What an op means, and which types exist, is the business of each level's own
op table (`ops.py`), which every generic tool here (printer, parser, verifier, dumps) is handed.
A function knows its level, and every tool refuses a function of another.
"""

from __future__ import annotations

from compiler.ir.places import Places
from compiler.owned import Product

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PARAM = -1  # op code of a block parameter


class Op:
    """One row of a level's op table.

    `args` and `result` are type patterns of that level ("i64 i64", "ref", "any*", …; the level's header
    explains them).  `effect` is one of: "" (pure), "reads", "writes", "panics", "calls", "ends" (a terminator).
    `owns` has one letter per argument, the last one repeating: b borrows, o consumes (MIR only).
    `alias` marks a result that points into an argument and must be counted before that argument dies.
    """

    __slots__ = ("alias", "args", "code", "commutes", "doc", "effect", "imm", "name", "owns", "result")

    def __init__(
        self,
        name: str,
        args: str,
        result: str,
        doc: str,
        *,
        imm: str = "",
        effect: str = "",
        owns: str = "b",
        alias: bool = False,
        commutes: bool = False,
    ) -> None:
        self.code = -1
        self.name = name
        self.args = args
        self.result = result
        self.doc = doc
        self.imm = imm
        self.effect = effect
        self.owns = owns
        self.alias = alias
        self.commutes = commutes

    @property
    def is_terminator(self) -> bool:
        return self.effect == "ends"


class Level:
    """A level's name and op table; `code["name"]` is an op's code."""

    __slots__ = ("by_name", "code", "name", "ops")

    def __init__(self, name: str, ops: tuple[Op, ...]) -> None:
        self.name = name
        self.ops = ops
        self.by_name: dict[str, Op] = {}
        self.code: dict[str, int] = {}
        for number, row in enumerate(ops):
            if row.name in self.by_name:
                raise ValueError(f"{name}: op {row.name!r} is declared twice")
            row.code = number
            self.by_name[row.name] = row
            self.code[row.name] = number


class Block:
    """A basic block: parameter values, instruction values in order (the last is the terminator), successors.

    `succs[k]` is (block index, argument values) in the terminator's order: jump 1; branch then, else;
    switch one per case and the default last.
    """

    __slots__ = ("body", "params", "succs")

    def __init__(self) -> None:
        self.params: list[int] = []
        self.body: list[int] = []
        self.succs: list[tuple[int, tuple[int, ...]]] = []


class Function(Product):
    """One function at one level.  Block 0 is the entry and its parameters are the function's.

    Parallel lists by value: `op` (code, or PARAM), `type` (interned str), `args` (tuple of values),
    `imm` (int, float bits as int, str, tuple, or None), `at` (index into Module.places, 0 is nowhere).
    `result` is the result type.  A value that is in no block is dead and means nothing.
    """

    __slots__ = ("args", "at", "attrs", "blocks", "imm", "level", "name", "op", "result", "type")
    WHAT = "a function's IR"

    def __init__(self, level: str, name: str, result: str) -> None:
        self.level = level
        self.name = name
        self.result = result
        self.op: list[int] = []
        self.type: list[str] = []
        self.args: list[tuple[int, ...]] = []
        self.imm: list[Any] = []
        self.at: list[int] = []
        self.blocks: list[Block] = []
        self.attrs: dict[str, Any] = {}  # small facts, e.g. inline="always"; printed sorted

    def block(self) -> int:
        """Append an empty block."""
        self.blocks.append(Block())
        return len(self.blocks) - 1

    def value(self, op: int, type: str, args: tuple[int, ...] = (), imm: Any = None, at: int = 0) -> int:  # noqa: A002
        """A new value that is in no block yet."""
        self.op.append(op)
        self.type.append(type)
        self.args.append(args)
        self.imm.append(imm)
        self.at.append(at)
        return len(self.op) - 1

    def param(self, block: int, type: str, at: int = 0) -> int:  # noqa: A002
        """Append a parameter to a block."""
        value = self.value(PARAM, type, (), None, at)
        self.blocks[block].params.append(value)
        return value

    def emit(
        self,
        block: int,
        op: int,
        type: str,  # noqa: A002
        args: tuple[int, ...] = (),
        imm: Any = None,
        at: int = 0,
    ) -> int:
        """Append an instruction to a block."""
        value = self.value(op, type, args, imm, at)
        self.blocks[block].body.append(value)
        return value

    @property
    def params(self) -> list[int]:
        return self.blocks[0].params


class Layout:
    """How a heap type is laid out: variants of (constructor name, field types, mutable flags), by tag.

    MIR's names; the level below turns them into descriptors.
    """

    __slots__ = ("name", "variants")

    def __init__(self, name: str, variants: list[tuple[str, tuple[str, ...], tuple[bool, ...]]]) -> None:
        self.name = name
        self.variants = variants


class Module(Product):
    """Functions of one level plus what they refer to.

    `places[k]` is "file:line:col" (`places.py`).  `layouts` describes every heap type by its type name.
    `entry` names the function that runs the program.
    """

    __slots__ = ("below", "calls", "entry", "functions", "layouts", "level", "places")
    WHAT = "a module's IR"

    def __init__(self, level: str) -> None:
        self.level = level
        self.entry = ""
        self.calls: Any = None  # who calls whom, while the optimizer runs
        self.below: Any = None  # then, too: finds finished functions of elsewhere that may be copied, by name
        self.functions: dict[str, Function] = {}
        self.layouts: dict[str, Layout] = {}
        self.places = Places()

    def place(self, text: str) -> int:
        """Intern a place."""
        return self.places.number(text)

    def drop(self, phase: str) -> None:
        """Its functions go, too, whoever holds one."""
        for function in self.functions.values():
            function.drop(phase)
        super().drop(phase)
