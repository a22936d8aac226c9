"""The generated page of the runtime is current; BLESS=1 rewrites it."""

from __future__ import annotations

import os

from runtime_c.spec import page
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "reference" / "runtime.md"


def test_the_page_is_current() -> None:
    if os.environ.get("BLESS") == "1":
        PAGE.write_text(page(), "utf-8")
    assert PAGE.read_text("utf-8") == page()
