"""The standard library: its own tests in every lane, its documentation, and the pages made of it.

A module is a row of `MODULES`; that none is missing is a test.  The pages in `docs/language/std/` are what `zero doc`
writes, rewritten by BLESS=1.
"""

from __future__ import annotations

import os
import pathlib
import re
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from tests.conftest import ROOT

STD = ROOT / "compiler" / "std"
PAGES = ROOT / "docs" / "language" / "std"
MODULES = sorted(path.stem for path in STD.glob("*.0x0"))
WANTED = {"option", "result", "list", "vec", "map", "set", "text", "json", "random", "args", "path"}

Zero = Callable[..., "CompletedProcess[bytes]"]


def test_the_library_is_whole() -> None:
    assert set(MODULES) >= WANTED


@pytest.mark.parametrize("lane", [("interp",), ("mir",), ("native",), ("native", "--level", "release")], ids="-".join)
@pytest.mark.parametrize("module", MODULES)
def test_its_own_tests_hold(module: str, lane: tuple[str, ...], zero: Zero) -> None:
    path = STD / f"{module}.0x0"
    titles = re.findall(r'^\(test "([^"]*)"', path.read_text("utf-8"), re.MULTILINE)
    assert len(titles) == len(set(titles)) >= 2
    done = zero("test", str(path.relative_to(ROOT)), "--lane", *lane)
    lines = [*(f"ok     {title}" for title in titles), f"{len(titles)} passed, 0 failed"]
    assert (done.returncode, done.stdout.decode().splitlines()) == (0, lines)


@pytest.mark.parametrize("lane", [("mir",), ("native", "--level", "release")], ids="-".join)
def test_large_inputs_need_no_stack(lane: tuple[str, ...], zero: Zero) -> None:
    done = zero("test", "tests/std/deep.0x0", "--lane", *lane)
    assert (done.returncode, done.stdout.decode().splitlines()[-1]) == (0, "6 passed, 0 failed")


@pytest.mark.parametrize("module", MODULES)
def test_the_page_is_current(module: str, zero: Zero) -> None:
    done = zero("doc", f"compiler/std/{module}.0x0")
    assert (done.returncode, done.stderr) == (0, b"")
    page = PAGES / f"{module}.md"
    if os.environ.get("BLESS") == "1":
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_bytes(done.stdout)
    assert page.read_bytes() == done.stdout, "run with BLESS=1"


def test_no_page_is_orphaned() -> None:
    assert sorted(page.stem for page in PAGES.glob("*.md")) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_every_export_says_what_it_does(module: str) -> None:
    """Each entry of the page has words below its signature, and each name of `↦` has an entry."""
    text = (STD / f"{module}.0x0").read_text("utf-8")
    page = (PAGES / f"{module}.md").read_text("utf-8")
    entries = re.split(r"^### ", page.partition("\n## ")[2], flags=re.MULTILINE)[1:]
    names = set()
    for entry in entries:
        title, *blocks = entry.strip().split("\n\n")
        names.add(title.strip("`()").split(" ")[0])
        words = [block for block in blocks if not block.startswith(("`(→", "```", "*", "## "))]
        assert any(block.endswith(".") for block in blocks), f"{module}: {title} has no doc"
        assert words, f"{module}: {title} has no doc"
    exported = {name for row in re.findall(r"^\(↦ ([^)]*)\)", text, re.MULTILINE) for name in row.split()}
    constructors = {line.strip("()").split(" ")[0] for line in re.findall(r"^\(?[A-Z][^\n`#.]*$", page, re.MULTILINE)}
    assert exported <= names | constructors, f"{module}: {sorted(exported - names - constructors)}"
    assert names <= exported


def test_a_broken_test_is_seen(tmp_path: pathlib.Path, zero: Zero) -> None:
    """The tests can fail: with one comparison of the sort turned round, they do."""
    text = (STD / "list.0x0").read_text("utf-8")
    broken = text.replace(
        "(before (array-get from j) (array-get from i))", "(before (array-get from i) (array-get from j))"
    )
    assert broken != text
    (tmp_path / "list.0x0").write_text(broken, "utf-8")
    done = zero("test", "list.0x0", cwd=tmp_path)
    assert done.returncode == 1
    assert b"FAILED order\n" in done.stdout
    assert b"FAILED sorting keeps the order of equals\n" in done.stdout


def test_a_program_does_not_run_the_library_s_tests(tmp_path: pathlib.Path, zero: Zero) -> None:
    (tmp_path / "own.0x0").write_text('(↥ "std:list" l)\n(test "mine" (= (l.sum (list 1 2) 0) 3))\n', "utf-8")
    done = zero("test", "own.0x0", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b"ok     mine\n1 passed, 0 failed\n")
