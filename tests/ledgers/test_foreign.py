"""Foreign keys: to ledgers, paths, gates and decisions; each dangling one has its cell's place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledgers import foreign
from ledgers.problems import Refused

TARGETS = {"owner": "ledger:owners.owner", "files": "path", "gate": "gate", "adr": "adr"}


def make_project(root: Path, row: str, targets: dict[str, str] = TARGETS) -> Path:
    for folder in ("schemas", "gates", "adr"):
        (root / folder).mkdir()
    (root / "gates" / "toy.yaml").write_text("", "utf-8")
    (root / "adr" / "0001-toys.md").write_text("", "utf-8")
    text = {"type": "string"}
    columns = {"name": text, "owner": text, "files": {"type": "array", "items": text}, "gate": text, "adr": text}
    for name, own, foreign_keys in (("owners", {"owner": text}, {}), ("things", columns, targets)):
        schema = {"title": name, "type": "object", "properties": own, "required": list(own)}
        schema |= {"additionalProperties": False, "x-path": f"{name}.tsv", "x-key": [next(iter(own))]}
        schema["x-foreign"] = foreign_keys
        (root / "schemas" / f"ledger.{name}.json").write_text(json.dumps(schema), "utf-8")
    (root / "owners.tsv").write_text("owner\nann\n", "utf-8")
    (root / "things.tsv").write_text(f"name\towner\tfiles\tgate\tadr\n{row}\n", "utf-8")
    return root


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("x\tann\tthings.tsv owners.tsv\ttoy\t0001", 0),
        ("x\t\t\t\tadr/0001-toys.md", 0),
        ("x\tbob\tthings.tsv\ttoy\t0001", 3),
        ("x\tann\tthings.tsv none.tsv\ttoy\t0001", 7),
        ("x\tann\t../things.tsv\ttoy\t0001", 7),
        ("x\tann\tthings.tsv\tjoy\t0001", 18),
        ("x\tann\tthings.tsv\ttoy\t0002", 22),
    ],
)
def test_a_dangling_key_is_named_by_its_cell(tmp_path: Path, row: str, column: int) -> None:
    _, problems = foreign.load_all(make_project(tmp_path, row))
    if column == 0:
        assert problems == []
    else:
        assert [(each.code, each.line, each.column) for each in problems] == [("LEDGER_FOREIGN_KEY", 2, column)]


def test_a_ledger_that_cannot_be_read_is_reported_once(tmp_path: Path) -> None:
    root = make_project(tmp_path, "x\tann\t\t\t")
    (root / "owners.tsv").unlink()
    _, problems = foreign.load_all(root)
    assert [each.code for each in problems] == ["FILE_MISSING"]


def test_a_foreign_key_to_no_ledger_is_a_fault_of_the_schema(tmp_path: Path) -> None:
    root = make_project(tmp_path, "x\tann\t\t\t", {"owner": "ledger:people.name"})
    with pytest.raises(Refused) as caught:
        foreign.load_all(root)
    assert caught.value.problems[0].code == "SCHEMA_BAD"
