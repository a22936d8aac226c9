"""C functions: what can be wrong with an `extern`, from its shape to what it is linked with."""

from __future__ import annotations

from compiler.diagnostics import Kind

EXTERN_SHAPE = Kind(
    "SEM_SHAPE-040",
    "this extern is not well-formed: {what}",
    help='write (extern "C" name (∷ (→ I64 F64)) (cap ffi))',
    explain="""\
An extern has the name of a C function, its type and, where it wants to say more, `(cap ffi …)` and `(doc "…")`.  The
name is one that C allows; names that begin with `zr_`, and `zero_main` and `_start`, belong to the runtime.

    (extern "C" hypot (∷ (→ F64 F64 F64)) (cap ffi))""",
)
EXTERN_TYPE = Kind(
    "TYPE_CONTRACT-040",
    "a C function cannot have the type {found} here",
    help="use I64 (int64_t), F64 (double), Bool (_Bool) or Unit (void)",
    explain="""\
Only values that live in a register cross the border to C: I64 is `int64_t`, F64 is `double`, Bool is `_Bool`, and Unit
is `void`, or nothing where it is a parameter.""",
)
MISSING_SYMBOL = Kind(
    "SEM_UNBOUND-102",
    "no linked object defines the C function `{name}`",
    help="give the object or archive that does: --link FILE.o",
    explain="""\
An extern is a promise that the link keeps: every one in the program is defined by an object or an archive that the
command names with `--link`.

    gcc -c -O2 -ffreestanding -fno-pic -fno-pie -fno-stack-protector shapes.c
    zero build main.0x0 -o main --link shapes.o""",
)
MANY_ARGUMENTS = Kind(
    "BACKEND_UNSUPPORTED-010",
    "this C function takes {found}; {limit} are supported",
    help="let a C function of your own take fewer, or take them in several calls",
    explain="""\
Arguments of C functions travel in registers: six for I64 and Bool, eight for F64.  More would go over the stack, which
this version does not do.""",
)
NO_COMPILER = Kind(
    "BACKEND_UNSUPPORTED-011",
    "C functions in an interpreter need a C compiler: {why}",
    help="install one, or run the program natively: --lane native",
    explain="""\
The interpreters call C functions through a small host program that is made of the same objects; a C compiler makes the
part of it that knows their types.  The native lane needs none.""",
)
