"""What LIR promises beyond any SSA level: legal types, calls that fit their callee, symbols that exist.

`verify(module)` lists the problems as "V3xx function bN op: what", after those of every level (dominance, arity, type
patterns: "V1xx", `compiler/ir/verify.py`).  To add an invariant: a function with `@detects` and a
negative case in `tests/lir/test_verify.py`, which walks `INVARIANTS`.
"""

from __future__ import annotations

from compiler.ir import verify as generic
from compiler.ir.function import PARAM
from compiler.lir.calls import spread
from compiler.lir.ops import CODE, LIR
from compiler.lir.runtime import ARGS_WORDS, BY_NAME, DATA

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compiler.ir.function import Function
    from compiler.lir.module import LirModule

    Check = Callable[["Scope", Function], Iterator[tuple[int, int, str]]]

INVARIANTS: dict[str, tuple[str, Check]] = {}
TYPES = ("", "i64", "f64", "ptr")

_CALL, _TAIL, _RUNTIME = CODE["call"], CODE["tail"], CODE["call.rt"]
_STORE, _LOAD, _ADDR, _RET = CODE["args.store"], CODE["args.load"], CODE["addr"], CODE["ret"]
_CALLS = frozenset(CODE[name] for name in ("call", "call.ind", "tail", "tail.ind"))


class Scope:
    """The module that is verified, and every symbol that its functions may name."""

    __slots__ = ("known", "module")

    def __init__(self, module: LirModule) -> None:
        self.module = module
        self.known = {*module.functions, *[datum.name for datum in module.data], *DATA}


def detects(code: str, summary: str) -> Callable[[Check], Check]:
    """Register an invariant under its code; it yields (block, value, what)."""

    def register(check: Check) -> Check:
        if code in INVARIANTS:
            raise ValueError(f"{code} is declared twice")
        INVARIANTS[code] = (summary, check)
        return check

    return register


def verify(module: LirModule) -> list[str]:
    """Every problem of a LIR module, in function order; a function that is no good SSA is judged no further."""
    problems = generic.verify(module, LIR)
    if problems:
        return problems
    scope = Scope(module)
    for function in module.functions.values():
        for code, (_, check) in INVARIANTS.items():
            for block, value, what in check(scope, function):
                op = function.op[value] if value >= 0 else PARAM
                name = f" {LIR.ops[op].name}" if op != PARAM else ""
                problems.append(f"{code} {function.name} b{block}{name}: {what}")
    return problems + _data(scope)


def parameters(function: Function) -> list[str]:
    """The types of all arguments, in the order of registers and then of the words of zr_args."""
    words = [
        (function.imm[value], function.type[value]) for value in function.blocks[0].body if function.op[value] == _LOAD
    ]
    return [function.type[value] for value in function.params] + [each for _, each in sorted(words)]


@detects("V301", "every type is legal: i64, f64, ptr or none")
def _types(_scope: Scope, function: Function) -> Iterator[tuple[int, int, str]]:
    if function.result not in TYPES:
        yield 0, -1, f"the result type {function.result} is not legal"
    for index, block in enumerate(function.blocks):
        for value in [*block.params, *block.body]:
            if function.type[value] not in TYPES:
                yield index, value, f"the type {function.type[value]} is not legal"


@detects("V302", "a call passes what its callee takes and gives what it returns")
def _internal_calls(scope: Scope, function: Function) -> Iterator[tuple[int, int, str]]:
    for index, block in enumerate(function.blocks):
        stored: list[tuple[int, str]] = []
        for value in block.body:
            op = function.op[value]
            if op == _STORE:
                stored.append((function.imm[value], function.type[function.args[value][0]]))
            if op not in (_CALL, _TAIL):
                stored = stored if op not in _CALLS else []
                continue
            callee = scope.module.functions.get(function.imm[value])
            if callee is None:
                continue  # V110
            given = [function.type[arg] for arg in function.args[value]] + [each for _, each in sorted(stored)]
            if given != parameters(callee):
                yield (
                    index,
                    value,
                    f"passes {' '.join(given) or 'nothing'}, not {' '.join(parameters(callee)) or 'nothing'}",
                )
            result = function.type[value] if op == _CALL else function.result
            if result != callee.result:
                yield (
                    index,
                    value,
                    f"gives {result or 'nothing'}, but {callee.name} returns {callee.result or 'nothing'}",
                )
            stored = []


_BITS = {"zr_array_new": 1, "zr_send": 1, "zr_region_array": 2}  # where the bits of a counted value travel as an I64


@detects("V303", "a runtime call is a row of runtime.py with its types")
def _runtime_calls(_scope: Scope, function: Function) -> Iterator[tuple[int, int, str]]:
    for index, block in enumerate(function.blocks):
        for value in block.body:
            if function.op[value] != _RUNTIME:
                continue
            row = BY_NAME.get(function.imm[value])
            if row is None:
                yield index, value, f"there is no runtime function {function.imm[value]}"
                continue
            given = tuple([function.type[arg] for arg in function.args[value]])
            takes = row.params
            bits = _BITS.get(row.name, -1)
            if bits >= 0 and given[bits : bits + 1] == ("ptr",):
                takes = (*takes[:bits], "ptr", *takes[bits + 1 :])
            if given != takes:
                yield index, value, f"{row.name} takes {' '.join(row.params)}, not {' '.join(given)}"
            if function.type[value] != (row.result if row.result not in ("void", "never") else ""):
                yield index, value, f"{row.name} gives {row.result}"


@detects("V304", "arguments beyond the registers are stored just before a call and loaded at the entry")
def _words(_scope: Scope, function: Function) -> Iterator[tuple[int, int, str]]:
    for index, block in enumerate(function.blocks):
        pending, entry = False, index == 0
        for value in block.body:
            op = function.op[value]
            if op in (_STORE, _LOAD) and not 0 <= function.imm[value] < ARGS_WORDS:
                yield index, value, f"zr_args has no word {function.imm[value]}"
            if op == _LOAD and not entry:
                yield index, value, "is not at the entry of the function"
            entry = entry and LIR.ops[op].effect in ("", "reads")
            if pending and op != _STORE and LIR.ops[op].effect not in ("", "reads") and op not in _CALLS:
                yield index, value, "comes between an argument and its call"
            pending = op == _STORE or (pending and op not in _CALLS)
        registers = spread([function.type[value] for value in block.params]) if index == 0 else []
        if any(word >= 0 for word in registers):
            yield index, -1, "has more parameters than registers"


@detects("V305", "an address names a function, a datum or a symbol of the runtime")
def _symbols(scope: Scope, function: Function) -> Iterator[tuple[int, int, str]]:
    for index, block in enumerate(function.blocks):
        for value in block.body:
            if function.op[value] == _ADDR and function.imm[value][0] not in scope.known:
                yield index, value, f"there is no symbol {function.imm[value][0]}"


@detects("V306", "a function returns a value of its result type, or none")
def _returns(_scope: Scope, function: Function) -> Iterator[tuple[int, int, str]]:
    for index, block in enumerate(function.blocks):
        for value in block.body:
            if function.op[value] == _RET:
                given = " ".join([function.type[arg] for arg in function.args[value]])
                if given != function.result:
                    yield index, value, f"returns {given or 'nothing'}, not {function.result or 'nothing'}"


@detects("V307", "cold blocks exist, and the entry is not one of them")
def _cold(_scope: Scope, function: Function) -> Iterator[tuple[int, int, str]]:
    for index in function.attrs.get("cold", ()):
        if not 0 < index < len(function.blocks):
            yield index, -1, "is said to be cold"


def _data(scope: Scope) -> list[str]:
    """V308: data has unique names, and its addresses name what exists."""
    problems, seen = [], set(scope.module.functions)
    for datum in scope.module.data:
        if datum.name in seen:
            problems.append(f"V308 {datum.name}: defined again")
        seen.add(datum.name)
        for offset, symbol, _ in datum.relocs:
            if symbol not in scope.known or not 0 <= offset <= len(datum.bytes) - 8:
                problems.append(f"V308 {datum.name}: no address of {symbol} fits at {offset}")
    return problems
