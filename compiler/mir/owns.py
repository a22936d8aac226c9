"""Who owns what around an instruction: the op table's columns, refined by what callees borrow.

A function's attribute `borrows` lists the parameters it only borrows (`compiler/memory/borrow.py` decides); a direct
call borrows those arguments too.  Shared by the insertion of counts, the verifier and the interpreter.
"""

from __future__ import annotations

from compiler.mir.ops import CODE, OPS, is_ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Function, Module

CALL, TAILCALL = CODE["call"], CODE["tailcall"]
MAKE, ENTER = CODE["make"], CODE["region.enter"]
STATIC = frozenset((CODE["const.text"], CODE["const.fn"]))
ALIAS = tuple(row.alias for row in OPS)
OWNS = tuple(row.owns for row in OPS)
# Reads whose result stays as long as what it was read from does.
STEADY = frozenset((CODE["field"], CODE["list.cell"], CODE["capture"], CODE["any.get"]))
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


def is_held(function: Function, value: int, held: set[int]) -> bool:
    """Whether a value outlives this function's frame without a count of its own: static, or read out of `held`."""
    while function.op[value] in STEADY:
        value = function.args[value][0]
    return value in held or is_static(function, value)


def incoming_of(function: Function) -> dict[int, list[int]]:
    """What each reference block parameter is given, by parameter."""
    found: dict[int, list[int]] = {}
    blocks, types = function.blocks, function.type
    for block in blocks:
        for target, args in block.succs:
            if args:
                for param, arg in zip(blocks[target].params, args, strict=True):
                    if is_ref(types[param]):
                        found.setdefault(param, []).append(arg)
    return found


def held_params(function: Function, borrowed: set[int], given_by: dict[int, list[int]] | None = None) -> set[int]:
    """The borrowed parameters, and the block parameters that are only ever given values held by them.

    `given_by` is what `incoming_of` says, where the caller has it already.
    """
    params = function.params
    held = {params[number] for number in borrowed}
    incoming = incoming_of(function) if given_by is None else given_by
    held.update(incoming)
    changed = True
    while changed:
        changed = False
        for param, given in incoming.items():
            if param in held and not all(is_held(function, arg, held) for arg in given):
                held.discard(param)
                changed = True
    return held


class _Reach:
    """In which open regions each value is made, and in which the block parameters are used."""

    def __init__(self, function: Function) -> None:
        from compiler.mir.regions import entry_stacks, walk

        self.made: dict[int, tuple[int, ...]] = {}
        self.used: dict[int, set[tuple[int, ...]]] = {}
        for index, stack in entry_stacks(function).items():
            for param in function.blocks[index].params:
                self.made[param] = stack
                self.used[param] = set()
        for index, value, stack in walk(function):
            self.made[value] = stack
            used = function.args[value]
            if value == function.blocks[index].body[-1]:
                used = (*used, *[arg for _, args in function.blocks[index].succs for arg in args])
            for param in used:
                if param in self.used:
                    self.used[param].add(stack)

    def outlives(self, param: int, root: int) -> bool:
        """Whether the parameter is used where a region is over in which the root was made: it may have died there."""
        mine = self.made.get(root, ())
        return any(stack[: len(mine)] != mine for stack in self.used.get(param, ()))


def leases(function: Function, held: set[int], given_by: dict[int, list[int]] | None = None) -> dict[int, int]:
    """Block parameters that only ever walk through one value, by immutable fields: parameter -> that value.

    They count nothing themselves: the value stays alive for as long as they are used (a loop over a list).
    """
    incoming = incoming_of(function) if given_by is None else given_by
    candidates = {param for param in incoming if param not in held}
    if not candidates:
        return {}
    reach = _Reach(function) if candidates and ENTER in function.op else None
    while True:
        roots: dict[int, int] = {}
        conflict: set[int] = set()
        changed = True
        while changed:
            changed = False
            for param, given in incoming.items():
                if param not in candidates or param in conflict:
                    continue
                for arg in given:
                    base = arg
                    while function.op[base] in STEADY:
                        base = function.args[base][0]
                    if base in candidates:
                        if base == param or base not in roots:
                            continue
                        base = roots[base]
                    if base in held or is_static(function, base) or roots.get(param, base) != base:
                        conflict.add(param)
                        break
                    if reach is not None and reach.outlives(param, base):
                        conflict.add(param)
                        break
                    if param not in roots:
                        roots[param] = base
                        changed = True
        if not conflict:  # what is left without a root only walks in circles
            conflict = {param for param in candidates if param not in roots}
        if not conflict:
            return roots
        candidates -= conflict
