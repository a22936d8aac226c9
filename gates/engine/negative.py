"""Negative fixtures: each names the one code it must raise, and is held to exactly that.

A fixture is a folder `fixtures/gates/negative/<CODE>-<slug>/` with a `case.yaml` (what it shows, and what
is run) and files that are laid over a small sound project, `fixtures/gates/base/`.  The base itself must
raise nothing: it is the control.  A new fixture is a new folder.  Knows no particular code.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from gates.engine import inputs, run
from gates.engine.project import open_project
from gates.engine.spec import load_yaml
from gates.engine.verdict import PASS, WAIVED
from ledgers.problems import KINDS, Problem, Refused
from ledgers.table import read_text

FOLDER = "fixtures/gates/negative"
BASE = "fixtures/gates/base"
CASE = "case.yaml"
STEPS = ("run", "run twice", "drill")
AS_OF = date(2026, 1, 1)  # fixtures carry dates of their own


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    code: str
    says: str
    step: str
    also: tuple[str, ...]  # codes that cannot but come with it
    raised: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return self.raised == tuple(sorted({self.code, *self.also}))

    def as_dict(self) -> dict[str, Any]:
        raised = list(self.raised)
        return {"fixture": self.name, "code": self.code, "says": self.says, "raised": raised, "holds": self.holds}


def cases(root: Path) -> list[Case]:
    """Run every fixture, the control first."""
    folders = sorted(path for path in (root / FOLDER).glob("*") if path.is_dir())
    return [try_case(root, folder) for folder in folders]


def try_case(root: Path, folder: Path) -> Case:
    shown = f"{FOLDER}/{folder.name}/{CASE}"
    document, _ = load_yaml(read_text(folder / CASE, shown), shown)
    if not isinstance(document, dict) or set(document) - {"also"} != {"says", "step"} or document["step"] not in STEPS:
        what = f"a case has `says`, `step` (one of: {', '.join(STEPS)}) and perhaps `also`"
        raise Refused(Problem("GATE_SCHEMA", shown, 1, 1, what))
    code = folder.name.partition("-")[0]
    raised = raise_codes(root, folder, document["step"])
    return Case(folder.name, code, document["says"], document["step"], tuple(document.get("also", ())), raised)


def raise_codes(root: Path, folder: Path | None, step: str = "run") -> tuple[str, ...]:
    """The codes that the base project raises with this folder laid over it, sorted."""
    with tempfile.TemporaryDirectory(prefix="zero-negative-") as scratch:
        base = Path(scratch) / "project"
        shutil.copytree(root / BASE, base)
        copy_schemas(root, base)
        if step == "run twice":
            outcome_codes(base)
        if folder is not None:
            shutil.copytree(folder, base, dirs_exist_ok=True, ignore=shutil.ignore_patterns(CASE))
        inputs.forget()
        return outcome_codes(base) if step != "drill" else drill_codes(base)


def copy_schemas(root: Path, base: Path) -> None:
    """The schemas of the engine's own ledgers; those of a project's subject stay behind."""
    (base / "schemas").mkdir(exist_ok=True)
    for file in sorted((root / "schemas").glob("*.json")):
        document = json.loads(file.read_text("utf-8"))
        if document.get("x-path", "").count("/") <= 1 and (file.name.startswith("ledger.") or file.name == "gate.json"):
            shutil.copy2(file, base / "schemas" / file.name)


def outcome_codes(base: Path) -> tuple[str, ...]:
    try:
        project = open_project(base)
        outcome = run.run(project, project.built(), run.Options(as_of=AS_OF, jobs=1, quiet=True))
    except Refused as refused:
        return tuple(sorted({problem.code for problem in refused.problems}))
    codes = {problem.code for problem in outcome.problems}
    for judgement in outcome.judgements.values():
        codes |= {problem.code for problem in judgement.problems}
        codes |= {each.outcome.code for each in judgement.findings if each.verdict not in (PASS, WAIVED)}
    # A collector that failed leaves its checks without rows; that is the consequence, not the cause.
    return tuple(sorted(codes - {"NO_ROWS"} if len(codes) > 1 else codes))


def drill_codes(base: Path) -> tuple[str, ...]:
    from gates.engine.drill import drill

    try:
        project = open_project(base)
        for _ in drill(project, project.tables["drills"].rows, 1, lambda *_: None):
            pass
    except Refused as refused:
        return tuple(sorted({problem.code for problem in refused.problems}))
    return ()


def gaps(found: list[Case]) -> list[Problem]:
    """Fixtures that do not raise their code, and codes without a fixture."""
    problems = [
        Problem("NEGATIVE_NOT_RAISED", f"{FOLDER}/{case.name}", 1, 1, f"it raised {' '.join(case.raised) or 'nothing'}")
        for case in found
        if not case.holds
    ]
    shown = {case.code for case in found}
    problems += [
        Problem("NEGATIVE_MISSING", FOLDER, 1, 1, f"no fixture raises {kind.code}")
        for kind in KINDS.values()
        if kind.code not in shown and not kind.shown_by
    ]
    problems += [
        Problem("NEGATIVE_NOT_RAISED", f"{FOLDER}/{case.name}", 1, 1, f"{case.code} is no code of the harness")
        for case in found
        if case.code not in KINDS or not re.fullmatch(r"[A-Z0-9_]+-[a-z0-9-]+", case.name)
    ]
    return problems
