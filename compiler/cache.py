"""The executable of an earlier build, found again without compiling anything.

A *record* says which files a build read (or looked for and did not find), with size, time and digest, and the
digest of the executable it made; the executable lies beside it, named by content.  The key covers root file,
options, the compiler's own files and the runtime library.  A file that looks unchanged is trusted only if its time is
older than the record's; else its bytes are compared.  A damaged record or executable is as good as none.
Nothing here knows the language.  Milestones 1 and 2 put a query engine and a content-addressed store in this place.
"""

from __future__ import annotations

import marshal
import os

from compiler.digest import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT = 1
_HERE = os.path.dirname(os.path.abspath(__file__))

# (path, size, mtime_ns, digest); size -1: there was no such file.
Input = tuple[str, int, int, bytes]


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
    with open(path, "rb") as file:
        return sha256(file.read()).digest()


def describe(paths: Iterable[str]) -> list[Input]:
    """The inputs as they are now; a path that does not exist is an input too: it must stay away."""
    result: list[Input] = []
    for path in sorted(set(paths)):
        try:
            status = os.stat(path)
            result.append((path, status.st_size, status.st_mtime_ns, _digest_of(path)))
        except (FileNotFoundError, NotADirectoryError):
            result.append((path, -1, 0, b""))
    return result


def _unchanged(inputs: list[Input], written: int) -> bool:
    for path, size, time, digest in inputs:
        try:
            status = os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            if size >= 0:
                return False
            continue
        if status.st_size != size:
            return False
        # A file written in the same tick as the record may have changed once more without a trace.
        if (status.st_mtime_ns != time or time >= written) and _digest_of(path) != digest:
            return False
    return True


def find(name: str) -> str:
    """The path of the executable of an unchanged build, or an empty text."""
    place = os.path.join(folder(), "builds", name)
    try:
        with open(place, "rb") as file:
            written = os.fstat(file.fileno()).st_mtime_ns
            inputs, digest = marshal.loads(file.read())
        executable = os.path.join(folder(), "executables", digest)
        if not _unchanged(inputs, written) or _digest_of(executable).hex() != digest:
            return ""
    except (OSError, EOFError, ValueError, TypeError):
        return ""
    return executable


def store(name: str, inputs: list[Input], image: bytes) -> str:
    """Keep an executable and its record; its path, or an empty text when the cache cannot be written."""
    from compiler.object.errors import LinkError
    from compiler.object.write import write_atomically

    digest = sha256(image).hexdigest()
    executable = os.path.join(folder(), "executables", digest)
    try:
        for part in ("builds", "executables"):
            os.makedirs(os.path.join(folder(), part), exist_ok=True)
        if not os.path.exists(executable) or _digest_of(executable).hex() != digest:
            write_atomically(executable, image, 0o755)
        write_atomically(os.path.join(folder(), "builds", name), marshal.dumps((inputs, digest), 4), 0o644)
    except (OSError, LinkError):
        return ""  # a cache that cannot be written costs time, never a build
    return executable
