"""Every complaint that the harness can make about one of its files, one row each.

A problem is a value with a place: it prints as `file:line:col: error[CODE]: text` and a help line, and
its row gives the exit status.  `Refused` carries one or more of them across a boundary; it is the only
exception here that callers catch.  Knows nothing of who reads which file.
To add a message, add a row to KINDS and a negative fixture named after its code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

USAGE, FAIL, INCONCLUSIVE, NOTHING, ENVIRONMENT, POLICY = 2, 3, 4, 5, 6, 7
# Worst first: a run that is wrong in several ways ends with the first of these that applies.
WORST_FIRST = (USAGE, ENVIRONMENT, FAIL, POLICY, INCONCLUSIVE, NOTHING)


@dataclass(frozen=True, slots=True)
class Kind:
    code: str
    status: int
    help: str
    shown_by: str = ""  # the test that raises it, where no negative fixture can


# fmt: off
# ruff: noqa: E501 - one row a line reads as a table
KINDS: dict[str, Kind] = {kind.code: kind for kind in (
    Kind("FILE_MISSING",             POLICY, "create the file, or correct the name that points at it"),
    Kind("FILE_NOT_UTF8",            POLICY, "save the file as UTF-8"),
    Kind("FILE_HAS_NUL",             POLICY, "remove the NUL byte; it is no text"),
    Kind("FILE_UNREADABLE",          ENVIRONMENT, "make the file readable", "tests/ledgers/test_table.py"),
    Kind("FILE_UNWRITABLE",          ENVIRONMENT, "make the folder writable and see that the disk is not full", "tests/ledgers/test_table.py"),
    Kind("LINE_TOO_LONG",            POLICY, "a line holds at most 65,536 bytes; is this file what it should be?"),
    Kind("LEDGER_TRUNCATED",         POLICY, "the last line must end with a newline; restore the rest of the file"),
    Kind("LEDGER_EMPTY",             POLICY, "the first line must name the columns"),
    Kind("LEDGER_UNKNOWN_COLUMN",    POLICY, "the schema names the columns and their order"),
    Kind("LEDGER_MISSING_COLUMN",    POLICY, "the schema names the columns and their order"),
    Kind("LEDGER_COLUMN_COUNT",      POLICY, "every line has one cell per column, separated by one tab"),
    Kind("LEDGER_DUPLICATE_KEY",     POLICY, "keep one of the two rows"),
    Kind("LEDGER_BAD_CELL",          POLICY, "the schema says what this column may hold"),
    Kind("LEDGER_NOT_A_NUMBER",      POLICY, "write a finite number; nan and inf slip under every limit"),
    Kind("LEDGER_FOREIGN_KEY",       POLICY, "name a row, file, gate or decision that exists"),
    Kind("SCHEMA_BAD",               USAGE, "a schema is JSON Schema 2020-12 with x-path, x-key and x-foreign"),
    Kind("GATE_UNKNOWN",             USAGE, "invoke gates lists the gates", "tests/gates/test_command.py"),
    Kind("GATE_YAML",                USAGE, "the file must be plain YAML: mappings, lists and scalars"),
    Kind("GATE_DUPLICATE_KEY",       USAGE, "keep one of the two"),
    Kind("GATE_UNKNOWN_KEY",         USAGE, "schemas/gate.json lists the keys; an unknown one would be ignored in silence"),
    Kind("GATE_SCHEMA",              USAGE, "schemas/gate.json says what stands here"),
    Kind("GATE_NAME",                USAGE, "`gate:` equals the file's name, and each gate has one row in ledgers/gates.tsv"),
    Kind("GATE_UNKNOWN_CHECK",       USAGE, "a check is a module in gates/checks"),
    Kind("GATE_BAD_ARGUMENTS",       USAGE, "the check's own module says which arguments it takes"),
    Kind("GATE_UNKNOWN_COLLECTOR",   USAGE, "a collector is a row in ledgers/collectors.tsv"),
    Kind("GATE_UNKNOWN_NEED",        USAGE, "`needs` names other gates"),
    Kind("GATE_CYCLE",               USAGE, "a gate cannot wait for itself"),
    Kind("GATE_CANNOT_FAIL",         USAGE, "change the design: no measurement could turn this check red"),
    Kind("GATE_LOOKS_AT_NOTHING",    USAGE, "a claimed gate collects something and requires something of it"),
    Kind("GATE_NEEDS_PLANNED",       POLICY, "claim the gate it needs first, or plan this one"),
    Kind("GATE_TAKEN_BACK",          POLICY, "taking a claimed gate back needs a decision: name it in the adr column", "tests/gates/test_history.py"),
    Kind("GATE_NOT_CLAIMED",         NOTHING, "the gate is planned: nothing was collected and nothing was judged", "tests/gates/test_command.py"),
    Kind("DRILL_MISSING",            POLICY, "every check of a built gate has a row in ledgers/drills.tsv"),
    Kind("DRILL_ORPHANED",           POLICY, "the drill names no check of a built gate; remove the row"),
    Kind("DRILL_DOES_NOT_APPLY",     POLICY, "the text to break must occur exactly once in the file"),
    Kind("MUTANT_DOES_NOT_APPLY",    POLICY, "the file has changed: write `find` anew so that it occurs exactly once", "tests/mutants/test_mutants.py"),
    Kind("EVIDENCE_EDITED",          POLICY, "evidence is measured, not written; collect again with --refresh"),
    Kind("EVIDENCE_DAMAGED",         POLICY, "collect again with --refresh"),
    Kind("EVIDENCE_MISSING",         NOTHING, "nothing was collected for this gate; run invoke gate NAME", "tests/gates/test_evidence.py"),
    Kind("EVIDENCE_FOREIGN",         POLICY, "a row names another gate than its folder; collect again with --refresh", "tests/gates/test_evidence.py"),
    # What a check's finding may be called.
    Kind("NO_ROWS",                  NOTHING, "the collector skipped it, or its metric and workloads are spelt otherwise"),
    Kind("SIDE_MISSING",             NOTHING, "a comparison needs a before and an after of each workload"),
    Kind("TOO_FEW_PAIRS",            NOTHING, "let the collector take more pairs"),
    Kind("CASE_MISSING",             FAIL, "a case that was promised has no row"),
    Kind("OVER_LIMIT",               FAIL, "make it cost less; a limit is changed in the gate's file, where a reviewer sees it"),
    Kind("UNDER_LIMIT",              FAIL, "more was promised; a limit is changed in the gate's file, where a reviewer sees it"),
    Kind("VALUES_DIFFER",            FAIL, "what was counted is not what the ledger says: one of the two is wrong; the details name each"),
    Kind("RATIO_OVER_LIMIT",         FAIL, "after must cost less than before; the details name each workload"),
    Kind("INTERVAL_OVER_BUDGET",     FAIL, "even the good end of the interval is outside the budget"),
    Kind("INTERVAL_STRADDLES_BUDGET", INCONCLUSIVE, "run again with --refresh on a quieter machine, or take more pairs"),
    Kind("EXACT_NOT_INTEGER",        FAIL, "an exact metric is a whole number"),
    Kind("NOT_POSITIVE",             FAIL, "a time or size is above zero"),
    Kind("PAIR_REPEATED",            FAIL, "a pair has one sample of each side"),
    Kind("UNITS_DISAGREE",           FAIL, "one metric has one unit"),
    Kind("NONDETERMINISTIC",         FAIL, "an exact metric must repeat exactly; find what the measurement depends on"),
    Kind("COLLECTOR_FAILED",         FAIL, "run the collector by hand with the command above"),
    Kind("COLLECTOR_TOOL_MISSING",   ENVIRONMENT, "install the tool; make setup names the package"),
    Kind("BUDGET_TIME",              FAIL, "the gate's time budget is a promise: make it faster, or change the budget in its file"),
    Kind("BUDGET_MEMORY",            FAIL, "the gate's memory budget is a promise: use less, or change the budget in its file"),
    Kind("WAIVER_EXPIRED",           POLICY, "repair what was waived, or renew the decision"),
    Kind("WAIVER_UNUSED",            POLICY, "nothing fails that this waiver covers; remove the row"),
    Kind("WAIVER_EXCEEDED",          POLICY, "what was measured is worse than the waiver's cap"),
    Kind("CLAIM_UNSUPPORTED",        POLICY, "a claim cites rows that exist, and a target that they meet"),
    Kind("NEGATIVE_NOT_RAISED",      POLICY, "a negative fixture raises exactly the code it is named for", "tests/gates/test_negative.py"),
    Kind("NEGATIVE_MISSING",         POLICY, "every code has a negative fixture named after it", "tests/gates/test_negative.py"),
    Kind("USAGE",                    USAGE, "invoke --help NAME shows the flags", "tests/gates/test_command.py"),
    Kind("REPLAY_DIFFERS",           POLICY, "the stored verdict is not what rows and spec give; collect again with --refresh", "tests/gates/test_replay.py"),
)}
# fmt: on


@dataclass(frozen=True, slots=True)
class Problem:
    """One complaint about one place; a line or column of 0 means the file as a whole."""

    code: str
    path: str
    line: int
    column: int
    text: str
    hint: str = ""

    @property
    def kind(self) -> Kind:
        return KINDS[self.code]

    @property
    def place(self) -> str:
        return f"{self.path}:{max(self.line, 1)}:{max(self.column, 1)}"

    def __str__(self) -> str:
        return f"{self.place}: error[{self.code}]: {self.text}\nhelp: {self.hint or self.kind.help}"

    def as_dict(self) -> dict[str, object]:
        return {
            "code": self.code,
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "text": self.text,
            "help": self.hint or self.kind.help,
        }


class Refused(Exception):
    """Some file of ours cannot be used; `problems` says which, where and why."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        assert self.problems, "a refusal names at least one problem"
        super().__init__("\n".join(str(problem) for problem in self.problems))


def worst_status(statuses: Iterable[int]) -> int:
    """The one exit status for several outcomes; 0 only if all are 0."""
    seen = set(statuses) - {0}
    return next((status for status in WORST_FIRST if status in seen), min(seen, default=0))


def shorten(text: str, limit: int = 60) -> str:
    """The text as it may stand in a message: printable, and never a megabyte."""
    printable = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[: limit + 1])
    return printable if len(text) <= limit else printable[:limit] + "…"
