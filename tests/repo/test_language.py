"""The examples in docs/language are true.

A block marked `0x0` must check, `0x0 error CODE` must begin its errors with that code, and an `output` block behind
a program is what it prints (`output status N`: and how it ends).
"""

from __future__ import annotations

import pathlib
import re
import subprocess
from collections.abc import Callable

import pytest

from tests.conftest import ROOT
from tests.repo.tracked import files

BLOCK = re.compile(r"^```(0x0|output)([^\n]*)\n(.*?)^```$", re.M | re.S)
PAGES = files("docs/language/*.md")


def examples() -> list[tuple[str, str, str, str, int]]:
    """(id, program, code of its first error or "", what it prints or "-", status) of every example."""
    found: list[tuple[str, str, str, str, int]] = []
    for page in PAGES:
        text = (ROOT / page).read_text("utf-8")
        for match in BLOCK.finditer(text):
            kind, marks, body = match.groups()
            line = text[: match.start()].count("\n") + 1
            if kind == "0x0":
                code = re.fullmatch(r"(?: error ([A-Z_]+-\d+))?", marks)
                assert code, f"{page}:{line}: what does `{marks}` mean?"
                found.append((f"{page.name}:{line}", body, code[1] or "", "-", 0))
            else:
                status = re.fullmatch(r"(?: status (\d+))?", marks)
                assert status, f"{page}:{line}: what does `{marks}` mean?"
                found[-1] = (*found[-1][:3], body, int(status[1] or 0))
    return found


@pytest.mark.parametrize(("name", "program", "code", "output", "status"), examples(), ids=lambda v: str(v)[:24])
def test_example(
    name: str,
    program: str,
    code: str,
    output: str,
    status: int,
    tmp_path: pathlib.Path,
    zero: Callable[..., subprocess.CompletedProcess[bytes]],
) -> None:
    (tmp_path / "example.0x0").write_text(program, "utf-8")
    done = zero("check", "example.0x0", cwd=tmp_path)
    if code:
        assert done.stderr.decode().partition("error[")[2].partition("]")[0] == code, done.stderr.decode()
        return
    assert (done.returncode, done.stderr.decode()) == (0, "")
    if output != "-":
        for lane in ("interp", "native"):
            done = zero("run", "example.0x0", "--lane", lane, cwd=tmp_path)
            assert (done.stdout.decode(), done.returncode) == (output, status)


def test_there_are_examples() -> None:
    assert len(examples()) >= 20
    assert {page.stem for page in PAGES} >= {"evaluation", "numbers", "equality", "patterns", "planned", "typing"}


def test_codes_named_in_prose_exist() -> None:
    from compiler.cas.faults import FAULTS
    from compiler.messages import everything

    for page in PAGES:
        for code in re.findall(r"\b([A-Z]+(?:_[A-Z]+)*-\d{3})\b", (ROOT / page).read_text("utf-8")):
            assert code in {**everything(), **FAULTS} or code.startswith("IEEE"), f"{page}: {code}"
