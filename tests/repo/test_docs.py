"""Documents tell the truth about the tree: links lead somewhere, named files exist, decisions are numbered once."""

from __future__ import annotations

import collections
import pathlib
import re

import pytest

from tests.conftest import ROOT
from tests.repo.tracked import files

PAGES = [path for path in files("*.md") if path.parts[0] != "fixtures"]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
# Folders whose names alone say that a word with a slash is a path.
TOPS = {path.parts[0] for path in files() if len(path.parts) > 1} - {"fixtures"}


def prose(path: pathlib.Path) -> str:
    return FENCE.sub("", (ROOT / path).read_text("utf-8"))


def slug(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links(page: pathlib.Path) -> None:
    for link in LINK.findall(prose(page)):
        if re.match(r"https?://", link):
            continue
        target, _, anchor = link.partition("#")
        place = (ROOT / page.parent / target).resolve() if target else ROOT / page
        assert place.exists(), f"{page}: {link} leads nowhere"
        if anchor:
            titles = re.findall(r"^#+ (.*)$", place.read_text("utf-8"), re.M)
            assert anchor in map(slug, titles), f"{page}: no heading for {link}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_files_named_in_prose(page: pathlib.Path) -> None:
    """A word in backquotes that begins with a folder of ours is a path; `<NAME>` and `*` stand for any."""
    for word in CODE.findall(prose(page)):
        if " " in word or "/" not in word or word.split("/")[0] not in TOPS:
            continue
        pattern = re.sub(r"<[^>]*>|…|NAME", "*", word).rstrip("/")
        base, _, more = pattern.partition("{")
        names = [base + choice for choice in more.partition("}")[0].split(",")] if more else [pattern]
        for name in names:
            made = name.startswith(("build", "reports/out", "evidence"))  # made by running, tracked nowhere
            assert made or list(ROOT.glob(name)), f"{page}: there is no {word}"


def test_decisions_are_numbered_once_and_exist() -> None:
    numbers = collections.Counter(path.name[:4] for path in files("adr/*.md"))
    assert [number for number, count in numbers.items() if count > 1] == []
    assert sorted(numbers) == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    for path in files("*.py", "*.yaml", "*.tsv", "*.md", "*.c", "*.h", "Makefile"):
        if path.parts[:2] == ("fixtures", "gates") or path.parts[0] == "tests":
            continue
        for number, rest in re.findall(r"\badr/(\d{4})([\w-]*(?:\.md)?)", (ROOT / path).read_text("utf-8")):
            found = [each.name for each in files("adr/*.md") if each.name.startswith(number)]
            assert found, f"{path}: there is no adr/{number}"
            assert not rest or found[0].startswith(number + rest), f"{path}: adr/{number}{rest} is {found[0]}"


@pytest.mark.parametrize("page", files("adr/*.md"), ids=str)
def test_a_decision_says_what_was_open_and_what_follows(page: pathlib.Path) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert re.match(r"# \S", text)
    assert re.search(r"\b20\d\d-\d\d-\d\d\b", text), "no date"


@pytest.mark.parametrize("page", files("docs/changes/*.md"), ids=str)
def test_change_fragments(page: pathlib.Path) -> None:
    """One heading, then what changed for a user; the report copies it."""
    head, _, body = (ROOT / page).read_text("utf-8").partition("\n")
    assert re.fullmatch(r"### \S.*[^.]", head)
    assert body.strip()
    assert not re.search(r"^#", body, re.M)
    assert re.fullmatch(r"[a-z0-9-]+\.md", page.name)
    assert not LINK.search(body), "a fragment is read in other places than its own"


def test_hacking_names_only_verbs_that_exist() -> None:
    import tasks as module

    tasks = {name for names in module.namespace.task_names.items() for name in (names[0], *names[1])}
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    for page in PAGES:
        text = (ROOT / page).read_text("utf-8")
        code = " ".join([*CODE.findall(text), *FENCE.findall(text)])
        for verb in re.findall(r"\binvoke ([a-z][a-z.]*)", code):
            assert verb in tasks, f"{page}: invoke {verb}"
        for target in re.findall(r"`make ([a-z]+)`", text):
            assert target in targets, f"{page}: make {target}"


def test_zero_s_verbs_and_options_in_documents_exist() -> None:
    from importlib import import_module

    from compiler.cli.main import VERBS

    for page in PAGES:
        text = (ROOT / page).read_text("utf-8")
        for command in re.findall(r"(?:\./|`)zero ([a-z]+[^`\n|;]*)", text):
            verb, *words = command.split()
            assert verb in VERBS, f"{page}: zero {verb}"
            table = import_module(f"compiler.cli.{VERBS[verb][0]}").OPTIONS
            for word in words:
                if word == "--":
                    break
                if re.match(r"--?[a-z]", word):
                    assert word.rstrip("):,.").partition("=")[0] in table, f"{page}: zero {verb} {word}"
