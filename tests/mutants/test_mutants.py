"""Every planted bug can be planted, every part has its share, all were tried, and two are found from end to end."""

from __future__ import annotations

import json
import os
import pathlib
from collections import Counter

import pytest

from ledgers import foreign
from ledgers.problems import Refused
from tests.conftest import ROOT
from tests.corpus.programs import PROGRAMS
from tests.mutants.__main__ import TESTS, Kill, Net, RedTree, as_row, bounded, kill
from tests.mutants.net import finding
from tests.mutants.plant import Scratch, digest, mutants, planted, unescape

TABLE = mutants(ROOT)
KILLS = {str(row["id"]): row for row in foreign.load(ROOT, "kills").rows}


def test_there_are_enough_and_in_every_part() -> None:
    areas = Counter(str(row["area"]) for row in TABLE.rows)
    schema = json.loads((ROOT / "schemas/ledger.mutants.json").read_text("utf-8"))
    assert set(areas) == set(schema["properties"]["area"]["enum"]) == set(TESTS)
    assert min(areas.values()) >= 5
    assert len(TABLE.rows) >= 50
    assert all((ROOT / folder).is_dir() for folders in TESTS.values() for folder in folders)


@pytest.mark.parametrize("row", TABLE.rows, ids=lambda row: str(row["id"]))
def test_each_can_be_planted(row: dict[str, object]) -> None:
    text = planted(ROOT, row, TABLE)  # type: ignore[arg-type]
    assert text != (ROOT / str(row["file"])).read_text("utf-8")
    if str(row["file"]).endswith(".py"):
        compile(text, str(row["file"]), "exec")


def test_each_was_tried_and_found() -> None:
    """The kill table is of these mutants: `invoke mutate --long --record` writes it anew."""
    stale = [str(row["id"]) for row in TABLE.rows if KILLS.get(str(row["id"]), {}).get("mutant") != digest(row)]
    assert stale == []
    nets = Counter(str(row["net"]) for row in KILLS.values())
    assert nets["none"] == 0
    assert nets["bounded"] * 50 >= len(TABLE.rows) * 40


def test_a_row_that_no_longer_applies_is_named_with_its_place(tmp_path: pathlib.Path) -> None:
    row = TABLE.rows[3]
    file = tmp_path / str(row["file"])
    file.parent.mkdir(parents=True)
    file.write_text("nothing of the kind\n", "utf-8")
    with pytest.raises(Refused, match=rf"MUTANT_DOES_NOT_APPLY.*{row['id']}.*occurs 0 times"):
        planted(tmp_path, row, TABLE)
    file.write_text(unescape(str(row["find"])) * 2, "utf-8")
    with pytest.raises(Refused, match="occurs 2 times"):
        planted(tmp_path, row, TABLE)


def test_cells_are_read_as_they_are_written() -> None:
    assert unescape(r"a\nb\tc\\n\x") == "a\nb\tc\\n\\x"


def test_the_net_lets_sound_programs_through() -> None:
    smallest = sorted(PROGRAMS, key=lambda program: os.path.getsize(program.path))[:3]
    assert [finding(program) for program in smallest] == ["", "", ""]


def test_what_is_recorded_names_no_machine_s_paths() -> None:
    detail = (
        "crash TimeoutExpired: Command '['/var/t/zero-net-6z02zbjc']' in \"/var/t/zero-mutants-1_a/tree/compiler/x.py\""
    )
    found = as_row(TABLE.rows[0], Kill("bounded", "corpus", detail), "1234")["detail"]
    assert found == "crash TimeoutExpired: Command '['zero-net']' in \"compiler/x.py\""


def test_two_from_end_to_end(tmp_path: pathlib.Path) -> None:
    scratch = Scratch(ROOT, tmp_path)
    sound: dict[tuple[Net, str], bool] = {(bounded, ""): True}  # other tests see to that
    for name in ("for-one-too-many", "rc-no-dup"):
        row = next(row for row in TABLE.rows if row["id"] == name)
        file = scratch.root / str(row["file"])
        before = file.read_bytes()
        found = kill(scratch, row, TABLE, (bounded,), sound)
        assert found.net == "bounded", found
        assert found.by in ("generated", "corpus"), found
        assert file.read_bytes() == before == (ROOT / str(row["file"])).read_bytes()
    done = scratch.run("tests.mutants.net", "--programs", "2", "--corpus", "none", seconds=300)
    assert (done.returncode, done.stdout) == (0, ""), "the copy is whole again"


def test_a_tree_that_is_red_anyway_kills_nothing(tmp_path: pathlib.Path) -> None:
    scratch = Scratch(ROOT, tmp_path)
    with pytest.raises(RedTree, match=r"^tests: always$"):
        kill(scratch, TABLE.rows[0], TABLE, (lambda scratch, area: Kill("bounded", "tests", "always"),), {})
    assert kill(scratch, TABLE.rows[0], TABLE, (lambda scratch, area: None,), {}).net == "none"
