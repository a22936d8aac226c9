"""`--audit`: what queries answer depends on what they ask and on nothing else.

The whole session runs from nothing twice, in two processes with different hash seeds and jobs (and, where FILE is an
absolute path, in different folders), and every node of the two graphs is compared: what it asked and in which order,
its fingerprint, the bytes kept of it.  Then the first is held against what the last build kept.  A query is blamed only
where all that it asked had the same answers, so the first one named is where the difference comes from.

    python -m compiler.incremental.audit LEVEL JOBS COUNT LINK… FILE FEATURE…     one run; its graph to standard output
"""

from __future__ import annotations

import os
import sys

from compiler.query.faults import QueryFault
from compiler.query.graph import Loaded, dump, load, spell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

    from compiler.options import Options
    from compiler.query.graph import Node

SEEDS, JOBS = ("1", "2147483647"), ("1", "3")  # of the two runs
GRAPH, UNSERVED, CHANGED = b"graph", b"unserved", b"changed"  # the first line of a run's output
RUNS = "two runs with different hash seeds and jobs"
KEPT = "a run from nothing, and what the last build kept"
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def audit(path: str, options: Options) -> tuple[Loaded, str]:
    """(the graph of a run from nothing, what it was held against).  Errors: QueryFault for what differs; Fault."""
    from compiler.building import incremental
    from compiler.incremental.kept import kinds_table, last_graph

    if not incremental(options):
        raise QueryFault("QUERY_AUDIT-001", why="--hermetic and --ablate take the whole pipeline")
    kinds = kinds_table()
    always = {kind.name for kind in kinds.values() if kind.always}
    folders = (os.getcwd(), os.sep if all(map(os.path.isabs, (path, *options.links))) else os.getcwd())
    first, second = (_run(path, options, at, folder) for at, folder in enumerate(folders))
    _same_files(first, second)
    compare(first, second, frozenset(), RUNS)
    kept = last_graph(path, options, kinds)
    if kept is None:
        return first, "no build is known"
    if kept.refused:
        return first, str(QueryFault("QUERY_SCHEMA-001", what=kept.refused))
    kept.nodes = kept.asked()  # what else stands there may be of files as they were
    compare(first, kept, always, KEPT)
    same = [
        key
        for key, node in first.nodes.items()
        if key in kept.nodes and kept.nodes[key].fingerprint == node.fingerprint
    ]
    return first, f"{len(same)} have the answer that revision {kept.revision} kept"


def _same_files(one: Loaded, other: Loaded) -> None:
    """Errors: QueryFault QUERY_INPUT-001 for a file that changed between the runs."""
    for key in sorted(one.nodes.keys() & other.nodes.keys()):
        if key[0] == "source" and one.nodes[key].fingerprint != other.nodes[key].fingerprint:
            raise QueryFault("QUERY_INPUT-001", path=key[1])


def compare(one: Loaded, other: Loaded, world: Container[str], where: str) -> None:
    """Hold two graphs against each other; what kinds in `world` find may differ.

    Errors: QueryFault QUERY_ANSWER-001 for the first query, by key, that has two answers to the same.
    """
    for key in sorted(one.nodes):
        node, twin = one.nodes[key], other.nodes.get(key)
        told = _difference(node, twin) if twin is not None and key[0] not in world else ""
        if told:
            raise QueryFault("QUERY_ANSWER-001", key=spell(key), where=f"{told}, in {where}")
    # With the same answers everywhere, only whoever starts the asking can have asked for something else.
    if not world and (missing := sorted(one.nodes.keys() ^ other.nodes.keys())):
        raise QueryFault("QUERY_ANSWER-001", key=spell(missing[0]), where=f"it is asked in one only, in {where}")


def _difference(node: Node, twin: Node) -> str:
    """What differs though everything asked was the same, or ""."""
    for mine, theirs in zip(node.deps, twin.deps):
        if mine.key != theirs.key:
            return f"asks {spell(mine.key)} and {spell(theirs.key)}"
        if mine.fingerprint != theirs.fingerprint:
            return ""
    if len(node.deps) != len(twin.deps):
        return f"asks {len(node.deps)} and {len(twin.deps)} others"
    if node.fingerprint != twin.fingerprint:
        return "another fingerprint"
    return "other bytes are kept" if node.object != twin.object else ""


def _run(path: str, options: Options, at: int, folder: str) -> Loaded:
    """One session from nothing, in a process of its own.  Errors: QueryFault; RuntimeError for what it died of."""
    import subprocess

    words = [sys.executable, "-P", "-s", "-m", "compiler.incremental.audit", options.level, JOBS[at]]
    words += [str(len(options.links)), *options.links, path, *sorted(options.features)]
    environment = {**os.environ, "PYTHONHASHSEED": SEEDS[at], "PYTHONPATH": _ROOT}
    done = subprocess.run(words, env=environment, cwd=folder, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"a session ended with status {done.returncode}:\n{done.stderr.decode('utf-8', 'replace')}")
    word, _, told = done.stdout.partition(b"\n")
    if word == CHANGED:
        raise QueryFault("QUERY_INPUT-001", path=os.fsdecode(told))
    if word == UNSERVED:
        raise QueryFault("QUERY_AUDIT-001", why=os.fsdecode(told))
    return load(told)


def main(arguments: list[str]) -> int:
    """Write the graph of one session from nothing, or why there is none."""
    from compiler.options import Options

    level, jobs, count, *rest = arguments
    links = int(count)
    path, *features = rest[links:]
    options = Options(level=level, jobs=int(jobs), links=tuple(rest[:links]), features=frozenset(features))
    sys.stdout.buffer.write(b"\n".join(_session(path, options)))
    sys.stdout.flush()
    return 0


def _session(path: str, options: Options) -> tuple[bytes, bytes]:
    from compiler.building import session_for
    from compiler.diagnostics import UsageError
    from compiler.incremental.front import Fallback
    from compiler.lir.module import UnsupportedError
    from compiler.records import Recorder

    recorder = Recorder()
    session = session_for(path, options, recorder.read, None)
    session.open([])
    try:
        session.build()
    except (Fallback, UnsupportedError) as error:
        return UNSERVED, os.fsencode(str(error))
    except UsageError as error:
        return UNSERVED, os.fsencode(error.message)
    if changed := recorder.changed():
        return CHANGED, os.fsencode(changed)
    engine = session.engine
    return GRAPH, dump(engine.answered(), engine.revision, session.kinds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
