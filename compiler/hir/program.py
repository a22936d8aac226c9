"""A whole program at the HIR level: types, functions and bodies, in flat arrays.

Generic functions stay generic here: a use of one carries its type arguments (`Program.insts`).
The reference interpreter, the lowering to MIR, documentation and signatures read this; none of them
looks at source forms again.  Knows no lowering and no target.
"""

from __future__ import annotations

from compiler.owned import Product, Resting
from compiler.types.core import Types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.diagnostics import SourceFile


class Body(Resting):
    """Expressions of one function as flat arrays; a node is an index.

    `op[n]` is a code of `ops.OPS`; `type[n]` a type id; `start[n]`, `end[n]` character offsets into the
    function's file; `imm[n]` as the op says (0 where it has none); its children are
    `kids[first[n] : first[n] + count[n]]`.  Children always have smaller indices than their parent.
    """

    __slots__ = ("count", "end", "first", "imm", "kids", "op", "start", "type")
    WHAT = "HIR"
    COLUMNS = ("op", "type", "start", "end", "imm", "first", "count", "kids")

    def __init__(self) -> None:
        self.op: list[int] = []
        self.type: list[int] = []
        self.start: list[int] = []
        self.end: list[int] = []
        self.imm: list[int] = []
        self.first: list[int] = []
        self.count: list[int] = []
        self.kids: list[int] = []

    def add(self, op: int, type: int, start: int, end: int, kids: list[int], imm: int = 0) -> int:  # noqa: A002
        """Append a node whose children exist already; returns its index."""
        node = len(self.op)
        all_kids = self.kids
        self.op.append(op)
        self.type.append(type)
        self.start.append(start)
        self.end.append(end)
        self.imm.append(imm)
        self.first.append(len(all_kids))
        self.count.append(len(kids))
        all_kids += kids
        return node

    def leaf(self, op: int, type: int, start: int, end: int, imm: int = 0) -> int:  # noqa: A002
        """Append a node without children."""
        node = len(self.op)
        self.op.append(op)
        self.type.append(type)
        self.start.append(start)
        self.end.append(end)
        self.imm.append(imm)
        self.first.append(len(self.kids))
        self.count.append(0)
        return node

    def children(self, node: int) -> list[int]:
        first = self.first[node]
        return self.kids[first : first + self.count[node]]


class Local:
    """A parameter, let, loop variable or pattern variable; unique within its top-level function, lambdas included.

    `cell` is set when a `mut` local is captured by a lambda: it then lives in a shared cell,
    fresh each time its `let` runs.  `generic` is the lambda that an immutable `let` binds and that has type variables
    of its own: such a local is only used by `local-inst`, and no lambda captures it but what its lambda captures.
    """

    __slots__ = ("cell", "generic", "mutable", "name", "type")

    def __init__(self, name: str, type: int, mutable: bool) -> None:  # noqa: A002
        self.name = name
        self.type = type
        self.mutable = mutable
        self.cell = False
        self.generic = -1


class Lambda:
    """A lambda's parameters and what it captures, as local indices of the enclosing top-level function.

    A captured local keeps its index inside the lambda.  A generalized one has `vars` type variables of its own, which
    are those of the function's `inner` from `first` on: variable `function.vars + first` and so on.
    """

    __slots__ = ("captures", "first", "params", "vars")

    def __init__(self, params: list[int], captures: list[int]) -> None:
        self.params = params
        self.captures = captures
        self.first = 0
        self.vars = 0


class Function:
    """A top-level function, constant initializer or test body.

    `vars` counts quantified type variables; `numeric[i]` tells that variable i is I64 or F64.
    `inner` says the same of the type variables of generalized lambdas inside, which follow the function's own.
    `params` are local indices (empty for a nullary function); `root` is the body's node.
    """

    __slots__ = (
        "body",
        "caps",
        "doc",
        "end",
        "exported",
        "file",
        "id",
        "inline",
        "inner",
        "lambdas",
        "locals",
        "name",
        "numeric",
        "params",
        "result",
        "root",
        "start",
        "tail_required",
        "vars",
    )

    def __init__(self, id: int, name: str, file: SourceFile) -> None:  # noqa: A002
        self.id = id
        self.name = name  # "module.name", unique in the program (modules of one name get a suffix)
        self.file = file
        self.start = 0
        self.end = 0
        self.vars = 0
        self.numeric: list[bool] = []
        self.inner: list[bool] = []
        self.params: list[int] = []
        self.result = 0
        self.locals: list[Local] = []
        self.lambdas: list[Lambda] = []
        self.body = Body()
        self.root = -1
        self.caps: frozenset[str] = frozenset()  # empty is pure
        self.inline = ""  # "always", "never" or "" (the optimizer decides)
        self.tail_required = False
        self.exported = False
        self.doc = ""


class Ctor:
    """A constructor: fields in order; `names` is empty when they are positional."""

    __slots__ = ("fields", "mutable", "name", "names")

    def __init__(self, name: str, fields: list[int], names: list[str], mutable: list[bool]) -> None:
        self.name = name  # as source and `show` write it, without its module
        self.fields = fields  # type ids over the data's variables
        self.names = names
        self.mutable = mutable


class Data:
    """A user type; Program.datas[0] is Option and [1] is Result.  Its head is `H_USER + id`."""

    __slots__ = ("ctors", "id", "name", "vars")

    def __init__(self, id: int, name: str, vars: int) -> None:  # noqa: A002
        self.id = id
        self.name = name  # "Option", or "module.Name" made unique
        self.vars = vars
        self.ctors: list[Ctor] = []


class Const:
    """A top-level constant: `function` is the id of a nullary function that computes it.

    The checker has made sure it holds only literals, operators, other constants and constructors.
    """

    __slots__ = ("function", "name", "type")

    def __init__(self, name: str, type: int, function: int) -> None:  # noqa: A002
        self.name = name
        self.type = type
        self.function = function


class Test:
    """A `(test "title" …)`: `function` is nullary and returns Bool."""

    __slots__ = ("function", "title")

    def __init__(self, title: str, function: int) -> None:
        self.title = title
        self.function = function


class Program(Product):
    """Everything after checking.  `insts[k]` is (what, id, type arguments):

    ("fn", function id, …), ("builtin", builtins id, …), ("ctor", (data id, constructor index), …), or, within one
    function, ("local", local index, …).
    Type arguments of a builtin follow the letters of its row in order of first appearance.
    """

    __slots__ = (
        "_inst_ids",
        "_text_ids",
        "consts",
        "datas",
        "field_lists",
        "files",
        "functions",
        "insts",
        "main",
        "tests",
        "texts",
        "types",
    )
    WHAT = "HIR"

    def __init__(self) -> None:
        self.types = Types()
        self.files: list[SourceFile] = []
        self.datas: list[Data] = []
        self.functions: list[Function] = []
        self.consts: list[Const] = []
        self.tests: list[Test] = []
        self.texts: list[str] = []
        self.insts: list[tuple[str, object, tuple[int, ...]]] = []
        self.field_lists: list[tuple[int, ...]] = []
        self.main = -1  # function id of the root module's main, or -1
        self._text_ids: dict[str, int] = {}
        self._inst_ids: dict[tuple[str, object, tuple[int, ...]], int] = {}

    def text(self, value: str) -> int:
        """Intern a text literal."""
        found = self._text_ids.get(value)
        if found is None:
            found = self._text_ids[value] = len(self.texts)
            self.texts.append(value)
        return found

    def inst(self, what: str, target: object, actuals: tuple[int, ...] = ()) -> int:
        """Intern a use of a function, builtin or constructor at given type arguments."""
        key = (what, target, actuals)
        found = self._inst_ids.get(key)
        if found is None:
            found = self._inst_ids[key] = len(self.insts)
            self.insts.append(key)
        return found

    def rest(self) -> None:
        """Keep bodies packed until somebody reads them, one by one."""
        for function in self.functions:
            function.body.rest()

    def drop(self, phase: str) -> None:
        """The bodies go, too, whoever holds a function."""
        for function in self.functions:
            function.body.drop(phase)
        super().drop(phase)
