"""The linter and the simplifier, two real programs in 0x0, against models that work another way.

The project's own tests hold in the reference lane and as machine code; what is expected there was made by hand.  Here
the built program answers thousands of questions as the twin does: the library and the corpus linted, modules made of
them with mistakes put in, and random terms, down to how many nodes and classes their e-graphs end with.
"""

from __future__ import annotations

import itertools
import pathlib
import random
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.conftest import ROOT, run_zero
from tests.repo.tracked import files
from tests.terms.generated import PROJECT, module, term, twin

MAIN = "fixtures/projects/terms/main.0x0"
BOTH = ("--feature", "lint", "--feature", "eqsat")
SOURCES = [str(path) for path in files("fixtures/programs/*.0x0", "fixtures/projects/*.0x0", "compiler/std/*.0x0")]
EDGES = (0, 1, -1, 2, 7, 2**63 - 1, -(2**63))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    out = str(tmp_path_factory.mktemp("terms") / "terms")
    done = run_zero("build", MAIN, *BOTH, "--level", "release", "-o", out)
    assert done.returncode == 0, done.stderr.decode()
    return out


def told(*command: str, stdin: str = "") -> list[str]:
    done = subprocess.run(command, input=stdin.encode(), capture_output=True, cwd=ROOT, check=True)
    return done.stdout.decode().split("\n")


def model(*arguments: str, stdin: str = "") -> list[str]:
    return told(sys.executable, "-S", f"{PROJECT}/main.py", "lint", "eqsat", *arguments, stdin=stdin)


def test_its_own_tests_hold(zero: Callable[..., subprocess.CompletedProcess[bytes]]) -> None:
    done = zero("test", MAIN, *BOTH)
    assert done.returncode == 0, done.stdout.decode()
    assert b"82 passed, 0 failed" in done.stdout


@pytest.mark.parametrize("title", ["congruen", "random terms", "every rule", "names"])
def test_the_hard_ones_hold_as_machine_code(
    title: str, zero: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    done = zero("test", MAIN, *BOTH, "--lane", "native", "--level", "release", "--only", title)
    assert done.returncode == 0, done.stdout.decode()
    assert b" passed, 0 failed" in done.stdout


def test_each_part_is_of_some_size() -> None:
    for part in ("lint", "eqsat"):
        lines = sum(len(path.read_text("utf-8").splitlines()) for path in (PROJECT / part).glob("*.0x0"))
        assert lines >= 500, part


# --- the linter


def lints() -> set[str]:
    return set(re.findall(r'\(Lint "([a-z-]+)"', (PROJECT / "lint/lint.0x0").read_text("utf-8")))


def test_real_sources_are_linted_alike(program: str) -> None:
    found = told(program, "lint", *SOURCES)
    assert found == model("--", "lint", *SOURCES)
    assert len(SOURCES) > 80
    assert not [line for line in found if ": unknown-name: " in line], "they compile, so every name is known"


def test_sources_with_mistakes_are_linted_alike(program: str) -> None:
    r = random.Random(3)
    chosen = [path for path in SOURCES if not path.startswith("fixtures/projects")]
    text = "".join(module(r, (ROOT / path).read_text("utf-8")) for path in r.sample(chosen, 60))
    found = told(program, stdin=text)
    assert found == model(stdin=text)
    seen = {line.split(": ")[1] for line in found if line}
    assert len(seen) >= len(lints()) - 4, lints() - seen


def test_the_sample_shows_every_lint() -> None:
    text = (PROJECT / "main.lint+eqsat.out").read_text("utf-8")
    assert lints() == set(re.findall(r"^[0-9]+:[0-9]+: ([a-z-]+): ", text, re.M))
    assert len(lints()) >= 10


def test_the_linter_has_nothing_to_say_of_the_project(program: str) -> None:
    own = [str(path) for path in files(f"{PROJECT.relative_to(ROOT)}/*.0x0")]
    assert [line for line in told(program, "lint", *own) if line and not line.startswith("#")] == []


# --- the simplifier


def test_terms_are_simplified_alike(program: str) -> None:
    r = random.Random(4)
    text = "".join(f"(simplify {term(r, r.choice('#?'), 4)})\n" for _ in range(250))
    found = told(program, stdin=text)
    assert found == model(stdin=text)
    assert {line.rpartition(", ")[2] for line in found if line} == {"saturated", "out of room", "out of rounds"}


def test_simplified_terms_keep_their_meaning(program: str) -> None:
    expressions = twin("expressions")
    r = random.Random(5)
    before = [term(r, r.choice("#?"), 4) for _ in range(250)]
    after = [
        line.partition(" ; ")[0] for line in told(program, stdin="".join(f"(simplify {each})\n" for each in before))
    ]
    smaller = 0
    for one, other in zip(before, after, strict=False):
        a, b = (expressions.term(expressions.read(each)[0]) for each in (one, other))
        assert expressions.cost(b) <= expressions.cost(a), (one, other)
        smaller += expressions.cost(b) < expressions.cost(a)
        for _ in range(30):
            values = {name: r.choice((*EDGES, r.getrandbits(64) - 2**63)) for name in "xyz"}
            values |= {"p?": r.getrandbits(1), "q?": r.getrandbits(1)}
            assert expressions.evaluate(a, values) == expressions.evaluate(b, values), (one, other, values)
    assert smaller > 100


def test_every_rule_is_true() -> None:
    """Both sides of each row, on all edges: nobody's word that an equation holds for numbers that wrap."""
    expressions = twin("expressions")
    rules = twin("equalities").rules()
    assert len(rules) >= 60
    for name, before, after in rules:
        holes = sorted(set(re.findall(r"\?[a-z]\??", expressions.shown(before))))
        assert set(re.findall(r"\?[a-z]\??", expressions.shown(after))) <= set(holes), name
        for values in itertools.product(*((0, 1) if hole.endswith("?") else EDGES for hole in holes)):
            chosen = dict(zip(holes, values, strict=True))
            assert expressions.evaluate(before, chosen) == expressions.evaluate(after, chosen), (name, chosen)


def test_a_wrong_rule_is_found_out(tmp_path: pathlib.Path) -> None:
    """A rule that makes two constants one ends the program and says which."""
    copy = tmp_path / "terms"
    for path in PROJECT.rglob("*"):
        if path.suffix in (".0x0", ".pkg"):
            (copy / path.relative_to(PROJECT)).parent.mkdir(parents=True, exist_ok=True)
            (copy / path.relative_to(PROJECT)).write_bytes(path.read_bytes())
    rules = copy / "eqsat/rules.0x0"
    text = rules.read_text("utf-8")
    right = '"(+ ?a (neg ?b))" "(- ?a ?b)"'
    assert text.count(right) == 1
    rules.write_text(text.replace(right, '"(+ ?a (neg ?b))" "1"'), "utf-8")
    done = run_zero("run", "main.0x0", "--feature", "eqsat", cwd=copy, stdin=b"(simplify (+ x (neg x)))")
    assert done.returncode == 101
    assert re.match(rb"panic: the rules make (0 equal to 1|1 equal to 0)\n", done.stderr)
