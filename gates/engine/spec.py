"""Read gate files: YAML with a place for every complaint, held against `schemas/gate.json`.

A duplicate key, an unknown key or a check that could never turn red is an error.  Knows nothing of rows
or verdicts.  A new key of a gate file is a property in the schema and a field of `Gate`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from gates import checks
from ledgers.problems import Problem, Refused, shorten
from ledgers.table import Row, Table, read_text

Place = tuple[int, int]
MAX_DEPTH = 32
KEY = None  # ends the path of a key's own place; without it, a path leads to the value


@dataclass(frozen=True, slots=True)
class Requirement:
    id: str
    says: str
    check: str
    collector: str
    metric: str
    workloads: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Gate:
    name: str
    path: str
    milestone: int | None
    title: str
    claim: str
    owner: str
    tier: str
    because: str
    needs: tuple[str, ...]
    time_s: int
    memory_mb: int
    ledgers: tuple[str, ...]
    collect: tuple[str, ...]
    require: tuple[Requirement, ...]
    negatives: tuple[str, ...]
    reports: tuple[str, ...]
    document: dict[str, Any]  # the file as data: what a verdict can be recomputed from


def load_yaml(text: str, shown: str) -> tuple[Any, dict[tuple[Any, ...], Place]]:
    """The document, and the place of every value by its path; refuses duplicate keys."""
    try:
        too_deep(text, shown)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise Refused(Problem("GATE_YAML", shown, line, column, shorten(error.problem or str(error), 120))) from None
    except yaml.YAMLError as error:
        raise Refused(Problem("GATE_YAML", shown, 1, 1, shorten(str(error).replace("\n", " "), 120))) from None
    if node is None:
        raise Refused(Problem("GATE_YAML", shown, 1, 1, "the file is empty"))
    reader = Reader(shown)
    document = reader.value(node, ())
    if reader.problems:
        raise Refused(reader.problems)
    return document, reader.places


def too_deep(text: str, shown: str) -> None:
    """Refuse deep nesting before composing it: the C composer recurses, and would crash the process."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            mark = event.start_mark
            place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            raise Refused(Problem("GATE_YAML", shown, *place, f"values are nested more than {MAX_DEPTH} deep"))


PLAIN_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


class Reader:
    """Turn YAML nodes into plain data, and remember where each stood."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.places: dict[tuple[Any, ...], Place] = {}
        self.problems: list[Problem] = []
        self.open: set[int] = set()

    def value(self, node: yaml.Node, path: tuple[Any, ...]) -> Any:
        place = (node.start_mark.line + 1, node.start_mark.column + 1)
        self.places.setdefault(path, place)
        if id(node) in self.open:
            self.problems.append(Problem("GATE_YAML", self.shown, *place, "this value contains itself"))
            return None
        if not isinstance(node, yaml.ScalarNode) and node.tag not in PLAIN_TAGS:
            self.problems.append(
                Problem("GATE_YAML", self.shown, *place, f"the tag {shorten(node.tag)} is not plain YAML")
            )
            return None
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self.mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
            return self.scalar(node)
        finally:
            self.open.discard(id(node))

    def mapping(self, node: yaml.MappingNode, path: tuple[Any, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if key in found:
                first = self.places[(*path, key, KEY)][0]
                self.problems.append(
                    Problem("GATE_DUPLICATE_KEY", self.shown, *place, f"{key!r} stands in line {first} already")
                )
                continue
            self.places[(*path, key, KEY)] = place
            found[key] = self.value(value_node, (*path, key))
        return found

    def scalar(self, node: yaml.Node) -> Any:
        loader = yaml.SafeLoader("")
        try:
            value = loader.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            place = (node.start_mark.line + 1, node.start_mark.column + 1)
            self.problems.append(Problem("GATE_YAML", self.shown, *place, shorten(str(error).split("\n")[0], 120)))
            return None
        return value if isinstance(value, str | int | float | bool) or value is None else str(node.value)


@cache
def validator(schema_path: Path) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(schema_path.read_text("utf-8")))


def schema_problems(document: Any, places: dict[tuple[Any, ...], Place], shown: str, schema: Path) -> list[Problem]:
    problems = []
    for error in sorted(validator(schema).iter_errors(document), key=lambda each: [str(part) for part in each.path]):
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            allowed = error.schema.get("properties", {})
            for key in error.instance:
                if key not in allowed:
                    place = places.get((*path, key, KEY), (1, 1))
                    problems.append(Problem("GATE_UNKNOWN_KEY", shown, *place, f"unknown key {shorten(key)!r}"))
            continue
        while path and path not in places:
            path = path[:-1]
        problems.append(Problem("GATE_SCHEMA", shown, *places.get(path, (1, 1)), shorten(error.message, 160)))
    return problems


def load(root: Path, name: str, tables: dict[str, Table]) -> Gate:
    """One gate file, checked by itself and against the ledgers."""
    shown = f"gates/{name}.yaml"
    if not (root / shown).exists():
        raise Refused(Problem("GATE_UNKNOWN", shown, 1, 1, f"there is no gate named {shorten(name)!r}"))
    document, places = load_yaml(read_text(root / shown, shown), shown)
    problems = schema_problems(document, places, shown, root / "schemas" / "gate.json")
    if problems:
        raise Refused(problems)
    gate = build(document, shown)
    problems = lint(root, gate, places, tables)
    if problems:
        raise Refused(problems)
    return gate


def build(document: dict[str, Any], shown: str) -> Gate:
    """A gate from a document that fits the schema."""
    requirements = tuple(
        Requirement(
            id=item["id"],
            says=item["says"],
            check=item["check"],
            collector=item["rows"]["collector"],
            metric=item["rows"]["metric"],
            workloads=item["rows"].get("workloads", "*"),
            arguments=item.get("arguments", {}),
        )
        for item in document.get("require", ())
    )
    return Gate(
        name=document["gate"],
        path=shown,
        milestone=document["milestone"],
        title=document["title"],
        claim=document["claim"],
        owner=document["owner"],
        tier=document["tier"],
        because=document.get("because", ""),
        needs=tuple(document["needs"]),
        time_s=document["budget"]["time_s"],
        memory_mb=document["budget"]["memory_mb"],
        ledgers=tuple(document.get("ledgers", ())),
        collect=tuple(document.get("collect", ())),
        require=requirements,
        negatives=tuple(document.get("negatives", ())),
        reports=tuple(document.get("reports", ())),
        document=document,
    )


def lint(root: Path, gate: Gate, places: dict[tuple[Any, ...], Place], tables: dict[str, Table]) -> list[Problem]:
    """What the schema cannot say: names that must exist, and designs that could never turn red."""
    problems: list[Problem] = []

    def complain(code: str, path: tuple[Any, ...], text: str) -> None:
        problems.append(Problem(code, gate.path, *places.get(path, (1, 1)), text))

    row = ledger_row(gate.name, tables)
    if gate.path != f"gates/{gate.name}.yaml":
        complain("GATE_NAME", ("gate",), f"the file is named {gate.path!r}")
    elif row is None and "gates" in tables:
        complain("GATE_NAME", ("gate",), "ledgers/gates.tsv has no row for it")
    elif row is not None and str(row["milestone"]) != ("" if gate.milestone is None else str(gate.milestone)):
        complain("GATE_NAME", ("milestone",), f"ledgers/gates.tsv says milestone {row['milestone'] or 'none'}")
    # A ledger that could not be read has complained already; nothing is held against it here.
    known_gates = keys(tables, "gates", "gate")
    for index, need in enumerate(gate.needs):
        if known_gates is not None and need not in known_gates:
            complain("GATE_UNKNOWN_NEED", ("needs", index), f"there is no gate named {need!r}")
    owners = keys(tables, "owners", "owner")
    if owners is not None and gate.owner not in owners:
        complain("GATE_SCHEMA", ("owner",), f"{gate.owner!r} is no row of ledgers/owners.tsv")
    if gate.because and not (root / gate.because).exists():
        complain("GATE_SCHEMA", ("because",), f"there is no {gate.because}")
    for index, name in enumerate(gate.ledgers):
        if not (root / "schemas" / f"ledger.{name}.json").exists():
            complain("GATE_SCHEMA", ("ledgers", index), f"there is no ledger named {name!r}")
    collectors = keys(tables, "collectors", "collector")
    for index, name in enumerate(gate.collect):
        if collectors is not None and name not in collectors:
            complain("GATE_UNKNOWN_COLLECTOR", ("collect", index), f"{name!r} is no row of ledgers/collectors.tsv")
    lint_requirements(gate, complain)
    if row is not None and row["status"] != "planned" and not (gate.collect and gate.require):
        complain("GATE_LOOKS_AT_NOTHING", ("gate",), f"it is {row['status']}, yet it collects or requires nothing")
    if row is not None and row["status"] != "planned" and not gate.because:
        complain("GATE_SCHEMA", ("gate",), f"it is {row['status']}: `because` names the decision that shapes it")
    return problems


def keys(tables: dict[str, Table], ledger: str, column: str) -> set[str] | None:
    """The values of a column; None if the ledger could not be read."""
    return {str(row[column]) for row in tables[ledger].rows} if ledger in tables else None


def lint_requirements(gate: Gate, complain: Any) -> None:
    seen: set[str] = set()
    for index, requirement in enumerate(gate.require):
        here = ("require", index)
        if requirement.id in seen:
            complain("GATE_SCHEMA", (*here, "id"), f"the id {requirement.id!r} is used twice")
        seen.add(requirement.id)
        if requirement.collector not in gate.collect:
            complain(
                "GATE_UNKNOWN_COLLECTOR",
                (*here, "rows", "collector"),
                f"{requirement.collector!r} is not collected here",
            )
        check = checks.CHECKS.get(requirement.check)
        if check is None:
            complain("GATE_UNKNOWN_CHECK", (*here, "check"), f"there is no check named {requirement.check!r}")
            continue
        fault = check.argument_fault(requirement.arguments)
        if fault:
            complain("GATE_BAD_ARGUMENTS", (*here, "arguments"), fault)
            continue
        why = check.cannot_fail(requirement.arguments)
        if why:
            complain("GATE_CANNOT_FAIL", (*here, "arguments"), why)


def ledger_row(name: str, tables: dict[str, Table]) -> Row | None:
    rows = tables["gates"].rows if "gates" in tables else []
    return next((row for row in rows if row["gate"] == name), None)


def resolve(name: str, tables: dict[str, Table]) -> str:
    """The gate's own name for a name or alias; unknown names come back as they are."""
    for row in tables["gates"].rows if "gates" in tables else []:
        if name == row["gate"] or name in list(row["aliases"]):  # type: ignore[arg-type]
            return str(row["gate"])
    return name
