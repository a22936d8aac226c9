"""Keep what the front of `zero build` needs to say that nothing has changed; its only reader is `runtime_c/front`.

A record names every file that the answer depends on with what `lstat` says of it, the folders and links that lead
there, and the names that must not be there; in front of them stands the request it was made for.  It is kept only if
each of these files has been as it is since before the look began, by more than the time in which two writes can show
one time; and only of what this look has itself compared with the record of the build.  So whoever finds all of them
alike later may give the same answer.  A record that cannot be kept costs the next build some time and nothing else.
"""

from __future__ import annotations

import os
import sys
import time

from compiler import records
from compiler.digest import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.options import Options

KIND = "no-change"
MAGIC = b"0x0same1"
ABSENT, SAME_PLACE, SAME_FILE, SAME_PROGRAM = range(4)
# The same two tables stand in front.c: what is not here is not plainly understood there.
OPTIONS = ("-o", "--level", "--feature", "--link")
VARIABLES = (b"CC", b"HOME", b"XDG_CACHE_HOME", b"ZERO_CACHE", b"ZERO_CACHE_SIZE", b"ZERO_VENV")

LINKS = 40  # as many as the system follows
COARSE_NS = (
    2_100_000_000  # a time of whole seconds may be one of a file system that knows no others, or every second one
)
LONG_NS = 400_000_000  # CPU time from which a build can afford to wait until its own files are old enough
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_FRONT = os.path.join(_ROOT, "build", "front", "zero-front")
_RUNTIME = os.path.join(_ROOT, "runtime_c")
_SOURCE = os.path.join(_RUNTIME, "front", "front.c")


class Unsure(Exception):
    """Something is not as plain as a record needs it; the front will ask Python again."""


def keep(path: str, out: str, options: Options) -> None:
    """Keep a record of a build that has just succeeded, if there is a front to use it.  Raises nothing."""
    from compiler.cas.kinds import Fault
    from compiler.diagnostics import UsageError

    try:
        front = front_key()
        if os.path.basename(os.readlink(_FRONT)) == f"zero-front-{front[:16]}":
            _keep(request(front, sys.orig_argv, os.environb), path, out, options)
    except (Unsure, Fault, UsageError, OSError, ValueError, RecursionError):
        return


def front_key() -> str:
    """The digest of the front's source: the front that is built from another one uses no record of this one."""
    with open(_SOURCE, "rb") as file:
        return sha256(file.read()).hexdigest()


def _keep(asked: bytes, path: str, out: str, options: Options) -> None:
    from compiler.cas.kinds import linking
    from compiler.cas.store import USED_S, object_name, open_store, ref_name

    if time.process_time_ns() > LONG_NS:  # it compiled: what it wrote into the store is younger than may be trusted
        time.sleep(1.1 * records.TICK_NS / 1e9)
    began = time.time_ns()
    look = Look(began - records.TICK_NS)
    program = look.file(_absolute(out), SAME_PROGRAM)

    stamp = look.compiler()
    look.runtime()
    store = open_store()
    from compiler.building import record_key

    key = record_key(path, options, shared=False, stamp=stamp)
    record = store.find(key, records.KIND)
    if record is None:
        raise Unsure
    executable, started, inputs = records.look(store, record)
    for each in inputs:
        look.input(each, started)
    if look.content(program) != store.get(executable) or not os.access(program, os.X_OK) or store.faults:
        raise Unsure
    for name in ("format", object_name(record), object_name(executable)):
        look.file(_absolute(os.path.join(store.root, name)))
    used = look.status(look.file(_absolute(os.path.join(store.root, ref_name(key)))))
    look.file(os.path.abspath(sys.executable))
    look.folder(os.getcwd())
    # When the reference's last use is to be renewed, Python has to come by.
    until = used.st_mtime_ns + USED_S * 1_000_000_000
    body = _pack(asked, began, until, look)
    store.set(sha256(asked).hexdigest(), store.put(KIND, linking([record], body)))


def request(front: str, words: list[str], environment: os._Environ[bytes]) -> bytes:
    """What a record answers, as the front spells it.  Errors: Unsure for what the front leaves to Python."""
    own = words[4:]
    if own[:1] != ["build"] or any(word[:1] in ("", "-") and word not in OPTIONS for word in own):
        raise Unsure
    if os.path.abspath(words[3]) != os.path.join(_ROOT, "compiler", "cli", "launch.py"):
        raise Unsure
    if any(name.startswith(b"ZERO_") and name not in VARIABLES for name in environment):
        raise Unsure
    if os.getuid() != os.geteuid() or os.getgid() != os.getegid():
        raise Unsure
    parts = [front.encode(), b"%d" % os.getuid(), b"%d" % os.getgid(), b"%d" % len(words)]
    parts += [*map(os.fsencode, words), os.getcwdb()]
    for name in VARIABLES:
        value = environment.get(name)
        parts += [name, b"", b""] if value is None else [name, b"=", value]
    return b"".join(part + b"\0" for part in parts)


class Look:
    """How files look now.  Paths are followed a name at a time, so that a link or a folder put in the way shows."""

    __slots__ = ("before", "entries", "real")

    def __init__(self, before: int) -> None:
        self.before = before  # ns; what changed later may change again and look the same
        self.entries: dict[str, tuple[int, os.stat_result | None]] = {}
        self.real: dict[str, str | None] = {"/": "/"}  # folder as written -> without links, None for none

    def file(self, path: str, how: int = SAME_FILE) -> str:
        """The place of a regular file, which must go on looking the same.  Errors: Unsure."""
        place = self._follow(path, how, 0)
        if place is None or self.status(place).st_mode & 0o170000 != 0o100000:
            raise Unsure
        return place

    def folder(self, path: str, how: int = SAME_PLACE) -> str:
        """The place of a folder; unless `how` says so, what is in it may change.  Errors: Unsure."""
        place = self._follow(path, how, 0)
        if place is None or (place != "/" and self.status(place).st_mode & 0o170000 != 0o040000):
            raise Unsure
        return place

    def status(self, place: str) -> os.stat_result:
        """What `lstat` said of a place.  Errors: Unsure."""
        _, status = self.entries.get(place, (ABSENT, None))
        if status is None:
            raise Unsure
        return status

    def content(self, place: str) -> bytes:
        """The bytes of a file that was looked at: of that very file, in that very state.  Errors: Unsure."""
        with open(place, "rb", buffering=0) as file:
            if _facts(os.fstat(file.fileno())) != _facts(self.status(place)):
                raise Unsure
            return file.read()

    def input(self, each: records.Input, started: int) -> None:
        """An input of a build that began at `started`, as `records` compares it.  Errors: Unsure."""
        path, real, size, changed, digest = each
        if size < 0:
            if self._follow(path, SAME_FILE, 0) is not None:
                raise Unsure
            return
        listing = path.endswith(os.sep)
        place = self.folder(path.rstrip(os.sep), SAME_FILE) if listing else self.file(path)
        status = self.status(place)
        if place != real or status.st_size != size:
            raise Unsure
        if status.st_ctime_ns != changed or changed > started - records.TICK_NS:
            data = b"\0".join(sorted(map(os.fsencode, os.listdir(place)))) if listing else self.content(place)
            if sha256(data).digest() != digest:
                raise Unsure

    def compiler(self) -> bytes:
        """The compiler's own files; their stamp is made of the same statuses."""
        seen: list[tuple[str, os.stat_result | None]] = []
        stamp = records.compiler_stamp(seen=seen)
        for path, status in seen:
            if status is None:
                self.folder(path, SAME_FILE)
            elif _facts(self.status(self.file(path))) != _facts(status):
                raise Unsure
        return stamp

    def runtime(self) -> None:
        """The runtime's sources and the library made of them: all that says whether it is current."""
        from compiler.pipeline import runtime_library

        library = runtime_library()
        self.folder(_RUNTIME, SAME_FILE)
        for name in sorted(os.listdir(_RUNTIME)):
            if name.endswith((".c", ".h", ".py")):
                self.file(os.path.join(_RUNTIME, name))
        for path in (_SOURCE, library, os.path.join(os.path.dirname(os.path.dirname(library)), "current")):
            self.file(os.path.abspath(path))

    def _follow(self, path: str, how: int, links: int) -> str | None:
        """Where an absolute path leads, without links; None when nothing is there.  Errors: Unsure."""
        if path[:1] != "/":
            raise Unsure
        if path[:2] == "//":
            path = "/" + path.lstrip("/")
        above, name = os.path.split(path)
        if not name:
            return self._above(above, links)
        folder = self._above(above, links)
        if folder is None:
            return None
        if name in (os.curdir, os.pardir):
            if how != SAME_PLACE:
                raise Unsure
            return folder if name == os.curdir else os.path.dirname(folder)
        place = os.path.join(folder, name)
        try:
            status = os.lstat(place)
        except FileNotFoundError:
            self._note(place, ABSENT, None)
            return None
        except NotADirectoryError:
            return None  # what is above is noted, and no folder
        if status.st_mode & 0o170000 != 0o120000:
            self._note(place, how, status)
            return place
        if links == LINKS:
            raise Unsure
        self._note(place, SAME_FILE, status)
        return self._follow(os.path.join(folder, os.readlink(place)), how, links + 1)

    def _above(self, path: str, links: int) -> str | None:
        if path not in self.real:
            self.real[path] = self._follow(path, SAME_PLACE, links)
        return self.real[path]

    def _note(self, place: str, how: int, status: os.stat_result | None) -> None:
        known = self.entries.get(place)
        if known is not None:
            if (known[1] is None) != (status is None):
                raise Unsure
            if status is None or known[0] >= how:
                return
        if status is not None and how >= SAME_FILE:
            coarse = 0 if status.st_ctime_ns % 1_000_000_000 else COARSE_NS
            if status.st_ctime_ns >= self.before - coarse:
                raise Unsure
        self.entries[place] = how, status


def _absolute(path: str) -> str:
    """Unlike `abspath` it leaves `..` to those who follow links."""
    return os.path.join(os.getcwd(), path)


def _facts(status: os.stat_result) -> tuple[int, ...]:
    """All that must stay the same of a file."""
    return (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_mode,
        status.st_uid,
        status.st_gid,
    )


def _pack(asked: bytes, began: int, until: int, look: Look) -> bytes:
    """The body of a record.  Errors: Unsure for a number that has no room."""
    import struct  # not for a build that finds its record

    head, row = struct.Struct("<8sqqQQ"), struct.Struct("<QQqqqIIIII")
    nothing = (0,) * 8
    try:
        parts = [head.pack(MAGIC, began, until, len(asked), len(look.entries)), asked]
        for place, (how, status) in sorted(look.entries.items()):
            name = os.fsencode(place) + b"\0"
            parts += [row.pack(*(nothing if status is None else _facts(status)), how, len(name)), name]
    except struct.error:
        raise Unsure from None
    return b"".join(parts)
