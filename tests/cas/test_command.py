"""`zero cache` as a process: what it says of a store, sound and damaged, and its statuses."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
from collections.abc import Callable

import pytest

from tests.conftest import run_zero

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "a.0x0").write_text('(ƒ main (_) (print "a"))\n', "utf-8")
    return tmp_path


@pytest.fixture
def run(folder: pathlib.Path) -> Run:
    """Run a command beside a store of its own; status, and what it said without names and sizes that may change."""

    def zero(*words: str) -> tuple[int, str]:
        done = run_zero(*words, cwd=folder, env={"ZERO_CACHE": str(folder / "store")})
        text = (done.stdout + done.stderr).decode().replace(str(folder), "FOLDER")
        text = re.sub(r"[0-9a-f]{2}/[0-9a-f]{62}", "AB/REST", text)
        text = re.sub(r"REST-\d+", "REST-N", text)
        text = re.sub(r"\b[0-9a-f]{62,64}\b", "DIGEST", text)
        return done.returncode, re.sub(r"(?<![A-Z]-)\b\d{3,}\b", "N", text)

    return zero


def object_of(folder: pathlib.Path) -> pathlib.Path:
    (path,) = (folder / "store" / "objects" / "executable-1").rglob("*-*")
    path.chmod(0o755)
    return path


def test_a_store_and_its_damage(run: Run, folder: pathlib.Path, golden: Callable[[str, str], None]) -> None:
    said = []

    def say(*words: str) -> None:
        status, text = run(*words)
        said.append(f"$ zero {' '.join(words)}\n{text}= {status}\n")

    say("cache", "path")
    say("cache", "stats")
    say("build", "a.0x0", "-o", "a")
    say("cache", "stats")
    say("cache", "verify")
    say("cache", "pin", "a")
    say("cache", "gc", "--max-size", "0", "--now")
    path = object_of(folder)
    path.write_bytes(path.read_bytes()[:-1])
    (folder / "store" / "notes.txt").write_text("mine")
    said.append("a byte is lost, and a file came in\n")
    say("cache", "verify")
    say("build", "a.0x0", "-o", "a")
    say("build", "a.0x0", "-o", "a")
    say("cache", "verify")
    say("cache", "repair")
    say("cache", "unpin", "a")
    say("cache", "unpin", "a")
    say("cache", "gc", "--max-size", "0", "--now")
    say("cache", "verify")
    golden("cas/command.txt", "\n".join(said))


def test_machines_get_no_words_of_the_store(run: Run, folder: pathlib.Path) -> None:
    run("build", "a.0x0", "-o", "a")
    path = object_of(folder)
    path.write_bytes(b"x")
    (folder / "a").unlink()
    status, text = run("build", "a.0x0", "-o", "a", "--json")
    assert (status, text) == (0, "")
    assert subprocess.run([folder / "a"], capture_output=True, check=True).stdout == b"a\n"
    object_of(folder).write_bytes(b"x")
    (folder / "a.0x0").write_text("(ƒ main (_) nothing)\n", "utf-8")
    done = run_zero("build", "a.0x0", "-o", "a", "--json", cwd=folder, env={"ZERO_CACHE": str(folder / "store")})
    assert json.loads(done.stderr)


def test_a_program_runs_from_a_store_that_was_damaged(run: Run, folder: pathlib.Path) -> None:
    assert run("run", "a.0x0") == (0, "a\n")
    path = object_of(folder)
    path.write_bytes(path.read_bytes()[:100])
    status, text = run("run", "a.0x0")
    assert status == 0
    assert text.startswith("a\nzero: CAS_OBJECT-002: ")
    assert run("run", "a.0x0") == (0, "a\n")


def test_a_folder_that_is_something_elses(run: Run, folder: pathlib.Path) -> None:
    (folder / "store").mkdir()
    (folder / "store" / "format").write_text("mine\n")
    for words in (("stats",), ("verify",), ("repair",), ("gc",)):
        status, text = run("cache", *words)
        assert status == 2
        assert text.startswith("zero: CAS_SCHEMA-003: ")
    assert [path.name for path in (folder / "store").iterdir()] == ["format"]
    assert run("run", "a.0x0")[0] == 0


def test_a_store_elsewhere(folder: pathlib.Path) -> None:
    done = run_zero("cache", "path", cwd=folder, env={"ZERO_CACHE": "", "XDG_CACHE_HOME": str(folder)})
    assert done.stdout.decode() == f"{folder}/zero\n"
    assert not os.path.lexists(folder / "zero")


def test_a_page_comes_from_the_store_while_nothing_has_changed(run: Run, folder: pathlib.Path) -> None:
    source = folder / "m.0x0"
    source.write_text("(⊙ m)\n(↦ twice)\n(ƒ twice (∷ (→ I64 I64)) (n) (* 2 n))\n", "utf-8")
    status, first = run("doc", "m.0x0")
    assert status == 0
    assert "(twice n)" in first
    (kept,) = (folder / "store" / "objects" / "api-docs-1").rglob("*-*")
    kept.chmod(0o644)
    kept.write_bytes(kept.read_bytes().replace(b"twice", b"thrice"))
    status, text = run("doc", "m.0x0")
    assert status == 0
    assert text.startswith(first)
    assert text[len(first) :].startswith("zero: CAS_OBJECT-001: ")
    assert run("doc", "m.0x0") == (0, first), "it was made and kept again"
    source.write_text(source.read_text("utf-8").replace("twice", "double"), "utf-8")
    assert "(double n)" in run("doc", "m.0x0")[1]
    source.write_text("(⊙ m)\n(↦ twice)\n", "utf-8")
    status, text = run("doc", "m.0x0")
    assert status == 1
    assert "SEM_UNBOUND-101" in text


KEY = "a" * 64


def test_what_other_programs_keep_comes_back(run: Run, folder: pathlib.Path) -> None:
    (folder / "result").write_text('{"verdict": "pass"}', "utf-8")
    assert run("cache", "take", "gate-result", KEY, "back") == (1, "no gate-result is kept under DIGEST\n")
    assert run("cache", "keep", "gate-result", KEY, "result") == (0, "kept gate-result/DIGEST/19\n")
    assert run("cache", "take", "gate-result", KEY, "back") == (0, "took back\n")
    assert (folder / "back").read_bytes() == (folder / "result").read_bytes()
    assert run("cache", "take", "profile", KEY, "back")[0] == 2  # another kind lies there
    assert run("cache", "take", "profile", "b" * 64, "back")[0] == 1


def test_a_folder_comes_back_whole(run: Run, folder: pathlib.Path) -> None:
    (folder / "rows").mkdir()
    for name, text in (("a.tsv", "a\n"), ("b", ""), (".c", "x" * 20000)):
        (folder / "rows" / name).write_text(text, "utf-8")
    assert run("cache", "keep", "evidence", KEY, "rows")[0] == 0
    assert run("cache", "gc", "--now")[1].startswith("removed 0 objects")
    assert run("cache", "take", "evidence", KEY, "back") == (0, "took back\n")
    assert {path.name: path.read_bytes() for path in (folder / "back").iterdir()} == {
        path.name: path.read_bytes() for path in (folder / "rows").iterdir()
    }
    (folder / "back/a.tsv").write_text("mine", "utf-8")
    status, text = run("cache", "take", "evidence", KEY, "back")
    assert (status, text) == (2, "zero: cannot write back: directory not empty\n")
    assert (folder / "back/a.tsv").read_text("utf-8") == "mine"
    assert sorted(path.name for path in folder.iterdir()) == ["a.0x0", "back", "rows", "store"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["executable", KEY, "a.0x0"], "`executable` is not kept for others"),
        (["package", KEY, "."], "`package` is not kept for others"),
        (["profile", "../../x", "a.0x0"], "CAS_NAME-001"),
        (["profile", KEY], "it takes a kind, a key and a path"),
        (["profile", KEY, "nowhere"], "cannot read nowhere"),
        (["profile", KEY, "ragged"], "CAS_OBJECT-003"),
        (["gate-result", KEY, "ragged"], "CAS_OBJECT-003"),
        (["evidence", KEY, "a.0x0"], "cannot read a.0x0"),
        (["evidence", KEY, "."], "is no regular file"),
    ],
)
def test_what_cannot_be_kept_is_one_error(run: Run, folder: pathlib.Path, words: list[str], said: str) -> None:
    (folder / "ragged").write_text("a\tb\nc\n", "utf-8")
    (folder / "link").symlink_to("a.0x0")
    status, text = run("cache", "keep", *words)
    assert (status, said in text) == (2, True), text
    assert not (folder / "store/refs").exists()
