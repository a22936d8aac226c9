"""A long measurement: memory of the compiler by phase: `python -m tests.heavy.memory [--record]`, `invoke memory`.

The generated project (`tests/phases/project.py`) built three ways: with a naive front end that drops nothing, with the
compiler's reader that drops nothing (3a), and as it is (3a and 3b); the bytes a form takes at rest; growth over five
sizes, of tracked bytes, of counted calls and of instructions; and what compiling again in one process leaves behind.
Rows go to `ledgers/heavy/memory.tsv`.  Status 3 when something asked for is missed.  Bytes and counts are exact; RSS is
what the system says of one run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from gates.collect import measure
from gates.collect.checking import exponent
from gates.collect.phases import read_phases
from tests.heavy.results import ROOT, Values, record
from tests.phases import project

MODULES, FUNCTIONS = 200, 20
SIZES = (5, 10, 20, 40, 80)  # modules, for bytes and calls
FEW = (1, 2, 4, 8, 16)  # modules, for instructions
ZERO = [sys.executable, "-I", "-S", str(ROOT / "compiler" / "cli" / "launch.py")]
MB = 1_000_000

# (workload, metric) -> the most, or the least, that is asked for
MOST = {
    ("project", "peak_rss"): 130 * MB,
    ("one-file", "peak_rss"): 50 * MB,
    ("project", "form_millibytes"): 16_000,
    ("one-file", "form_millibytes"): 16_000,
    ("grow", "tracked_exponent_thousandths"): 1_050,
    ("grow", "calls_exponent_thousandths"): 1_050,
    ("grow", "instructions_exponent_thousandths"): 1_050,
    ("project", "left_permille"): 50,
    ("repeat", "growth"): 0,
}
LEAST = {
    ("3a", "parse_saved_permille"): 900,
    ("3a", "peak_saved_permille"): 400,
    ("3a+3b", "peak_saved_permille"): 600,
    ("3a", "rss_saved_permille"): 400,
    ("3a+3b", "rss_saved_permille"): 600,
}

# Run by a process of its own: bytes of all columns at rest, by form.
FORMS = """
import sys
from compiler.columns import size
from compiler.diagnostics import Sink
from compiler.modules.load import load
forms = [module.forms for module in load(sys.argv[1], frozenset(), Sink()).modules]
held = sum(size(column) + sys.getsizeof(b"") for each in forms for column in each._columns)
print(held * 1000 // sum(len(each.kind) for each in forms))
"""
# Calls of functions, ours and Python's own, in one compile.
CALLS = """
import sys
from compiler import pipeline
from compiler.diagnostics import Sink
from compiler.options import Options
pipeline.compile_program(sys.argv[1], Options(), Sink())
calls = 0
def count(frame, event, argument):
    global calls
    calls += event in ("call", "c_call")
sys.setprofile(count)
pipeline.compile_program(sys.argv[1], Options(), Sink())
sys.setprofile(None)
print(calls)
"""

Found = dict[tuple[str, str], tuple[int, str]]


def number(code: str, *arguments: str) -> int:
    return int(measure.run([sys.executable, "-c", code, *arguments]).out)


def shapes(folder: Path, found: Found) -> None:
    """Tracked bytes and RSS of the project, three ways."""
    root, out = project.write(folder / "project", project.files(MODULES, FUNCTIONS)), folder / "out"
    reference = [sys.executable, "-m", "tests.phases.reference", str(root), "-o", str(out), "--reader"]
    build = [*ZERO, "build", str(root), "-o", str(out), "--no-cache", "--memory-stats"]
    ways = {"naive": [*reference, "naive"], "3a": [*reference, "flat"], "3a+3b": build}
    taken, images = {}, set()
    for way, command in ways.items():
        taken[way] = read_phases(measure.run(command).error.decode())
        images.add(out.read_bytes())
    if len(images) != 1:
        raise RuntimeError("the three front ends made different executables")
    parse = {way: next(row.tracked for row in rows if row.name == "parse") for way, rows in taken.items()}
    peaks = {way: max(row.tracked for row in rows) for way, rows in taken.items()}
    resident = {way: max(row.peak for row in rows) for way, rows in taken.items()}
    for way in ways:
        found[way, "parse_tracked_bytes"] = parse[way], "bytes"
        found[way, "peak_tracked_bytes"] = peaks[way], "bytes"
        found[way, "phase_peak_rss"] = resident[way], "bytes"
        if way != "naive":
            for metric, of in (("parse", parse), ("peak", peaks), ("rss", resident)):
                found[way, f"{metric}_saved_permille"] = 1000 - 1000 * of[way] // of["naive"], "count"
    rows = taken["3a+3b"]
    found["project", "left_permille"] = 1000 * rows[-2].left // rows[-2].tracked, "count"


def growth(folder: Path, found: Found) -> None:
    """Tracked bytes and calls over five sizes, and the slope on logarithmic scales."""
    tracked, calls, lines = [], [], []
    for modules in SIZES:
        made = project.files(modules, FUNCTIONS)
        root = project.write(folder / str(modules), made)
        out = folder / "grow"
        lines.append(float(sum(text.count("\n") for text in made.values())))
        command = [*ZERO, "build", str(root), "-o", str(out), "--no-cache", "--memory-stats"]
        tracked.append(float(max(row.tracked for row in read_phases(measure.run(command).error.decode()))))
        calls.append(float(number(CALLS, str(root))))
        found[f"grow/{modules}", "peak_tracked_bytes"] = int(tracked[-1]), "bytes"
        found[f"grow/{modules}", "calls"] = int(calls[-1]), "count"
    found["grow", "tracked_exponent_thousandths"] = round(1000 * exponent(lines, tracked)), "count"
    found["grow", "calls_exponent_thousandths"] = round(1000 * exponent(lines, calls)), "count"


def work(folder: Path, found: Found) -> None:
    """Instructions over five smaller sizes: what happens inside a call counts, too."""
    costs, few = [], []
    if not measure.has_valgrind():
        print(f"instructions: unmeasured: {measure.NO_VALGRIND}")
        return
    empty = folder / "empty.0x0"
    empty.write_text("(ƒ main (_) 0)\n", "utf-8")

    def instructions(root: Path) -> int:
        return measure.instructions([*ZERO, "build", str(root), "-o", str(folder / "grow"), "--no-cache"])

    base = instructions(empty)
    for modules in FEW:
        made = project.files(modules, FUNCTIONS)
        root = project.write(folder / f"few{modules}", made)
        few.append(float(sum(text.count("\n") for text in made.values())))
        costs.append(float(instructions(root) - base))
        found[f"grow/{modules}", "instructions"] = int(costs[-1]), "instructions"
    found["grow", "instructions_exponent_thousandths"] = round(1000 * exponent(few, costs)), "count"


def sizes(folder: Path, found: Found) -> None:
    """What a form takes, the peak of whole builds, and what compiling again leaves."""
    root = project.write(folder / "project", project.files(MODULES, FUNCTIONS))
    one = folder / "one.0x0"
    one.write_text(project.single(208), "utf-8")
    out = folder / "out"
    for workload, path in (("project", root), ("one-file", one)):
        found[workload, "lines"] = sum(file.read_text("utf-8").count("\n") for file in _files(path)), "lines"
        found[workload, "form_millibytes"] = number(FORMS, str(path)), "count"
        found[workload, "peak_rss"] = (
            measure.run([*ZERO, "build", str(path), "-o", str(out), "--no-cache"]).peak_bytes,
            "bytes",
        )
    repeated = measure.run([sys.executable, "-m", "tests.phases.repeat", str(one), "--times", "3"]).out.decode()
    held = [int(line.split("tracked_bytes=")[1].split()[0]) for line in repeated.splitlines()]
    found["repeat", "growth"] = held[2] - held[1], "bytes"


PARTS = {"sizes": sizes, "shapes": shapes, "growth": growth, "work": work}


def _files(path: Path) -> list[Path]:
    return sorted(path.parent.glob("*.0x0")) if path.name == "main.0x0" else [path]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="memory")
    parser.add_argument("--record", action="store_true", help="keep the result in ledgers/heavy/memory.tsv")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this; may come several times")
    options = parser.parse_args(arguments)
    values = Values()
    with tempfile.TemporaryDirectory(prefix="zero-memory-") as name:
        found: Found = {}
        for part in options.part or PARTS:
            PARTS[part](Path(name), found)
    missed = sum([values.judge(*key, value, unit, LEAST, MOST) for key, (value, unit) in found.items()])
    if options.record:
        record("memory", values.rows)
    return 3 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
