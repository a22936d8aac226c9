"""Whether the newest stamp still holds: every digest computed anew, in milliseconds.

    .venv/bin/python -I -S tests/guard/check.py         `invoke guard.check`; the same without invoke's own start

Says exactly what changed since, and what to run: the sweeps whose `sources` in ledgers/corpus/tags.tsv hold a changed
file, then the guard.  Status 0 when it holds, 5 when there is no stamp, 7 when it no longer holds or is damaged.
"""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
if __name__ == "__main__":
    sys.path.insert(0, ROOT)
    sys.dont_write_bytecode = False

from tests.guard import stamp as stamps  # noqa: E402

NOTHING, POLICY = 5, 7
SHOWN = 20  # changed files that are named


def changes(old: "dict[str, str]", new: "dict[str, str]") -> "list[tuple[str, str]]":
    """(how, path) of every difference, in order of paths."""
    found = []
    for path in sorted(old.keys() | new.keys()):
        if old.get(path) != new.get(path):
            found.append(("removed" if path not in new else "added" if path not in old else "changed", path))
    return found


def sweeps(root: str, paths: "list[str]") -> "list[str]":
    """The tags whose sources hold one of these files, in the table's order."""
    from fnmatch import fnmatchcase

    try:
        with open(os.path.join(root, "ledgers", "corpus", "tags.tsv"), encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file]
        tag, sources = rows[0].index("tag"), rows[0].index("sources")
        return [
            row[tag]
            for row in rows[1:]
            if any(fnmatchcase(path, pattern) for path in paths for pattern in row[sources].split(" "))
        ]
    except (OSError, LookupError, ValueError):
        return []  # what is wrong with the table, `invoke ledger.check` says; the guard remains to be run


def recorded(root: str, name: str) -> str:
    """When and where a tree of these files was guarded, as ledgers/heavy/guard.tsv has it, or an empty text."""
    try:
        with open(os.path.join(root, "ledgers", "heavy", "guard.tsv"), encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file]
    except OSError:
        return ""
    for row in rows[1:]:
        facts = dict(zip(rows[0], row))
        if facts.get("guard") == name:
            return f"{facts.get('date', '?')} at {facts.get('commit', '?')}"
    return ""


def check(root: str) -> "tuple[int, list[str]]":
    """The status and what to say."""
    now = stamps.inputs(root)
    try:
        stamp = stamps.current(root)
    except stamps.BadStamp as bad:
        return POLICY, [f"the guard's stamp is damaged: {bad}", "run: invoke guard"]
    if stamp is None:
        name = stamps.identity(now)
        lines = ["there is no guard stamp here"]
        if made := recorded(root, name):
            lines.append(f"ledgers/heavy/guard.tsv says that this very tree ({name}) was guarded on {made}")
        return NOTHING, [*lines, "run: invoke guard"]
    found = changes(stamp.files, now)
    host = stamps.host(stamp.host)
    tools = [name for name in ("python", "cc") if host.get(name) != stamp.host.get(name)]
    if not found and not tools:
        return 0, [f"guard stamp {stamp.id} holds: {len(now)} files, {len(stamp.goldens)} executables, {stamp.made}"]
    lines = [f"guard stamp {stamp.id} ({stamp.made}) no longer holds:"]
    lines += [f"  {how:8} {path}" for how, path in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(f"  and {len(found) - SHOWN} more")
    lines += [f"  {name}: {stamp.host.get(name)} is now {host.get(name)}" for name in tools]
    lines += [f"run: invoke sweep {tag}" for tag in sweeps(root, [path for _, path in found])]
    return POLICY, [*lines, "run: invoke guard"]


def main(root: str = ROOT) -> int:
    status, lines = check(root)
    (sys.stderr if status else sys.stdout).write("\n".join(lines) + "\n")
    return status


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)
