"""Who owns what around an instruction: the op table's columns, refined by what callees borrow.

A function's attribute `borrows` lists the parameters it only borrows (`compiler/memory/borrow.py` decides); a direct
call borrows those arguments too.  Shared by the insertion of counts, the verifier and the interpreter.
"""

from __future__ import annotations

from compiler.mir.ops import CODE, OPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Function, Module

CALL, TAILCALL = CODE["call"], CODE["tailcall"]
MAKE = CODE["make"]
STATIC = frozenset((CODE["const.text"], CODE["const.fn"]))
ALIAS = tuple(row.alias for row in OPS)
OWNS = tuple(row.owns for row in OPS)
# Ends that free nothing: the program is over.
NO_RETURN = frozenset((CODE["panic"], CODE["panic.text"], CODE["unreachable"]))


def owns(function: Function, value: int, module: Module) -> str:
    """One letter an argument: b borrows, o consumes."""
    code = function.op[value]
    count = len(function.args[value])
    if code in (CALL, TAILCALL):
        callee = module.functions.get(function.imm[value])
        borrowed = callee.attrs.get("borrows", ()) if callee is not None else ()
        if borrowed:
            return "".join("b" if k in borrowed else "o" for k in range(count))
        return "o" * count
    letters = OWNS[code]
    return letters[:count] if len(letters) >= count else letters + letters[-1] * (count - len(letters))


def is_static(function: Function, value: int) -> bool:
    """Whether a value is a static object: always alive, but counted like any other where it is consumed."""
    code = function.op[value]
    return code in STATIC or (code == MAKE and not function.args[value])


def no_return(function: Function, block: int) -> bool:
    """Whether the program ends in this block."""
    body = function.blocks[block].body
    return bool(body) and function.op[body[-1]] in NO_RETURN
