"""Compute at compile time what is known, and apply identities that are exact for every operand.

    %2 = i64.add %0 (const 0)              uses of %2 become %0
    %3 = i64.mul (const 6) (const 7)  ──▶  %3 = const.i64 42
    branch (const true) b1() b2()          jump b1()

Floats keep every bit: x + 0.0 stays (x may be -0.0), x * 1.0 goes; a fold whose result is NaN is left to the
machine, which chooses the NaN.  What would panic is left alone.  Also sees through objects made nearby: the tag and
immutable fields of a `make`, the captures of a `closure`, the length of a new array.
Linear; one walk in reverse postorder.  A new identity is an entry of a `@folds` function and a golden case.
"""

# ruff: noqa: ARG001 - every rule has the same face
from __future__ import annotations

import math
from struct import pack, unpack

from compiler.ir.graph import reverse_postorder
from compiler.mir import numbers
from compiler.mir.ops import CODE, OPS
from compiler.passes.edit import substitute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compiler.ir.function import Function, Module

I64, F64, BOOL, JUMP = CODE["const.i64"], CODE["const.f64"], CODE["const.bool"], CODE["jump"]
MASK = numbers.MASK

# Ops on constants: name -> (result kind, meaning); None is left alone.
_I = numbers.wrap
CONSTANT: dict[str, tuple[str, Callable[..., Any]]] = {
    "i64.add": ("i64", lambda a, b: _I(a + b)),
    "i64.sub": ("i64", lambda a, b: _I(a - b)),
    "i64.mul": ("i64", lambda a, b: _I(a * b)),
    "i64.div": ("i64", lambda a, b: None if b == 0 or (b == -1 and a == numbers.LOW) else numbers.div(a, b)),
    "i64.rem": ("i64", lambda a, b: None if b == 0 or (b == -1 and a == numbers.LOW) else numbers.rem(a, b)),
    "i64.neg": ("i64", lambda a: _I(-a)),
    "i64.abs": ("i64", lambda a: _I(abs(a))),
    "i64.min": ("i64", min),
    "i64.max": ("i64", max),
    "i64.and": ("i64", lambda a, b: a & b),
    "i64.or": ("i64", lambda a, b: a | b),
    "i64.xor": ("i64", lambda a, b: a ^ b),
    "i64.not": ("i64", lambda a: ~a),
    "i64.shl": ("i64", lambda a, b: _I(a << (b & 63))),
    "i64.shr": ("i64", lambda a, b: _I((a & MASK) >> (b & 63))),
    "i64.sar": ("i64", lambda a, b: a >> (b & 63)),
    "i64.popcount": ("i64", lambda a: (a & MASK).bit_count()),
    "i64.clz": ("i64", numbers.clz),
    "i64.ctz": ("i64", numbers.ctz),
    "i64.eq": ("bool", lambda a, b: a == b),
    "i64.ne": ("bool", lambda a, b: a != b),
    "i64.lt": ("bool", lambda a, b: a < b),
    "i64.le": ("bool", lambda a, b: a <= b),
    "i64.gt": ("bool", lambda a, b: a > b),
    "i64.ge": ("bool", lambda a, b: a >= b),
    "i64.to-f64": ("f64", float),
    "f64.add": ("f64", lambda a, b: a + b),
    "f64.sub": ("f64", lambda a, b: a - b),
    "f64.mul": ("f64", lambda a, b: a * b),
    "f64.div": ("f64", numbers.fdiv),
    "f64.neg": ("f64", lambda a: -a),
    "f64.abs": ("f64", abs),
    "f64.min": ("f64", numbers.fmin),
    "f64.max": ("f64", numbers.fmax),
    "f64.sqrt": ("f64", numbers.fsqrt),
    "f64.floor": ("f64", numbers.ffloor),
    "f64.ceil": ("f64", numbers.fceil),
    "f64.eq": ("bool", lambda a, b: a == b),
    "f64.ne": ("bool", lambda a, b: a != b),
    "f64.lt": ("bool", lambda a, b: a < b),
    "f64.le": ("bool", lambda a, b: a <= b),
    "f64.gt": ("bool", lambda a, b: a > b),
    "f64.ge": ("bool", lambda a, b: a >= b),
    "f64.to-i64": ("i64", numbers.f2i),
    "bool.not": ("bool", lambda a: not a),
    "bool.eq": ("bool", lambda a, b: a == b),
    "bool.ne": ("bool", lambda a, b: a != b),
}
# Negated comparisons; F64's orderings have none, because of NaN.
NEGATED = {
    "i64.eq": "i64.ne", "i64.ne": "i64.eq", "i64.lt": "i64.ge", "i64.ge": "i64.lt", "i64.gt": "i64.le",
    "i64.le": "i64.gt", "f64.eq": "f64.ne", "f64.ne": "f64.eq", "bool.eq": "bool.ne", "bool.ne": "bool.eq",
}  # fmt: skip
# (op, which operand, its constant) -> "other": the other operand, or the constant result.
IDENTITIES: dict[tuple[str, int, int], Any] = {
    ("i64.add", 1, 0): "other", ("i64.add", 0, 0): "other", ("i64.sub", 1, 0): "other",
    ("i64.mul", 1, 1): "other", ("i64.mul", 0, 1): "other", ("i64.mul", 1, 0): 0, ("i64.mul", 0, 0): 0,
    ("i64.div", 1, 1): "other", ("i64.rem", 1, 1): 0,
    ("i64.and", 1, -1): "other", ("i64.and", 0, -1): "other", ("i64.and", 1, 0): 0, ("i64.and", 0, 0): 0,
    ("i64.or", 1, 0): "other", ("i64.or", 0, 0): "other", ("i64.or", 1, -1): -1, ("i64.or", 0, -1): -1,
    ("i64.xor", 1, 0): "other", ("i64.xor", 0, 0): "other",
    ("i64.shl", 1, 0): "other", ("i64.shr", 1, 0): "other", ("i64.sar", 1, 0): "other",
}  # fmt: skip
# Both operands the same value: "same" or a constant.
SAME: dict[str, Any] = {
    "i64.sub": 0, "i64.xor": 0, "i64.and": "same", "i64.or": "same", "i64.min": "same", "i64.max": "same",
    "i64.eq": True, "i64.ne": False, "i64.lt": False, "i64.le": True, "i64.gt": False, "i64.ge": True,
    "bool.eq": True, "bool.ne": False,
}  # fmt: skip
# F64 with a constant that changes nothing, whatever the other operand: by the constant's bits.
_ONE, _MINUS_ZERO, _ZERO = 0x3FF0 << 48, 1 << 63, 0
F64_IDENTITIES = {
    ("f64.mul", 1, _ONE), ("f64.mul", 0, _ONE), ("f64.div", 1, _ONE),
    ("f64.add", 1, _MINUS_ZERO), ("f64.add", 0, _MINUS_ZERO), ("f64.sub", 1, _ZERO),
}  # fmt: skip


class Folder:
    """One walk over one function."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.block = function.blocks[0]
        self.replaced: dict[int, int] = {}
        self.changed = False

    def become(self, value: int, op: int, imm: Any = None, args: tuple[int, ...] = ()) -> None:
        """Turn an instruction into another, in place."""
        function = self.function
        function.op[value], function.imm[value], function.args[value] = op, imm, args
        self.changed = True

    def constant(self, value: int, result: Any) -> None:
        """Turn an instruction into the constant of its type."""
        type_ = self.function.type[value]
        if type_ == "i64":
            self.become(value, I64, int(result))
        elif type_ == "bool":
            self.become(value, BOOL, int(result))
        else:
            self.become(value, F64, unpack("<Q", pack("<d", result))[0])

    def known(self, value: int) -> Any:
        """The Python value of a constant, or None."""
        function = self.function
        op = function.op[value]
        if op == I64:
            return function.imm[value]
        if op == BOOL:
            return bool(function.imm[value])
        if op == F64:
            return unpack("<d", pack("<Q", function.imm[value]))[0]
        return None

    def instruction(self, value: int) -> None:
        function = self.function
        args = tuple(self.replaced.get(arg, arg) for arg in function.args[value])
        function.args[value] = args
        name = OPS[function.op[value]].name
        if not args:
            return
        known = [self.known(arg) for arg in args]
        row = CONSTANT.get(name)
        if row is not None:
            if all(k is not None for k in known):
                result = row[1](*known)
                if result is not None and not (row[0] == "f64" and math.isnan(result)):
                    self.constant(value, result)
                    return
            if len(args) == 2 and self.identity(value, name, args, known):
                return
        special = SPECIAL.get(name)
        if special is not None:
            special(self, value, args, known)

    def identity(self, value: int, name: str, args: tuple[int, ...], known: list[Any]) -> bool:
        if args[0] == args[1] and name in SAME:
            result = SAME[name]
            self.use(value, args[0]) if result == "same" else self.constant(value, result)
            return True
        for which in (0, 1):
            if known[which] is None:
                continue
            if name.startswith("f64"):
                if (name, which, self.function.imm[args[which]]) in F64_IDENTITIES:
                    self.use(value, args[1 - which])
                    return True
                continue
            if name in ("bool.eq", "bool.ne"):
                if known[which] == (name == "bool.eq"):
                    self.use(value, args[1 - which])
                else:
                    self.become(value, CODE["bool.not"], None, (args[1 - which],))
                return True
            result = IDENTITIES.get((name, which, known[which]))
            if result is not None:
                self.use(value, args[1 - which]) if result == "other" else self.constant(value, result)
                return True
        return False

    def use(self, value: int, instead: int) -> None:
        """Every use of the one becomes a use of the other."""
        self.replaced[value] = instead
        self.changed = True


SPECIAL: dict[str, Callable[[Folder, int, tuple[int, ...], list[Any]], None]] = {}


def folds(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register what an op's arguments may tell about it."""

    def register(rule: Callable[..., None]) -> Callable[..., None]:
        SPECIAL[name] = rule
        return rule

    return register


@folds("bool.not")
def _not(folder: Folder, value: int, args: tuple[int, ...], known: list[Any]) -> None:
    function = folder.function
    inner = function.op[args[0]]
    if inner == CODE["bool.not"]:
        folder.use(value, function.args[args[0]][0])
    elif inner >= 0 and OPS[inner].name in NEGATED:
        folder.become(value, CODE[NEGATED[OPS[inner].name]], None, function.args[args[0]])


@folds("select")
def _select(folder: Folder, value: int, args: tuple[int, ...], known: list[Any]) -> None:
    if known[0] is not None:
        folder.use(value, args[1 if known[0] else 2])
    elif args[1] == args[2]:
        folder.use(value, args[1])
    elif folder.function.type[value] == "bool" and known[1] is True and known[2] is False:
        folder.use(value, args[0])


@folds("tag")
def _tag(folder: Folder, value: int, args: tuple[int, ...], known: list[Any]) -> None:
    if folder.function.op[args[0]] == CODE["make"]:
        folder.constant(value, folder.function.imm[args[0]])


@folds("field")
def _field(folder: Folder, value: int, args: tuple[int, ...], known: list[Any]) -> None:
    function = folder.function
    tag, number = function.imm[value]
    if function.op[args[0]] == CODE["make"] and function.imm[args[0]] == tag:
        folder.use(value, function.args[args[0]][number])


@folds("any.get")
def _any_get(folder: Folder, value: int, args: tuple[int, ...], known: list[Any]) -> None:
    function = folder.function
    if function.op[args[0]] == CODE["any.new"] and function.type[function.args[args[0]][0]] == function.type[value]:
        folder.use(value, function.args[args[0]][0])


@folds("capture")
def _capture(folder: Folder, value: int, args: tuple[int, ...], known: list[Any]) -> None:
    function = folder.function
    if function.op[args[0]] == CODE["closure"]:
        folder.use(value, function.args[args[0]][function.imm[value]])


@folds("array.len")
def _array_len(folder: Folder, value: int, args: tuple[int, ...], known: list[Any]) -> None:
    function = folder.function
    maker = function.op[args[0]]
    if maker == CODE["array.new"]:
        folder.use(value, function.args[args[0]][0])
    elif maker == CODE["array.of"]:
        folder.constant(value, len(function.args[args[0]]))
    elif maker == CODE["array.copy"]:
        folder.become(value, function.op[value], None, function.args[args[0]])


@folds("text.len")
def _text_len(folder: Folder, value: int, args: tuple[int, ...], known: list[Any]) -> None:
    if folder.function.op[args[0]] == CODE["const.text"]:
        folder.constant(value, len(folder.function.imm[args[0]].encode("utf-8", "surrogateescape")))


@folds("branch")
def _branch(folder: Folder, value: int, args: tuple[int, ...], known: list[Any]) -> None:
    block = folder.block
    function = folder.function
    if known[0] is not None:
        block.succs = [block.succs[0 if known[0] else 1]]
        folder.become(value, JUMP)
    elif block.succs[0] == block.succs[1]:
        block.succs = block.succs[:1]
        folder.become(value, JUMP)
    elif function.op[args[0]] == CODE["bool.not"]:
        block.succs.reverse()
        folder.become(value, function.op[value], None, function.args[args[0]])


@folds("switch")
def _switch(folder: Folder, value: int, args: tuple[int, ...], known: list[Any]) -> None:
    block = folder.block
    cases = folder.function.imm[value]
    if known[0] is not None:
        chosen = cases.index(known[0]) if known[0] in cases else len(cases)
        block.succs = [block.succs[chosen]]
        folder.become(value, JUMP)
    elif all(succ == block.succs[0] for succ in block.succs):
        block.succs = block.succs[:1]
        folder.become(value, JUMP)


def _direct(op: str) -> Callable[[Folder, int, tuple[int, ...], list[Any]], None]:
    def rule(folder: Folder, value: int, args: tuple[int, ...], known: list[Any]) -> None:
        function = folder.function
        if function.op[args[0]] in (CODE["closure"], CODE["const.fn"]):
            folder.become(value, CODE[op], function.imm[args[0]], args)

    return rule


SPECIAL["call.closure"] = _direct("call")  # a known closure is called directly, itself as parameter 0
SPECIAL["tailcall.closure"] = _direct("tailcall")


@folds("check.bounds")
def _bounds(folder: Folder, value: int, args: tuple[int, ...], known: list[Any]) -> None:
    if known[0] is not None and known[1] is not None and 0 <= known[0] < known[1]:
        folder.become(value, CODE["const.unit"])


def run(function: Function, module: Module) -> bool:
    """Fold one function; whether it changed."""
    folder = Folder(function)
    for index in reverse_postorder(function):
        folder.block = function.blocks[index]
        folder.block.succs = [
            (target, tuple(folder.replaced.get(arg, arg) for arg in given)) for target, given in folder.block.succs
        ]
        for value in folder.block.body:
            folder.instruction(value)
    substitute(function, folder.replaced)
    return folder.changed
