"""Diagnostics as text for people, as JSON and as SARIF for machines.

    main.0x0:2:9: error[SEM_UNBOUND-020]: nothing is named `lenght` here
        (+ 1 (lenght xs)))
              ^~~~~~
    help: did you mean `length`?

At most 50 errors a file, in the order of the text; a remark is one line.  Knows nothing of what a message says.
A new form is a row of `WRITERS`.
"""

from __future__ import annotations

from compiler.diagnostics import LIMIT
from compiler.syntax.lexer import INVISIBLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.diagnostics import Diagnostic, Sink, SourceFile

WIDTH = 100  # characters of a source line that are shown
MARGIN = "    "


def text(sink: Sink) -> str:
    """All diagnostics as people read them; empty when there are none."""
    shown, hidden = _limited(sink)
    parts = []
    for item in shown:
        line, column = item.file.place(item.start)
        head = f"{printable(item.file.path)}:{line}:{column}: {item.severity}[{item.kind.code}]"
        parts.append(f"{head}: {printable(item.message)}\n")
        if item.severity == "remark":
            continue  # there may be many, and nothing is to be mended: a line each
        parts.append(excerpt(item.file, item.start, item.end))
        for note in item.notes:
            line, column = note.file.place(note.start)
            parts.append(f"note: {printable(note.file.path)}:{line}:{column}: {printable(note.text)}\n")
            parts.append(excerpt(note.file, note.start, note.end))
        parts.append(f"help: {printable(item.help)}\n")
    for path, count in hidden:
        parts.append(f"{printable(path)}: {count} more error{'s' * (count > 1)} not shown\n")
    return "".join(parts)


def _limited(sink: Sink) -> tuple[list[Diagnostic], list[tuple[str, int]]]:
    """What is shown, and for each file with too many how many are not."""
    counts: dict[int, int] = {}
    paths: dict[int, str] = {}
    shown = []
    for item in sink.ordered():
        number = item.file.id
        paths[number] = item.file.path
        counts[number] = counts.get(number, 0) + (item.severity == "error")
        if counts[number] <= LIMIT:
            shown.append(item)
    return shown, [(paths[number], count - LIMIT) for number, count in counts.items() if count > LIMIT]


def excerpt(file: SourceFile, start: int, end: int) -> str:
    """The line of a place with the place underlined; a long line is cut around it."""
    number, column = file.place(start)
    line = file.line(number)
    at = column - 1
    length = max(1, min(end - start, len(line) - at))
    first = 0
    if len(line) > WIDTH:
        first = max(0, min(at - WIDTH // 3, len(line) - WIDTH))
    last = min(len(line), first + WIDTH)
    before = ("…" if first else "") + line[first:at]
    place = line[at : min(at + length, last)]
    behind = line[at + len(place) : last] + ("…" if last < len(line) else "")
    underline = "^" + "~" * (_width(place) - 1)
    return f"{MARGIN}{printable(before)}{printable(place)}{printable(behind)}\n{MARGIN}{_blank(before)}{underline}\n"


def printable(words: str) -> str:
    """Words that cannot move the cursor: what is invisible becomes visible."""
    if words.isascii() and words.isprintable():
        return words
    return INVISIBLE.sub("\ufffd", words.replace("\n", " "))


def _width(words: str) -> int:
    """Columns that words take on a screen."""
    if words.isascii():
        return len(words)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in words)


def _blank(words: str) -> str:
    """White space as wide as the words; tabs stay tabs."""
    return "".join("\t" if c == "\t" else " " * _width(c) for c in words)


def json(sink: Sink) -> str:
    """One JSON document; offsets, lines and columns in characters, lines and columns from 1."""
    from json import dumps

    shown, hidden = _limited(sink)
    rows = [
        {
            "code": item.kind.code,
            **({} if item.severity == "error" else {"severity": item.severity}),
            **_range(item.file, item.start, item.end),
            "message": item.message,
            "help": item.help,
            "notes": [{**_range(note.file, note.start, note.end), "message": note.text} for note in item.notes],
        }
        for item in shown
    ]
    more = [{"file": path, "count": count} for path, count in hidden]
    return dumps({"schema": "zero-diagnostics/1", "diagnostics": rows, "not_shown": more}, indent=1) + "\n"


def _range(file: SourceFile, start: int, end: int) -> dict[str, object]:
    line, column = file.place(start)
    end_line, end_column = file.place(max(end, start))
    return {"file": file.path, "line": line, "column": column, "end_line": end_line, "end_column": end_column}


def sarif(sink: Sink) -> str:
    """SARIF 2.1.0, as code hosts read it."""
    from json import dumps

    from compiler.cli.main import VERSION

    shown, _ = _limited(sink)
    rules = {item.kind.code: item.kind for item in shown}
    results = []
    for item in shown:
        result: dict[str, object] = {
            "ruleId": item.kind.code,
            "level": "error" if item.severity == "error" else "note",
            "message": {"text": f"{item.message}\n{item.help}".rstrip("\n")},
            "locations": [_location(item.file, item.start, item.end)],
        }
        if item.notes:
            result["relatedLocations"] = [
                {**_location(note.file, note.start, note.end), "message": {"text": note.text}} for note in item.notes
            ]
        results.append(result)
    driver = {
        "name": "zero",
        "version": VERSION,
        "rules": [{"id": code, "fullDescription": {"text": rules[code].explain}} for code in sorted(rules)],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return dumps(document, indent=1) + "\n"


def _location(file: SourceFile, start: int, end: int) -> dict[str, object]:
    from urllib.parse import quote

    place = _range(file, start, end)
    region = {
        "startLine": place["line"],
        "startColumn": place["column"],
        "endLine": place["end_line"],
        "endColumn": place["end_column"],
    }
    uri = quote(file.path.encode("utf-8", "surrogateescape"))
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}


# option -> how to write; without any, as text
WRITERS = {"--json": json, "--sarif": sarif}
