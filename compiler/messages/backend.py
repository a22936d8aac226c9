"""BACKEND_UNSUPPORTED: parts of the language that parse and are not built yet.

One row per reason; the rows disappear as the parts arrive, their codes are never reused.
"""

from __future__ import annotations

from compiler.diagnostics import Kind

FORM = Kind(
    "BACKEND_UNSUPPORTED-001",
    "`{name}` is planned and not built in this version",
    help="{advice}",
    explain="""\
The form is part of the language and is read, but this version of the compiler cannot compile it: `region`, `extern`,
`the`, actors and Bytes.""",
)
BUILTIN = Kind(
    "BACKEND_UNSUPPORTED-002",
    "the builtin `{name}` is planned and not built in this version",
    help="use Text, Array or List where they do",
    explain="""\
The builtin is part of the language, but this version of the compiler cannot compile it: actors and Bytes come
later.""",
)
TYPE = Kind(
    "BACKEND_UNSUPPORTED-003",
    "the type `{name}` is planned and not built in this version",
    help="use another type: a τ of your own for mixed values, Text or (Array I64) for bytes",
    explain="""\
The types Any, Bytes and Actor are part of the language, but this version of the compiler cannot compile them.""",
)
LARGE_TYPE = Kind(
    "BACKEND_UNSUPPORTED-004",
    "the type here has more than 500 parts",
    help="split the value up: give its parts a type of your own (τ)",
    explain="""\
A type that is written out would have more than 500 parts: lists in lists in lists, or pairs of pairs.  The compiler
makes code for every type it meets and stops here.  A type of your own counts as one part, whatever it holds.""",
)
