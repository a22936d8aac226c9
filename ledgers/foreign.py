"""Follow the keys that lead out of a ledger: to other ledgers, to paths, gates and decisions.

Each kind of target is one row in TARGETS: its prefix and the function that gives its known names.
An empty cell points nowhere and is fine where the schema allows it.  Knows no gate's contents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ledgers.problems import Problem, Refused, shorten
from ledgers.table import Schema, Table, read, read_schema

Known = Callable[[str], bool]


def paths(root: Path, _: Mapping[str, Table], __: str) -> Known:
    """A path in the project; it may not lead out of it."""

    def known(name: str) -> bool:
        target = (root / name).resolve()
        return target.is_relative_to(root.resolve()) and target.exists()

    return known


def gates(root: Path, _: Mapping[str, Table], __: str) -> Known:
    names = {file.stem for file in (root / "gates").glob("*.yaml")}
    return lambda name: name in names


def decisions(root: Path, _: Mapping[str, Table], __: str) -> Known:
    """A decision is named by its four digits, or by its file."""
    names = {file.name for file in (root / "adr").glob("*.md")}
    numbers = {name[:4] for name in names}
    return lambda name: name in numbers or name.removeprefix("adr/") in names


def ledger(_: Path, tables: Mapping[str, Table], rest: str) -> Known:
    name, _dot, column = rest.partition(".")
    values = {value for row in tables[name].rows for value in as_list(row[column])} if name in tables else set()
    return lambda value: value in values


TARGETS: dict[str, Callable[[Path, Mapping[str, Table], str], Known]] = {
    "path": paths,
    "gate": gates,
    "adr": decisions,
    "ledger": ledger,
}


def as_list(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list) else [str(value)]


def schemas(root: Path) -> dict[str, Schema]:
    """Every ledger schema, by name."""
    files = sorted((root / "schemas").glob("ledger.*.json"))
    found = [read_schema(file, f"schemas/{file.name}") for file in files]
    for schema in found:
        for column, target in schema.foreign.items():
            prefix, _, rest = target.partition(":")
            other, _, key = rest.partition(".")
            others = {each.name: each for each in found}
            if prefix not in TARGETS or (
                prefix == "ledger" and (other not in others or key not in others[other].columns)
            ):
                text = f"x-foreign: {column} points at {target!r}, which is nothing"
                raise Refused(Problem("SCHEMA_BAD", f"schemas/ledger.{schema.name}.json", 1, 1, text))
    return {schema.name: schema for schema in found}


def load(root: Path, name: str) -> Table:
    """One ledger by its schema's name; foreign keys are not followed."""
    schema = read_schema(root / "schemas" / f"ledger.{name}.json", f"schemas/ledger.{name}.json")
    return read(root / schema.path, schema, schema.path)


def load_all(root: Path) -> tuple[dict[str, Table], list[Problem]]:
    """Every ledger that can be read, and every problem, foreign keys included."""
    tables: dict[str, Table] = {}
    problems: list[Problem] = []
    for name, schema in schemas(root).items():
        if not schema.path:
            continue
        try:
            tables[name] = read(root / schema.path, schema, schema.path)
        except Refused as refused:
            problems += refused.problems
    for table in tables.values():
        problems += dangling(root, tables, table)
    return tables, problems


def dangling(root: Path, tables: Mapping[str, Table], table: Table) -> list[Problem]:
    """The cells of one table that point at nothing."""
    problems = []
    for column, target in table.schema.foreign.items():
        prefix, _, rest = target.partition(":")
        if prefix == "ledger" and rest.partition(".")[0] not in tables:
            continue  # that ledger's own problem is reported already
        known = TARGETS[prefix](root, tables, rest)
        for index, row in enumerate(table.rows):
            for value in as_list(row[column]):
                if value and not known(value):
                    text = f"{column}: {shorten(value)!r} names no {rest or prefix}"
                    problems.append(table.problem("LEDGER_FOREIGN_KEY", index, column, text))
    return problems
