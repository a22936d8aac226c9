"""A function's IR apart from its module: rows of plain values that `marshal` writes, with texts for places.

    pack(function, module) ─▶ a tuple ─▶ unpack(tuple, module) in another module

Values are numbered in order of appearance and the dead are left out, so that functions with equal texts have equal
rows.  The layouts of the types of its values come along: what a pass or the next level asks of them.  Knows no op.
`exact` is for whoever must know that nothing whatever has changed, the numbers of values included.
"""

from __future__ import annotations

import marshal

from compiler.ir.function import Block, Function, Layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.ir.function import Module


def pack(function: Function, module: Module) -> tuple[Any, ...]:
    """The function's rows."""
    number: dict[int, int] = {}
    for block in function.blocks:
        for value in (*block.params, *block.body):
            number[value] = len(number)
    values = list(number)
    types: dict[str, int] = {}
    places: dict[int, int] = {0: 0}
    layouts = module.layouts
    kinds = [types.setdefault(function.type[value], len(types)) for value in values]
    at = [places.setdefault(function.at[value], len(places)) for value in values]
    blocks = [
        (
            len(block.params),
            len(block.body),
            [(target, tuple([number[arg] for arg in given])) for target, given in block.succs],
        )
        for block in function.blocks
    ]
    return (
        function.level,
        function.name,
        function.result,
        sorted(function.attrs.items()),
        blocks,
        [function.op[value] for value in values],
        kinds,
        [tuple([number[arg] for arg in function.args[value]]) for value in values],
        [function.imm[value] for value in values],
        at,
        list(types),
        [module.places[place] for place in places],
        [(name, layouts[name].variants) for name in sorted(types) if name in layouts],
    )


def unpack(row: tuple[Any, ...], module: Module) -> Function:
    """The function of packed rows; its places and layouts are in this module afterwards, it is not."""
    level, name, result, attrs, blocks, ops, kinds, args, imm, at, types, places, layouts = row
    function = Function(level, name, result)
    function.attrs = dict(attrs)
    function.op, function.args, function.imm = list(ops), list(args), list(imm)
    function.type = [types[k] for k in kinds]
    numbers = [module.place(text) for text in places]
    function.at = [numbers[k] for k in at]
    start = 0
    for params, body, succs in blocks:
        block = Block()
        block.params = list(range(start, start + params))
        block.body = list(range(start + params, start + params + body))
        block.succs = list(succs)
        start += params + body
        function.blocks.append(block)
    for each, variants in layouts:
        if each not in module.layouts:
            module.layouts[each] = Layout(each, list(variants))
    return function


def exact(function: Function, module: Module) -> bytes:
    """Bytes that are equal for functions that are so in every list, whatever the numbers of their places."""
    types: dict[str, int] = {}
    places: dict[int, int] = {}
    layouts = module.layouts
    kinds = [types.setdefault(each, len(types)) for each in function.type]
    at = [places.setdefault(each, len(places)) for each in function.at]
    rows = (
        (function.level, function.name, function.result, sorted(function.attrs.items())),
        (function.op, kinds, function.args, function.imm, at),
        [(block.params, block.body, block.succs) for block in function.blocks],
        (list(types), [module.places[place] for place in places]),
        [(name, layouts[name].variants) for name in sorted(types) if name in layouts],
    )
    return marshal.dumps(rows, 2)
