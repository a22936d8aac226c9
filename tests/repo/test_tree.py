"""Habits that the whole tree keeps: data that is well-formed, nothing orphaned, nothing of one person's machine."""

from __future__ import annotations

import json
import pathlib
import re

import jsonschema
import pytest

from ledgers import foreign
from tests.conftest import ROOT
from tests.repo.tracked import files

BINARY = {".png"}
CODE = ("compiler", "gates", "ledgers", "reports", "tools", "runtime_c")


def words(path: pathlib.Path) -> str:
    return (ROOT / path).read_bytes().decode("utf-8", "replace")


@pytest.mark.parametrize("path", [path for path in files("schemas/*.json") if "vendor" not in path.parts], ids=str)
def test_schemas_are_schemas_and_closed(path: pathlib.Path) -> None:
    schema = json.loads((ROOT / path).read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"

    def objects(node: object) -> list[dict[str, object]]:
        if isinstance(node, list):
            return [found for item in node for found in objects(item)]
        if not isinstance(node, dict):
            return []
        own = [node] if node.get("type") == "object" and "properties" in node else []
        return own + [found for item in node.values() for found in objects(item)]

    found = objects(schema)
    assert found
    assert all(node.get("additionalProperties") is False for node in found), "an unknown key would pass in silence"


def test_every_table_and_gate_file_is_read_by_its_own_reader() -> None:
    """`open_project` refuses whatever is wrong with any ledger or gate file; here: that it looks at all of them."""
    from gates.engine.project import open_project

    project = open_project(ROOT)
    assert not any(project.judged.values())
    assert {f"gates/{name}.yaml" for name in project.gates} == {str(path) for path in files("gates/*.yaml")}
    tables = {str(table.path) for table in project.tables.values()}
    assert {str(path) for path in files("ledgers/*.tsv")} <= {path.removeprefix(f"{ROOT}/") for path in tables}


def test_what_is_implemented_misses_nothing() -> None:
    tables, _ = foreign.load_all(ROOT)
    for row in tables["compiler-memory-research-ledger"].rows:
        assert (row["status"] == "implemented") == (not row["missing"]), row["recommendation"]
        for gate in row["gates"] if row["status"] == "implemented" and isinstance(row["gates"], list) else ():
            assert (ROOT / f"gates/{gate}.yaml").exists(), f"{row['recommendation']}: {gate} is not built"


def test_the_corpus_is_large_enough() -> None:
    negative = {path.parts[2].removesuffix(".0x0") for path in files("fixtures/negative/*.0x0")}
    assert len(negative) >= 60
    assert len(files("fixtures/programs/*.0x0")) >= 40


def test_a_real_program_of_several_modules() -> None:
    for main in files("fixtures/projects/*/main.0x0"):
        modules = files(f"{main.parent}/*.0x0")
        lines = sum(len((ROOT / path).read_text("utf-8").splitlines()) for path in modules)
        if len(modules) >= 5 and lines >= 1000:
            return
    raise AssertionError("no project has five modules and a thousand lines")


def test_no_golden_is_orphaned() -> None:
    """A stored expectation is named by a test: its area in a test of that area, its stem there or in a table."""
    orphans = []
    everything = "\n".join(words(test) for test in files("tests/*.py"))
    for path in files("tests/golden/*"):
        area = path.parts[2]
        text = "\n".join(words(test) for test in files(f"tests/{area}/*"))
        # Names are made of a test's own name and, at most, a word before it.
        stems = (path.stem, path.stem.partition("-")[2] or path.stem)
        if f"{area}/" not in text or not any(re.search(rf"[\"'/]{re.escape(stem)}\b", everything) for stem in stems):
            orphans.append(str(path))
    assert orphans == []


def test_every_program_has_its_expectation_and_every_expectation_its_program() -> None:
    for folder in ("programs", "workloads"):
        stems: dict[str, set[str]] = {}
        for path in files(f"fixtures/{folder}/*"):
            stems.setdefault(path.stem, set()).add(path.suffix)
        for stem, suffixes in stems.items():
            assert {".0x0", ".out"} <= suffixes, f"{folder}/{stem}"
            assert suffixes & {".py", ".c"}, f"{folder}/{stem} has no twin"


def test_nothing_of_a_developer_s_machine() -> None:
    """No absolute path of a person's folder, no registry, no editor's leavings."""
    personal = re.compile(r"(?<![\w.])/(?:home|Users|work)/\w|(?<![\w.])/root/|(?<![\w.])/tmp/\w")
    for path in files():
        assert not re.search(r"(\.orig|\.rej|~|\.swp|\.DS_Store)$", path.name), path
        if path.suffix in BINARY or path.parts[:2] == ("tests", "repo"):
            continue
        found = personal.search(words(path))
        assert not found, f"{path}: {found[0] if found else ''}"


def test_text_files_end_with_a_newline_and_use_lf() -> None:
    wild = ("fixtures/negative", "fixtures/gates", "fixtures/programs", "fixtures/projects", "tests/golden")
    for path in files():
        if path.suffix in BINARY or str(path).startswith(wild) or not (ROOT / path).stat().st_size:
            continue
        text = (ROOT / path).read_bytes()
        assert text.endswith(b"\n"), path
        assert b"\r\n" not in text, path


def test_the_licence_is_there() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_the_version_is_said_once_alike() -> None:
    import tomllib

    from compiler.cli.main import VERSION

    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == VERSION


@pytest.mark.parametrize(
    "path", [path for path in files("*.py") if path.parts[0] in CODE and path.name != "__init__.py"], ids=str
)
def test_every_module_says_what_it_is(path: pathlib.Path) -> None:
    import ast

    tree = ast.parse((ROOT / path).read_text("utf-8"))
    assert ast.get_docstring(tree), "no docstring"
    lines = len((ROOT / path).read_text("utf-8").splitlines())
    assert lines <= 700, f"{lines} lines: split it by topic"
