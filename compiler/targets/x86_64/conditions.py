"""Compares as flags: which instruction sets them and which condition code then holds.

`plan` decides without emitting anything, for the consumer of the flags (jcc, setcc, cmov) is emitted
first: selection runs backwards.  `emit_compare` then emits what was planned, directly before the consumer.
A condition is followed through `not` (xor 1, eq 0) down to the compare.
"""

from __future__ import annotations

from compiler.lir.ops import CODE as LIR
from compiler.machine.ops import CC, CODE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.targets.x86_64.select import Selector

_SIGNED = {"eq": "e", "ne": "ne", "lt": "l", "le": "le", "gt": "g", "ge": "ge", "ult": "b", "uge": "ae"}
_INTEGER = {LIR[f"icmp.{name}"]: CC[cc] for name, cc in _SIGNED.items()}
# Float compares: condition and whether operands swap, so that NaN makes the condition false.
_FLOAT = {
    LIR["fcmp.eq"]: (CC["feq"], False),
    LIR["fcmp.ne"]: (CC["fne"], False),
    LIR["fcmp.lt"]: (CC["a"], True),
    LIR["fcmp.le"]: (CC["ae"], True),
    LIR["fcmp.gt"]: (CC["a"], False),
    LIR["fcmp.ge"]: (CC["ae"], False),
}
_COMPARES = frozenset((*_INTEGER, *_FLOAT))
_SWAPPED = {
    CC["l"]: CC["g"], CC["g"]: CC["l"], CC["le"]: CC["ge"], CC["ge"]: CC["le"],
    CC["b"]: CC["a"], CC["ae"]: CC["be"], CC["a"]: CC["b"], CC["be"]: CC["ae"],
}  # fmt: skip
_UNSIGNED = {CC["l"]: CC["b"], CC["le"]: CC["be"], CC["g"]: CC["a"], CC["ge"]: CC["ae"]}
_EQ, _NE, _XOR, _AND, _CONST = LIR["icmp.eq"], LIR["icmp.ne"], LIR["xor"], LIR["and"], LIR["const"]
_NARROW = {LIR["load.u8"]: ("cmpm8", 255), LIR["load.u32"]: ("cmpm32", (1 << 31) - 1)}
_CONST_F64 = LIR["const.f64"]


class Plan:
    """How to set the flags: an instruction by name, its operands, and the code to consume them with."""

    __slots__ = ("cc", "folded", "left", "name", "number", "right", "user")

    def __init__(self, cc: int, name: str, left: int, right: int, number: int | None, user: int) -> None:
        self.cc = cc
        self.name = name
        self.left = left
        self.right = right  # -1: none
        self.number = number
        self.user = user
        self.folded: list[int] = []  # values computed inside the plan, outermost first


def plan(s: Selector, value: int, user: int) -> Plan:
    """Flags for "value is not 0" as `user` needs them."""
    inverted = False
    folded: list[int] = []
    op, args = s.op, s.args
    while True:
        code = op[value]
        if code not in _COMPARES and code != _XOR:
            break
        if value != user and s.uses[value] != 1 and s.home[value] != s.home[user]:
            break
        if code in (_EQ, _NE, _XOR) and op[args[value][0]] in _COMPARES:
            number = s.small(args[value][1])
            if number in (0, 1) and (inner := args[value][0]) != user:
                if s.uses[inner] == 1 or s.home[inner] == s.home[user]:
                    flips = (number == 1) if code != _EQ else (number == 0)
                    if code == _NE and number == 1:
                        flips = True
                    if value != user:
                        folded.append(value)
                    inverted ^= flips
                    value = inner
                    continue
        break
    if op[value] in _INTEGER:
        found = _integer(s, value, user)
    elif op[value] in _FLOAT:
        found = _float(s, value, user)
    else:
        found = Plan(CC["ne"], "test", value, value, None, user)
        if value != user and op[value] == _AND and s.near(value, user):
            found = _masked(s, CC["ne"], value, user)
            folded.append(value)
        found.folded = folded
        if inverted:
            found.cc ^= 1
        return found
    if value != user:
        folded.append(value)
    found.folded = folded + found.folded
    if inverted:
        found.cc ^= 1
    return found


def _integer(s: Selector, value: int, user: int) -> Plan:
    cc = _INTEGER[s.op[value]]
    left, right = s.args[value]
    if s.small(left) is not None and s.small(right) is None:
        left, right, cc = right, left, _SWAPPED.get(cc, cc)
    number = s.small(right)
    if number is None:
        if s.foldable_load(right, user):
            return Plan(cc, "cmp r,m", left, right, None, user)
        if s.foldable_load(left, user):
            return Plan(_SWAPPED.get(cc, cc), "cmp r,m", right, left, None, user)
        return Plan(cc, "cmp", left, right, None, user)
    if number == 0 and s.op[left] == _AND and cc in (CC["e"], CC["ne"]) and s.near(left, user):
        found = _masked(s, cc, left, user)
        found.folded = [left]
        return found
    if s.foldable_load(left, user):
        return Plan(cc, "cmpm", left, -1, number, user)
    if s.op[left] in _NARROW and s.near(left, user):
        name, highest = _NARROW[s.op[left]]
        if 0 <= number <= highest:
            return Plan(_UNSIGNED.get(cc, cc), name, left, -1, number, user)
    if number == 0:
        return Plan(cc, "test", left, left, None, user)
    return Plan(cc, "cmp", left, -1, number, user)


def _masked(s: Selector, cc: int, value: int, user: int) -> Plan:
    left, right = s.args[value]
    if s.small(left) is not None:
        left, right = right, left
    number = s.small(right)
    return Plan(cc, "test", left, -1 if number is not None else right, number, user)


def _float(s: Selector, value: int, user: int) -> Plan:
    cc, swaps = _FLOAT[s.op[value]]
    left, right = s.args[value]
    if swaps or (s.op[left] == _CONST_F64 and cc in (CC["feq"], CC["fne"])):
        left, right = right, left
    return Plan(cc, "ucomisd", left, right, None, user)


def emit_compare(s: Selector, found: Plan) -> None:
    """Emit the planned instruction; the consumer was emitted just before."""
    from compiler.targets.x86_64.select_values import float_operand

    for value in found.folded:
        s.fold(value)
    name, left, right = found.name, found.left, found.right
    if name in ("cmpm", "cmpm8", "cmpm32"):
        m, regs = s.take_load(left)
        s.emit(CODE[name], -1, regs, found.number, m)
    elif name == "cmp r,m":
        held = s.reg(left)
        m, regs = s.take_load(right)
        s.emit(CODE["cmp"], -1, [held, *regs], m=m)
    elif name == "ucomisd":
        held = s.reg(left)
        fm, regs, rest = float_operand(s, right, found.user)
        if fm is not None:
            s.emit(CODE["ucomisd"], -1, [held, *regs], m=fm)
        else:
            s.emit(CODE["ucomisd"], -1, [held, rest])
    elif right == left and name == "test":
        held = s.reg(left)
        s.emit(CODE["test"], -1, [held, held])
    elif right < 0:
        s.emit(CODE[name], -1, [s.reg(left)], found.number)
    else:
        s.emit(CODE[name], -1, [s.reg(left), s.reg(right)])
