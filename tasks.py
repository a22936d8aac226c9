"""The verbs of the project; `invoke --list` shows them.

Tasks only compose: whatever can go wrong lives in the package a task drives, where tests reach it.
They know neither gates nor ledgers.  Heavy imports stay inside the tasks, so that `--list` is quick.
A new verb is a function here; if it needs more than a few lines, it belongs in a package.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from invoke.collection import Collection
from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

ROOT = Path(__file__).resolve().parent
PACKAGES = ("compiler", "gates", "ledgers", "reports")


def finish(status: int) -> None:
    """End with our own status: invoke would make every failure a 1."""
    if status:
        raise Exit(code=status)


def run(*command: str) -> int:
    """Run a program from the project's root with its output untouched."""
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def python(*arguments: str) -> int:
    return run(sys.executable, *arguments)


def render(status: int) -> int:
    """Render the report of the result just written; the worse of both statuses."""
    from ledgers.problems import ENVIRONMENT, POLICY, USAGE, worst_status

    if status in (USAGE, ENVIRONMENT) or not (ROOT / "reports" / "__main__.py").exists():
        return status
    return worst_status([status, POLICY if python("-m", "reports") else 0])


@task(
    help={
        "name": "a gate's name, or `release` for every claimed gate",
        "refresh": "collect again although nothing changed",
        "closure": "with `release`: ask for all gates of the roadmap; status 4 until then",
        "as-of": "judge waivers as of this date (YYYY-MM-DD)",
        "jobs": "collectors at once (those that take time always run alone)",
        "replay": "recompute the verdicts from the stored rows alone; collects nothing",
    }
)
def gate(
    _: Context,
    name: str,
    refresh: bool = False,
    closure: bool = False,
    as_of: str = "",
    jobs: int = 0,
    replay: bool = False,
) -> None:
    """Collect what is not there yet, judge, and write the result."""
    from gates.engine.command import gate as command

    status = command(ROOT, name, refresh=refresh, closure=closure, as_of=as_of, jobs=jobs, replay=replay)
    finish(render(status) if name == "release" and not replay else status)


@task
def gates(_: Context) -> None:
    """List every gate with its status and, where evidence is at hand, its verdict."""
    from gates.engine.command import list_gates

    finish(list_gates(ROOT))


@task(name="check")
def ledger_check(_: Context) -> None:
    """Read every ledger and follow every key; say what is wrong with file, line and column."""
    from gates.engine.command import check_ledgers

    finish(check_ledgers(ROOT))


@task
def report(_: Context) -> None:
    """Judge the evidence at hand and render the report; collects nothing."""
    from gates.engine.command import report as command

    finish(render(command(ROOT)))


@task
def baseline(_: Context) -> None:
    """Keep the newest result as the release that the next report compares itself with."""
    finish(python("-m", "reports.changes"))


@task(help={"gate": "only this gate's drills", "check": "only this check's drill"})
def drill(_: Context, gate: str = "", check: str = "") -> None:
    """Break the product on purpose, collect afresh, and see that each check turns red."""
    from gates.engine.command import drill as command

    finish(command(ROOT, gate=gate, check=check))


@task(
    help={"paths": "only these test files or folders"},
    iterable=["paths"],
)
def bless(_: Context, paths: list[str]) -> None:
    """Rewrite golden files to match today's output; read the diff before you commit."""
    os.environ["BLESS"] = "1"
    finish(python("-m", "pytest", "-q", *(paths or ["tests"])))


@task
def build(_: Context) -> None:
    """Build the C runtime (once per content) and compile the packages' bytecode."""
    if (ROOT / "runtime_c" / "build.py").exists():
        finish(python("-m", "runtime_c.build", "all"))
    # Where the environment forbids writing bytecode, each start would compile every module again.
    folders = [folder for folder in PACKAGES if (ROOT / folder).is_dir()]
    finish(python("-m", "compileall", "-q", *folders))


@task
def lint(_: Context) -> None:
    """Formatting, lint rules, types and import contracts."""
    statuses = (
        python("-m", "ruff", "format", "--check", "--quiet", "."),
        python("-m", "ruff", "check", "--quiet", "."),
        python("-m", "mypy"),
        run(str(Path(sys.executable).parent / "lint-imports"), "--no-logo"),
    )
    finish(next((3 for status in statuses if status), 0))


@task(pre=[lint])
def test(_: Context) -> None:
    """Static checks, then all tests; the last line is pytest's own."""
    os.environ.setdefault("PYTHONHASHSEED", "0")
    finish(python("-m", "pytest", "-q", "-n", "2", "tests"))


@task
def docs(_: Context) -> None:
    """Write the generated pages under docs/reference anew."""
    finish(python("-m", "tools.reference"))


@task(help={"count": "how many programs", "seed": "of the first one", "jobs": "processes at once"})
def fuzz(_: Context, count: int = 1000, seed: int = 0, jobs: int = 1) -> None:
    """`zero fuzz`: compare all lanes on random programs; failures are shrunk and kept in fixtures/regressions."""
    finish(python("-m", "compiler.cli", "fuzz", "--count", str(count), "--seed", str(seed), "--jobs", str(jobs)))


@task(
    help={
        "area": "only the mutants of this part",
        "id": "only this mutant, or several with commas",
        "long": "survivors meet the long net too",
        "record": "keep the outcomes in ledgers/heavy",
    }
)
def mutate(_: Context, area: str = "", id: str = "", long: bool = False, record: bool = False) -> None:  # noqa: A002
    """Plant the bugs of ledgers/heavy/mutants.tsv one at a time and see which net finds each."""
    flags = [word for word, wanted in (("--long", long), ("--record", record)) if wanted]
    finish(python("-m", "tests.mutants", "--area", area, "--id", id, *flags))


@task(help={"count": "how many inputs", "seed": "of the first one", "record": "keep the outcome in ledgers/heavy"})
def hostile(_: Context, count: int = 20_000, seed: int = 0, record: bool = False) -> None:
    """Feed the front end with what nobody meant as a program: no crash, no hang, bounded memory."""
    flags = ["--record"] if record else []
    finish(python("-m", "tests.hostile", "--count", str(count), "--seed", str(seed), *flags))


@task(help={"record": "keep the outcome in ledgers/heavy"})
def checking(_: Context, record: bool = False) -> None:
    """Measure how fast programs are checked, beside ocamlc and go vet where they are installed."""
    finish(python("-m", "tests.heavy.checking", *(["--record"] if record else [])))


@task(help={"record": "keep the outcome in ledgers/heavy", "shape": "only shapes whose names begin so"})
def growth(_: Context, record: bool = False, shape: str = "") -> None:
    """Count how the cost of compiling grows with programs of every shape, over five sizes."""
    finish(python("-m", "tests.heavy.growth", "--shape", shape, *(["--record"] if record else [])))


@task(help={"record": "keep the outcome in ledgers/heavy"})
def features(_: Context, record: bool = False) -> None:
    """Measure what leaving optional parts out of a build saves, on the project `terms`."""
    finish(python("-m", "tests.heavy.features", *(["--record"] if record else [])))


@task(help={"record": "keep the outcome in ledgers/heavy"})
def memory(_: Context, record: bool = False) -> None:
    """Measure memory by phase beside a naive front end, what a form takes, and growth over five sizes."""
    finish(python("-m", "tests.heavy.memory", *(["--record"] if record else [])))


@task(help={"modules": "how many modules the projects have", "record": "keep the outcome in ledgers/heavy"})
def nochange(_: Context, modules: int = 200, record: bool = False) -> None:
    """Measure a build in which nothing has changed, beside ninja, go and cargo where they are installed."""
    finish(python("-m", "tests.heavy.nochange", "--modules", str(modules), *(["--record"] if record else [])))


@task(
    help={
        "modules": "how many modules the projects have",
        "rounds": "how often each scenario is timed",
        "record": "keep the outcome in ledgers/heavy",
    }
)
def edits(_: Context, modules: int = 200, rounds: int = 9, record: bool = False) -> None:
    """Measure builds after edits, beside ninja and go where they are installed, and count what is made anew."""
    words = ["--modules", str(modules), "--rounds", str(rounds), *(["--record"] if record else [])]
    finish(python("-m", "tests.heavy.edits", *words))


@task(
    help={
        "count": "how many edits",
        "seed": "of the history",
        "small": "a smaller project, for more edits",
        "record": "keep the outcome in ledgers/heavy",
    }
)
def histories(_: Context, count: int = 1000, seed: int = 1, small: bool = False, record: bool = False) -> None:
    """Edit a project at random; after each edit the incremental program must be the one made from nothing."""
    flags = [word for word, wanted in (("--small", small), ("--record", record)) if wanted]
    finish(python("-m", "tests.incremental.histories", "--count", str(count), "--seed", str(seed), *flags))


@task(
    help={
        "kills": "how many writers are killed",
        "seed": "of the first one",
        "record": "keep the outcome in ledgers/heavy",
    }
)
def store(_: Context, kills: int = 1000, seed: int = 1, record: bool = False) -> None:
    """Kill writers of the store at random points, and measure how fast it reads and collects."""
    flags = ["--speed", *(["--record"] if record else [])]
    finish(python("-m", "tests.heavy.store", "--kills", str(kills), "--seed", str(seed), *flags))


@task(
    help={
        "before": "the commit that memory is compared with; else the last stamp's",
        "bless": "rewrite the counts of functions in ledgers/baselines; read the diff",
        "programs": "only this, by name; may come several times; a part gets no stamp",
        "states": "only this state of the store; may come several times; a part gets no stamp",
        "jobs": "programs at once",
    },
    iterable=["programs", "states"],
)
def guard(
    _: Context, programs: list[str], states: list[str], before: str = "", bless: bool = False, jobs: int = 1
) -> None:
    """Compile the corpus in every state of the store, run it, count, measure before and after, and stamp it."""
    words = ["--before", before, "--jobs", str(jobs), *(["--bless"] if bless else [])]
    finish(python("-m", "tests.guard", "run", *words, "--programs", *programs, "--states", *states))


@task(name="check")
def guard_check(_: Context) -> None:
    """Say in milliseconds whether the guard's stamp still holds; if not, what changed and what to run."""
    from tests.guard.check import main

    finish(main(str(ROOT)))


@task(name="against", help={"stamp": "its id; else the newest", "jobs": "programs at once"})
def guard_against(_: Context, stamp: str = "", jobs: int = 1) -> None:
    """Run the compiler and the executables of the last stamp beside today's."""
    finish(python("-m", "tests.guard", "against", "--stamp", stamp, "--jobs", str(jobs)))


@task(help={"jobs": "programs at once"})
def smoke(_: Context, jobs: int = 1) -> None:
    """The daily set: one program for each part by three lanes, and programs that must be refused."""
    finish(python("-m", "tests.guard", "smoke", "--jobs", str(jobs)))


@task(
    help={
        "tag": "a row of ledgers/corpus/tags.tsv; an unknown one names them",
        "repeat": "so many more runs of each released executable, for what depends on chance",
        "jobs": "programs at once",
    }
)
def sweep(_: Context, tag: str, repeat: int = 0, jobs: int = 1) -> None:
    """Run the programs of a tag by every lane."""
    finish(python("-m", "tests.guard", "sweep", tag, "--repeat", str(repeat), "--jobs", str(jobs)))


@task
def lock(_: Context) -> None:
    """Rewrite requirements.txt, with hashes, from requirements.in."""
    finish(run("tools/lock.sh"))


namespace = Collection(
    gate,
    gates,
    checking,
    edits,
    features,
    memory,
    report,
    drill,
    bless,
    build,
    lint,
    test,
    docs,
    fuzz,
    mutate,
    hostile,
    growth,
    histories,
    nochange,
    store,
    smoke,
    sweep,
    lock,
)
namespace.add_collection(Collection("ledger", check=ledger_check))
guarding = Collection("guard", check=guard_check, against=guard_against)
guarding.add_task(guard, name="run", default=True)
namespace.add_collection(guarding)
