"""The reference page of MachineIR, made from its op table.

`reference()` is the whole of `docs/reference/machine.md`; a test keeps page and table equal, and rewrites the page
with BLESS=1.  The prose below is the part that no table holds.
"""

from __future__ import annotations

from compiler.machine.ops import CONDITIONS, OPS, MachineOp

_HEAD = """# MachineIR

*Generated from `compiler/machine/ops.py`; `BLESS=1` of the test beside it rewrites this page.*

x86-64 instructions over registers: virtual ones after selection, real ones and frame slots after allocation. A function
is blocks of instructions; a block's parameters are set by the edges to it. `zero dump FILE --level machine` shows it;
`--format text` reads back to a function with the same bytes, `--format json` follows `schemas/ir.machine.json`,
`--format tsv` has one row an instruction. The verifier is `compiler/machine/verify.py`; `compiler/machine/checker.py`
proves that after allocation every use reads the value it meant.

Classes: `i` a general register, `f` a vector register with one F64, `*` either. In column *constraints*: `tied`, the
result takes the register of use 0; `rm`, the last use may be memory instead; `late`, uses are read after the result is
written; `commutes`; fixed registers of uses; `→` of the result; `kills`, registers that are destroyed.

The baseline is x86-64-v2: SSE4.1 and popcnt are assumed. xmm15 is kept for copies. Conditions: {conditions}; `feq` and
`fne` are IEEE equality and take two flags.

| op | result | uses | memory | immediate | flags | constraints | meaning |
|---|---|---|---|---|---|---|---|
"""
_MEMORY = {"": "", "r": "reads", "w": "writes", "a": "address", "?": "may read"}


def _constraints(row: MachineOp) -> str:
    words = [name for name, holds in (("tied", row.tied), ("rm", row.rm), ("late", row.late)) if holds]
    if row.commutes:
        words.append("commutes")
    words.extend(f"use {k} in {reg}" for k, reg in enumerate(row.fixed) if reg != "-")
    if row.result:
        words.append(f"→ {row.result}")
    if row.clobbers:
        words.append("kills " + " ".join(row.clobbers))
    if row.calls:
        words.append("kills all caller-saved")
    if row.ends:
        words.append("terminator")
    return ", ".join(words)


def reference() -> str:
    """The page."""
    lines = [
        f"| `{row.name}` | {row.d} | {' '.join(row.uses)} | {_MEMORY[row.mem]} | {row.imm} | {row.flags} "
        f"| {_constraints(row)} | {row.doc} |\n"
        for row in OPS
    ]
    return _HEAD.replace("{conditions}", " ".join(f"`{name}`" for name in CONDITIONS)) + "".join(lines)
