"""Verbs that are planned: they say so, with the status of a command that cannot be carried out."""

from __future__ import annotations

from compiler.cli.options import FLAG, LIST
from compiler.diagnostics import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cli.options import Arguments

USAGE = "planned; not built yet"
OPTIONS = {"--": FLAG, "--help": FLAG, "-h": FLAG, "-o": LIST}
HELP = ""


def run(arguments: Arguments) -> int:
    raise UsageError(f"{arguments.verb} is planned and not built yet", "zero --help lists what there is")
