"""Say that a type does not fit: which message it is, what would help, and which other place asks for the type.

The words come from `advice.py`, which is loaded with the first mistake; programs without one do without it.
"""

from __future__ import annotations

from compiler.diagnostics import Note
from compiler.messages import backend
from compiler.messages import type as say_type
from compiler.types.core import H_META, H_VAR
from compiler.types.scope import HINTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from compiler.types.state import Frame


def mismatch(f: Frame, n: int, expected: int, found: int, notes: tuple[Note, ...] = ()) -> None:
    """Say that a type does not fit; the reason decides which message."""
    u = f.u
    if u.large:
        u.large = False
        f.report(backend.LARGE_TYPE, n, notes)
        return
    if u.infinite:
        u.infinite = False
        if advice_of().infinite_twice(f):
            return
        f.report(say_type.INFINITE, n, notes, expected=u.show(expected), found=u.show(found))
        return
    if u.shape(expected)[0] == H_VAR or u.shape(found)[0] == H_VAR:
        general = expected if u.shape(expected)[0] == H_VAR else found
        other = found if general == expected else expected
        if f.info.annotation >= 0:
            at = f.info.annotation
            notes = (*notes, Note(f.module.file, f.start[at], f.end[at], "declared here"))
        if u.shape(other)[0] == H_META:
            f.report(say_type.NOT_NUMERIC, n, notes, name="arithmetic", found=u.show(general), advice="give I64 or F64")
            return
        f.report(say_type.TOO_GENERAL, n, notes, expected=u.show(general), found=u.show(other))
        return
    want = _numeric_or(f, expected)
    got = _numeric_or(f, found)
    if len(f.c.sink.items) >= HINTED:
        f.report(say_type.MISMATCH, n, notes, expected=want, found=got, advice="")
        return
    advice = advice_of()
    if advice.crosswise(f, n, expected, found):
        return
    notes = notes or advice.other_place(f, n)
    hint = advice.conversion(f, n, expected, found)
    f.report(say_type.MISMATCH, n, notes, expected=want, found=got, advice=hint)


def advice_of() -> ModuleType:
    """The module that looks around a mistake; programs without one do without it."""
    from compiler.types import advice

    return advice


def _numeric_or(f: Frame, t: int) -> str:
    t = f.u.find(t)
    if t < 0 and f.u.head[~t] == H_META and f.u.numeric[~t]:
        return "I64 or F64"
    return f.u.show(t)
