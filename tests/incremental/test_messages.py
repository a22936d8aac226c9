"""What `zero check`, `zero build` and `zero doc` say with a store is what the whole pipeline says, byte for byte.

For every program that has a message, cold and warm, as text, JSON and SARIF; after edits that add, move and remove
mistakes, after files came and went, and with a damaged store.  What is warm is not checked: a spy sees to it.
"""

from __future__ import annotations

import ast
import functools
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from compiler import building, checking, documenting, pipeline, records
from compiler.cli import render
from compiler.cli.check import merged
from compiler.cli.main import main
from compiler.diagnostics import Sink, UsageError
from compiler.incremental.kept import last_graph
from compiler.incremental.session import Session
from compiler.options import Options
from compiler.query.graph import Loaded
from runtime_c.build import compile_freestanding
from tests.cli.test_negative import FIXTURES, FOLDER, header
from tests.conftest import ROOT

NONE: frozenset[str] = frozenset()
PLAIN = Options()
Forms = tuple[str, str, str]

LOW = "(↦ twice)\n(ƒ twice (∷ (→ I64 I64)) (n)\n  (* 2 n))\n"
MAIN = '(↥ "low.0x0" low)\n(ƒ main (_)\n  (print (show (low.twice 21))))\n'
WRONG = '(* 2 "n")'


@pytest.fixture(autouse=True)
def _store(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZERO_CACHE", str(tmp_path / "store"))
    monkeypatch.setattr(checking, "SMALL", 0)
    monkeypatch.setattr(records, "compiler_stamp", functools.cache(records.compiler_stamp))


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A program of two modules, which is right."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "low.0x0").write_text(LOW, "utf-8")
    (tmp_path / "main.0x0").write_text(MAIN, "utf-8")
    return tmp_path


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is looked at as a program: by a session, or by the whole pipeline."""
    seen: list[str] = []

    def watch(owner: object, name: str, word: str) -> None:
        inner = getattr(owner, name)

        def watched(*words: object, **more: object) -> object:
            seen.append(word)
            return inner(*words, **more)

        monkeypatch.setattr(owner, name, watched)

    watch(pipeline, "front", "whole")
    watch(Session, "check_only", "session")
    yield seen


def written(sink: Sink) -> Forms:
    return render.text(sink), render.json(sink), render.sarif(sink)


def whole(path: str, features: frozenset[str] = NONE) -> Forms:
    return written(checking.whole(path, features))


def whole_build(path: str, options: Options) -> Forms | str:
    sink = Sink()
    try:
        pipeline.compile_program(path, options, sink)
    except UsageError as error:
        return error.message
    return written(sink)


def asked(path: str = "main.0x0", features: frozenset[str] = NONE) -> Forms:
    heard: list[str] = []
    found = written(checking.check(path, features, heard.append))
    assert not heard
    return found


def build(path: str = "main.0x0", options: Options = PLAIN) -> Forms | str:
    sink = Sink()
    try:
        status = building.build(path, os.path.join(os.environ["ZERO_CACHE"], "..", "out"), options, sink)
    except UsageError as error:
        return error.message
    assert bool(status) == bool(sink)
    return written(sink)


def put(folder: pathlib.Path, name: str, text: str) -> None:
    (folder / name).write_text(text, "utf-8")


def anew(path: str = "main.0x0") -> dict[str, int]:
    """How many queries of each kind the last verb answered anew, of those that are not asked of the world."""
    graph = kept(path)
    found: dict[str, int] = {}
    for (kind, _), node in graph.nodes.items():
        if node.answered == graph.revision and node.reason[0] != "world":
            found[kind] = found.get(kind, 0) + 1
    return found


def kept(path: str = "main.0x0") -> Loaded:
    graph = last_graph(path, PLAIN)
    assert graph is not None
    assert not graph.refused
    return graph


@pytest.mark.parametrize("name", FIXTURES)
def test_every_message_is_said_again(name: str, monkeypatch: pytest.MonkeyPatch, spy: list[str]) -> None:
    root, code, _, features = header(name)
    monkeypatch.chdir(FOLDER)
    path = str(root)
    wanted = whole(path, features)
    options = Options(features=features)
    of_build = whole_build(path, options)
    assert asked(path, features) == wanted
    spy.clear()
    assert asked(path, features) == wanted
    unkept = code.startswith(("PKG_",))
    assert spy == [] or unkept, "what is known is not looked at again"
    assert build(path, options) == of_build
    spy.clear()
    assert build(path, options) == of_build
    if of_build != ("", *written(Sink())[1:]):
        assert spy == [] or unkept
    assert asked(path, features) == wanted


def test_a_mistake_comes_moves_and_goes(folder: pathlib.Path, spy: list[str]) -> None:
    assert asked() == whole("main.0x0")
    put(folder, "low.0x0", LOW.replace("(* 2 n)", WRONG))
    first = asked()
    assert "TYPE_CONTRACT-001" in first[0]
    assert first == whole("main.0x0")
    put(folder, "low.0x0", "; a line above\n" + LOW.replace("(* 2 n)", WRONG))
    second = asked()
    assert second == whole("main.0x0") != first
    put(folder, "main.0x0", MAIN.replace("low.twice", "low.thrice"))
    assert asked() == whole("main.0x0") != second
    put(folder, "low.0x0", LOW)
    assert asked() == whole("main.0x0")
    assert "low.thrice" in asked()[0]
    put(folder, "main.0x0", MAIN)
    assert asked() == whole("main.0x0") == written(Sink())
    spy.clear()
    assert asked() == written(Sink())
    assert spy == []


def test_a_file_that_comes_or_goes_is_seen(folder: pathlib.Path) -> None:
    put(folder, "main.0x0", MAIN.replace("low.0x0", "lower.0x0"))
    assert "did you mean `low.0x0`?" in asked()[0]
    put(folder, "lowr.0x0", LOW)  # a nearer name, in the folder alone
    assert asked() == whole("main.0x0")
    assert "lowr.0x0" in asked()[0]
    put(folder, "lower.0x0", LOW)
    assert asked() == written(Sink())
    (folder / "lower.0x0").unlink()
    assert asked() == whole("main.0x0")
    put(folder, "lower.0x0", LOW.replace("(* 2 n)", WRONG))
    assert asked() == whole("main.0x0")
    put(folder, "0x0.pkg", "package here\nversion 1.0.0\n no such line\n")
    assert asked() == whole("main.0x0")
    assert "0x0.pkg" in asked()[0]


def test_a_link_that_leads_elsewhere_is_seen(folder: pathlib.Path) -> None:
    outer = folder / "outer"
    inner = folder / "project"
    for place in (outer, inner):
        place.mkdir()
        put(place, "low.0x0", LOW)
    put(inner, "main.0x0", MAIN.replace("low.0x0", "l.0x0"))
    (inner / "l.0x0").symlink_to(outer / "low.0x0")
    path = "project/main.0x0"
    for _ in range(2):
        assert asked(path) == whole(path)
        assert "SEM_IMPORT" in asked(path)[0]
    (inner / "l.0x0").unlink()
    (inner / "l.0x0").symlink_to(inner / "low.0x0")
    assert asked(path) == written(Sink())


def test_how_the_program_is_named_is_part_of_its_messages(
    folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "low.0x0", LOW.replace("(* 2 n)", WRONG))
    for path in ("main.0x0", "./main.0x0", str(folder / "main.0x0"), "main.0x0"):
        assert asked(path) == whole(path)
    monkeypatch.chdir(folder.parent)
    path = f"{folder.name}/main.0x0"
    assert asked(path) == whole(path)
    assert path.replace("main", "low") in asked(path)[0]


def test_a_check_leaves_what_the_build_needs(folder: pathlib.Path) -> None:
    assert build() == written(Sink())
    assert anew()["native"] > 0
    put(folder, "low.0x0", "; moved\n" + LOW)
    assert asked() == written(Sink())
    assert "native" not in anew()
    put(folder, "low.0x0", "; moved again\n" + LOW)
    assert build() == written(Sink())
    assert not {"checked", "lowered", "native", "borrows", "link"} & anew().keys()
    put(folder, "low.0x0", LOW.replace("2", "3"))
    assert asked() == written(Sink())
    assert anew()["checked"] == 1
    (folder / "out").unlink()
    assert build() == written(Sink())
    assert "checked" not in anew(), "the check has done that"
    assert anew()["native"] == 1


def test_build_check_build_recomputes_nothing(folder: pathlib.Path) -> None:
    assert build() == written(Sink())
    assert asked() == written(Sink())
    assert anew() == {"diagnostics": 1, "named": 1, "input": len([key for key in kept().nodes if key[0] == "input"])}
    for record in (folder / "store" / "refs").rglob("*"):  # what is found whole asks no queries
        if record.is_file() and b"build-record" in record.read_bytes():
            record.unlink()
    assert build() == written(Sink())
    assert anew() == {}


def test_a_mistake_costs_the_next_right_program_nothing(folder: pathlib.Path) -> None:
    assert build() == written(Sink())
    put(folder, "low.0x0", LOW.replace("(* 2 n)", WRONG))
    assert asked() == whole("main.0x0")
    assert build() == whole("main.0x0")
    put(folder, "low.0x0", LOW + "\n; another comment")
    assert build() == written(Sink())
    assert not {"checked", "names", "native", "link"} & anew().keys()


def test_check_and_build_share_their_messages(folder: pathlib.Path, spy: list[str]) -> None:
    put(folder, "low.0x0", LOW.replace("(* 2 n)", WRONG))
    first = asked()
    spy.clear()
    assert build() == first
    assert build("main.0x0", Options(level="release")) == first
    assert "whole" in spy, "another level is another graph"
    spy.clear()
    assert asked() == build() == first
    assert spy == []


def test_what_only_a_build_says_is_not_said_by_a_check(folder: pathlib.Path, spy: list[str]) -> None:
    wanted = whole_build("low.0x0", PLAIN)
    assert wanted != written(Sink())
    for _ in range(2):
        assert build("low.0x0") == wanted
        assert asked("low.0x0") == written(Sink())
    spy.clear()
    assert build("low.0x0") == wanted
    assert spy == []
    put(folder, "low.0x0", LOW + "(ƒ main (_) 0)")
    assert build("low.0x0") == written(Sink())


def test_several_files_at_once(folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(folder, "low.0x0", LOW.replace("(* 2 n)", WRONG))
    put(folder, "other.0x0", MAIN + "(ƒ more (_) nothing)\n")
    files = ("main.0x0", "other.0x0", "low.0x0")
    wanted = written(merged([checking.whole(path, NONE) for path in files]))
    for _ in range(2):
        for form, option in zip(wanted, ((), ("--json",), ("--sarif",)), strict=True):
            assert main(["check", *files, *option]) == 1
            assert capsys.readouterr().err == form
            assert main(["check", *files, "--no-cache", *option]) == 1
            assert capsys.readouterr().err == form


def test_remarks_and_mistakes(folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(ROOT / "fixtures/negative/REGION-001-allocated.0x0")
    path = path if os.path.exists(path) else str(next((ROOT / "fixtures/negative").glob("REGION-*.0x0")))
    for _ in range(2):
        assert main(["check", path, "--remarks"]) == 0
        assert "remark[REGION" in capsys.readouterr().err
        assert main(["check", path]) == 0
        assert capsys.readouterr().err == ""


@pytest.mark.parametrize("kind", ["diagnostics-1", "query-graph-1", "query-pack-1", "api-docs-1"])
@pytest.mark.parametrize("how", ["truncated", "gone", "other"])
def test_a_damaged_store_is_told_and_got_over(folder: pathlib.Path, kind: str, how: str) -> None:
    put(folder, "low.0x0", LOW.replace("(* 2 n)", WRONG))
    wanted = asked()
    right = folder / "right"
    right.mkdir()
    put(right, "low.0x0", LOW)
    page = checking.page("right/low.0x0", NONE, Sink(), str)
    held = [path for path in (folder / "store" / "objects" / kind).rglob("*") if path.is_file()]
    assert held
    for path in held:
        path.chmod(0o644)
        if how == "gone":
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:-1] + b"?" * (how == "other"))
    heard: list[str] = []
    assert written(checking.check("main.0x0", NONE, heard.append)) == wanted == whole("main.0x0")
    assert checking.page("right/low.0x0", NONE, Sink(), heard.append) == page
    told = how == "gone" or "CAS_OBJECT" in "".join(heard) or kind == "query-pack-1"
    assert told, heard
    again: list[str] = []
    assert written(checking.check("main.0x0", NONE, again.append)) == wanted
    assert checking.page("right/low.0x0", NONE, Sink(), again.append) == page
    assert again == []


def test_a_store_that_is_none(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, "store", "a file")
    put(folder, "low.0x0", LOW.replace("(* 2 n)", WRONG))
    heard: list[str] = []
    assert written(checking.check("main.0x0", NONE, heard.append)) == whole("main.0x0")
    assert "CAS_ROOT-001" in "".join(heard)


def test_small_programs_do_without_the_store(
    folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch, spy: list[str]
) -> None:
    monkeypatch.setattr(checking, "SMALL", 1 << 15)
    put(folder, "alone.0x0", '(↥ "std:list" l)\n(ƒ main (_) nothing)\n')
    assert asked("alone.0x0") == whole("alone.0x0")
    assert not (folder / "store").exists()
    spy.clear()
    asked()
    assert (folder / "store").exists(), "one that imports a file of its own is worth keeping"
    assert "session" in spy


# Pages


def page_whole(path: str, features: frozenset[str] = NONE) -> str:
    graph, program = pipeline.front(path, features, Sink())
    assert graph is not None
    assert program is not None
    return documenting.page(graph, program)


LIBRARY = sorted((ROOT / "compiler" / "std").glob("*.0x0"))
PROJECTS = sorted((ROOT / "fixtures" / "projects" / "minisql").glob("*.0x0"))


@pytest.mark.parametrize("path", [*LIBRARY, *PROJECTS], ids=lambda path: path.stem)
def test_pages_are_those_of_the_whole_pipeline(path: pathlib.Path) -> None:
    wanted = page_whole(str(path))
    for _ in range(2):
        sink = Sink()
        assert checking.page(str(path), NONE, sink, pytest.fail) == wanted
        assert not sink


SHOWN = """(⊙ shown)
(↥ "low.0x0" low)
(doc "What it is.")
(τ (Kind a) A (B a))
(ƒ inferred (x y) (low.twice (+ x y)))
(ƒ twice (∷ (→ I64 I64)) (doc "Two.") (n) (* n 2))
(ƒ noisy (n) (≔ ((a (array 4 n))) (array-set! a 0 1) (print "x")))
"""


def test_a_page_is_made_again_when_it_would_differ(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    compose = documenting.compose

    def watched(found: documenting.Outline, signature: Callable[[str], documenting.Signature | None]) -> str:
        made.append(found[0])
        return compose(found, signature)

    monkeypatch.setattr(documenting, "compose", watched)

    def page(text: str) -> str:
        put(folder, "shown.0x0", text)
        sink = Sink()
        found = checking.page("shown.0x0", NONE, sink, pytest.fail)
        assert not sink, render.text(sink)
        count = len(made)
        assert found == page_whole("shown.0x0")
        del made[count:]
        return found

    first = page(SHOWN)
    assert made == ["shown"]
    made.clear()
    same = (
        SHOWN,
        SHOWN.replace("(* n 2)", "(+ n n)"),  # a body
        "; a comment\n" + SHOWN.replace("(* n 2)", "(+ n n)"),
    )
    for text in same:
        assert page(text) == first
    put(folder, "low.0x0", LOW.replace("(* 2 n)", "(+ n n)"))
    assert page(SHOWN) == first
    assert made == [], "nothing that the page shows is another"
    other = (
        SHOWN.replace('"Two."', '"Doubled."'),
        SHOWN.replace("(n) (* n 2)", "(m) (* m 2)"),
        SHOWN.replace("(+ x y)", "(* x y)").replace("inferred (x y)", "inferred (x)").replace("(* x y)", "x"),
        SHOWN.replace('(print "x")', "0"),  # an effect less
        SHOWN.replace("What it is.", "What it was."),
    )
    for text in other:
        made.clear()
        assert page(text) != first
        assert made == ["shown"], text
        page(SHOWN)
    typed = SHOWN.replace("(low.twice (+ x y))", "(low.same (+ x y))")
    put(folder, "low.0x0", LOW.replace("twice", "twice same", 1) + "(ƒ same (∷ (→ I64 I64)) (n) n)\n")
    assert "(→ I64 I64 I64)" in page(typed)
    put(folder, "low.0x0", LOW.replace("twice", "twice same", 1) + "(ƒ same (∷ (→ I64 Text)) (n) (show n))\n")
    made.clear()
    assert "(→ I64 I64 Text)" in page(typed), "what is inferred has changed with another module"
    assert made == ["shown"]
    listed = SHOWN.replace("(doc", "(↦ twice)\n(doc", 1)
    first = page(listed)
    made.clear()
    assert page(listed + "(ƒ hidden (n) (* n n))\n") == first
    assert made == []


def test_a_page_of_a_wrong_program(folder: pathlib.Path, spy: list[str]) -> None:
    put(folder, "low.0x0", LOW.replace("(* 2 n)", WRONG))
    sinks = [Sink(), Sink()]
    for sink in sinks:
        spy.clear()
        assert checking.page("main.0x0", NONE, sink, pytest.fail) is None
    assert written(sinks[0]) == written(sinks[1]) == whole("main.0x0")


def test_a_page_leaves_what_checks_and_builds_need(folder: pathlib.Path, spy: list[str]) -> None:
    assert build() == asked() == written(Sink())
    checking.page("main.0x0", NONE, Sink(), pytest.fail)
    checking.page("main.0x0", NONE, Sink(), pytest.fail)
    put(folder, "main.0x0", MAIN + "; more")
    assert build() == written(Sink())
    assert not {"checked", "lowered", "native", "borrows", "link"} & anew().keys()


def test_a_mistake_costs_the_next_right_check_nothing(folder: pathlib.Path) -> None:
    """Nothing was ever built: what checking found out is kept for its own sake."""
    assert asked() == written(Sink())
    put(folder, "low.0x0", LOW.replace("(* 2 n)", WRONG))
    assert asked() == whole("main.0x0")
    for text in (LOW, LOW + "; more", LOW + "; and more"):
        put(folder, "low.0x0", text)
        assert asked() == written(Sink())
        assert not {"checked", "names", "export"} & anew().keys()
        assert checking.page("main.0x0", NONE, Sink(), pytest.fail)


def test_what_a_check_leaves_can_be_asked_about(folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build() == written(Sink())
    put(folder, "low.0x0", LOW.replace("(* 2 n)", "(* 3 n)"))
    assert asked() == written(Sink())
    assert main(["query", "why", "main.0x0", "link:"]) == 0
    assert capsys.readouterr().out == "link: was not asked: its answer is kept for a verb that asks it\n"
    assert main(["query", "audit", "main.0x0"]) == 0, "what stands there is of the file as it was"
    assert "have the answer that revision 2 kept" in capsys.readouterr().out
    put(folder, "low.0x0", LOW.replace("(* 2 n)", WRONG))
    assert asked() == whole("main.0x0")
    assert main(["query", "why", "main.0x0", "diagnostics:"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told == [
        "diagnostics: was recomputed (dependency): input:low.0x0 has another answer",
        "input:low.0x0 was recomputed (input): it is asked of the world, which has another answer",
    ]
    assert main(["query", "stats", "main.0x0"]) == 0
    assert "  diagnostics:  dependency input:low.0x0" in capsys.readouterr().out.splitlines()
    assert main(["query", "graph", "main.0x0", "--kind", "diagnostics"]) == 0
    assert "  input:low.0x0" in capsys.readouterr().out.splitlines()
    put(folder, "low.0x0", LOW)
    assert main(["doc", "low.0x0"]) == 0
    capsys.readouterr()
    assert main(["query", "why", "low.0x0", "documentation:low.0x0"]) == 0
    assert capsys.readouterr().out.startswith("documentation:low.0x0 was recomputed (new)")


def test_a_check_imports_nothing_that_makes_code(folder: pathlib.Path) -> None:
    program = "import sys; from compiler.cli.main import main; main(['check', 'main.0x0']); print(sorted(sys.modules))"
    heavy = ("argparse", "dataclasses", "inspect", "json", "pathlib", "subprocess", "typing", "tempfile")
    code = ("compiler.lower", "compiler.mir", "compiler.lir", "compiler.machine", "compiler.link", "compiler.passes")
    words = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {program}"]
    for _ in range(2):
        done = subprocess.run(words, capture_output=True, check=True, env=dict(os.environ))
        loaded = ast.literal_eval(done.stdout.decode())
        assert "compiler.incremental.session" in loaded
        assert [name for name in loaded if name in heavy or name.startswith(code)] == []


def test_a_file_to_link_with_that_is_mended_is_seen(folder: pathlib.Path, spy: list[str]) -> None:
    put(
        folder,
        "main.0x0",
        '(extern "C" gone (∷ (→ I64 I64)) (cap ffi))\n(ƒ main (_) (print (show (gone 1))))\n',
    )
    for name in ("gone", "other"):
        put(folder, f"{name}.c", f"long long {name}(long long n);\nlong long {name}(long long n) {{ return n; }}\n")
    compiled = {name: compile_freestanding(str(folder / f"{name}.c")) for name in ("gone", "other")}
    (folder / "c.o").write_bytes(pathlib.Path(compiled["other"]).read_bytes())
    linked = Options(links=("c.o",))
    assert asked() == written(Sink()), whole("main.0x0")[0]
    for options in (PLAIN, linked, PLAIN, linked):
        wanted = whole_build("main.0x0", options)
        assert wanted != written(Sink())
        assert build("main.0x0", options) == wanted
    spy.clear()
    assert build("main.0x0", linked) == wanted
    assert spy == []
    (folder / "c.o").write_bytes(pathlib.Path(compiled["gone"]).read_bytes())
    assert build("main.0x0", linked) == written(Sink())
