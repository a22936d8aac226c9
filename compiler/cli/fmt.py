"""`zero fmt FILE…`: lay source files out in place, or say which are not."""

from __future__ import annotations

from compiler.cli.check import merged
from compiler.cli.common import report
from compiler.cli.options import FLAG
from compiler.cli.streams import out
from compiler.diagnostics import Sink, SourceFile, UsageError
from compiler.files import write_whole
from compiler.syntax.format import format_source
from compiler.syntax.forms import Symbols
from compiler.syntax.reader import read, same
from compiler.syntax.source import decode, read_bytes, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cli.options import Arguments

USAGE = "zero fmt [--check] FILE…"
OPTIONS = {"--check": FLAG, "--json": FLAG, "--sarif": FLAG}
HELP = """
  --check          change nothing; status 1 and a line for each file that would change
  --json, --sarif  diagnostics for machines
"""


def run(arguments: Arguments) -> int:
    """0 when every file is laid out; 1 when one does not parse, or with --check would change."""
    sinks = []
    changed = 0
    for number, path in enumerate(arguments.files()):
        try:
            data = read_bytes(path)
        except OSError as error:
            raise UsageError(f"cannot read {path}: {reason(error)}") from None
        sink = Sink()
        sinks.append(sink)
        file, readable = decode(number, path, data, sink)
        symbols = Symbols()
        forms = read(file, symbols, sink) if readable else None
        if sink:
            continue
        text = format_source(file.text, path)
        new = text.encode("utf-8")
        if new == data:
            continue
        # The user's code is at stake: what would be read differently is an error of ours and never written.
        if forms is None or not same(forms, read(SourceFile(number, path, text), symbols, sink)) or sink:
            raise AssertionError(f"laying out {path} would change its meaning")
        changed += 1
        if arguments.has("--check"):
            out(f"{path}: would be laid out anew\n")
            continue
        write_whole(path, new)
    status = report(merged(sinks), arguments)
    return status or int(arguments.has("--check") and changed > 0)
