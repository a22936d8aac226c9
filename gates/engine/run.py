"""One run: plan, collect what is stale, judge, waive, resolve claims.

The only part that puts the others together; each step is a module beside this one.  It has the clock
(waivers) and the processes (collectors); the judge has neither.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from gates.engine import claims, collecting, evidence, inputs, plan, shelf
from gates.engine.evidence import Evidence
from gates.engine.judge import judge
from gates.engine.live import Live
from gates.engine.project import Project
from gates.engine.verdict import PASS, VERDICTS, WAIVED, Judgement
from gates.engine.waive import State, waive
from ledgers.problems import INCONCLUSIVE, Problem, Refused, worst_status


@dataclass(slots=True)
class Outcome:
    """All that a run found."""

    project: Project
    judgements: dict[str, Judgement]
    evidence: dict[str, dict[str, Evidence]] = field(default_factory=dict)  # gate -> collector
    problems: list[Problem] = field(default_factory=list)  # of waivers and claims: policy
    waivers: State = field(default_factory=dict)
    claims: list[dict[str, Any]] = field(default_factory=list)
    closure: bool = False
    alarms: list[str] = field(default_factory=list)  # verdicts that the same inputs did not give before

    @property
    def missing(self) -> list[str]:
        """Gates of the roadmap that are not claimed yet."""
        return sorted(name for name in self.project.gates if self.project.status(name) == "planned")

    @property
    def status(self) -> int:
        return self.status_with([])

    def status_with(self, more: list[Problem]) -> int:
        """The exit status of the run, given further problems."""
        statuses = [problem.kind.status for problem in more]
        statuses += [judgement.status for judgement in self.judgements.values()]
        statuses += [problem.kind.status for problem in self.problems]
        if self.closure and self.missing:
            statuses.append(INCONCLUSIVE)
        if not self.judgements:
            statuses.append(VERDICTS["unmeasured"].status)
        return worst_status(statuses)


@dataclass(frozen=True, slots=True)
class Options:
    refresh: bool = False
    collect: bool = True  # without it, only the evidence at hand is judged
    jobs: int = 0
    as_of: date | None = None
    closure: bool = False
    quiet: bool = False


def run(project: Project, wanted: list[str], options: Options) -> Outcome:
    """Judge the wanted gates and all they need."""
    order = [name for name in plan.plan(project.gates, wanted) if project.status(name) != "planned"]
    broken: dict[str, list[Problem]] = {name: list(project.judged.get(name, ())) for name in order}
    kept = shelf.at(project.root) if options.collect else None
    if options.collect:
        gather(project, order, options, broken, kept)
    outcome = Outcome(project, {}, closure=options.closure)
    for name in order:
        outcome.judgements[name] = judge_gate(project, name, outcome, broken[name])
    if kept is not None:
        for name, judgement in outcome.judgements.items():
            outcome.alarms += kept.compare(judgement, outcome.evidence.get(name, {}))
    day = options.as_of or datetime.now(UTC).date()
    waiver_problems, outcome.waivers = waive(outcome.judgements, project.tables["waivers"], day)
    rows = {name: {key: each.rows for key, each in found.items()} for name, found in outcome.evidence.items()}
    outcome.claims, claim_problems = claims.resolve(project.tables["claims"], outcome.judgements, rows)
    outcome.problems = waiver_problems + claim_problems
    return outcome


def gather(
    project: Project, order: list[str], options: Options, broken: dict[str, list[Problem]], kept: shelf.Shelf | None
) -> None:
    """Collect what is missing or stale; surveys come last, since they read what the others wrote.

    What an earlier run on such a host collected for the same inputs is taken from the store, but for `refresh`.
    """
    table = project.tables["collectors"]
    surveys = {str(row["collector"]) for row in table.rows if row["kind"] == "survey"}
    for last in (False, True):
        works: list[collecting.Work] = []
        more = evidence_digests(project) if last else ()
        for name in order:
            if not any((collector in surveys) == last for collector in project.gates[name].collect):
                continue
            try:
                found = collecting.needed(project.root, project.gates[name], table, options.refresh, more)
            except Refused as refused:
                broken[name] += refused.problems
                continue
            works += [work for work in found if (work.kind == "survey") == last]
        fresh = []
        with Live(len(works), options.quiet) as live:
            if kept is not None and not options.refresh:
                works = [work for work in works if not kept.take(work, live.report)]
            for work, problems in collecting.collect(project.root, works, jobs(options), live.report):
                broken[work.gate.name] += problems
                fresh += [] if problems else [work]
        if kept is not None and fresh:
            inputs.forget()  # rows of a tree that was edited meanwhile are nobody else's
            for work in fresh:
                if wanted_inputs(project, work.gate.name, str(work.collector["collector"])) == work.inputs:
                    kept.keep(work)


def jobs(options: Options) -> int:
    return options.jobs if options.jobs > 0 else max(1, min(4, os.cpu_count() or 1))


def evidence_digests(project: Project) -> tuple[str, ...]:
    """What a survey depends on besides files: the evidence of every other collector."""
    table = project.tables["collectors"]
    surveys = {str(row["collector"]) for row in table.rows if row["kind"] == "survey"}
    words = []
    for name, gate in sorted(project.gates.items()):
        for collector in gate.collect:
            if collector not in surveys:
                try:
                    facts = evidence.manifest_facts(project.root, name, collector)
                    words.append(f"{name}/{collector} {facts['inputs']} {facts['files']['rows.tsv']['sha256']}")
                except Refused as refused:
                    words.append(f"{name}/{collector} {refused.problems[0].code}")
    return tuple(words)


def judge_gate(project: Project, name: str, outcome: Outcome, problems: list[Problem]) -> Judgement:
    """Judge one gate from its stored evidence, if the gates it needs are green."""
    gate = project.gates[name]
    for need in gate.needs:
        if need in outcome.judgements and outcome.judgements[need].verdict not in (PASS, WAIVED):
            verdict = outcome.judgements[need].verdict
            return Judgement(name, (), problems, reason=f"it needs {need}, which is {verdict}")
    found: dict[str, Evidence] = {}
    stale: list[str] = []
    missing: list[str] = []
    known = {(problem.code, problem.path) for problem in problems}
    for collector in gate.collect:
        try:
            stored = evidence.load(project.root, name, collector)
        except Refused as refused:
            fresh = [each for each in refused.problems if (each.code, each.path) not in known]
            problems += [each for each in fresh if each.code != "EVIDENCE_MISSING"]
            missing += [collector for each in fresh if each.code == "EVIDENCE_MISSING"]
            continue
        if stored.inputs == wanted_inputs(project, name, collector):
            found[collector] = stored
        else:
            stale.append(collector)  # yesterday's rows say nothing about today's tree
    outcome.evidence[name] = found
    rows = {key: each.rows for key, each in found.items()}
    judgement = judge(gate, rows, {key: each.skipped for key, each in found.items()})
    judgement.problems = problems
    if missing and not problems:
        judgement.reason = f"{', '.join(missing)} was not collected yet"
    elif stale and not problems:
        judgement.reason = f"what {', '.join(stale)} depends on has changed since it was collected"
    return judgement


def wanted_inputs(project: Project, gate: str, collector: str) -> str:
    """The digest that current evidence must have."""
    row = next(row for row in project.tables["collectors"].rows if row["collector"] == collector)
    more = evidence_digests(project) if row["kind"] == "survey" else ()
    return inputs.digest(project.root, row, gate, more)
