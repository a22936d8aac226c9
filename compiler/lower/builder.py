"""Builds one MIR function in SSA form straight from structured code: no phi placement, no renaming pass.

Mutable locals that no closure captures are SSA values in `env`.  Every change is logged, so that a branch
can be undone, and a join gets one block parameter for each local that a branch changed (`Join`).  A loop's
header gets one for each local assigned inside, which the caller knows beforehand.  Code after a panic goes
to blocks nobody jumps to; `finish` removes those.  Knows no HIR op: `forms.py`, `match.py`, `builtins.py` do.
Idea: Brandis and Mössenböck 1994, single-pass generation of SSA form for structured programs.
"""

from __future__ import annotations

from compiler.ir.function import Function as MirFunction
from compiler.mir.ops import CODE, MIR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.hir.program import Body, Function, Local
    from compiler.lower.lower import Lowering

TERMINATORS = frozenset(op.code for op in MIR.ops if op.is_terminator)


class Join:
    """The ends of the branches that meet: (block, value, locals the branch changed)."""

    __slots__ = ("ends", "mark")

    def __init__(self, mark: int) -> None:
        self.mark = mark
        self.ends: list[tuple[int, int, dict[int, int]]] = []


class Builder:
    """One MIR function under construction, and the HIR function at type arguments that it comes from."""

    __slots__ = (
        "actuals",
        "assigned",
        "at",
        "block",
        "body",
        "env",
        "f",
        "hir",
        "locals",
        "log",
        "lowering",
        "places",
        "return_type",
    )

    body: Body  # of `hir`, where there is one, and its locals
    locals: list[Local]

    def __init__(
        self, lowering: Lowering, name: str, result: str, hir: Function | None, actuals: tuple[int, ...]
    ) -> None:
        self.lowering = lowering
        self.f = MirFunction("mir", name, result)
        self.return_type = result
        self.hir = hir
        if hir is not None:
            self.body, self.locals = hir.body, hir.locals
        self.actuals = actuals
        self.env: list[int | None] = [None] * (len(hir.locals) if hir else 0)
        self.log: list[tuple[int, int | None]] = []
        self.block = self.f.block()
        self.at = 0  # the place of what is being lowered
        self.places: dict[int, int] = {}
        self.assigned: dict[int, list[int]] = {}  # loop, `and`, `or` or match node -> locals set inside

    # Types.

    def concrete(self, type_id: int) -> int:
        return self.lowering.types.concrete(type_id, self.actuals)

    def type_name(self, type_id: int) -> str:
        """The MIR name of a type of the HIR function."""
        return self.lowering.types.name(self.concrete(type_id))

    # Instructions.

    def emit(self, op: str, type: str, args: tuple[int, ...] = (), imm: Any = None) -> int:  # noqa: A002
        f = self.f
        value = len(f.op)
        f.op.append(CODE[op])
        f.type.append(type)
        f.args.append(args)
        f.imm.append(imm)
        f.at.append(self.at)
        f.blocks[self.block].body.append(value)
        return value

    def i64(self, value: int) -> int:
        return self.emit("const.i64", "i64", (), value)

    def bool(self, value: bool) -> int:
        return self.emit("const.bool", "bool", (), int(value))

    def unit(self) -> int:
        return self.emit("const.unit", "unit")

    def text(self, value: str) -> int:
        return self.emit("const.text", "text", (), value)

    def typed(self, value: int) -> str:
        return self.f.type[value]

    # Control.

    def jump(self, target: int, args: tuple[int, ...] = ()) -> None:
        self.emit("jump", "")
        self.f.blocks[self.block].succs = [(target, args)]

    def branch(self, condition: int, then: int, otherwise: int) -> None:
        self.emit("branch", "", (condition,))
        self.f.blocks[self.block].succs = [(then, ()), (otherwise, ())]

    def dead(self, type: str) -> int:  # noqa: A002
        """After a terminator: go on in a block nobody jumps to, with a value of the type."""
        self.block = self.f.block()
        return self.unit() if type == "unit" else self.f.param(self.block, type, self.at)

    # Locals.

    def assign(self, local: int, value: int) -> None:
        self.log.append((local, self.env[local]))
        self.env[local] = value

    def changes(self, mark: int) -> dict[int, int]:
        """Locals assigned since the mark that are still in scope, with their values now."""
        result: dict[int, int] = {}
        for local, _ in self.log[mark:]:
            value = self.env[local]
            if value is not None:
                result[local] = value
        return result

    def restore(self, mark: int) -> None:
        """Undo every assignment since the mark."""
        while len(self.log) > mark:
            local, old = self.log.pop()
            self.env[local] = old

    # Joins.

    def join(self) -> Join:
        return Join(len(self.log))

    def leave(self, join: Join, value: int) -> None:
        """End a branch here; locals go back to what they were before it."""
        join.ends.append((self.block, value, self.changes(join.mark)))
        self.restore(join.mark)

    def meet(self, join: Join, type: str) -> int:  # noqa: A002
        """Go on where the branches meet; gives the branches' value."""
        if not join.ends:
            return self.dead(type)
        if len(join.ends) == 1:
            self.block, value, changed = join.ends[0]
            for local, new in changed.items():
                if self.env[local] is not None:
                    self.assign(local, new)
            return value
        changed_locals = sorted({local for _, _, changed in join.ends for local in changed})
        changed_locals = [local for local in changed_locals if self.env[local] is not None]
        target = self.f.block()
        for block, value, changed in join.ends:
            args = [] if type == "unit" else [value]
            for local in changed_locals:
                before = self.env[local]
                assert before is not None
                args.append(changed.get(local, before))
            self.block = block
            self.jump(target, tuple(args))
        self.block = target
        result = -1 if type == "unit" else self.f.param(target, type, self.at)
        for local in changed_locals:
            before = self.env[local]
            assert before is not None
            self.assign(local, self.f.param(target, self.f.type[before], self.at))
        return self.unit() if type == "unit" else result

    def finish(self) -> MirFunction:
        """The function without blocks that control never reaches."""
        blocks = self.f.blocks
        seen = [False] * len(blocks)
        seen[0] = True
        work = [0]
        while work:
            for target, _ in blocks[work.pop()].succs:
                if not seen[target]:
                    seen[target] = True
                    work.append(target)
        if not all(seen):
            number: dict[int, int] = {}
            for block in range(len(blocks)):
                if seen[block]:
                    number[block] = len(number)
            self.f.blocks = [blocks[block] for block in number]
            for kept in self.f.blocks:
                kept.succs = [(number[target], args) for target, args in kept.succs]
        return self.f
