"""Parts of a graph as text, TSV, DOT and SVG, against a walk along every path."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.query import drawing, graph, story
from compiler.query.graph import Loaded, Node
from tests.conftest import ROOT


def made(edges: list[tuple[int, int]], count: int, again: list[int]) -> Loaded:
    """A graph whose edges lead from higher to lower numbers; kinds and files by remainders."""
    found = Loaded()
    found.revision = 2
    nodes = [Node((f"k{k % 3}", f"f{k % 2}.0x0#n{k}")) for k in range(count)]
    for k, node in enumerate(nodes):
        node.fingerprint = bytes([k]) * 16
        node.deps = tuple(nodes[b] for b in sorted({b for a, b in edges if a == k}))
        node.answered = node.changed = 2 if k in again else 1
        node.verified = 2
        if k in again:
            node.reason = ("edge", node.deps[0].key) if node.deps else ("world", None)
        found.nodes[node.key] = node
    return found


graphs = st.integers(1, 12).flatmap(
    lambda count: st.builds(
        lambda pairs, again: made([(a, b) for a, b in pairs if b < a < count], count, again),
        st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=25),
        st.lists(st.integers(0, count - 1), max_size=4),
    )
)


def walked(node: Node, chosen: set[Node]) -> set[tuple[Node, bool]]:
    """(a chosen one that a path leads to over others only, whether there are others)."""
    found: set[tuple[Node, bool]] = set()
    for dep in node.deps:
        if dep in chosen:
            found.add((dep, False))
        else:
            found |= {(each, True) for each, _ in walked(dep, chosen)}
    return found


@settings(max_examples=150)
@given(graphs, st.sets(st.sampled_from(["k0", "k1", "k2"])), st.sampled_from([1, 2, 5, 80]))
def test_an_edge_is_drawn_where_a_path_leads(found: Loaded, kinds: set[str], limit: int) -> None:
    nodes = drawing.choose(found, sorted(kinds), "")
    assert {node.key for node in nodes} == {key for key in found.nodes if not kinds or key[0] in kinds}
    before, drawing.LIMIT = drawing.LIMIT, limit
    try:
        shown = drawing.boxes(found, nodes)
    finally:
        drawing.LIMIT = before
    names = [label.partition(" ")[0] for label, _ in shown.rows]
    spelled = {graph.spell(node.key): node for node in nodes}

    def name_of(node: Node) -> str:
        key = graph.spell(node.key)
        return key if key in names else next(name for name in (key.partition("#")[0], node.key[0]) if name in names)

    wanted: dict[tuple[str, str], bool] = {}
    for node in nodes:
        for other, between in walked(node, set(nodes)):
            edge = name_of(node), name_of(other)
            direct = (other, False) in walked(node, set(nodes))
            if edge[0] != edge[1]:
                wanted[edge] = wanted.get(edge, True) and between and not direct
    assert {(names[a], names[b]): far for (a, b), far in shown.edges.items()} == wanted
    if set(names) != set(spelled):
        assert len(spelled) > limit
        assert sum(int(label.rpartition("(")[2].rstrip(")")) for label, _ in shown.rows) == len(nodes)
    assert shown.title.startswith(f"{len(nodes)} of {len(found.nodes)} queries of revision 2")


@settings(max_examples=50)
@given(graphs)
def test_tsv_and_text_hold_every_edge(found: Loaded) -> None:
    nodes = drawing.choose(found, (), "")
    head, *rows = [line.split("\t") for line in drawing.tsv(found, nodes).removesuffix("\n").split("\n")]
    assert tuple(head) == drawing.COLUMNS
    edges = [(row[0], int(row[5]), row[6]) for row in rows if row[6]]
    wanted = [
        (graph.spell(node.key), place, graph.spell(dep.key)) for node in nodes for place, dep in enumerate(node.deps)
    ]
    assert edges == wanted
    assert [row[0] for row in rows if not row[6]] == [graph.spell(node.key) for node in nodes if not node.deps]
    lines = drawing.text(found, nodes).removesuffix("\n").split("\n")[1:]
    at = ""
    told = []
    for line in lines:
        if line.startswith("  "):
            told.append((at, line.strip()))
        else:
            at = line.split("  ")[0]
    assert told == [(a, b) for a, _, b in wanted]


@settings(max_examples=100)
@given(graphs)
def test_why_leads_along_edges_to_the_world(found: Loaded) -> None:
    for key, node in found.nodes.items():
        lines = story.why(found, key)
        if node.answered != 2:
            assert "was not recomputed" in lines[0]
            if len(node.deps) > 1:
                assert f"all its {len(node.deps)} dependencies were unchanged" in lines[0]
            continue
        for line in lines:
            assert line.startswith(f"{graph.spell(node.key)} was ")
            if node.reason[0] != "edge" or node.answered != 2:
                assert line is lines[-1]
                break
            assert f"(dependency): {graph.spell(node.deps[0].key)} has another answer" in line
            node = node.deps[0]
            if node.answered != 2:
                break


def test_a_pattern_is_plain_but_for_its_stars() -> None:
    fits = drawing.matcher("native:*#m.f<?,[a]>*")
    assert fits("native:x.0x0#m.f<?,[a]>.lambda1")
    assert not fits("native:x.0x0#m.fx,a>")


def dot_of(found: Loaded) -> str:
    return drawing.dot(drawing.boxes(found, drawing.choose(found, (), "")))


def test_dot_quotes_what_it_must() -> None:
    found = made([(1, 0)], 2, [0])
    odd = Node(("k", 'a"b\\c'))
    odd.deps = (next(iter(found.nodes.values())),)
    odd.answered, odd.verified = 1, 2
    found.nodes[odd.key] = odd
    text = dot_of(found)
    assert 'label="k:a\\"b\\\\c", style=solid' in text
    assert 'label="k0:f0.0x0#n0", style=bold' in text
    assert text.count(" -> ") == 2


SVG = """
from compiler.query import drawing, picture
from tests.query.test_drawing import made
found = made([(3, 0), (4, 3), (2, 1), (5, 4), (5, 2)], 6, [0, 3])
print(picture.svg(drawing.boxes(found, drawing.choose(found, (), ""))))
"""


def test_svg_is_the_same_picture_in_every_process() -> None:
    texts = [
        subprocess.run(
            [sys.executable, "-c", SVG],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert texts[0] == texts[1]
    tree = ET.fromstring(texts[0].encode())
    words = ["".join(each.itertext()).strip() for each in tree.iter() if each.tag.endswith("}text")]
    assert set(words) == {f"k{k % 3}:f{k % 2}.0x0#n{k}" for k in range(6)} | {"6 of 6 queries of revision 2"}
    arrows: list[Any] = [each for each in tree.iter() if each.attrib.get("id", "").startswith("patch_")]
    assert len(arrows) >= 6 + 5
