"""What the optional parts of a program cost when their features are on, and that they cost nothing when they are off.

The project `terms` is built with no feature, with each, and with all: functions, code and the whole executable in
bytes, the most that the compiler's phases own at once, and its instructions, which repeat to one in ten thousand.  CPU
time is taken in interleaved pairs, the build with everything against the minimal one, and only its ratio is of use.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
from pathlib import Path

from gates.collect import measure, zero
from gates.collect.phases import read_phases
from gates.collect.samples import ROOT, Samples, main

COMMAND = "python -m gates.collect.features"
PROJECT = ROOT / "fixtures" / "projects" / "terms"
PARTS = ("lint", "eqsat")  # a feature and the folder of its modules
SETS: tuple[tuple[str, ...], ...] = ((), ("lint",), ("eqsat",), ("lint", "eqsat"))
PAIRS = 7


def flags(features: tuple[str, ...]) -> list[str]:
    return [word for name in features for word in ("--feature", name)]


def label(features: tuple[str, ...]) -> str:
    return "+".join((PROJECT.name, *features))


def module_names(*folders: Path) -> set[str]:
    """The names that modules in and below these folders give themselves."""
    texts = (path.read_text("utf-8") for folder in folders for path in folder.rglob("*.0x0"))
    return {found[1] for text in texts if (found := re.search(r"^\(⊙ ([^\s()]+)", text, re.M))}


def functions(executable: Path) -> dict[str, int]:
    """Compiled functions of modules with their bytes; the runtime's are not among them."""
    from elftools.elf.elffile import ELFFile
    from elftools.elf.sections import SymbolTableSection

    names = module_names(PROJECT, ROOT / "compiler" / "std")
    with executable.open("rb") as stream:
        table = ELFFile(stream).get_section_by_name(".symtab")
        assert isinstance(table, SymbolTableSection), f"{executable.name} has no table of symbols"
        symbols = [(each.name, each["st_size"], each["st_info"]["type"]) for each in table.iter_symbols()]
    return {name: size for name, size, kind in symbols if kind == "STT_FUNC" and name.partition(".")[0] in names}


def tracked_peak(features: tuple[str, ...], out: Path) -> int:
    """The most that the phases of a build own at once."""
    done = zero.build(PROJECT / "main.0x0", out, "--no-cache", "--memory-stats", *flags(features))
    return max(phase.tracked for phase in read_phases(done.error.decode("utf-8", "replace")))


def collect(samples: Samples) -> None:
    root = PROJECT / "main.0x0"
    name = str(root.relative_to(ROOT))
    counted = measure.has_valgrind()
    if not counted:
        samples.skip("build_instructions", measure.NO_VALGRIND)
    with tempfile.TemporaryDirectory(prefix="zero-features-") as folder:
        out = Path(folder) / "out"
        for features in SETS:
            command = zero.shown("build", name, "-o", "OUT", "--no-cache", *flags(features))

            def add(
                metric: str, unit: str, value: int, features: tuple[str, ...] = features, command: str = command
            ) -> None:
                samples.add(label(features), metric, unit, value, command=command)

            add("tracked_peak_bytes", "bytes", tracked_peak(features, out))
            found = functions(out)
            add("functions", "count", len(found))
            add("function_bytes", "bytes", sum(found.values()))
            add("executable_bytes", "bytes", out.stat().st_size)
            if counted:
                build = zero.command("build", name, "-o", str(out), "--no-cache", *flags(features))
                add("build_instructions", "instructions", measure.instructions(build))

        def cpu(features: tuple[str, ...]) -> float:
            return zero.build(root, out, "--no-cache", *flags(features)).cpu_s

        pairs = measure.interleave(PAIRS, lambda: cpu(SETS[-1]), lambda: cpu(()), name)
    for pair, (full, minimal) in enumerate(pairs):
        for features, value in ((SETS[-1], full), ((), minimal)):
            samples.add(label(features), "build_cpu_time", "s", value, pair=pair)
    ratio = statistics.median(minimal / full for full, minimal in pairs)
    samples.add(label(()), "build_cpu_thousandths", "count", round(1000 * ratio))


if __name__ == "__main__":
    sys.exit(main(collect, COMMAND))
