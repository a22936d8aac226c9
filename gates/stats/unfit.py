"""Rows that a check cannot be asked about: raised by statistics, turned into a finding by the judge."""

from __future__ import annotations

from ledgers.table import Row


class Unfit(Exception):
    """These rows cannot carry the check; `verdict` says what the check comes to instead."""

    def __init__(self, verdict: str, code: str, text: str, row: Row | None = None) -> None:
        super().__init__(text)
        self.verdict, self.code, self.text, self.row = verdict, code, text, row
