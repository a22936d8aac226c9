"""Write what a run found as one document, and recompute its verdicts from that document alone.

`result.json` fits schemas/result.json.  It holds specs and rows, so `replay` needs neither the compiler
nor the evidence folder.  It holds no time of its own: rendered twice, it gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gates.engine import drill, inputs, seal, spec
from gates.engine.judge import judge
from gates.engine.negative import Case
from gates.engine.project import Project, version
from gates.engine.run import Outcome
from gates.engine.verdict import FAILED, PASS, WAIVED, Finding, Judgement, worst
from ledgers.problems import Problem, Refused
from ledgers.table import Row, read_text, write_text


def folder(root: Path) -> Path:
    return root / "reports" / "out" / version(root)


def document(outcome: Outcome, negatives: list[Case], more: list[Problem]) -> dict[str, Any]:
    """Everything a report shows."""
    project = outcome.project
    gates = [gate_document(outcome, name) for name in ordered(project)]
    dates = [each.collected for found in outcome.evidence.values() for each in found.values()]
    drills = drill_documents(project)
    named = sorted({name for gate in project.gates.values() for name in gate.ledgers})
    return {
        "format": 1,
        "version": version(project.root),
        "commit": inputs.commit(project.root),
        "host": inputs.host_class(),
        "evidence_date": max(dates, default=""),
        "verdict": verdict_document(outcome, more),
        "gates": gates,
        "milestones": [milestone_document(row, gates) for row in project.tables["milestones"].rows],
        "rows": [
            {**row, "collector": collector}
            for _, found in sorted(outcome.evidence.items())
            for collector, each in sorted(found.items())
            for row in each.rows
        ],
        "waivers": [
            {**row, "state": outcome.waivers.get(str(row["waiver"]), "not-judged")}
            for row in project.tables["waivers"].rows
        ],
        "drills": drills,
        "kill_score": kill_score(drills),
        "trials": [trial for name in sorted(outcome.judgements) for trial in trials(outcome, name)],
        "negatives": [case.as_dict() for case in negatives],
        "claims": outcome.claims,
        "ledgers": {name: project.tables[name].rows for name in named if name in project.tables},
        "problems": [problem.as_dict() for problem in [*outcome.problems, *more]],
    }


def ordered(project: Project) -> list[str]:
    """By milestone, needs before what needs them; standing gates last."""
    depth: dict[str, int] = {}

    def measure(name: str) -> int:
        if name not in depth:
            depth[name] = 1 + max((measure(need) for need in project.gates[name].needs), default=-1)
        return depth[name]

    def key(name: str) -> tuple[int, int, str]:
        milestone = project.gates[name].milestone
        return (99 if milestone is None else milestone, measure(name), name)

    return sorted(project.gates, key=key)


def gate_document(outcome: Outcome, name: str) -> dict[str, Any]:
    project = outcome.project
    gate, row = project.gates[name], project.row(name)
    judgement = outcome.judgements.get(name)
    kinds = {str(each["collector"]): each["kind"] for each in project.tables["collectors"].rows}
    collections = [
        {
            "collector": collector,
            "kind": kinds[collector],
            "inputs": each.inputs,
            "commit": each.commit,
            "host": each.host,
            "collected": each.collected,
            "origin": each.origin,
            "command": each.command,
            "time_s": each.time_s,
            "memory_mb": each.memory_mb,
            "rows": len(each.rows),
            "digest": each.digest,
            "skipped": each.skipped,
        }
        for collector, each in sorted(outcome.evidence.get(name, {}).items())
    ]
    return {
        "gate": name,
        "milestone": gate.milestone,
        "title": gate.title,
        "claim": gate.claim,
        "owner": gate.owner,
        "tier": gate.tier,
        "because": gate.because,
        "needs": list(gate.needs),
        "status": row["status"],
        "aliases": row["aliases"],
        "verdict": judgement.verdict if judgement else None,
        "reason": judgement.reason if judgement else "",
        "budget": {"time_s": gate.time_s, "memory_mb": gate.memory_mb},
        "spec": gate.document,
        "spec_digest": f"sha256:{hashlib.sha256(seal.canonical(gate.document).encode()).hexdigest()}",
        "findings": [finding_document(each) for each in judgement.findings] if judgement else [],
        "problems": [problem.as_dict() for problem in judgement.problems] if judgement else [],
        "collections": collections,
        "negatives": list(gate.negatives),
        "reports": list(gate.reports),
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    outcome = finding.outcome
    return {
        "check_id": finding.check_id,
        "check": finding.check,
        "says": finding.says,
        "collector": finding.collector,
        "metric": finding.metric,
        "unit": finding.unit,
        "rows": finding.rows,
        "verdict": finding.verdict,
        "judged": outcome.verdict,
        "code": outcome.code,
        "measured": outcome.measured,
        "wanted": outcome.wanted,
        "value": outcome.value,
        "budget": outcome.budget,
        "interval": list(outcome.interval) if outcome.interval else None,
        "witness": outcome.witness,
        "details": list(outcome.details),
        "waiver": finding.waiver,
    }


def milestone_document(row: Row, gates: list[dict[str, Any]]) -> dict[str, Any]:
    """A milestone is as good as its worst gate, once all of them are claimed."""
    own = [gate for gate in gates if gate["milestone"] == row["milestone"]]
    claimed = [gate for gate in own if gate["status"] == "claimed"]
    words = [gate["verdict"] or "unmeasured" for gate in claimed]
    state = "planned" if not claimed else "partly claimed" if len(claimed) < len(own) else worst(words)
    return {**row, "gates": [gate["gate"] for gate in own], "claimed": len(claimed), "state": state}


def verdict_document(outcome: Outcome, more: list[Problem]) -> dict[str, Any]:
    project = outcome.project
    words = [each.verdict for each in outcome.judgements.values()]
    word = worst(words)
    if word in (PASS, WAIVED) and (outcome.problems or more):
        word = FAILED
    roadmap = [name for name, gate in project.gates.items() if gate.milestone is not None]
    claimed = [name for name in roadmap if project.status(name) == "claimed"]
    text = f"{word}, {len(claimed)} of {len(roadmap)} claimed"
    return {
        "word": word,
        "status": outcome.status_with(more),
        "text": text,
        "next": next_step(outcome, more),
        "claimed": len(claimed),
        "total": len(roadmap),
        "closure": outcome.closure,
        "missing": [name for name in ordered(project) if name in outcome.missing],
    }


def next_step(outcome: Outcome, more: list[Problem]) -> str:
    """The one thing to do now."""
    for name, judgement in outcome.judgements.items():
        if judgement.verdict not in (PASS, WAIVED):
            if judgement.problems:
                problem = judgement.problems[0]
                return f"{problem.place}: {problem.kind.help}"
            finding = next((each for each in judgement.findings if each.verdict not in (PASS, WAIVED)), None)
            what = f"{finding.check_id} is {finding.verdict}" if finding else judgement.reason
            return f"make {name}-check: {what}"
    for problem in [*outcome.problems, *more]:
        return f"{problem.place}: {problem.kind.help}"
    score = kill_score(drill_documents(outcome.project))
    if score["kills"] < score["checks"] or score["stale"]:
        return "make drill: show that every check can still fail"
    missing = [name for name in ordered(outcome.project) if name in outcome.missing]
    return f"build and claim the gate {missing[0]}" if missing else "tag the release"


def drill_documents(project: Project) -> list[dict[str, Any]]:
    stored = {(each.gate, each.check): each for each in drill.load(project)}
    found = []
    for row in project.tables["drills"].rows:
        result = stored.get((str(row["gate"]), str(row["check"])))
        found.append(
            {
                "gate": row["gate"],
                "check": row["check"],
                "breaks": row["breaks"],
                "why": row["why"],
                "outcome": result.outcome if result else "not-run",
                "detail": result.detail if result else "",
                "date": result.date if result else "",
                "is_stale": result.is_stale if result else False,
            }
        )
    return found


def kill_score(drills: list[dict[str, Any]]) -> dict[str, int]:
    return {
        "kills": sum(each["outcome"] == "killed" for each in drills),
        "checks": len(drills),
        "stale": sum(bool(each["is_stale"]) for each in drills),
        "not_run": sum(each["outcome"] == "not-run" for each in drills),
    }


def trials(outcome: Outcome, name: str) -> list[dict[str, Any]]:
    rows = {key: each.rows for key, each in outcome.evidence.get(name, {}).items()}
    return drill.trials(outcome.judgements[name], outcome.project.gates[name], rows)


def write(root: Path, result: Mapping[str, Any]) -> Path:
    """Write the document where the report looks for it."""
    from jsonschema import Draft202012Validator

    schema = json.loads(read_text(root / "schemas" / "result.json", "schemas/result.json"))
    Draft202012Validator(schema).validate(result)
    path = folder(root) / "result.json"
    write_text(path, seal.canonical(result), str(path.relative_to(root)))
    return path


def replay(result: Mapping[str, Any], name: str = "") -> tuple[dict[str, Judgement], list[Problem]]:
    """Judge again from the document's own specs and rows; the problems are verdicts that differ."""
    judgements: dict[str, Judgement] = {}
    problems: list[Problem] = []
    for stored in result["gates"]:
        if stored["verdict"] is None or (name and stored["gate"] != name):
            continue
        gate = spec.build(stored["spec"], f"gates/{stored['gate']}.yaml")
        rows: dict[str, list[Row]] = {}
        for row in result["rows"]:
            if row["gate"] == gate.name:
                rows.setdefault(row["collector"], []).append(row)
        skipped = {each["collector"]: each["skipped"] for each in stored["collections"]}
        judgement = judge(gate, rows, skipped)
        judgements[gate.name] = judgement
        again = [(each.check_id, each.outcome.verdict, each.outcome.measured) for each in judgement.findings]
        said = [(each["check_id"], each["judged"], each["measured"]) for each in stored["findings"]]
        for one, other in zip(again, said, strict=False):
            if one != other:
                text = f"{one[0]}: rows and spec give {one[1]} ({one[2]}), the result says {other[1]} ({other[2]})"
                problems.append(Problem("REPLAY_DIFFERS", gate.path, 1, 1, text))
        if len(again) != len(said) and stored["findings"]:
            problems.append(Problem("REPLAY_DIFFERS", gate.path, 1, 1, "the checks are not the same"))
    return judgements, problems


def read(root: Path) -> dict[str, Any]:
    path = folder(root) / "result.json"
    shown = str(path.relative_to(root))
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Refused(Problem("EVIDENCE_MISSING", shown, 1, 1, "no run wrote a result yet")) from None
    except (OSError, ValueError) as error:
        raise Refused(Problem("EVIDENCE_DAMAGED", shown, 1, 1, str(error).split("\n")[0])) from None
    return dict(found)
