"""Answer queries, each at most once, and none whose answer cannot have changed: red and green, with early cut-off.

    ask(kind, argument) ─▶ current already? ─▶ all edges green? ─▶ the kept answer
                                                     └─ one is red ─▶ provide ─▶ same fingerprint? users stay green

A query's edges are what its provider asked, in order.  It is green when no edge has changed since it was last right;
edges are looked at in order and the first red one ends the looking, since what comes after may not be asked any more.
An answer that comes out as it was leaves its users green.  The graph outlives the process (`graph.py`), answers lie
in a store by content.  Source: Mokhov, Mitchell, Peyton Jones, "Build systems à la carte", ICFP 2018 (verifying
traces with early cut-off); the red-green algorithm of rustc's and Salsa's documentation.
"""

from __future__ import annotations

from compiler.digest import brief
from compiler.query.graph import Key, Loaded, Node, spell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping
    from typing import Any, Protocol, TypeVar

    from compiler.query.kind import Kind

    Answer = TypeVar("Answer")

    class Store(Protocol):
        """Bytes by content, in groups (`packs.py`)."""

        def get(self, group: str, digest: bytes) -> bytes | None: ...

        def put(self, group: str, data: bytes) -> bytes: ...


OPEN, LOOKING, ANSWERING, CURRENT = range(4)
_NONE = object()  # no value in memory


class CycleError(Exception):
    """A query needs its own answer; `path` are the keys from its first asking to its second."""

    def __init__(self, path: list[Key]) -> None:
        super().__init__(_told("QUERY_CYCLE-001", path=" -> ".join(map(spell, path))))
        self.path = path


class UnstableError(Exception):
    """A provider gave two answers for the same edges."""

    def __init__(self, key: Key) -> None:
        super().__init__(_told("QUERY_ANSWER-001", key=spell(key), where="one in the graph, and now another"))
        self.key = key


def _told(code: str, **facts: str) -> str:
    from compiler.query.faults import QueryFault

    return str(QueryFault(code, **facts))


class Tally:
    """What became of the queries of one kind: left green, answered anew, of these with the same answer as before."""

    __slots__ = ("green", "red", "same")

    def __init__(self) -> None:
        self.green = 0
        self.red = 0
        self.same = 0


class Engine:
    """One process's use of a graph: a revision."""

    __slots__ = ("_asked", "_moved", "_path", "kinds", "nodes", "origin", "revision", "store", "tallies")

    def __init__(self, kinds: Mapping[str, Kind], store: Store, loaded: Loaded | None = None) -> None:
        loaded = loaded or Loaded()
        self.kinds = kinds
        self.store = store
        self.nodes = loaded.nodes
        self.origin = loaded.refused
        self.revision = loaded.revision + 1
        self._moved = loaded.moved
        self.tallies = {name: Tally() for name in kinds}
        self._path: list[Node] = []  # being answered, outermost first
        self._asked: list[dict[Node, None]] = []  # what each of them has asked so far

    def ask(self, kind: str, argument: str) -> Any:
        """The answer. Errors: CycleError; UnstableError; whatever the provider raises."""
        node = self._current(kind, argument)
        if node.value is _NONE:
            self._fetch(node)
        return node.value

    def peek(self, kind: str, argument: str) -> Any:
        """The answer, without an edge: for whoever has edges to all that it uses of it.  Errors: as `ask`."""
        self._asked.append({})
        try:
            return self.ask(kind, argument)
        finally:
            self._asked.pop()

    def apart(self, run: Callable[[], Answer]) -> Answer:
        """What `run` gives; what it asks are no edges: for whoever has edges to all that it depends on."""
        self._asked.append({})
        try:
            return run()
        finally:
            self._asked.pop()

    def holds(self, kind: str, argument: str) -> bool:
        """Whether there is an answer that is right as it is; nothing is answered anew for it but what it asked."""
        node = self.nodes.get((kind, argument))
        if node is None or not node.verified or kind not in self.kinds:
            return False
        if node.state != CURRENT:
            node.state = LOOKING
            try:
                if self._red_edge(node) is not None:
                    return False
            finally:
                node.state = OPEN
            self._current(kind, argument)
        return True

    def mark(self, kind: str, argument: str) -> bytes:
        """The answer's fingerprint; the answer itself is not fetched.  Errors: as `ask`."""
        return self._current(kind, argument).fingerprint

    def before(self, kind: str, argument: str) -> Any:
        """The kept answer of the last revision, right or not, or None: a hint, for what an answer cannot get wrong."""
        node = self.nodes.get((kind, argument))
        decode = self.kinds[kind].decode
        if node is None or not node.object or decode is None:
            return None
        data = self.store.get(self.kinds[kind].group(argument), node.object)
        return None if data is None else decode(data)

    def forget(self, kind: str, argument: str) -> None:
        """Let go of an answer in memory; it is fetched or made again when it is asked for."""
        node = self.nodes.get((kind, argument))
        if node is not None:
            node.value = _NONE

    def forget_all(self) -> None:
        """Let go of every answer in memory."""
        for node in self.nodes.values():
            node.value = _NONE

    def answered(self) -> list[Node]:
        """The queries that this revision has looked at and found right: what is worth keeping."""
        return [node for node in self.nodes.values() if node.state == CURRENT]

    def standing(self, kinds: Container[str] | None) -> list[Node]:
        """The queries that this revision did not ask, and that what is kept of these kinds (of all) rests on.

        They are as right as they were: each has its own revision, and whoever asks for one looks at its edges then.
        """
        nodes = self.nodes
        found: dict[Node, None] = {}
        for key, first in nodes.items():
            if (
                (kinds is not None and key[0] not in kinds)
                or first in found
                or first.state == CURRENT
                or not first.verified
            ):
                continue
            below: dict[Node, None] = {}
            todo = [first]
            while todo:
                node = todo.pop()
                if node.state != CURRENT and node not in found and node not in below:
                    below[node] = None
                    todo += node.deps
            if all(nodes.get(node.key) is node for node in below):  # else something of it is of another schema
                found |= below
        return list(found)

    def gone(self, standing: Iterable[Node] = ()) -> list[Key]:
        """The queries of the graph that this revision did not ask any more, and that are not kept all the same."""
        kept = set(standing)
        nodes = self.nodes
        found = [key for key, node in nodes.items() if node.state != CURRENT and node.verified and node not in kept]
        return found + [key for key in self._moved if key not in nodes]

    def kept(self, standing: Iterable[Node] = ()) -> Iterator[tuple[str, bytes]]:
        """(group, digest) of the kept answers of `answered`, and of those that stand."""
        kinds = self.kinds
        for nodes in (self.answered(), standing):
            for node in nodes:
                if node.object:
                    yield kinds[node.key[0]].group(node.key[1]), node.object

    def _current(self, kind: str, argument: str) -> Node:
        key = (kind, argument)
        node = self.nodes.get(key)
        if node is None:
            node = self.nodes[key] = Node(key)
            if key in self._moved:
                node.reason = ("schema", None)
        if self._asked:
            self._asked[-1][node] = None
        if node.state != CURRENT:
            self._bring(node)
        return node

    def _bring(self, node: Node) -> None:
        """Make a query current: leave it green, or answer it."""
        if node.state == ANSWERING:
            path = [each.key for each in self._path]
            raise CycleError([*path[path.index(node.key) :], node.key])
        # The edges in front of the one that led back here are green, so the provider would ask for it again: a cycle,
        # and answering goes round it and shows the path.
        if node.state == LOOKING:
            return self._answer(node, ("cycle", None))
        if not node.verified:
            return self._answer(node, node.reason)
        if self.kinds[node.key[0]].always:
            return self._answer(node, ("world", None))
        node.state = LOOKING
        try:
            red = self._red_edge(node)
        except BaseException:
            node.state = OPEN
            raise
        if red is not None:
            return self._answer(node, ("edge", red.key))
        node.state = CURRENT
        node.verified = self.revision
        node.value = _NONE
        self.tallies[node.key[0]].green += 1
        return None

    def _red_edge(self, node: Node) -> Node | None:
        since = node.verified
        for dep in node.deps:
            if dep.state != CURRENT:
                if dep.key[0] not in self.kinds or self.nodes.get(dep.key) is not dep:
                    return dep  # a kind that is gone, or whose schema moved
                self._bring(dep)
            if dep.changed > since:
                return dep
        return None

    def _answer(self, node: Node, reason: tuple[str, Key | None]) -> None:
        kind = self.kinds[node.key[0]]
        node.state = ANSWERING
        self._path.append(node)
        self._asked.append({})
        try:
            value = kind.provide(self, node.key[1])
        except BaseException:
            node.state = OPEN
            raise
        finally:
            self._path.pop()
            asked = self._asked.pop()
        if kind.encode is not None:
            node.object = self.store.put(kind.group(node.key[1]), kind.encode(value))
        found = node.object if kind.mark is None else brief(kind.mark(value))
        tally = self.tallies[kind.name]
        tally.red += 1
        if node.verified and found == node.fingerprint:
            tally.same += 1
        else:
            node.changed = self.revision
        node.fingerprint = found
        node.deps = tuple(asked)
        if node.answered != self.revision:  # else it has its reason, and only its value was not at hand
            node.reason = reason
            node.answered = self.revision
        node.verified = self.revision
        node.value = value
        node.state = CURRENT

    def _fetch(self, node: Node) -> None:
        """The answer of a green query: from the store, else made again from edges that are all current."""
        kind = self.kinds[node.key[0]]
        if kind.decode is not None:
            data = self.store.get(kind.group(node.key[1]), node.object)
            if data is not None:
                node.value = kind.decode(data)
                return
        before = node.fingerprint
        self._answer(node, ("lost" if kind.decode is not None else "value", None))
        if node.fingerprint != before:
            raise UnstableError(node.key)
