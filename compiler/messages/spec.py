"""`docs/reference/diagnostics.md`, made from the tables of messages.

`python -m compiler.messages.spec` prints the page; a test keeps the file equal to it.  Knows nothing but the tables.
"""

from __future__ import annotations

import re
import sys

from compiler.diagnostics import CLASSES
from compiler.messages import everything

INTRODUCTION = """\
# Diagnostics

Generated from `compiler/messages/`; do not edit.  `zero explain CODE` prints an entry.
A code is a class and a number and is never reused.
"""


def page() -> str:
    """The reference page of all diagnostics, by class."""
    kinds = everything()
    parts = [INTRODUCTION]
    for family in CLASSES:
        rows = [kind for code, kind in kinds.items() if code.rpartition("-")[0] == family]
        if rows:
            parts.append(f"\n## {family}\n")
        for kind in rows:
            summary = re.sub(r"\{\w+\}", "…", kind.summary)
            parts.append(f"\n### {kind.code}\n\n**{summary}**\n\n{kind.explain}\n")
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
