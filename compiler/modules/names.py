"""The names of the language that a top-level name may not take, and what a name must look like.

The case of the first letter parts types and constructors from everything else, so only lower-case names are looked up.
"""

from __future__ import annotations

from compiler.builtins import BY_NAME

# Words that mean something inside a form without beginning an expression; the words that do are the checker's.
WORDS = ("::", "->", "mut", "when", "cfg")


def taken(name: str) -> str:
    """What the language itself calls so, as a phrase; an empty text when the name is free."""
    if name in WORDS:
        return "a word of the language"
    return "a builtin" if name in BY_NAME else ""


def misfit(name: str) -> str:
    """Why a name cannot be that of a module, an alias or a value, as advice; an empty text when it can."""
    if "." in name:
        return "a name holds no point: it would look like alias.name"
    if name[0].isupper():
        return f"only types and constructors begin upper-case: `{name[0].lower() + name[1:]}`"
    return ""
