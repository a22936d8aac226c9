"""A stamp: that the guard passed, and a digest of everything that this depends on.

    0x0 guard stamp 1
    id 0f3c…                      digest of the `file` lines alone: the same on every machine
    made 2026-11-21 at 1a2b3c4d5e6f+
    host python …                 `host cc …`: what is no file of ours
    note …                        what passed, for people
    file DIGEST PATH              `golden DIGEST SIZE LEVEL/PROGRAM`
    end DIGEST                    of all lines before it

Imports next to nothing, since `check.py` has milliseconds.  A new input is a row of `INPUTS`.
"""

from __future__ import annotations

import os
import stat
import sys

from compiler.digest import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = "0x0 guard stamp 1"
FOLDER = "build/guard"  # a folder for each stamp, and `current`, which names the newest

# Files and folders that decide what the guard would say.
INPUTS = (
    "compiler",
    "runtime_c",
    "zero",
    "fixtures/programs",
    "fixtures/workloads",
    "fixtures/projects",
    "ledgers/baselines/functions.tsv",
    "tests/corpus/programs.py",
    "tests/guard",
)
IGNORED = ("__pycache__", "bench")  # folders; benchmarks of the runtime go into no program


class BadStamp(Exception):
    """A stamp that cannot be believed; the text says where and why."""


class Stamp:
    """What one file says."""

    __slots__ = ("files", "goldens", "host", "id", "made", "notes")

    def __init__(self, made: str, host: dict[str, str], files: dict[str, str]) -> None:
        self.made = made
        self.host = host
        self.files = files
        self.id = identity(files)
        self.notes: list[str] = []
        self.goldens: dict[str, tuple[str, int]] = {}  # level/program -> (digest, size)

    @property
    def commit(self) -> str:
        """The commit it was made at, without the + of a changed tree."""
        return self.made.rpartition(" ")[2].removesuffix("+")


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def identity(files: dict[str, str]) -> str:
    return digest("".join(f"{files[path]} {path}\n" for path in sorted(files)).encode())[:16]


def inputs(root: str) -> dict[str, str]:
    """path -> digest of every file that the guard depends on; a link counts as where it leads."""
    found: dict[str, str] = {}
    for name in INPUTS:
        for path, mode in _below(os.path.join(root, name)):
            if stat.S_ISLNK(mode):
                data = b"link " + os.fsencode(os.readlink(path))
            else:
                with open(path, "rb") as file:
                    data = file.read()
            found[path[len(root) + 1 :]] = digest(data)
    return found


def _below(path: str) -> Iterator[tuple[str, int]]:
    """The files of an input, with their modes."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):
        yield path, mode
        return
    with os.scandir(path) as entries:
        for entry in entries:
            name = entry.name
            if entry.is_dir(follow_symlinks=False):
                if name not in IGNORED:
                    yield from _below(entry.path)
            elif not name.startswith((".", "test_")) and not name.endswith(".pyc"):
                yield entry.path, stat.S_IFLNK if entry.is_symlink() else stat.S_IFREG


def host(known: dict[str, str] | None = None) -> dict[str, str]:
    """What the results depend on besides files: Python, and the C compiler that makes the runtime.

    A C compiler of the same path, size and time as in `known` is not asked for its version again.
    """
    command = os.environ.get("CC") or "gcc"
    path = next((each for each in _places(command) if os.access(each, os.X_OK)), "")
    if not path:
        return {"python": _python(), "cc": "none"}
    status = os.stat(path)
    file = f"{os.path.realpath(path)} {status.st_size} {status.st_mtime_ns}"
    if known and known.get("cc-file") == file:
        version = known.get("cc", "")
    else:
        import subprocess

        done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
        version = done.stdout.partition("\n")[0] or "none"
    return {"python": _python(), "cc": version, "cc-file": file}


def _python() -> str:
    return " ".join(sys.version.split())


def _places(command: str) -> list[str]:
    if "/" in command:
        return [command]
    return [os.path.join(folder, command) for folder in os.environ.get("PATH", "").split(":") if folder]


def text(stamp: Stamp) -> str:
    lines = [HEAD, f"id {stamp.id}", f"made {stamp.made}"]
    lines += [f"host {name} {value}" for name, value in sorted(stamp.host.items())]
    lines += [f"note {note}" for note in stamp.notes]
    lines += [f"file {stamp.files[path]} {path}" for path in sorted(stamp.files)]
    lines += [f"golden {name_digest} {size} {name}" for name, (name_digest, size) in sorted(stamp.goldens.items())]
    body = "\n".join(lines) + "\n"
    return f"{body}end {digest(body.encode())}\n"


def parse(source: str, shown: str) -> Stamp:
    """Errors: BadStamp with file and line."""
    body, _, end = source.removesuffix("\n").rpartition("\n")
    body += "\n"
    lines = body.split("\n")
    if lines[0] != HEAD:
        raise BadStamp(f"{shown}:1: it does not begin with `{HEAD}`")
    if end != f"end {digest(body.encode())}" or not source.endswith("\n"):
        raise BadStamp(f"{shown}:{len(lines)}: it was cut off or edited")
    stamp = Stamp("", {}, {})
    said = ""
    for number, line in enumerate(lines[1:-1], 2):
        word, _, rest = line.partition(" ")
        first, _, second = rest.partition(" ")
        if word == "file":
            stamp.files[second] = first
        elif word == "golden":
            size, _, name = second.partition(" ")
            stamp.goldens[name] = (first, int(size))
        elif word == "host":
            stamp.host[first] = second
        elif word == "note":
            stamp.notes.append(rest)
        elif word == "made":
            stamp.made = rest
        elif word == "id":
            said = rest
        else:
            raise BadStamp(f"{shown}:{number}: `{word}` means nothing")
    stamp.id = identity(stamp.files)
    if said != stamp.id:
        raise BadStamp(f"{shown}:2: its id is not that of its files")
    return stamp


def current(root: str) -> Stamp | None:
    """The newest stamp, None when there is none.  Errors: BadStamp, also when it names a folder that is gone."""
    pointer = os.path.join(root, FOLDER, "current")
    try:
        with open(pointer, encoding="utf-8") as file:
            name = file.read().strip()
    except FileNotFoundError:
        return None
    if not name.isalnum():
        raise BadStamp(f"{FOLDER}/current:1: `{name[:40]}` is no stamp")
    return load(root, name)


def load(root: str, name: str) -> Stamp:
    """Errors: BadStamp."""
    shown = f"{FOLDER}/{name}/stamp"
    try:
        with open(os.path.join(root, shown), encoding="utf-8") as file:
            stamp = parse(file.read(), shown)
    except (FileNotFoundError, NotADirectoryError):
        raise BadStamp(f"{shown}: there is no such stamp") from None
    except (UnicodeDecodeError, ValueError):
        raise BadStamp(f"{shown}: it is damaged") from None
    if stamp.id != name:
        raise BadStamp(f"{shown}:2: it is the stamp {stamp.id}")
    return stamp


def write_whole(path: str, data: bytes) -> None:
    """Beside, to the disk, and renamed: a reader sees the old file or the whole new one."""
    beside = f"{path}.{os.getpid()}.new"
    try:
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.rename(beside, path)
    except BaseException:
        if os.path.lexists(beside):
            os.unlink(beside)
        raise
