"""What a session did, told from the graph that it left: how many queries of each kind were answered anew, and why.

Reads a graph and asks nothing.  A reason is a word of `REASONS`; `because` is the edge that was red, or "".  Rows are
sorted by key, kinds are in the order given.
"""

from __future__ import annotations

from compiler.query.graph import spell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from compiler.query.graph import Key, Loaded, Node

# The engine's word -> (the word shown, what it means); "world" becomes "input" where the answer was another.
REASONS = {
    "new": ("new", "it had not been asked before"),
    "edge": ("dependency", "a query that it asked has another answer"),
    "input": ("input", "it is asked of the world, which has another answer"),
    "world": ("always", "it is asked of the world each time, which had the same answer"),
    "schema": ("schema", "its kind keeps answers in another form now"),
    "lost": ("lost", "nothing had changed, and its answer was gone from the store"),
    "value": ("unkept", "nothing had changed, and answers of its kind are not kept: only their fingerprints are"),
    "cycle": ("cycle", "its edges led back to it, which answering anew had to clear up"),
}


FIELDS = ("asked", "reused", "recomputed", "unchanged", "new", "gone")


class Count:
    """What became of the queries of one kind in a revision.

    asked = reused + recomputed; `unchanged` (the answer came out as it was) and `new` are among the recomputed.
    """

    __slots__ = FIELDS

    def __init__(self) -> None:
        self.asked = self.reused = self.recomputed = self.unchanged = self.new = self.gone = 0

    def row(self) -> list[int]:
        return [getattr(self, field) for field in FIELDS]


def reason_of(node: Node) -> tuple[str, str]:
    """(the reason's word, the edge that was red or ""), as they are shown."""
    word, because = node.reason
    if word == "world" and node.changed == node.answered:
        word = "input"
    return REASONS[word][0], spell(because) if because is not None else ""


def counts(graph: Loaded, kinds: Iterable[str]) -> dict[str, Count]:
    """A count for each of the kinds, and for each that the graph has besides."""
    found = {kind: Count() for kind in kinds}
    for (kind, _), node in graph.asked().items():
        count = found.setdefault(kind, Count())
        count.asked += 1
        if node.answered != graph.revision:
            count.reused += 1
            continue
        count.recomputed += 1
        if node.reason[0] in ("new", "schema"):
            count.new += node.reason[0] == "new"
        elif node.changed != graph.revision:
            count.unchanged += 1
    for kind, _ in graph.gone:
        found.setdefault(kind, Count()).gone += 1
    return found


def recomputed(graph: Loaded) -> list[tuple[str, str, str]]:
    """(key, reason, because) of everything that was answered anew."""
    rows = [(key, node) for key, node in graph.nodes.items() if node.answered == graph.revision]
    return [(spell(key), *reason_of(node)) for key, node in sorted(rows, key=lambda row: row[0])]


def why(graph: Loaded, key: Key) -> list[str]:
    """Lines that lead from a query of the graph, or one that is gone, to what changed in the world."""
    lines: list[str] = []
    node = graph.nodes.get(key)
    if node is None:
        return [f"{spell(key)} was not asked any more"]
    if node.verified != graph.revision:
        return [f"{spell(key)} was not asked: its answer is kept for a verb that asks it"]
    if node.answered != graph.revision:
        count = len(node.deps)
        again = [spell(dep.key) for dep in node.deps if dep.answered == graph.revision]
        deps = f"all its {count} dependencies were unchanged" if count != 1 else "its only dependency was unchanged"
        lines.append(f"{spell(key)} was not recomputed: {deps}" if count else f"{spell(key)} was not recomputed")
        if again:
            lines.append(f"  answered anew, with the same answer: {', '.join(again)}")
        return lines
    while True:
        word, edge = node.reason
        shown, because = reason_of(node)
        told = f"{because} has another answer" if word == "edge" else _meaning(shown)
        same = "; its answer came out as it was" if not lines and _unchanged(graph, node) else ""
        lines.append(f"{spell(node.key)} was recomputed ({shown}): {told}{same}")
        if edge is None:
            return lines
        after = graph.nodes.get(edge)
        if after is None:
            lines.append(f"{spell(edge)} was not asked any more")
            return lines
        node = after


def _meaning(shown: str) -> str:
    return next(meaning for word, meaning in REASONS.values() if word == shown)


def _unchanged(graph: Loaded, node: Node) -> bool:
    return node.changed != graph.revision
