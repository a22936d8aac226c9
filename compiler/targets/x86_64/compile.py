"""One LIR function to x86-64 bytes: select, allocate, encode.

With `verify` the function is checked before and after allocation, and the allocation itself is proved by
`machine/checker.py`.  Knows nothing of objects or modules.
"""

from __future__ import annotations

from compiler.machine import allocate as allocator
from compiler.targets.x86_64 import target
from compiler.targets.x86_64.encode import encode
from compiler.targets.x86_64.select import select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.ir.function import Function
    from compiler.machine.code import Code
    from compiler.machine.function import MachineFunction

__all__ = ["allocate", "compile_function", "encode", "machine_function", "select"]


def allocate(mf: MachineFunction) -> None:
    """Replace virtual registers in place."""
    allocator.allocate(mf, target)


def machine_function(f: Function) -> MachineFunction:
    """One LIR function selected and allocated, as `zero dump --level machine` shows it."""
    mf = select(f)
    allocate(mf)
    return mf


def compile_function(f: Function, verify: bool = False, look: Callable[[MachineFunction], None] | None = None) -> Code:
    """The machine code of one LIR function; `look` sees it before it is encoded."""
    mf = select(f)
    if not verify:
        allocator.allocate(mf, target)
        if look is not None:
            look(mf)
        return encode(mf)
    from compiler.machine.checker import check
    from compiler.machine.verify import verify as problems_of

    _refuse(mf.name, "after selection", problems_of(mf, target))
    record = allocator.allocate(mf, target, record=True)
    assert record is not None
    _refuse(mf.name, "after allocation", problems_of(mf, target))
    _refuse(mf.name, "allocation", check(mf, record, target))
    if look is not None:
        look(mf)
    return encode(mf)


def _refuse(name: str, when: str, problems: list[str]) -> None:
    if problems:
        raise AssertionError(f"{name}, {when}: " + "; ".join(problems))
