"""Sources to checked modules, a module at a time: what is known of the others stands in for them.

    source ─▶ forms ─▶ scan (its imports)        lines
                └────▶ checked ─▶ names, export, data, hir, edges

One checker serves a session.  A module enters it by being checked, or by its interface when somebody else's checking
needs it; the rest never enters.  Whatever has something to say to the user ends the session (`Fallback`): the whole
pipeline then says it, so a message never depends on what was kept.
"""

from __future__ import annotations

import marshal
import sys

from compiler.diagnostics import Sink
from compiler.hir.portable import TypeTable, pack, unpack
from compiler.hir.program import Body, Function
from compiler.modules.load import load
from compiler.modules.module import NoForms, Unread
from compiler.types.check import FRAMES, begin, check_module, main_of
from compiler.types.declare import unique_prefixes
from compiler.types.interface import declare, interface
from compiler.types.state import Checker, FnInfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compiler.hir.program import Program
    from compiler.modules.load import Parse
    from compiler.modules.module import Graph, Module
    from compiler.modules.toplevel import Wanted
    from compiler.query.engine import Engine
    from compiler.syntax.forms import Symbols
    from compiler.types.growth import Edge


class Fallback(Exception):
    """The session cannot serve this program; the message says why."""


class Lost(Fallback):
    """What the graph of the last build says cannot be used without an answer that is lost: begin without a graph."""


class Checked:
    """What checking found out about a module, apart from any program."""

    __slots__ = ("edges", "functions", "interface", "main", "owners", "tests")

    def __init__(self, row: tuple[Any, ...]) -> None:
        self.interface, self.functions, self.owners, self.edges, self.main, self.tests = row

    def row(self) -> tuple[Any, ...]:
        return self.interface, self.functions, self.owners, self.edges, self.main, self.tests


class Front:
    """The sources of one session and its checker."""

    def __init__(self, path: str, features: frozenset[str], reader: Callable[[str], bytes], *, tests: bool) -> None:
        self.path = path
        self.testing = tests  # its tests run, and it needs no main
        self.features = features
        self.reader = reader
        self.sink = Sink()
        self.symbols: Symbols
        self.graph: Graph
        self.engine: Engine
        self.c: Checker
        self.texts: dict[str, bytes] = {}  # identity -> the source's bytes
        self.index: dict[str, int] = {}  # identity -> module in the graph
        self.owner: dict[str, str] = {}  # prefix of unique names -> identity
        self.prefixes: list[str] = []
        self.externs: set[str] = set()  # the C functions that the program declares, called or not
        self.uses: list[Edge] = []  # of generic functions, in the modules checked here
        self._parse: dict[str, Parse] = {}
        self._parsed: dict[str, tuple[Module, list[Wanted]]] = {}
        self._entered: set[str] = set()
        self._live: set[str] = set()  # checked here, and so with bodies
        self._owners: dict[str, str] = {}  # what `owner_of` has said
        self._functions: dict[str, int] = {}
        self._consts: dict[str, int] = {}
        self._datas: dict[str, int] = {}
        self._seen = (0, 0, 0)

    def load(self, engine: Engine) -> None:
        """Find the modules.  Errors: Fallback."""
        self.engine = engine
        sys.setrecursionlimit(max(sys.getrecursionlimit(), FRAMES))
        graph = load(self.path, self.features, self.sink, read_text=self.reader, known=self._known)
        if graph is None or self.sink.items or not graph.complete:
            raise Fallback("messages")
        self.graph = graph
        self.c = Checker(graph, self.sink)
        self.prefixes = unique_prefixes(self.c)
        for k, module in enumerate(graph.modules):
            self.index[module.identity] = k
            self.owner[self.prefixes[k]] = module.identity
        self._base = begin(self.c)
        self._number()

    def _known(self, module: Module, data: bytes, parse: Parse, symbols: Symbols) -> tuple[str, list[tuple[str, str]]]:
        identity = module.identity
        self.symbols = symbols
        self.texts[identity] = data
        self._parse[identity] = parse
        name, imports, externs = self.engine.ask("scan", identity)
        self.externs.update(externs)
        if identity in self._parsed:
            self.engine.mark("lines", identity)  # while the forms are at hand
            self._parsed[identity][0].forms.rest()
        return name, imports

    # What the queries are made of; each is a provider's body.

    def parsed(self, identity: str) -> tuple[Module, list[Wanted]]:
        """The module's forms, read at most once.  Errors: Fallback."""
        found = self._parsed.get(identity)
        if found is None:
            module, wanted, sound = self._parse[identity]()
            if not sound or self.sink.items:
                raise Fallback("messages")
            found = self._parsed[identity] = module, wanted
        return found

    def forms_mark(self, identity: str) -> bytes:
        """The top-level forms as they are written, each with the column where it begins: not where they stand."""
        module, _ = self.parsed(identity)
        forms, file = module.forms, module.file
        parts = []
        for node in forms.top:
            start, end = forms.start[node], forms.end[node]
            parts.append(f"{file.place(start)[1]} {file.text[start:end]}")
        return "\0".join(parts).encode("utf-8", "surrogatepass")

    def lines(self, identity: str) -> list[int]:
        """The line where each top-level form begins."""
        module, _ = self.parsed(identity)
        return [module.file.place(module.forms.start[node])[0] for node in module.forms.top]

    def scan(self, identity: str) -> tuple[str, list[tuple[str, str]], list[str]]:
        """(the module's name, its imports as written, the C functions that it declares)."""
        module, wanted = self.parsed(identity)
        names = self.symbols.names
        imports = [(each.path, names[each.alias] if each.alias >= 0 else "") for each in wanted]
        forms = module.forms
        externs = [names[forms.data[forms.children(node)[2]]] for node in module.externs]
        return module.name, imports, externs

    def targets(self, identity: str) -> list[tuple[str, str]]:
        """(alias or "", the imported module's identity), in order."""
        names = self.c.names
        modules = self.graph.modules
        return [
            (names[each.alias] if each.alias >= 0 else "", modules[each.module].identity)
            for each in modules[self.index[identity]].imports
        ]

    def check(self, identity: str) -> tuple[Checked, set[str]]:
        """The module's contents, and the unique names of others that they mention.  Errors: Fallback."""
        index = self.index[identity]
        c = self.c
        module = self.with_forms(identity)
        for each in module.imports:
            self.enter(self.graph.modules[each.module].identity)
        known = len(c.infos)
        sound: set[int] = set()
        try:
            edges = check_module(c, index, self.prefixes[index], self._base, sound)
            root = index == len(self.graph.modules) - 1
            main = main_of(c) if root else -1
        except Unread:
            raise Fallback("messages") from None
        if self.sink.items:
            raise Fallback("messages")
        self.uses += edges
        self._entered.add(identity)
        self._live.add(identity)
        self._number()
        program = c.program
        order = {node: k for k, node in enumerate(module.forms.top)}
        module.forms.rest()
        mentioned: set[str] = set()
        functions = {}
        titles = {test.function: test.title for test in program.tests}
        tests = []
        for info in c.infos[known:]:
            if info.module == index and info.node in order:
                if info.function.id in titles:
                    if identity.startswith("std:"):  # the library has its own runs
                        continue
                    column = module.file.place(info.function.start)[1]
                    tests.append((titles[info.function.id], info.function.name, column))
                names: set[str] = set()
                packed = marshal.dumps(pack(program, info.function, names), 2)
                mentioned |= names
                consts = sorted([name for name in names if name in self._consts])
                datas = sorted([name for name in names if name in self._datas])
                functions[info.function.name] = (order[info.node], packed, consts, datas)
                info.function.body.rest()
        shown = interface(c, index, mentioned)
        edge_rows = self._edge_rows(edges, index)
        owners = sorted({self.owner[name.rpartition(".")[0]] for name in mentioned if self._is_user(name)} - {identity})
        found = Checked((shown, functions, owners, edge_rows, program.functions[main].name if main >= 0 else "", tests))
        return found, mentioned

    def _is_user(self, name: str) -> bool:
        return name.rpartition(".")[0] in self.owner

    def owner_of(self, unique: str) -> str:
        """The module of a unique name; "" for what every program has."""
        found = self._owners.get(unique)
        if found is None:
            of = unique.rpartition(".")[0]
            found = self._owners[unique] = self.owner.get(of) or self.owner.get(of.removesuffix(".test"), "")
        return found

    def _edge_rows(self, edges: list[Edge], index: int) -> bytes:
        """What growth depends on, as bytes that are equal when it is."""
        c = self.c

        def node(key: tuple[bool, int, int]) -> tuple[object, ...]:
            is_type, number, variable = key
            owner = c.program.datas[number].name if is_type else c.program.functions[number].name
            return is_type, owner, variable

        table = TypeTable(c.program)
        rows: list[object] = [(node(e.source), node(e.target), e.grows, table.row(e.type)) for e in edges]
        rows += [
            (info.data.name, [[table.row(t) for t in ctor.fields] for ctor in info.data.ctors])
            for info in c.data_infos
            if info.module == index and info.data.vars
        ]
        return marshal.dumps((rows, table.rows), 2) if rows else b""

    def with_forms(self, identity: str) -> Module:
        """The graph's module with its forms, which may not have been read so far."""
        module = self.graph.modules[self.index[identity]]
        read, wanted = self.parsed(identity)
        if module.forms is not read.forms:
            for slot in ("consts", "disabled", "docs", "exports", "externs", "file", "forms", "functions", "name",
                         "tests", "types"):  # fmt: skip
                setattr(module, slot, getattr(read, slot))
            for each, found in zip(module.imports, wanted, strict=True):
                each.node = found.node
            from compiler.modules.toplevel import check_names

            check_names(module, self.graph.symbols, self.sink)
            if self.sink.items:
                raise Fallback("messages")
        return module

    def enter(self, identity: str) -> None:
        """Let the checker know a module by its interface, and those whose types that mentions."""
        todo = [identity]
        while todo:
            at = todo[-1]
            if at in self._entered:
                todo.pop()
                continue
            found = self.engine.peek("checked", at)
            if at in self._entered:  # it had to be checked after all
                continue
            missing = [owner for owner in found.owners if owner not in self._entered]
            if missing:
                todo += missing
                continue
            index = self.index[at]
            declare(self.c, index, found.interface, self.graph.modules[index].file)
            self._entered.add(at)
            self._number()

    def _number(self) -> None:
        """Take note of what the program has got since."""
        program = self.c.program
        functions, consts, datas = self._seen
        for function in program.functions[functions:]:
            self._functions[function.name] = function.id
        for k in range(consts, len(program.consts)):
            self._consts[program.consts[k].name] = k
        for data in program.datas[datas:]:
            self._datas[data.name] = data.id
        self._seen = len(program.functions), len(program.consts), len(program.datas)

    def root(self) -> str:
        """The module of main."""
        return self.graph.modules[-1].identity

    def check_growth(self) -> None:
        """See to it that types stay finite.  Errors: Fallback."""
        from compiler.types import growth

        if len(self._live) == len(self.graph.modules):
            growth.check_growth(self.c, self.uses)
            if self.sink.items:
                raise Fallback("messages")
            return
        from compiler.types.check import check

        sink = Sink()
        graph = load(self.path, self.features, sink, read_text=self.reader)
        if graph is None or sink.items or check(graph, sink) is None:
            raise Fallback("messages")

    def rest(self) -> None:
        """All modules are checked: let go of the forms."""
        self._parsed.clear()
        for module in self.graph.modules:
            module.forms = NoForms()  # type: ignore[assignment]
        self.uses.clear()
        for info in self.c.infos:
            info.uses.clear()

    def let_go(self) -> None:
        """The program is made: its trees and the checker's state are not needed any more."""
        if self.index:  # else it ended before
            self.c.program.drop("link")
            del self.c
        self._parse.clear()
        self.texts.clear()

    # What lowering asks for.

    @property
    def program(self) -> Program:
        return self.c.program

    def data(self, name: str) -> int:
        """The number of a user type in the program, entered if need be."""
        number = self._datas.get(name)
        if number is None:
            self.enter(self.owner_of(name))
            number = self._datas[name]
        return number

    def function(self, name: str, arity: int) -> int:
        """The number of a function; one without a body stands for it if it was not there."""
        number = self._functions.get(name)
        if number is None:
            program = self.c.program
            f = Function(len(program.functions), name, self.graph.modules[-1].file)
            f.params = list(range(arity))
            program.functions.append(f)
            self.c.infos.append(FnInfo(f, "", -1, -1, -1))
            self.c.effects.append(frozenset())
            number = f.id
            self._number()
        return number

    def const(self, name: str) -> int:
        """The number of a constant, entered if need be."""
        number = self._consts.get(name)
        if number is None:
            owner = self.owner_of(name)
            self.enter(owner)
            number = self._consts.get(name)
            if number is None:  # one that is not exported
                from compiler.hir.program import Const

                program = self.c.program
                function = self.function(name, 0)
                self.c.consts.append(self.c.infos[function])
                program.consts.append(Const(name, -1, function))
                number = len(program.consts) - 1
                self._number()
        return number

    def body(self, name: str) -> Function:
        """A function with its body, out of its module's pack if it was not checked here."""
        owner = self.owner_of(name)
        number = self._functions.get(name)
        if number is not None and self.c.program.functions[number].body.op:
            return self.c.program.functions[number]
        packed = self.engine.peek("checked", owner).functions[name][1]
        f = unpack(self.c.program, marshal.loads(packed), self)
        before = self.c.program.functions[f.id]
        before.body, before.locals, before.lambdas = f.body, f.locals, f.lambdas
        for slot in ("caps", "doc", "end", "exported", "file", "inline", "inner", "numeric", "params", "result", "root",
                     "start", "tail_required", "vars"):  # fmt: skip
            setattr(before, slot, getattr(f, slot))
        return before

    def drop(self, f: Function) -> None:
        """Let go of a body that was lowered; it comes out of its module's pack when it is needed again."""
        f.body = Body()
        f.locals, f.lambdas = [], []
