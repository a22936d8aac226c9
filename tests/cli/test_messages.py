"""What one program with several errors says, whole: for people, as JSON and as SARIF."""

from __future__ import annotations

import json
import pathlib
import subprocess
from collections.abc import Callable

import jsonschema
import pytest

from tests.conftest import ROOT

Zero = Callable[..., "subprocess.CompletedProcess[bytes]"]
Golden = Callable[[str, str], None]

MAIN = """\
(↥ "shapes.0x0" s)
(↥ "shape.0x0" t)
(ƒ area (w h) (* w h))
(ƒ area (r) r)
(ƒ lenght (∷ (→ Text I64)) (cap pure) (t)
  (print t)
  (text-lenght t))
"""
SHAPES = """\
(τ Shape (Disc F64) (Square F64))
(ƒ size (x)
  (match x
    ((Disc r) (* r "π"))))
(ƒ grüße (x) (if x 1))\t; a tab, wide: 漢字
"""
BROKEN = "(ƒ f (x)\n  (+ x 1)\n(ƒ g (x) 1.)\n"


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "main.0x0").write_text(MAIN, "utf-8")
    (tmp_path / "shapes.0x0").write_text(SHAPES, "utf-8")
    (tmp_path / "broken.0x0").write_text(BROKEN, "utf-8")
    return tmp_path


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_whole_messages(zero: Zero, folder: pathlib.Path, golden: Golden, form: str) -> None:
    options = [] if form == "text" else [f"--{form}"]
    done = zero("check", "main.0x0", "broken.0x0", *options, cwd=folder)
    assert (done.returncode, done.stdout) == (1, b"")
    golden(f"cli/messages.{form}", done.stderr.decode())


def test_all_forms_say_the_same(zero: Zero, folder: pathlib.Path) -> None:
    """The same errors in the same order, with the same places."""
    text, plain, sarif = (
        zero("check", "main.0x0", "broken.0x0", *options, cwd=folder).stderr.decode()
        for options in ([], ["--json"], ["--sarif"])
    )
    shown = [line.split(": ")[0:2] for line in text.splitlines() if ": error[" in line]
    rows = json.loads(plain)["diagnostics"]
    assert shown == [[f"{r['file']}:{r['line']}:{r['column']}", f"error[{r['code']}]"] for r in rows]
    found = []
    for result in json.loads(sarif)["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        region = place["region"]
        where = f"{place['artifactLocation']['uri']}:{region['startLine']}:{region['startColumn']}"
        found.append([where, f"error[{result['ruleId']}]"])
    assert shown == found


SCHEMA = json.loads((ROOT / "schemas/vendor/sarif-2.1.0.json").read_text("utf-8"))


@pytest.mark.parametrize("names", [["main.0x0", "broken.0x0"], ["broken.0x0"], ["fine.0x0"], ["a b%é.0x0"]])
def test_sarif_fits_the_official_schema(zero: Zero, folder: pathlib.Path, names: list[str]) -> None:
    """With several files and notes, without results, and with a path that is no URI as it stands."""
    (folder / "fine.0x0").write_text("(ƒ main (_) 0)\n", "utf-8")
    (folder / "a b%é.0x0").write_text("(ƒ main (_) nothing)\n", "utf-8")
    document = json.loads(zero("check", *names, "--sarif", cwd=folder).stderr)
    jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker()).validate(document)


def test_the_official_schema_refuses() -> None:
    """What another version, an unknown key, or a result without a message would be."""
    golden = json.loads((ROOT / "tests/golden/cli/messages.sarif").read_text("utf-8"))
    validator = jsonschema.Draft4Validator(SCHEMA)
    assert validator.is_valid(golden)
    assert not validator.is_valid({**golden, "version": "2.0.0"})
    assert not validator.is_valid({**golden, "extra": 1})
    del golden["runs"][0]["results"][0]["message"]
    assert not validator.is_valid(golden)


def test_sarif_has_the_shape_of_the_standard(zero: Zero, folder: pathlib.Path) -> None:
    """What SARIF 2.1.0 requires of each object that we write (sections 3.13 to 3.52), rules and places included."""
    document = json.loads(zero("check", "main.0x0", "broken.0x0", "--sarif", cwd=folder).stderr)
    assert set(document) == {"$schema", "version", "runs"}
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    driver = run["tool"]["driver"]
    assert isinstance(driver["name"], str)
    rules = [rule["id"] for rule in driver["rules"]]
    assert len(rules) == len(set(rules))
    assert all(rule["fullDescription"]["text"] for rule in driver["rules"])
    assert run["results"]
    for result in run["results"]:
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["ruleId"] in rules
        assert result["message"]["text"]
        for location in [*result["locations"], *result.get("relatedLocations", [])]:
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert (folder / uri).is_file()
            region = location["physicalLocation"]["region"]
            begin = (region["startLine"], region["startColumn"])
            assert min(begin) >= 1
            assert begin <= (region["endLine"], region["endColumn"])
        assert all(location["message"]["text"] for location in result.get("relatedLocations", []))
