"""Every negative program raises exactly what its first line says, and every code has such a program.

`fixtures/negative/CODE-slug.0x0`, or a folder `CODE-slug` with `main.0x0`, begins with

    ; expect: CODE [FILE:]LINE:COLUMN
    ; features: NAME …                        (optional)
    ; without a C compiler                    (optional)

What only `--remarks` shows has programs here too, with nothing wrong.

and the whole message stands beside it as `.expected`, rewritten by BLESS=1.
"""

from __future__ import annotations

import os
import pathlib
import re

import pytest

from compiler import foreign, pipeline
from compiler.cli import render
from compiler.diagnostics import CLASSES, REMARKS, Sink
from compiler.messages import everything
from compiler.options import Options
from tests.conftest import ROOT

FOLDER = ROOT / "fixtures" / "negative"
FIXTURES = sorted(entry.name for entry in FOLDER.iterdir() if entry.suffix == ".0x0" or entry.is_dir())
HEADER = re.compile(r"\ufeff?; expect: ([A-Z0-9_]+-\d+) (?:(\S+):)?(\d+:\d+)\s")


def header(name: str) -> tuple[pathlib.Path, str, str, frozenset[str]]:
    """(root file, code, `file:line:col`, features) of a fixture; paths relative to the folder of fixtures."""
    root = pathlib.Path(name) if name.endswith(".0x0") else pathlib.Path(name) / "main.0x0"
    text = (FOLDER / root).read_bytes().decode("utf-8", "replace")
    match = HEADER.match(text)
    assert match, f"{root} does not begin with `; expect: CODE line:col`"
    features = re.search(r"^; features: (.*)$", text, re.M)
    path = str(root.parent / match[2]) if match[2] else str(root)
    return root, match[1], f"{path}:{match[3]}", frozenset(features[1].split() if features else ())


@pytest.mark.parametrize("name", FIXTURES)
def test_raises_what_it_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    root, code, place, features = header(name)
    assert name.startswith(code + "-")
    monkeypatch.chdir(FOLDER)
    sink = Sink()
    graph, program = pipeline.front(str(root), features, sink)
    if graph is not None and program is not None:
        pipeline.need_main(program, graph, sink)
    if program is not None and b"; without a C compiler\n" in root.read_bytes():
        monkeypatch.setenv("CC", "/nowhere/cc")
        foreign.host(program, foreign.Linked(), sink)
    if not sink:  # what only the back end can refuse, or has to say
        remarks = sink if code.rpartition("-")[0] in REMARKS else None
        pipeline.compile_program(str(root), Options(features=features, remarks=remarks), sink)
    assert sink, "there is nothing to say about this program"
    first = sink.ordered()[0]
    assert first.kind.code == code
    assert "{}:{}:{}".format(first.file.path, *first.file.place(first.start)) == place
    text = render.text(sink)
    expected = FOLDER / (name.removesuffix(".0x0") + ".expected")
    if os.environ.get("BLESS") == "1":
        expected.write_text(text, "utf-8")
    assert expected.exists(), f"no {expected.name}; run with BLESS=1"
    assert text == expected.read_text("utf-8")


def test_every_code_has_a_program() -> None:
    covered = {header(name)[1] for name in FIXTURES}
    assert sorted(set(everything()) - covered) == []


def test_no_expectation_is_orphaned() -> None:
    wanted = {name.removesuffix(".0x0") for name in FIXTURES}
    assert (
        sorted(entry.stem for entry in FOLDER.glob("*.expected") if entry.name.removesuffix(".expected") not in wanted)
        == []
    )


@pytest.mark.parametrize("code", sorted(everything()))
def test_every_code_is_explained(code: str) -> None:
    kind = everything()[code]
    assert code.rpartition("-")[0] in CLASSES
    assert re.fullmatch(r"[A-Z_]+-\d{3}", code)
    assert len(kind.explain) > 30
    assert kind.explain == kind.explain.strip()
    assert not kind.summary.endswith(".")
    assert "\n" not in kind.summary + kind.help
    for word in ("you forgot", "you must", "illegal", "stupid", "invalid"):
        assert word not in f"{kind.summary} {kind.help} {kind.explain}".lower()
