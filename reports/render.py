"""From one result to the report's folder: index.html, every table as CSV and JSON, JUnit XML.

Judges nothing and measures nothing; the same result gives the same bytes.  All files are written beside their place and
renamed, so a reader never sees half a report.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from reports.changes import changes
from reports.charts import phases, ratios
from reports.files import load, write_text
from reports.junit import junit
from reports.scenarios import TSV
from reports.tables import MEMORY_METRICS, Table, memory_rows, number, tables

# What a reader takes from a verdict: (symbol, words).  A symbol, so that colour is never alone.
WORDS = {
    "pass": ("✓", "pass"),
    "waived": ("≈", "waived"),
    "fail": ("✗", "fail"),
    "inconclusive": ("?", "inconclusive"),
    "unmeasured": ("∅", "unmeasured"),
    "broken": ("!", "broken"),
    "planned": ("·", "planned"),
    "partly claimed": ("◐", "partly claimed"),
    "killed": ("✓", "killed"),
    "survived": ("✗", "survived"),
    "raised": ("✓", "raised"),
    "not raised": ("✗", "not raised"),
    "supported": ("✓", "supported"),
    "unsupported": ("✗", "unsupported"),
    "not-judged": ("·", "not judged"),
    "not-run": ("∅", "not run"),
}


def render(path: Path, root: Path) -> Path:
    """Write the report beside the result and return the page's path.

    Errors: RenderError for a result that cannot be read, OSError for a folder that cannot be written.
    """
    result = load(path, root)
    folder = path.parent
    found = tables(result)
    page = _page(result, found, root)
    data = folder / "data"
    data.mkdir(exist_ok=True)
    for table in found.values():
        write_text(data / f"{table.name}.csv", _csv(table))
        write_text(data / f"{table.name}.json", _json(table))
        if table.name in TSV:
            write_text(folder / f"{table.name}.tsv", _tsv(table))
    write_text(folder / "junit.xml", junit(result))
    write_text(folder / "index.html", page)
    return folder / "index.html"


def _page(result: dict[str, Any], found: dict[str, Table], root: Path) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    environment.filters["mark"] = lambda word: WORDS.get(str(word), ("", str(word)))
    compared, moved = changes(result, root)
    return environment.get_template("report.html.j2").render(
        result=result,
        tables=found,
        words=WORDS,
        style=(Path(__file__).parent / "templates" / "style.css").read_text("utf-8"),
        compared=compared,
        changes=moved,
        comparisons=_comparisons(result),
        memory=_memory(result),
        counts=_counts(result),
    )


def _counts(result: dict[str, Any]) -> list[tuple[str, int]]:
    """Checks by verdict, blocking ones first."""
    order = ("fail", "broken", "unmeasured", "inconclusive", "waived", "pass")
    verdicts = [f["verdict"] for gate in result["gates"] for f in gate["findings"]]
    return [(word, verdicts.count(word)) for word in order if word in verdicts]


def _comparisons(result: dict[str, Any]) -> list[dict[str, Any]]:
    """A chart for every check that compares before with after."""
    out: list[dict[str, Any]] = []
    for gate in result["gates"]:
        for finding in gate["findings"]:
            details = [d for d in finding["details"] if "ratio" in d]
            if not details:
                continue
            paired = any("low" in d for d in details)
            out.append(
                {
                    "finding": finding,
                    "gate": gate["gate"],
                    "paired": paired,
                    "svg": ratios(f"c{len(out)}", finding["says"], details, finding["budget"]),
                }
            )
    return out


def _memory(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Charts of memory by phase, in mebibytes and in the build's order."""
    series: dict[tuple[str, str], dict[str, dict[str, float]]] = {}
    for project, phase, owner, metric, before, after in memory_rows(result):
        if owner:
            continue
        found = series.setdefault((project, metric), {"before": {}, "after": {}})
        for variant, value in (("before", before), ("after", after)):
            if value is not None:
                found[variant][phase] = value / 2**20
    out: list[dict[str, Any]] = []
    for (project, metric), variants in series.items():
        order = list(dict.fromkeys([*variants["before"], *variants["after"]]))
        title = MEMORY_METRICS[metric]
        svg = phases(f"m{len(out)}", f"{title}: {project}", order, variants["before"], variants["after"], "MiB")
        out.append({"title": title, "project": project, "svg": svg})
    return out


def _csv(table: Table) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(["" if cell is None else cell for cell in row] for row in table.rows)
    return buffer.getvalue()


def _tsv(table: Table) -> str:
    rows = [table.columns, *table.rows]
    return "".join("\t".join("" if cell is None else str(cell) for cell in row) + "\n" for row in rows)


def _json(table: Table) -> str:
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return json.dumps({"caption": table.caption, "rows": rows}, ensure_ascii=False, indent=1) + "\n"
