"""Every code of queries: what leads to it, what is then said, and that the build still ends as it should."""

from __future__ import annotations

import json
import marshal
import os
import pathlib
import re
import subprocess
from collections.abc import Callable

import pytest

from compiler import building, records
from compiler.cas.kinds import linking
from compiler.cas.store import open_store
from compiler.cli import main as command
from compiler.diagnostics import Sink, UsageError
from compiler.incremental import audit
from compiler.incremental.kept import GRAPH, last_graph
from compiler.incremental.session import Session
from compiler.options import Options
from compiler.query import engine, graph, story
from compiler.query.faults import FAULTS
from compiler.query.kind import Kind
from tests.conftest import ROOT
from tests.query.test_engine import Memory, World

MAIN = '(↥ "lib.0x0" l)\n(ƒ main (_) (print (l.word unit)))\n'
LIB = '(⊙ lib)\n(↦ word)\n(ƒ word (∷ (→ Unit Text)) (_) "one")\n'


class Project:
    """Two files, built in this process with a store of its own."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.told: list[str] = []
        (folder / "main.0x0").write_text(MAIN, "utf-8")
        self.word("one")

    def word(self, word: str) -> None:
        (self.folder / "lib.0x0").write_text(LIB.replace("one", word), "utf-8")

    def build(self, **options: bool) -> str:
        """What the program prints that is built now."""
        sink = Sink()
        self.told.clear()
        assert building.build("main.0x0", "out", Options(**options), sink, self.told.append) == 0  # type: ignore[arg-type]
        return subprocess.run(["./out"], capture_output=True, check=True).stdout.decode().strip()

    def codes(self) -> list[str]:
        return [line.split(": ")[1] for line in self.told]

    def put_graph(self, body: bytes) -> None:
        """Let the newest graph be these bytes, under a right digest."""
        store = open_store()
        address = store.put(GRAPH, linking([], body))
        for reference in building.graphs("main.0x0", Options()):
            store.set(reference, address)


@pytest.fixture
def project(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ZERO_CACHE", str(tmp_path / "cache"))
    return Project(folder)


Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(capsysbinary: pytest.CaptureFixture[bytes]) -> Say:
    """(status, standard output, standard error) of a command in this process."""

    def run(*words: str) -> tuple[int, str, str]:
        capsysbinary.readouterr()
        status = command.main(list(words))
        done = capsysbinary.readouterr()
        return status, done.out.decode(), done.err.decode()

    return run


def edits_during(monkeypatch: pytest.MonkeyPatch, edit: Callable[[], object]) -> None:
    build = Session.build

    def then_edit(self: Session) -> bytes:
        image = build(self)
        edit()
        return image

    monkeypatch.setattr(Session, "build", then_edit)


def test_a_file_that_changed_during_the_build_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    edits_during(monkeypatch, lambda: project.word("two"))
    assert project.build() == "one"
    assert project.codes() == ["QUERY_INPUT-001"]
    assert "/lib.0x0 changed while the build ran" in project.told[0]
    assert project.build() == "two"
    assert project.codes() == [], "written anew with the same contents"


def test_a_file_that_went_during_the_build_is_told(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    edits_during(monkeypatch, (project.folder / "lib.0x0").unlink)
    assert project.build() == "one"
    assert project.codes() == ["QUERY_INPUT-001"]


def test_a_file_that_changed_ends_a_hermetic_build(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = records.Recorder.absent

    def edit(self: records.Recorder, paths: list[str]) -> bool:
        project.word("two")
        return absent(self, paths)

    monkeypatch.setattr(records.Recorder, "absent", edit)
    with pytest.raises(UsageError, match="QUERY_INPUT-001"):
        project.build(hermetic=True)
    assert not (project.folder / "out").exists()


def test_a_file_that_never_rests_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from compiler.syntax import source

    read = source.read_bytes
    count = 0

    def write(path: str) -> bytes:
        nonlocal count
        data = read(path)
        count += 1
        if path.endswith("lib.0x0") and count < stop:
            project.word("x" * count)
        return data

    monkeypatch.setattr(source, "read_bytes", write)
    stop = 1000
    with pytest.raises(UsageError, match=r"^QUERY_INPUT-002: lib.0x0 changes while it is read"):
        project.build()
    assert not (project.folder / "out").exists()
    count, stop = 0, 3
    assert project.build() == "xx", "it was read again until it rested"


def test_a_pipe_is_read_once(project: Project) -> None:
    """Its times move with every write, and there is nothing left to read again."""
    os.mkfifo("pipe.0x0")
    sink, told = Sink(), []
    writer = subprocess.Popen(["sh", "-c", "cat main.0x0 > pipe.0x0"])
    assert building.build("pipe.0x0", "out", Options(), sink, told.append) == 0
    assert (writer.wait(), told) == (0, [])


def test_a_graph_of_another_python_is_asked_anew_without_a_word(
    project: Project, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    monkeypatch.setattr(graph, "PYTHON", b"cpython-399 4")
    project.build()
    monkeypatch.undo()
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("ZERO_CACHE", str(project.folder.parent / "cache"))
    project.word("two")
    status, _, told = say("query", "stats", "main.0x0")
    assert (status, told.startswith("zero: QUERY_SCHEMA-001: the graph of the last build is of")) == (2, True)
    assert say("query", "audit", "main.0x0")[1].endswith(
        "QUERY_SCHEMA-001: the graph of the last build is of another version (python)\n"
    )
    assert project.build() == "two"
    assert project.told == []
    status, told, _ = say("query", "stats", "main.0x0")
    assert status == 0
    assert told.startswith("revision 1: ")
    assert "QUERY_SCHEMA-001: the graph of the last build is of another version (python)" in told


def test_a_kind_of_another_schema_is_asked_anew(project: Project, monkeypatch: pytest.MonkeyPatch, say: Say) -> None:
    project.build()
    made = Kind.__init__

    def moved(self: Kind, name: str, *rest: object, **more: object) -> None:
        made(self, name, *rest, **{**more, **({"schema": 2} if name == "hir" else {})})  # type: ignore[arg-type]

    monkeypatch.setattr(Kind, "__init__", moved)
    project.word("two")
    assert project.build() == "two"
    assert project.told == []
    _, told, _ = say("query", "stats", "main.0x0")
    assert re.search(r"hir:main.0x0#\S*  schema\n", told)
    assert "QUERY_SCHEMA-001: the graph of the last build is of another version (the kinds hir)" in told


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"junk",
        marshal.dumps(1),
        marshal.dumps((b"not a graph at all", 1)),
        marshal.dumps((graph.dump([], 1, {})[:-1], {})),
        marshal.dumps((graph.dump([], 1, {}), "no index")),
    ],
)
def test_a_damaged_graph_is_told_and_made_anew(project: Project, body: bytes, say: Say) -> None:
    project.build()
    project.put_graph(body)
    project.word("two")
    status, _, told = say("query", "stats", "main.0x0")
    assert (status, told.startswith("zero: QUERY_GRAPH-001: ")) == (2, True)
    assert project.build() == "two"
    assert project.codes() == ["QUERY_GRAPH-001"]
    assert "QUERY_GRAPH-001" in say("query", "stats", "main.0x0")[1]
    project.word("three")
    assert project.build() == "three"
    assert project.told == []
    assert "QUERY_GRAPH-001" not in say("query", "stats", "main.0x0")[1]


def test_a_graph_that_holds_what_no_graph_holds(project: Project) -> None:
    from compiler.digest import sha256

    for payload in (
        7,
        (),
        (1, {}, [("a", "b")], [], [], [], [], [], [], [], [], ""),
        (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
    ):
        data = marshal.dumps(payload)
        head = graph.MAGIC + graph.PYTHON + b"\n" + sha256(data).digest()
        assert graph.load(head + data).refused == graph.DAMAGED, payload


def test_a_lost_graph_is_told_by_stats(project: Project, say: Say) -> None:
    project.build()
    store = open_store()
    for path in (pathlib.Path(store.root) / "objects").glob("query-graph-*/*/*"):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-1])
    project.word("two")
    assert project.build() == "two"
    assert project.codes() == ["CAS_OBJECT-002"]
    assert "QUERY_GRAPH-001: the graph of the last build is damaged (lost)" in say("query", "stats", "main.0x0")[1]


def test_a_cycle_ends_with_its_path(project: Project, monkeypatch: pytest.MonkeyPatch, say: Say) -> None:
    monkeypatch.setattr(Session, "runtime_mark", lambda self: self.engine.ask("link", ""))
    monkeypatch.setattr("tempfile.tempdir", str(project.folder))
    status, _, told = say("build", "main.0x0", "-o", "out")
    assert status == 70
    assert "QUERY_CYCLE-001: a query needs its own answer: link: -> runtime: -> link:" in told
    assert not (project.folder / "out").exists()


def test_two_answers_end_the_build() -> None:
    world, store = World({"c0": 4}), Memory()
    first = engine.Engine(world.kinds, store)
    first.ask("value", "c0")
    data = graph.dump(first.answered(), 1, world.kinds)
    store.lost = set(store.objects)
    world.kinds["value"].provide = lambda _, name: 5
    with pytest.raises(engine.UnstableError, match=r"^QUERY_ANSWER-001: value:c0 has two answers: "):
        engine.Engine(world.kinds, store, graph.load(data, world.kinds)).ask("value", "c0")


def test_a_file_that_changes_between_two_runs_is_no_fault_of_a_provider(
    project: Project, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    run = audit._run

    def then_edit(*rest: object) -> object:
        found = run(*rest)  # type: ignore[arg-type]
        project.word("two")
        return found

    monkeypatch.setattr(audit, "_run", then_edit)
    status, _, told = say("query", "audit", "main.0x0")
    assert (status, told.startswith("zero: QUERY_INPUT-001: lib.0x0 changed")) == (2, True)


def test_what_no_session_serves_cannot_be_audited(project: Project, say: Say) -> None:
    status, _, told = say("query", "audit", "main.0x0", "--level", "nothing")
    assert status == 2
    (project.folder / "main.0x0").write_text("(ƒ main (_) nope)", "utf-8")
    status, _, told = say("query", "audit", "main.0x0")
    assert (status, told.startswith("zero: QUERY_AUDIT-001: queries do not answer for this program: messages")) == (
        2,
        True,
    )


COMMANDS = (
    ("query",),
    ("query", "stat"),
    ("query", "stats"),
    ("query", "stats", "main.0x0", "more"),
    ("query", "stats", "none.0x0"),
    ("query", "stats", "main.0x0", "--feature", "f"),
    ("query", "stats", "main.0x0", "--kind", "hir"),
    ("query", "graph", "main.0x0", "--kind", "hri"),
    ("query", "graph", "main.0x0", "--key", "hir:none"),
    ("query", "why", "main.0x0"),
    ("query", "why", "main.0x0", "hir:lib.0x0#lib.wrod"),
    ("query", "why", "main.0x0", "link:"),
    ("query", "why", "main.0x0", "forms:main.0x0"),
    ("query", "why", "main.0x0", "checked:main.0x0"),
    ("query", "why", "main.0x0", "hir:lib.0x0#lib.old"),
    ("query", "stats", "main.0x0"),
    ("query", "graph", "main.0x0", "--kind", "checked", "--format", "dot"),
    ("query", "graph", "main.0x0", "--key", "*:lib.0x0", "--format", "dot"),
)


def test_the_command(project: Project, say: Say, golden: Callable[[str, str], None]) -> None:
    """A helper in `lib` goes, `word` has another text."""
    text = LIB.replace('"one"', '(old "one")') + "(ƒ old (t) t)\n"
    (project.folder / "lib.0x0").write_text(text, "utf-8")
    project.build()
    project.word("two")
    project.build()
    shown = []
    for words in COMMANDS:
        status, told, wrong = say(*words)
        shown.append(f"$ zero {' '.join(words)}\n{told}{wrong}status {status}\n")
    golden("query/command.txt", "\n".join(shown))


def test_json_says_what_the_table_says(project: Project, say: Say) -> None:
    project.build()
    project.word("two")
    project.build()
    status, told, _ = say("query", "stats", "main.0x0", "--json")
    found = json.loads(told)
    assert (status, sorted(found), found["revision"]) == (0, ["kinds", "recomputed", "revision"], 2)
    kept = last_graph("main.0x0", Options())
    assert kept is not None
    counts = story.counts(kept, ())
    assert {row["kind"]: [row[field] for field in story.FIELDS] for row in found["kinds"]} == {
        kind: count.row() for kind, count in counts.items()
    }
    assert [tuple(row.values()) for row in found["recomputed"]] == story.recomputed(kept)
    table = say("query", "stats", "main.0x0")[1]
    for row in found["kinds"]:
        assert re.search(rf"^{row['kind']} +" + " +".join(str(row[field]) for field in story.FIELDS) + "$", table, re.M)


def test_a_build_after_no_change_leaves_the_graph_alone(project: Project, say: Say) -> None:
    project.build()
    project.word("two")
    project.build()
    before = say("query", "stats", "main.0x0")
    os.unlink("out")
    project.build()
    assert say("query", "stats", "main.0x0") == before


def test_a_program_in_another_place_has_a_graph_of_its_own(project: Project, say: Say, tmp_path: pathlib.Path) -> None:
    project.build()
    other = tmp_path / "other"
    other.mkdir()
    for name in ("main.0x0", "lib.0x0"):
        (other / name).write_bytes((project.folder / name).read_bytes())
    status, _, told = say("query", "stats", str(other / "main.0x0"))
    assert (status, told.startswith(f"zero: no build of {other}/main.0x0 is known")) == (2, True)


def test_the_messages(golden: Callable[[str, str], None]) -> None:
    facts = {"path": "lib.0x0", "what": "python", "key": "link:", "where": "two runs", "why": "messages"}
    lines = []
    for code, row in FAULTS.items():
        assert re.fullmatch(r"QUERY_[A-Z]+-\d{3}", code)
        assert row.explain == row.explain.strip()
        assert "\n" not in row.summary + row.help
        for word in ("you forgot", "you must", "illegal", "invalid"):
            assert word not in f"{row.summary} {row.help} {row.explain}".lower()
        lines.append(f"{code}: {row.summary.format(**facts)}\nhelp: {row.help}\n{row.explain}\n")
    golden("query/faults.txt", "\n".join(lines))


def test_every_code_is_in_use_and_tested_here() -> None:
    used: set[str] = set()
    for path in (ROOT / "compiler").rglob("*.py"):
        if path.parts[-2:] != ("query", "faults.py"):
            used |= set(re.findall(r"QUERY_[A-Z]+-\d{3}", path.read_text("utf-8")))
    assert used == set(FAULTS)
    mine = pathlib.Path(__file__).read_text("utf-8")
    assert all(code in mine for code in FAULTS)
