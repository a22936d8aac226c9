"""The reference page of a level, from its op table: `docs/reference/mir.md` and `lir.md`.

`page(level, title, preface)` is Markdown; `mir/spec.py` and `lir/spec.py` call it, `tools/reference.py` writes it, and
`tests/ir/test_reference.py` compares.  What a page says about types and patterns is the table's own module docstring.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Level, Op

EFFECTS = {
    "": "pure",
    "reads": "reads",
    "writes": "writes",
    "panics": "may panic",
    "calls": "calls out",
    "ends": "ends the block",
}


def _cell(text: str) -> str:
    return text.replace("|", "\\|") or " "


def _owns(row: Op) -> str:
    letters = "" if not row.args else row.owns
    words = [("borrows", "consumes")[letter == "o"] for letter in letters]
    return ", ".join(words) + (", alias" if row.alias else "")


def page(level: Level, title: str, preface: str, *, ownership: bool) -> str:
    """The page; `ownership` adds the column of who consumes what."""
    lines = [f"# {title}", "", f"*Generated from `compiler/{level.name}/ops.py` by `invoke docs`.*", ""]
    lines += [preface.strip(), ""]
    head = ["op", "arguments", "result", "immediate", "effect"] + ["ownership"] * ownership + ["meaning"]
    lines += ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in level.ops:
        cells = [f"`{row.name}`", row.args, row.result, row.imm, EFFECTS[row.effect]]
        cells += [_owns(row)] * ownership
        cells.append(row.doc + (" Operands commute." if row.commutes else ""))
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"
