"""MIR types as strings, taken apart: elements, function signatures, fields by layout.

Knows the spelling of `compiler/mir/ops.py` and nothing else.  A new kind of reference is a prefix here and in `kind`.
"""

from __future__ import annotations

from compiler.mir.ops import REGISTER_TYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Module


def kind(type: str) -> str:  # noqa: A002
    """`i64 f64 bool unit text bytes Any list array fn cell actor` or `data`."""
    if type in REGISTER_TYPES or type in ("text", "bytes", "Any"):
        return type
    for prefix in ("list<", "array<", "cell<", "actor<"):
        if type.startswith(prefix):
            return prefix[:-1]
    return "fn" if type.startswith("fn(") else "data"


def element(type: str) -> str:  # noqa: A002
    """The T of list<T>, array<T>, cell<T> or actor<T>; "" of anything else."""
    return type[type.index("<") + 1 : -1] if kind(type) in ("list", "array", "cell", "actor") else ""


_SIGNATURES: dict[str, tuple[tuple[str, ...], str]] = {}


def signature(type: str) -> tuple[tuple[str, ...], str]:  # noqa: A002
    """Parameter types and result type of `fn(A,B)->R`."""
    found = _SIGNATURES.get(type)
    if found is None:
        params: list[str] = []
        depth, start, index = 0, 3, 3
        while depth or type[index] != ")":
            if type.startswith("->", index):
                index += 2
                continue
            if type[index] in "(<":
                depth += 1
            elif type[index] in ")>":
                depth -= 1
            elif type[index] == "," and not depth:
                params.append(type[start:index].strip())
                start = index + 1
            index += 1
        if index > start:
            params.append(type[start:index].strip())
        found = _SIGNATURES[type] = (tuple(params), type[index + 3 :])
    return found


def fields(module: Module, type: str, tag: int) -> tuple[tuple[str, ...], tuple[bool, ...]] | None:  # noqa: A002
    """Field types and mutable flags of a variant, or None when the layout has no such variant."""
    layout = module.layouts.get(type)
    if layout is None or not 0 <= tag < len(layout.variants):
        return None
    return layout.variants[tag][1], layout.variants[tag][2]
