"""Part of the corpus by every lane: `invoke sweep TAG`; and `invoke smoke`, the small daily set.

Tags are rows of ledgers/corpus/tags.tsv.  Which programs have one is read from the programs: those that use one of its
words, spelt as the formatter spells them, in any of their modules, and those whose file it lists.  A word or a file
name that fits no program is an error, so the table cannot fall behind the corpus.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

from ledgers import foreign
from ledgers.table import Row, Table
from tests.corpus.programs import LANES, PROGRAMS, ROOT, Program
from tests.guard.corpus import STATS, Case, Maker, Wrong, behaves, each

QUICK_LANES = (("interp",), ("native", "--level", "dev"), ("native", "--level", "release"))
NEGATIVE = re.compile(rb"; expect: ([A-Z0-9_]+-\d+) (\d+:\d+)\s")
BUDGET_S = 20  # CPU, of the smoke
_TEXT_OR_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|;[^\n]*')
_BETWEEN = re.compile(r"[\s()\[\]]+")


class BadTag(Exception):
    """A tag that does not exist, or a row that fits nothing; the text names what there is."""


def words(program: Program) -> frozenset[str]:
    """What the program's modules are written with, without texts and comments."""
    main = ROOT / program.path
    files = sorted(main.parent.rglob("*.0x0")) if main.name == "main.0x0" else [main]
    text = "\n".join(file.read_text("utf-8") for file in files)
    return frozenset(_BETWEEN.split(_TEXT_OR_COMMENT.sub(" ", text)))


def tagged(row: Row, used: dict[str, frozenset[str]], table: Table) -> list[str]:
    """The paths of the programs that have a tag.  Errors: BadTag for a word or a name that fits none."""
    found: set[str] = set()
    fits: dict[str, Callable[[str, str], bool]] = {
        "words": lambda path, word: word in used[path],
        "programs": fnmatchcase,
    }
    for column, fit in fits.items():
        cell = row[column]
        assert isinstance(cell, list)
        for part in cell:
            some = {path for path in used if fit(path, part)}
            if not some:
                line = table.line(table.rows.index(row))
                raise BadTag(f"{table.path}:{line}: `{part}` of the tag {row['tag']} fits no program of the corpus")
            found |= some
    return sorted(found)


def programs_of(root: Path, tag: str, programs: list[Program] = PROGRAMS) -> list[Program]:
    """Errors: BadTag."""
    table = foreign.load(root, "tags")
    row = next((row for row in table.rows if row["tag"] == tag), None)
    if row is None:
        known = "\n".join(f"  {row['tag']!s:12} {row['text']}" for row in table.rows)
        raise BadTag(f"there is no tag `{tag}`; {table.path} has:\n{known}")
    found = set(tagged(row, {program.path: words(program) for program in programs}, table))
    return [program for program in programs if program.path in found]


def ran(program: Program, lane: tuple[str, ...], store: Path) -> str:
    """What is wrong with a program by one lane, or an empty text."""
    maker = Maker(store, environment={"ZR_STATS": "1"})
    command = [sys.executable, "-m", "compiler.cli", "run", program.path, "--lane", *lane]
    name = f"{program.path} by {' '.join(lane)}"
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=maker.environment, input=program.stdin, capture_output=True, timeout=600, check=False
        )
    except subprocess.TimeoutExpired:
        return f"{name}: it does not end"
    errors = re.sub(rb"^zr-stats: .*\n", b"", done.stderr, flags=re.MULTILINE)
    if (done.returncode, errors, done.stdout) == (program.status, program.stderr, program.stdout):
        stats = STATS.search(done.stderr)
        if lane[0] == "native" and not program.status and (stats is None or stats[1] != b"0"):
            return f"{name}: blocks are still live when main has returned"
        return ""
    what = "status" if done.returncode != program.status else "output" if errors == program.stderr else "error output"
    said = errors.decode("utf-8", "replace").strip().partition("\n")[0]
    return f"{name}: its {what} is not the golden one (status {done.returncode}) {said[:200]}"


def again(program: Program, repeat: int, folder: Path) -> str:
    """What is wrong in one of so many runs of the released executable: what depends on chance shows seldom."""
    case, image = Case(program, "release"), folder / "again" / program.path
    try:
        Maker(folder / "store").make(case, image)
    except Wrong as wrong:
        return str(wrong)
    for number in range(1, repeat + 1):
        if found := behaves(case, image):
            return f"run {number} of {repeat}: {found}"
    return ""


def refused(path: Path) -> str:
    """What is wrong with how a negative program is refused."""
    wanted = NEGATIVE.match(path.read_bytes())
    assert wanted, path
    code, place = wanted[1].decode(), wanted[2].decode()
    name = str(path.relative_to(ROOT))
    done = Maker(ROOT / "build" / "no-store", flags=()).run("build", name, "-o", "/dev/null", "--no-cache")
    first = done.stderr.decode("utf-8", "replace").partition("\n")[0]
    return "" if done.returncode == 1 and code in first and f"{name}:{place}" in first else f"{name}: {first[:200]}"


def negatives() -> list[Path]:
    """One negative program for each class of codes, the first of a single file and without features."""
    first: dict[str, Path] = {}
    for path in sorted((ROOT / "fixtures" / "negative").glob("*.0x0")):
        head = path.read_bytes()
        if NEGATIVE.match(head) and b"\n; " not in head[:200] and not path.name.startswith(("REGION", "PKG")):
            first.setdefault(path.name.partition("-")[0], path)
    return list(first.values())


def sweep(tag: str, *, repeat: int = 0, jobs: int = 1, quick: bool = False, root: Path = ROOT) -> tuple[int, list[str]]:
    """How many runs there were, and what was wrong.  Errors: BadTag."""
    chosen = programs_of(root, tag)
    lanes = QUICK_LANES if quick else LANES
    with tempfile.TemporaryDirectory(prefix="zero-sweep-") as name:
        folder = Path(name)
        pairs = [(program, lane) for program in chosen for lane in lanes]
        found = list(each(pairs, lambda pair: ran(*pair, folder / "store"), jobs))
        if repeat:
            found += each(chosen, lambda program: again(program, repeat, folder), jobs)
    return len(pairs) + repeat * len(chosen), [each for each in found if each]


def smoke(jobs: int = 1) -> tuple[int, list[str]]:
    """The smoke's runs, and what was wrong: programs by three lanes, and programs that must be refused."""
    count, found = sweep("smoke", jobs=jobs, quick=True)
    paths = negatives()
    return count + len(paths), found + [said for said in each(paths, refused, jobs) if said]


def cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
