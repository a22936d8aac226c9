"""`python -m tests.guard VERB`: what `invoke guard`, `guard.check`, `guard.against`, `smoke` and `sweep` drive.

    run [--before REV] [--bless]       the guard; with [--programs NAME …] [--states NAME …] a trial without a stamp
    check                              whether the newest stamp still holds
    against [--stamp ID]               yesterday's compiler beside today's
    smoke, sweep TAG [--repeat N]      parts of the corpus by every lane

Status 0 when all is well, 2 for a name that does not exist, 3 when something is wrong, 5 without a stamp.
"""

from __future__ import annotations

import argparse
import contextlib
import pathlib
import sys
import tempfile

from gates.collect.phases import Phase
from gates.collect.samples import Unavailable
from ledgers import foreign
from ledgers.problems import FAIL, NOTHING, POLICY, USAGE, Refused
from ledgers.table import Row
from runtime_c.build import BuildError, build_freestanding
from tests.corpus.programs import PROGRAMS, ROOT, Program
from tests.guard import check, functions, golden, memory, profiles, states, sweep
from tests.guard import stamp as stamps
from tests.guard.corpus import Wrong, behaves, cases, each, label
from tests.heavy.results import commit, record, today

KEPT = 40  # guards whose rows stay in ledgers/heavy; git has the older ones


class Guard:
    """One run; `wrong` is what it found."""

    def __init__(self, programs: list[Program], folder: pathlib.Path, jobs: int, *, whole: bool) -> None:
        self.programs, self.folder = programs, folder
        self.whole = whole
        self.work = states.Work(cases(programs), folder, jobs)
        self.notes: list[str] = []
        self.counts: functions.Counts = {}

    @property
    def wrong(self) -> list[str]:
        return self.work.wrong

    def say(self, name: str, note: str) -> None:
        self.notes.append(f"{name}: {note}")
        print(f"{name:10} {note}", flush=True)

    def run(self, bless: bool, chosen: list[str]) -> None:
        """The states, the outputs, the functions."""
        for name, (state, _) in states.STATES.items():
            if self.whole or not chosen or name in chosen or name == "cold":
                self.say(name, state(self.work))
        made = [case for case in self.work.cases if case.name in self.work.cold]
        ends = each(made, lambda case: behaves(case, self.work.images / case.name), self.work.jobs)
        self.work.report("golden", [said for said in ends if said])
        self.say("golden", f"{len(made)} executables run")
        complete = [program for program in self.programs if len([c for c in made if c.program is program]) == 2]
        self.counts = functions.count(self.work.images, complete)
        everything = len(complete) == len(PROGRAMS)
        if bless and everything:
            functions.bless(ROOT, self.counts)
        self.wrong.extend(functions.judge(ROOT, self.counts, whole=everything))
        sums = functions.totals(self.counts)
        self.say("functions", ", ".join(f"{number} at {level}" for level, number in sums.items()))


def run(options: argparse.Namespace) -> int:
    programs = [p for p in PROGRAMS if not options.programs or label(p.path) in options.programs]
    stems = {label(program.path) for program in programs}
    if missing := set(options.programs) - stems:
        print(f"no program of the corpus is named {', '.join(sorted(missing))}", file=sys.stderr)
        return USAGE
    whole = not options.programs and not options.states
    try:
        last, damage = stamps.current(str(ROOT)), ""
    except stamps.BadStamp as bad:
        last, damage = None, str(bad)
    try:
        then, unmeasured = memory.before(ROOT, options.before, last.commit if last else ""), ""
    except memory.Unmeasured as why:
        then, unmeasured = "", f"unmeasured: {why}"
        if options.before:
            print(f"--before {options.before}: {why}", file=sys.stderr)
            return USAGE
    tree, files = commit(ROOT), stamps.inputs(str(ROOT))
    build_freestanding()
    with tempfile.TemporaryDirectory(prefix="zero-guard-") as name:
        guard = Guard(programs, pathlib.Path(name), options.jobs, whole=whole)
        guard.run(options.bless, options.states)
        if options.bless:
            files[functions.PATH] = stamps.inputs(str(ROOT))[functions.PATH]
        rows: list[Row] = []
        if whole:
            rows, unread = measured(guard, then, options.before, stamps.identity(files), tree)
            unmeasured = unmeasured or unread
            guard.say("memory", unmeasured or f"before is {then[:12]}")
        if stamps.inputs(str(ROOT)) != files:
            guard.wrong.append("the tree changed while it was guarded; run it again")
        if guard.wrong:
            print("\n".join(guard.wrong), file=sys.stderr)
            print(f"{len(guard.wrong)} findings; no stamp", file=sys.stderr)
            return FAIL
        if not guard.whole:
            print(f"nothing is wrong with {len(programs)} programs; a part of the guard gets no stamp")
            return 0
        moved = damage or golden.moved(last, guard.work.cold)
        finish(guard, files, tree, rows, unmeasured or then[:12], moved)
    return 0


def measured(guard: Guard, then: str, named: str, identity: str, tree: str) -> tuple[list[Row], str]:
    """The rows of memory after and, with a commit `then`, before; and why there are none of before.

    What an earlier guard measured of that very compiler is found in the store, and both sides are kept there.  An
    older compiler may refuse today's programs, which is a finding only where that commit was asked for.
    """
    try:
        after = memory.measure(ROOT, ROOT, guard.folder)
    except (Wrong, Unavailable) as why:
        guard.wrong.append(f"memory: {why}")
        return [], "unmeasured"
    rows, old, unmeasured = memory.rows(identity, "after", tree, after), {}, ""
    with contextlib.suppress(memory.Unmeasured):
        if not memory.differs(ROOT, "HEAD"):  # the next guard's before
            profiles.keep(ROOT, "HEAD", after)
    if then:
        try:
            old = before(guard, then)
            rows += memory.rows(identity, "before", then[:12], old)
        except (memory.Unmeasured, Wrong, Unavailable) as why:
            unmeasured = f"unmeasured: {then[:12]}: {why}"
            if named:
                guard.wrong.append(f"memory: {named}: {why}")
    print("\n".join(memory.table(old, after)))
    return rows, unmeasured


def before(guard: Guard, then: str) -> dict[str, list[Phase]]:
    """The phases of a commit's compiler: measured by an earlier guard, else now.  Errors: as `memory.measure`."""
    if found := profiles.find(ROOT, then):
        print(f"{'before':10} {then[:12]} was measured by an earlier guard: found in the store", flush=True)
        return found
    with memory.worktree(ROOT, then, guard.folder / "before") as checkout:
        old = memory.measure(ROOT, checkout, guard.folder)
    profiles.keep(ROOT, then, old)
    return old


def finish(guard: Guard, files: dict[str, str], tree: str, rows: list[Row], compared: str, moved: str) -> None:
    """The rows in the ledgers, then the stamp and its executables: the stamp comes last and only after all else."""
    stamp = stamps.Stamp(f"{today()} at {tree}", stamps.host(), files)
    stamp.notes = [*guard.notes, f"moved: {moved}"]
    cpu = round(sweep.cpu_s())
    row: Row = {"guard": stamp.id, "executables": len(guard.work.cold), "moved": moved, "before": compared}
    keep(row | functions.totals(guard.counts) | {"cpu_s": cpu, "commit": tree, "date": today()}, rows)
    golden.keep(ROOT, stamp, guard.work.cold)
    print(f"stamp {stamp.id}: {moved}; {cpu} s CPU")


def keep(row: Row, rows: list[Row]) -> None:
    """Put a guard's rows into ledgers/heavy, over those of the same tree; the oldest guards' rows go."""
    others = [each for each in foreign.load(ROOT, "guard").rows if each["guard"] != row["guard"]]
    others.sort(key=lambda each: (str(each["date"]), str(each["guard"])), reverse=True)
    kept = frozenset(str(each["guard"]) for each in others[: KEPT - 1])
    # A second guard of the same tree may measure fewer phases than the first: none of the first's rows stays.
    record("guard-memory", [], ROOT, kept)
    record("guard-memory", rows, ROOT, kept | {str(row["guard"])})
    record("guard", [row], ROOT, kept | {str(row["guard"])})


def against(options: argparse.Namespace) -> int:
    try:
        stamp = stamps.load(str(ROOT), options.stamp) if options.stamp else stamps.current(str(ROOT))
    except stamps.BadStamp as bad:
        known = ", ".join(golden.stamped(ROOT)) or "none"
        print(f"{bad}\nstamps here: {known}", file=sys.stderr)
        return USAGE if options.stamp else POLICY
    if stamp is None:
        print("there is no guard stamp here\nrun: invoke guard", file=sys.stderr)
        return NOTHING
    with tempfile.TemporaryDirectory(prefix="zero-against-") as name:
        try:
            compared = golden.against(ROOT, stamp, pathlib.Path(name), jobs=options.jobs)
        except stamps.BadStamp as bad:
            print(bad, file=sys.stderr)
            return POLICY
    other = [each for each in compared if each.how != "same" or each.wrong]
    for each_one in other:
        print(f"{each_one.case}: {each_one.how}" + (f"\n  WRONG {each_one.wrong}" if each_one.wrong else ""))
    wrong = sum(bool(each.wrong) for each in compared)
    same = len(compared) - len(other)
    print(f"{stamp.id} ({stamp.made}) against today: {same} executables the same, {len(other)} other")
    return FAIL if wrong else 0


def part(name: str, outcome: tuple[int, list[str]], budget: int = 0) -> int:
    """Say how a smoke or a sweep ended."""
    count, wrong = outcome
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
    used = sweep.cpu_s()
    over = f", more than its {budget} s" if budget and used > budget else ""
    print(f"{name}: {count} runs, {len(wrong)} wrong; {used:.1f} s CPU{over}")
    return FAIL if wrong else 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.guard")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("run")
    verb.add_argument("--before", default="", help="the commit that memory is compared with")
    verb.add_argument("--bless", action="store_true", help="rewrite the counts of functions")
    verb.add_argument("--programs", nargs="*", default=[], help="only these programs, by name")
    verb.add_argument("--states", nargs="*", default=[], choices=states.STATES, help="only these states of the store")
    verb.add_argument("--jobs", type=int, default=1)
    verbs.add_parser("check")
    verb = verbs.add_parser("against")
    verb.add_argument("--stamp", default="")
    verb.add_argument("--jobs", type=int, default=1)
    verb = verbs.add_parser("smoke")
    verb.add_argument("--jobs", type=int, default=1)
    verb = verbs.add_parser("sweep")
    verb.add_argument("tag")
    verb.add_argument("--repeat", type=int, default=0, help="so many more runs of each released executable")
    verb.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args(arguments)
    try:
        match options.verb:
            case "run":
                return run(options)
            case "check":
                return check.main(str(ROOT))
            case "against":
                return against(options)
            case "smoke":
                return part("smoke", sweep.smoke(options.jobs), sweep.BUDGET_S)
            case _:
                return part(options.tag, sweep.sweep(options.tag, repeat=options.repeat, jobs=options.jobs))
    except sweep.BadTag as bad:
        print(bad, file=sys.stderr)
        return USAGE
    except Refused as refused:
        print(refused.problems[0], file=sys.stderr)
        return POLICY
    except (Wrong, BuildError) as wrong:
        print(wrong, file=sys.stderr)
        return FAIL


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
