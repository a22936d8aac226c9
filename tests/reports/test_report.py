"""The report is one self-contained, accessible page that equals its data, byte for byte the same each time."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from reports.changes import PATH, main, summary
from reports.files import RenderError
from reports.render import render
from reports.tables import tables
from tests.conftest import ROOT
from tests.reports.sample import finding, result


def rendered(folder: Path, document: dict[str, Any], root: Path = ROOT) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "result.json"
    path.write_text(json.dumps(document), "utf-8")
    return render(path, root).read_text("utf-8")


class Page(HTMLParser):
    """Just enough of a reader: elements with attributes, and the text of each."""

    VOID = ("meta", "link", "br", "path", "use", "line", "circle", "rect")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.stack: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.stack and self.stack[-1] == tag, f"</{tag}> closes {self.stack[-1:]}"
        self.stack.pop()

    def handle_data(self, data: str) -> None:
        if self.stack:
            self.texts.setdefault(self.stack[-1], []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def test_same_result_same_bytes_for_any_hash_seed_and_place(tmp_path: Path) -> None:
    bundles = []
    for seed in ("1", "2"):
        folder = tmp_path / seed / ("deep" * int(seed))
        folder.mkdir(parents=True)
        (folder / "result.json").write_text(json.dumps(result()), "utf-8")
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "TZ": f"UTC{seed}"}
        subprocess.run(
            [sys.executable, "-m", "reports", str(folder / "result.json")], check=True, env=env, cwd=tmp_path
        )
        bundles.append({str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()})
    assert bundles[0] == bundles[1]
    assert {"index.html", "junit.xml", "data/checks.csv", "data/checks.json"} <= bundles[0].keys()


def test_the_page_stands_alone_and_needs_no_script(tmp_path: Path) -> None:
    text = rendered(tmp_path, result())
    page = Page(text)
    assert not page.stack
    assert not page.all("script") and "javascript:" not in text and not re.search(r"\son\w+=", text)
    for tag, attributes in page.elements:
        for name in ("src", "href", "xlink:href"):
            target = attributes.get(name) or ""
            assert not target.startswith(("http:", "https:", "//")), (tag, target)
            if target.startswith("#"):
                assert f'id="{target[1:]}"' in text, target
    assert "@import" not in text and "url(http" not in text


def test_the_page_can_be_read_without_eyes(tmp_path: Path) -> None:
    page = Page(rendered(tmp_path, result()))
    tags = [tag for tag, _ in page.elements]
    assert tags.count("h1") == 1 and tags.count("main") == 1
    assert page.all("html")[0]["lang"] == "en"
    assert tags.count("caption") == tags.count("table") > 0
    assert all(th.get("scope") for th in page.all("th"))
    for svg in page.all("svg"):
        assert svg["role"] == "img" and svg["aria-labelledby"]
    assert tags.count("desc") == tags.count("svg") > 0
    ids = [a["id"] for _, a in page.elements if a.get("id")]
    assert len(ids) == len(set(ids))


def test_text_of_the_result_is_escaped(tmp_path: Path) -> None:
    text = rendered(tmp_path, result())
    assert "holds <always>" not in text and "holds &lt;always&gt; &amp; everywhere" in text


def test_first_screen_says_verdict_next_step_and_changes(tmp_path: Path) -> None:
    first = rendered(tmp_path, result()).split('<h2 id="milestones"', 1)[0]
    assert "fail, 1 of 2 claimed" in first and "make first-check" in first and "Since the last release" in first


def test_data_files_equal_the_tables(tmp_path: Path) -> None:
    rendered(tmp_path, result())
    found = tables(result())
    assert {p.stem for p in (tmp_path / "data").glob("*.csv")} == set(found)
    for table in found.values():
        stored = json.loads((tmp_path / "data" / f"{table.name}.json").read_text("utf-8"))["rows"]
        assert stored == [dict(zip(table.columns, row, strict=True)) for row in table.rows]
        with (tmp_path / "data" / f"{table.name}.csv").open(newline="", encoding="utf-8") as file:
            lines = list(csv.reader(file))
        assert lines[0] == list(table.columns) and len(lines) == len(table.rows) + 1


def test_junit_counts_what_the_result_says(tmp_path: Path) -> None:
    rendered(tmp_path, result())
    suites = ET.parse(tmp_path / "junit.xml").getroot()
    first, second = list(suites)
    assert (first.get("tests"), first.get("failures"), first.get("errors")) == ("2", "1", "0")
    assert (second.get("tests"), second.get("skipped")) == ("1", "1")


def test_a_chart_shows_the_budget_and_every_workload(tmp_path: Path) -> None:
    text = rendered(tmp_path, result())
    assert text.count("<svg") == 5  # two comparisons, three memory series
    assert "budget 0.9" in text and ">fib<" in text and ">mix<" in text
    for sentinel in ("#010101", "#040404", "#060606"):
        assert sentinel not in text
    assert "var(--budget)" in text


def test_a_vanished_check_is_listed_first(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / PATH).parent.mkdir(parents=True)
    (root / "schemas").symlink_to(ROOT / "schemas")
    old = result()
    old["version"] = "9.9.8"
    old["gates"][0]["findings"].append(finding("vanished"))
    (root / PATH).write_text(json.dumps(summary(old)), "utf-8")
    new = result()
    new["gates"][0]["findings"][0] |= {"verdict": "inconclusive", "measured": "0.7"}
    text = rendered(tmp_path / "out", new, root)
    since = text.split("Since the last release", 1)[1].split("</section>", 1)[0]
    items = re.findall(r"<li>(.*?)</li>", since, re.DOTALL)
    assert "first/vanished was judged in 9.9.8 and is no longer there" in items[0]
    assert "first/good: pass → inconclusive" in items[1]
    assert len(items) == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "result.json:1:1: error[REPORT_BAD_RESULT]"),
        (b'{"format": 1,', "error[REPORT_BAD_RESULT]"),
        (b"\xff\xfe", "byte 0: error[REPORT_BAD_RESULT]: not UTF-8"),
        (b"{}", "required property"),
    ],
)
def test_a_bad_result_is_one_clear_error(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(RenderError) as caught:
        render(path, ROOT)
    assert says in str(caught.value) and "help:" in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["result.json"]


def test_a_missing_result_names_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="make release"):
        render(tmp_path / "none.json", ROOT)


def test_only_a_passing_result_becomes_the_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "root"
    out = root / "reports" / "out" / "9.9.9"
    out.mkdir(parents=True)
    (root / "schemas").symlink_to(ROOT / "schemas")
    assert main(root) == 5
    document = result()
    (out / "result.json").write_text(json.dumps(document), "utf-8")
    assert main(root) == 3 and not (root / PATH).exists()
    document["verdict"] |= {"word": "pass", "status": 0, "text": "pass, 1 of 2 claimed"}
    (out / "result.json").write_text(json.dumps(document), "utf-8")
    assert main(root) == 0
    assert json.loads((root / PATH).read_text("utf-8"))["checks"]["first/good"]["verdict"] == "pass"
    assert "no verdict and no measurement changed" in rendered(tmp_path / "page", document, root)
    capsys.readouterr()


@pytest.mark.parametrize(
    ("score", "shown"),
    [
        ((2, 2, 0, 0), "✓ killed kill score 2 of 2"),
        ((2, 2, 1, 0), "∅ not run kill score 2 of 2 (1 from an earlier tree)"),
        ((1, 2, 0, 1), "∅ not run kill score 1 of 2"),
        ((0, 2, 0, 2), "∅ not run kill score 0 of 2"),
        ((1, 2, 0, 0), "✗ survived kill score 1 of 2"),
        ((0, 3, 0, 2), "✗ survived kill score 0 of 3"),
    ],
)
def test_drills_are_green_only_when_all_of_them_killed_on_this_tree(
    tmp_path: Path, score: tuple[int, int, int, int], shown: str
) -> None:
    document = result()
    document["kill_score"] = dict(zip(("kills", "checks", "stale", "not_run"), score, strict=True))
    counts = re.search(r'<ul class="counts".*?</ul>', rendered(tmp_path, document), re.S)
    assert counts is not None
    last = re.findall(r"<li>(.*?)</li>", counts[0], re.S)[-1]
    assert " ".join(re.sub(r"<[^>]*>", "", last).split()) == shown
