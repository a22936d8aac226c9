"""What earlier builds left about a program: the newest graph of its queries, and where their answers lie.

Nothing here asks a query or writes; `session.py` does.  A graph that cannot be used is none, and says why.
"""

from __future__ import annotations

import marshal

from compiler.cas.kinds import Fault, after_links, read_address
from compiler.query.graph import DAMAGED, Loaded, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from compiler.options import Options
    from compiler.query.kind import Kind
    from compiler.query.packs import Index

GRAPH = "query-graph"


def read_graph(payload: bytes, kinds: Mapping[str, Kind] | None) -> tuple[Loaded, Index]:
    """The graph of an object, and where its answers lie."""
    try:
        data, index = marshal.loads(after_links(payload))
        loaded = load(data, kinds)
        for name, _ in index.values():
            read_address(name)
        return loaded, {} if loaded.refused else index
    except (ValueError, EOFError, TypeError, AttributeError, Fault):
        pass
    return Loaded(DAMAGED), {}


def last_graph(path: str, options: Options, kinds: Mapping[str, Kind] | None = None) -> Loaded | None:
    """The graph of the last build of this program in this place, or None; without kinds, all of it.  Errors: Fault."""
    from compiler.building import graphs
    from compiler.cas.store import open_store

    store = open_store(offline=True)
    address = store.find(graphs(path, options)[0], GRAPH)
    if address is None:
        return None
    return read_graph(store.get(address), kinds)[0]


def kinds_table() -> dict[str, Kind]:
    """The rows of all kinds, of no program."""
    from compiler.incremental.session import Session

    return Session("", frozenset(), lambda _: b"", None).kinds
