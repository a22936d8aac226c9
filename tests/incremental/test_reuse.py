"""What an edit costs: exactly these queries are answered anew, and the program is the one of the whole pipeline.

A project of three modules; each test edits it and names the checked modules, the lowered and the native functions, and
whether there was a link.  What is asked of the world each time (files, mostly) is left out.
"""

from __future__ import annotations

import pathlib
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from compiler.modules import load
from compiler.query.engine import Engine
from tests.conftest import ROOT, run_zero
from tests.incremental.histories import lock_of
from tests.incremental.three import AFTER, LOW, MIDDLE, Project


def of(low: str = "", middle: str = "", main: str = "", library: str = "") -> set[str]:
    """Keys of functions, by module."""
    rows = (("low.0x0#low", low), ("middle.0x0#middle", middle), ("main.0x0#top", main), ("std:list.0x0#list", library))
    return {f"{module}.{name}" for module, names in rows for name in names.split()}


def anew(functions: set[str], *checked: str, link: bool = True) -> dict[str, set[str]]:
    """The functions are lowered and made anew, these files are checked, the program is linked."""
    found = {"checked": set(checked), "lowered": functions, "native": functions, "link": {""} if link else set()}
    return {kind: keys for kind, keys in found.items() if keys}


def test_nothing_changed(project: Project) -> None:
    """Without the record of the whole build, too, nothing is answered anew."""
    project.forget()
    assert project.all() == {}


def test_a_body(project: Project) -> None:
    project.edit("low.0x0", "(+ n 1)", "(+ n 2)")
    assert project.build() == anew(of(low="more"), "low.0x0")


def test_a_comment_behind_a_form(project: Project) -> None:
    """No place moves: the forms of one file are read, the executable is not even written."""
    before = project.out.stat()
    project.edit("low.0x0", "(* 2 (more n)))\n", "(* 2 (more n))) ; twice\n")
    found = project.all()
    assert {kind: found.get(kind) for kind in ("forms", "lines", *AFTER)} == {
        "forms": {"low.0x0"}, "lines": {"low.0x0"}, **dict.fromkeys(AFTER)
    }  # fmt: skip
    after = project.out.stat()
    assert (before.st_ino, before.st_mtime_ns, before.st_ctime_ns) == (
        after.st_ino,
        after.st_mtime_ns,
        after.st_ctime_ns,
    )


def test_a_comment_between_functions(project: Project) -> None:
    """Places move and nothing else: what is behind them is linked anew and not made anew."""
    project.edit("low.0x0", "; One more.\n", "; One more.\n; And a line.\n")
    assert project.build() == {"link": {""}}


def test_a_comment_within_a_function(project: Project) -> None:
    """The form is written otherwise, so its module is checked; what follows a line that moved is made anew."""
    project.edit("low.0x0", "(n)\n  (/ 12 n))", "(n)\n  ; divided\n  (/ 12 n))")
    assert project.build() == anew(of(low="noisy"), "low.0x0")


def test_a_signature_and_its_users(project: Project) -> None:
    """Another result type: its user is made anew, and no other function of the user's module."""
    project.edit("low.0x0", "(ƒ both (∷ (→ a (List a))) (x)\n  (list x x))", "(ƒ both (∷ (→ a a)) (x) x)")
    project.edit("middle.0x0", "(l.sum (low.both n) 0)", "(low.both n)")
    assert project.build() == anew(of("both<i64>", "pairs"), "low.0x0", "middle.0x0")


def test_a_signature_whose_user_reads_the_same(project: Project) -> None:
    """A type becomes more general; the user's text is as it was, and its machine code must not be."""
    project.edit(
        "low.0x0", "(ƒ point (∷ (→ I64 Point)) (n)\n  (Point n 1))", "(ƒ point (∷ (→ a Point)) (n)\n  (Point 7 1))"
    )
    assert project.build() == anew(of("point<i64>", "wide"), "low.0x0", "middle.0x0")


def test_an_effect(project: Project) -> None:
    """Users of an exported function have its effects, and their users again."""
    project.edit("low.0x0", "(/ 12 n)", '(do (print "x") (/ 12 n))')
    assert project.build() == anew(of("noisy", "far"), "low.0x0", "middle.0x0", "main.0x0")


def test_a_type(project: Project) -> None:
    """One field more: whoever makes or reads one is made anew."""
    project.edit("low.0x0", "(y I64)", "(y I64) (z I64)")
    project.edit("low.0x0", "(Point n 1)", "(Point n 1 2)")
    assert project.build() == anew(of("point", "wide"), "low.0x0", "middle.0x0")


def test_a_constant(project: Project) -> None:
    project.edit("low.0x0", "(const limit I64 40)", "(const limit I64 41)")
    found = project.build()
    assert of(middle="sum") <= found["native"] <= of("limit", "sum")
    assert found["checked"] <= {"low.0x0", "middle.0x0"}


def test_functions_change_places(project: Project) -> None:
    """Where a function stands is nobody's business but the link's, and not even that where nothing can panic."""
    one, two = "(ƒ wide (∷ (→ I64 I64)) (n)\n  (. (low.point n) x))\n", "(ƒ other (∷ (→ I64 I64)) (n)\n  (* n 3))\n"
    text = MIDDLE.replace(one, "@").replace(two, one).replace("@", two)
    project.write("middle.0x0", text)
    assert project.build() == {"checked": {"middle.0x0"}}


def test_a_renamed_function(project: Project) -> None:
    project.edit("low.0x0", "(ƒ more ", "(ƒ one-more ")
    project.edit("low.0x0", "(more n)", "(one-more n)")
    assert project.build() == anew(of(low="one-more twice"), "low.0x0")


def test_a_renamed_file(project: Project) -> None:
    """A function's key names its file, and so do edges to a constant and a type: `sum` and `wide` have such."""
    (project.folder / "low.0x0").rename(project.folder / "lowest.0x0")
    project.edit("middle.0x0", '"low.0x0"', '"lowest.0x0"')
    found = project.build()
    assert found["checked"] >= {"lowest.0x0", "middle.0x0"}
    moved = {f"lowest.0x0#low.{name}" for name in ("more", "twice", "point", "both<i64>", "noisy")}
    assert found["native"] - of(low="more twice point both<i64> noisy") == moved | of(middle="sum wide")


def test_a_file_comes_and_goes(project: Project) -> None:
    project.write("new.0x0", "(⊙ new)\n(↦ nine)\n(ƒ nine (∷ (→ I64 I64)) (n) (+ n 9))\n")
    project.edit("middle.0x0", '(↥ "low.0x0" low)\n', '(↥ "low.0x0" low)\n(↥ "new.0x0" new)\n')
    project.edit("middle.0x0", "(* n 3)", "(new.nine n)")
    assert project.build() == anew(of(middle="other") | {"new.0x0#new.nine"}, "middle.0x0", "new.0x0")
    project.write("middle.0x0", MIDDLE)
    (project.folder / "new.0x0").unlink()
    found = project.build()
    assert {name for name in found["native"] if not name.startswith("new.")} == of(middle="other")


def test_a_feature(project: Project) -> None:
    """Each set of features has a graph of its own: going back and forth finds both."""
    project.edit("low.0x0", "(ƒ more (∷ (→ I64 I64)) (n) (+ n 1))",
                 '(ƒ more (∷ (→ I64 I64)) (cfg (not (feature "big"))) (n) (+ n 1))\n'
                 '(ƒ more (∷ (→ I64 I64)) (cfg (feature "big")) (n) (+ n 100))')  # fmt: skip
    assert project.build() == anew(of(low="more"), "low.0x0", "middle.0x0")
    project.build("big")
    project.edit("middle.0x0", "(* n 3)", "(* n 4)")
    for features in ((), ("big",)):
        assert project.build(*features) == anew(of(middle="other"), "middle.0x0")


def test_the_standard_library(project: Project, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another text in a module of the library, which is a file like any other."""
    library = tmp_path / "std"
    shutil.copytree(ROOT / "compiler/std", library)
    monkeypatch.setattr(load, "STD", str(library))
    project.forget()
    assert project.build() == {}
    text = (library / "list.0x0").read_text("utf-8")
    assert text.count("((cons x rest) (sum rest (+ zero x)))") == 1
    text = text.replace("((cons x rest) (sum rest (+ zero x)))", "((cons x rest) (sum rest (+ x zero)))")
    (library / "list.0x0").write_text(text, "utf-8")
    assert project.build() == anew(of(library="sum<i64>"), "std:list.0x0")


def test_a_package(project: Project) -> None:
    """An edited package is another one, and only what it changed is made anew."""
    project.write("0x0.pkg", "package reuse\nversion 1.0.0\ndep numbers lib/numbers\n")
    shutil.copytree(ROOT / "fixtures/projects/atlas/lib/numbers", project.folder / "lib/numbers")
    project.write("0x0.lock", lock_of(str(project.folder)))
    project.edit("middle.0x0", '(↥ "std:list" l)\n', '(↥ "std:list" l)\n(↥ "pkg:numbers" p)\n')
    project.edit("middle.0x0", "(* n 3)", "(p.gcd n (p.square 3))")
    project.build()
    project.edit("lib/numbers/numbers.0x0", "(* n n)", "(* n n 1)")
    assert project.wrong() == {"PKG_DIGEST-001"}
    project.write("0x0.lock", lock_of(str(project.folder)))
    assert project.build() == anew({"pkg:numbers/numbers.0x0#numbers.square"}, "pkg:numbers/numbers.0x0")


def test_wrong_and_right_again(project: Project) -> None:
    """A program with a mistake says what it always says, and costs the next right one nothing."""
    project.edit("low.0x0", "(* 2 (more n))", '(* 2 "two")')
    assert project.wrong() == {"TYPE_CONTRACT-001"}
    project.edit("low.0x0", '(* 2 "two")', "(* 2 (more n")
    assert any(code.startswith("PARSE") for code in project.wrong())
    project.write("low.0x0", LOW)
    project.forget()
    assert project.all() == {}


def test_another_checkout(project: Project, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is found; the program is the same, places in it too."""
    first = project.out.read_bytes()
    shutil.copytree(project.folder, tmp_path / "deeper/in/another/project")
    monkeypatch.chdir(tmp_path / "deeper/in/another/project")
    project.out = tmp_path / "other"
    assert project.all() == {}
    assert project.out.read_bytes() == first
    done = run_zero("run", "main.0x0", cwd=pathlib.Path.cwd(), env={"ZERO_CACHE": str(project.store)})
    assert (done.returncode, done.stdout) == (0, b"70\n")


def test_a_form_that_is_moved_to_the_right(project: Project) -> None:
    """Columns are in places, too: one that stands in a form's first line has another."""
    project.edit("low.0x0", "(n)\n  (/ 12 n))", "(n) (/ 12 n))")
    project.build()
    project.edit("low.0x0", "(ƒ noisy", "  (ƒ noisy")
    assert project.build() == anew(of("noisy"), "low.0x0")


def test_another_way_to_name_the_project(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Places in panics are named as the command names the program: they are resolved anew, nothing is made anew."""
    monkeypatch.chdir(project.folder.parent)
    first, project.root = project.out.read_bytes(), "project/main.0x0"
    assert project.build() == {"link": {""}}
    assert project.out.read_bytes() != first


def test_two_edits_in_turn(project: Project) -> None:
    """What was made for an earlier text is of no use later: only the newest revision is kept, and it is right."""
    for text in ("(+ n 2)", "(+ n 3)", "(+ n 2)"):
        project.write("low.0x0", LOW.replace("(+ n 1)", text))
        assert project.build() == anew(of(low="more"), "low.0x0")


Break = Callable[[pytest.MonkeyPatch], None]


def _no_edge_is_red(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Engine, "_red_edge", lambda *_: None)


def _an_edge_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Who asks for an exported name depends on nothing."""
    right = Engine.ask

    def ask(engine: Engine, kind: str, argument: str) -> Any:
        if kind != "export":
            return right(engine, kind, argument)
        engine._asked.append({})
        try:
            return right(engine, kind, argument)
        finally:
            engine._asked.pop()

    patch.setattr(Engine, "ask", ask)


@pytest.mark.parametrize("broken", [_no_edge_is_red, _an_edge_is_forgotten])
def test_a_broken_engine_gives_another_program(
    project: Project, broken: Break, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison with the whole pipeline is what finds it."""
    shutil.rmtree(project.store)
    broken(monkeypatch)
    project.build()
    project.edit("low.0x0", "(y I64)", "(y I64) (z I64)")
    project.edit("low.0x0", "(Point n 1)", "(Point 1 2 n)")
    project.edit("low.0x0", "(τ Point (Point (x I64)", "(τ Point (Point (a I64)")
    project.edit("low.0x0", "(z I64)", "(x I64)")
    with pytest.raises((AssertionError, KeyError)):
        project.build()
