"""`zero lock`: pin every package of a project, with its contents, in `0x0.lock`."""

from __future__ import annotations

import os

from compiler.cli.common import report
from compiler.cli.options import FLAG
from compiler.cli.streams import out
from compiler.diagnostics import Sink, UsageError
from compiler.files import write_whole
from compiler.modules import manifest
from compiler.modules.packages import LOCK, Packages, lock_text
from compiler.syntax.source import decode, read_bytes, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cli.options import Arguments

USAGE = "zero lock [FOLDER]"
OPTIONS = {"--json": FLAG, "--sarif": FLAG}
HELP = """
  FOLDER           a folder of the project; the current one, when left out
  --json, --sarif  diagnostics for machines
"""


def run(arguments: Arguments) -> int:
    """0 when `0x0.lock` is as it should be; 1 when a manifest or a package has errors, and the lock is as it was."""
    if len(arguments.words) > 1:
        raise UsageError(f"lock: one folder at a time; `{arguments.words[1]}` is too much", USAGE)
    start = arguments.words[0] if arguments.words else "."
    found = manifest.find(os.path.realpath(start)) if os.path.isdir(start) else ""
    if not found:
        raise UsageError(f"there is no {manifest.FILE} in {start} or above", "a project with packages needs one")
    shown = os.path.relpath(found)
    path = os.path.normpath(os.path.join(shown, manifest.FILE))
    try:
        data = read_bytes(path)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {reason(error)}") from None
    sink = Sink()
    file, readable = decode(0, path, data, sink)
    if readable:
        packages = Packages(manifest.parse(file, found, sink), shown, read_bytes, sink, 1).lock()
    if sink:
        return report(sink, arguments)
    target = os.path.normpath(os.path.join(shown, LOCK))
    text = lock_text(packages).encode("utf-8")
    if _contents(target) != text:
        write_whole(target, text)
    out(f"{target}: {len(packages)} package{'' if len(packages) == 1 else 's'}\n")
    return 0


def _contents(path: str) -> bytes | None:
    try:
        return read_bytes(path)
    except OSError:
        return None
