"""Gate files: places, duplicate and unknown keys, cycles; and the project's own files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.engine import plan, spec
from ledgers.problems import Problem, Refused
from tests.gates.toy import ROOT, edit, opened, toy_project


def refusal(root: Path) -> list[Problem]:
    with pytest.raises(Refused) as caught:
        opened(root)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "column"),
    [
        ("owner: toys\n", "owner: toys\nowner: toys\n", "GATE_DUPLICATE_KEY", 6, 1),
        ("claim: The", "claims: x\nclaim: The", "GATE_UNKNOWN_KEY", 4, 1),
        ("{limit: 100}", "{limit: 100, limit: 9}", "GATE_DUPLICATE_KEY", 21, 29),
        ("time_s: 20", "time: 20", "GATE_UNKNOWN_KEY", 9, 10),
        ("tier: bounded", "tier: huge", "GATE_SCHEMA", 6, 7),
        ("needs: []", "needs: [", "GATE_YAML", 10, 1),
        ("needs: []", "needs: &a [*a]", "GATE_YAML", 8, 8),
        ("needs: []", "needs: !!python/object:os.system []", "GATE_YAML", 8, 8),
    ],
)
def test_each_fault_has_a_place(tmp_path: Path, old: str, new: str, code: str, line: int, column: int) -> None:
    root = toy_project(tmp_path)
    edit(root, "gates/toy.yaml", old, new)
    first = next(each for each in refusal(root) if each.code == code)
    assert (first.path, first.line, first.column) == ("gates/toy.yaml", line, column)


@given(st.text(max_size=60))
def test_no_text_makes_the_yaml_reader_crash(text: str) -> None:
    try:
        spec.load_yaml(text, "gates/x.yaml")
    except Refused as refused:
        assert refused.problems[0].code.startswith("GATE_")


def test_deep_nesting_is_an_error_not_a_crash() -> None:
    with pytest.raises(Refused) as caught:
        spec.load_yaml("[" * 100_000, "gates/x.yaml")
    assert caught.value.problems[0].code == "GATE_YAML"


def test_a_cycle_is_printed_as_the_way_round(tmp_path: Path) -> None:
    project = opened(toy_project(tmp_path))
    gates = dict(project.gates)
    toy, later = gates["toy"], gates["later"]
    fields = {name: getattr(toy, name) for name in toy.__slots__}
    gates["toy"] = spec.Gate(**{**fields, "needs": ("later",)})
    with pytest.raises(Refused) as caught:
        plan.plan(gates, ["toy"])
    assert later.needs == ("toy",)
    assert caught.value.problems[0].text == "toy needs later needs toy"


def test_the_projects_own_files_are_sound_and_complete() -> None:
    project = opened(ROOT)
    roadmap = [gate for gate in project.gates.values() if gate.milestone is not None]
    assert len(roadmap) == 21
    assert {gate.milestone for gate in roadmap} == set(range(16))
    assert set(project.gates["compiler-memory-release"].needs) == {gate.name for gate in roadmap} - {
        "compiler-memory-release"
    }
    # The order that the roadmap spells out: the first runs the others first.
    spelled = {
        "native-ir": {"typed-ssa-pipeline"},
        "native-linker": {"fast-linker-dev-loop"},
        "native-post-link": {"pgo-thin-summary", "post-link-layout"},
        "native-memory-control": {"allocator-fast-path", "memory-semantics-decision"},
        "escape-analysis": {"region-arena-promotion"},
    }
    for name, needs in spelled.items():
        assert needs <= set(project.gates[name].needs), name
    order = plan.plan(project.gates, list(project.gates))
    assert all(order.index(need) < order.index(name) for name in order for need in project.gates[name].needs)
    assert order[-1] == "compiler-memory-release" or "compiler-memory-release" in order


def test_aliases_resolve() -> None:
    project = opened(ROOT)
    assert spec.resolve("ml-heuristics-research", project.tables) == "ml-heuristics"
    assert spec.resolve("nothing", project.tables) == "nothing"
