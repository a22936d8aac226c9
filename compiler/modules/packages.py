"""Packages: folders with a `0x0.pkg` of their own that a project depends on, pinned by `0x0.lock`.

    0x0.pkg: dep NAME PATH ─▶ PATH/0x0.pkg, PATH/**/*.0x0 ─digest─▶ 0x0.lock: dep NAME PATH sha256:HEX

A name means one package in a whole program; where two packages disagree about its folder, the program's own manifest
decides.  A package's files are read once: what the digest covers is what is compiled.  Knows manifests and files,
nothing of modules or of the language.  `load.py` asks for packages by name, `zero lock` for all of them.
"""

from __future__ import annotations

import os
import re

from compiler.diagnostics import Note, SourceFile
from compiler.digest import sha256
from compiler.messages import package as messages
from compiler.modules import manifest
from compiler.syntax.source import decode, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from compiler.diagnostics import Sink
    from compiler.modules.manifest import Manifest

LOCK = "0x0.lock"
SUFFIX = ".0x0"
_ROW = re.compile(r"dep +(\S+) +(\S+) +sha256:([0-9a-f]{64})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


class Row:
    """A line of the lock; `start` and `end` are the digest's place."""

    __slots__ = ("digest", "end", "path", "start")

    def __init__(self, path: str, digest: str, start: int, end: int) -> None:
        self.path = path
        self.digest = digest
        self.start = start
        self.end = end


class Package:
    """A package as it lies in the project: `path` is its folder there, `contents` its files by their real paths."""

    __slots__ = ("contents", "digest", "folder", "manifest", "path", "paths")

    def __init__(self, path: str, folder: str, manifest: Manifest) -> None:
        self.path = path
        self.folder = folder
        self.manifest = manifest
        self.contents: dict[str, bytes] = {}
        self.paths: dict[bytes, str] = {}  # the real path of each, by the path that the digest names
        self.digest = ""

    def files(self) -> dict[bytes, bytes]:
        """What the digest covers, by path."""
        return {path: self.contents[real] for path, real in self.paths.items()}


class Unfit(Exception):
    """A file or folder that cannot be part of a package: which, and why."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(path, why)
        self.path = path
        self.why = why


class Packages:
    """The packages of one project, opened when they are asked for."""

    def __init__(
        self, root: Manifest, shown: str, reader: Callable[[str], str | bytes], sink: Sink, files: int
    ) -> None:
        self.root = root
        self.shown = shown  # the project's folder as messages name it
        self.reader = reader
        self.sink = sink
        self.files = files  # the number of the next file
        self.opened: dict[str, Package | None] = {}

    def place(self, owner: Package | None, name: str) -> str:
        """The folder, from the project's, of a package that `owner` (None: the project itself) depends on."""
        if name in self.root.deps or owner is None:
            return os.path.normpath(self.root.deps[name])
        return os.path.normpath(os.path.join(owner.path, owner.manifest.deps[name]))

    def open(self, owner: Package | None, name: str) -> Package | None:
        """Read a package and take its digest; None when it was complained about."""
        if name not in self.opened:
            self.opened[name] = self._open(owner, name)
        return self.opened[name]

    def _open(self, owner: Package | None, name: str) -> Package | None:
        path = self.place(owner, name)
        line = self.root if name in self.root.deps or owner is None else owner.manifest
        start, end = line.places[name]
        folder = os.path.realpath(os.path.join(self.root.folder, path))
        if not folder.startswith(self.root.folder.rstrip(os.sep) + os.sep):
            self.sink.add(messages.OUTSIDE, line.file, start, end, path=path)
            return None
        shown = os.path.normpath(os.path.join(self.shown, path, manifest.FILE))
        try:
            # By the path as written: a record of the build must see the links on the way.
            data = self.reader(os.path.join(self.root.folder, path, manifest.FILE))
        except OSError as error:
            advice = f"there is no {manifest.FILE}" if isinstance(error, FileNotFoundError) else reason(error)
            self.sink.add(messages.NO_PACKAGE, line.file, start, end, path=path, why=advice)
            return None
        before = len(self.sink.items)
        file, readable = decode(self.files, shown, data, self.sink)
        self.files += 1
        if not readable:
            return None
        found = Package(path, folder, manifest.parse(file, folder, self.sink))
        if len(self.sink.items) > before:
            return None
        if found.manifest.package != name:
            own = found.manifest.package
            advice = f"its 0x0.pkg says `package {own}`" if own else f"add the line `package {name}` to its 0x0.pkg"
            self.sink.add(messages.OTHER_NAME, line.file, start, end, path=path, name=name, advice=advice)
            return None
        try:
            found.contents, found.paths = self._contents(folder)
        except Unfit as unfit:
            where = os.path.join(path, unfit.path)
            self.sink.add(messages.UNFIT_FILE, line.file, start, end, path=where, why=unfit.why)
            return None
        found.digest = digest_of((path, sha256(data).hexdigest()) for path, data in found.files().items())
        return found

    def _contents(self, folder: str) -> tuple[dict[str, bytes], dict[bytes, str]]:
        """A package's files by real path, and those by the paths that its digest names.

        The files are its `0x0.pkg` and every `*.0x0` in its folder and below, sorted by path, without the folders that
        hold a package of their own.  Errors: Unfit.
        """
        contents: dict[str, bytes] = {}
        paths: dict[bytes, str] = {}
        stack = [""]
        while stack:
            below = stack.pop()
            place = os.path.join(folder, below)
            try:
                # The trailing separator asks the reader for a folder's names.
                data = self.reader(os.path.join(place, ""))
            except OSError as error:
                raise Unfit(below or ".", reason(error)) from None
            names = [name for name in os.fsdecode(data).split("\0") if name]
            if below and manifest.FILE in names:
                continue
            for name in names:
                path, real = os.path.join(below, name), os.path.join(place, name)
                link = os.path.islink(real)
                if link:
                    real = os.path.realpath(real)
                    if not real.startswith(folder + os.sep):
                        raise Unfit(path, "a link that leads out of the package")
                if os.path.isdir(real):
                    if not link:  # what a link leads to inside is met under its own name
                        stack.append(path)
                elif name == manifest.FILE or name.endswith(SUFFIX):
                    contents[real] = self._file(path, os.path.join(place, name))
                    paths[os.fsencode(path)] = real
        return contents, paths

    def _file(self, path: str, real: str) -> bytes:
        if _CONTROL.search(path):
            raise Unfit(path, "a name with a backslash or a control character")
        if not os.path.isfile(real):
            raise Unfit(path, "no regular file")
        try:
            data = self.reader(real)
        except OSError as error:
            raise Unfit(path, reason(error)) from None
        return data.encode("utf-8") if isinstance(data, str) else data

    def clash(self, owner: Package | None, name: str) -> bool:
        """Whether `owner` means another folder than the one that is open; a complaint when it does."""
        first = self.opened.get(name)
        second = self.place(owner, name)
        if first is None or owner is None or first.path == second:
            return False
        file, (start, end) = owner.manifest.file, owner.manifest.places[name]
        self.sink.add(messages.TWO_FOLDERS, file, start, end, name=name, first=first.path, second=second)
        return True

    def lock(self) -> dict[str, Package]:
        """Every package that the project depends on, directly or not, by name; complaints go to the sink."""
        result: dict[str, Package] = {}
        work: list[tuple[Package | None, str]] = [(None, name) for name in self.root.deps]
        while work:
            owner, name = work.pop(0)
            found = self.open(owner, name)
            if found is not None and not self.clash(owner, name) and name not in result:
                result[name] = found
                work += [(found, below) for below in found.manifest.deps]
        return result


def digest_of(lines: Iterable[tuple[bytes, str]]) -> str:
    """A package's digest from the paths and digests of its files: SHA-256 of what `sha256sum` writes for them."""
    return sha256(b"".join(digest.encode() + b"  " + path + b"\n" for path, digest in sorted(lines))).hexdigest()


def lock_text(packages: dict[str, Package]) -> str:
    """The lock of these packages, sorted by name."""
    return "".join(f"dep {name} {packages[name].path} sha256:{packages[name].digest}\n" for name in sorted(packages))


def parse_lock(file: SourceFile, sink: Sink) -> dict[str, Row]:
    """The rows of a lock by name; a line that cannot be read is a diagnostic."""
    rows: dict[str, Row] = {}
    offset = 0
    for line in file.text.split("\n"):
        words = line.partition("#")[0].rstrip()
        match = _ROW.fullmatch(words)
        if match is not None and match[1] not in rows:
            rows[match[1]] = Row(match[2], match[3], offset + match.start(3) - len("sha256:"), offset + match.end(3))
        elif words:
            sink.add(messages.LOCK_LINE, file, offset, offset + len(words))
        offset += len(line) + 1
    return rows


class Locked:
    """The packages of a project as its lock pins them: what `pkg:` imports go through."""

    __slots__ = ("file", "packages", "rows")

    def __init__(self, packages: Packages) -> None:
        self.packages = packages
        self.rows: dict[str, Row] | None = None  # None: there is no lock that can be read
        path = os.path.normpath(os.path.join(packages.shown, LOCK))
        self.file = SourceFile(packages.files, path, "")
        try:
            data = packages.reader(os.path.join(packages.root.folder, LOCK))
        except OSError:
            return
        self.file, readable = decode(packages.files, path, data, packages.sink)
        packages.files += 1
        if readable:
            self.rows = parse_lock(self.file, packages.sink)

    def find(self, owner: Package | None, name: str, file: SourceFile, start: int, end: int) -> Package | None:
        """The package `name` as `owner` imports it at a place, its digest compared; None with a complaint."""
        sink = self.packages.sink
        if self.packages.clash(owner, name):
            return None
        row = self.rows.get(name) if self.rows is not None else None
        if row is None or row.path != self.packages.place(owner, name):
            if self.rows is None:
                what = f"there is no {LOCK} that can be read"
            elif row is None:
                what = f"{self.file.path} has no line for it"
            else:
                what = (
                    f"{self.file.path} has it in `{row.path}`, {manifest.FILE} in `{self.packages.place(owner, name)}`"
                )
            sink.add(messages.NOT_LOCKED, file, start, end, name=name, what=what)
            return None
        fresh = name not in self.packages.opened
        found = self.packages.open(owner, name)
        if found is None or found.digest == row.digest:
            return found
        if fresh:
            note = Note(file, start, end, "imported here")
            sink.add(messages.OTHER_DIGEST, self.file, row.start, row.end, (note,), name=name, path=found.path)
        self.packages.opened[name] = None
        return None
