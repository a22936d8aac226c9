"""`zero test --lane native` from the session: what the whole pipeline says of the same tests, and little made again."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from compiler import building, pipeline
from compiler.cas.store import Store
from compiler.diagnostics import Sink
from compiler.incremental.session import Session
from compiler.options import Options
from compiler.records import Recorder, key
from tests.incremental.project import Project

LISTS = """\
(⊙ lists)
(↦ total)
(ƒ total (∷ (→ (List I64) I64)) (xs) (region (match xs ((list) 0) ((cons x r) (+ x (total r))))))
(test "nothing" (= (total (list)) 0))
   (test "two" (print "said") (= (total (list 1 2)) 3))
"""
MAIN = """\
(⊙ main)
(↥ "lists.0x0" l)
(↥ "std:option" o)
(ƒ far (n) (nth (list 1 2) n))
(test "one of the list" (= (far 1) 2))
(test "a wrong one" (print "why") (= (l.total (list (far 0))) 7))
(test "too far" (= (far 9) 2))
(test "perhaps" (= (o.default (Some 1) 0) (((λ (x) (λ (y) (+ x y))) 0) 1)))
"""


@pytest.fixture
def project(tmp_path: pathlib.Path) -> Project:
    return Project(tmp_path, {"lists.0x0": LISTS, "main.0x0": MAIN})


def test_both_ways_say_the_same(project: Project, tmp_path: pathlib.Path, zero: Callable[..., Any]) -> None:
    env = {"ZERO_CACHE": str(tmp_path / "cache")}

    def run(*more: str) -> tuple[int, bytes, bytes]:
        said = []
        for cache in ((), ("--no-cache",)):
            done = zero("test", "main.0x0", "--lane", "native", *more, *cache, cwd=project.folder, env=env)
            said.append((done.returncode, done.stdout, done.stderr))
        assert said[0] == said[1]
        return said[0]

    status, told, _ = run()
    assert (status, told.decode().splitlines()) == (
        1,
        [
            "ok     nothing",
            "ok     two",
            "ok     one of the list",
            "why",
            "FAILED a wrong one",
            "  at main.0x0:6:1: false",
            "FAILED too far",
            "  at main.0x0:7:1: ended with status 101",
            "ok     perhaps",
            "4 passed, 2 failed",
        ],
    )
    project.edit("lists.0x0", "(list 1 2)) 3", "(list 1 2)) 4")
    project.edit("main.0x0", '(test "too far" (= (far 9) 2))\n', "; gone\n\n")
    assert b"  at lists.0x0:5:4: false\n" in run()[1]
    assert (
        run("--only", "one")[1]
        == b"ok     one of the list\nwhy\nFAILED a wrong one\n  at main.0x0:6:1: false\n1 passed, 1 failed\n"
    )
    assert run("--only", "nowhere")[0] == 2
    project.write({"more.0x0": '(test "of a module that joins" true)\n'})
    project.edit("main.0x0", "(ƒ far", '(↥ "more.0x0" m)\n(ƒ far')
    assert b"ok     of a module that joins\n" in run()[1]
    project.edit("main.0x0", "(far 1) 2", '(far 1) "2"')
    assert run()[0] == 1  # a mistake, said by the whole pipeline
    project.write({"main.0x0": "(ƒ main (_) 1)\n"})
    assert run()[1] == b"0 passed, 0 failed\n"


class Run:
    """The tests' executables by a session, and the instances that it made."""

    def __init__(self, project: Project, store: str = "") -> None:
        self.made: set[str] = set()
        session = Session(project.root, frozenset(), Recorder().read, Store(store or project.store), tests=True)
        native = session.kinds["native"]
        inner = native.provide

        def provide(engine: Any, argument: str) -> Any:
            self.made.add(argument.partition("#")[2])
            return inner(engine, argument)

        native.provide = provide
        session.open([key("tests"), key("test", project.root)])
        session.check()
        self.rows = session.tests()
        self.images = [session.image(name) for _, _, name in self.rows]
        session.keep([key("tests")])


def test_only_what_changed_is_made_again(project: Project) -> None:
    first = Run(project)
    assert {"lists.total", "main.far", "main.test.1"} <= first.made
    second = Run(project)
    assert (second.made, second.images) == (set(), first.images)
    project.edit("main.0x0", "(list 1 2)", "(list 3 2)")
    assert Run(project).made == {"main.far"}
    project.edit("main.0x0", "(far 1) 2", "(far 0) 3")
    assert Run(project).made == {"main.test.1"}


def test_a_build_before_has_made_some_of_it(project: Project, tmp_path: pathlib.Path) -> None:
    project.edit("main.0x0", "(ƒ far", "(ƒ main (_) (+ 1 (far 1)))\n(ƒ far")
    project.build()
    run = Run(project)
    assert "main.far" not in run.made
    assert "lists.total" in run.made
    assert run.images == Run(project, str(tmp_path / "fresh")).images
    assert "native" not in project.build().kinds


def test_a_module_that_joins(project: Project, tmp_path: pathlib.Path) -> None:
    Run(project)
    more = (
        '(⊙ more)\n(ƒ size (∷ (→ (List I64) I64)) (xs) (len xs))\n(test "more" (= (size (list 1)) (size (list 2))))\n'
    )
    project.write({"more.0x0": more})
    project.edit("main.0x0", "(ƒ far", '(↥ "more.0x0" m)\n(ƒ far')
    run = Run(project)
    assert run.rows[-5][0] == "more"
    assert run.images == Run(project, str(tmp_path / "fresh")).images


def test_each_executable_has_what_its_test_reaches(project: Project) -> None:
    images = Run(project).images
    assert [b"said" in image for image in images] == [False, True, False, False, False, False]


@pytest.mark.parametrize("number", range(4))
def test_one_test_is_byte_for_byte_the_program_that_runs_it(number: int, tmp_path: pathlib.Path) -> None:
    head, *tests = MAIN.split("(test ")
    project = Project(tmp_path, {"main.0x0": f"{head}(test {tests[number]}", "lists.0x0": LISTS.partition("(test")[0]})
    sink = Sink()
    _, program = pipeline.front(project.root, frozenset(), sink)
    assert program is not None
    own = [test for test in program.tests if not program.functions[test.function].file.path.startswith("std:")]
    codes, lir = pipeline.back(pipeline.middle(program, Options(), entry=own[0].function), Options())
    assert Run(project).images == [pipeline.executable(codes, lir)]


def test_what_the_session_is_not_for(project: Project) -> None:
    def chosen(titles: list[str]) -> list[int]:
        raise AssertionError(titles)

    for options in (Options(cache=False), Options(level="release"), Options(verify=True), Options(memory_stats=True)):
        assert building.tests(project.root, options, chosen) is None
