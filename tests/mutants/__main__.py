"""Plant each bug of `ledgers/heavy/mutants.tsv` and see which net finds it: `invoke mutate --area A --id I --long`.

    bounded    generated programs from fixed seeds by all lanes, and the quick corpus; for queries, builds after edits
    long       what survives: the tests of the broken part, the whole corpus, more programs from other seeds

Each net stops at the first red.  The unbroken copy must pass what kills, or the kill would mean nothing.  The table
goes to standard output, with `--record` to `ledgers/heavy/kills.tsv`.  Status 3 when a mutant survives what was asked.
"""

from __future__ import annotations

import argparse
import pathlib
import re
import sys
import tempfile
from collections.abc import Callable
from typing import NamedTuple

from ledgers.problems import Refused, shorten
from ledgers.table import Row, Table
from tests.heavy.results import ROOT, commit, record, today
from tests.mutants.plant import Scratch, digest, mutants

SEED = 0
BOUNDED = 120  # generated programs: those of `make test`
LONG = 1000
LONG_SEED = 50_000
SECONDS = 900  # after which a net counts as hanging

# The tests of each part; what they share is in every area's own folder.
TESTS = {
    "lowering": ("tests/lower", "tests/fuzz", "tests/cli"),
    "match": ("tests/lower", "tests/fuzz"),
    "passes": ("tests/passes", "tests/mir"),
    "counts": ("tests/memory", "tests/mir", "tests/lower"),
    "lir": ("tests/lir",),
    "selection": ("tests/lir", "tests/machine", "tests/targets"),
    "allocation": ("tests/machine", "tests/targets"),
    "encoding": ("tests/targets", "tests/machine"),
    "runtime": ("tests/runtime", "tests/pipeline"),
    "queries": ("tests/incremental", "tests/query"),
}

EDITED = "queries"  # this area only shows in a build after another one, and in nothing that the other programs do

Net = Callable[[Scratch, str], "Kill | None"]


class Kill(NamedTuple):
    net: str
    by: str
    detail: str


def _net(scratch: Scratch, name: str, *options: str) -> Kill | None:
    done = scratch.run("tests.mutants.net", *options, seconds=SECONDS)
    if done.returncode == 0:
        return None
    if done.returncode == 124:
        return Kill(name, "hang", f"no end after {SECONDS} s")
    by, _, detail = (done.stdout.strip().split("\n") or [""])[-1].partition("\t")
    return Kill(name, by, detail) if detail else Kill(name, "crash", by or f"status {done.returncode}")


def bounded(scratch: Scratch, area: str) -> Kill | None:
    if area == EDITED:
        return _net(scratch, "bounded", "--edits")
    return _net(scratch, "bounded", "--programs", str(BOUNDED), "--seed", str(SEED), "--corpus", "quick")


def tests(scratch: Scratch, area: str) -> Kill | None:
    done = scratch.run("pytest", "-q", "-x", *TESTS[area], seconds=SECONDS)
    if done.returncode == 0:
        return None
    failed = [line for line in done.stdout.split("\n") if line.startswith(("FAILED", "ERROR"))]
    return Kill("long", "tests", failed[0] if failed else f"status {done.returncode}")


def corpus(scratch: Scratch, _: str) -> Kill | None:
    return _net(scratch, "long", "--corpus", "all")


def programs(scratch: Scratch, _: str) -> Kill | None:
    return _net(scratch, "long", "--programs", str(LONG), "--seed", str(LONG_SEED))


LONG_NETS = (tests, corpus, programs)


class RedTree(Exception):
    """The unbroken tree fails too, so a kill means nothing."""


def kill(scratch: Scratch, row: Row, table: Table, nets: tuple[Net, ...], sound: dict[tuple[Net, str], bool]) -> Kill:
    """The first kill, or the survivor.

    `sound` holds the nets that the unbroken tree is known to pass; a net that finds something is tried there first.
    Errors: RedTree; Refused when the row does not apply.
    """
    area = str(row["area"])
    for net in nets:
        with scratch.plant(row, table):
            found = net(scratch, area)
        if found is None:
            continue
        key = (net, area if net is tests or area == EDITED else "")
        if key not in sound:
            red = net(scratch, area)
            if red is not None:
                raise RedTree(f"{red.by}: {red.detail}")
            sound[key] = True
        return found
    return Kill("none", "nothing", "survived")


def as_row(row: Row, found: Kill, tree: str) -> dict[str, object]:
    # No machine's paths: neither the copy's nor those of the programs that the net runs.
    plain = re.sub(r"/[^\s\"']*/zero-mutants-[^/\s\"']*/(tree/)?", "", found.detail.replace("\t", " "))
    plain = re.sub(r"/[^\s\"']*/(zero-(?:net|fuzz))-\w+", r"\1", plain)
    detail = shorten(plain, 160)
    return {
        "id": row["id"],
        "mutant": digest(row),
        "net": found.net,
        "by": found.by,
        "detail": detail,
        "seed": LONG_SEED if found.net == "long" else SEED,
        "commit": tree,
        "date": today(),
    }


def main(arguments: list[str], root: pathlib.Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="mutate")
    parser.add_argument("--area", default="")
    parser.add_argument("--id", default="", help="one mutant, or several with commas")
    parser.add_argument("--long", action="store_true", help="survivors meet the long net too")
    parser.add_argument("--only-long", action="store_true", help="skip the bounded net")
    parser.add_argument("--record", action="store_true", help="keep the outcomes in ledgers/heavy/kills.tsv")
    options = parser.parse_args(arguments)
    table = mutants(root)
    wanted = {word for word in options.id.split(",") if word}
    rows = [r for r in table.rows if options.area in ("", r["area"]) and (not wanted or r["id"] in wanted)]
    if not rows or wanted - {str(row["id"]) for row in rows}:
        print("mutate: error[MUTANT_UNKNOWN]: no such mutant; ledgers/heavy/mutants.tsv lists them", file=sys.stderr)
        return 2
    nets: tuple[Net, ...] = () if options.only_long else (bounded,)
    nets += LONG_NETS if options.long or options.only_long else ()
    tree = commit(root)
    kills: list[tuple[Row, Kill]] = []
    sound: dict[tuple[Net, str], bool] = {}
    with tempfile.TemporaryDirectory(prefix="zero-mutants-") as folder:
        scratch = Scratch(root, pathlib.Path(folder))
        for row in rows:
            try:
                found = kill(scratch, row, table, nets, sound)
            except Refused as refused:
                print(refused, file=sys.stderr)
                return 7
            except RedTree as red:
                print(f"mutate: error[NET_RED]: the unbroken tree fails: {red}", file=sys.stderr)
                return 5
            kills.append((row, found))
            word = "survived" if found.net == "none" else f"killed ({found.net})"
            print(f"{row['area']:<10} {row['id']:<24} {word:<17} {found.by}: {shorten(found.detail, 100)}", flush=True)
            if options.record:
                record("kills", [as_row(row, found, tree)], root, frozenset(str(each["id"]) for each in table.rows))
    dead = sum(found.net != "none" for _, found in kills)
    print(f"{dead} of {len(kills)} killed")
    return 0 if dead == len(kills) else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
