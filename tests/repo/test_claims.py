"""`docs/language/claims.tsv`: each claim of the language definition with the program or test that shows it.

`p:NAME` is `fixtures/programs/NAME.0x0`, `j:NAME` a project, `n:CODE-…` a negative program by how its name begins,
`t:FILE::TEST` a test, `d:PAGE` a page here whose examples tests run.  `–` under `refused_by`: nothing to misuse.  Words
between backticks must stand in what shows the claim, so a row cannot name a program about something else.
"""

from __future__ import annotations

import functools
import re

import pytest

from tests.conftest import ROOT
from tests.repo.tracked import files

HEAD = ["part", "claim", "shown_by", "refused_by"]
ROWS = [line.split("\t") for line in (ROOT / "docs/language/claims.tsv").read_text("utf-8").splitlines()]
PARTS = "Lexical, Top level, Expressions, Types, Semantics, Capabilities, Builtins, Packages, Diagnostics, The command"


@functools.cache
def evidence(reference: str) -> str:
    """The text of what a reference names; fails where there is none."""
    kind, _, name = reference.partition(":")
    if kind == "p":
        return (ROOT / f"fixtures/programs/{name}.0x0").read_text("utf-8")
    if kind == "j":
        return "\n".join((ROOT / path).read_text("utf-8") for path in files(f"fixtures/projects/{name}/*.0x0"))
    if kind == "d":
        page = (ROOT / f"docs/language/{name}.md").read_text("utf-8")
        assert "```0x0" in page, f"{reference}: a page without examples"
        return page
    if kind == "n":
        found = [path for path in files("fixtures/negative/*") if path.parts[2].startswith(name)]
        assert found, f"no negative program {name}…"
        return "\n".join((ROOT / path).read_bytes().decode("utf-8", "replace") for path in found)
    path, _, test = name.partition("::")
    text = (ROOT / "tests" / path).read_text("utf-8")
    assert kind == "t"
    assert re.search(rf"^def {re.escape(test)}\(", text, re.M), f"{path} has no {test}"
    return text


def words(claim: str) -> list[str]:
    """What the claim is about: words of the language between backticks."""
    from compiler.syntax.forms import GLYPHS

    spans = [span for span in re.findall(r"`([^`]+)`", claim) if "…" not in span and "." not in span[1:]]
    return [GLYPHS.get(word, word) for span in spans for word in span.split() if word not in "[]{};_"]


def test_the_table_is_whole() -> None:
    assert ROWS[0] == HEAD
    assert all(len(row) == len(HEAD) and all(row) for row in ROWS)
    assert list(dict.fromkeys(row[0] for row in ROWS[1:])) == PARTS.split(", ")
    assert len({row[1] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS[1:], ids=lambda row: row[1][:40])
def test_a_claim_has_its_evidence(row: list[str]) -> None:
    from compiler.syntax.forms import GLYPHS

    _, claim, shown, refused = row
    text = "\n".join(evidence(reference) for reference in shown.split())
    for reference in refused.split():
        if reference != "–":
            assert reference.startswith("n:")
            evidence(reference)
    for glyph, word in GLYPHS.items():
        text = text.replace(f"({glyph} ", f"({word} ")
    missing = [word for word in words(claim) if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)]
    assert missing == [], f"{shown} does not speak of {missing}"


def test_every_builtin_and_class_is_claimed() -> None:
    """The table's own gaps: classes of diagnostics that no row refuses with."""
    from compiler.messages import everything

    refused = " ".join(row[3] for row in ROWS[1:])
    classes = {code.rpartition("-")[0] for code in everything()}
    remarks = {"REGION"}  # no errors
    assert sorted(name for name in classes - remarks if f"n:{name}-" not in refused) == []
