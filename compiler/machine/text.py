"""Text of machine functions, and back: what is read encodes to the same bytes.

    machine "sum" allocated
    slots 8
    b0() freq=1.0
      rax = load [rdi+rsi*8+16] !3
      cmp rax $5
      jcc #l b2() b1()

Operands: a register, `$5` `$f:3ff0…` `$@"symbol"+8` a constant that the allocator places, `#…` an immediate or
condition, `[…]` memory (`#2` in it is frame slot 2), `v34:rdi` an operand with its register.  A virtual register
names its class where it is defined.  Blocks stand in layout order.
"""

from __future__ import annotations

import re

from compiler.machine.function import FIRST_VIRTUAL, Inst, MachineFunction
from compiler.machine.ops import CC, CODE, CONDITIONS, OPS
from compiler.machine.registers import REGISTER_NAMES, REGISTERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.machine.function import Mem

_WORD = re.compile(r'(?:[^\s"]|"(?:[^"\\]|\\.)*")+')
_TERM = re.compile(r'([+-]?)(?:@("(?:[^"\\]|\\.)*")|#(\d+)|([a-z]\w*)(?:\*(\d))?|(\d+))')
_CLASSES = "if"


class TextError(Exception):
    """A text that is no machine function."""


def _quoted(text: str) -> str:
    from json import dumps

    return dumps(text, ensure_ascii=False)


def _unquoted(text: str) -> str:
    from json import loads

    return str(loads(text))


# Writing.


def register(reg: int) -> str:
    """rax, xmm3, v34."""
    return REGISTER_NAMES[reg] if reg < FIRST_VIRTUAL else f"v{reg}"


def operand(mf: MachineFunction, use: int) -> str:
    """A register or a constant."""
    if use >= 0:
        return register(use)
    kind, *value = mf.consts[~use]
    if kind == "f":
        return f"$f:{value[0]:016x}"
    if kind == "a":
        return f"$@{_quoted(value[0])}{value[1]:+d}"
    return f"${value[0]}"


def memory(inst: Inst) -> str:
    """The memory operand, "" when there is none."""
    m = inst.m
    if m is None:
        return ""
    has_base, has_index, scale, disp, symbol = m
    terms: list[str] = []
    if isinstance(symbol, int):
        terms.append(f"#{symbol}")
    elif symbol is not None:
        terms.append("@" + _quoted(symbol))
    regs = inst.u[len(inst.u) - has_base - has_index :]
    if has_base:
        terms.append(register(regs[0]))
    if has_index:
        terms.append(f"{register(regs[-1])}*{scale}")
    text = "+".join(terms)
    return f"[{text}{disp:+d}]" if disp or not text else f"[{text}]"


def plain_uses(inst: Inst) -> list[int]:
    """The uses that are no part of the memory operand."""
    return inst.u[: len(inst.u) - sum(inst.m[:2])] if inst.m is not None else inst.u


def immediate(inst: Inst) -> str:
    """The immediate as a word, "" when there is none."""
    imm, kind = inst.imm, OPS[inst.op].imm
    if imm is None:
        return ""
    if kind == "cc":
        return f"#{CONDITIONS[imm]}"
    if isinstance(imm, str):
        return "@" + _quoted(imm)
    if isinstance(imm, tuple):
        return f"@{_quoted(imm[0])}{imm[1]:+d}"
    return f"#{imm}"


def _typed(mf: MachineFunction, reg: int) -> str:
    if reg < FIRST_VIRTUAL:
        return register(reg)
    return f"{register(reg)}:{_CLASSES[mf.classes[reg - FIRST_VIRTUAL]]}"


def _line(mf: MachineFunction, inst: Inst) -> str:
    words = [f"{_typed(mf, inst.d)} =", OPS[inst.op].name] if inst.d >= 0 else [OPS[inst.op].name]
    if inst.imm is not None:
        words.append(immediate(inst))
    for k, use in enumerate(plain_uses(inst)):
        place = f":{register(inst.fix[k])}" if inst.fix is not None else ""
        words.append(operand(mf, use) + place)
    if inst.m is not None:
        words.append(memory(inst))
    return " ".join(words)


def print_function(mf: MachineFunction) -> str:
    """The function's text, with a newline at the end."""
    lines = [f"machine {_quoted(mf.name)} {mf.stage}"]
    if mf.params:
        lines.append("params " + " ".join(f"{_typed(mf, value)}={register(reg)}" for value, reg in mf.params))
    if mf.slots:
        lines.append("slots " + " ".join(map(str, mf.slots)))
    if mf.saved:
        lines.append("saved " + " ".join(map(register, mf.saved)))
    if mf.prologue:
        lines.append(f"prologue b{mf.prologue}")
    for body in mf.inner_loops:
        lines.append("loop " + " ".join(f"b{b}" for b in sorted(body)))
    for b in mf.order:
        block = mf.blocks[b]
        head = f"b{b}({' '.join(_typed(mf, value) for value in block.params)})"
        facts = f" freq={block.freq!r} depth={block.depth} loop={block.loop}" + (" cold" if block.cold else "")
        lines.append(head + facts)
        for inst in block.body:
            line = "  " + _line(mf, inst)
            if inst is block.body[-1]:
                for goal, args in block.succs:
                    line += f" b{goal}({' '.join(operand(mf, use) for use in args)})"
            lines.append(line + (f" !{inst.at}" if inst.at else ""))
    return "\n".join(lines) + "\n"


# Reading.


class _Reader:
    """Reads one function."""

    def __init__(self) -> None:
        self.mf = MachineFunction("")

    def block(self, b: int) -> int:
        while len(self.mf.blocks) <= b:
            self.mf.block()
        return b

    def register(self, word: str) -> int:
        name, _, cls = word.partition(":")
        if name in REGISTERS:
            return REGISTERS[name]
        if not re.fullmatch(r"v\d+", name):
            raise TextError(f"no register {word}")
        number = int(name[1:])
        while len(self.mf.classes) <= number - FIRST_VIRTUAL:
            self.mf.classes.append(0)
        if cls:
            self.mf.classes[number - FIRST_VIRTUAL] = _CLASSES.index(cls)
        return number

    def operand(self, word: str) -> int:
        if not word.startswith("$"):
            return self.register(word)
        if word.startswith("$f:"):
            return self.mf.const("f", int(word[3:], 16))
        if word.startswith("$@"):
            symbol, addend = self.symbol(word[1:])
            return self.mf.const("a", symbol, addend)
        return self.mf.const("i", int(word[1:]))

    def symbol(self, word: str) -> tuple[str, int]:
        end = word.rindex('"') + 1
        return _unquoted(word[1:end]), int(word[end:] or "0")

    def memory(self, word: str) -> tuple[Mem, list[int]]:
        has_base = has_index = disp = 0
        scale = 1
        symbol: str | int | None = None
        regs: list[int] = []
        at = 1
        while at < len(word) - 1:
            found = _TERM.match(word, at)
            if not found:
                raise TextError(f"bad memory operand {word}")
            sign, name, slot, reg, factor, number = found.groups()
            if name is not None:
                symbol = _unquoted(name)
            elif slot is not None:
                symbol = int(slot)
            elif reg is not None:
                regs.append(self.register(reg))
                if factor is not None:
                    has_index, scale = 1, int(factor)
                else:
                    has_base = 1
            else:
                disp = int(sign + number)
            at = found.end()
        return (has_base, has_index, scale, disp, symbol), regs

    def edges(self, words: list[str]) -> list[tuple[int, list[int]]]:
        text = " ".join(words)
        return [
            (self.block(int(goal)), [self.operand(word) for word in args.split()])
            for goal, args in re.findall(r"b(\d+)\(([^)]*)\)", text)
        ]

    def instruction(self, line: str, b: int) -> None:
        words = _WORD.findall(line)
        at = 0
        if words[-1].startswith("!"):
            at = int(words.pop()[1:])
        d = -1
        if len(words) > 2 and words[1] == "=":
            d = self.register(words[0])
            del words[:2]
        name = words.pop(0)
        if name not in CODE:
            raise TextError(f"no instruction {name}")
        row = OPS[CODE[name]]
        if row.ends:
            first = next((k for k, word in enumerate(words) if re.match(r"b\d+\(", word)), len(words))
            self.mf.blocks[b].succs = self.edges(words[first:])
            del words[first:]
        imm: Any = None
        m: Mem | None = None
        tail: list[int] = []
        uses: list[int] = []
        fix: list[int] = []
        for word in words:
            if word.startswith("#"):
                imm = CC[word[1:]] if row.imm == "cc" else int(word[1:])
            elif word.startswith("@"):
                symbol, addend = self.symbol(word)
                imm = (symbol, addend) if name in ("addr", "storei") else symbol
            elif word.startswith("["):
                m, tail = self.memory(word)
            elif "*" in row.uses:
                use, _, place = word.rpartition(":")
                uses.append(self.operand(use))
                fix.append(self.register(place))
            else:
                uses.append(self.operand(word))
        inst = Inst(row.code, d, uses + tail, imm, m, tuple(fix) if "*" in row.uses else None, at)
        self.mf.blocks[b].body.append(inst)

    def function(self, text: str) -> MachineFunction:
        mf = self.mf
        b = -1
        for line in text.splitlines():
            words = _WORD.findall(line)
            if not words:
                continue
            if line.startswith("  "):
                self.instruction(line, b)
            elif words[0] == "machine":
                mf.name, mf.stage = _unquoted(words[1]), words[2]
            elif words[0] == "params":
                mf.params = [
                    (self.register(value), self.register(reg))
                    for value, _, reg in (w.partition("=") for w in words[1:])
                ]
            elif words[0] == "slots":
                mf.slots = [int(word) for word in words[1:]]
            elif words[0] == "saved":
                mf.saved = [self.register(word) for word in words[1:]]
            elif words[0] == "prologue":
                mf.prologue = self.block(int(words[1][1:]))
            elif words[0] == "loop":
                mf.inner_loops.append({self.block(int(word[1:])) for word in words[1:]})
            else:
                b = self.head(line)
        mf.preds = [[] for _ in mf.blocks]
        for b in sorted(mf.order):
            for goal, _ in mf.blocks[b].succs:
                mf.preds[goal].append(b)
        mf.frame_calls = any(OPS[inst.op].calls for block in mf.blocks for inst in block.body)
        return mf

    def head(self, line: str) -> int:
        found = re.fullmatch(r"b(\d+)\(([^)]*)\) freq=(\S+) depth=(\d+) loop=(-?\d+)( cold)?", line)
        if not found:
            raise TextError(f"bad line {line!r}")
        b = self.block(int(found[1]))
        block = self.mf.blocks[b]
        block.params = [self.register(word) for word in found[2].split()]
        block.freq, block.depth, block.loop = float(found[3]), int(found[4]), int(found[5])
        block.cold = found[6] is not None
        self.mf.order.append(b)
        return b


def parse_function(text: str) -> MachineFunction:
    """The function that `print_function` wrote.

    Errors: TextError.
    """
    try:
        return _Reader().function(text)
    except (ValueError, IndexError, KeyError) as error:
        raise TextError(str(error)) from error
