"""One incremental build: find what is kept, ask for the executable, keep what was found out.

The graph of queries and the packs of answers are objects of the store.  Two references lead to the newest graph: one by
the project's place, and one by what it is called, so that another checkout begins with everything known.
"""

from __future__ import annotations

import marshal
import os

from compiler.cas.kinds import Fault, linking, read_address, spell
from compiler.digest import brief
from compiler.incremental.front import Fallback, Front
from compiler.incremental.kept import GRAPH, read_graph
from compiler.incremental.messages import Messages
from compiler.incremental.queries import kinds
from compiler.query.engine import Engine
from compiler.query.graph import DAMAGED, Loaded, dump
from compiler.query.kind import dumps
from compiler.query.packs import Packs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compiler.cas.store import Store
    from compiler.foreign import Linked
    from compiler.incremental.middle import Middle
    from compiler.lir.ops import Data
    from compiler.machine.code import Code
    from compiler.query.graph import Node
    from compiler.query.packs import Index

PACK = "query-pack"
OWN = {"diagnostics": "diagnostics", "documentation": "api-docs"}  # groups of one answer, which is an object as it is
FOR_USERS = ("diagnostics", "documentation", "link")  # what a verb asks for
OF_MESSAGES = ("diagnostics", "input", "named")


class Objects:
    """Packs as objects of the store; what cannot be read is made again."""

    __slots__ = ("faults", "store")

    def __init__(self, store: Store | None) -> None:
        self.store = store
        self.faults: list[Fault] = []

    def read(self, name: str) -> bytes | None:
        if self.store is None:
            return None
        try:
            return self.store.get(read_address(name))
        except Fault as fault:
            self.faults.append(fault)
            return None

    def write(self, group: str, data: bytes) -> str:
        assert self.store is not None
        return spell(self.store.put(OWN.get(group.partition(" ")[0], PACK), data))


class Session:
    """A build under way; without a store nothing is found and nothing can be kept."""

    def __init__(
        self,
        path: str,
        features: frozenset[str],
        reader: Callable[[str], bytes],
        store: Store | None,
        links: tuple[str, ...] = (),
        level: str = "dev",
        *,
        jobs: int = 0,
        tests: bool = False,
        back: bool = True,
    ) -> None:
        """With `tests`, it is the program's tests that will run, and not its main; without `back`, it only checks."""
        self.messages = Messages(self, path, links, reader)
        self.front = Front(path, features, reader if back else self.messages.read, tests=tests)
        self.links = links
        self.middle: Middle | None = None
        self.release = level == "release"
        self.sound = False  # all modules are checked
        self.many = False  # much was made, and let go of
        self.spoiled = False  # the session has ended without what it was to make
        if back:
            from compiler.incremental.middle import Middle

            self.middle = Middle(self.front)
        if self.release and self.middle is not None:
            from compiler.incremental.optimize import Optimizer

            self.middle.optimizer = Optimizer(self.middle)
        self.kinds = kinds(self)
        self.objects = Objects(store)
        self.store = store
        self.jobs = jobs  # 0: as many as there are cores
        self.engine: Engine
        self.packs: Packs
        self._library = ""
        self._contents: dict[str, bytes] = {}  # of the files to link with

    def open(self, references: list[str]) -> None:
        """Find the newest graph; without one everything is new."""
        loaded = Loaded()
        index: Index = {}
        for reference in references:
            try:
                data = self._graph(reference)
            except Fault as fault:
                self.objects.faults.append(fault)
                loaded = Loaded("lost")
                continue
            if data is not None:
                loaded, index = read_graph(data, self.kinds)
                if not loaded.refused:
                    break
        if loaded.refused == DAMAGED:
            from compiler.query.faults import QueryFault

            self.objects.faults.append(QueryFault("QUERY_GRAPH-001", what=DAMAGED))
        self.packs = Packs(self.objects, index)
        self.engine = Engine(self.kinds, self.packs, loaded)
        if self.middle is not None:
            self.middle.engine = self.engine

    def _graph(self, reference: str) -> bytes | None:
        address = self.store.find(reference, GRAPH) if self.store is not None else None
        return self.store.get(address) if self.store is not None and address is not None else None

    def build(self) -> bytes:
        """The executable.  Errors: Fallback; UnsupportedError; LinkError."""
        self.check()
        return self.image("")

    def check(self) -> None:
        """Find and check all modules, and see what functions borrow.  Errors: Fallback."""
        self.check_only()
        self.front.rest()
        self._settle()
        self.engine.mark("borrows", "")
        for identity in self.front.index:
            self.engine.forget("checked", identity)

    def check_only(self) -> None:
        """Find and check all modules, once.  Errors: Fallback."""
        if self.sound:
            return
        self.front.load(self.engine)
        for identity in self.front.index:
            self.engine.mark("checked", identity)
            self.engine.mark("positions", identity)
        self.engine.mark("growth", "")
        self.sound = True

    def tests(self) -> list[tuple[str, str, str]]:
        """The program's own tests, in the order of the whole pipeline: (title, place, name)."""
        found = []
        for module in self.front.graph.modules:
            lines = self.engine.ask("positions", module.identity)
            for title, name, column in self.engine.ask("tests", module.identity):
                found.append((title, f"{module.file.path}:{lines[name]}:{column}", name))
        return found

    def image(self, entry: str) -> bytes:
        """The executable of a test by its name, "" of main.  Errors: Fallback; UnsupportedError; LinkError."""
        from compiler.diagnostics import UsageError
        from compiler.incremental.middle import MANY
        from compiler.incremental.workers import cores

        assert self.middle is not None
        try:
            if not entry:  # what a test reaches is little
                self.many = self.middle.fork(self.jobs or cores()) >= MANY
            found: bytes = self.engine.ask("link", entry)
        except UsageError:
            if self.links:  # it may be about the user's files: their message
                raise Fallback("messages") from None
            raise
        except RecursionError:  # summaries nest as calls do below a region; the whole pipeline takes any depth
            raise Fallback("depth") from None
        finally:
            self.middle.close()
        return found

    def _settle(self) -> None:
        """What comes now takes the most memory: write what checking found out, to be read again when asked for."""
        if self.store is None:
            return
        try:
            self.packs.flush([(group, digest) for group, digest in self.engine.kept() if group.startswith("front ")])
        except Fault as fault:
            self.store.faults.append(fault)

    def keep(self, references: list[str], *, rest: bool = False) -> None:
        """Write the graph and the packs that are new; with `rest`, what other verbs have left stays there.

        Errors: Fault.
        """
        assert self.store is not None
        engine = self.engine
        engine.forget_all()
        self.front.let_go()
        # Who has looked at all modules knows what is left of checking them; else it may all be needed.
        standing = engine.standing(FOR_USERS if self.sound else None) if rest else []
        index = self.packs.flush(engine.kept(standing))
        if self.many:
            from compiler.trim import trim

            trim()
        addresses = sorted({read_address(name) for name, _ in index.values()})
        address = self.store.put(GRAPH, linking(addresses, self._dumped(index, standing)))
        for reference in references:
            self.store.set(reference, address)

    def _dumped(self, index: Index, standing: list[Node]) -> bytes:
        """The graph and where its answers lie; a copy of two megabytes is let go of before the next is made."""
        engine = self.engine
        nodes = [*engine.answered(), *standing]
        graph = dump(nodes, engine.revision, self.kinds, engine.gone(standing), engine.origin)
        return marshal.dumps((graph, index))

    def keep_messages(self, references: list[str]) -> None:
        """Keep what is wrong beside the graph as it was: a mistake costs the next right program nothing.

        Errors: Fault.
        """
        known, packs = self.engine, self.packs
        self.open(references)
        for node in known.answered():
            if node.key[0] in OF_MESSAGES:
                self.engine.nodes[node.key] = node
                group = self.kinds[node.key[0]].group(node.key[1])
                data = packs.get(group, node.object) if node.object else None
                if data is not None:
                    self.packs.put(group, data)
        self.sound = False
        self.keep(references, rest=True)

    def shown(self, identity: str) -> str:
        index = self.front.index.get(identity, -1)
        return self.front.graph.modules[index].file.path if index >= 0 else ""

    def runtime_mark(self) -> bytes:
        """The library's contents are in the name of its folder."""
        from compiler.pipeline import runtime_library

        self._library = runtime_library()
        return os.fsencode(os.path.basename(os.path.dirname(self._library)))

    def foreign_mark(self) -> bytes:
        """What must be the same for a link to be: of C functions also those that nothing calls, as each must be there.

        Errors: Fallback.
        """
        if not self.links and not self.front.externs:
            return b""
        try:
            for path in self.links:
                self._contents[path] = self.front.reader(path)
        except OSError:
            raise Fallback("messages") from None
        return dumps((sorted(self.front.externs), [brief(self._contents[path]) for path in self.links]))

    def _linked(self) -> Linked | None:
        """What the program is linked with; None without any.  Errors: Fallback; UsageError."""
        if not self.links and not self.front.externs:
            return None
        from compiler.foreign import read_linked

        linked = read_linked(self.links, self._contents.__getitem__)
        if not all(linked.defines(symbol) for symbol in sorted(self.front.externs)):
            raise Fallback("messages")
        return linked

    def unit(self, engine: Engine, identity: str) -> tuple[Any, ...]:
        """A module's object; and the code and data that it needs and other modules may need, too."""
        return self._unit(engine, identity, engine.ask("members", identity))

    def _unit(self, engine: Engine, identity: str, keys: list[str]) -> tuple[Any, ...]:
        from compiler.incremental import image

        return image.unit_row(engine.ask("prefix", identity), *self._resolved(engine, keys))

    def _resolved(self, engine: Engine, keys: list[str]) -> tuple[list[Code], list[Data]]:
        """Code and data with the places of today's files."""
        from compiler.incremental import image

        rows = []
        for key in keys:
            rows.append(engine.ask("native", key))
            engine.forget("native", key)

        def place_of(name: str) -> tuple[str, int]:
            owner = self.front.owner_of(name)
            return engine.ask("path", owner), engine.ask("positions", owner)[name]

        return image.resolve(rows, place_of)

    def link(self, engine: Engine, entry: str) -> bytes:
        """The executable of everything that the program reaches, or a test."""
        from compiler.incremental import image
        from compiler.lir.module import LirModule
        from compiler.pipeline import link_program

        assert self.middle is not None
        engine.mark("runtime", "")
        engine.mark("foreign", "")
        linked = self._linked()
        homes: dict[str, list[str]] = {}
        for key, _ in self.middle.reached([entry]) if entry else engine.ask(self.middle.all, ""):
            homes.setdefault(key.partition("#")[0], []).append(key)
        start = homes.pop("", [])  # at release level
        found = []
        for identity in sorted(homes, key=lambda each: str(engine.ask("prefix", each))):
            found.append(self._unit(engine, identity, homes[identity]) if entry else engine.ask("unit", identity))
            engine.forget("unit", identity)
        codes, data = self._resolved(engine, start) if start else self._entry(entry or engine.ask("main", ""))
        return link_program(image.objects_of(found, codes, data, LirModule().exported), linked)

    def _entry(self, main: str) -> tuple[list[Code], list[Data]]:
        """What runs a nullary function and what starts it."""
        from compiler.lower.lower import lower_entry
        from compiler.natively import native_one

        assert self.middle is not None
        engine = self.engine
        engine.mark("hir", self.middle.key(main, main))
        f = self.front.body(main)
        return native_one(lower_entry(self.front.program, f.id), {main: ()})
