"""`zero doc FILE`: a module's documentation as Markdown."""

from __future__ import annotations

from compiler.checking import page
from compiler.cli.common import FRONT, FRONT_HELP, report
from compiler.cli.options import VALUE
from compiler.cli.streams import err, out
from compiler.diagnostics import Sink
from compiler.files import keep_sources, write_whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cli.options import Arguments

USAGE = "zero doc FILE [-o OUT] [--feature NAME]"
OPTIONS = {**FRONT, "-o": VALUE}
HELP = f"{FRONT_HELP}  -o OUT           where the page goes; standard output without it\n"


def run(arguments: Arguments) -> int:
    """0 when the page is written; 1 when the program has errors."""
    sink = Sink()
    target = arguments.get("-o", "")
    if target:
        keep_sources(target, (arguments.file(),))
    text = page(arguments.file(), arguments.features(), sink, err)
    if text is None:
        return report(sink, arguments)
    if target:
        write_whole(target, text.encode("utf-8"))
    else:
        out(text)
    return 0
