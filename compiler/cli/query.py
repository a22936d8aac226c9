"""`zero query ACTION FILE`: what the compiler asked to build a program, what it had to answer anew, and why.

Each action is a row of `ACTIONS` and reads what the last build left; none of them builds but `audit`.  A query's key is
`kind:argument`.  What the words mean lies in `compiler/query/story.py`.
"""

from __future__ import annotations

from compiler.cas.kinds import Fault
from compiler.cli.options import FLAG, LIST
from compiler.cli.streams import out
from compiler.diagnostics import UsageError, meant
from compiler.query import story
from compiler.query.story import FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.cli.options import Arguments
    from compiler.query.graph import Loaded

USAGE = "zero query stats FILE [--json] [--level dev|release] [--feature NAME]"
OPTIONS: dict[str, str | tuple[str, ...]] = {"--feature": LIST, "--level": ("dev", "release"), "--json": FLAG}
COMMON = frozenset(("--feature", "--level"))
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
        from compiler.cas.faults import FAULTS

        raise UsageError(str(fault), FAULTS[fault.code].help) from None


def _graph(path: str, arguments: Arguments) -> Loaded:
    """What the last build that asked queries left.  Errors: UsageError; Fault."""
    from compiler.incremental.kept import last_graph
    from compiler.options import Options

    level = arguments.get("--level", "dev")
    found = last_graph(path, Options(features=arguments.features(), level=level))
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
    lines = [f"revision {graph.revision}: the last build that asked queries; where nothing has changed none are asked"]
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
    if graph.origin:
        lines.append(f"the graph of the build before was not used: {graph.origin}")
    out("\n".join(lines) + "\n")
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
        "by kind, what the last build asked, and what it answered anew",
    ),
}
HELP = (
    "\n"
    + "".join(f"  {name:16} {row[3]}\n" for name, row in ACTIONS.items())
    + """
  --json           with stats: {"revision", "kinds": [{"kind", "asked", "reused", "recomputed", "unchanged", "new",
                   "gone"}…], "recomputed": [{"key", "reason", "because"}…]}
  --level LEVEL    of the program built with that level; dev, when left out
  --feature NAME   of the program built with that feature; may come several times

asked = reused + recomputed.  unchanged (the answer came out as it was, so its users stay) and new are recomputed too;
gone was asked by the build before.  Reasons:
"""
    + "".join(f"  {word:16} {meaning}\n" for word, meaning in story.REASONS.values())
)
