"""A module as JSON (`schemas/ir.mir.json`, `schemas/ir.lir.json`) or TSV (one row an instruction or parameter).

Both name values by the numbers of the text form.  For readers outside the compiler; nothing is read back.
A new column is an entry of `COLUMNS` and of the row that `rows` makes, and a change of both schemas.
"""

from __future__ import annotations

from compiler.ir.function import PARAM
from compiler.ir.graph import loop_depths, reverse_postorder
from compiler.ir.text import numbering

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from compiler.ir.function import Function, Level, Module
    from compiler.ir.places import Places

# function and block; the value's number (empty for ops without a result); op, result type, argument numbers,
# immediate (JSON), what else the op does, which arguments it consumes, loops around it, successors, source place.
COLUMNS = (
    "function", "block", "value", "op", "type", "args", "imm", "effect", "ownership", "hotness", "succs", "place",
)  # fmt: skip


def _json(value: Any) -> str:
    from json import dumps

    return dumps(value, ensure_ascii=False, separators=(",", ":"))


def rows(function: Function, level: Level, places: Places) -> Iterator[dict[str, Any]]:
    """One dictionary with the keys of COLUMNS for each parameter and instruction, in order."""
    numbers = numbering(function)
    reachable = set(reverse_postorder(function))
    depths = loop_depths(function)
    for index, block in enumerate(function.blocks):
        for value in [*block.params, *block.body]:
            is_param = function.op[value] == PARAM
            row = None if is_param else level.ops[function.op[value]]
            last = not is_param and value == block.body[-1]
            arity = len(function.args[value])
            owns = "" if row is None else (row.owns + row.owns[-1] * arity)[:arity]
            yield {
                "function": function.name,
                "block": index,
                "value": numbers.get(value),
                "op": "param" if row is None else row.name,
                "type": function.type[value],
                "args": [numbers.get(arg) for arg in function.args[value]],
                "imm": function.imm[value],
                "effect": "" if row is None else row.effect,
                "ownership": owns,
                "hotness": depths[index] if index in reachable else -1,
                "succs": [[target, [numbers.get(a) for a in args]] for target, args in block.succs] if last else [],
                "place": places[function.at[value]],
            }


def to_json(module: Module, level: Level) -> str:
    """The module as one JSON document with a trailing newline."""
    document = {
        "schema": f"ir.{level.name}",
        "level": level.name,
        "entry": module.entry,
        "layouts": [
            {
                "name": name,
                "variants": [
                    {"name": variant, "fields": list(types), "mutable": list(mutable)}
                    for variant, types, mutable in module.layouts[name].variants
                ],
            }
            for name in sorted(module.layouts)
        ],
        "functions": [
            {
                "name": function.name,
                "result": function.result,
                "attrs": {key: function.attrs[key] for key in sorted(function.attrs)},
                "blocks": len(function.blocks),
                "rows": [
                    {key: item for key, item in row.items() if key != "function"}
                    for row in rows(function, level, module.places)
                ],
            }
            for function in module.functions.values()
        ],
    }
    return _json(document) + "\n"


def to_tsv(module: Module, level: Level) -> str:
    """A header and one line a row; tabs and newlines cannot occur in a cell (JSON escapes them)."""

    def cell(value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, (list, tuple)):
            return _json(value) if value else ""
        return (_json(value)[1:-1] if isinstance(value, str) and not value.isprintable() else str(value)).replace(
            "\t", "\\t"
        )

    lines = ["\t".join(COLUMNS)]
    for function in module.functions.values():
        for row in rows(function, level, module.places):
            lines.append("\t".join(cell(row[key]) for key in COLUMNS))
    return "\n".join(lines) + "\n"
