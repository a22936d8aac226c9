"""Every generated page is what its tables say today; BLESS=1 (or `invoke docs`) rewrites it."""

from __future__ import annotations

import os

import pytest

from tools.reference import FOLDER, PAGES, main


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_current(name: str) -> None:
    text = PAGES[name]()
    if os.environ.get("BLESS") == "1":
        (FOLDER / name).write_text(text, "utf-8")
    assert text == (FOLDER / name).read_text("utf-8"), "run: invoke docs"


def test_every_page_has_a_writer() -> None:
    assert sorted(PAGES) == sorted(path.name for path in FOLDER.iterdir())


def test_a_page_that_nobody_writes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nothing.md"]) == 2
    assert "no page nothing.md" in capsys.readouterr().err
