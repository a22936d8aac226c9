"""The reference page of queries, from their tables: the kinds, the reasons, the codes."""

from __future__ import annotations

from compiler.incremental.kept import kinds_table
from compiler.query.faults import FAULTS
from compiler.query.story import FIELDS, REASONS

_INTRO = """\
What the compiler does for a program, as questions.  A query is a kind and an argument, and its answer depends on what
it asks in turn and on nothing else.  A build takes the graph of the last one, looks at the world, and answers anew only
what asked something that has another answer by now; an answer that comes out as it was leaves its users as they are.
`zero query` shows what happened, and why.

A check asks the same graph as a build and leaves there what a build needs; so does a page.  The messages of a wrong
program are an answer, too: they hold as long as all that was read or looked for is as it was, and beside them the graph
stays as the last right program left it.

A program that queries do not serve is compiled as a whole and leaves no graph: `zero query audit` says so.

## Kinds

`kept`: answers are kept in the store and read by later builds; of the others only the fingerprint is, and the answer is
made again where it is needed.  `always`: asked of the world (files, places, the runtime) by every build.

"""


def page() -> str:
    """The whole page."""
    parts = ["# Queries\n\n*Generated from `compiler/incremental/` by `invoke docs`; do not edit.*\n\n", _INTRO]
    parts.append("| kind | what it answers | schema | kept | always |\n|---|---|---|---|---|\n")
    for kind in kinds_table().values():
        kept, always = "yes" if kind.decode is not None else "", "yes" if kind.always else ""
        parts.append(f"| `{kind.name}` | {kind.summary} | {kind.schema} | {kept} | {always} |\n")
    parts.append(
        "\nAn argument is a file's path in its project (`std:NAME`, `pkg:NAME/PATH`), with `#` and a name for what a\n"
        "file defines, or nothing for what there is one of in a program.\n\n"
        "## Reasons\n\nWhy a query was recomputed, as `zero query stats` and `why` say it.\n\n"
        "| reason | what it means |\n|---|---|\n"
    )
    parts += [f"| {word} | {meaning} |\n" for word, meaning in REASONS.values()]
    parts.append(
        f"\nCounted are {', '.join(FIELDS)}: asked = reused + recomputed; unchanged (the answer came\n"
        "out as it was) and new are among the recomputed; gone was asked by the build before.\n\n"
        "## Failures\n\nA build gets over those that are told, and says so in one line; a schema is a note of\n"
        "`zero query`; the others end the command, a cycle and two answers with status 70.\n\n"
        "| code | what is wrong | told | what to do |\n|---|---|---|---|\n"
    )
    for row in FAULTS.values():
        summary = row.summary.replace("{", "*").replace("}", "*")
        parts.append(f"| {row.code} | {summary} | {'yes' if row.damage else ''} | {row.help} |\n")
    return "".join(parts)
