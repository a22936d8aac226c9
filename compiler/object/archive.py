"""Archives of objects (`ar`, the System V / GNU form): a symbol index and members, each parsed when it is first needed.

Reading an archive touches its index and member headers only, so a program that uses a fifth of the runtime pays for a
fifth.  An archive without an index is indexed from its members.  Thin archives and the BSD form are refused.
"""

from __future__ import annotations

import struct

from compiler.object.elf import read_object
from compiler.object.errors import LinkError
from compiler.object.file import LOCAL, UNDEFINED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.object.file import ObjectFile

MAGIC = b"!<arch>\n"
_HEADER = 60


class Archive:
    """`index` maps a symbol to the offset of the first member that defines it."""

    __slots__ = ("_data", "_long_names", "_members", "index", "name")

    def __init__(self, data: bytes, name: str) -> None:
        self._data = data
        self._long_names = b""
        self._members: dict[int, ObjectFile] = {}
        self.name = name
        self.index: dict[str, int] = {}
        if data[:8] != MAGIC:
            raise self._bad("thin archives are not supported" if data[:8] == b"!<thin>\n" else "not an archive")
        index: tuple[int, int] | None = None
        at = 8
        while at < len(data):  # the index and the long names come first; objects follow
            title, start, size = self._header(at)
            if title == "/":
                index = (start, size)
            elif title == "//":
                self._long_names = data[start : start + size]
            elif title == "/SYM64/":
                raise self._bad("64-bit symbol indexes are not supported")
            else:
                break
            at = start + size + (size & 1)
        if index is None:
            self._index_members(at)
        else:
            self._read_index(*index)

    def _bad(self, what: str) -> LinkError:
        return LinkError("LINK-004", f"{self.name}: {what}")

    def _header(self, at: int) -> tuple[str, int, int]:
        """The raw name, the start and the size of the member whose header is here."""
        header = self._data[at : at + _HEADER]
        if len(header) < _HEADER or header[58:] != b"`\n" or not header[48:58].strip().isdigit():
            raise self._bad(f"no member header at offset {at}")
        start, size = at + _HEADER, int(header[48:58])
        if start + size > len(self._data):
            raise self._bad(f"the member at offset {at} reaches beyond the end of the file")
        return header[:16].decode("latin-1").rstrip(), start, size

    def _read_index(self, start: int, size: int) -> None:
        table = self._data[start : start + size]
        if size < 4 or (count := struct.unpack_from(">I", table)[0]) * 4 + 4 > size:
            raise self._bad("the symbol index is truncated")
        names = table[4 + 4 * count :].split(b"\0")
        if len(names) <= count:
            raise self._bad("the symbol index is truncated")
        offsets = struct.unpack_from(f">{count}I", table, 4)
        for name, offset in zip(names[:count], offsets, strict=True):
            self.index.setdefault(name.decode("utf-8", "surrogateescape"), offset)

    def _index_members(self, at: int) -> None:
        while at < len(self._data):
            _, start, size = self._header(at)
            for symbol in self.member(at).symbols:
                if symbol.binding != LOCAL and symbol.section != UNDEFINED:
                    self.index.setdefault(symbol.name, at)
            at = start + size + (size & 1)

    def member(self, at: int) -> ObjectFile:
        """The object whose header is at this offset."""
        found = self._members.get(at)
        if found is None:
            title, start, size = self._header(at)
            if title.startswith("#1/"):
                raise self._bad("BSD archives are not supported")
            if title[:1] == "/" and title[1:].isdigit():
                name_at = int(title[1:])
                end = self._long_names.find(b"/\n", name_at)
                if end < 0:
                    raise self._bad("a member's name is missing")
                title = self._long_names[name_at:end].decode("utf-8", "replace")
            else:
                title = title.rstrip("/")
            view = memoryview(self._data)[start : start + size]
            found = self._members[at] = read_object(view, f"{self.name}({title})")
        return found
