"""Objects: what gcc made is read right, what we write is read by others, and damage is one clear error."""

from __future__ import annotations

import io
import pathlib
import subprocess

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given
from hypothesis import strategies as st

from compiler.link.link import link
from compiler.object.archive import Archive
from compiler.object.elf import read_object, write_object
from compiler.object.errors import LinkError
from compiler.object.file import (
    ALLOC,
    EXECUTE,
    FUNCTION,
    GLOBAL,
    LOCAL,
    NOBITS,
    OBJECT,
    PROGBITS,
    RELOCATIONS,
    RETAIN,
    WRITE,
    ObjectFile,
)
from tests.object.gcc import compile_c, make_archive

SOURCE = """
extern int far_away(int);
__thread int t = 3; __thread long u; int zeros[100]; static const char *const names[] = {"one", "two"};
int twice(int x) { return far_away(x) * 2 + t; }
const char *name(int k) { zeros[k]++; u++; return names[k]; }
"""


HELP = "int far_away(int x) { return x; }"


def facts(obj: ObjectFile) -> object:
    """Everything an object says, free of the numbering of symbols."""
    sections = [
        (s.name, s.kind, s.flags, s.align, s.size, bytes(s.data),
         [(at, kind, naming(obj, symbol), add) for at, kind, symbol, add in s.relocations])
        for s in obj.sections
    ]  # fmt: skip
    return sections, sorted(
        (s.name, s.binding, s.kind, s.section, s.value, s.size) for s in obj.symbols if s.section != -3
    )


def naming(obj: ObjectFile, symbol: int) -> tuple[str, int, int]:
    found = obj.symbols[symbol]
    return found.name, found.section, found.value


def test_gcc_object_is_read_as_pyelftools_reads_it() -> None:
    raw = compile_c(SOURCE)
    obj, other = read_object(raw, "t.o"), ELFFile(io.BytesIO(raw))
    for section in obj.sections:
        theirs = other.get_section_by_name(section.name)
        assert (theirs["sh_flags"], theirs["sh_addralign"], theirs["sh_size"]) == (
            section.flags,
            section.align,
            section.size,
        )
        if section.kind == PROGBITS:
            assert theirs.data() == bytes(section.data)
        relocations = other.get_section_by_name(".rela" + section.name)
        expected = [
            (r["r_offset"], r["r_info_type"], r["r_info_sym"], r["r_addend"])
            for r in (relocations.iter_relocations() if relocations else [])
        ]
        assert section.relocations == expected
    table = other.get_section_by_name(".symtab")
    assert [s.name for s in obj.symbols if s.name] == [
        s.name for s in table.iter_symbols() if s.name and s["st_info"]["type"] != "STT_SECTION"
    ]
    assert {".text.twice", ".text.name", ".tdata.t", ".tbss.u", ".bss.zeros"} <= {s.name for s in obj.sections}


def test_written_object_reads_back_equal() -> None:
    obj = read_object(compile_c(SOURCE), "t.o")
    assert facts(read_object(write_object(obj), "t.o")) == facts(obj)
    assert write_object(obj) == write_object(read_object(write_object(obj), "t.o"))


def test_readelf_and_ld_accept_what_we_write(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "ours.o"
    path.write_bytes(write_object(read_object(compile_c(SOURCE), "t.o")))
    shown = subprocess.run(["readelf", "-aW", path], capture_output=True, text=True, check=True)
    assert shown.stderr == ""
    joined = subprocess.run(["ld", "-r", path, "-o", tmp_path / "r.o"], capture_output=True, text=True, check=False)
    assert (joined.returncode, joined.stderr) == (0, "")


def test_locals_come_before_globals() -> None:
    obj = ObjectFile("t")
    section = obj.add_section(".text", PROGBITS, ALLOC | EXECUTE, 16, b"\xc3")
    obj.add_symbol("first", GLOBAL, FUNCTION, section, 0, 1)
    obj.add_symbol("second", LOCAL, FUNCTION, section, 0, 1)
    table = ELFFile(io.BytesIO(write_object(obj))).get_section_by_name(".symtab")
    assert [s.name for s in table.iter_symbols()] == ["", "second", "first"]
    assert table["sh_info"] == 2


def test_more_sections_than_fit_16_bits() -> None:
    obj = ObjectFile("many")
    for number in range(0xFF10):
        section = obj.add_section(f".data.{number}", PROGBITS, ALLOC | WRITE, 1, number.to_bytes(4, "little"))
        obj.add_symbol(f"d{number}", GLOBAL, OBJECT, section, 0, 4)
    raw = write_object(obj)
    other = ELFFile(io.BytesIO(raw))
    assert other.num_sections() > 0xFF10
    again = read_object(raw, "many")
    last = again.symbols[-1]
    assert last.name == f"d{0xFF10 - 1}"
    assert bytes(again.sections[last.section].data) == (0xFF10 - 1).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("source", "flags", "code"),
    [
        ("int shared;", ("-fcommon",), "LINK-006"),
        ("int x; __attribute__((constructor)) void f(void) { x++; }", (), "LINK-006"),
        ("static int a(void){return 1;} static void *r(void){return a;} int f(void) __attribute__((ifunc(\"r\")));",
         (), "LINK-006"),
    ],
)  # fmt: skip
def test_what_a_static_program_cannot_have_is_refused(source: str, flags: tuple[str, ...], code: str) -> None:
    with pytest.raises(LinkError) as caught:
        read_object(compile_c(source, *flags), "bad.o")
    assert caught.value.code == code
    assert "bad.o" in str(caught.value)


def every_error_is_clean(data: bytes) -> None:
    try:
        obj = read_object(data, "damaged.o")
        for section in obj.sections:
            obj.check_relocations(section)
            section.flags |= RETAIN  # so that every section is linked
        link([read_object(compile_c(HELP), "help.o"), obj], entry="twice")
    except LinkError as error:
        assert "damaged.o" in str(error) or "twice" in str(error) or "2 GiB" in str(error)


def test_truncated_objects_are_refused_cleanly() -> None:
    raw = compile_c(SOURCE)
    for length in range(0, len(raw), 7):
        every_error_is_clean(raw[:length])
    with pytest.raises(LinkError):
        read_object(raw[: len(raw) // 2], "damaged.o")


@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=8))
def test_damaged_objects_are_refused_cleanly(changes: list[tuple[int, int]]) -> None:
    raw = bytearray(compile_c(SOURCE))
    for at, value in changes:
        raw[at % len(raw)] = value
    every_error_is_clean(bytes(raw))


@given(st.integers(0, 30), st.integers(0, 63), st.integers(0, 2**32 - 1))
def test_damaged_section_headers_are_refused_cleanly(section: int, field: int, value: int) -> None:
    raw = bytearray(compile_c(SOURCE))
    table = int.from_bytes(raw[40:48], "little")
    at = min(table + 64 * section + field, len(raw) - 4)
    raw[at : at + 4] = value.to_bytes(4, "little")
    every_error_is_clean(bytes(raw))


def test_relocation_outside_its_section_is_refused() -> None:
    obj = ObjectFile("t.o")
    section = obj.add_section(".text", PROGBITS, ALLOC | EXECUTE, 1, b"\0\0\0\0")
    obj.sections[section].relocations.append((1, RELOCATIONS["pc32"], 0, 0))
    with pytest.raises(LinkError, match="outside"):
        obj.check_relocations(obj.sections[section])


def test_no_data_is_read_for_bss() -> None:
    obj = read_object(compile_c(SOURCE), "t.o")
    (bss,) = [s for s in obj.sections if s.name == ".bss.zeros"]
    assert (bss.kind, bss.size, bytes(bss.data)) == (NOBITS, 400, b"")


LONG = "a_member_with_a_name_beyond_sixteen_bytes.o"


@pytest.mark.parametrize("index", [True, False])
def test_archive_members_are_found_by_symbol(index: bool) -> None:
    members = {"one.o": compile_c("int one(void){return 1;}"), LONG: compile_c("int two; static int three;")}
    archive = Archive(make_archive(members, index=index), "t.a")
    assert set(archive.index) == {"one", "two"}
    assert archive.member(archive.index["one"]).name == "t.a(one.o)"
    assert archive.member(archive.index["two"]).name == f"t.a({LONG})"


def test_damaged_archives_are_refused_cleanly() -> None:
    raw = make_archive({"one.o": compile_c("int one(void){return 1;}"), LONG: compile_c("int two;")})
    for length in range(0, len(raw), 5):
        try:
            archive = Archive(raw[:length], "t.a")
            for offset in archive.index.values():
                archive.member(offset)
        except LinkError as error:
            assert error.code == "LINK-004"
    with pytest.raises(LinkError):
        Archive(b"!<thin>\n", "t.a")


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=6))
def test_changed_archives_are_refused_cleanly(changes: list[tuple[int, int]]) -> None:
    raw = bytearray(make_archive({"one.o": compile_c("int one(void){return 1;}"), LONG: compile_c("int two;")}))
    for at, value in changes:
        raw[at] = value
    try:
        archive = Archive(bytes(raw), "t.a")
        for offset in archive.index.values():
            archive.member(offset)
    except LinkError as error:
        assert error.code in ("LINK-004", "LINK-006")
