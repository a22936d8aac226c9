"""The names of the language that a top-level name may not take, and what a name must look like.

The case of the first letter parts types and constructors from everything else, so only lower-case names are looked up.
"""

from __future__ import annotations

from compiler.builtins import BY_NAME

# Words with a meaning of their own where an expression or a pattern stands; `cfg` has one in every top-level form.
WORDS = (
    *("let", "fn", "if", "do", "while", "for", "and", "or", "match", "when", "mut", "set!", "set-field!", "with"),
    *(".", ":", "::", "->", "region", "the", "list", "array-of", "bytes-of", "cfg", "true", "false", "unit", "_"),
)


def taken(name: str) -> str:
    """What the language itself calls so, as a phrase; an empty text when the name is free."""
    if name in WORDS:
        return "a word of the language"
    return "a builtin" if name in BY_NAME else ""


def misfit(name: str, *, upper: bool) -> str:
    """Why a name cannot be given to a definition, as advice; an empty text when it can."""
    if "." in name and name not in WORDS:
        return "a name holds no point: it would look like alias.name"
    first = name[0]
    if upper and not first.isupper():
        changed = first.upper() + name[1:]
        return (
            f"types and constructors begin upper-case: `{changed}`" if changed[0].isupper() else "begin it upper-case"
        )
    if not upper and first.isupper():
        return f"only types and constructors begin upper-case: `{first.lower() + name[1:]}`"
    return ""
