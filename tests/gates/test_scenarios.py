"""The ledgers of scenarios, their tables and their gates name the same things, and a wrong number is seen.

The collections themselves are real builds and belong to the gates; here are the parts around them.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.cas.faults import FAULTS as STORE_FAULTS
from compiler.cas.kinds import KINDS, address_of, spell
from compiler.cas.store import ref_line
from compiler.query.faults import FAULTS as QUERY_FAULTS
from gates.collect import query, query_bless, query_faults, store, store_objects
from gates.collect.query_lab import FIXTURE, Garden
from gates.collect.samples import Samples
from gates.collect.store_lab import Lab, digest, matching_bytes, reference, snapshot
from gates.collect.store_runs import SCENARIOS
from ledgers import foreign
from ledgers.table import Row
from reports import scenarios as tables
from tests.conftest import ROOT, run_zero

# What can be wrong with the store and is met by no scenario: the reason.
ELSEWHERE = {
    "CAS_PLACE-001": "a folder that cannot be made, for a reason that none of the other codes is for",
    "CAS_PACKAGE-001": "no build raises it, only `zero lock --restore`: tests/modules/test_restoring.py",
    "CAS_PACKAGE-002": "the same",
    "CAS_PACKAGE-003": "the same",
}


def rows(name: str) -> list[Row]:
    return foreign.load(ROOT, name).rows


def promised(gate: str, check: str) -> list[str]:
    document = yaml.safe_load((ROOT / "gates" / f"{gate}.yaml").read_text("utf-8"))
    (found,) = [each for each in document["require"] if each["id"] == check]
    expected: list[str] = found["arguments"]["expected"]
    return expected


def test_gate_ledger_and_table_name_the_same_scenarios() -> None:
    names = sorted(str(row["scenario"]) for row in rows("store-scenarios"))
    assert names == sorted(SCENARIOS) == sorted(promised("content-addressed-storage", "every-scenario-is-tried"))
    edits = [str(row["scenario"]) for row in rows("incremental-scenarios")]
    assert sorted(edits) == sorted(promised("compiler-query-engine", "every-edit-is-made"))
    faults = [fault.name for fault in query_faults.FAULTS]
    assert faults == promised("compiler-query-engine", "every-fault-is-met")


def test_every_code_of_the_store_is_met() -> None:
    said: set[str] = set()
    for row in rows("store-scenarios"):
        for column in ("codes", "told", "left"):
            said.update(query.as_list(row[column]))
    assert said <= {*STORE_FAULTS, *QUERY_FAULTS}
    assert set(STORE_FAULTS) - said == set(ELSEWHERE)


def test_every_kind_of_object_has_a_row() -> None:
    assert {str(row["kind"]): row["schema"] for row in rows("store-objects")} == {
        name: kind.schema for name, kind in KINDS.items()
    }


def test_every_step_applies_to_the_project_as_it_is_then(tmp_path: Path) -> None:
    steps: dict[str, list[Row]] = {}
    for step in rows("incremental-edits"):
        steps.setdefault(str(step["scenario"]), []).append(step)
    for name, own in steps.items():
        garden = Garden(tmp_path / name)
        garden.plant()
        if any(str(step["file"]).startswith("std:") for step in own):
            garden.compiler = tmp_path / f"{name}-tree"
            shutil.copytree(ROOT / "compiler" / "std", garden.compiler / "compiler" / "std")
        before = snapshot(garden.root) | snapshot(garden.compiler / "compiler" / "std")
        for step in sorted(own, key=lambda step: int(str(step["step"]))):
            if step["action"] != "lock":
                garden.edit(step)
        after = snapshot(garden.root) | snapshot(garden.compiler / "compiler" / "std")
        assert (before != after) == (name != "edit-taken-back"), name
    with pytest.raises(RuntimeError, match="occurs 0 times"):
        garden.edit({**own[0], "file": "plot.0x0", "find": "not there", "action": "replace"})


def test_the_garden_is_a_program(tmp_path: Path) -> None:
    shutil.copytree(FIXTURE, tmp_path / "garden")
    done = run_zero("run", "main.0x0", cwd=tmp_path / "garden", env={"ZERO_CACHE": str(tmp_path / "store")})
    assert done.stdout.decode().splitlines() == ["a garden", "size    49", "fence   46", "seeds   1960"]
    done = run_zero("run", "main.0x0", "--lane", "interp", cwd=tmp_path / "garden", env={})
    assert done.stdout.decode().splitlines()[-1] == "seeds   1960"


def test_what_is_forged_is_what_the_store_would_write(tmp_path: Path) -> None:
    """The collector spells names by ADR 0015 on its own; both spellings must agree, or nothing forged is met."""
    lab = Lab(tmp_path, tmp_path, b"")
    for kind in ("mir", "build-record", "executable"):
        address = address_of(kind, b"payload")
        assert lab.keep(kind, b"payload") == spell(address)
        assert digest(kind, b"payload") == address[1]
        assert reference("5" * 64, f"1 {spell(address)}") == ref_line("5" * 64, address)


def test_bytes_are_all_or_fewer() -> None:
    assert matching_bytes(b"abc", b"abc") == 3
    assert matching_bytes(b"abc", b"abd") == 2
    assert matching_bytes(b"abc", b"abcd") == 2
    assert matching_bytes(b"", b"x") == -1


def values(samples: Samples, metric: str) -> dict[str, tuple[int, int]]:
    found: dict[str, dict[str, Any]] = {}
    for row in samples.rows:
        if row["metric"] == metric:
            found.setdefault(str(row["workload"]), {})[str(row["variant"])] = row["value"]
    return {name: (sides["before"], sides["after"]) for name, sides in found.items()}


def test_codes_are_counted_on_both_sides() -> None:
    samples = Samples("test")
    store.codes(samples, "a/look", ["CAS_REF-001"], frozenset({"CAS_REF-002"}), "build")
    store.codes(samples, "b/look", [], frozenset(), "build")
    assert values(samples, "codes") == {
        "a/look/CAS_REF-001": (1, 0),
        "a/look/CAS_REF-002": (0, 1),
        "b/look/none": (1, 1),
    }


class Told(Garden):
    """A garden whose builds were; only what they left is asked."""

    left: dict[str, Any] = {}

    def stats(self, _: str) -> dict[str, Any]:
        return self.left

    def zero(self, *_: str, store: str) -> Any:
        lines = ["key\tfingerprint\tstate\treason\tbecause\tplace\tasks", "native:a#f\t00\tchanged\t\t\t0\tgone:x"]

        class Done:
            returncode = 0
            stdout = "\n".join(lines) + "\n"

        return Done


def test_what_is_answered_anew_is_held_against_the_row(tmp_path: Path) -> None:
    row: Row = {"scenario": "edit", "checked": ["a"], "native": [], "anew": ["hir=2"]}
    garden = Told(tmp_path)
    garden.left = {
        "revision": 2,
        "kinds": [{"kind": "native", "asked": 3, "gone": 0}, {"kind": "source", "asked": 1, "gone": 0}],
        "recomputed": [
            {"key": "native:a#f", "reason": "dependency", "because": "hir:a#f"},
            {"key": "source:a", "reason": "always", "because": ""},
        ],
    }
    samples = Samples("test")
    query.answered(samples, row, garden, {"revision": 1})
    assert values(samples, "answered_anew") == {
        "edit/checked": (1, 0),
        "edit/hir": (2, 0),
        "edit/native": (0, 1),
        "edit/source": (0, 0),
    }
    assert values(samples, "remade") == {"edit|checked:a": (1, 0), "edit|native:a#f": (0, 1)}
    assert values(samples, "graph_queries") == {"edit": (4, 1)}
    counted = {str(each["metric"]): each["value"] for each in samples.rows if each["workload"] == "edit"}
    # The red edge was not answered anew, and the source is not in the drawing.
    assert (counted["unexplained_misses"], counted["dangling_edges"], counted["listed_misses"]) == (2, 1, 2)
    samples = Samples("test")
    query.answered(samples, row, garden, {"revision": 2})
    assert values(samples, "answered_anew")["edit/native"] == (0, 0), "a build that asked nothing answered nothing"


def test_what_was_counted_can_be_written_into_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    (root / "ledgers").mkdir(parents=True)
    shutil.copytree(ROOT / "schemas", root / "schemas")
    shutil.copytree(ROOT / "ledgers" / "compiler-query", root / "ledgers" / "compiler-query")
    monkeypatch.setattr(query_bless, "ROOT", root)
    samples = Samples("test")
    samples.add("leaf-edit/native", "answered_anew", "count", 1)
    samples.add("leaf-edit/hir", "answered_anew", "count", 7)
    samples.add("leaf-edit/lines", "answered_anew", "count", 0)
    samples.add("leaf-edit|native:m#f<a,b>", "remade", "count", 1)
    samples.write(tmp_path)
    assert query_bless.main(str(tmp_path)) == 0
    found = {str(row["scenario"]): row for row in foreign.load(root, "incremental-scenarios").rows}
    leaf = found["leaf-edit"]
    assert (leaf["native"], leaf["anew"], leaf["build"]) == (["m#f<a,b>"], ["hir=7"], "other")


def test_only_the_code_that_ran_makes_a_long_run_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = store_objects.store_code()
    for pattern in store_objects.CODE:
        for path in ROOT.glob(pattern):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    monkeypatch.setattr(store_objects, "ROOT", tmp_path)
    assert store_objects.store_code() == before
    with (tmp_path / "compiler" / "cas" / "store.py").open("a") as file:
        file.write("\n")
    assert store_objects.store_code() != before


def test_tables_of_the_report() -> None:
    def row(collector: str, workload: str, metric: str, variant: str, value: int) -> dict[str, Any]:
        base = {"gate": "g", "collector": collector, "workload": workload, "metric": metric}
        return {**base, "variant": variant, "value": value}

    result = {
        "ledgers": {"incremental-scenarios": [{"scenario": "edit", "done": "A body"}], "store-scenarios": []},
        "rows": [
            row("queries", "edit/native", "answered_anew", "before", 1),
            row("queries", "edit/native", "answered_anew", "after", 1),
            row("queries", "edit|checked:a", "remade", "before", 1),
            row("queries", "edit|checked:a", "remade", "after", 0),
            row("queries", "edit|native:a#f|dependency|hir:a#f", "cache_misses", "after", 1),
            row("queries", "edit|native:a#f|changed|-", "graph_edges", "after", 1),
        ],
    }
    assert tables.scenarios(result) == [("g", "edit", "A body", 2, 1, "fail")]
    assert tables.misses(result) == [("edit", "native:a#f", "dependency", "hir:a#f")]
    assert tables.graph(result) == [("edit", "native:a#f", "changed", "")]
    assert all(re.fullmatch(r"compiler-query-[a-z-]+-report", name) for name in tables.TSV)
