"""Packages in the store: kept by `zero lock`, put back by `zero lock --restore`, each as `0x0.lock` pins it.

    0x0.lock: digest ─▶ reference ─▶ listing ─▶ contents       all held against the lock's digest,
                                                               then against the folder, then written

Everything is looked at before the first byte is written, and each file is written whole or not at all.  What the
package does not have is named and never removed.  A build never comes here: it compiles what lies in the project.
"""

from __future__ import annotations

import os
import stat

from compiler.cas import folders
from compiler.cas.kinds import Fault
from compiler.digest import sha256
from compiler.files import write_whole
from compiler.modules import manifest
from compiler.modules.packages import SUFFIX, digest_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from compiler.cas.kinds import Address
    from compiler.cas.store import Store
    from compiler.modules.packages import Package, Row

    Obstacle = tuple[str, str]  # path, why it is in the way

KIND = "package"
SHOWN = 20  # files in the way that are named; the rest is counted
_MANIFEST = manifest.FILE.encode()
_SUFFIX = SUFFIX.encode()
_LINK, _FOLDER, _OTHER = "a symbolic link", "a folder", "no regular file"


def key_of(digest: str) -> str:
    """The reference of a package, from its digest in the lock."""
    return sha256(f"{KIND} {digest}".encode()).hexdigest()


def keep(store: Store, packages: Mapping[str, Package]) -> None:
    """Keep packages as they were read.  Errors: Fault."""
    for package in packages.values():
        try:
            folders.keep(store, KIND, key_of(package.digest), package.files())
        except ValueError as error:  # a name that the lock bears and a listing does not
            raise Fault("CAS_PACKAGE-003", name=package.manifest.package, why=error) from None


def addresses(store: Store, rows: Mapping[str, Row]) -> list[Address]:
    """Where the listings of locked packages are.  Errors: Fault CAS_PACKAGE-001, and those of the store."""
    found = []
    for name in sorted(rows):
        address = store.find(key_of(rows[name].digest), KIND)
        if address is None:
            raise Fault("CAS_PACKAGE-001", name=name)
        found.append(address)
    return found


def restore(folder: str, shown: str, rows: Mapping[str, Row], store: Store) -> dict[str, int]:
    """Make every package folder of a project as its lock pins it; how many files were written for each.

    Errors: Fault CAS_PACKAGE-… and those of the store, before anything is written; UsageError when a write fails.
    """
    places = {name: _place(folder, name, row) for name, row in rows.items()}
    plans = {}
    for name in sorted(rows):
        others = {place for other, place in places.items() if other != name}
        if places[name] in others:
            raise Fault("CAS_PACKAGE-002", path=rows[name].path, name=name, why="it is two packages at once")
        plans[name] = _plan(name, rows[name], _Folder(folder, places[name], others), store)
    for name, plan in plans.items():
        for path, data in plan:
            target = os.path.join(places[name], os.fsdecode(path))
            try:
                os.makedirs(os.path.dirname(target), exist_ok=True)
            except OSError as error:
                raise Fault("CAS_PLACE-001", path=os.path.dirname(target), why=error.strerror) from None
            write_whole(os.path.normpath(os.path.join(shown, os.path.relpath(target, folder))), data)
    return {name: len(plan) for name, plan in plans.items()}


def _place(folder: str, name: str, row: Row) -> str:
    """The real folder of a package.  Errors: Fault CAS_PACKAGE-002 for one outside of the project."""
    place = os.path.realpath(os.path.join(folder, row.path))
    if not place.startswith(folder.rstrip(os.sep) + os.sep):
        raise Fault("CAS_PACKAGE-002", path=row.path, name=name, why="it is no folder below the project's")
    return place


def _plan(name: str, row: Row, there: _Folder, store: Store) -> list[tuple[bytes, bytes]]:
    """The files to write.  Errors: Fault."""
    if there.digest() == row.digest:
        return []
    try:
        files = folders.find(store, KIND, key_of(row.digest))
    except Fault as fault:
        if fault.code != "CAS_OBJECT-005":  # a collection took a part of it
            raise
        files = None
    if files is None:
        raise Fault("CAS_PACKAGE-001", name=name)
    if digest_of((path, sha256(data).hexdigest()) for path, data in files.items()) != row.digest:
        raise Fault("CAS_PACKAGE-003", name=name, why="its files have another digest")
    found = sorted({*there.strangers(files), *there.obstacles(files)})
    if found:
        whys = sorted({why for _, why in found})
        paths = [os.path.normpath(os.path.join(row.path, path)) for path, _ in found]
        if len(paths) > SHOWN:
            paths[SHOWN:] = [f"{len(paths) - SHOWN} more"]
        raise Fault("CAS_PACKAGE-002", path=", ".join(paths), name=name, why="; ".join(whys))
    return [(path, data) for path, data in sorted(files.items()) if there.read(path) != data]


class _Folder:
    """A package's folder as it lies there, perhaps not at all; `others` are the folders of other packages."""

    __slots__ = ("others", "project", "root")

    def __init__(self, project: str, root: str, others: set[str]) -> None:
        self.project = project
        self.root = root
        self.others = others

    def digest(self) -> str:
        """The digest of what lies there; "" when something there cannot be in a package."""
        lines = []
        for path, problem in self._counted(()):
            data = None if problem else self.read(path)
            if data is None:
                return ""
            lines.append((path, sha256(data).hexdigest()))
        return digest_of(lines)

    def strangers(self, files: Mapping[bytes, bytes]) -> Iterator[Obstacle]:
        """What would count into the digest and is no file of the package."""
        for path, problem in self._counted(files):
            if problem or path not in files:
                yield os.fsdecode(path), problem or "the package has no such file"

    def obstacles(self, files: Mapping[bytes, bytes]) -> Iterator[Obstacle]:
        """What cannot be replaced by a file of the package, or by a folder for one."""
        for path in files:
            place = os.path.join(self.root, os.fsdecode(path))
            parts = os.path.relpath(os.path.dirname(place), self.project).split(os.sep)
            for count in range(1, len(parts) + 1):
                above = os.path.join(self.project, *parts[:count])
                mode = _mode(above)
                if above in self.others and above.startswith(self.root + os.sep):
                    yield os.path.relpath(above, self.root), "another package lies there"
                elif mode and not stat.S_ISDIR(mode):
                    yield os.path.relpath(above, self.root), _LINK if stat.S_ISLNK(mode) else "a file"
                    break
            else:
                mode = _mode(place)
                if mode and not stat.S_ISREG(mode) and self.read(path) != files[path]:
                    why = _LINK if stat.S_ISLNK(mode) else _FOLDER if stat.S_ISDIR(mode) else _OTHER
                    yield os.fsdecode(path), why

    def read(self, path: bytes) -> bytes | None:
        """The bytes of a file, also through a link that stays inside; None for whatever is none."""
        place = os.path.realpath(os.path.join(self.root, os.fsdecode(path)))
        try:
            if not place.startswith(self.root + os.sep) or not stat.S_ISREG(os.stat(place).st_mode):
                return None
            with open(place, "rb") as file:
                return file.read()
        except OSError:
            return None

    def _counted(self, known: Collection[bytes]) -> Iterator[tuple[bytes, str]]:
        """(path, "" or why it cannot be there) of all that counts into the digest; `known` is the package's own."""
        stack = [b""]
        while stack:
            below = stack.pop()
            place = os.path.join(os.fsencode(self.root), below)
            try:
                names = sorted(os.listdir(place))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                yield below or b".", (error.strerror or str(error)).lower()
                continue
            inside = below + b"/" if below else b""
            if below and _MANIFEST in names and not any(path.startswith(inside) for path in known):
                continue
            for name in names:
                path, real = inside + name, os.path.join(place, name)
                counts = name == _MANIFEST or name.endswith(_SUFFIX)
                if os.path.islink(real):
                    leads = os.path.realpath(real)
                    if not leads.startswith(os.fsencode(self.root) + b"/"):
                        yield path, "a link that leads out of the package"
                    elif counts and not os.path.isdir(leads):
                        yield path, ""
                elif os.path.isdir(real):
                    if os.fsdecode(real) not in self.others:
                        stack.append(path)
                elif counts:
                    yield path, ""


def _mode(path: str) -> int:
    """The mode of what has a name, 0 for nothing."""
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0
