"""`zero query ACTION FILE`: what the compiler asked to build a program, what it had to answer anew, and why.

Each action is a row of `ACTIONS` and reads what the last build, check or page left; none of them builds but `audit`.
A query's key is `kind:argument`.  What the words mean lies in `compiler/query/story.py`.
"""

from __future__ import annotations

from compiler.cas.kinds import Fault
from compiler.cli.options import FLAG, LIST, VALUE
from compiler.cli.streams import err, out
from compiler.diagnostics import UsageError, meant
from compiler.query import story
from compiler.query.graph import spell
from compiler.query.story import FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.cli.options import Arguments
    from compiler.query.faults import QueryFault
    from compiler.query.graph import Loaded

USAGE = (
    "zero query stats|graph|why|audit FILE [KEY] [--json] [--kind KIND] [--key PATTERN] [--format text|dot|svg|tsv] "
    "[--level dev|release] [--feature NAME] [--link FILE]"
)
OPTIONS: dict[str, str | tuple[str, ...]] = {
    "--feature": LIST,
    "--format": ("text", "dot", "svg", "tsv"),
    "--json": FLAG,
    "--key": VALUE,
    "--kind": LIST,
    "--level": ("dev", "release"),
    "--link": LIST,
}
COMMON = frozenset(("--feature", "--level"))
OURS = ("QUERY_ANSWER-001",)  # an error of the compiler, not of the command
CRASH = 70
SHOWN = 40  # recomputed queries that the table names; the rest is counted


def run(arguments: Arguments) -> int:
    """0; what an action finds out goes to standard output."""
    if not arguments.words:
        raise UsageError("query: an action is missing", USAGE)
    name, *words = arguments.words
    if name not in ACTIONS:
        raise UsageError(f"query: no action `{name}`", meant(name, ACTIONS, USAGE))
    action, allowed, takes, _ = ACTIONS[name]
    for option in (*arguments.values, *arguments.lists):
        if option not in allowed and option not in COMMON:
            raise UsageError(f"query {name}: {option} has no meaning here", USAGE)
    if len(words) != len(takes):
        missing = takes[len(words)] if len(words) < len(takes) else f"`{words[len(takes)]}` is too much"
        raise UsageError(f"query {name}: {missing}" + (" is missing" if len(words) < len(takes) else ""), USAGE)
    try:
        return action(words, arguments)
    except Fault as fault:
        if fault.code in OURS:
            err(f"zero: {fault}\nhelp: {fault.row.help}\n")
            return CRASH
        raise UsageError(str(fault), fault.row.help) from None


def _graph(path: str, arguments: Arguments) -> Loaded:
    """What the last build that asked queries left.  Errors: UsageError; Fault."""
    from compiler.incremental.kept import last_graph
    from compiler.options import Options

    level = arguments.get("--level", "dev")
    found = last_graph(path, Options(features=arguments.features(), level=level))
    if found is not None and found.refused:
        raise _refused(found.refused)
    if found is not None:
        return found
    words = f" --level {level}" if level != "dev" else ""
    words += "".join(f" --feature {name}" for name in arguments.lists.get("--feature", ()))
    raise UsageError(f"no build of {path} is known that asked queries", f"zero build {path} -o OUT{words}")


def stats(words: list[str], arguments: Arguments) -> int:
    graph = _graph(words[0], arguments)
    counts = {kind: count for kind, count in story.counts(graph, _kinds()).items() if any(count.row())}
    rows = story.recomputed(graph)
    if arguments.has("--json"):
        import json

        found = {
            "revision": graph.revision,
            "kinds": [{"kind": kind, **dict(zip(FIELDS, count.row()))} for kind, count in counts.items()],
            "recomputed": [{"key": key, "reason": reason, "because": because} for key, reason, because in rows],
        }
        out(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        return 0
    lines = [f"revision {graph.revision}: the last command that kept its queries; after no change none are asked"]
    head = ("kind", *FIELDS)
    table = [[kind, *count.row()] for kind, count in counts.items()]
    table.append(["all", *(sum(column) for column in zip(*[count.row() for count in counts.values()]))])
    lines += ["{:10}{:>8}{:>8}{:>12}{:>11}{:>8}{:>8}".format(*row) for row in (head, *table)]
    told = [row for row in rows if row[1] not in ("new", "always")]
    if told:
        lines.append("recomputed, because of:")
        lines += [f"  {key}  {reason}{' ' if because else ''}{because}" for key, reason, because in told[:SHOWN]]
    if len(told) > SHOWN:
        lines.append(f"  and {len(told) - SHOWN} more; --json names all")
    lines += _notes(graph, rows)
    out("\n".join(lines) + "\n")
    return 0


def _refused(what: str) -> QueryFault:
    from compiler.query.faults import QueryFault

    return QueryFault("QUERY_GRAPH-001" if what in ("damaged", "lost") else "QUERY_SCHEMA-001", what=what)


def _notes(graph: Loaded, rows: list[tuple[str, str, str]]) -> list[str]:
    """What of the graph before could not be used."""
    from compiler.query.faults import QueryFault

    moved = sorted({key.partition(":")[0] for key, reason, _ in rows if reason == "schema"})
    notes = [QueryFault("QUERY_SCHEMA-001", what=f"the kinds {', '.join(moved)}")] if moved else []
    if graph.origin:
        notes.append(_refused(graph.origin))
    return [f"{note}; {note.row.help}" for note in notes]


def audit(words: list[str], arguments: Arguments) -> int:
    from compiler.incremental.audit import audit as hold
    from compiler.options import Options

    level, links = arguments.get("--level", "dev"), tuple(arguments.lists.get("--link", ()))
    found, against = hold(words[0], Options(features=arguments.features(), level=level, links=links))
    out(f"{len(found.nodes)} queries have the same answers in two runs from nothing; {against}\n")
    return 0


def graph(words: list[str], arguments: Arguments) -> int:
    from compiler.query import drawing

    found = _graph(words[0], arguments)
    known = sorted({kind for kind, _ in found.nodes} | set(_kinds()))
    wanted = arguments.lists.get("--kind", [])
    for kind in wanted:
        if kind not in known:
            raise UsageError(f"query graph: no kind `{kind}`", meant(kind, known, f"the kinds are {', '.join(known)}"))
    nodes = drawing.choose(found, wanted, arguments.get("--key", ""))
    if not nodes:
        raise UsageError("query graph: no query is chosen", "--key takes a key, with * for anything; zero query --help")
    form = arguments.get("--format", "text")
    if form in ("text", "tsv"):
        out((drawing.text if form == "text" else drawing.tsv)(found, nodes))
        return 0
    boxes = drawing.boxes(found, nodes)
    if form == "dot":
        out(drawing.dot(boxes))
        return 0
    from compiler.query import picture

    try:
        out(picture.svg(boxes))
    except ImportError as error:
        raise UsageError(
            f"query graph: SVG needs {error.name}", "make setup installs it; --format dot needs nothing"
        ) from None
    return 0


def why(words: list[str], arguments: Arguments) -> int:
    found = _graph(words[0], arguments)
    kind, _, argument = words[1].partition(":")
    known = found.nodes.keys() | set(found.gone)
    if (kind, argument) not in known:
        word = spell((kind, argument))
        near = meant(word, sorted(map(spell, known)), f"zero query graph {words[0]} shows all keys")
        raise UsageError(f"query why: {word} was not asked by the last command", near)
    out("\n".join(story.why(found, (kind, argument))) + "\n")
    return 0


def _kinds() -> list[str]:
    from compiler.incremental.kept import kinds_table

    return list(kinds_table())


# name -> (what it does, its options, its words, help)
ACTIONS: dict[str, tuple[Callable[[list[str], Arguments], int], frozenset[str], tuple[str, ...], str]] = {
    "stats": (
        stats,
        frozenset({"--json"}),
        ("a file",),
        "by kind, what the last build, check or page asked, and what it recomputed",
    ),
    "graph": (
        graph,
        frozenset({"--format", "--key", "--kind"}),
        ("a file",),
        "what the last build, check or page asked, and what that asked in turn",
    ),
    "audit": (
        audit,
        frozenset({"--link"}),
        ("a file",),
        "run everything twice from nothing, with two hash seeds, and compare; and with what is kept; status 70",
    ),
    "why": (why, frozenset(), ("a file", "a query's key"), "why a query was recomputed, down to what changed"),
}
HELP = (
    "\n"
    + "".join(f"  {name:16} {row[3]}\n" for name, row in ACTIONS.items())
    + """
  --json           with stats: {"revision", "kinds": [{"kind", "asked", "reused", "recomputed", "unchanged", "new",
                   "gone"}…], "recomputed": [{"key", "reason", "because"}…]}
  --kind KIND      with graph: only queries of this kind; may come several times
  --key PATTERN    with graph: only queries whose key fits; * stands for anything
  --format FORMAT  with graph: text (default) and tsv are exact; dot and svg draw at most 80 boxes, so many queries are
                   drawn by kind and file, or by kind.  A dotted edge leads over queries that are not shown
  --level LEVEL    of the program built with that level; dev, when left out
  --feature NAME   of the program built with that feature; may come several times
  --link FILE      with audit: as zero build takes it

A query's key is `kind:argument`, as stats and graph print it.

asked = reused + recomputed.  unchanged (the answer came out as it was, so its users stay) and new are recomputed too;
gone was asked by the build before.  Reasons:
"""
    + "".join(f"  {word:16} {meaning}\n" for word, meaning in story.REASONS.values())
)
