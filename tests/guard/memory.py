"""Memory by phase before and after a change: `zero build --memory-stats` of two compilers on the same programs.

Before is an earlier commit, compiled from a git worktree of it; after is the tree as it stands.  Never a switch that
makes the product worse.  Tracked bytes are exact and must repeat; resident sizes are the smaller of two runs.
"""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
from collections.abc import Iterator
from dataclasses import replace

from gates.collect.phases import Phase, read_phases
from ledgers.table import Row
from tests.corpus.programs import PROGRAMS
from tests.guard.corpus import Case, Maker, Wrong, label

RUNS = 2
WORKLOADS = (
    ("fixtures/projects/minisql/main.0x0", "dev"),
    ("fixtures/projects/minisql/main.0x0", "release"),
    ("fixtures/programs/std-sort.0x0", "dev"),
)
COMPILER = ("compiler", "runtime_c", "zero")
HISTORY = 200  # commits that are looked at for another compiler


class Unmeasured(Exception):
    """Why there is no before; the text is for people."""


def git(root: pathlib.Path, *words: str) -> str:
    """Errors: Unmeasured with git's own words."""
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unmeasured(f"git {words[0]}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'failed'}")
    return done.stdout.strip()


def before(root: pathlib.Path, named: str, stamped: str) -> str:
    """The commit to compare with: the named one, else the last stamp's, else the newest with another compiler.

    A stamp's commit with the very same compiler would compare nothing, and is passed over.  Errors: Unmeasured.
    """
    if named:
        if not _known(root, named):
            raise Unmeasured("there is no such commit")
        return git(root, "rev-parse", f"{named}^{{commit}}")
    if git(root, "rev-parse", "--show-prefix"):
        raise Unmeasured("the project is not the root of a git repository")
    if stamped and _known(root, stamped) and differs(root, stamped):
        return git(root, "rev-parse", stamped)
    for commit in git(root, "rev-list", f"--max-count={HISTORY}", "HEAD").split():
        if differs(root, commit):
            return commit
    raise Unmeasured("no earlier commit has another compiler")


def _known(root: pathlib.Path, commit: str) -> bool:
    with contextlib.suppress(Unmeasured):
        return bool(git(root, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}"))
    return False


def differs(root: pathlib.Path, commit: str) -> bool:
    """Whether the compiler of a commit is another than that of the tree as it stands."""
    fresh = git(root, "ls-files", "--others", "--exclude-standard", "--", *COMPILER)
    return bool(fresh or git(root, "diff", "--name-only", commit, "--", *COMPILER))


@contextlib.contextmanager
def worktree(root: pathlib.Path, commit: str, folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """A checkout of a commit, until the block ends.  Errors: Unmeasured."""
    git(root, "worktree", "prune")  # a guard that was killed leaves the name of a folder that is gone
    git(root, "worktree", "add", "--quiet", "--force", "--detach", str(folder), commit)
    try:
        yield folder
    finally:
        git(root, "worktree", "remove", "--force", str(folder))


def phases(root: pathlib.Path, compiler: pathlib.Path, case: Case, folder: pathlib.Path) -> list[Phase]:
    """The phases of one build.  Errors: Wrong."""
    maker = Maker(folder / "store", flags=("--no-cache", "--memory-stats"), root=compiler, cwd=root)
    done = maker.run(*maker.words(case, folder / "measured"))
    text = done.stderr.decode("utf-8", "replace")
    if done.returncode:
        said = [line for line in text.splitlines() if line and not line.startswith("[mem]")]
        raise Wrong(f"{case}: zero build ends with {done.returncode}: {(said or ['-'])[0][:200]}")
    return read_phases(text)


def workloads() -> list[tuple[str, str]]:
    """What is measured: (program, level), of programs that the corpus has."""
    known = {program.path for program in PROGRAMS}
    return [(path, level) for path, level in WORKLOADS if path in known]


def measure(root: pathlib.Path, compiler: pathlib.Path, folder: pathlib.Path) -> dict[str, list[Phase]]:
    """workload -> phases.  Errors: Wrong, also when what is exact does not repeat."""
    programs = {program.path: program for program in PROGRAMS}
    found: dict[str, list[Phase]] = {}
    for path, level in workloads():
        case = Case(programs[path], level)
        one, *others = [phases(root, compiler, case, folder) for _ in range(RUNS)]
        for other in others:
            for a, b in zip(one, other, strict=True):
                if (a.name, a.tracked, a.owners) != (b.name, b.tracked, b.owners):
                    raise Wrong(f"{case}: {a.name} tracks {a.tracked}, then {b.tracked} bytes: that is not exact")
            one = [replace(a, rss=min(a.rss, b.rss), peak=min(a.peak, b.peak)) for a, b in zip(one, other)]
        found[f"{label(path)}/{level}"] = one
    return found


def rows(guard: str, variant: str, commit: str, measured: dict[str, list[Phase]]) -> list[Row]:
    return [
        {
            "guard": guard,
            "variant": variant,
            "workload": workload,
            "phase": phase.name,
            "tracked_bytes": phase.tracked,
            "current_bytes": phase.rss,
            "peak_bytes": phase.peak,
            "commit": commit,
        }
        for workload, phases in measured.items()
        for phase in phases
    ]


def table(old: dict[str, list[Phase]], new: dict[str, list[Phase]]) -> list[str]:
    """Before and after beside each other, in KiB, for people and commit messages."""
    lines = [f"{'workload':18}{'phase':11}{'tracked KiB':>22}{'current KiB':>18}{'peak KiB':>18}"]
    for workload, phases in new.items():
        known = {phase.name: phase for phase in old.get(workload, ())}
        for phase in phases:
            then = known.pop(phase.name, None)
            cells = [
                f"{getattr(then, what) // 1024 if then else '-'} → {getattr(phase, what) // 1024}"
                for what in ("tracked", "rss", "peak")
            ]
            lines.append(f"{workload:18}{phase.name:11}{cells[0]:>22}{cells[1]:>18}{cells[2]:>18}")
        lines += [f"{workload:18}{name:11} is gone" for name in known]
    return lines
