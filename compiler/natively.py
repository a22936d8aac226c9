"""Machine code of one instance apart from its program: what the whole pipeline makes of it, function by function.

The callees' bodies are not there; what their callers must know of them, which parameters they borrow, is handed in.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from compiler.ir.function import Module as IrModule
    from compiler.lir.ops import Data
    from compiler.machine.code import Code


def native_one(module: IrModule, borrows: Mapping[str, tuple[int, ...]]) -> tuple[list[Code], list[Data]]:
    """The code of an instance's functions, and the static data that they name.  Consumes `module`.

    With an entry, the function that the runtime starts is made, too.

    `borrows` has the parameters that each of them, and each of their callees, borrows.
    Errors: UnsupportedError.
    """
    from compiler.ir.function import Function
    from compiler.lir.data import Statics
    from compiler.lir.lower import lower_function
    from compiler.memory.rc import run as count
    from compiler.targets.x86_64.compile import compile_function

    own = list(module.functions.values())
    for name, given in borrows.items():
        function = module.functions.get(name)
        if function is None:
            function = module.functions[name] = Function("mir", name, "")
        if given:
            function.attrs["borrows"] = given
    statics = Statics()
    codes = []
    for function in own:
        count(function, module)
        codes.append(compile_function(lower_function(function, module, statics)))
    if module.entry:
        from compiler.lir.lower import start

        codes.append(compile_function(start(module.functions[module.entry])))
    module.functions.clear()
    return codes, statics.data
