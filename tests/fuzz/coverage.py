"""What the language's tables promise, and which rows a run of programs reached.

A row that programs never reach has a reason here, or a test fails.
"""

from __future__ import annotations

from collections import Counter
from typing import cast

from compiler.builtins import BUILTINS
from compiler.hir.ops import CODE, OPS
from compiler.hir.program import Program
from compiler.ir.function import Level, Module
from compiler.lir.ops import LIR
from compiler.machine.function import MachineFunction
from compiler.machine.ops import OPS as MACHINE
from compiler.mir.ops import MIR

# row -> why random programs do not reach it
UNREACHED: dict[str, str] = {
    "mir select": "lowering writes branches, and no pass turns them into selects yet",
    "machine fcmov": "a select of F64s, which nothing makes: see mir select",
}


def rows() -> list[str]:
    """Every built row of the tables, by level."""
    found = [f"builtin {row.name}" for row in BUILTINS if row.status == "built"]
    found += [f"hir {row.name}" for row in OPS]
    found += [f"mir {row.name}" for row in MIR.ops]
    found += [f"lir {row.name}" for row in LIR.ops]
    return found + [f"machine {row.name}" for row in MACHINE]


def missing(covered: Counter[str]) -> list[str]:
    return [row for row in rows() if not covered[row] and row not in UNREACHED]


def table(covered: Counter[str]) -> str:
    """Rows and how often each was generated, rarest first."""
    lines = [f"{covered[row]:>8}  {row}" for row in sorted(rows(), key=lambda row: (covered[row], row))]
    return "\n".join(lines) + "\n"


def cover_hir(program: Program, covered: Counter[str]) -> None:
    """Count the HIR ops and the builtins of a program."""
    wanted = {CODE["builtin"], CODE["builtin-fn"]}
    for body in [f.body for f in program.functions]:
        for op, imm in zip(body.op, body.imm, strict=True):
            covered[f"hir {OPS[op].name}"] += 1
            if op in wanted:
                covered[f"builtin {BUILTINS[cast(int, program.insts[imm][1])].name}"] += 1


def cover(module: Module, level: Level, covered: Counter[str]) -> None:
    """Count the ops of a module at a level."""
    for function in module.functions.values():
        codes = Counter([function.op[value] for block in function.blocks for value in block.body])
        for code, times in codes.items():
            covered[f"{level.name} {level.ops[code].name}"] += times


def cover_machine(function: MachineFunction, covered: Counter[str]) -> None:
    """Count the instructions of a function."""
    for code, times in Counter([inst.op for block in function.blocks for inst in block.body]).items():
        covered[f"machine {MACHINE[code].name}"] += times
