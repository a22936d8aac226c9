"""The only reader and writer of tab-separated tables.

A table is plain text: UTF-8, one header line, one line a row, tabs between cells, no quoting, a final
newline.  Its schema (`schemas/ledger.<name>.json`, JSON Schema 2020-12 plus `x-path`, `x-key`,
`x-foreign`) owns names, order, types and keys.  Every complaint has a file, a line and a
column, and all of a file come in one go.  Foreign keys are followed in `ledgers/foreign.py`.
Knows no gate.  A new cell type is a branch in `cell`.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledgers.problems import Problem, Refused, shorten

MAX_LINE_BYTES = 65_536
MAX_PROBLEMS = 20
SCHEMA_KEYS = frozenset(
    {"$schema", "title", "description", "type", "properties", "required", "additionalProperties"}
    | {"x-path", "x-key", "x-foreign"}
)

Cell = str | int | float | list[str]
Row = dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Schema:
    """What the columns of one table may hold."""

    name: str
    description: str
    path: str  # of the one file with this schema, relative to the project; "" for many files
    columns: dict[str, dict[str, Any]]
    key: tuple[str, ...]
    foreign: dict[str, str]  # column -> target: "ledger:NAME.COLUMN", "path", "gate", "adr"
    lists: frozenset[str]  # columns that hold several values, separated by spaces


@dataclass(frozen=True, slots=True)
class Table:
    schema: Schema
    path: str  # as messages show it
    rows: list[Row]

    def line(self, index: int) -> int:
        """The line of the row with this index; the header is line 1."""
        return index + 2

    def column(self, index: int, name: str) -> int:
        """The character column where a cell of this row starts."""
        return 1 + sum(len(show(self.rows[index][other])) + 1 for other in before(self.schema, name))

    def problem(self, code: str, index: int, name: str, text: str) -> Problem:
        return Problem(code, self.path, self.line(index), self.column(index, name), text)


def before(schema: Schema, name: str) -> list[str]:
    columns = list(schema.columns)
    return columns[: columns.index(name)]


def show(value: Cell) -> str:
    """A cell as the file spells it."""
    return " ".join(value) if isinstance(value, list) else str(value)


def read_schema(path: Path, shown: str = "") -> Schema:
    """Read `schemas/ledger.<name>.json`; an unknown key is an error, since it would do nothing."""
    shown = shown or path.name
    text = read_text(path, shown)
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise Refused(Problem("SCHEMA_BAD", shown, error.lineno, error.colno, error.msg)) from None
    wrong = schema_faults(document)
    if wrong:
        raise Refused([Problem("SCHEMA_BAD", shown, 1, 1, fault) for fault in wrong])
    columns: dict[str, dict[str, Any]] = document["properties"]
    return Schema(
        name=path.name.removeprefix("ledger.").removesuffix(".json"),
        description=document.get("description", ""),
        path=document.get("x-path", ""),
        columns=columns,
        key=tuple(document["x-key"]),
        foreign=document.get("x-foreign", {}),
        lists=frozenset(name for name, rules in columns.items() if rules.get("type") == "array"),
    )


def schema_faults(document: Any) -> list[str]:
    if not isinstance(document, dict) or not isinstance(document.get("properties"), dict):
        return ["a ledger schema is an object with `properties`"]
    columns = document["properties"]
    faults = [f"unknown key {key!r}" for key in document if key not in SCHEMA_KEYS]
    if not document.get("x-key"):
        faults.append("`x-key` names the columns that tell rows apart")
    for where in ("x-key", "x-foreign"):
        faults += [
            f"{where} names {name!r}, which is no column" for name in document.get(where, ()) if name not in columns
        ]
    if list(document.get("required", ())) != list(columns) or document.get("additionalProperties") is not False:
        faults.append("every column is required, and no other is allowed")
    return faults


def read_bytes(path: Path, shown: str) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise Refused(Problem("FILE_MISSING", shown, 1, 1, "there is no such file")) from None
    except OSError as error:
        raise Refused(Problem("FILE_UNREADABLE", shown, 1, 1, error.strerror or str(error))) from None


def read_text(path: Path, shown: str) -> str:
    """The whole file as text; refuses what is no text, by line and byte."""
    data = read_bytes(path, shown)
    for number, raw in enumerate(data.split(b"\n"), 1):
        if len(raw) > MAX_LINE_BYTES:
            raise Refused(
                Problem("LINE_TOO_LONG", shown, number, MAX_LINE_BYTES + 1, f"this line has {len(raw):,} bytes")
            )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = position(data, error.start)
        byte = data[error.start]
        what = f"byte 0x{byte:02x} at offset {error.start} is not UTF-8"
        raise Refused(Problem("FILE_NOT_UTF8", shown, line, column, what)) from None
    if (offset := text.find("\0")) >= 0:
        line = text.count("\n", 0, offset) + 1
        raise Refused(
            Problem("FILE_HAS_NUL", shown, line, offset - text.rfind("\n", 0, offset), "a NUL byte stands here")
        )
    return text


def position(data: bytes, offset: int) -> tuple[int, int]:
    start = data.rfind(b"\n", 0, offset) + 1
    return data.count(b"\n", 0, offset) + 1, len(data[start:offset].decode("utf-8", "replace")) + 1


def read(path: Path, schema: Schema, shown: str = "") -> Table:
    """Read one table, or refuse it with all that is wrong with it."""
    shown = shown or str(path)
    return parse(read_text(path, shown), schema, shown)


def parse(text: str, schema: Schema, shown: str) -> Table:
    if not text:
        raise Refused(Problem("LEDGER_EMPTY", shown, 1, 1, "the file is empty"))
    lines = text.split("\n")
    problems: list[Problem] = []
    if lines.pop():
        last = len(lines) + 1
        length = len(text) - text.rfind("\n")
        problems.append(Problem("LEDGER_TRUNCATED", shown, last, length, "the file ends in the middle of a line"))
        raise Refused(problems)
    header(lines[0], schema, shown, problems)
    if problems:
        raise Refused(problems)
    rows: list[Row] = []
    seen: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(lines[1:], 2):
        row = parse_row(line, schema, shown, number, problems)
        if row is None:
            continue
        rows.append(row)
        key = tuple(show(row[name]) for name in schema.key)
        if (first := seen.setdefault(key, number)) != number:
            place = 1 + sum(len(show(row[other])) + 1 for other in before(schema, schema.key[0]))
            text_of_key = shorten(" ".join(key))
            problems.append(
                Problem("LEDGER_DUPLICATE_KEY", shown, number, place, f"{text_of_key!r} stands in line {first} already")
            )
    if problems:
        raise Refused(capped(problems))
    return Table(schema, shown, rows)


def capped(problems: list[Problem]) -> list[Problem]:
    """At most MAX_PROBLEMS of them, and never fewer in silence."""
    if len(problems) <= MAX_PROBLEMS:
        return problems
    kept = problems[:MAX_PROBLEMS]
    last = kept[-1]
    more = f"{last.text} (and {len(problems) - MAX_PROBLEMS} more problems in this file)"
    return [*kept[:-1], Problem(last.code, last.path, last.line, last.column, more)]


def header(line: str, schema: Schema, shown: str, problems: list[Problem]) -> None:
    names, wanted, column = line.split("\t"), list(schema.columns), 1
    for name in names:
        if name not in schema.columns:
            problems.append(
                Problem("LEDGER_UNKNOWN_COLUMN", shown, 1, column, f"{shorten(name)!r} is no column of {schema.name}")
            )
        column += len(name) + 1
    missing = [name for name in wanted if name not in names]
    if missing:
        problems.append(Problem("LEDGER_MISSING_COLUMN", shown, 1, len(line) + 1, f"missing: {', '.join(missing)}"))
    if not problems and names != wanted:
        problems.append(Problem("LEDGER_UNKNOWN_COLUMN", shown, 1, 1, f"the order is: {' '.join(wanted)}"))


def parse_row(line: str, schema: Schema, shown: str, number: int, problems: list[Problem]) -> Row | None:
    cells = line.split("\t")
    if len(cells) != len(schema.columns):
        text = f"{len(cells)} cells where {len(schema.columns)} columns are named"
        problems.append(Problem("LEDGER_COLUMN_COUNT", shown, number, len(line) + 1, text))
        return None
    row: Row = {}
    column = 1
    for (name, rules), text in zip(schema.columns.items(), cells, strict=True):
        try:
            row[name] = (
                text.split(" ") if name in schema.lists and text else [] if name in schema.lists else cell(text, rules)
            )
            if name in schema.lists:
                for part in row[name]:  # type: ignore[union-attr]
                    cell(part, rules.get("items", {}))
        except NotANumber as error:
            problems.append(Problem("LEDGER_NOT_A_NUMBER", shown, number, column, f"{name}: {error}"))
        except ValueError as error:
            problems.append(Problem("LEDGER_BAD_CELL", shown, number, column, f"{name}: {error}"))
        column += len(text) + 1
    return row if len(row) == len(cells) else None


class NotANumber(ValueError):
    pass


def cell(text: str, rules: Mapping[str, Any]) -> Cell:
    """One cell's value; raises ValueError with words that need no context but the column's name."""
    kind = rules.get("type", "string")
    value: Cell = text
    if kind == "integer":
        if not re.fullmatch(r"-?(0|[1-9][0-9]{0,17})", text):
            raise ValueError(f"{shorten(text)!r} is not a whole number")
        value = int(text)
    elif kind == "number" and re.fullmatch(r"-?(0|[1-9][0-9]*)", text):
        value = int(text)  # exact counts stay exact beyond 2**53
    elif kind == "number":
        try:
            value = float(text)
        except ValueError:
            raise ValueError(f"{shorten(text)!r} is not a number") from None
        if not math.isfinite(value):
            raise NotANumber(f"{shorten(text)!r} is not a measurement")
    if "enum" in rules and value not in rules["enum"]:
        raise ValueError(f"{shorten(text)!r} is none of: {', '.join(map(str, rules['enum']))}")
    if "pattern" in rules and not re.search(rules["pattern"], text):
        raise ValueError(f"{shorten(text)!r} does not look like {rules['pattern']}")
    if len(text) < rules.get("minLength", 0):
        raise ValueError("nothing stands here")
    if isinstance(value, int | float) and not rules.get("minimum", value) <= value <= rules.get("maximum", value):
        raise ValueError(f"{text} is out of range")
    return value


def format_table(schema: Schema, rows: Iterable[Mapping[str, Any]]) -> str:
    """The text of a table; what `parse` reads back to the same rows."""
    lines = ["\t".join(schema.columns)]
    for row in rows:
        cells = [show(row[name]) for name in schema.columns]
        for text in cells:
            assert "\t" not in text and "\n" not in text, f"a cell cannot hold a tab or newline: {text!r}"
        lines.append("\t".join(cells))
    return "\n".join(lines) + "\n"


def write(path: Path, schema: Schema, rows: Iterable[Mapping[str, Any]], shown: str = "") -> None:
    """Write one table; a reader sees the old file or the whole new one, never a part."""
    text = format_table(schema, rows)
    parse(text, schema, shown or str(path))
    write_text(path, text, shown)


def write_text(path: Path, text: str, shown: str = "") -> None:
    """Write beside, fsync, rename; the one way files of the harness reach the disk."""
    shown = shown or str(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as stream:
            stream.write(text.encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True) if beside.parent.is_dir() else None
        raise Refused(Problem("FILE_UNWRITABLE", shown, 1, 1, error.strerror or str(error))) from None


def select(rows: Sequence[Row], **where: Cell) -> list[Row]:
    return [row for row in rows if all(row[name] == value for name, value in where.items())]
