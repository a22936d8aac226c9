"""What earlier builds left about a program: the newest graph of its queries, to be looked at.

Nothing here asks a query or writes; `session.py` does.
"""

from __future__ import annotations

import marshal

from compiler.query.graph import Loaded, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.options import Options
    from compiler.query.kind import Kind


def last_graph(path: str, options: Options) -> Loaded | None:
    """The graph of the last build of this program in this place, or None.  Errors: Fault."""
    from compiler.building import graphs
    from compiler.cas.kinds import after_links
    from compiler.cas.store import open_store
    from compiler.incremental.session import GRAPH

    store = open_store(offline=True)
    address = store.find(graphs(path, options)[0], GRAPH)
    if address is None:
        return None
    data, _ = marshal.loads(after_links(store.get(address)))
    return load(data)


def kinds_table() -> dict[str, Kind]:
    """The rows of all kinds, of no program."""
    from compiler.incremental.session import Session

    return Session("", frozenset(), lambda _: b"", None).kinds  # type: ignore[arg-type]
