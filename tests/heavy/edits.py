"""What a build costs after an edit: `python -m tests.heavy.edits`, `invoke edits`.

One project of 200 modules for the command, and like projects for go, and for gcc -O1 with ninja, where they are
installed.  Each scenario edits all of them alike and builds as whole processes, in turn; CPU time is user and system
time of a process and its children, and moves with the machine's load: ratios within the run are what holds.  What is
made anew is counted exactly, by watching a session over the same store.  Status 3 when a count is not as it must be,
or more is used than asked for.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable

import pytest

from compiler.options import Options
from runtime_c.build import build_front
from tests.heavy.peers import INSIDE, NEED, Peer, peer, tools
from tests.heavy.project import write as write_like
from tests.heavy.results import Values, record
from tests.heavy.tree import tree
from tests.incremental.watched import Watched, build, watching
from tests.phases import project

ROUNDS, COLD = 9, 3
FUNCTIONS = 20
# scenario -> what the issue asks of the command at most, in µs of CPU time
MOST_US = {"no-change": 15_000, "leaf-body": 400_000}
LEAST_RATE = 8_000  # lines a CPU second, from an empty store
MOST_RSS = 130_000_000
AFTER = ("checked", "lowered", "native", "link")

Edit = Callable[["Tool", int], None]


class Tool:
    """A build tool with its project; `language` says how the project is edited."""

    def __init__(self, name: str, language: str, folder: pathlib.Path, modules: int, command: Peer) -> None:
        self.name, self.language, self.folder, self.modules = name, language, folder, modules
        self.peer = command
        self.times: dict[str, list[int]] = {}
        self.rss = 0
        self.written: dict[str, int] = {}

    @property
    def program(self) -> pathlib.Path:
        return self.folder / "program"

    def source(self, module: int) -> pathlib.Path:
        return self.folder / {"0x0": f"m{module}.0x0", "c": f"m{module}.c", "go": f"m{module}/m.go"}[self.language]

    def swap(self, path: pathlib.Path, old: str, new: str) -> None:
        """Put new text in the place of the first match."""
        text, count = re.subn(old, new, path.read_text("utf-8"), count=1, flags=re.M)
        if not count:
            raise ValueError(f"{path.name}: nothing to edit")
        path.write_text(text, "utf-8")

    def measure(self, scenario: str) -> None:
        before = self.program.stat() if self.program.exists() else None
        cost = self.peer.run()
        self.times.setdefault(scenario, []).append(round(cost.cpu_s * 1e6))
        after = self.program.stat()
        same = before is not None and (before.st_ino, before.st_ctime_ns) == (after.st_ino, after.st_ctime_ns)
        self.written[scenario] = self.written.get(scenario, 0) + (not same)
        if scenario == "cold":
            self.rss = max(self.rss, cost.peak_bytes)


def nothing(_tool: Tool, _number: int) -> None:
    """The files are as they were."""


def body(tool: Tool, number: int) -> None:
    """Another number in a function of the module that only main imports."""
    old, new = {"0x0": (r"\(\* i \d+\)", "(* i {})"), "c": (r"s \+= i \* \d+;", "s += i * {};"),
                "go": (r"s \+= i \* \d+$", "s += i * {}")}[tool.language]  # fmt: skip
    tool.swap(tool.source(tool.modules - 1), old, new.format(1000 + number))


def comment(tool: Tool, number: int) -> None:
    """A comment says something else; no line moves."""
    old, new = {"0x0": (r"^; (f\d+x0):.*$", r"; \1: {}"), "c": (r"^(long f\d+x0\(long n\) \{).*$", r"\1 // {}"),
                "go": (r"^(func F0\(n int64\) int64 \{).*$", r"\1 // {}")}[tool.language]  # fmt: skip
    tool.swap(tool.source(tool.modules - 1), old, new.replace("{}", str(number)))


def lines(tool: Tool, number: int) -> None:
    """A line of comment at the top of a file: all places in it move."""
    mark = {"0x0": ";", "c": "//", "go": "//"}[tool.language]
    path = tool.source(tool.modules - 1)
    path.write_text(f"{mark} {number}\n{path.read_text('utf-8')}", "utf-8")


def chosen(tool: Tool, number: int) -> tuple[int, int]:
    """Another function each time."""
    return (tool.modules // 2 + number // FUNCTIONS) % tool.modules, number % FUNCTIONS


def signature(tool: Tool, number: int) -> None:
    """A function in the middle of the project takes one more argument, and its users give it."""
    module, k = chosen(tool, number)
    name = f"f{module}x{k}"
    if tool.language == "0x0":
        tool.swap(
            tool.source(module), rf"^\(ƒ {name} \(∷ \(→ I64 I64\)\) \(n\)", f"(ƒ {name} (∷ (→ I64 I64 I64)) (o n)"
        )
        calls, given = rf"\(m{module}\.{name} ", f"(m{module}.{name} 0 "
    elif tool.language == "c":
        tool.swap(tool.source(module), rf"^long {name}\(long n\)", f"long {name}(long o, long n)")
        tool.swap(tool.folder / f"m{module}.h", rf"^long {name}\(long n\)", f"long {name}(long o, long n)")
        calls, given = rf"\b{name}\((?!long)", f"{name}(0, "
    else:
        tool.swap(tool.source(module), rf"^func F{k}\(n int64\)", f"func F{k}(o, n int64)")
        calls, given = rf"\bm{module}\.F{k}\(", f"m{module}.F{k}(0, "
    for path in sorted(tool.folder.rglob(f"*.{tool.language}")):
        text = path.read_text("utf-8")
        fresh = re.sub(calls, given, text)
        if fresh != text:
            path.write_text(fresh, "utf-8")


# name -> (the edit, which tools)
SCENARIOS: dict[str, tuple[Edit, tuple[str, ...]]] = {
    "no-change": (nothing, ("zero", "ninja", "go")),
    "leaf-body": (body, ("zero", "ninja", "go")),
    "comment": (comment, ("zero", "ninja", "go")),
    "comment-line": (lines, ("zero", "ninja", "go")),
    "signature": (signature, ("zero", "ninja", "go")),
}


def users(folder: pathlib.Path, module: int, k: int) -> set[str]:
    """The functions that name a function, and itself: found in the text, not by the compiler."""
    found = {f"f{module}x{k}"}
    for path in folder.glob("*.0x0"):
        for form in path.read_text("utf-8").split("\n(ƒ ")[1:]:
            if f"(m{module}.f{module}x{k} " in form:
                found.add(form.split()[0])
    return found


def made(folder: pathlib.Path, modules: int) -> dict[str, Tool]:
    """The tools that are there, by name, each with its project."""
    place = folder / "zero/project"
    text = project.files(modules, FUNCTIONS)
    project.write(place, text)
    command = [*INSIDE, str(place), str(tree(folder / "zero/tree", front=True)), "build", "main.0x0", "-o", "program"]
    environment = {"HOME": str(folder / "zero"), "ZERO_CACHE": str(folder / "zero/cache")}
    count = sum(each.count("\n") for each in text.values())
    found = {"zero": Tool("zero", "0x0", place, modules, Peer(command, environment, count))}
    there = tools()
    for name, language in (("ninja", "c"), ("go", "go")):
        if not all(tool in there for tool in NEED[name]):
            print(f"{name}: unmeasured: not all of {', '.join(NEED[name])} is installed")
            continue
        like = peer(name, folder / name, write_like(folder / name, language, modules, FUNCTIONS), there)
        like.environment["GOFLAGS"] = "-trimpath"  # so that another checkout can find what this one made
        found[name] = Tool(name, language, folder / name, modules, like)
    return found


def clear(tool: Tool) -> None:
    """Forget every earlier build."""
    tool.program.unlink(missing_ok=True)
    if tool.name == "ninja":
        for path in [*tool.folder.glob("*.o"), *tool.folder.glob(".ninja*")]:
            path.unlink()
    cache = tool.peer.environment.get("ZERO_CACHE" if tool.name == "zero" else "GOCACHE", "")
    shutil.rmtree(cache, ignore_errors=True)


def checkout(tool: Tool, number: int) -> Tool:
    """The same project in another folder, nothing built there."""
    folder = tool.folder.parent / f"checkout-{tool.name}-{number}"
    shutil.copytree(tool.folder, folder, ignore=shutil.ignore_patterns("program", "cache"))
    command = [str(folder) if word == str(tool.folder) else word for word in tool.peer.command]
    return Tool(tool.name, tool.language, folder, tool.modules, Peer(command, tool.peer.environment, tool.peer.lines))


def time_all(found: dict[str, Tool], rounds: int, cold: int) -> None:
    """All scenarios, in turn; `Tool.times` has the results."""
    for _ in range(cold):
        for tool in found.values():
            clear(tool)
            tool.measure("cold")
    for tool in found.values():
        for _ in range(2):
            tool.peer.run()  # leaves what only a later build leaves
    for number in range(rounds):
        for scenario, (edit, names) in SCENARIOS.items():
            for tool in found.values():
                if tool.name in names:
                    edit(tool, number)
                    tool.measure(scenario)
        for tool in found.values():
            if tool.name == "ninja":
                continue  # it finds nothing of another folder's
            other = checkout(tool, number)
            other.measure("checkout")
            tool.times.setdefault("checkout", []).extend(other.times["checkout"])
            shutil.rmtree(other.folder)


class Count:
    """What a scenario made anew."""

    def __init__(self, scenario: str, anew: dict[str, set[str]]) -> None:
        self.scenario, self.anew = scenario, anew

    def of(self, kind: str) -> int:
        return len(self.anew.get(kind, ()))

    def names(self, kind: str) -> set[str]:
        return {key.rpartition(".")[2] for key in self.anew.get(kind, ())}


def counts(zero: Tool, number: int) -> tuple[list[Count], list[str]]:
    """Each scenario once more, watched; and what is not as it must be."""
    store = pathlib.Path(zero.peer.environment["ZERO_CACHE"])
    found: list[Count] = []
    wrong = []

    def watched(scenario: str, place: pathlib.Path) -> Count:
        os.chdir(place)
        shutil.rmtree(store / "objects/build-record-1", ignore_errors=True)  # so that there is a session
        _, messages, _ = build("main.0x0", place / "program", Options(), store)
        if messages or Watched.last is None or Watched.last.ended:
            raise RuntimeError(f"{scenario}: no incremental build: {messages or (Watched.last and Watched.last.ended)}")
        found.append(Count(scenario, Watched.last.anew()))
        return found[-1]

    with watching(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZERO_CACHE", str(store))
        patch.chdir(zero.folder)
        if watched("no-change", zero.folder).anew:
            wrong.append(f"no-change: answered anew: {found[-1].anew}")
        for scenario in ("leaf-body", "comment", "comment-line", "signature"):
            SCENARIOS[scenario][0](zero, number)
            wanted = {"leaf-body": {f"f{zero.modules - 1}x0"}, "signature": users(zero.folder, *chosen(zero, number))}
            count = watched(scenario, zero.folder)
            for kind in ("lowered", "native"):
                if count.names(kind) != wanted.get(scenario, set()):
                    odd = sorted(count.names(kind) ^ wanted.get(scenario, set()))
                    wrong.append(f"{scenario}: {kind}: too many or too few: {odd[:5]}")
            if scenario.startswith("comment") and (count.of("checked") or (scenario == "comment" and count.of("link"))):
                wrong.append(f"{scenario}: {count.of('checked')} modules checked, {count.of('link')} links")
        other = checkout(zero, number)
        if watched("checkout", other.folder).anew:
            wrong.append(f"checkout: answered anew: {sorted(found[-1].anew)}")
        if (other.folder / "program").read_bytes() != zero.program.read_bytes():
            wrong.append("checkout: another executable")
    return found, wrong


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="edits")
    parser.add_argument("--modules", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--record", action="store_true", help="keep the result in ledgers/heavy/edits.tsv")
    options = parser.parse_args(arguments)
    values = Values()
    build_front()
    with tempfile.TemporaryDirectory(prefix="zero-edits-") as name:
        found = made(pathlib.Path(name), options.modules)
        time_all(found, options.rounds, COLD)
        wrong = summarize(found, values.add)
        made_anew, more = counts(found["zero"], options.rounds)
        wrong += more
        for count in made_anew:
            for kind in AFTER:
                values.add(f"{count.scenario}/zero", f"anew_{kind}", count.of(kind), "count")
            values.add(f"{count.scenario}/zero", "anew", sum(map(len, count.anew.values())), "count")
    for each in wrong:
        print(f"MISSED: {each}")
    if options.record:
        record("edits", values.rows)
    return 3 if wrong else 0


def summarize(found: dict[str, Tool], add: Callable[..., None]) -> list[str]:
    """Report times, and what they come to; what was missed."""
    wrong = []
    for scenario in ("cold", *SCENARIOS, "checkout"):
        middles = {}
        for name, tool in found.items():
            times = tool.times.get(scenario)
            if not times:
                continue
            workload = f"{scenario}/{name}"
            middle = middles[name] = round(statistics.median(times))
            add(workload, "cpu_time", middle, "us")
            add(workload, "cpu_least", min(times), "us")
            add(workload, "cpu_most", max(times), "us")
            if scenario == "cold":
                add(workload, "lines", tool.peer.lines, "lines")
                add(workload, "rate", round(tool.peer.lines / middle * 1e6), "lines/s")
                add(workload, "peak_rss", tool.rss, "bytes")
            elif scenario != "checkout" and name == "zero":
                add(workload, "written", tool.written[scenario], "count", f"of {len(times)}")
        for name in ("ninja", "go"):
            if name in middles:
                add(
                    f"{scenario}/zero", f"thousandths_of_{name}", round(1000 * middles["zero"] / middles[name]), "count"
                )
        if middles["zero"] > MOST_US.get(scenario, middles["zero"]):
            wrong.append(f"{scenario}: {middles['zero']:,} µs of CPU time; at most {MOST_US[scenario]:,}")
    zero = found["zero"]
    rate = zero.peer.lines / statistics.median(zero.times["cold"]) * 1e6
    if rate < LEAST_RATE:
        wrong.append(f"cold: {rate:,.0f} lines a CPU second; at least {LEAST_RATE:,}")
    if zero.rss > MOST_RSS:
        wrong.append(f"cold: {zero.rss:,} bytes resident; at most {MOST_RSS:,}")
    for scenario in ("no-change", "comment"):
        if zero.written[scenario]:
            wrong.append(f"{scenario}: the executable was written {zero.written[scenario]} times")
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
