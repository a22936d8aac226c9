"""`zero dump FILE --level LEVEL`: a program as the compiler sees it at one of its levels."""

from __future__ import annotations

from compiler import dumping
from compiler.cli.common import FRONT, FRONT_HELP, options, report
from compiler.cli.options import FLAG
from compiler.cli.streams import out
from compiler.diagnostics import Sink

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cli.options import Arguments

USAGE = "zero dump FILE --level hir|mir|lir|machine [--format text|tsv|json] [--release] [--feature NAME]"
OPTIONS = {
    **FRONT,
    "--level": ("hir", "mir", "lir", "machine"),
    "--format": ("text", "tsv", "json"),
    "--release": FLAG,
}
HELP = f"""{FRONT_HELP}\
  --level LEVEL    hir (default), mir, lir or machine
  --format FORMAT  text (default; it can be read back), tsv or json
  --release        after the optimizer of the release level
"""


def run(arguments: Arguments) -> int:
    """0 when the dump is on standard output."""
    path = arguments.file()
    chosen = options(arguments)
    chosen.level = "release" if arguments.has("--release") else "dev"
    sink = Sink()
    text = dumping.dump(path, arguments.get("--level", "hir"), arguments.get("--format", "text"), chosen, sink)
    if sink:
        return report(sink, arguments)
    out(text)
    return 0
