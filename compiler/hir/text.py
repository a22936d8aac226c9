"""HIR as text, both ways: `parse_program(print_program(p))` prints the same text again.

    hir program
    (data main.Point 0 (Point (x F64) (mut y F64)))
    (function main.f …)

A node is `(op type start end immediate kid…)`, children inside their parent.  Names stand for ids, so rows can move.
Files come last, with their text: a dump needs nothing beside it.  Reads and writes without recursion: programs may
be deep.
"""

from __future__ import annotations

import re

from compiler.builtins import BUILTINS
from compiler.builtins import BY_NAME as BUILTIN_BY_NAME
from compiler.diagnostics import SourceFile
from compiler.hir.ops import BY_NAME, OPS
from compiler.hir.program import Const, Ctor, Data, Function, Lambda, Local, Program, Test
from compiler.types.core import H_USER, H_VAR, HEAD_NAMES

HEADER = "hir program"
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+|"')
DEEPEST_INDENT = 40


class TextError(ValueError):
    """The text is no HIR program; says what is wrong."""


def quote(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=True)


def unquote(word: object) -> str:
    import json

    if not isinstance(word, str) or not word.startswith('"'):
        raise TextError(f"a quoted text was expected, not {word!r}")
    try:
        value = json.loads(word)
    except ValueError as error:
        raise TextError(f"{word[:40]} is not a text") from error
    assert isinstance(value, str)
    return value


# --- printing ----------------------------------------------------------------------------------


def type_text(program: Program, t: int) -> str:
    """A type with the unique names of user types and `'i` for type variable i."""
    types = program.types
    head = types.head[t]
    args = types.args[t]
    if head == H_VAR:
        return f"'{args[0]}"
    name = program.datas[head - H_USER].name if head >= H_USER else HEAD_NAMES[head]
    if not args:
        return name
    parts = [name]
    for arg in args:
        parts.append(type_text(program, arg))
    return "(" + " ".join(parts) + ")"


def imm_text(program: Program, function: Function, node: int) -> str:
    """A node's immediate, names for ids; "" where the op has none."""
    body = function.body
    kind = OPS[body.op[node]].imm
    imm = body.imm[node]
    if kind == "none":
        return ""
    if kind == "text":
        return quote(program.texts[imm])
    if kind == "f64":
        return f"0x{imm:016x}"
    if kind == "const":
        return program.consts[imm].name
    if kind == "fields":
        return "(" + " ".join([str(field) for field in program.field_lists[imm]]) + ")"
    if kind != "inst":
        return str(imm)
    what, target, actuals = program.insts[imm]
    shown = "(" + " ".join([type_text(program, t) for t in actuals]) + ")"
    if what == "fn":
        assert isinstance(target, int)
        return f"{program.functions[target].name} {shown}"
    if what == "local":
        return f"{target} {shown}"
    if what == "builtin":
        assert isinstance(target, int)
        return f"{BUILTINS[target].name} {shown}"
    assert isinstance(target, tuple)
    data = program.datas[target[0]]
    return f"{data.name} {data.ctors[target[1]].name} {shown}"


def print_program(program: Program) -> str:
    out = [HEADER]
    for data in program.datas:
        out.append(f"(data {data.name} {data.vars} {quote(program.types.user_names[data.id])}")
        for ctor in data.ctors:
            fields = []
            for k, field in enumerate(ctor.fields):
                shown = type_text(program, field)
                if ctor.names:
                    shown = f"({'mut ' if ctor.mutable[k] else ''}{ctor.names[k]} : {shown})"
                fields.append(shown)
            out.append(f"  ({' '.join([ctor.name, *fields])})")
        out[-1] += ")"
    for const in program.consts:
        out.append(f"(const {const.name} {type_text(program, const.type)} {program.functions[const.function].name})")
    for test in program.tests:
        out.append(f"(test {quote(test.title)} {program.functions[test.function].name})")
    if program.main >= 0:
        out.append(f"(main {program.functions[program.main].name})")
    for function in program.functions:
        _print_function(program, function, out)
    for file in program.files:
        out.append(f"(file {file.id} {quote(file.path)} {quote(file.text)})")
    return "\n".join(out) + "\n"


def _print_function(program: Program, f: Function, out: list[str]) -> None:
    numeric = " ".join([str(int(flag)) for flag in f.numeric])
    marks = [word for word, on in (("exported", f.exported), ("tail", f.tail_required)) if on]
    if f.inline:
        marks.append(f.inline)
    out.append(f"(function {f.name} {f.file.id} {f.start} {f.end} ({numeric}) ({' '.join(marks)})")
    out.append(f"  (caps{''.join([' ' + cap for cap in sorted(f.caps)])}) (doc {quote(f.doc)})")
    params = "".join([f" {local}" for local in f.params])
    out.append(f"  (params{params}) (result {type_text(program, f.result)})")
    if f.inner:
        out.append(f"  (inner {' '.join([str(int(flag)) for flag in f.inner])})")
    for k, local in enumerate(f.locals):
        marks = [word for word, on in (("mut", local.mutable), ("cell", local.cell)) if on]
        if local.generic >= 0:
            marks.append(f"λ{local.generic}")
        out.append(f"  (local {k} {local.name} {type_text(program, local.type)}{''.join([' ' + m for m in marks])})")
    for k, row in enumerate(f.lambdas):
        params = " ".join([str(local) for local in row.params])
        captures = " ".join([str(local) for local in row.captures])
        generic = f" {row.first} {row.vars}" if row.vars else ""
        out.append(f"  (lambda {k} ({params}) ({captures}){generic})")
    _print_body(program, f, out)
    out[-1] += ")"


def _print_body(program: Program, f: Function, out: list[str]) -> None:
    body = f.body
    shown: dict[int, str] = {}
    todo: list[tuple[int, int]] = [(f.root, 1)]
    while todo:
        node, depth = todo.pop()
        if node < 0:
            out[-1] += ")"
            continue
        t = body.type[node]
        if t not in shown:
            shown[t] = type_text(program, t)
        imm = imm_text(program, f, node)
        head = f"({OPS[body.op[node]].name} {shown[t]} {body.start[node]} {body.end[node]}{' ' if imm else ''}{imm}"
        out.append("  " * min(depth, DEEPEST_INDENT) + head)
        todo.append((-1, 0))
        for kid in reversed(body.children(node)):
            todo.append((kid, depth + 1))


# --- parsing -----------------------------------------------------------------------------------


def _read_trees(text: str) -> list[object]:
    """Nested lists of words."""
    stack: list[list[object]] = [[]]
    for match in TOKEN.finditer(text):
        word = match.group()
        if word == "(":
            stack.append([])
        elif word == ")":
            if len(stack) == 1:
                raise TextError("a closing parenthesis too many")
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(word)
    if len(stack) != 1:
        raise TextError("a closing parenthesis is missing")
    return stack[0]


def _list(tree: object) -> list[object]:
    if not isinstance(tree, list):
        raise TextError(f"a list was expected, not {tree!r}")
    return tree


def _word(tree: object) -> str:
    if not isinstance(tree, str):
        raise TextError(f"a word was expected, not {str(tree)[:40]}")
    return tree


def _int(tree: object) -> int:
    try:
        return int(_word(tree), 0)
    except ValueError as error:
        raise TextError(f"a number was expected, not {tree}") from error


class _Reader:
    """The program being read, with ids by name."""

    __slots__ = ("const_ids", "data_ids", "field_ids", "files", "function_ids", "program", "type_ids")

    def __init__(self) -> None:
        self.program = Program()
        self.data_ids: dict[str, int] = {}
        self.function_ids: dict[str, int] = {}
        self.const_ids: dict[str, int] = {}
        self.files: dict[int, SourceFile] = {}
        self.field_ids: dict[tuple[int, ...], int] = {}
        self.type_ids: dict[str, int] = {}

    def type(self, tree: object) -> int:
        if isinstance(tree, str):
            known = self.type_ids.get(tree)
            if known is None:
                known = self.type_ids[tree] = self._type(tree, [])
            return known
        parts = _list(tree)
        if not parts:
            raise TextError("an empty type")
        args = []
        for part in parts[1:]:
            args.append(self.type(part))
        return self._type(_word(parts[0]), args)

    def _type(self, name: str, args: list[int]) -> int:
        types = self.program.types
        if name.startswith("'"):
            return types.var(_int(name[1:]))
        if name in HEAD_NAMES:
            return types.make(HEAD_NAMES.index(name), tuple(args))
        return types.make(H_USER + self.of(self.data_ids, name, "type"), tuple(args))

    def of(self, ids: dict[str, int], name: object, what: str) -> int:
        found = ids.get(_word(name))
        if found is None:
            raise TextError(f"no {what} {name}")
        return found


def parse_program(text: str) -> Program:
    """The program of a dump; TextError when the text is none."""
    header, _, rest = text.partition("\n")
    if header.strip() != HEADER:
        raise TextError(f"the first line is not `{HEADER}`")
    rows = [_list(tree) for tree in _read_trees(rest)]
    r = _Reader()
    by_kind: dict[str, list[list[object]]] = {}
    for row in rows:
        if not row:
            raise TextError("an empty row")
        by_kind.setdefault(_word(row[0]), []).append(row)
    try:
        _build(r, by_kind)
    except (IndexError, OverflowError) as error:
        raise TextError("a row is incomplete") from error
    return r.program


def _build(r: _Reader, rows: dict[str, list[list[object]]]) -> None:
    unknown = sorted(rows.keys() - {"file", "data", "const", "test", "main", "function"})
    if unknown:
        raise TextError(f"no row is a {unknown[0]}")
    p = r.program
    for row in rows.get("file", []):
        file = SourceFile(_int(row[1]), unquote(row[2]), unquote(row[3]))
        p.files.append(file)
        r.files[file.id] = file
    for k, row in enumerate(rows.get("data", [])):
        r.data_ids[_word(row[1])] = k
        p.datas.append(Data(k, _word(row[1]), _int(row[2])))
        p.types.user_names.append(unquote(row[3]))
    for k, row in enumerate(rows.get("const", [])):
        r.const_ids[_word(row[1])] = k
    for k, row in enumerate(rows.get("function", [])):
        name = _word(row[1])
        if name in r.function_ids:
            raise TextError(f"two functions are named {name}")
        if _int(row[2]) not in r.files:
            raise TextError(f"no file {row[2]}")
        r.function_ids[name] = k
        p.functions.append(Function(k, name, r.files[_int(row[2])]))
    for data, row in zip(p.datas, rows.get("data", []), strict=True):
        for tree in row[4:]:
            data.ctors.append(_ctor(r, _list(tree)))
    for row in rows.get("const", []):
        p.consts.append(Const(_word(row[1]), r.type(row[2]), r.of(r.function_ids, row[3], "function")))
    for row in rows.get("test", []):
        p.tests.append(Test(unquote(row[1]), r.of(r.function_ids, row[2], "function")))
    for row in rows.get("main", []):
        p.main = r.of(r.function_ids, row[1], "function")
    for function, row in zip(p.functions, rows.get("function", []), strict=True):
        _function(r, function, row)


def _ctor(r: _Reader, tree: list[object]) -> Ctor:
    ctor = Ctor(_word(tree[0]), [], [], [])
    for part in tree[1:]:
        if isinstance(part, list) and ":" in part:
            ctor.mutable.append(len(part) == 4)  # (mut x : T)
            ctor.names.append(_word(part[-3]))
            ctor.fields.append(r.type(part[-1]))
        else:
            ctor.mutable.append(False)
            ctor.fields.append(r.type(part))
    return ctor


def _function(r: _Reader, f: Function, row: list[object]) -> None:
    f.start, f.end = _int(row[3]), _int(row[4])
    f.numeric = [_int(flag) == 1 for flag in _list(row[5])]
    f.vars = len(f.numeric)
    marks = _list(row[6])
    f.exported = "exported" in marks
    f.tail_required = "tail" in marks
    f.inline = next((_word(mark) for mark in marks if mark in ("always", "never")), "")
    f.caps = frozenset([_word(cap) for cap in _list(row[7])[1:]])
    f.doc = unquote(_list(row[8])[1])
    f.params = [_int(local) for local in _list(row[9])[1:]]
    f.result = r.type(_list(row[10])[1])
    at = 11
    if at < len(row) and _list(row[at])[0] == "inner":
        f.inner = [_int(flag) == 1 for flag in _list(row[at])[1:]]
        at += 1
    while at < len(row) and _is_row(row[at], "local"):
        part = _list(row[at])
        local = Local(_word(part[2]), r.type(part[3]), "mut" in part[4:])
        local.cell = "cell" in part[4:]
        local.generic = next((int(_word(mark)[1:]) for mark in part[4:] if _word(mark).startswith("λ")), -1)
        f.locals.append(local)
        at += 1
    while at < len(row) and _is_row(row[at], "lambda"):
        part = _list(row[at])
        f.lambdas.append(Lambda([_int(k) for k in _list(part[2])], [_int(k) for k in _list(part[3])]))
        if len(part) == 6:
            f.lambdas[-1].first, f.lambdas[-1].vars = _int(part[4]), _int(part[5])
        at += 1
    if at != len(row) - 1:
        raise TextError(f"{f.name} has no body, or more than one")
    f.root = _body(r, f, _list(row[at]))


def _is_row(tree: object, word: str) -> bool:
    """Whether this is a row `(local number …)` of a function's tables, not a body `(local type …)`."""
    part = _list(tree)
    return part[0] == word and isinstance(part[1], str) and part[1].isdigit()


def _body(r: _Reader, f: Function, tree: list[object]) -> int:
    """Build the nodes of a body, children first."""
    results: list[int] = []
    # A step is a node to open, or one to close: (op, type, start, end, imm, how many kids).
    todo: list[tuple[list[object], tuple[int, int, int, int, int, int] | None]] = [(tree, None)]
    while todo:
        part, closing = todo.pop()
        if closing is not None:
            op, t, start, end, imm, size = closing
            kids = results[len(results) - size :]
            del results[len(results) - size :]
            results.append(f.body.add(op, t, start, end, kids, imm))
            continue
        row = BY_NAME.get(_word(part[0]))
        if row is None:
            raise TextError(f"no op {part[0]}")
        imm, used = _imm(r, row.imm, part)
        kids_trees = [_list(kid) for kid in part[4 + used :]]
        todo.append((part, (row.code, r.type(part[1]), _int(part[2]), _int(part[3]), imm, len(kids_trees))))
        for kid in reversed(kids_trees):
            todo.append((kid, None))
    return results[0]


def _imm(r: _Reader, kind: str, part: list[object]) -> tuple[int, int]:
    """The immediate of a node, and how many elements of the row it takes."""
    p = r.program
    if kind == "none":
        return 0, 0
    first = part[4]
    if kind == "text":
        return p.text(unquote(first)), 1
    if kind == "const":
        return r.of(r.const_ids, first, "constant"), 1
    if kind == "fields":
        fields = tuple([_int(k) for k in _list(first)])
        if fields not in r.field_ids:
            r.field_ids[fields] = len(p.field_lists)
            p.field_lists.append(fields)
        return r.field_ids[fields], 1
    if kind != "inst":
        return _int(first), 1
    op = _word(part[0])
    if op in ("fn", "call"):
        return p.inst("fn", r.of(r.function_ids, first, "function"), _types(r, part[5])), 2
    if op == "local-inst":
        return p.inst("local", _int(first), _types(r, part[5])), 2
    if op in ("builtin", "builtin-fn"):
        row = BUILTIN_BY_NAME.get(_word(first))
        if row is None:
            raise TextError(f"no builtin {first}")
        return p.inst("builtin", row.id, _types(r, part[5])), 2
    data = r.of(r.data_ids, first, "type")
    names = [ctor.name for ctor in p.datas[data].ctors]
    if part[5] not in names:
        raise TextError(f"{first} has no constructor {part[5]}")
    return p.inst("ctor", (data, names.index(_word(part[5]))), _types(r, part[6])), 3


def _types(r: _Reader, tree: object) -> tuple[int, ...]:
    return tuple([r.type(part) for part in _list(tree)])
