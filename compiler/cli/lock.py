"""`zero lock`: pin every package of a project, with its contents, in `0x0.lock`, and keep them in the store.

With `--restore`, the other way: every package folder becomes what the lock pins.
"""

from __future__ import annotations

import os

from compiler.cas.kinds import Fault
from compiler.cas.store import open_store
from compiler.cli.common import report
from compiler.cli.options import FLAG
from compiler.cli.streams import err, out
from compiler.diagnostics import Sink, UsageError
from compiler.files import write_whole
from compiler.modules import manifest
from compiler.modules.packages import LOCK, Packages, lock_text, parse_lock
from compiler.restoring import keep, restore
from compiler.syntax.source import decode, read_bytes, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cas.store import Store
    from compiler.cli.options import Arguments
    from compiler.modules.packages import Package

USAGE = "zero lock [--restore] [FOLDER]"
OPTIONS = {"--restore": FLAG, "--offline": FLAG, "--hermetic": FLAG, "--json": FLAG, "--sarif": FLAG}
HELP = """
  FOLDER           a folder of the project; the current one, when left out
  --restore        make every package what 0x0.lock pins, from the store; what a package does not have is named,
                   and never removed
  --offline        leave the remote tier of the store alone
  --hermetic       the same: nothing but the project and the store of this machine is read
  --json, --sarif  diagnostics for machines
"""


def run(arguments: Arguments) -> int:
    """0 when the lock, or with --restore every package, is as it should be.

    1 when a manifest, a package or the lock has errors; then everything is as it was.
    """
    if len(arguments.words) > 1:
        raise UsageError(f"lock: one folder at a time; `{arguments.words[1]}` is too much", USAGE)
    start = arguments.words[0] if arguments.words else "."
    found = manifest.find(os.path.realpath(start)) if os.path.isdir(start) else ""
    if not found:
        raise UsageError(f"there is no {manifest.FILE} in {start} or above", "a project with packages needs one")
    shown = os.path.relpath(found)
    store = open_store(offline=arguments.has("--offline") or arguments.has("--hermetic"))
    if arguments.has("--restore"):
        return _restore(found, shown, store, arguments)
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
    _keep(packages, store, target)
    out(f"{target}: {_count(len(packages), 'package')}\n")
    return 0


def _keep(packages: dict[str, Package], store: Store, target: str) -> None:
    """Keep the packages; what prevents that is told, and the lock is right without it."""
    try:
        keep(store, packages)
    except Fault as fault:
        store.faults.append(fault)
    for line in dict.fromkeys(f"{fault}\nhelp: {fault.row.help}\n" for fault in store.faults):
        err(f"zero: {target} is right, but not all of its packages are kept: {line}")


def _restore(found: str, shown: str, store: Store, arguments: Arguments) -> int:
    path = os.path.normpath(os.path.join(shown, LOCK))
    try:
        data = read_bytes(path)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {reason(error)}", "`zero lock` writes it") from None
    sink = Sink()
    file, readable = decode(0, path, data, sink)
    rows = parse_lock(file, sink) if readable else {}
    if sink:
        return report(sink, arguments)
    try:
        written = restore(found, shown, rows, store)
    except Fault as fault:
        raise UsageError(str(fault), fault.row.help) from None
    for name in sorted(written):
        if written[name]:
            out(f"{name}: {_count(written[name], 'file')} put back in {rows[name].path}\n")
    out(f"{path}: {_count(len(rows), 'package')} as pinned\n")
    return 0


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _contents(path: str) -> bytes | None:
    try:
        return read_bytes(path)
    except OSError:
        return None
