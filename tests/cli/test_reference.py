"""The generated page of diagnostics is current; BLESS=1 rewrites it."""

from __future__ import annotations

import os

from compiler.messages.spec import page
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "reference" / "diagnostics.md"


def test_the_page_is_current() -> None:
    if os.environ.get("BLESS") == "1":
        PAGE.write_text(page(), "utf-8")
    assert PAGE.read_text("utf-8") == page()
