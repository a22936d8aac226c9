"""The executable of an earlier build, found again without compiling anything.

A *record* says which files a build read (or looked for and did not find), as they were when it read them, and leads to
the executable it made; both are objects of the store (`cas/`).  The key covers root file, folder, options, the
compiler's own files and the runtime library.  A file whose size and change time are the recorded ones is trusted,
unless it changed so late that one more change would show the same time; else its bytes are compared.
Nothing here knows the language.
"""

from __future__ import annotations

import os
import time
from stat import S_ISDIR, S_ISREG

from compiler.cas.kinds import Fault, after_links, linking, links, spell
from compiler.digest import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from compiler.cas.kinds import Address
    from compiler.cas.store import Store

KIND, RESULT = "build-record", "executable"
FORMAT = 3
# Files get the time of the kernel's last tick, at worst 10 ms ago; a file younger than this when it was read may
# change again under the same time.
TICK_NS = 20_000_000
TRIES = 3  # a file that was written to while it was read is read again
_HERE = os.path.dirname(os.path.abspath(__file__))

# (path, where its links lead, size, change time in ns, digest); size -1: there was no such file; a path that ends in
# a separator is a folder, and its digest that of the names in it.  The change time (ctime) moves with every write,
# rename and link, and no program can set it back.
Input = tuple[str, str, int, int, bytes]


def compiler_stamp(*, contents: bool = False, seen: list[tuple[str, os.stat_result | None]] | None = None) -> bytes:
    """What tells one state of the compiler's own files from another: names, sizes and times.

    With `contents` it is their digests instead: slower, and the same on every machine.  `seen` takes the folders
    (without a status) and the files that it looked at.
    """
    state = sha256()
    stack = [_HERE]
    while stack:
        place = stack.pop()
        found = []
        if seen is not None:
            seen.append((place, None))
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    if seen is not None:
                        seen.append((entry.path, status))
                    how = _digest_of(entry.path).hex() if contents else f"{status.st_size} {status.st_mtime_ns}"
                    found.append(f"{entry.name} {how}")
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
        from compiler.syntax.source import read_bytes

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
        from compiler.syntax.source import read_bytes  # a build that finds its result needs none of that

        place = os.path.join(os.getcwd(), path)
        status = os.stat(place) if "\0" not in place else None
        data = read_bytes(path)
        for _ in range(TRIES):
            if status is None or _same(status, after := os.stat(place)):
                break
            status = after
            data = read_bytes(path)
        else:
            raise _stale(path)
        if status is not None:
            real = os.path.realpath(place)
            size = status.st_size if path.endswith(os.sep) else len(data)
            self.inputs.append((place, real, size, status.st_ctime_ns, sha256(data).digest()))
        return data

    def changed(self) -> str:
        """The first file that was read and holds something else by now, or ""."""
        for path, _, size, changed, digest in self.inputs:
            try:
                status = os.stat(path)
                same = status.st_ctime_ns == changed and status.st_size == size
                again = S_ISREG(status.st_mode) or S_ISDIR(status.st_mode)  # of a pipe nothing is left to look at
                if size >= 0 and not same and again and _digest_of(path) != digest:
                    return path
            except OSError:
                if size >= 0:
                    return path
        return ""

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


def _same(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether nothing has written to a file in between; of a pipe, which nobody can read twice, nothing is known."""
    if not S_ISREG(other.st_mode):
        return True
    return (one.st_size, one.st_ctime_ns, one.st_ino) == (other.st_size, other.st_ctime_ns, other.st_ino)


def _stale(path: str) -> Exception:
    from compiler.diagnostics import UsageError
    from compiler.query.faults import QueryFault

    fault = QueryFault("QUERY_INPUT-002", path=path)
    return UsageError(str(fault), fault.row.help)


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


def look(store: Store, record: Address) -> tuple[Address, int, list[Input]]:
    """The executable that a record leads to, when its making began, and what that read.  Errors: Fault."""
    payload = store.get(record)
    try:
        (result,) = links(payload)
        started, inputs = _read(after_links(payload))
    except ValueError:
        raise Fault("CAS_OBJECT-003", name=spell(record), kind=KIND, why="it names no inputs") from None
    if result[0] != RESULT:
        raise Fault("CAS_OBJECT-003", name=spell(record), kind=KIND, why=f"it leads to no {RESULT}")
    return result, started, inputs


def find(store: Store, key: str) -> tuple[str, bytes] | None:
    """The path and the bytes of an unchanged build's executable, or None.  Errors: Fault."""
    record = store.find(key, KIND)
    if record is None:
        return None
    result, started, inputs = look(store, record)
    if not _unchanged(inputs, started):
        return None
    image = store.get(result)
    return store.path(result), image


def keep(store: Store, key: str, recorder: Recorder, image: bytes) -> str:
    """Keep an executable and its record; the executable's path.  Errors: Fault."""
    result = store.put(RESULT, image)
    store.set(key, store.put(KIND, linking([result], _write(recorder.started, recorder.inputs))))
    return store.path(result)


def _write(started: int, inputs: list[Input]) -> bytes:
    """No path holds a NUL, so nothing has to be escaped."""
    fields = [b"%d" % started]
    for path, real, size, changed, digest in inputs:
        fields += (os.fsencode(path), os.fsencode(real), b"%d" % size, b"%d" % changed, digest.hex().encode())
    return b"\0".join(fields)


def _read(body: bytes) -> tuple[int, list[Input]]:
    """Errors: ValueError."""
    started, *fields = body.split(b"\0")
    if len(fields) % 5:
        raise ValueError
    inputs = []
    for at in range(0, len(fields), 5):
        path, real, size, changed, digest = fields[at : at + 5]
        inputs.append(
            (os.fsdecode(path), os.fsdecode(real), int(size), int(changed), bytes.fromhex(digest.decode("ascii")))
        )
    return int(started), inputs
