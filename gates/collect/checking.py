"""How fast programs are checked, warm and cold, beside `ocamlc -i` and `go vet`, and how the cost grows.

Lines are physical lines of source, each file once.  CPU time is user and system.  `cold` is a whole process, start-up
included, without the store; `first` is one that finds an empty store and leaves there what it found out; `warm` is a
later pass over the same program in one process that has done it before, everything done anew: nothing is kept from pass
to pass but the loaded compiler.  The garbage collector is off, as the command has it, and runs between the passes.  The
peers check a program of the same shape and size, whole processes too; `go vet` has its standard library's export data
at hand and a source it has not seen.  Growth is counted in instructions, which repeat.
"""

from __future__ import annotations

import math
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from gates.collect import measure
from gates.collect.checking_programs import corpus, generated, lines
from gates.collect.samples import ROOT, Samples, main

COMMAND = "python -m gates.collect.checking"
COPIES = 4  # of the corpus, so that start-up is a small part of a cold run
BLOCKS = 700  # of the generated programs
SIZES = (20, 40, 80, 160, 320)  # blocks, for growth
RUNS = 9
NO_OCAML = "ocamlc is not installed; run: sudo apt-get install -y ocaml-nox"
NO_GO = "go is not installed; run: sudo apt-get install -y golang-go"
ZERO = [sys.executable, "-I", "-S", str(ROOT / "compiler" / "cli" / "launch.py"), "check"]
COLD = "./zero check --no-cache PROGRAM"

# Run by a process of its own: the compiler is not imported here.
WARM = """
import gc, sys, time
from compiler import pipeline
from compiler.diagnostics import Sink
gc.disable()
for _ in range(int(sys.argv[2]) + 1):
    gc.collect()
    start = time.process_time()
    sink = Sink()
    found = pipeline.front(sys.argv[1], frozenset(), sink)
    print(time.process_time() - start)
    assert found[1] is not None, [each.message for each in sink.items]
    del found
"""


def warm_times(path: Path) -> list[float]:
    """CPU seconds of each pass but the first."""
    out = measure.run([sys.executable, "-c", WARM, str(path), str(RUNS)]).out
    return [float(word) for word in out.split()][1:]


def cold_time(path: Path) -> float:
    return measure.run([*ZERO, "--no-cache", str(path)]).cpu_s


def first_time(path: Path) -> float:
    with tempfile.TemporaryDirectory(prefix="zero-checking-") as store:
        return measure.run([*ZERO, str(path)], environment={"ZERO_CACHE": store}).cpu_s


def go_vet(folder: Path, blocks: int) -> list[float]:
    """CPU seconds of `go vet` on a program it has not seen, once a run."""
    (folder / "go.mod").write_text("module program\n\ngo 1.18\n", "utf-8")
    places = {"HOME": str(folder), "GOCACHE": str(folder / "cache"), "GOFLAGS": "-mod=mod", "GOPROXY": "off"}
    tool = shutil.which("go") or "go"
    times = []
    for number in range(-1, RUNS):  # the first fills the cache with what every program needs
        text = generated("go", 1 if number < 0 else blocks) + f"// run {number}\n"
        (folder / "main.go").write_text(text, "utf-8")
        inside = ["/bin/sh", "-c", 'cd "$1" && exec "$2" vet .', "sh", str(folder), tool]
        times.append(measure.run(inside, environment=places).cpu_s)
    return times[1:]


def exponent(sizes: list[float], costs: list[float]) -> float:
    """The slope of cost over size on logarithmic scales, by least squares."""
    return statistics.linear_regression([math.log(n) for n in sizes], [math.log(n) for n in costs]).slope


def collect(samples: Samples) -> None:
    with tempfile.TemporaryDirectory(prefix="zero-checking-") as name:
        folder = Path(name)
        (folder / "corpus").mkdir()
        root, count = corpus(folder / "corpus", COPIES)
        small = folder / "hello.0x0"
        small.write_text('(ƒ main (_) (print "hello"))\n', "utf-8")
        same = {"0x0": folder / "same.0x0", "ocaml": folder / "same.ml", "go": folder / "same.go"}
        for language, path in same.items():
            path.write_text(generated(language, BLOCKS), "utf-8")

        def rates(workload: str, variant: str, total: int, times: list[float], command: str) -> None:
            for number, time in enumerate(times):
                samples.add(workload, "check_cpu_time", "s", time, variant=variant, pair=number, command=command)
            samples.add(workload, "check_rate", "lines/s", round(total / statistics.median(times)), command=command)

        rates("corpus/warm", "after", count, warm_times(root), "a later pass over PROGRAM in one process")
        rates("corpus/cold", "after", count, [cold_time(root) for _ in range(RUNS)], COLD)
        rates("corpus/first", "after", count, [first_time(root) for _ in range(RUNS)], "./zero check PROGRAM")
        rates("same/0x0", "after", lines(same["0x0"]), [cold_time(same["0x0"]) for _ in range(RUNS)], COLD)
        for number in range(RUNS):
            samples.add("hello", "check_cpu_time", "s", cold_time(small), pair=number, command=COLD)
        if (ocaml := shutil.which("ocamlc")) is None:
            samples.skip("check_rate_ocaml", NO_OCAML)
        else:
            times = [measure.run([ocaml, "-i", str(same["ocaml"])]).cpu_s for _ in range(RUNS)]
            rates("same/ocaml", "before", lines(same["ocaml"]), times, "ocamlc -i PROGRAM")
        if shutil.which("go") is None:
            samples.skip("check_rate_go", NO_GO)
        else:
            (folder / "go").mkdir()
            rates("same/go", "before", lines(same["go"]), go_vet(folder / "go", BLOCKS), "go vet PROGRAM")
        samples.add("corpus/lines", "lines", "lines", count)
        if measure.has_valgrind():
            growth(samples, folder)
        else:
            samples.skip("check_growth", measure.NO_VALGRIND)


def growth(samples: Samples, folder: Path) -> None:
    """Instructions over five sizes, those of an empty program taken off, and the exponent in thousandths."""
    path = folder / "grow.0x0"

    def instructions(text: str) -> int:
        path.write_text(text, "utf-8")
        return measure.instructions([*ZERO, "--no-cache", str(path)])

    # The least of three: the first may still compile the compiler's modules.
    base = min(instructions("(ƒ main (_) 0)\n") for _ in range(3))
    sizes, costs = [], []
    for blocks in SIZES:
        cost = instructions(generated("0x0", blocks)) - base
        sizes.append(float(lines(path)))
        costs.append(float(cost))
        samples.add(f"grow/{blocks}", "check_instructions", "instructions", cost, command=COLD)
    samples.add("grow", "check_exponent_thousandths", "count", round(1000 * exponent(sizes, costs)))


if __name__ == "__main__":
    sys.exit(main(collect, COMMAND))
