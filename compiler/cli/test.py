"""`zero test FILE`: run the program's own tests."""

from __future__ import annotations

from compiler.cli.common import BACK, BACK_HELP, FRONT, FRONT_HELP, options, report, teller
from compiler.cli.options import VALUE
from compiler.cli.streams import out
from compiler.diagnostics import Sink
from compiler.testing import run_tests

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cli.options import Arguments

USAGE = "zero test FILE [--lane interp|mir|native] [--level dev|release] [--feature NAME] [--only TEXT]"
OPTIONS = {**FRONT, **BACK, "--lane": ("interp", "mir", "native"), "--only": VALUE}
HELP = f"""{FRONT_HELP}{BACK_HELP}  --lane LANE      interp (default), mir or native
  --only TEXT      run the tests whose title has TEXT in it
"""


def run(arguments: Arguments) -> int:
    """0 when every test holds, 1 when one does not or the program has errors."""
    sink = Sink()
    path = arguments.file()
    lane = arguments.get("--lane", "interp")
    only = arguments.get("--only", "")
    passed, failed = run_tests(path, lane, options(arguments), sink, only, teller(arguments))
    if sink:
        return report(sink, arguments)
    out(f"{passed} passed, {failed} failed\n")
    return 1 if failed else 0
