"""What can be kept, one row a kind; and `Fault`, the one exception of the store.

An object's address is (kind, digest, size).  The digest is SHA-256 over kind, schema and payload, so that an object of
one kind never answers for one of another.  `schema` counts up with every change of a payload's form: older objects
are then another folder, found by nobody, and swept.  Imported by every build, so it stays small.
"""

from __future__ import annotations

from compiler.digest import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compiler.cas.faults import Row

    Address = tuple[str, str, int]  # kind, digest in hex, size of the payload in bytes

# hashlib is several times as quick as the bare module, and takes 4 ms to load: that pays from about a megabyte on.
_left = 1 << 20
_start: Callable[[bytes], Any] = sha256
_states: dict[str, Any] = {}

HEX = frozenset("0123456789abcdef")
KINDS: dict[str, Kind] = {}


class Kind:
    """One row.  `form` is what a payload must look like (`payloads.py`); `pack` the size from which it is compressed.

    An object in `place` is its payload and nothing else, so that it can be run, linked or mapped where it lies; all
    others begin with a byte that says how they are packed.  The payload of a kind with `links` begins with a line of
    the addresses it needs.
    """

    __slots__ = ("doc", "folder", "form", "links", "mode", "name", "pack", "place", "prefix", "schema")

    def __init__(
        self,
        name: str,
        schema: int,
        form: str,
        doc: str,
        *,
        pack: int = 0,
        place: bool = False,
        links: bool = False,
        mode: int = 0o444,
    ) -> None:
        if name in KINDS:
            raise ValueError(f"{name} is declared twice")
        self.name = name
        self.schema = schema
        self.form = form
        self.doc = doc
        self.pack = pack  # 0: never
        self.place = place
        self.links = links
        self.mode = mode
        self.folder = f"{name}-{schema}"
        self.prefix = f"0x0 {name} {schema}\0".encode()
        KINDS[name] = self


# Compression pays for text that is read seldom: zstd makes dumps of HIR and MIR less than a fifth, but loading its
# library takes a process 13 ms.
_TEXT = 1 << 14

Kind("build-record", 1, "links", "what a build read, and the executable it made", links=True)
Kind("no-change", 1, "links", "how all that a build depends on looked, for the front of `zero build`", links=True)
Kind("query-value", 1, "links", "the value of a query, and the addresses it was made from", pack=_TEXT, links=True)
Kind("query-graph", 1, "links", "what was asked of a program, how the answers looked, and where they lie", links=True)
Kind("query-pack", 1, "bytes", "answers to queries about one module")
Kind("ast-summary", 1, "text", "the typed signatures of a module", pack=_TEXT)
Kind("hir", 1, "text", "typed, source-shaped trees, as `zero dump --level hir` prints them", pack=_TEXT)
Kind("mir", 1, "text", "typed SSA, as `zero dump --level mir` prints it", pack=_TEXT)
Kind("native-ir", 1, "text", "LIR or MachineIR, as `zero dump` prints it", pack=_TEXT)
Kind("object", 1, "elf-relocatable", "an ELF object", place=True)
Kind("archive", 1, "archive", "an archive of objects", place=True)
Kind("executable", 1, "elf-executable", "a linked program, run where it lies", place=True, mode=0o555)
Kind("link-inputs", 1, "links", "what a link was given, in its order", links=True)
Kind("link-order", 1, "text", "the order of functions in an image", pack=_TEXT)
Kind("profile", 1, "tsv", "a summary of profiles", pack=_TEXT)
Kind("api-docs", 1, "text", "a module's documentation as Markdown", pack=_TEXT)
Kind("file", 1, "bytes", "a file that a listing names", pack=_TEXT)
Kind("package", 2, "listing", "what a package holds: path, size and digest of each file", pack=_TEXT, links=True)
Kind("diagnostics", 1, "json", "the diagnostics of a file", pack=_TEXT)
Kind("gate-result", 1, "json", "a gate's verdict", pack=_TEXT)
Kind("evidence", 2, "listing", "what a collector measured: its sealed rows and their manifest", pack=_TEXT, links=True)


class Fault(Exception):
    """Something is wrong with the store: the code of a row in `faults.py`, and its facts.

    `damage` is false for what may be so at any time, as a full disk: it costs time and says nothing about the contents.
    """

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    @property
    def row(self) -> Row:
        from compiler.cas.faults import FAULTS

        return FAULTS[self.code]

    @property
    def damage(self) -> bool:
        return self.row.damage

    def __str__(self) -> str:
        return f"{self.code}: " + self.row.summary.format(**self.facts)


def digest_of(row: Kind, payload: bytes) -> str:
    """SHA-256 over kind, schema and payload, in hex."""
    global _left, _start
    if _left > 0:
        _left -= len(payload)
        if _left <= 0:
            from hashlib import sha256 as quick

            _start = quick
            _states.clear()
    state = _states.get(row.folder)
    if state is None:
        state = _states[row.folder] = _start(row.prefix)
    state = state.copy()
    state.update(payload)
    digest: str = state.hexdigest()
    return digest


def address_of(kind: str, payload: bytes) -> Address:
    """The address under which a payload is kept."""
    return kind, digest_of(KINDS[kind], payload), len(payload)


def spell(address: Address) -> str:
    """An address in one word: kind/digest/size."""
    return "{}/{}/{}".format(*address)


def read_address(word: str) -> Address:
    """The address that a word spells.

    Errors: Fault CAS_NAME-001 for what is none, so that no word of a file can ever lead out of the store.
    """
    kind, _, rest = word.partition("/")
    digest, _, size = rest.partition("/")
    if kind not in KINDS or not is_digest(digest) or not (size.isascii() and size.isdigit() and len(size) < 16):
        raise Fault("CAS_NAME-001", name=word[:200])
    return kind, digest, int(size)


def is_digest(word: str) -> bool:
    return len(word) == 64 and HEX.issuperset(word)


def linking(addresses: list[Address], body: bytes) -> bytes:
    """The payload of a kind with links."""
    return " ".join(map(spell, addresses)).encode() + b"\n" + body


def links(payload: bytes) -> list[Address]:
    """The addresses that such a payload needs."""
    line = payload[: payload.find(b"\n")] if b"\n" in payload else b"?"
    return [read_address(word) for word in line.decode("ascii", "replace").split()]


def after_links(payload: bytes) -> bytes:
    return payload[payload.index(b"\n") + 1 :]
