"""The executable of an earlier build, found again without compiling anything.

A *record* says which files a build read (or looked for and did not find), as they were when it read them, and the
digest of the executable it made; the executable lies beside it, named by content.  The key covers root file, folder,
options, the compiler's own files and the runtime library.  A file whose size and change time are the recorded ones is
trusted, unless it changed so late that one more change would show the same time; else its bytes are compared.
A damaged record or executable is as good as none.  Nothing here knows the language.  Milestones 1 and 2 put a
query engine and a content-addressed store in this place.
"""

from __future__ import annotations

import marshal
import os
import time

from compiler.digest import sha256
from compiler.syntax.source import read_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT = 2
# Files get the time of the kernel's last tick, at worst 10 ms ago; a file younger than this when it was read may
# change again under the same time.
TICK_NS = 20_000_000
_HERE = os.path.dirname(os.path.abspath(__file__))

# (path, where its links lead, size, change time in ns, digest); size -1: there was no such file; a path that ends in
# a separator is a folder, and its digest that of the names in it.  The change time (ctime) moves with every write,
# rename and link, and no program can set it back.
Input = tuple[str, str, int, int, bytes]


def folder() -> str:
    """Where results are kept: `ZERO_CACHE`, else `zero` in the user's cache folder."""
    own = os.environ.get("ZERO_CACHE")
    if own:
        return own
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "zero")


def compiler_stamp() -> bytes:
    """What tells one state of the compiler's own files from another: names, sizes and times."""
    state = sha256()
    stack = [_HERE]
    while stack:
        place = stack.pop()
        found = []
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    found.append(f"{entry.name} {status.st_size} {status.st_mtime_ns}")
                elif entry.name != "__pycache__" and entry.is_dir():
                    found.append(entry.name + "/")
        found.sort()
        state.update(f"{place[len(_HERE) :]}\n{chr(10).join(found)}\n".encode())
        stack.extend(os.path.join(place, name[:-1]) for name in sorted(found, reverse=True) if name.endswith("/"))
    return state.digest()


def key(*parts: object) -> str:
    """The name of a record for everything that a build depends on besides its input files."""
    state = sha256(f"{FORMAT}".encode())
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogateescape")
        state.update(b"%d:" % len(data) + data)
    return state.hexdigest()


def _digest_of(path: str) -> bytes:
    if path.endswith(os.sep):
        return sha256(read_bytes(path)).digest()
    with open(path, "rb") as file:
        return sha256(file.read()).digest()


class Recorder:
    """Reads files for a build and remembers what it read: an edit during the build must not pass for what was built."""

    __slots__ = ("inputs", "started")

    def __init__(self) -> None:
        self.started = time.time_ns()
        self.inputs: list[Input] = []

    def read(self, path: str) -> bytes:
        """The file's bytes. Errors: OSError."""
        place = os.path.join(os.getcwd(), path)
        status = os.stat(place) if "\0" not in place else None
        data = read_bytes(path)
        if status is not None:
            real = os.path.realpath(place)
            size = status.st_size if path.endswith(os.sep) else len(data)
            self.inputs.append((place, real, size, status.st_ctime_ns, sha256(data).digest()))
        return data

    def absent(self, paths: Iterable[str]) -> bool:
        """Record the files that were looked for and not there; False when one is there by now."""
        read = {real for _, real, _, _, _ in self.inputs}
        for path in sorted(set(paths)):
            if os.path.realpath(path) in read:
                continue
            if os.path.lexists(path):
                return False
            self.inputs.append((path, "", -1, 0, b""))
        return True


def _unchanged(inputs: list[Input], started: int) -> bool:
    for path, real, size, changed, digest in inputs:
        try:
            status = os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            if size >= 0:
                return False
            continue
        if status.st_size != size or os.path.realpath(path) != real:
            return False
        if (status.st_ctime_ns != changed or changed > started - TICK_NS) and _digest_of(path) != digest:
            return False
    return True


def find(name: str) -> str:
    """The path of the executable of an unchanged build, or an empty text."""
    try:
        with open(os.path.join(folder(), "builds", name), "rb") as file:
            started, inputs, digest = marshal.loads(file.read())
        executable = os.path.join(folder(), "executables", digest)
        if not _unchanged(inputs, started) or _digest_of(executable).hex() != digest:
            return ""
    except (OSError, EOFError, ValueError, TypeError):
        return ""
    return executable if os.access(executable, os.X_OK) else ""


def store(name: str, recorder: Recorder, image: bytes) -> str:
    """Keep an executable and its record; the executable's path, or an empty text when the cache cannot be written."""
    from compiler.diagnostics import UsageError
    from compiler.files import write_whole

    digest = sha256(image).hexdigest()
    executable = os.path.join(folder(), "executables", digest)
    try:
        for part in ("builds", "executables"):
            os.makedirs(os.path.join(folder(), part), exist_ok=True)
        if not os.access(executable, os.X_OK) or _digest_of(executable).hex() != digest:
            write_whole(executable, image, executable=True)
        record = marshal.dumps((recorder.started, recorder.inputs, digest), 4)
        write_whole(os.path.join(folder(), "builds", name), record)
    except (OSError, UsageError):
        return ""  # a cache that cannot be written costs time, never a build
    return executable
