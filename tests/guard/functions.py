"""How many functions each executable holds, and whether that is within the band of ledgers/baselines/functions.tsv.

What a linked image holds besides the runtime's functions, as `nm` names them.  A pass that stops inlining, a
specialization that multiplies or a function that is lost moves the count long before an output differs.
`invoke guard --bless` rewrites the counts and keeps the bands; read the diff as you would read code.
"""

from __future__ import annotations

import pathlib
import re
import subprocess

from ledgers import foreign
from ledgers.table import Row, write
from runtime_c.build import build_freestanding
from tests.corpus.programs import Program
from tests.guard.corpus import LEVELS, Wrong

LEDGER = "functions"
PATH = "ledgers/baselines/functions.tsv"
ALL = "all"  # the row of the sums
BAND = (2, 33)  # of a new row: so many, or one in so many
LINKER = frozenset({"_start", "_etext"})
# Names may hold blanks, as those of instances at several types do.
_SYMBOL = re.compile(r"(.*?): (.+) [Tt] [0-9a-f]+(?: [0-9a-f]*)?$")
Counts = dict[str, dict[str, int]]  # program -> level -> functions


def count(images: pathlib.Path, programs: list[Program]) -> Counts:
    """The functions of each executable below `images`, none of them the runtime's."""
    paths = [images / level / program.path for program in programs for level in LEVELS]
    runtime = {name for _, name in _functions([pathlib.Path(build_freestanding())])} | LINKER
    found: dict[str, int] = dict.fromkeys(map(str, paths), 0)
    for path, name in _functions(paths):
        found[path] += name not in runtime
    return {
        program.path: {level: found[str(images / level / program.path)] for level in LEVELS} for program in programs
    }


def _functions(paths: list[pathlib.Path]) -> list[tuple[str, str]]:
    """(file, name) of every function that these files define."""
    command = ["nm", "-A", "-P", "--defined-only", *map(str, paths)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Wrong("functions: there is no nm; it comes with the C compiler: install binutils") from None
    if done.returncode:
        raise Wrong(f"functions: nm: {done.stderr.strip()[:300]}")
    return [(found[1], found[2]) for line in done.stdout.splitlines() if (found := _SYMBOL.match(line))]


def judge(root: pathlib.Path, counts: Counts, *, whole: bool) -> list[str]:
    """What is outside of its band or has none; sums only of the `whole` corpus."""
    table = foreign.load(root, LEDGER)
    rows = {str(row["program"]): row for row in table.rows}
    counts = dict(counts)
    if whole:
        counts[ALL] = totals(counts)
    wrong = []
    for program, found in counts.items():
        row = rows.get(program)
        if row is None:
            wrong.append(f"functions: {program} has no row in {table.path}; run: invoke guard --bless")
            continue
        for level, number in found.items():
            known, band = _int(row[level]), _int(row["band"])
            if abs(number - known) > band:
                line = table.line(table.rows.index(row))
                wrong.append(f"functions: {table.path}:{line}: {program} at {level} has {number}, not {known} ± {band}")
    if whole:
        wrong += [
            f"functions: {table.path}: {name} is no program of the corpus" for name in rows.keys() - counts.keys()
        ]
    return wrong


def totals(counts: Counts) -> dict[str, int]:
    return {level: sum(found[level] for found in counts.values()) for level in LEVELS}


def bless(root: pathlib.Path, counts: Counts) -> None:
    """Write today's counts; bands stay as people set them."""
    table = foreign.load(root, LEDGER)
    bands = {str(row["program"]): _int(row["band"]) for row in table.rows}
    rows: list[Row] = []
    for program, found in {ALL: totals(counts), **dict(sorted(counts.items()))}.items():
        least, share = BAND
        band = bands.get(program, max(least, found["dev"] // share))
        rows.append({"program": program, **found, "band": band})
    write(root / table.schema.path, table.schema, rows, table.schema.path)


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value
