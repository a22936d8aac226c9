"""ELF64 relocatable objects for x86-64: read what gcc or we made, write ours.

Keeps only what lives at run time; debug information, comments and notes are passed over.  The reader checks every
offset, so a damaged file is one LinkError and never a traceback.  The writer's result is accepted by GNU ld: locals
before globals, `.note.GNU-stack`, extended section numbers beyond 65,279.  Executables are `compiler/link/image.py`.
"""

from __future__ import annotations

import struct

from compiler.object.errors import LinkError
from compiler.object.file import (
    ABSOLUTE,
    ALLOC,
    COMMON,
    DROPPED,
    IFUNC,
    LOCAL,
    NOBITS,
    PROGBITS,
    UNDEFINED,
    WRITE,
    ObjectFile,
    Section,
    Symbol,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.object.file import Bytes

EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
SHDR = struct.Struct("<IIQQQQIIQQ")
SYM = struct.Struct("<IBBHQQ")
RELA = struct.Struct("<QQq")
IDENT = b"\x7fELF\x02\x01\x01" + bytes(9)

REL, EXEC, X86_64 = 1, 2, 62
SYMTAB, STRTAB, RELA_TYPE, NOTE, REL_TYPE = 2, 3, 4, 7, 9
INIT_ARRAY, FINI_ARRAY, PREINIT_ARRAY, SYMTAB_SHNDX = 14, 15, 16, 18
SHN_LORESERVE, SHN_ABS, SHN_COMMON, SHN_XINDEX = 0xFF00, 0xFFF1, 0xFFF2, 0xFFFF
COMPRESSED, INFO_LINK = 0x800, 0x40
_MAX_ALIGN = 1 << 16  # more than any section needs; a damaged file must not ask for a huge image


def read_object(data: Bytes, name: str) -> ObjectFile:
    """The object in these bytes; `name` is what errors call it."""
    try:
        return _Reader(data, name).read()
    except (struct.error, UnicodeDecodeError) as error:
        raise LinkError("LINK-004", f"{name}: {error}") from error


class _Reader:
    __slots__ = ("data", "name", "view")

    def __init__(self, data: Bytes, name: str) -> None:
        self.data = data
        self.view = memoryview(data)
        self.name = name

    def bad(self, what: str) -> LinkError:
        return LinkError("LINK-004", f"{self.name}: {what}")

    def bytes_at(self, offset: int, size: int, what: str) -> memoryview:
        if offset + size > len(self.view):
            raise self.bad(f"{what} reaches beyond the end of the file")
        return self.view[offset : offset + size]

    def read(self) -> ObjectFile:
        view = self.view
        if len(view) < EHDR.size:
            raise self.bad(f"{len(view)} bytes are too few for an ELF header")
        ident, kind, machine, _, _, _, shoff, _, ehsize, _, _, shentsize, shnum, shstrndx = EHDR.unpack_from(view)
        if ident[:7] != IDENT[:7]:
            raise self.bad("not a little-endian ELF64 file")
        if kind != REL or machine != X86_64:
            raise self.bad("not a relocatable object for x86-64")
        if ehsize != EHDR.size or shentsize != SHDR.size:
            raise self.bad("unknown header sizes")
        if shoff and (shnum == 0 or shstrndx == SHN_XINDEX):
            first = SHDR.unpack_from(view, shoff)
            shnum, shstrndx = shnum or first[5], first[6] if shstrndx == SHN_XINDEX else shstrndx
        headers = list(SHDR.iter_unpack(self.bytes_at(shoff, shnum * SHDR.size, "the section table")))
        if shstrndx >= len(headers):
            raise self.bad("no section names")
        names = self.strings(headers[shstrndx], "section names")
        obj = ObjectFile(self.name)
        dense = self.sections(obj, headers, names)
        self.symbols(obj, headers, dense)
        return obj

    def strings(self, header: tuple[int, ...], what: str) -> bytes:
        found = bytes(self.bytes_at(header[4], header[5], what))
        if not found or found[-1]:
            raise self.bad(f"{what} do not end with a zero byte")
        return found

    def text(self, strings: bytes, offset: int) -> str:
        if offset >= len(strings):
            raise self.bad("a name lies outside its string table")
        return strings[offset : strings.index(0, offset)].decode()

    def sections(self, obj: ObjectFile, headers: list[tuple[int, ...]], names: bytes) -> list[int]:
        """Add the sections that live at run time; the result maps section numbers of the file to ours."""
        dense = [DROPPED] * len(headers)
        for number, (name, kind, flags, _, offset, size, _, _, align, _) in enumerate(headers):
            if kind in (INIT_ARRAY, FINI_ARRAY, PREINIT_ARRAY):
                raise LinkError("LINK-006", f"{self.name}: {self.text(names, name)} asks for constructors")
            if not flags & ALLOC or kind not in (PROGBITS, NOBITS):
                continue
            if flags & COMPRESSED:
                raise LinkError("LINK-006", f"{self.name}: {self.text(names, name)} is compressed")
            title = self.text(names, name)
            if title.startswith(".eh_frame"):
                continue  # unwinding tables: nothing here unwinds
            align = align or 1
            if align & (align - 1) or align > _MAX_ALIGN or size >= 1 << 31:
                raise self.bad(f"section {title} has alignment {align} and size {size}")
            if kind == NOBITS and not flags & WRITE:
                raise self.bad(f"section {title} is empty and cannot be written")
            data: Bytes = b"" if kind == NOBITS else self.bytes_at(offset, size, f"section {title}")
            dense[number] = len(obj.sections)
            obj.sections.append(Section(title, kind, flags, align, data, size))
        for _, kind, _, _, offset, size, _, info, _, entry in headers:
            if kind not in (RELA_TYPE, REL_TYPE) or info >= len(dense) or dense[info] < 0:
                continue
            old = obj.sections[dense[info]]
            if kind == REL_TYPE or entry != RELA.size or size % RELA.size or old.kind == NOBITS:
                raise self.bad(f"relocations of {old.name} have an unknown form")
            raw = self.bytes_at(offset, size, f"relocations of {old.name}")
            obj.sections[dense[info]] = Section(old.name, old.kind, old.flags, old.align, old.data, old.size, raw)
        return dense

    def symbols(self, obj: ObjectFile, headers: list[tuple[int, ...]], dense: list[int]) -> None:
        extended: tuple[int, ...] = ()
        for _, kind, _, _, offset, size, _, _, _, _ in headers:
            if kind == SYMTAB_SHNDX:
                extended = struct.unpack(f"<{size // 4}I", self.bytes_at(offset, size // 4 * 4, "section numbers"))
        for _, kind, _, _, offset, size, link, _, _, entry in headers:
            if kind != SYMTAB:
                continue
            if entry != SYM.size or size % SYM.size or not size or link >= len(headers):
                raise self.bad("the symbol table has an unknown form")
            strings = self.strings(headers[link], "symbol names")
            table = obj.symbols
            table.clear()
            for at, info, _, section, value, symbol_size in SYM.iter_unpack(self.bytes_at(offset, size, "symbols")):
                title = self.text(strings, at) if at else ""
                if section == SHN_COMMON or info & 15 == COMMON:
                    raise LinkError("LINK-006", f"{self.name}: {title} is a COMMON symbol")
                if info & 15 == IFUNC:
                    raise LinkError("LINK-006", f"{self.name}: {title} is an indirect function")
                if section == SHN_XINDEX and len(table) < len(extended):
                    section = extended[len(table)]
                elif section >= SHN_LORESERVE and section != SHN_ABS:
                    raise self.bad(f"symbol {title or len(table)} is in no section")
                if section == SHN_ABS:
                    place = ABSOLUTE
                elif section == 0:
                    place = UNDEFINED
                elif section < len(dense):
                    place = dense[section]
                else:
                    raise self.bad(f"symbol {title or len(table)} is in no section")
                if info >> 4 > 2:
                    raise self.bad(f"symbol {title or len(table)} has an unknown binding")
                if place >= 0 and value > obj.sections[place].size:
                    raise self.bad(f"symbol {title or len(table)} lies outside its section")
                table.append(Symbol(title, info >> 4, info & 15, place, value, symbol_size))


def write_object(obj: ObjectFile) -> bytes:
    """The object as ELF64 bytes; reading them gives an equal object, symbols sorted locals first."""
    kept = [k for k in range(1, len(obj.symbols)) if obj.symbols[k].section != DROPPED]
    order = sorted(kept, key=lambda k: obj.symbols[k].binding != LOCAL)
    number_of = {0: 0, **{old: new for new, old in enumerate(order, 1)}}
    locals_end = 1 + sum(obj.symbols[k].binding == LOCAL for k in order)

    names = Strings()
    file = bytearray(EHDR.size)
    headers: list[tuple[int, ...]] = []

    def put(
        name: str,
        kind: int,
        flags: int,
        align: int,
        data: Bytes,
        size: int,
        link: int = 0,
        info: int = 0,
        entry: int = 0,
    ) -> None:
        file.extend(bytes(-len(file) % align))
        headers.append((names.add(name), kind, flags, 0, len(file), size, link, info, align, entry))
        if kind != NOBITS:
            file.extend(data)

    # Our section k is number k+1; the tables follow, then one relocation section for each section that has any.
    section_base, symtab = 1, len(obj.sections) + 2
    headers.append((0,) * 10)
    for section in obj.sections:
        put(section.name, section.kind, section.flags, section.align, section.data, section.size)
    put(".note.GNU-stack", PROGBITS, 0, 1, b"", 0)

    strings = Strings()
    symbols = bytearray(SYM.size)
    extended = [0]
    for k in order:
        symbol = obj.symbols[k]
        place = {UNDEFINED: 0, ABSOLUTE: SHN_ABS}.get(symbol.section, symbol.section + section_base)
        wide = symbol.section >= 0 and place >= SHN_LORESERVE
        extended.append(place if wide else 0)
        info = symbol.binding << 4 | symbol.kind
        field = SHN_XINDEX if wide else place
        symbols += SYM.pack(strings.add(symbol.name), info, 0, field, symbol.value, symbol.size)
    put(".symtab", SYMTAB, 0, 8, symbols, len(symbols), symtab + 1, locals_end, SYM.size)
    put(".strtab", STRTAB, 0, 1, strings.data, len(strings.data))
    if any(extended):
        put(
            ".symtab_shndx", SYMTAB_SHNDX, 0, 4, struct.pack(f"<{len(extended)}I", *extended), 4 * len(extended), symtab
        )
        headers[-1] = (*headers[-1][:9], 4)
    for number, section in enumerate(obj.sections, section_base):
        if section.relocations:
            raw = b"".join(
                RELA.pack(at, number_of[sym] << 32 | kind, add) for at, kind, sym, add in section.relocations
            )
            put(".rela" + section.name, RELA_TYPE, INFO_LINK, 8, raw, len(raw), symtab, number, RELA.size)
    names.add(".shstrtab")
    put(".shstrtab", STRTAB, 0, 1, names.data, len(names.data))

    count, last = len(headers), len(headers) - 1
    wide_count, wide_last = count >= SHN_LORESERVE, last >= SHN_LORESERVE
    headers[0] = (0, 0, 0, 0, 0, count if wide_count else 0, last if wide_last else 0, 0, 0, 0)
    file.extend(bytes(-len(file) % 8))
    at = len(file)
    file.extend(b"".join(SHDR.pack(*header) for header in headers))
    shnum, shstrndx = 0 if wide_count else count, SHN_XINDEX if wide_last else last
    EHDR.pack_into(file, 0, IDENT, REL, X86_64, 1, 0, 0, at, 0, EHDR.size, 0, 0, SHDR.size, shnum, shstrndx)
    return bytes(file)


class Strings:
    """A string table under construction; equal names share their bytes."""

    __slots__ = ("_at", "data")

    def __init__(self) -> None:
        self.data = bytearray(1)
        self._at = {"": 0}

    def add(self, text: str) -> int:
        found = self._at.get(text)
        if found is None:
            found = self._at[text] = len(self.data)
            self.data += text.encode() + b"\0"
        return found
