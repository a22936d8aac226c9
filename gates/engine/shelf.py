"""What runs keep for other checkouts: collected rows and verdicts, in the store of results, through `zero cache`.

    evidence      a sealed folder, under gate, collector, host and the digest of all that the collector depends on
    gate-result   what a gate came to, under the digests of its evidence and of the judge's own files

The judge imports no compiler: it asks the command, and believes nothing that comes back before its own seals, schemas
and facts hold (adr/0024-the-judge-asks-the-store-by-the-command.md).  Without a `zero` in the tree, or with one that
fails, everything is collected.  Drills and `--refresh` never take anything from here.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gates.engine import evidence, inputs, seal
from gates.engine.collecting import Report, Work
from gates.engine.evidence import Evidence
from gates.engine.verdict import Judgement
from ledgers.problems import Refused, shorten

LIMIT_S = 120
EVIDENCE, RESULT = "evidence", "gate-result"
# What a verdict depends on besides the rows.
JUDGE = ("gates/engine/**", "gates/checks/**", "gates/stats/**", "ledgers/**", "schemas/**")


def at(root: Path) -> Shelf | None:
    """The shelf of a tree; None for one without a compiler."""
    return Shelf(root) if os.access(root / "zero", os.X_OK) else None


def key(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode("utf-8")).hexdigest()


class Shelf:
    """The store as a tree's own `zero` finds it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def ask(self, *words: str) -> tuple[int, str]:
        """Status and first line of `zero cache`; -1 when it cannot be run or does not end."""
        try:
            done = subprocess.run(
                [self.root / "zero", "cache", *words], capture_output=True, timeout=LIMIT_S, check=False, cwd=self.root
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return -1, str(error)
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
        return done.returncode, shorten(said.split("\n")[0], 200)

    # Rows

    def take(self, work: Work, report: Report) -> bool:
        """Whether what this collector would measure was found and is now this checkout's evidence."""
        wanted = wanted_facts(work)
        with tempfile.TemporaryDirectory(prefix="zero-shelf-") as folder:
            place = Path(folder) / EVIDENCE
            status, said = self.ask("take", EVIDENCE, evidence_key(wanted), str(place))
            if status == 1:
                return False
            try:
                stored = evidence.accept(self.root, place, wanted) if status == 0 else None
            except Refused as refused:
                stored, said = None, str(refused.problems[0].text)
        if stored is None:
            report(work.name, f"what the store has cannot be used: {said}")
            return False
        report(work.name, f"found in the store, collected {stored.collected} at {stored.commit[:12]}")
        return True

    def keep(self, work: Work) -> None:
        """Keep what a collector has just brought; rows that leave a metric out stay here."""
        wanted = wanted_facts(work)
        gate, collector = wanted["gate"], wanted["collector"]
        if evidence.is_whole(evidence.load(self.root, gate, collector)):
            place = self.root / evidence.shown(gate, collector)
            self.ask("keep", EVIDENCE, evidence_key(wanted), str(place))

    # Verdicts

    def compare(self, judgement: Judgement, found: Mapping[str, Evidence]) -> list[str]:
        """Keep a verdict; what is another than the last one of the same inputs, one line a check."""
        if judgement.problems or judgement.reason or not judgement.findings:
            return []  # it was not asked of current rows
        name = self.result_key(judgement.gate, found)
        new = result_document(judgement, found)
        old = self.result(name)
        if old == new:
            return []
        with tempfile.TemporaryDirectory(prefix="zero-shelf-") as folder:
            path = Path(folder) / RESULT
            path.write_text(seal.canonical(new), "utf-8")
            self.ask("keep", RESULT, name, str(path))
        return differences(old, new) if old is not None else []

    def result_key(self, gate: str, found: Mapping[str, Evidence]) -> str:
        words = [f"{name} {each.inputs}" for name, each in sorted(found.items())]
        patterns = [inputs.matcher(pattern) for pattern in (*JUDGE, f"gates/{gate}.yaml")]
        for name in inputs.tree(self.root):
            if any(pattern.match(name) for pattern in patterns):
                words.append(f"{name} {inputs.file_digest(self.root / name)}")
        return key(RESULT, "1", gate, inputs.host_class(), *words)

    def result(self, name: str) -> dict[str, Any] | None:
        """A kept verdict; None for none, and for what is no verdict."""
        with tempfile.TemporaryDirectory(prefix="zero-shelf-") as folder:
            path = Path(folder) / RESULT
            if self.ask("take", RESULT, name, str(path))[0] != 0:
                return None
            try:
                found = json.loads(path.read_text("utf-8"))
                checks = {str(each["check"]): (each["verdict"], each["measured"]) for each in found["findings"]}
            except (OSError, ValueError, KeyError, TypeError):
                return None
            return dict(found) if checks else None


def wanted_facts(work: Work) -> dict[str, str]:
    """What evidence must say of itself to be that of this collector, now and here."""
    return {
        "gate": work.gate.name,
        "collector": str(work.collector["collector"]),
        "inputs": work.inputs,
        "host": inputs.host_class(),
        "command": str(work.collector["command"]),
    }


def evidence_key(wanted: Mapping[str, str]) -> str:
    return key(EVIDENCE, "1", *(wanted[name] for name in sorted(wanted)))


def result_document(judgement: Judgement, found: Mapping[str, Evidence]) -> dict[str, Any]:
    """A verdict as it is kept: what the rows came to, before any waiver, and which rows they were."""
    return {
        "format": 1,
        "gate": judgement.gate,
        "findings": [
            {"check": each.check_id, "verdict": each.outcome.verdict, "measured": each.outcome.measured}
            for each in judgement.findings
        ],
        "evidence": [
            {"collector": name, "inputs": each.inputs, "rows": each.digest, "commit": each.commit, "host": each.host}
            for name, each in sorted(found.items())
        ],
    }


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Checks that came to another verdict."""
    before = {each["check"]: each for each in old["findings"]}
    return [
        f"{new['gate']}/{each['check']}: the same inputs gave {then['verdict']} before ({then['measured']}), "
        f"and {each['verdict']} now ({each['measured']})"
        for each in new["findings"]
        if (then := before.get(each["check"])) is not None and then["verdict"] != each["verdict"]
    ]
