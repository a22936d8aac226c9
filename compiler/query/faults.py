"""What can be wrong with queries and the graph of them, one row each; every one is told with its code.

What a build gets over is told in one line, as damage in the store is (`damage`); a schema is a note of `zero query`;
the others end the command, an error of ours (a cycle, two answers) with status 70.  Codes are permanent.
"""

from __future__ import annotations

from compiler.cas.faults import Row
from compiler.cas.kinds import Fault

FAULTS: dict[str, Row] = {}

Row(
    "QUERY_INPUT-001",
    "{path} changed while the build ran; the result is of what it held before",
    help="build again",
    table=FAULTS,
    explain="""\
Each file is read once, and everything that a build answers is of those bytes.  This one has others by now, so the
result may be older than what is there, or of files that were never there together.  The next build sees the change.
Under --hermetic nothing is written.""",
)
Row(
    "QUERY_INPUT-002",
    "{path} changes while it is read",
    help="build again when nothing writes it any more",
    damage=False,
    table=FAULTS,
    explain="""\
The file was another before and after it was read, several times in a row, so what was read may be half of the one and
half of the other.  Nothing was written.""",
)
Row(
    "QUERY_SCHEMA-001",
    "the graph of the last build is of another version ({what})",
    help="nothing needs to be done: what cannot be read is asked anew",
    damage=False,
    table=FAULTS,
    explain="""\
The file of a graph says in which format it is and which Python wrote it, and each kind of query has a schema.  What is
of another version is not read: what was in it counts as never asked.  Only `zero query stats` and `audit` tell.""",
)
Row(
    "QUERY_GRAPH-001",
    "the graph of the last build is damaged ({what})",
    help="nothing needs to be done: everything is asked anew, and the graph written afresh",
    table=FAULTS,
    explain="""\
The digest of a graph stands in front of it and is checked before anything of it is read.  This one is not what was
written, or does not hold what a graph holds, and counts as none.""",
)
Row(
    "QUERY_CYCLE-001",
    "a query needs its own answer: {path}",
    help="an error in the compiler: please report it",
    damage=False,
    table=FAULTS,
    explain="""\
To answer a query, its own answer was asked for; the path shows how, from the first asking to the second.  Programs
cannot cause this: imports in a ring are SEM_IMPORT, types and constants in a ring have codes of their own.""",
)
Row(
    "QUERY_ANSWER-001",
    "{key} has two answers: {where}",
    help="an error in the compiler: please report it; --no-cache builds without earlier answers",
    damage=False,
    table=FAULTS,
    explain="""\
The answer to a query may depend on what it asks and on nothing else: no clock, no address, no order of a set.  All that
this one asked was the same, and its answer, the bytes kept of it, or what it asked in which order was not.""",
)
Row(
    "QUERY_AUDIT-001",
    "queries do not answer for this program: {why}",
    help="it is compiled as a whole, each time; there is nothing to audit",
    damage=False,
    table=FAULTS,
    explain="""\
Some programs are still compiled by the whole pipeline and keep nothing but the executable, so that there is no graph to
look at.  A program with mistakes has none either: `zero check` shows them.""",
)


class QueryFault(Fault):
    """A row of this table, with its facts."""

    @property
    def row(self) -> Row:
        return FAULTS[self.code]
