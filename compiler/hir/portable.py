"""A function's HIR apart from its program: flat rows of plain values, with names where a program has numbers.

    pack(program, function) ─▶ a tuple that `marshal` writes ─▶ unpack(program, packed, names) in another program

Types are a table of their own, in order of first appearance, user types by unique name; positions count from the
start of the top-level form and its lines come along, so that what moves as a whole stays the same and needs no source.
Two functions with equal rows mean the same wherever the names do.  Linear.  To add an op whose immediate is a number of
the program's, give its `imm` kind a case in both functions.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right

from compiler.hir.ops import OPS
from compiler.hir.program import Ctor, Function, Lambda, Local
from compiler.types.core import H_USER, H_VAR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from compiler.hir.program import Data, Program

    class Names(Protocol):
        """What the names in packed rows stand for in a program."""

        def data(self, name: str) -> int: ...

        def function(self, name: str, arity: int) -> int: ...

        def const(self, name: str) -> int: ...


# op -> the kind of its immediate, for those that are numbers of the program's.
_NAMED = {row.code: row.imm for row in OPS if row.imm in ("text", "inst", "const", "fields")}


class TypeTable:
    """The types of packed rows: (head, arguments) with earlier rows as arguments and user types by name."""

    __slots__ = ("_row_of", "program", "rows")

    def __init__(self, program: Program) -> None:
        self.program = program
        self.rows: list[tuple[int | str, tuple[int, ...]]] = []
        self._row_of: dict[int, int] = {}

    def row(self, type_id: int) -> int:
        """The row of a type, entered with what it is made of."""
        found = self._row_of.get(type_id)
        if found is None:
            types = self.program.types
            head, args = types.head[type_id], types.args[type_id]
            if head != H_VAR:
                args = tuple([self.row(a) for a in args])
            named: int | str = self.program.datas[head - H_USER].name if head >= H_USER else head
            found = self._row_of[type_id] = len(self.rows)
            self.rows.append((named, args))
        return found

    def map(self, type_ids: list[int]) -> list[int]:
        """The rows of many types."""
        known = self._row_of
        for type_id in dict.fromkeys(type_ids):
            if type_id not in known:
                self.row(type_id)
        return [known[t] for t in type_ids]


def cut(rows: list[tuple[int | str, tuple[int, ...]]], roots: list[int]) -> tuple[list[Any], list[int]]:
    """The rows that these roots are made of, in order of first appearance, and the roots' numbers among them."""
    made: list[Any] = []
    number: dict[int, int] = {}
    for root in roots:
        todo = [root]
        while todo:
            at = todo[-1]
            head, args = rows[at]
            open_ones = [a for a in args if a not in number] if head != H_VAR and at not in number else []
            if open_ones:
                todo += reversed(open_ones)
                continue
            todo.pop()
            if at not in number:
                number[at] = len(made)
                made.append((head, args if head == H_VAR else tuple([number[a] for a in args])))
    return made, [number[root] for root in roots]


def unpack_types(program: Program, rows: list[tuple[int | str, tuple[int, ...]]], names: Names) -> list[int]:
    """The type ids of packed rows in this program."""
    made: list[int] = []
    make = program.types.make
    for head, args in rows:
        if head == H_VAR:
            made.append(make(H_VAR, args))
        else:
            number = H_USER + names.data(head) if isinstance(head, str) else head
            made.append(make(number, tuple([made[a] for a in args])))
    return made


def pack_data(program: Program, data: Data) -> tuple[Any, ...]:
    """A user type's rows."""
    table = TypeTable(program)
    ctors = [(c.name, [table.row(t) for t in c.fields], list(c.names), list(c.mutable)) for c in data.ctors]
    return data.name, program.types.user_names[data.id], data.vars, ctors, table.rows


def unpack_data(program: Program, packed: tuple[Any, ...], names: Names) -> Data:
    """Fill in the user type that the packed name stands for; its row is there already, its constructors are not."""
    name, shown, count, ctors, rows = packed
    data = program.datas[names.data(name)]
    program.types.user_names[data.id] = shown
    data.vars = count
    made = unpack_types(program, rows, names)
    for ctor_name, fields, field_names, mutable in ctors:
        data.ctors.append(Ctor(ctor_name, [made[t] for t in fields], list(field_names), list(mutable)))
    return data


class Lines:
    """Stands for the file of a function whose source was not read: places count from the function's first line."""

    __slots__ = ("_column", "_starts", "path")

    def __init__(self, column: int, starts: list[int]) -> None:
        self.path = ""
        self._column = column  # of the form's first character
        self._starts = starts  # offsets where lines begin, the first is 0

    def place(self, offset: int) -> tuple[int, int]:
        """(line, column) of an offset into the form."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + (self._column if line == 1 else 1)

    def lines(self, start: int, end: int) -> tuple[int, list[int]]:  # noqa: ARG002  # as of a SourceFile
        """1, and the offsets where lines begin; that of the first lies before the form, by as much as its column."""
        return 1, [1 - self._column, *self._starts[1:]]


def _lines(f: Function) -> tuple[int, list[int]]:
    text = f.file.text
    starts = [0]
    at = text.find("\n", f.start, f.end)
    while at >= 0:
        starts.append(at + 1 - f.start)
        at = text.find("\n", at + 1, f.end)
    return f.file.place(f.start)[1], starts


def pack(program: Program, f: Function, mentioned: set[str] | None = None) -> tuple[Any, ...]:
    """The function's rows; `mentioned` gets the unique names of the functions, constants and types in them."""
    table = TypeTable(program)
    body = f.body
    types = table.map(body.type)
    named: list[tuple[int, Any]] = []
    known: dict[tuple[str, int], Any] = {}
    imm = list(body.imm)
    for node, op in [(node, op) for node, op in enumerate(body.op) if op in _NAMED]:
        key = (_NAMED[op], imm[node])
        row = known.get(key)
        if row is None:
            row = known[key] = _named(program, table, *key)
        named.append((node, row))
        imm[node] = 0
    base = f.start
    result = table.row(f.result)
    variables = [(each.name, table.row(each.type), each.mutable, each.cell, each.generic) for each in f.locals]
    if mentioned is not None:
        # Also the type of a parameter that nothing reads: a copy of the function brings its layout along.
        mentioned.update([head for head, _ in table.rows if isinstance(head, str)])
        for (kind, _), row in known.items():
            if kind == "const":
                mentioned.add(row)
            elif kind == "inst" and row[0] in ("fn", "ctor"):
                mentioned.add(row[1][0])
    return (
        f.name,
        f.vars,
        list(f.numeric),
        list(f.inner),
        list(f.params),
        result,
        f.root,
        sorted(f.caps),
        (f.inline, f.tail_required, f.exported, f.doc),
        variables,
        [(each.params, each.captures, each.first, each.vars) for each in f.lambdas],
        _lines(f),
        _flat(body.op),
        _flat(types),
        _flat([start - base for start in body.start]),
        _flat(imm),
        _flat(body.first),
        _flat(body.count),
        _flat(body.kids),
        named,
        table.rows,
    )


def _flat(numbers: list[int]) -> bytes | list[int]:
    """Numbers as bytes: a letter for their size, then all; the list where one is too large."""
    try:
        data = bytes(numbers)
        return b"B" + data
    except ValueError:
        pass
    for letter in "Hi":
        try:
            return letter.encode() + array(letter, numbers).tobytes()
        except OverflowError:
            continue
    return numbers


def _numbers(packed: bytes | list[int]) -> list[int]:
    if isinstance(packed, list):
        return packed
    numbers = array(packed[:1].decode())
    numbers.frombytes(packed[1:])
    return numbers.tolist()


def _named(program: Program, table: TypeTable, kind: str, imm: int) -> Any:
    if kind == "text":
        return program.texts[imm]
    if kind == "const":
        return program.consts[imm].name
    if kind == "fields":
        return program.field_lists[imm]
    what, target, actuals = program.insts[imm]
    rows = tuple([table.row(t) for t in actuals])
    if what == "fn":
        assert isinstance(target, int)
        return what, (program.functions[target].name, len(program.functions[target].params)), rows
    if what == "ctor":
        assert isinstance(target, tuple)
        return what, (program.datas[target[0]].name, target[1]), rows
    return what, target, rows


def unpack(program: Program, packed: tuple[Any, ...], names: Names) -> Function:
    """The function in this program, its places relative to its first line; its id is what its name stands for."""
    (
        name, count, numeric, inner, params, result, root, caps, marks, locals_, lambdas, lines,
        ops, types, starts, imm, first, counts, kids, named, rows,
    ) = packed  # fmt: skip
    made = unpack_types(program, rows, names)
    f = Function(names.function(name, len(params)), name, Lines(*lines))  # type: ignore[arg-type]
    f.vars, f.numeric, f.inner = count, list(numeric), list(inner)
    f.params, f.result, f.root = list(params), made[result], root
    f.caps = frozenset(caps)
    f.inline, f.tail_required, f.exported, f.doc = marks
    for local_name, local_type, mutable, cell, generic in locals_:
        local = Local(local_name, made[local_type], mutable)
        local.cell, local.generic = cell, generic
        f.locals.append(local)
    for lambda_params, captures, lambda_first, variables in lambdas:
        row = Lambda(list(lambda_params), list(captures))
        row.first, row.vars = lambda_first, variables
        f.lambdas.append(row)
    body = f.body
    body.op = ops = _numbers(ops)
    body.type = [made[t] for t in _numbers(types)]
    body.start = _numbers(starts)
    body.end = list(body.start)
    body.imm = _numbers(imm)
    body.first, body.count, body.kids = _numbers(first), _numbers(counts), _numbers(kids)
    known: dict[int, int] = {}
    for node, value in named:
        number = known.get(id(value))  # equal rows of one function are one object
        if number is None:
            number = known[id(value)] = _number(program, names, made, _NAMED[ops[node]], value)
        body.imm[node] = number
    return f


def _number(program: Program, names: Names, made: list[int], kind: str, value: Any) -> int:
    if kind == "text":
        return program.text(value)
    if kind == "const":
        return names.const(value)
    if kind == "fields":
        return field_list(program, value)
    what, target, rows = value
    if what == "fn":
        target = names.function(*target)
    elif what == "ctor":
        target = (names.data(target[0]), target[1])
    return program.inst(what, target, tuple([made[row] for row in rows]))


def field_list(program: Program, fields: tuple[int, ...]) -> int:
    """Intern a list of field numbers."""
    try:
        return program.field_lists.index(fields)
    except ValueError:
        program.field_lists.append(fields)
        return len(program.field_lists) - 1
