"""One incremental build: find what is kept, ask for the executable, keep what was found out.

The graph of queries and the packs of answers are objects of the store.  Two references lead to the newest graph: one by
the project's place, and one by what it is called, so that another checkout begins with everything known.
"""

from __future__ import annotations

import marshal
import os

from compiler.cas.kinds import Fault, linking, read_address, spell
from compiler.incremental import image
from compiler.incremental.front import Front
from compiler.incremental.kept import GRAPH, read_graph
from compiler.incremental.middle import Middle
from compiler.incremental.queries import kinds
from compiler.incremental.workers import cores
from compiler.query.engine import Engine
from compiler.query.graph import DAMAGED, Loaded, dump
from compiler.query.packs import Packs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compiler.cas.store import Store
    from compiler.machine.code import Code
    from compiler.query.packs import Index

PACK = "query-pack"


class Objects:
    """Packs as objects of the store; what cannot be read is made again."""

    __slots__ = ("faults", "store")

    def __init__(self, store: Store) -> None:
        self.store = store
        self.faults: list[Fault] = []

    def read(self, name: str) -> bytes | None:
        try:
            return self.store.get(read_address(name))
        except Fault as fault:
            self.faults.append(fault)
            return None

    def write(self, data: bytes) -> str:
        return spell(self.store.put(PACK, data))


class Session:
    """A build under way."""

    def __init__(
        self, path: str, features: frozenset[str], reader: Callable[[str], bytes], store: Store, jobs: int = 0
    ) -> None:
        self.front = Front(path, features, reader)
        self.middle = Middle(self.front)
        self.kinds = kinds(self)
        self.objects = Objects(store)
        self.store = store
        self.jobs = jobs  # 0: as many as there are cores
        self.engine: Engine
        self.packs: Packs
        self._library = ""

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
        self.engine = self.middle.engine = Engine(self.kinds, self.packs, loaded)

    def _graph(self, reference: str) -> bytes | None:
        address = self.store.find(reference, GRAPH)
        return None if address is None else self.store.get(address)

    def build(self) -> bytes:
        """The executable.  Errors: Fallback; UnsupportedError; LinkError."""
        self.front.load(self.engine)
        for identity in self.front.index:
            self.engine.mark("checked", identity)
            self.engine.mark("positions", identity)
        self.engine.mark("growth", "")
        self.front.rest()
        # What comes now takes the most memory: what checking found out is written, and read again when asked for.
        try:
            self.packs.settle([(group, digest) for group, digest in self.engine.kept() if group.startswith("front ")])
        except Fault as fault:
            self.store.faults.append(fault)
        self.engine.mark("borrows", "")
        for identity in self.front.index:
            self.engine.forget("checked", identity)
        self.middle.fork(self.jobs or cores())
        try:
            found: bytes = self.engine.ask("link", "")
        finally:
            self.middle.close()
        return found

    def keep(self, references: list[str]) -> None:
        """Write the graph and the packs that are new.  Errors: Fault."""
        engine = self.engine
        engine.forget_all()
        self.front.let_go()
        index = self.packs.flush(engine.kept())
        graph = dump(engine.answered(), engine.revision, self.kinds, engine.gone(), engine.origin)
        addresses = sorted({read_address(name) for name, _ in index.values()})
        address = self.store.put(GRAPH, linking(addresses, marshal.dumps((graph, index))))
        for reference in references:
            self.store.set(reference, address)

    def shown(self, identity: str) -> str:
        index = self.front.index.get(identity, -1)
        return self.front.graph.modules[index].file.path if index >= 0 else ""

    def runtime_mark(self) -> bytes:
        """The library's contents are in the name of its folder."""
        from compiler.pipeline import runtime_library

        self._library = runtime_library()
        return os.fsencode(os.path.basename(os.path.dirname(self._library)))

    def unit(self, engine: Engine, identity: str) -> tuple[Any, ...]:
        """A module's object; and the code and data that it needs and other modules may need, too."""
        prefix = engine.ask("prefix", identity)
        rows = []
        for key in engine.ask("members", identity):
            rows.append(engine.ask("native", key))
            engine.forget("native", key)

        def place_of(name: str) -> tuple[str, int]:
            owner = self.front.owner_of(name)
            return engine.ask("path", owner), engine.ask("positions", owner)[name]

        codes, data = image.resolve(rows, place_of)
        return image.unit_row(prefix, codes, data)

    def link(self, engine: Engine) -> bytes:
        """The executable of everything that the program reaches."""
        from compiler.lir.module import LirModule
        from compiler.pipeline import link_program

        engine.mark("runtime", "")
        homes = sorted({key.partition("#")[0] for key, _ in engine.ask("instances", "")})  # asking has an order, too
        found = []
        for identity in sorted(homes, key=lambda each: str(engine.ask("prefix", each))):
            found.append(engine.ask("unit", identity))
            engine.forget("unit", identity)
        return link_program(image.objects_of(found, self._entry(), LirModule().exported), None)

    def _entry(self) -> list[Code]:
        """What runs main and what starts it."""
        from compiler.lower.lower import lower_entry
        from compiler.natively import native_one

        engine = self.engine
        main = engine.ask("main", "")
        engine.mark("hir", self.middle.key(main, main))
        f = self.front.body(main)
        codes, data = native_one(lower_entry(self.front.program, f.id), {main: ()})
        if data:
            raise AssertionError("the entry has data")
        return codes
