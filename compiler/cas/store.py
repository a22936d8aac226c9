"""Read and write objects and references: verified on each read, whole or not at all on each write.

    format                    the layout, "0x0 store 3"
    objects/KIND-SCHEMA/AB/REST-SIZE    refs/AB/REST    pins/DIGEST
    tmp/                      what is being written; aside/  what was found damaged; lock  held by collections

A file is written in `tmp` and renamed.  Objects and references do not wait for the disk: after a loss of power a torn
one fails its digest and is made again.  Pins and `format`, which nothing could make again, do wait.  Any number of
processes may read and write at once.  Every failure is a `Fault`; whoever asks then does without.
"""

from __future__ import annotations

import os
import time

from compiler.cas.kinds import KINDS, Fault, address_of, digest_of, is_digest, read_address, spell
from compiler.digest import sha256
from compiler.files import write_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cas.kinds import Address
    from compiler.cas.remote import Tier

LAYOUT = 3
HEAD = "0x0 store "
GRACE_S = 3600  # what is younger is not collected: its writer may not have referred to it yet
USED_S = 24 * 3600  # how exact the time of a reference's last use is
TRIM_S = 24 * 3600  # how often builds keep the store within its size
LARGEST = 1 << 31

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FULL = (27, 28, 122)  # EFBIG, ENOSPC, EDQUOT
_FORBIDDEN = (1, 13, 30)  # EPERM, EACCES, EROFS
_WHAT = {0o120000: "a symbolic link", 0o040000: "a folder", 0o100000: "a file"}


def folder() -> str:
    """Where results are kept: `ZERO_CACHE`, else `zero` in the user's cache folder."""
    own = os.environ.get("ZERO_CACHE")
    if own:
        return own
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "zero")


def open_store(*, offline: bool = False) -> Store:
    """The user's store, with the tier behind it that `ZERO_CACHE_REMOTE` names."""
    shared = "" if offline else os.environ.get("ZERO_CACHE_REMOTE", "")
    if not shared:
        return Store(folder())
    from compiler.cas.remote import SharedFolder

    return Store(folder(), SharedFolder(shared))


def object_name(address: Address) -> str:
    """The path of an object in the store."""
    kind, digest, size = address
    return f"objects/{KINDS[kind].folder}/{digest[:2]}/{digest[2:]}-{size}"


def ref_name(key: str) -> str:
    """The path of a reference in the store.  Errors: Fault CAS_NAME-001."""
    if not is_digest(key):
        raise Fault("CAS_NAME-001", name=key[:200])
    return f"refs/{key[:2]}/{key[2:]}"


def ref_line(key: str, address: Address) -> bytes:
    """What a reference's file holds; the check covers key and address."""
    said = f"{KINDS[address[0]].schema} {spell(address)}"
    return f"{said} {_check(key, said)}\n".encode()


def read_ref(key: str, line: bytes) -> Address:
    """The address that a reference leads to.  Errors: Fault CAS_REF-001, CAS_SCHEMA-002."""
    said, _, check = line.decode("ascii", "replace").removesuffix("\n").rpartition(" ")
    schema, _, word = said.partition(" ")
    if not line.endswith(b"\n") or check != _check(key, said):
        raise Fault("CAS_REF-001", name=key)
    address = read_address(word)
    if schema != str(KINDS[address[0]].schema):
        raise Fault("CAS_SCHEMA-002", name=key, found=schema, known=KINDS[address[0]].schema)
    return address


def _check(key: str, said: str) -> str:
    return sha256(f"{key} {said}".encode("utf-8", "surrogateescape")).hexdigest()[:16]


def place_fault(path: str, error: OSError) -> Fault:
    """What an error of the file system means for the store."""
    if error.errno in _FULL:
        return Fault("CAS_PLACE-002", path=path)
    if error.errno in _FORBIDDEN:
        return Fault("CAS_PLACE-003", path=path)
    return Fault("CAS_PLACE-001", path=path, why=(error.strerror or str(error)).lower())


def what_is(mode: int) -> str:
    return _WHAT.get(mode & 0o170000, "a device or a pipe")


def read_file(path: str, name: str) -> tuple[bytes, os.stat_result]:
    """A regular file's bytes and status.  Errors: FileNotFoundError; Fault CAS_OBJECT-004, CAS_PLACE-…."""
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in (40, 6):  # ELOOP, ENXIO: a link, a socket
            raise Fault("CAS_OBJECT-004", name=name, what=what_is(os.lstat(path).st_mode)) from None
        if error.errno == 20:  # ENOTDIR
            raise FileNotFoundError(2, os.strerror(2), path) from None
        raise place_fault(path, error) from None
    try:
        status = os.fstat(descriptor)
        if status.st_mode & 0o170000 != 0o100000:
            raise Fault("CAS_OBJECT-004", name=name, what=what_is(status.st_mode))
        data = os.read(descriptor, min(status.st_size, LARGEST) + 1)
        if 0 < len(data) < status.st_size:
            chunks = [data]
            while chunk := os.read(descriptor, 1 << 24):
                chunks.append(chunk)
            data = b"".join(chunks)
    except OSError as error:
        raise place_fault(path, error) from None
    finally:
        os.close(descriptor)
    return data, status


class Store:
    """A folder of objects and references, and perhaps a tier behind it; nothing is made before the first write."""

    __slots__ = ("_checked", "_count", "_layout", "faults", "remote", "root")

    def __init__(self, root: str, remote: Tier | None = None) -> None:
        self.root = root.rstrip("/") or "/"
        self.remote = remote
        self.faults: list[Fault] = []  # what was wrong and could be helped: a second tier, a fresh copy
        self._checked: set[str] = set()
        self._count = 0
        self._layout = -1

    # Reading

    def layout(self) -> int:
        """The number of the layout that lies here, 0 for none or one before there were numbers.

        Errors: Fault CAS_SCHEMA-001, CAS_SCHEMA-003, CAS_PLACE-….
        """
        if self._layout < 0:
            try:
                data = read_file(os.path.join(self.root, "format"), "format")[0].decode("ascii", "replace")
            except FileNotFoundError:
                if os.path.lexists(self.root) and not os.path.isdir(self.root):
                    what = what_is(os.lstat(self.root).st_mode)
                    raise Fault("CAS_ROOT-001", path=self.root, what=what) from None
                return 0
            number = data.removeprefix(HEAD).removesuffix("\n")
            if not data.startswith(HEAD) or not number.isdigit() or len(number) > 6:
                raise Fault("CAS_SCHEMA-003", found=data[:40])
            if int(number) > LAYOUT:
                raise Fault("CAS_SCHEMA-001", found=number, known=LAYOUT)
            self._layout = int(number)
        return self._layout

    def get(self, address: Address) -> bytes:
        """The payload of an object, verified.  Errors: Fault; what is damaged has been set aside."""
        name = object_name(address)
        self.layout()
        try:
            return self._held(address, name)
        except Fault as fault:
            payload = self._fetched(address, name)
            if payload is None:
                raise
            if fault.damage:
                self.faults.append(fault)
            return payload

    def path(self, address: Address) -> str:
        """Where an object lies; only for kinds that are used in place, and only after `get`."""
        return os.path.join(self.root, object_name(address))

    def _held(self, address: Address, name: str) -> bytes:
        try:
            stored, status = read_file(os.path.join(self.root, name), name)
            return unwrap(address, stored, name, status.st_mode)
        except FileNotFoundError:
            raise Fault("CAS_OBJECT-005", name=name) from None
        except Fault as fault:
            if fault.damage and not fault.facts.get("keep"):
                self.set_aside(name)
            raise

    def find(self, key: str, kind: str) -> Address | None:
        """Where the result of a request is, or None.  Errors: Fault."""
        name = ref_name(key)
        path = os.path.join(self.root, name)
        self.layout()
        try:
            line, status = read_file(path, name)
            address = read_ref(key, line)
        except FileNotFoundError:
            found = self._fetched_ref(key, name)
            if found is None:
                return None
            address = found
        except Fault as fault:
            if fault.damage:
                self.set_aside(name)
            raise
        else:
            if time.time() - status.st_mtime > USED_S:
                _touch(path)
        if address[0] != kind:
            raise Fault("CAS_REF-002", name=key, found=address[0], wanted=kind)
        return address

    # Writing

    def put(self, kind: str, payload: bytes, *, sync: bool = False) -> Address:
        """Keep a payload.  Errors: Fault CAS_PLACE-…, CAS_SCHEMA-…."""
        address = address_of(kind, payload)
        self._keep(address, payload, sync=sync)
        if self.remote is not None:
            self._offer(object_name(address), wrap(address, payload))
        return address

    def set(self, key: str, address: Address) -> None:
        """Let a key lead to an address that was put.  Errors: Fault."""
        line = ref_line(key, address)
        self.write(ref_name(key), line)
        if self.remote is not None:
            self._offer(ref_name(key), line)

    def forget(self, key: str) -> None:
        """Remove a reference.  Errors: Fault."""
        self.remove(ref_name(key))

    def _keep(self, address: Address, payload: bytes, *, sync: bool = False) -> None:
        row = KINDS[address[0]]
        name = object_name(address)
        path = os.path.join(self.root, name)
        self.prepare()
        try:
            status = os.lstat(path)
        except OSError:
            pass
        else:
            whole = status.st_size == len(payload) if row.place else status.st_size > 0
            runs = not row.mode & 0o100 or status.st_mode & 0o100
            if whole and runs and status.st_mode & 0o170000 == 0o100000:
                # It may have been without a reference until now, and a collection about to take it.
                if time.time() - status.st_mtime > GRACE_S / 4:
                    _touch(path)
                return
            if status.st_mode & 0o170000 == 0o040000:  # no file takes the name of a folder
                self.set_aside(name)
        self.write(name, wrap(address, payload), row.mode, sync=sync)

    def write(self, name: str, data: bytes, mode: int = 0o644, *, sync: bool = False) -> None:
        """Give a name in the store these contents, whole or not at all.  Errors: Fault."""
        self.prepare()
        path = os.path.join(self.root, name)
        try:
            self._write(path, data, mode, sync)
        except FileNotFoundError:  # somebody removed the folders, or the whole store, since they were made
            self._checked.clear()
            self._layout = -1
            self.prepare()
            try:
                self._write(path, data, mode, sync)
            except OSError as error:
                raise place_fault(path, error) from None
        except OSError as error:
            raise place_fault(path, error) from None

    def _write(self, path: str, data: bytes, mode: int, sync: bool) -> None:
        self._count += 1
        beside = os.path.join(self.root, "tmp", f"{os.getpid()}-{time.time_ns()}-{self._count}")
        self.make_folder(os.path.dirname(path))
        try:
            write_all(os.open(beside, _CREATE, mode), data, sync=sync)
            os.rename(beside, path)
        except BaseException:
            if os.path.lexists(beside):
                os.unlink(beside)
            raise

    def remove(self, name: str) -> None:
        """Errors: Fault CAS_PLACE-…."""
        path = os.path.join(self.root, name)
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise place_fault(path, error) from None

    def set_aside(self, name: str) -> None:
        """Move a damaged file to where nothing reads it; where that cannot be done, it stays and fails again."""
        try:
            self.make_folder(os.path.join(self.root, "aside"))
            os.rename(os.path.join(self.root, name), os.path.join(self.root, "aside", name.replace("/", "_")))
        except (OSError, Fault):
            pass

    def prepare(self) -> None:
        """Make the store's folders, or bring an older layout to today's.  Errors: Fault."""
        if self._layout == LAYOUT:
            if "tmp" not in self._checked:
                try:
                    self.make_folder(os.path.join(self.root, "tmp"))
                except OSError as error:
                    raise place_fault(self.root, error) from None
                self._checked.add("tmp")
            return
        if self.layout() != LAYOUT:
            from compiler.cas.migrate import migrate

            migrate(self)
            self._layout = LAYOUT
        self.prepare()

    def make_folder(self, path: str) -> None:
        """Make a folder of the store, following no link inside of it.  Errors: OSError, Fault CAS_PLACE-004."""
        if path in self._checked or len(path) <= len(self.root):
            return
        try:
            mode = os.lstat(path).st_mode
        except FileNotFoundError:
            self.make_folder(os.path.dirname(path))
            try:
                os.mkdir(path)
            except FileExistsError:
                mode = os.lstat(path).st_mode
            else:
                mode = 0o040000
        if mode & 0o170000 != 0o040000:
            raise Fault("CAS_PLACE-004", path=path, what=what_is(mode))
        self._checked.add(path)

    # The tier behind

    def _fetched(self, address: Address, name: str) -> bytes | None:
        """An object from the remote tier, kept here from now on."""
        if self.remote is None:
            return None
        from compiler.cas.payloads import hold

        try:
            stored = self.remote.fetch(name)
            if stored is None:
                return None
            payload = unwrap(address, stored, name)
            hold(address, payload, name)
        except Fault as fault:
            self._refused(fault, name)
            return None
        try:
            self._keep(address, payload)
        except Fault as fault:
            self.faults.append(fault)
            if KINDS[address[0]].place:  # whoever uses it in place has none
                return None
        return payload

    def _fetched_ref(self, key: str, name: str) -> Address | None:
        if self.remote is None:
            return None
        try:
            line = self.remote.fetch(name)
            if line is None:
                return None
            address = read_ref(key, line)
        except Fault as fault:
            self._refused(fault, name)
            return None
        try:
            self.write(name, line)
        except Fault as fault:
            self.faults.append(fault)
        return address

    def _refused(self, fault: Fault, name: str) -> None:
        if fault.code != "CAS_REMOTE-001" and fault.damage:
            fault = Fault("CAS_REMOTE-002", name=name, why=str(fault))
        self.faults.append(fault)

    def _offer(self, name: str, data: bytes) -> None:
        assert self.remote is not None
        try:
            self.remote.offer(name, data)
        except Fault as fault:
            self.faults.append(fault)

    # Size

    def trim_when_due(self) -> None:
        """Once a day, keep the store within its size.  Raises nothing: a build that is done has succeeded."""
        stamp = os.path.join(self.root, "trimmed")
        try:
            due = time.time() - os.lstat(stamp).st_mtime > TRIM_S
        except OSError:
            due = False
            self._stamp()
        if due:
            from compiler.cas.sweep import collect, size_limit

            self._stamp()
            try:
                collect(self, max_bytes=size_limit())
            except Fault as fault:
                self.faults.append(fault)

    def _stamp(self) -> None:
        try:
            self.write("trimmed", b"")
        except Fault as fault:
            self.faults.append(fault)


def wrap(address: Address, payload: bytes) -> bytes:
    """What is stored for a payload."""
    row = KINDS[address[0]]
    if row.place:
        return payload
    if row.pack and len(payload) >= row.pack:
        from compiler.cas.packing import pack

        return pack(payload)
    return b"\0" + payload


def unwrap(address: Address, stored: bytes, name: str, mode: int = 0o777) -> bytes:
    """The payload of what is stored, if it is what the address says.  Errors: Fault."""
    kind, digest, size = address
    row = KINDS[kind]
    if row.place:
        payload = stored
    elif stored[:1] == b"\0":
        payload = stored[1:]
    elif stored:
        from compiler.cas.packing import unpack

        payload = unpack(stored, size, name)
    else:
        payload = b""
    if len(payload) < size or (not stored and not row.place):
        raise Fault("CAS_OBJECT-002", name=name)
    if digest_of(row, payload) != digest:
        raise Fault("CAS_OBJECT-001", name=name)
    if row.mode & 0o100 and not mode & 0o100:
        raise Fault("CAS_OBJECT-007", name=name)
    return payload


def _touch(path: str) -> None:
    try:
        os.utime(path)
    except OSError:
        return  # somebody else's, or read-only: it is only older than it could be
