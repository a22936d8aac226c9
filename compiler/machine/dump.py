"""Machine functions as text, JSON (`schemas/ir.machine.json`) or TSV (one row an instruction or parameter).

For readers outside the compiler; only the text is read back.  A new column is an entry of `COLUMNS` and of the row
that `rows` makes, and a change of the schema.
"""

from __future__ import annotations

from compiler.machine import text
from compiler.machine.ops import OPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from compiler.machine.function import MachineFunction

# function and block; position in the block (-1: a parameter of it); op, result, plain uses, memory operand, immediate,
# effect on the flags, guessed frequency, successors, source place (a number of the module's table).
COLUMNS = (
    "function", "block", "position", "op", "result", "uses", "memory", "imm", "flags", "freq", "succs", "place",
)  # fmt: skip


def rows(mf: MachineFunction) -> Iterator[dict[str, Any]]:
    """One dictionary with the keys of COLUMNS for each parameter and instruction, in layout order."""
    for b in mf.order:
        block = mf.blocks[b]
        for value in block.params:
            yield _row(mf.name, b, -1, "param", text.register(value), [], "", "", "", block.freq, [], 0)
        for k, inst in enumerate(block.body):
            row = OPS[inst.op]
            last = inst is block.body[-1]
            yield _row(
                mf.name,
                b,
                k,
                row.name,
                text.register(inst.d) if inst.d >= 0 else "",
                [text.operand(mf, use) for use in text.plain_uses(inst)],
                text.memory(inst),
                text.immediate(inst),
                row.flags,
                block.freq,
                [[goal, [text.operand(mf, use) for use in args]] for goal, args in block.succs] if last else [],
                inst.at,
            )


def _row(*cells: Any) -> dict[str, Any]:
    return dict(zip(COLUMNS, cells, strict=True))


def to_text(functions: list[MachineFunction]) -> str:
    return "\n".join(text.print_function(mf) for mf in functions)


def to_json(functions: list[MachineFunction]) -> str:
    """One JSON document with a trailing newline."""
    from json import dumps

    document = {
        "schema": "ir.machine",
        "level": "machine",
        "functions": [
            {
                "name": mf.name,
                "stage": mf.stage,
                "params": [[text.register(value), text.register(reg)] for value, reg in mf.params],
                "slots": mf.slots,
                "saved": [text.register(reg) for reg in mf.saved],
                "blocks": len(mf.order),
                "rows": [{key: cell for key, cell in row.items() if key != "function"} for row in rows(mf)],
            }
            for mf in functions
        ],
    }
    return dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def to_tsv(functions: list[MachineFunction]) -> str:
    """A header and one line a row; a tab or newline in a name is escaped as JSON does."""
    from json import dumps

    def cell(value: Any) -> str:
        if isinstance(value, list):
            return dumps(value, ensure_ascii=False, separators=(",", ":")) if value else ""
        plain = str(value)
        return plain if plain.isprintable() else dumps(plain, ensure_ascii=False)[1:-1]

    lines = ["\t".join(COLUMNS)]
    lines.extend("\t".join(cell(row[key]) for key in COLUMNS) for mf in functions for row in rows(mf))
    return "\n".join(lines) + "\n"


WRITERS: dict[str, Callable[[list[MachineFunction]], str]] = {"text": to_text, "json": to_json, "tsv": to_tsv}
