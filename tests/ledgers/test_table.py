"""The table reader: what it refuses, with which place, and that it writes all or nothing."""

from __future__ import annotations

import csv
import json
import os
import resource
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgers import table
from ledgers.problems import Problem, Refused

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = table.Schema(
    name="toys",
    description="",
    path="",
    columns={
        "toy": {"type": "string", "minLength": 1},
        "size": {"type": "integer", "minimum": 0},
        "weight": {"type": "number"},
        "kind": {"enum": ["hard", "soft"]},
        "tags": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}},
    },
    key=("toy",),
    foreign={},
    lists=frozenset({"tags"}),
)
HEADER = "toy\tsize\tweight\tkind\ttags\n"
GOOD = HEADER + "bear\t3\t0.5\tsoft\tbrown old\ncar\t1\t2\thard\t\n"


def refusal(text: str) -> list[Problem]:
    with pytest.raises(Refused) as caught:
        table.parse(text, SCHEMA, "toys.tsv")
    return list(caught.value.problems)


def refusal_of_bytes(folder: Path, data: bytes) -> Problem:
    (folder / "toys.tsv").write_bytes(data)
    with pytest.raises(Refused) as caught:
        table.read(folder / "toys.tsv", SCHEMA, "toys.tsv")
    (problem,) = caught.value.problems
    return problem


def test_a_good_table_is_read_with_types() -> None:
    rows = table.parse(GOOD, SCHEMA, "toys.tsv").rows
    assert rows == [
        {"toy": "bear", "size": 3, "weight": 0.5, "kind": "soft", "tags": ["brown", "old"]},
        {"toy": "car", "size": 1, "weight": 2, "kind": "hard", "tags": []},
    ]


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("", "LEDGER_EMPTY", 1, 1),
        (GOOD[:-4], "LEDGER_TRUNCATED", 3, 11),
        (GOOD.replace("kind", "kinds"), "LEDGER_UNKNOWN_COLUMN", 1, 17),
        (GOOD.replace("\tkind", ""), "LEDGER_MISSING_COLUMN", 1, 21),
        (GOOD.replace("bear\t3", "bear"), "LEDGER_COLUMN_COUNT", 2, 24),
        (GOOD.replace("car", "bear"), "LEDGER_DUPLICATE_KEY", 3, 1),
        (GOOD.replace("\t3\t", "\t3.5\t"), "LEDGER_BAD_CELL", 2, 6),
        (GOOD.replace("\t3\t", "\t-3\t"), "LEDGER_BAD_CELL", 2, 6),
        (GOOD.replace("\t3\t", "\t03\t"), "LEDGER_BAD_CELL", 2, 6),
        (GOOD.replace("0.5", "nan"), "LEDGER_NOT_A_NUMBER", 2, 8),
        (GOOD.replace("0.5", "-inf"), "LEDGER_NOT_A_NUMBER", 2, 8),
        (GOOD.replace("0.5", "1e999"), "LEDGER_NOT_A_NUMBER", 2, 8),
        (GOOD.replace("0.5", "much"), "LEDGER_BAD_CELL", 2, 8),
        (GOOD.replace("soft", "warm"), "LEDGER_BAD_CELL", 2, 12),
        (GOOD.replace("brown old", "brown  old"), "LEDGER_BAD_CELL", 2, 17),
        (GOOD.replace("bear", ""), "LEDGER_BAD_CELL", 2, 1),
        (GOOD.replace("\n", "\r\n"), "LEDGER_UNKNOWN_COLUMN", 1, 22),
    ],
)
def test_each_fault_has_a_code_and_a_place(text: str, code: str, line: int, column: int) -> None:
    first = refusal(text)[0]
    assert (first.code, first.line, first.column) == (code, line, column)
    assert str(first).startswith(f"toys.tsv:{line}:{column}: error[{code}]: ")


def test_all_faults_of_a_file_come_at_once_and_many_are_counted() -> None:
    text = HEADER + "".join(f"toy{number}\tx\ty\tz\t\n" for number in range(30))
    problems = refusal(text)
    assert len(problems) == table.MAX_PROBLEMS
    assert "70 more problems" in problems[-1].text


@pytest.mark.parametrize(
    ("data", "code", "line", "column"),
    [
        (GOOD.encode().replace(b"brown", b"br\xffwn"), "FILE_NOT_UTF8", 2, 19),
        ("toy\té".encode() + b"\xc3", "FILE_NOT_UTF8", 1, 6),
        (GOOD.encode().replace(b"brown", b"br\0wn"), "FILE_HAS_NUL", 2, 19),
        (HEADER.encode() + b"x" * 1_000_000 + b"\n", "LINE_TOO_LONG", 2, table.MAX_LINE_BYTES + 1),
    ],
)
def test_what_is_no_text_is_refused_by_place(tmp_path: Path, data: bytes, code: str, line: int, column: int) -> None:
    problem = refusal_of_bytes(tmp_path, data)
    assert (problem.code, problem.line, problem.column) == (code, line, column)
    assert len(str(problem)) < 400


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path, code in ((tmp_path / "none.tsv", "FILE_MISSING"), (tmp_path, "FILE_UNREADABLE")):
        with pytest.raises(Refused) as caught:
            table.read(path, SCHEMA, "toys.tsv")
        assert caught.value.problems[0].code == code


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r\0"), min_size=1, max_size=8)


@given(
    st.lists(
        st.tuples(
            words,
            st.integers(0, 10**17),
            st.one_of(st.integers(-(10**30), 10**30), st.floats(allow_nan=False, allow_infinity=False)),
            st.sampled_from(["hard", "soft"]),
            st.lists(st.from_regex("[a-z]{1,3}", fullmatch=True), max_size=3),
        ),
        unique_by=lambda row: row[0],
        max_size=6,
    )
)
def test_what_is_written_is_read_back(rows: list[tuple[object, ...]]) -> None:
    dicts = [dict(zip(SCHEMA.columns, row, strict=True)) for row in rows]
    text = table.format_table(SCHEMA, dicts)
    assert table.parse(text, SCHEMA, "toys.tsv").rows == dicts
    # An independent reader sees the same cells.
    cells = list(csv.reader(text.split("\n")[:-1], delimiter="\t", quoting=csv.QUOTE_NONE))
    assert [row[0] for row in cells[1:]] == [row[0] for row in rows]


@given(st.binary(max_size=200))
def test_no_bytes_make_it_crash(data: bytes) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with pytest.raises(Refused):
            table.read(Path(file.name), SCHEMA, "toys.tsv")


def test_a_full_disk_leaves_the_old_file_whole(tmp_path: Path) -> None:
    """A child that may write no more than 64 bytes meets the error that a full disk gives."""
    path = tmp_path / "toys.tsv"
    path.write_text(GOOD, "utf-8")
    rows = table.parse(GOOD, SCHEMA, "toys.tsv").rows
    many = [{**rows[0], "toy": f"toy{number}"} for number in range(100)]
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
        try:
            table.write(path, SCHEMA, many, "toys.tsv")
        except Refused as refused:
            os._exit(10 if refused.problems[0].code == "FILE_UNWRITABLE" else 11)
        finally:
            os._exit(12)
    _, raw = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(raw) == 10
    assert path.read_text("utf-8") == GOOD
    assert [each.name for each in tmp_path.iterdir()] == ["toys.tsv"]


def test_a_folder_that_cannot_be_made_is_an_environment_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(Refused) as caught:
        table.write(tmp_path / "file" / "toys.tsv", SCHEMA, [], "toys.tsv")
    problem = caught.value.problems[0]
    assert (problem.code, problem.kind.status) == ("FILE_UNWRITABLE", 6)


@pytest.mark.parametrize("path", sorted((ROOT / "schemas").glob("*.json")), ids=lambda path: path.name)
def test_every_schema_is_json_schema(path: Path) -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(json.loads(path.read_text("utf-8")))


def test_every_row_of_every_ledger_fits_its_schema_by_an_independent_validator() -> None:
    from jsonschema import Draft202012Validator

    from ledgers import foreign

    tables, problems = foreign.load_all(ROOT)
    assert problems == []
    assert len(tables) >= 11
    for name, each in tables.items():
        document = json.loads((ROOT / "schemas" / f"ledger.{name}.json").read_text("utf-8"))
        validator = Draft202012Validator(document)
        for row in each.rows:
            validator.validate(row)
