"""A minimal build has nothing of what its features leave out: no function, no constant, no file read, no byte.

What is looked for is first seen where the features are on, so that a search that finds nothing means something.
"""

from __future__ import annotations

import functools
import pathlib
import re
import shutil
import tempfile
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from gates.collect.features import PARTS, SETS, flags, functions, module_names
from ledgers import foreign
from tests.conftest import ROOT, run_zero
from tests.terms.generated import PROJECT

MAIN = "fixtures/projects/terms/main.0x0"
# Texts that only this part holds: a lint's name, a rule's.
TEXTS = {"lint": (b"compared-with-truth", b"did you mean `"), "eqsat": (b"(* ?a (+ ?b ?c))", b"out of rounds")}
USE = """(↥ "lint/lint.0x0" lint (cfg (feature "lint")))
(↥ "eqsat/simplify.0x0" simplify (cfg (feature "eqsat")))
(↥ "term.0x0" term)
(ƒ main (_)
  (print (show (len (lint.report "" (list)))))
  (print (simplify.report (term.Num 1))))
"""


@functools.cache
def executable(features: tuple[str, ...], level: str) -> tuple[bytes, tuple[str, ...]]:
    """The bytes of a build and the names of its functions."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out"
        done = run_zero("build", MAIN, "-o", str(out), "--level", level, *flags(features))
        assert done.returncode == 0, done.stderr.decode()
        return out.read_bytes(), tuple(functions(out))


@pytest.mark.parametrize("level", ["dev", "release"])
@pytest.mark.parametrize("features", SETS, ids="+".join)
def test_what_is_off_is_not_there(features: tuple[str, ...], level: str) -> None:
    data, names = executable(features, level)
    assert any(name.startswith("terms.") for name in names)
    for part in PARTS:
        # A generic function of the library that was made for a type of the part has the type's module in its name.
        modules = "|".join(map(re.escape, sorted(module_names(PROJECT / part))))
        found = [name for name in names if re.search(rf"(?<![\w-])({modules})\.", name)]
        assert bool(found) == (part in features), found[:5]
        assert re.search(rb"(?<![\w-])(" + modules.encode() + rb")\.[\w-]", data) is None or part in features
        assert {text in data for text in TEXTS[part]} == {part in features}, part


def copy_of(folder: pathlib.Path, *without: str) -> pathlib.Path:
    ignored = shutil.ignore_patterns("*.py", "*.out", "*.in", *without)
    shutil.copytree(PROJECT, folder, ignore=ignored)
    return folder


def test_the_files_of_what_is_off_need_not_exist(
    zero: Callable[..., CompletedProcess[bytes]], tmp_path: pathlib.Path
) -> None:
    built = []
    for name, without in (("whole", ()), ("without", PARTS)):
        folder = copy_of(tmp_path / name, *without)
        assert (folder / "lint").exists() == (not without)
        done = zero("build", "main.0x0", "-o", "out", "--no-cache", cwd=folder)
        assert done.returncode == 0, done.stderr.decode()
        built.append((folder / "out").read_bytes())
    assert built[0] == built[1]
    done = zero("build", "main.0x0", "-o", "out", "--feature", "lint", cwd=tmp_path / "without")
    assert (done.returncode, done.stderr.count(b"error[SEM_IMPORT")) == (1, 1), done.stderr.decode()


@pytest.mark.parametrize("features", SETS, ids="+".join)
def test_a_use_of_what_is_off_says_which_feature(
    features: tuple[str, ...], zero: Callable[..., CompletedProcess[bytes]], tmp_path: pathlib.Path
) -> None:
    folder = copy_of(tmp_path / "terms")
    (folder / "use.0x0").write_text(USE, "utf-8")
    done = zero("run", "use.0x0", *flags(features), cwd=folder)
    off = [part for part in PARTS if part not in features]
    told = re.findall(r"^use\.0x0:(\d+:\d+): error\[(.*)\]: (.*)$", done.stderr.decode(), re.M)
    places = {"lint": ("5:22", "lint"), "eqsat": ("6:11", "simplify")}
    assert told == [
        (places[part][0], "SEM_FEATURE-001", f"`{places[part][1]}` is not in the program: it asks for feature `{part}`")
        for part in off
    ]
    assert re.findall(r"^help: add --feature (\w+),", done.stderr.decode(), re.M) == off
    assert done.returncode == (1 if off else 0)


def test_the_minimal_program_says_what_it_lacks(zero: Callable[..., CompletedProcess[bytes]]) -> None:
    done = zero("run", MAIN, stdin=b"(simplify (+ x 0)) (lint (f)) (eval (+ 1 2))")
    assert done.stdout.decode().split("\n") == [
        "simplify: not in this build; it needs --feature eqsat",
        "lint: not in this build; it needs --feature lint",
        "3",
        "",
    ]


def test_the_saving_is_on_record() -> None:
    """The newest measurement: every count grows with each feature, and the minimal one is at most half of the whole."""
    rows = {
        (str(row["workload"]), str(row["metric"])): int(str(row["value"]))
        for row in foreign.load(ROOT, "features").rows
    }
    metrics = {metric for _, metric in rows} - {"build_cpu_thousandths"}
    assert metrics >= {"functions", "function_bytes", "executable_bytes", "tracked_peak_bytes", "build_instructions"}
    for metric in metrics:
        minimal, lint, eqsat, both = (rows["+".join(("terms", *features)), metric] for features in SETS)
        assert minimal < min(lint, eqsat) <= max(lint, eqsat) < both, metric
        assert 2 * minimal < both, metric
