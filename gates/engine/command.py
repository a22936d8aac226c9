"""What the tasks call: each function is a verb, prints for people and returns an exit status.

The one boundary where refusals become text.  Everything that decides lies in the modules beside it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

from ledgers.problems import FAIL, USAGE, Problem, Refused, shorten, worst_status

Parameters = ParamSpec("Parameters")
RELEASE = "release"


def verb(function: Callable[Parameters, int]) -> Callable[Parameters, int]:
    """Turn a refusal into its messages and its status; never a traceback for a bad file."""

    @wraps(function)
    def wrapped(*arguments: Parameters.args, **named: Parameters.kwargs) -> int:
        try:
            return function(*arguments, **named)
        except Refused as refused:
            show_problems(refused.problems)
            return worst_status(problem.kind.status for problem in refused.problems)
        except BrokenPipeError:
            # The reader went away; what is left to say has nobody to hear it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0

    return wrapped


def show_problems(problems: tuple[Problem, ...] | list[Problem]) -> None:
    sys.stdout.flush()
    for problem in problems:
        print(problem, file=sys.stderr)


def parse_date(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(Problem("USAGE", "--as-of", 1, 1, f"{shorten(text)!r} is no date like 2026-11-21")) from None


@verb
def gate(
    root: Path,
    name: str,
    *,
    refresh: bool = False,
    closure: bool = False,
    as_of: str = "",
    jobs: int = 0,
    replay: bool = False,
) -> int:
    """Collect what is stale, judge, write the result, show it."""
    from gates.engine import run, spec
    from gates.engine.project import open_project

    if closure and name != RELEASE:
        raise Refused(Problem("USAGE", "--closure", 1, 1, "only release can be asked for closure"))
    if jobs < 0:
        raise Refused(Problem("USAGE", "--jobs", 1, 1, f"{jobs} is no number of jobs"))
    options = run.Options(refresh=refresh, jobs=jobs, as_of=parse_date(as_of), closure=closure)
    if replay:
        return replay_result(root, "" if name == RELEASE else name)
    project = open_project(root)
    if name != RELEASE:
        resolved = spec.resolve(name, project.tables)
        if resolved not in project.gates:
            text = f"there is no gate named {shorten(name)!r}"
            raise Refused(Problem("GATE_UNKNOWN", f"gates/{shorten(name)}.yaml", 1, 1, text))
        if project.status(resolved) == "planned":
            text = f"{resolved} is planned (milestone {project.gates[resolved].milestone})"
            raise Refused(Problem("GATE_NOT_CLAIMED", project.gates[resolved].path, 1, 1, text))
        outcome = run.run(project, [resolved], options)
        show(outcome)
        show_problems(outcome.problems)
        return outcome.status
    return judge_all(root, options)


def judge_all(root: Path, options: Any) -> int:
    """Judge every built gate and the negative fixtures; write the result."""
    from gates.engine import negative, result, run
    from gates.engine.history import taken_back
    from gates.engine.project import open_project

    project = open_project(root)
    outcome = run.run(project, project.built(), options)
    cases = negative.cases(root)
    gaps = [*negative.gaps(cases), *taken_back(root, project.tables["gates"])]
    document = result.document(outcome, cases, gaps)
    path = result.write(root, document)
    show(outcome)
    show_problems([*outcome.problems, *gaps])
    verdict = document["verdict"]
    print(f"{verdict['text']}; result: {path.relative_to(root)}")
    print(f"next: {verdict['next']}")
    return outcome.status_with(gaps)


def show(outcome: Any) -> None:
    """One line a gate, then where its rows came from and each finding that does not hold."""
    from gates.engine.evidence import STORE
    from gates.engine.verdict import PASS

    for name, judgement in outcome.judgements.items():
        held = sum(finding.verdict == PASS for finding in judgement.findings)
        print(f"{judgement.verdict:<13} {name}  ({held} of {len(judgement.findings)} checks hold)")
        if judgement.reason:
            print(f"              {judgement.reason}")
        for collector, each in outcome.evidence.get(name, {}).items():
            if each.origin == STORE:
                print(
                    f"              {collector}: found in the store, collected {each.collected} at {each.commit[:12]}"
                )
        for finding in judgement.findings:
            if finding.verdict == PASS:
                continue
            waived = f", waived by {finding.waiver}" if finding.waiver else ""
            print(f"  {finding.verdict}: {finding.check_id} [{finding.outcome.code}{waived}]: {finding.says}")
            print(f"      measured {finding.outcome.measured}; wanted {finding.outcome.wanted}")
        show_problems(judgement.problems)
    for alarm in outcome.alarms:
        print(f"alarm: {alarm}")


@verb
def list_gates(root: Path) -> int:
    """Every gate with its status and the verdict of the evidence at hand."""
    from gates.engine import result, run
    from gates.engine.project import open_project

    project = open_project(root)
    outcome = run.run(project, project.built(), run.Options(collect=False))
    for name in result.ordered(project):
        gate = project.gates[name]
        milestone = "standing" if gate.milestone is None else f"M{gate.milestone}"
        judgement = outcome.judgements.get(name)
        word = judgement.verdict if judgement else ""
        print(f"{milestone:<9} {project.status(name):<9} {word:<13} {name}: {gate.title}".rstrip())
    return 0


@verb
def check_ledgers(root: Path) -> int:
    """Read everything that people own."""
    from gates.engine.history import taken_back
    from gates.engine.project import open_project

    project = open_project(root)
    problems = [problem for found in project.judged.values() for problem in found]
    problems += taken_back(root, project.tables["gates"])
    problems = list(dict.fromkeys(problems))
    if problems:
        raise Refused(problems)
    rows = sum(len(table.rows) for table in project.tables.values())
    print(f"{len(project.tables)} ledgers with {rows} rows and {len(project.gates)} gate files are sound")
    return 0


@verb
def report(root: Path) -> int:
    """Judge the evidence at hand and write the result; collects nothing."""
    from gates.engine import run

    return judge_all(root, run.Options(collect=False))


@verb
def drill(root: Path, *, gate: str = "", check: str = "") -> int:
    """Run the drills and print the kill score; 3 below 100 %."""
    from gates.engine import drill as engine
    from gates.engine import result, spec
    from gates.engine.live import Live
    from gates.engine.project import open_project

    project = open_project(root)
    gate = spec.resolve(gate, project.tables)
    rows = [
        row
        for row in project.tables["drills"].rows
        if (not gate or row["gate"] == gate) and (not check or row["check"] == check)
    ]
    if not rows:
        text = f"no drill of gate {shorten(gate)!r}, check {shorten(check)!r}"
        raise Refused(Problem("USAGE", "--gate", 1, 1, text))
    found: list[engine.Result] = []
    try:
        with Live(len(rows)) as live:
            # Appended one by one, so that what is known outlives a drill that cannot be applied.
            for each in engine.drill(project, rows, max(1, (os.cpu_count() or 2) // 2), live.report):
                found.append(each)
    finally:
        engine.save(project, found)
    for each in found:
        if each.outcome != "killed":
            print(f"survived: {each.gate}/{each.check}: {each.detail}")
    score = result.kill_score(result.drill_documents(project))
    share = score["kills"] / score["checks"]
    print(f"kill score: {score['kills']} of {score['checks']} checks of built gates, {share:.0%}")
    if score["stale"] or score["not_run"]:
        print(f"of these, {score['stale']} are stale and {score['not_run']} were not run")
    return 0 if all(each.outcome == "killed" for each in found) and (gate or check or share == 1) else FAIL


def replay_result(root: Path, name: str) -> int:
    """Recompute the verdicts of the stored result from its rows and specs alone."""
    from gates.engine import result

    judgements, problems = result.replay(result.read(root), name)
    if not judgements:
        raise Refused(Problem("EVIDENCE_MISSING", f"gates/{name}.yaml", 1, 1, "the stored result has no such verdict"))
    if problems:
        raise Refused(problems)
    for each, judgement in judgements.items():
        print(f"{judgement.verdict:<13} {each}: recomputed from its rows and spec")
    return worst_status(judgement.status for judgement in judgements.values())


__all__ = ["USAGE", "check_ledgers", "drill", "gate", "list_gates", "report"]
