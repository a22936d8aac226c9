"""Break queries on purpose and see what is said: a stale input, another version, two answers, a cycle, a bad root.

Each row of `FAULTS` is what is broken (by a program that runs in the compiler's process before anything of it, or by a
provider in a copy of the compiler), the command that meets it, and whether a program must come out that equals a build
without it.  Beside them the audit of sound providers, in two processes with two hash seeds.  Judges nothing.
"""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gates.collect.query_lab import FIXTURE, MAIN, Garden
from gates.collect.samples import ROOT, Samples, Unavailable, main

COMMAND = "python -m gates.collect.query_faults"
CODE = re.compile(r"(?:CAS|QUERY)_[A-Z]+-\d{3}")
AUDIT = "./zero query audit main.0x0"


@dataclass(frozen=True, slots=True)
class Fault:
    """BUILD among `commands` stands for a build, the others for words of zero; the last one meets what is broken."""

    name: str
    code: str
    commands: tuple[str, ...]
    spy: str = ""  # run in the process of the last command
    provider: str = ""  # stands at the end of the providers' module, in a copy of the compiler
    builds: bool = False  # whether the last command must come out with the right program


# A provider that answers otherwise in each process, and one that asks itself; both of a kind that every build asks.
PROVIDER = """

sound = kinds


def kinds(session):
    found = sound(session)
    inner = found["lines"].provide
    found["lines"].provide = lambda engine, argument: {answer}
    return found
"""
STALE = """\
import sys
from pathlib import Path
heard = []
def hear(event, arguments):
    if event == "open" and not heard and str(arguments[0]).endswith("libzr.a"):
        heard.append(event)
        with Path("measure.0x0").open("a") as file:
            file.write("; one line more\\n")
sys.addaudithook(hear)
"""
OTHER_PYTHON = "import compiler.query.graph as graph\ngraph.PYTHON = b'another 0'\n"
BUILD = "build"
FAULTS = (
    Fault("stale-input", "QUERY_INPUT-001", (BUILD,), spy=STALE, builds=True),
    Fault("incompatible-schema", "QUERY_SCHEMA-001", (BUILD, "query stats"), spy=OTHER_PYTHON),
    Fault(
        "non-deterministic-provider",
        "QUERY_ANSWER-001",
        ("query audit",),
        provider=PROVIDER.format(answer="inner(engine, argument) + [hash('x') % 1000003]"),
    ),
    Fault(
        "dependency-cycle",
        "QUERY_CYCLE-001",
        (BUILD,),
        provider=PROVIDER.format(answer="engine.ask('lines', argument)"),
    ),
    Fault("invalid-cache-root", "CAS_ROOT-001", (BUILD,), builds=True),
)


def collect(samples: Samples) -> None:
    if not (ROOT / "compiler" / "query" / "engine.py").exists():
        raise Unavailable("the query engine is not built yet")
    with tempfile.TemporaryDirectory(prefix="zero-faults-") as folder:
        for fault in FAULTS:
            meet(samples, fault, Garden(Path(folder) / fault.name))
        audit(samples, Garden(Path(folder) / "audit"))


def both(samples: Samples, workload: str, metric: str, unit: str, before: int, after: int, command: str) -> None:
    samples.add(workload, metric, unit, before, variant="before", command="gates/collect/query_faults.py")
    samples.add(workload, metric, unit, after, command=command)


def meet(samples: Samples, fault: Fault, garden: Garden) -> None:
    garden.plant(own_compiler=bool(fault.provider))
    sound = garden.build("sound") if fault.builds else None
    if fault.provider:
        with (garden.compiler / "compiler" / "incremental" / "queries.py").open("a", encoding="utf-8") as file:
            file.write(fault.provider)
    if fault.name == "invalid-cache-root":
        (garden.root / "edited").write_text("a file\n", "ascii")
    spy = garden.root / "spy"
    spy.mkdir()
    (spy / "sitecustomize.py").write_text(fault.spy, "utf-8")
    said, program = "", b""
    for number, command in enumerate(fault.commands, 1):
        garden.path = f"{spy}:{garden.compiler}" if number == len(fault.commands) else ""
        if command == BUILD:
            built = garden.build("edited")
            said, program = built.said, built.program
        else:
            done = garden.zero(*command.split(), MAIN, store="edited")
            said = done.stdout + done.stderr
    codes = set(CODE.findall(said))
    for code in sorted(codes | {fault.code}):
        both(
            samples, f"{fault.name}|{code}", "fault_codes", "count", int(code == fault.code), int(code in codes), "zero"
        )
    samples.add(fault.name, "faults_met", "count", 1)
    if sound is not None:
        right = len(sound.program) * (program == sound.program)
        both(samples, fault.name, "program_bytes", "bytes", len(sound.program), right, "./zero build")


def audit(samples: Samples, garden: Garden) -> None:
    """Every query of the project has the same answer in two processes with two hash seeds, and as it is kept."""
    garden.plant()
    garden.build("edited")
    asked = sum(kind["asked"] for kind in garden.stats("edited")["kinds"])
    done = garden.zero("query", "audit", MAIN, store="edited")
    found = re.match(
        r"(\d+) queries have the same answers in two runs from nothing; (\d+) have the answer", done.stdout
    )
    runs, kept = (int(found[1]), int(found[2])) if found and done.returncode == 0 else (0, 0)
    both(samples, f"{FIXTURE.name}/two-runs", "audited_queries", "count", asked, runs, AUDIT)
    both(samples, f"{FIXTURE.name}/kept", "audited_queries", "count", asked, kept, AUDIT)


if __name__ == "__main__":
    sys.exit(main(collect, COMMAND))
