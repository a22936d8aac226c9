"""BACKEND_UNSUPPORTED: parts of the language that parse and are not built yet.

One row per reason; the rows disappear as the parts arrive, their codes are never reused.
"""

from __future__ import annotations

from compiler.diagnostics import Kind

LARGE_TYPE = Kind(
    "BACKEND_UNSUPPORTED-004",
    "the type here has more than 500 parts",
    help="split the value up: give its parts a type of your own (τ)",
    explain="""\
A type that is written out would have more than 500 parts: lists in lists in lists, or pairs of pairs.  The compiler
makes code for every type it meets and stops here.  A type of your own counts as one part, whatever it holds.""",
)
WIDE = Kind(
    "BACKEND_UNSUPPORTED-005",
    "{what}: more than the machine code of this version can pass",
    help="put arguments that belong together into a type of your own (τ)",
    explain="""\
A call passes its first arguments in registers and up to 256 more in memory.  A function with more parameters than that,
or a call of one, has no machine code; the interpreters run it.""",
)
MANY_VARIABLES = Kind(
    "BACKEND_UNSUPPORTED-006",
    "`{name}` and the functions that call each other with it have more than 1,000 type variables together",
    help="state the types of some of them with ∷",
    explain="""\
Functions without ∷ that call each other are inferred together and share the type variables of all of them.
The compiler carries these through every call in the group, and stops here.
A function with ∷ has only the variables it states.""",
)
ENDLESS = Kind(
    "BACKEND_UNSUPPORTED-012",
    "`{name}` needs itself here at ever larger types",
    help="call it at the type it was called at, or put the growing part into a τ of your own",
    explain="""\
The compiler makes code for every type that a function is used at.  A function that calls itself, directly or through
others, at a larger type than its own would need code for endlessly many; so would a type that contains itself at a
larger type.

    (ƒ f (∷ (→ I64 a I64)) (n x)
      (if (= n 0) 0 (f (- n 1) (list x))))    ; f at a needs f at (List a)""",
)
LARGE_INSTANCE = Kind(
    "BACKEND_UNSUPPORTED-013",
    "`{name}` is needed here at a type of more than 5,000 parts",
    help="give the growing part a type of your own (τ): it counts as one part",
    explain="""\
Generic functions that hand larger types on to each other, step by step, can ask for types that grow exponentially with
the number of steps.  The compiler makes code for every type it meets and stops here.""",
)
