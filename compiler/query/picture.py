"""Boxes and edges as SVG: networkx puts them in layers, matplotlib draws; neither is imported by anything that builds.

Who asks stands left of what is asked; boxes that ask each other in a ring share a layer.  A solid outline was reused, a
dashed one came out as it was, a bold one changed; dotted edges lead over queries that are not shown.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.query.drawing import Boxes

LINES = {"reused": ("solid", 0.6), "unchanged": ("dashed", 0.8), "changed": ("solid", 2.0)}
COLORS = {"reused": "#eef4ee", "unchanged": "#fff6dc", "changed": "#fbe3e0"}


def svg(found: Boxes) -> str:
    """The picture, the same bytes for the same boxes.  Errors: ImportError without the two libraries."""
    import io
    import re

    _see_packages()
    import matplotlib as mpl
    import networkx as nx

    mpl.use("svg")
    from matplotlib.figure import Figure

    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(found.rows)))
    graph.add_edges_from(found.edges)
    place = _layers(nx, graph)
    widest = max([len(label) for label, _ in found.rows], default=0)
    columns = 1 + max([x for x, _ in place.values()], default=0)
    rows = 1 + 2 * max([abs(y) for _, y in place.values()], default=0)
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": "0x0", "font.family": "monospace", "font.size": 8}
    with mpl.rc_context(settings):
        figure = Figure(figsize=(columns * (0.075 * widest + 0.9), 0.4 * rows + 0.6))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        for (a, b), far in found.edges.items():
            nx.draw_networkx_edges(
                graph, place, [(a, b)], ax=axes, style="dotted" if far else "solid", width=0.6, arrowsize=7,
                edge_color="#555555", min_source_margin=4 + 2.6 * len(found.rows[a][0]),
                min_target_margin=4 + 2.6 * len(found.rows[b][0]), node_size=1,
            )  # fmt: skip
        for k, (label, how) in enumerate(found.rows):
            line, width = LINES[how]
            frame = {"boxstyle": "round", "facecolor": COLORS[how], "linestyle": line, "linewidth": width}
            axes.text(*place[k], label, ha="center", va="center", bbox=frame, parse_math=False)
        figure.text(0.5, 0.98, found.title, ha="center", va="top", parse_math=False)
        axes.set_xlim(-0.5, columns - 0.5)
        axes.set_ylim(-rows / 2 - 0.5, rows / 2 + 1)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    head = f"<title>{_escaped(found.title)}</title>"
    return re.sub(r"(<svg[^>]*>)", lambda match: f"{match.group(1)}\n {head}", text, count=1)


def _see_packages() -> None:
    """`zero` runs isolated, without site: let it see the environment that its Python belongs to."""
    import os
    import sys

    version = "python{}.{}".format(*sys.version_info)
    place = os.path.join(os.path.dirname(os.path.dirname(sys.executable)), "lib", version, "site-packages")
    if place not in sys.path and os.path.isdir(place):
        sys.path.append(place)


def _layers(nx: Any, graph: Any) -> dict[int, tuple[float, float]]:
    """Where each box stands: its layer, and its place in that, around the middle."""
    rings = nx.condensation(graph)
    place: dict[int, tuple[float, float]] = {}
    for x, layer in enumerate(nx.topological_generations(rings)):
        members = sorted(k for ring in layer for k in rings.nodes[ring]["members"])
        for at, k in enumerate(members):
            place[k] = (float(x), (len(members) - 1) / 2 - at)
    return place


def _escaped(word: str) -> str:
    return word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
