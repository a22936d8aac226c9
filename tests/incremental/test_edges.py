"""Every edge that a provider records is there for something: without it, the build after some edit is wrong.

An edge is what queries of a kind ask of another, at a level; where a kind asks for one reason or another, also which
(`of`).  A provider that forgets an edge leaves a graph without it: so the graph that the build before an edit left
loses it, and the build after the edit must show it: by its bytes, or by an answer that a session from nothing does not
give.  A new edge fails until it has an edit in `gardens.py`, or a reason why there can be none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from compiler.incremental.session import Session
from compiler.query.engine import Engine
from compiler.query.graph import Node
from compiler.records import Recorder
from tests.incremental.gardens import EDITS, PROJECTS
from tests.incremental.sweep import LEVELS, REFERENCES, Break, World, levels_of, links_of


class Spare(str):
    """Why an edge can be missed: whatever makes its answer another one makes that of another edge so, too."""


FIRST = Spare("instances begin with the entries, and there is an edge to them")
OUT = Spare("instances come out of what is lowered and begin with main: there are edges to that")
REACHED = Spare("what is reached comes out of what is optimized, and there are edges to that")
CIRCLE = Spare(
    "who opens or closes a circle has another tree, and an edge leads there; going round, the engine answers"
)
NAMED = Spare(
    "what a program has more or less is named in the code of something that was there, and that is another then"
)
LEVEL = Spare("a program's tests are built by sessions at dev level only")
BOXED = Spare("every value of a user's type is a reference, whatever is in it: it is lowered in the same way")
CONSTANT = Spare("a constant calls nothing and borrows nothing; native and optimized have an edge of their own to it")
START = Spare("a main of another type has other code")
PREFIX = Spare("a prefix is in the names of everything that there is of a module")
ROOT = Spare("the file that was main's is checked again, and has no main then")
ALONE = Spare(
    "a closure's body is not looked into, and the function's own is made of its tree and of summaries of others"
)

EDGES: dict[str, str] = {
    "body component release": CIRCLE,
    "body optimized release": "body",
    "borrow borrows dev": "borrowed no more",
    "borrow borrows release": "borrowed no more in a ring",
    "borrows entries dev": FIRST,
    "borrows instances dev": OUT,
    "borrows lowered dev": "borrowed no more",
    "borrows optimized release": "borrowed no more in a ring",
    "borrows reached release": REACHED,
    "checked export/type both": "field",
    "checked export/value both": "another type of result",
    "checked forms both": "body",
    "checked names both": "bare name that clashes",
    "checked prefix both": "module of the same name",
    "checked root both": "a module becomes the root",
    "checked targets both": "link leads elsewhere",
    "circle circles dev": "a circle opens",
    "circles instances dev": "test gone",
    "circles lowered dev": "a circle closes",
    "component components release": "file has another name",
    "components instances release": OUT,
    "components lowered release": "a circle closes",
    "components main release": NAMED,
    "edges checked both": "module grows",
    "entries main both": "main has another name",
    "entries modules dev": "tests of a module that joins",
    "entries testing dev": "tests in place of main",
    "entries testing release": LEVEL,
    "entries tests dev": "test more",
    "export checked both": "field",
    "flow circle dev": CIRCLE,
    "flow component release": CIRCLE,
    "flow export/type dev": BOXED,
    "flow flow dev": "references go elsewhere",
    "flow hir/const dev": "references go elsewhere",
    "flow hir/own dev": "one of a circle keeps",
    "flow made release": "references go elsewhere",
    "flow summary both": "references go elsewhere",
    "forms source both": "body",
    "growth edges both": "module grows",
    "growth modules both": "module that grows joins",
    "hir checked both": "body",
    "instances entries dev": "tests in place of main",
    "instances entries release": "another root",
    "instances lowered dev": "main gives a number",
    "instances lowered release": "generic at another type",
    "lines source both": "comment that moves lines",
    "link foreign both": "object",
    "link hir dev": START,
    "link instances dev": NAMED,
    "link lowered dev": NAMED,
    "link main dev": NAMED,
    "link native dev": "body below a test",
    "link native release": "link leads elsewhere",
    "link path dev": "tests called in another way",
    "link path release": "main called in another way",
    "link positions dev": "tests of a module that joins",
    "link positions release": "place of main",
    "link prefix both": PREFIX,
    "link reached release": NAMED,
    "link runtime both": "another runtime",
    "link unit both": "comment that moves lines",
    "lowered export/type both": BOXED,
    "lowered hir/const both": CONSTANT,
    "lowered hir/own dev": "borrowed no more",
    "lowered hir/own release": "file has another name",
    "made component release": CIRCLE,
    "made optimized release": "body",
    "main checked both": "main has another name",
    "main root both": ROOT,
    "members instances dev": "generic at another type",
    "members reached release": "taken as a value",
    "names checked both": "bare name that clashes",
    "native borrow/callee dev": "borrowed no more",
    "native borrow/callee release": "borrowed no more in a ring",
    "native borrow/own dev": "taken as a value",
    "native borrow/own release": "taken as a value, in a ring",
    "native export/type dev": "type that has something in it",
    "native flow dev": ALONE,
    "native hir/const dev": "constant",
    "native hir/own dev": "body",
    "native made release": "body",
    "native summary both": "references go elsewhere",
    "optimized body release": "body",
    "optimized component release": CIRCLE,
    "optimized export/type release": "type that has something in it",
    "optimized hir/const release": "constant",
    "optimized hir/own release": "body",
    "optimized main release": "another root",
    "positions checked both": "places change places",
    "positions lines both": "comment that moves lines",
    "reached components release": REACHED,
    "reached optimized release": "function becomes large",
    "scan forms both": "module has another name",
    "summary component release": CIRCLE,
    "summary flow both": "references go elsewhere",
    "tests checked dev": "test more",
    "unit members dev": "generic at another type",
    "unit members release": "a circle closes",
    "unit native both": "body",
    "unit path dev": "main called in another way",
    "unit path release": "called in another way",
    "unit positions both": "comment that moves lines",
    "unit prefix both": PREFIX,
}


def of(user: Node, used: Node) -> str:
    """Kind and kind, and for which of its reasons the first asks the second."""
    kind, argument = user.key
    asked, about = used.key
    name, other = argument.partition("#")[2], about.partition("#")[2]
    more = ""
    if asked == "hir" and kind != "link":
        more = "/own" if other == name.split("<")[0] else "/const"
    elif (kind, asked) == ("native", "borrow"):
        more = "/own" if other == name else "/callee"
    elif asked == "export":
        more = "/type" if other.rpartition(".")[2][:1].isupper() else "/value"
    return f"{kind} {asked}{more}"


def without(edge: str) -> Break:
    """Take an edge out of a graph."""
    kind = edge.partition(" ")[0]

    def forget(engine: Engine) -> None:
        for node in engine.nodes.values():
            if node.key[0] == kind:
                node.deps = tuple([dep for dep in node.deps if of(node, dep) != edge])

    return forget


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    before = os.getcwd()
    made = World(tmp_path_factory.mktemp("sweep"))
    yield made
    made.leave()
    os.chdir(before)


def chosen(edge: str) -> list[tuple[str, str]]:
    """(edge without its level, level) for the levels that a row speaks of."""
    plain, _, level = edge.rpartition(" ")
    return [(plain, each) for each in LEVELS if level in (each, "both")]


def test_every_edge_has_a_row(world: World) -> None:
    seen = set()
    for project, files in PROJECTS.items():
        for level in LEVELS[:1] if "@tests" in files else LEVELS:
            store = world.store(project, level)
            world.write(files)
            session = Session(
                files.get("@path", "main.0x0"), frozenset(), Recorder().read, store, links_of(files), level
            )
            session.open(REFERENCES)
            seen |= {(of(node, dep), level) for node in session.engine.nodes.values() for dep in node.deps}
    assert seen == {each for edge in EDGES for each in chosen(edge)}


@pytest.mark.parametrize("edge", [edge for edge, edit in EDGES.items() if not isinstance(edit, Spare)])
def test_without_the_edge_an_edit_goes_wrong(world: World, edge: str) -> None:
    edit = EDITS[EDGES[edge]]
    for plain, level in chosen(edge):
        assert level in levels_of(edit)
        assert world.difference(edit, level, without(plain)), f"{plain} is not missed at {level} level"


@pytest.mark.parametrize("name", EDITS)
def test_with_all_edges_none_does(world: World, name: str) -> None:
    assert [world.difference(EDITS[name], level) for level in levels_of(EDITS[name])] == [""] * len(
        levels_of(EDITS[name])
    )
