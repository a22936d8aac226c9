"""One incremental build: find what is kept, ask for the executable, keep what was found out.

The graph of queries and the packs of answers are objects of the store.  Two references lead to the newest graph: one by
the project's place, and one by what it is called, so that another checkout begins with everything known.
"""

from __future__ import annotations

import marshal
import os

from compiler.cas.kinds import Fault, after_links, linking, read_address, spell
from compiler.incremental import image
from compiler.incremental.front import Front
from compiler.incremental.middle import Middle
from compiler.incremental.queries import kinds
from compiler.query.engine import Engine
from compiler.query.graph import Loaded, dump
from compiler.query.graph import load as load_graph
from compiler.query.packs import Packs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.cas.store import Store
    from compiler.machine.code import Code

GRAPH, PACK = "query-graph", "query-pack"


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

    def __init__(self, path: str, features: frozenset[str], reader: Callable[[str], bytes], store: Store) -> None:
        self.front = Front(path, features, reader)
        self.middle = Middle(self.front)
        self.kinds = kinds(self)
        self.objects = Objects(store)
        self.store = store
        self.engine: Engine
        self.packs: Packs
        self._library = ""

    def open(self, references: list[str]) -> None:
        """Find the newest graph; without one everything is new."""
        loaded, index = Loaded(), {}
        for reference in references:
            try:
                address = self.store.find(reference, GRAPH)
                if address is None:
                    continue
                graph, index = marshal.loads(after_links(self.store.get(address)))
                index = dict(index)
                loaded = load_graph(graph, self.kinds)
                break
            except (Fault, ValueError, EOFError, TypeError) as error:
                if isinstance(error, Fault):
                    self.objects.faults.append(error)
                loaded, index = Loaded(), {}
        self.packs = Packs(self.objects, index)
        self.engine = self.middle.engine = Engine(self.kinds, self.packs, loaded)

    def build(self) -> bytes:
        """The executable.  Errors: Fallback; UnsupportedError; LinkError."""
        self.front.load(self.engine)
        for identity in self.front.index:
            self.engine.mark("checked", identity)
            self.engine.mark("positions", identity)
        self.engine.mark("growth", "")
        self.front.rest()
        found: bytes = self.engine.ask("link", "")
        return found

    def keep(self, references: list[str]) -> None:
        """Write the graph and the packs that are new.  Errors: Fault."""
        engine = self.engine
        index = self.packs.flush(engine.kept())
        graph = dump(engine.answered(), engine.revision, self.kinds)
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

    def link(self, engine: Engine) -> bytes:
        """The executable of everything that the program reaches."""
        from compiler.object.assemble import assemble
        from compiler.pipeline import link_program

        engine.mark("runtime", "")
        front = self.front
        lines: dict[str, dict[str, int]] = {}
        paths: dict[str, str] = {}
        rows = []
        for key, _ in engine.ask("instances", ""):
            identity = key.partition("#")[0]
            if identity not in lines:
                lines[identity] = engine.ask("positions", identity)
                paths[identity] = engine.ask("path", identity)
            rows.append(engine.ask("native", key))
            engine.forget("native", key)

        def place_of(name: str) -> tuple[str, int]:
            owner = front.owner_of(name)
            return paths[owner], lines[owner][name]

        codes, data = image.resolve(rows, place_of)
        codes += self._entry()
        codes.sort(key=lambda code: code.name)
        from compiler.lir.module import LirModule

        return link_program(assemble(codes, data, "program.o", LirModule().exported), None)

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
