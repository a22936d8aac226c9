"""A part of a graph of queries, as text, as TSV for machines, or as boxes to draw (DOT here, SVG in `picture.py`).

    text, tsv   every query chosen, and all that it asked, in the order of asking
    boxes       the queries chosen; an edge may lead over others that were not, and more than LIMIT are drawn as groups:
                those of one kind and file, or if that is too many still, those of one kind

Exact and in the order of keys: the same graph gives the same bytes.
"""

from __future__ import annotations

from compiler.query.graph import spell
from compiler.query.story import reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from compiler.query.graph import Key, Loaded, Node

LIMIT = 80  # boxes that an eye can follow
COLUMNS = ("key", "fingerprint", "state", "reason", "because", "place", "asks")
REUSED, UNCHANGED, CHANGED = "reused", "unchanged", "changed"
LOOKS = {REUSED: "solid", UNCHANGED: "dashed", CHANGED: "bold"}


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a key is what a pattern says; `*` stands for anything, every other character for itself."""
    import re

    found = re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
    return lambda word: found.fullmatch(word) is not None


def choose(graph: Loaded, kinds: Iterable[str], pattern: str) -> list[Node]:
    """The queries asked of these kinds (of all, if there are none) whose key fits, in order."""
    wanted = set(kinds)
    fits = matcher(pattern) if pattern else None
    return [
        node
        for key, node in sorted(graph.asked().items())
        if (not wanted or key[0] in wanted) and (fits is None or fits(spell(key)))
    ]


def state(graph: Loaded, node: Node) -> str:
    """What became of it in the last revision."""
    if node.answered != graph.revision:
        return REUSED
    return CHANGED if node.changed == graph.revision else UNCHANGED


def text(graph: Loaded, nodes: list[Node]) -> str:
    lines = [f"{len(nodes)} of {len(graph.asked())} queries of revision {graph.revision}"]
    for node in nodes:
        how = state(graph, node)
        if how != REUSED:
            how = " ".join(word for word in (how, *reason_of(node)) if word)
        lines.append(f"{spell(node.key)}  {node.fingerprint.hex()}  {how}")
        lines += [f"  {spell(dep.key)}" for dep in node.deps]
    return "\n".join(lines) + "\n"


def tsv(graph: Loaded, nodes: list[Node]) -> str:
    """One row for each edge, and one for a query without any."""
    lines = ["\t".join(COLUMNS)]
    for node in nodes:
        how = state(graph, node)
        reason, because = ("", "") if how == REUSED else reason_of(node)
        row = "\t".join((spell(node.key), node.fingerprint.hex(), how, reason, because))
        lines += [f"{row}\t{place}\t{spell(dep.key)}" for place, dep in enumerate(node.deps)] or [f"{row}\t\t"]
    return "\n".join(lines) + "\n"


class Boxes:
    """What is drawn: `rows` are (label, state) of each box, `edges` lead from who asks to what is asked."""

    __slots__ = ("edges", "rows", "title")

    def __init__(self, title: str, rows: list[tuple[str, str]], edges: dict[tuple[int, int], bool]) -> None:
        self.title = title
        self.rows = rows
        self.edges = edges  # whether queries lie in between


def boxes(graph: Loaded, nodes: list[Node]) -> Boxes:
    """At most LIMIT boxes for these queries, or one for each kind."""
    title = f"{len(nodes)} of {len(graph.asked())} queries of revision {graph.revision}"
    groupings: tuple[tuple[str, Callable[[Key], str]], ...] = (
        ("", spell),
        (", by kind and file", lambda key: f"{key[0]}:{key[1].partition('#')[0]}"),
        (", by kind", lambda key: key[0]),
    )
    for how, label_of in groupings:
        by = how
        members: dict[str, list[Node]] = {}
        for node in nodes:
            members.setdefault(label_of(node.key), []).append(node)
        if len(members) <= LIMIT:
            break
    number = {name: k for k, name in enumerate(members)}
    group = {node: number[name] for name, found in members.items() for node in found}
    edges: dict[tuple[int, int], bool] = {}
    reach = _reach(nodes, group)
    for node in nodes:
        direct = 0
        for dep in node.deps:
            if dep in group:
                direct |= 1 << group[dep]
        for to in _bits(reach[node]):
            if to == group[node]:
                continue
            between = not direct >> to & 1
            edges[group[node], to] = edges.get((group[node], to), True) and between
    rows = []
    for name, found in members.items():
        states = [state(graph, node) for node in found]
        worst = CHANGED if CHANGED in states else UNCHANGED if UNCHANGED in states else REUSED
        rows.append((name if not by else f"{name} ({len(found)})", worst))
    return Boxes(title + by, rows, dict(sorted(edges.items())))


def _reach(nodes: list[Node], group: dict[Node, int]) -> dict[Node, int]:
    """For each node the groups that its edges lead to, over any number of nodes without a group: a bit for each."""
    found: dict[Node, int] = {}
    for first in nodes:
        todo = [first]
        while todo:
            node = todo[-1]
            if node in found:
                todo.pop()
                continue
            missing = [dep for dep in node.deps if dep not in group and dep not in found]
            if missing:
                todo += missing
                continue
            bits = 0
            for dep in node.deps:
                bits |= 1 << group[dep] if dep in group else found[dep]
            found[node] = bits
            todo.pop()
    return found


def _bits(mask: int) -> list[int]:
    return [at for at in range(mask.bit_length()) if mask >> at & 1]


def dot(found: Boxes) -> str:
    """For Graphviz and all that read its language."""
    lines = ["digraph queries {", f"  label={_quoted(found.title)};", "  rankdir=LR; node [shape=box];"]
    lines += [f"  n{k} [label={_quoted(label)}, style={LOOKS[how]}];" for k, (label, how) in enumerate(found.rows)]
    lines += [f"  n{a} -> n{b}{' [style=dotted]' if far else ''};" for (a, b), far in found.edges.items()]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
