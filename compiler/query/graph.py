"""The graph of queries as a file: what was asked, what it asked, and how its answer looked.

A digest in front of the rows is checked before they are read; a file that is damaged, of another format or made by
another Python is as good as none, and says which in `Loaded.refused`.  Rows of a kind whose schema has moved are left
out: their dependants find an edge to nothing and are made again.  Rows are sorted by key.
"""

from __future__ import annotations

import marshal
import sys

from compiler.digest import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from compiler.query.kind import Kind

MAGIC = b"zero queries 2\n"
PYTHON = f"{sys.implementation.cache_tag} {marshal.version}".encode()
DIGEST = 32
DAMAGED = "damaged"  # why a graph is not used: this, "format", "python"; the caller's "lost"

Key = tuple[str, str]  # kind, argument


def spell(key: Key) -> str:
    """A key as it is printed and given by hand."""
    return f"{key[0]}:{key[1]}"


class Node:
    """One query: its edges, its answer's fingerprint, and in which revision that last changed and was last right.

    `object` names the kept answer in the store.  `reason` tells why it was last answered anew, in the revision
    `answered`: a word (`story.REASONS`), and the key of the edge that was red.
    """

    __slots__ = ("answered", "changed", "deps", "fingerprint", "key", "object", "reason", "state", "value", "verified")

    def __init__(
        self,
        key: Key,
        fingerprint: bytes = b"",
        kept: bytes = b"",
        changed: int = 0,
        verified: int = 0,
        answered: int = 0,
        reason: tuple[str, Key | None] = ("new", None),
    ) -> None:
        self.key = key
        self.deps: tuple[Node, ...] = ()
        self.fingerprint = fingerprint
        self.object = kept
        self.changed = changed
        self.verified = verified  # 0: never answered
        self.answered = answered
        self.reason = reason
        self.state = 0  # the engine's, for one process
        self.value: object = None


class Loaded:
    """A graph read from a file; `refused` says why there is none, "" when there is one, or never was.

    `moved` are the queries of kinds whose schema is another now; `gone` those that the last revision did not ask any
    more; `origin` tells why that had no graph to begin with, when there was one.
    """

    __slots__ = ("gone", "moved", "nodes", "origin", "refused", "revision")

    def __init__(self, refused: str = "") -> None:
        self.refused = refused
        self.revision = 0
        self.nodes: dict[Key, Node] = {}
        self.moved: dict[Key, None] = {}
        self.gone: list[Key] = []
        self.origin = ""

    def asked(self) -> dict[Key, Node]:
        """The queries that the last revision asked; the others stand there for other verbs."""
        return {key: node for key, node in self.nodes.items() if node.verified == self.revision}


def dump(
    nodes: Iterable[Node], revision: int, kinds: Mapping[str, Kind], gone: Iterable[Key] = (), origin: str = ""
) -> bytes:
    """The file of these nodes; edges to others are dropped with whoever has them."""
    rows = sorted(nodes, key=lambda node: node.key)
    there = set(rows)
    rows = [node for node in rows if there.issuperset(node.deps)]
    number = {node: k for k, node in enumerate(rows)}
    payload = marshal.dumps(
        (
            revision,
            {name: kind.schema for name, kind in sorted(kinds.items())},
            [node.key for node in rows],
            [node.fingerprint for node in rows],
            [node.object for node in rows],
            [node.changed for node in rows],
            [node.verified for node in rows],
            [node.answered for node in rows],
            [node.reason for node in rows],
            [tuple([number[dep] for dep in node.deps]) for node in rows],
            sorted(gone),
            origin,
        )
    )
    return b"".join((MAGIC, PYTHON, b"\n", sha256(payload).digest(), payload))


def load(data: bytes, kinds: Mapping[str, Kind] | None = None) -> Loaded:
    """The graph in a file's bytes; no bytes are an empty graph.  Without kinds, whatever their schemas were."""
    if not data:
        return Loaded()
    head = MAGIC + PYTHON + b"\n"
    if not data.startswith(MAGIC):
        return Loaded("format")
    if not data.startswith(head):
        return Loaded("python")
    start = len(head) + DIGEST
    payload = data[start:]
    if sha256(payload).digest() != data[len(head) : start]:
        return Loaded(DAMAGED)
    try:
        return _read(payload, kinds)
    except (ValueError, EOFError, TypeError, IndexError, AttributeError):  # its digest is right, and it is no graph
        return Loaded(DAMAGED)


def _read(payload: bytes, kinds: Mapping[str, Kind] | None) -> Loaded:
    revision, schemas, keys, fingerprints, objects, changed, verified, answered, *rest = marshal.loads(payload)
    reasons, deps, gone, origin = rest
    found = Loaded()
    found.revision = revision
    found.gone, found.origin = gone, origin
    usable = {name for name in schemas if kinds is None or (name in kinds and schemas[name] == kinds[name].schema)}
    nodes: list[Node] = []
    for k, key in enumerate(keys):
        node = Node(key, fingerprints[k], objects[k], changed[k], verified[k], answered[k], reasons[k])
        nodes.append(node)
        if key[0] in usable:
            found.nodes[key] = node
        else:
            node.verified = 0
            found.moved[key] = None
    for k, numbers in enumerate(deps):
        nodes[k].deps = tuple([nodes[n] for n in numbers])
    return found
