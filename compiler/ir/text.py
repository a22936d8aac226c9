"""Text of a module or function at any level, and back: `parse_module(print_module(m))` is `m` with stable numbers.

    function @twice -> i64 inline="always"
    b0(%0:i64)
      %1:i64 = i64.add %0 %0 !"main.0x0:1:2"
      return %1

Words are separated by spaces; `#…` is an immediate (JSON; bits in hexadecimal), `@name` a function, `!…` a place.
Names and types with a space or a quote in them are JSON strings.  Values are numbered in order of appearance, so
equal functions print equally.  Knows no op: each level's table is handed in.  A new kind of immediate is a case
of `_imm_text` and of `_imm_value`.
"""

from __future__ import annotations

import re

from compiler.ir.function import Function, Layout, Level, Module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.ir.places import Places

_WORD = re.compile(r'(?:[^\s"]|"(?:[^"\\]|\\.)*")+')


class ParseError(Exception):
    """A text that is no module; carries the line number."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.why = why


# Writing.


def _quote(text: str) -> str:
    from json import dumps

    return dumps(text, ensure_ascii=False)


def _name(text: str) -> str:
    """A name or type as a word: bare when nothing in it could be mistaken."""
    return text if text and '"' not in text and not re.search(r"\s", text) else _quote(text)


def _plain(value: Any) -> str:
    """JSON without spaces."""
    from json import dumps

    return dumps(value, ensure_ascii=False, separators=(",", ":"))


def _imm_text(kind: str, value: Any) -> str:
    if kind in ("function", "runtime") and isinstance(value, str):
        return " @" + _name(value)
    if kind == "bits" and isinstance(value, int):
        return f" #0x{value:016x}"
    return " #" + _plain(value)


def numbering(function: Function) -> dict[int, int]:
    """Each placed value's number, in order of appearance."""
    numbers: dict[int, int] = {}
    for block in function.blocks:
        for value in block.params:
            numbers[value] = len(numbers)
        for value in block.body:
            if function.type[value]:
                numbers[value] = len(numbers)
    return numbers


def print_function(function: Function, level: Level, places: Places) -> str:
    """The function's text, without a trailing newline."""
    numbers = numbering(function)

    def named(values: tuple[int, ...] | list[int]) -> str:
        return " ".join(f"%{numbers[v]}" if v in numbers else f"%dead{v}" for v in values)

    attrs = "".join(f" {key}={_plain(function.attrs[key])}" for key in sorted(function.attrs))
    lines = [f"function @{_name(function.name)} -> {_name(function.result)}{attrs}"]
    for index, block in enumerate(function.blocks):
        params = " ".join(f"%{numbers[v]}:{_name(function.type[v])}" for v in block.params)
        lines.append(f"b{index}({params})")
        for value in block.body:
            code = function.op[value]
            row = level.ops[code] if 0 <= code < len(level.ops) else None
            words = f"  %{numbers[value]}:{_name(function.type[value])} = " if function.type[value] else "  "
            words += row.name if row else f"op{code}"
            imm = function.imm[value]
            if imm is not None:
                words += _imm_text(row.imm if row else "", imm)
            if function.args[value]:
                words += " " + named(function.args[value])
            if block.body and value == block.body[-1]:
                words += "".join(f" b{target}({named(args)})" for target, args in block.succs)
            if function.at[value]:
                words += " !" + _quote(places[function.at[value]])
            lines.append(words)
    return "\n".join(lines)


def print_module(module: Module, level: Level) -> str:
    """The module's text: entry, layouts sorted by name, functions in their order."""
    lines = [f"module {module.level}"]
    if module.entry:
        lines.append(f"entry @{_name(module.entry)}")
    for name in sorted(module.layouts):
        lines.append(f"layout {_name(name)}")
        for variant, types, mutable in module.layouts[name].variants:
            fields = "".join(
                (" mut:" if mut else " ") + _name(type_) for type_, mut in zip(types, mutable, strict=True)
            )
            lines.append(f"  {_name(variant)}{fields}")
    for datum in getattr(module, "data", ()):
        relocs = "".join(f" {offset}:{_name(symbol)}:{addend}" for offset, symbol, addend in datum.relocs)
        lines.append(f"data {_name(datum.name)} {datum.section} {datum.align} {datum.bytes.hex() or '-'}{relocs}")
    for function in module.functions.values():
        lines.append("")
        lines.append(print_function(function, level, module.places))
    return "\n".join(lines) + "\n"


# Reading.


def _unquote(word: str) -> str:
    if word.startswith('"'):
        from json import loads

        return str(loads(word))
    return word


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _imm_value(word: str) -> Any:
    """The immediate of a `#` or `@` word."""
    if word[0] == "@":
        return _unquote(word[1:])
    if word.startswith("#0x"):
        return int(word[3:], 16)
    from json import loads

    return _frozen(loads(word[1:]))


class _Reader:
    """Reads lines into a module; block and value references may run ahead of their definitions."""

    def __init__(self, level: Level, module: Module) -> None:
        self.level = level
        self.module = module
        self.function: Function | None = None
        self.layout: Layout | None = None
        self.values: dict[str, int] = {}
        self.pending: list[tuple[int, int, list[str]]] = []  # (line, value, argument words)
        self.succs: list[tuple[int, int, list[tuple[int, list[str]]]]] = []

    def line(self, number: int, text: str) -> None:
        words = _WORD.findall(text)
        if text.startswith("  ") and self.function is not None:
            self.instruction(number, words)
        elif text.startswith("  ") and self.layout is not None:
            types = [word.removeprefix("mut:") for word in words[1:]]
            self.layout.variants.append(
                (
                    _unquote(words[0]),
                    tuple(_unquote(t) for t in types),
                    tuple(word.startswith("mut:") for word in words[1:]),
                )
            )
        elif re.match(r"b[0-9]+\(", text) and self.function is not None:
            self.block(number, words)
        elif words[0] == "function":
            self.finish()
            self.header(number, words)
        elif words[0] == "layout":
            self.layout = Layout(_unquote(words[1]), [])
            self.module.layouts[self.layout.name] = self.layout
        elif words[0] == "entry":
            self.module.entry = _unquote(words[1][1:])
        elif words[0] == "module":
            if words[1] != self.level.name:
                raise ParseError(number, f"a module of level {words[1]}, not {self.level.name}")
        elif words[0] == "data" and hasattr(self.module, "read_data"):
            relocs = []
            for word in words[5:]:
                offset, rest = word.split(":", 1)
                symbol, addend = rest.rsplit(":", 1)
                relocs.append((int(offset), _unquote(symbol), int(addend)))
            raw = bytes.fromhex("" if words[4] == "-" else words[4])
            self.module.read_data(_unquote(words[1]), words[2], raw, relocs, int(words[3]))
        else:
            raise ParseError(number, f"cannot read {text!r}")

    def header(self, number: int, words: list[str]) -> None:
        if len(words) < 4 or words[2] != "->":
            raise ParseError(number, "expected: function @name -> type")
        name = _unquote(words[1][1:])
        if name in self.module.functions:
            raise ParseError(number, f"function {name} is declared twice")
        self.function = Function(self.level.name, name, _unquote(words[3]))
        self.layout = None
        for word in words[4:]:
            key, _, value = word.partition("=")
            self.function.attrs[key] = _imm_value("#" + value)
        self.module.functions[name] = self.function

    def block(self, number: int, words: list[str]) -> None:
        assert self.function is not None
        index = self.function.block()
        head, _, first = words[0].partition("(")
        if head != f"b{index}":
            raise ParseError(number, f"expected block b{index}")
        params = [word for word in [first, *words[1:]] if word]
        if not params or not params[-1].endswith(")"):
            raise ParseError(number, "expected ) at the end")
        params[-1] = params[-1][:-1]
        for word in params:
            if word:
                name, _, type_ = word.partition(":")
                self.define(number, name, self.function.param(index, _unquote(type_)))

    def define(self, number: int, name: str, value: int) -> None:
        if name in self.values:
            raise ParseError(number, f"{name} is defined twice")
        self.values[name] = value

    def instruction(self, number: int, words: list[str]) -> None:
        function = self.function
        assert function is not None
        if not function.blocks:
            raise ParseError(number, "an instruction before the first block")
        name, type_ = "", ""
        if words[0].startswith("%"):
            if len(words) < 3 or words[1] != "=":
                raise ParseError(number, "expected: %n:type = op …")
            name, _, type_ = words[0].partition(":")
            type_ = _unquote(type_)
            words = words[2:]
        row = self.level.by_name.get(words[0])
        if row is None:
            raise ParseError(number, f"{self.level.name} has no op {words[0]}")
        imm: Any = None
        at = 0
        args: list[str] = []
        succs: list[tuple[int, list[str]]] = []
        index = 1
        while index < len(words):
            word = words[index]
            index += 1
            if word[0] in "#@":
                imm = _imm_value(word)
            elif word[0] == "!":
                at = self.module.place(_unquote(word[1:]))
            elif word[0] == "%":
                args.append(word)
            elif match := re.fullmatch(r"b([0-9]+)\((.*)", word):
                given = [match[2]]
                while not given[-1].endswith(")"):
                    if index >= len(words):
                        raise ParseError(number, "expected ) after a successor's arguments")
                    given.append(words[index])
                    index += 1
                given[-1] = given[-1][:-1]
                succs.append((int(match[1]), [word for word in given if word]))
            else:
                raise ParseError(number, f"cannot read {word!r}")
        block = len(function.blocks) - 1
        value = function.emit(block, row.code, type_, (), imm, at)
        if name:
            self.define(number, name, value)
        self.pending.append((number, value, args))
        if succs:
            self.succs.append((number, block, succs))

    def finish(self) -> None:
        """Resolve what the function's instructions name."""
        function = self.function
        if function is None:
            return

        def resolved(number: int, words: list[str]) -> tuple[int, ...]:
            for word in words:
                if word not in self.values:
                    raise ParseError(number, f"{word} is not defined")
            return tuple(self.values[word] for word in words)

        for number, value, words in self.pending:
            function.args[value] = resolved(number, words)
        for number, block, succs in self.succs:
            for target, _ in succs:
                if target >= len(function.blocks):
                    raise ParseError(number, f"there is no block b{target}")
            function.blocks[block].succs = [(target, resolved(number, words)) for target, words in succs]
        self.values, self.pending, self.succs, self.function = {}, [], [], None


def parse_module(text: str, level: Level, module: Module | None = None) -> Module:
    """The module of a text; `module` may be an empty one of a subclass (with `read_data`, if it has data).

    Errors: ParseError.
    """
    module = module if module is not None else Module(level.name)
    reader = _Reader(level, module)
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.lstrip().startswith(";"):
            try:
                reader.line(number, line)
            except (ValueError, IndexError) as problem:
                raise ParseError(number, f"cannot read {line!r}: {problem}") from None
    reader.finish()
    return module


def equal(one: Function, other: Function, level: Level, one_places: Places, other_places: Places) -> bool:
    """Whether two functions are the same up to value numbers and place numbers."""
    return print_function(one, level, one_places) == print_function(other, level, other_places)
