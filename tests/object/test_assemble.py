"""Code and data become an object: own sections, private names, shared constants."""

from __future__ import annotations

import io

import pytest
from elftools.elf.elffile import ELFFile

from compiler.lir.ops import Data
from compiler.machine.code import Code, CodeData
from compiler.object.assemble import assemble
from compiler.object.elf import read_object, write_object
from compiler.object.file import GLOBAL, LOCAL, RELOCATIONS, UNDEFINED, ObjectFile

NONE: frozenset[str] = frozenset()


def code(name: str, relocs: list[tuple[int, str, str, int]], data: list[CodeData] | None = None) -> Code:
    return Code(name, bytes(16), relocs, data or [])


def targets(obj: ObjectFile, section: str) -> list[tuple[int, int, str, int]]:
    (found,) = [s for s in obj.sections if s.name == section]
    return [(at, kind, obj.symbols[symbol].name, add) for at, kind, symbol, add in found.relocations]


def test_names_are_private_unless_exported_and_unknown_ones_are_undefined() -> None:
    codes = [code("main.f", [(1, "plt32", "zr_new", -4), (6, "plt32", "zero_main", -4)]), code("zero_main", [])]
    obj = assemble(codes, [], "p.o", frozenset(("zero_main",)))
    by_name = {s.name: s for s in obj.symbols}
    assert by_name["main.f"].binding == LOCAL
    assert by_name["zero_main"].binding == GLOBAL
    assert (by_name["zr_new"].binding, by_name["zr_new"].section) == (GLOBAL, UNDEFINED)
    plt = RELOCATIONS["plt32"]
    assert targets(obj, ".text.main.f") == [(1, plt, "zr_new", -4), (6, plt, "zero_main", -4)]


def test_equal_constants_are_one_and_jump_tables_are_their_own() -> None:
    def f(name: str) -> Code:
        table = CodeData(name + ".table", bytes(8), 8, [(0, "abs64", name, 4)])
        return code(
            name, [(0, "pc32", "c", -4), (4, "abs32s", name + ".table", 0)], [CodeData("c", b"8 bytes.", 8), table]
        )

    obj = assemble([f("a"), f("b")], [], "p.o", NONE)
    assert sum(bytes(s.data) == b"8 bytes." for s in obj.sections) == 1
    first, second = (targets(obj, f".text.{name}") for name in "ab")
    assert first[0] == second[0]
    assert (first[1][2], second[1][2]) == (".a.table", ".b.table")
    tables = [s for s in obj.sections if s.relocations and s.name.startswith(".rodata")]
    assert [obj.symbols[s.relocations[0][2]].name for s in tables] == ["a", "b"]


def test_data_keeps_its_section_alignment_and_addresses() -> None:
    data = [Data("$t", ".data", bytes(24), [(8, "zr_desc_text", 0)], 8), Data("$p", ".rodata", b"x\0", [], 1)]
    elf = ELFFile(io.BytesIO(write_object(assemble([], data, "p.o", NONE))))
    section = elf.get_section_by_name(".data.$t")
    assert (section["sh_flags"], section["sh_addralign"], section["sh_size"]) == (3, 8, 24)
    assert elf.get_section_by_name(".rodata.$p")["sh_flags"] == 2
    (reloc,) = elf.get_section_by_name(".rela.data.$t").iter_relocations()
    assert (reloc["r_offset"], reloc["r_info_type"], reloc["r_addend"]) == (8, 1, 0)


def test_assembled_object_survives_writing() -> None:
    codes = [code("ƒ→λ", [(1, "tpoff32", "zr_args", 8)])]
    again = read_object(write_object(assemble(codes, [], "p.o", NONE)), "p.o")
    assert [s.name for s in again.symbols] == ["", "ƒ→λ", "zr_args"]
    assert targets(again, ".text.ƒ→λ") == [(1, RELOCATIONS["tpoff32"], "zr_args", 8)]


def test_a_name_defined_twice_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="f is defined twice"):
        assemble([code("f", []), code("f", [])], [], "p.o", NONE)
