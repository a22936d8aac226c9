"""The reference page of HIR, made from its op table.

`reference()` is the whole of `docs/reference/hir.md`; a test keeps file and table equal, and rewrites the file with
BLESS=1.  Holds no list of ops of its own.
"""

from __future__ import annotations

from compiler.hir.ops import OPS

IMMEDIATES = (
    ("i64", "the value"),
    ("f64", "the IEEE-754 bits, unsigned"),
    ("bool", "0 or 1"),
    ("text", "a text of the program"),
    ("local", "a local of the function"),
    ("inst", "a function, builtin, constructor or generalized local with its type arguments"),
    ("const", "a constant of the program"),
    ("lambda", "a row of the function's lambdas: parameters and captures"),
    ("field", "a field of the type's one constructor"),
    ("fields", "several fields"),
    ("guard", "1 when kid 1 is a guard"),
)

INTRODUCTION = """\
# HIR

*Generated from `compiler/hir/ops.py`; `BLESS=1` of the test beside it rewrites this page.*

The typed program, source-shaped: names are resolved, every node has its solved type and its place, generic functions
are still generic. The reference interpreter runs it, documentation reads it, lowering to MIR specializes it. A node is

    op · type · start, end (characters of the file) · immediate · kids

and kids come before their parents. `zero dump FILE --level hir` shows it; `--format text` reads back to the same
program, `--format json` follows `schemas/ir.hir.json`, `--format tsv` has one row a node. The verifier is
`compiler/hir/verify.py`.

Every function value takes at least one argument: a nullary function used as a value takes and ignores a Unit.
"""


def reference() -> str:
    """The page as Markdown."""
    lines = [INTRODUCTION]
    for title, patterns in (("Expressions", False), ("Patterns", True)):
        lines += [f"## {title}", "", "| op | kids | immediate | meaning |", "|---|---|---|---|"]
        for row in OPS:
            if row.pattern == patterns:
                imm = "" if row.imm == "none" else row.imm
                lines.append(f"| `{row.name}` | {row.kids} | {imm} | {row.doc} |")
        lines.append("")
    lines += ["## Immediates", "", "| kind | what it is |", "|---|---|"]
    lines += [f"| {name} | {doc} |" for name, doc in IMMEDIATES]
    return "\n".join(lines) + "\n"
