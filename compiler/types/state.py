"""What the checker holds: names and signatures of the program, and the function at hand.

`Checker` lives as long as one `check`; a `Frame` as long as the inference of one function body and its
recursion group.  Plain data with a few one-line services; the rules of the language are in
`declare.py`, `expr.py`, `special.py`, `patterns.py` and the passes that follow them.
"""

from __future__ import annotations

from compiler.builtins import BUILTINS, Builtin
from compiler.hir.program import Ctor, Data, Function, Local, Program
from compiler.types.unify import Unifier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.diagnostics import Kind, Note, Sink, SourceFile
    from compiler.modules.module import Graph, Module

FN, CONST, CTOR, BUILTIN, ABSENT = range(5)  # ABSENT: reported where it is defined; uses are silent
NUMERIC, COMPARED = 1, 2  # what a type variable must allow, as bits


class Name:
    """What a value name means: a function, constant, constructor or builtin, and where it is from."""

    __slots__ = ("kind", "module", "node", "target")

    def __init__(self, kind: int, target: object, module: int, node: int) -> None:
        self.kind = kind
        self.target = target
        self.module = module  # index of the defining module, -1 for what every module has
        self.node = node  # the form that names it there


class FnInfo:
    """A function, constant initializer or test, as declared: its forms and what is known of its type."""

    __slots__ = (
        "annotation",
        "body",
        "cap_node",
        "caps",
        "declared",
        "extern",
        "function",
        "label",
        "module",
        "name_node",
        "needs",
        "node",
        "nullary",
        "param_nodes",
        "params",
        "ready",
        "result",
        "tail_node",
        "uses",
        "variables",
        "vars",
    )

    def __init__(self, function: Function, label: str, module: int, node: int, name_node: int) -> None:
        self.function = function
        self.label = label  # the name as the source writes it
        self.module = module
        self.node = node
        self.name_node = name_node
        self.param_nodes: list[int] = []
        self.nullary = False
        self.body: list[int] = []
        self.annotation = -1  # the ∷ form
        self.declared = False  # has a usable ∷
        self.extern = ""  # the C function's name
        self.variables: dict[int, int] = {}  # type variables of the ∷: symbol -> type
        self.params: tuple[int, ...] = ()
        self.result = 0
        self.vars = 0
        self.needs: list[int] = []  # per type variable, NUMERIC and COMPARED bits
        self.ready = False  # the signature is final; else uses are inside its own recursion group
        self.caps: frozenset[str] | None = None  # as declared
        self.cap_node = -1
        self.tail_node = -1
        self.uses: list[Use] = []


class Use:
    """Something with an effect inside a function: a capability, or another function's effect."""

    __slots__ = ("capability", "end", "function", "name", "owned", "start")

    def __init__(self, name: str, capability: str, function: int, start: int, end: int) -> None:
        self.name = name
        self.capability = capability  # "" when it is the effect of `function`
        self.function = function
        self.start = start
        self.end = end
        self.owned = False  # every reference passed is the caller's own: a store there is nobody's business


class DataInfo:
    """A user type: its HIR row, its type over its own variables, fields by name when it is a record."""

    __slots__ = ("data", "fields", "module", "node", "type", "variables")

    def __init__(self, data: Data, module: int, node: int) -> None:
        self.data = data
        self.module = module
        self.node = node
        self.type = 0
        self.variables: dict[int, int] = {}
        self.fields: dict[int, int] = {}  # symbol -> field index


class CtorInfo:
    """A constructor: its type's row, which one it is, and its HIR row."""

    __slots__ = ("ctor", "data", "index")

    def __init__(self, data: DataInfo, index: int, ctor: Ctor) -> None:
        self.data = data
        self.index = index
        self.ctor = ctor


class BuiltinInfo:
    """A builtin with its type made of ids."""

    __slots__ = ("needs", "params", "result", "row", "uniform")

    def __init__(self, row: Builtin, params: tuple[int, ...], result: int, needs: list[int], uniform: bool) -> None:
        self.row = row
        self.params = params
        self.result = result
        self.needs = needs  # per type variable
        self.uniform = uniform  # all operands have one and the same variable as their type


class ModuleNames:
    """The names of one module: what a use sees, and what it defines itself."""

    __slots__ = ("aliases", "own_types", "own_values", "sources", "types", "values")

    def __init__(self) -> None:
        self.values: dict[int, Name] = {}  # all that can be used here, builtins included; dotted names as found
        self.types: dict[int, DataInfo] = {}
        self.own_values: dict[int, Name] = {}
        self.own_types: dict[int, DataInfo] = {}
        self.aliases: dict[int, int] = {}  # alias symbol -> module index
        self.sources: dict[int, int] = {}  # bare imported name -> module index


_NOTHING = ModuleNames()


class Checker:
    """One run of the checker over a whole graph of modules."""

    __slots__ = (
        "builtins",
        "consts",
        "ctors",
        "data_infos",
        "effects",
        "graph",
        "group",
        "infos",
        "module_names",
        "names",
        "program",
        "sink",
        "special",
        "storable",
        "unifier",
        "word",
    )

    def __init__(self, graph: Graph, sink: Sink) -> None:
        self.graph = graph
        self.sink = sink
        self.program = Program()
        self.unifier = Unifier(self.program.types)
        self.infos: list[FnInfo] = []  # by function id
        self.effects: list[frozenset[str]] = []  # by function id, of the modules that are finished
        self.group: list[FnInfo] = []  # what is being inferred
        self.data_infos: list[DataInfo] = []
        self.ctors: list[list[CtorInfo]] = []
        self.consts: list[FnInfo] = []  # by constant id
        self.module_names: list[ModuleNames] = [_NOTHING] * len(graph.modules)  # those entered so far
        self.names: list[str] = graph.symbols.names
        self.word = graph.symbols.id
        self.builtins: list[BuiltinInfo | None] = [None] * len(BUILTINS)
        self.special: dict[int, Callable[[Frame, int, int], int]] = {}
        self.storable: dict[int, bool] = {}  # type -> whether something can be stored into its values

    def file(self, module: int) -> SourceFile:
        return self.graph.modules[module].file

    def report(self, kind: Kind, module: Module, node: int, notes: tuple[Note, ...] = (), **facts: object) -> None:
        """One diagnostic at a form."""
        forms = module.forms
        self.sink.add(kind, module.file, forms.start[node], forms.end[node], notes, **facts)


class Deferred:
    """A field access whose record type is not known yet; `fields` are (symbol, form, type of the field)."""

    __slots__ = ("fields", "form", "node", "op", "record")

    def __init__(self, op: int, node: int, form: int, record: int, fields: list[tuple[int, int, int]]) -> None:
        self.op = op
        self.node = node
        self.form = form
        self.record = record  # the HIR node of the record
        self.fields = fields


class Frame:
    """The inference of one body.  Arrays of the module's forms are held directly: they are read at every step."""

    __slots__ = (
        "add",
        "body",
        "c",
        "captures",
        "count",
        "data",
        "deferred",
        "end",
        "env",
        "function",
        "info",
        "inner_needs",
        "insts",
        "kids",
        "kind",
        "lambdas",
        "levels",
        "locals",
        "matches",
        "module",
        "names",
        "reads",
        "special",
        "start",
        "stores",
        "u",
        "uses",
        "variables",
    )

    def __init__(self, c: Checker, info: FnInfo) -> None:
        module = c.graph.modules[info.module]
        forms = module.forms
        self.c = c
        self.u = c.unifier
        self.info = info
        self.function = info.function
        self.module = module
        self.names = c.module_names[info.module]
        self.special = c.special
        self.kind = forms.kind
        self.data = forms.data
        self.count = forms.count
        self.kids = forms.kids
        self.start = forms.start
        self.end = forms.end
        self.body = info.function.body
        self.add = self.body.add
        self.locals: list[Local] = info.function.locals
        self.lambdas = info.function.lambdas
        self.levels: list[int] = []  # per local, how many lambdas are around its binding
        self.captures: list[dict[int, None]] = []  # per lambda around the place at hand, what it captures
        self.env: dict[int, int] = {}  # symbol -> local
        self.variables = dict(info.variables)  # type variable symbol -> type
        self.insts: list[tuple[int, str, object, tuple[int, ...] | None]] = []  # node, inst; None: own group
        self.inner_needs: list[int] = []  # per type variable of generalized λs, NUMERIC and COMPARED bits
        self.deferred: list[Deferred] = []
        self.matches: list[tuple[int, int]] = []  # match node, form
        self.stores: list[tuple[int, int, str]] = []  # HIR node stored into, form, name of the store
        self.uses: list[tuple[Use, int]] = []  # with the HIR call node, -1 where it is no plain call
        self.reads: list[int] = []  # constants used

    def children(self, n: int) -> list[int]:
        first = self.data[n]
        return self.kids[first : first + self.count[n]]

    def emit(self, op: int, type: int, n: int, kids: list[int], imm: int = 0) -> int:  # noqa: A002
        """A HIR node for the form n."""
        return self.add(op, type, self.start[n], self.end[n], kids, imm)

    def report(self, kind: Kind, n: int, notes: tuple[Note, ...] = (), **facts: object) -> None:
        self.c.sink.add(kind, self.module.file, self.start[n], self.end[n], notes, **facts)

    def source(self, n: int) -> str:
        """The form as written, for messages; long ones are cut."""
        text = " ".join(self.module.file.text[self.start[n] : self.end[n]][:60].split())
        return text if self.end[n] - self.start[n] <= 40 else text[:37] + "…"

    def bind(self, symbol: int, local: int, trail: list[tuple[int, int]]) -> None:
        """Let the name mean the local until `unbind(trail)`."""
        trail.append((symbol, self.env.get(symbol, -1)))
        self.env[symbol] = local

    def unbind(self, trail: list[tuple[int, int]]) -> None:
        env = self.env
        for symbol, before in reversed(trail):
            if before < 0:
                del env[symbol]
            else:
                env[symbol] = before

    def local(self, name: str, type: int, mutable: bool) -> int:  # noqa: A002
        self.locals.append(Local(name, type, mutable))
        self.levels.append(len(self.captures))
        return len(self.locals) - 1
