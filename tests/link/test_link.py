"""Programs of real gcc objects, linked by us: they run, others read them, and every mistake has its code."""

from __future__ import annotations

import io
import pathlib
import re
import subprocess

import pytest
from elftools.elf.elffile import ELFFile

from compiler.link.link import link
from compiler.link.places import LINKER_SYMBOLS
from compiler.object.archive import Archive
from compiler.object.elf import read_object, write_object
from compiler.object.errors import ERRORS, LinkError
from compiler.object.file import (
    ALLOC,
    EXECUTE,
    FUNCTION,
    GLOBAL,
    PROGBITS,
    RELOCATIONS,
    ObjectFile,
)
from tests.object.gcc import START, compile_c, make_archive

MAIN = """
void put(const char *s, long n);
int square(int);
__thread int t1 = 41; __thread long t2; __thread char big[100] __attribute__((aligned(32)));
int data_word = 5; int zeros[1000]; static const char *const table[] = {"hi\\n", "yo\\n"};
long zero_main(void) {
  t2 += 1; t1++; big[3] = 7; zeros[999] = 1; put(table[1], 3);
  return t1 + t2 + data_word + zeros[999] + big[3] + square(3) + (((long)big & 31) ? 100 : 0);
}
"""
SQUARE = "int square(int x) { return x * x; }"


def read(source: str, name: str) -> ObjectFile:
    return read_object(compile_c(source), name)


def run(program: bytes, folder: pathlib.Path) -> tuple[int, bytes]:
    path = folder / "program"
    path.write_bytes(program)
    path.chmod(0o755)
    done = subprocess.run([path], capture_output=True, check=False, timeout=60)
    return done.returncode, done.stdout


def test_program_of_three_objects_runs(tmp_path: pathlib.Path) -> None:
    program = link([read(START, "start.o"), read(MAIN, "main.o"), read(SQUARE, "square.o")])
    # 42 + 1 + 5 + 1 + 7 + 9
    assert run(program, tmp_path) == (65, b"yo\n")


def test_archive_gives_the_same_program_for_any_asker(tmp_path: pathlib.Path) -> None:
    other = "extern int missing(void); int never_called(void) { return missing(); }"
    archive = {
        "a.o": compile_c(SQUARE),
        "b.o": compile_c(other),
        "s.o": compile_c(START),
    }
    program = link([read(MAIN, "main.o")], archives=[Archive(make_archive(archive), "lib.a")])
    assert run(program, tmp_path)[0] == 65
    assert b"never_called" not in program
    unindexed = link([read(MAIN, "main.o")], archives=[Archive(make_archive(archive, index=False), "lib.a")])
    assert unindexed == program


def test_same_symbols_and_behaviour_as_gnu_ld(tmp_path: pathlib.Path) -> None:
    """GNU ld links objects that we wrote; both programs do the same and keep the same functions and sizes."""
    names = []
    for name, source in (("start", START), ("main", MAIN), ("square", SQUARE)):
        path = tmp_path / f"{name}.o"
        path.write_bytes(write_object(read(source, name)))
        names.append(str(path))
    ours = link([read_object(pathlib.Path(name).read_bytes(), name) for name in names])
    values = {s.name: s["st_value"] for s in ELFFile(io.BytesIO(ours)).get_section_by_name(".symtab").iter_symbols()}
    tls = next(s for s in ELFFile(io.BytesIO(ours)).iter_segments() if s["p_type"] == "PT_TLS")
    assert values["__zr_tls_size"] % tls["p_align"] == 0
    script = f"--defsym=__zr_tls_size={values['__zr_tls_size']}"
    theirs = tmp_path / "theirs"
    # ld's own names for the thread image: the start and end of .tdata.
    (tmp_path / "s.ld").write_text(
        "SECTIONS { .tdata : { __zr_tls_start = .; *(.tdata .tdata.*) __zr_tls_end = .; } } INSERT BEFORE .tbss;"
    )
    command = ["ld", "--gc-sections", script, "-T", str(tmp_path / "s.ld"), *names, "-o", str(theirs)]
    subprocess.run(command, check=True, capture_output=True)
    assert run(theirs.read_bytes(), tmp_path) == run(ours, tmp_path)

    def functions(data: bytes) -> dict[str, int]:
        table = ELFFile(io.BytesIO(data)).get_section_by_name(".symtab")
        return {s.name: s["st_size"] for s in table.iter_symbols() if s["st_info"]["type"] == "STT_FUNC"}

    assert functions(ours) == functions(theirs.read_bytes())


def test_shape_of_the_executable(tmp_path: pathlib.Path) -> None:
    program = link([read(START, "start.o"), read(MAIN, "main.o"), read(SQUARE, "square.o")])
    path = tmp_path / "p"
    path.write_bytes(program)
    shown = subprocess.run(["readelf", "-aW", path], capture_output=True, text=True, check=True)
    assert shown.stderr == ""
    assert "arning" not in shown.stdout
    elf = ELFFile(io.BytesIO(program))
    loads = [s.header for s in elf.iter_segments() if s["p_type"] == "PT_LOAD"]
    assert [s["p_flags"] for s in loads] == [4, 5, 6]
    pages = [set(range(s["p_vaddr"] >> 12, (s["p_vaddr"] + s["p_memsz"] + 4095) >> 12)) for s in loads]
    assert not (pages[0] & pages[1] or pages[1] & pages[2])
    assert all(s["p_offset"] % 4096 == s["p_vaddr"] % 4096 for s in loads)
    assert loads[2]["p_filesz"] > 0
    (stack,) = [s for s in elf.iter_segments() if s["p_type"] == "PT_GNU_STACK"]
    assert stack["p_flags"] == 6
    for symbol in elf.get_section_by_name(".symtab").iter_symbols():
        if symbol["st_info"]["type"] == "STT_FUNC":
            section = elf.get_section(symbol["st_shndx"])
            assert section.name == ".text"
            assert section["sh_addr"] <= symbol["st_value"] < section["sh_addr"] + section["sh_size"]


def test_a_program_without_data_has_a_writable_segment_in_its_file(tmp_path: pathlib.Path) -> None:
    code = '__asm__(".globl _start\\n_start: mov $60,%eax\\n mov $9,%edi\\n syscall\\n");'
    program = link([read(code, "t.o")])
    assert run(program, tmp_path)[0] == 9
    (writable,) = [
        s for s in ELFFile(io.BytesIO(program)).iter_segments() if s["p_flags"] == 6 and s["p_type"] == "PT_LOAD"
    ]
    assert writable["p_filesz"] > 0


def test_same_inputs_same_bytes() -> None:
    def build() -> bytes:
        archive = Archive(make_archive({"a.o": compile_c(SQUARE), "s.o": compile_c(START)}), "lib.a")
        return link([read(MAIN, "main.o")], archives=[archive])

    assert build() == build()


@pytest.mark.parametrize("calls", ["a() + b()", "b() + a()"])
def test_members_keep_the_order_of_their_archive(calls: str) -> None:
    main = f"int a(void); int b(void); long zero_main(void) {{ return {calls}; }}"
    members = {"s.o": START, "a.o": "int a(void) { return 1; }", "b.o": "int b(void) { return 2; }"}
    archive = Archive(make_archive({name: compile_c(text) for name, text in members.items()}), "lib.a")
    elf = ELFFile(io.BytesIO(link([read(main, "m.o")], archives=[archive])))
    at = {s.name: s["st_value"] for s in elf.get_section_by_name(".symtab").iter_symbols()}
    assert at["zero_main"] < at["_start"] < at["a"] < at["b"]


def test_unused_sections_and_their_needs_are_dropped() -> None:
    extra = "extern int nowhere(void); int unused(void) { return nowhere(); } int unused_data[9] = {1};"
    program = link([read(START, "s"), read(MAIN, "m"), read(SQUARE + extra, "q")])
    assert b"unused" not in program
    assert b"nowhere" not in program


def test_weak_definitions_yield_and_weak_uses_are_zero(tmp_path: pathlib.Path) -> None:
    main = """
    __attribute__((weak)) int absent(void); __attribute__((weak)) int chosen(void) { return 1; }
    long zero_main(void) { return chosen() + (absent ? 10 : 20); }
    """
    objects = [read(START, "s"), read(main, "m"), read("int chosen(void) { return 2; }", "c")]
    assert run(link(objects), tmp_path)[0] == 22
    assert run(link(list(reversed(objects))), tmp_path)[0] == 22


def code_at(kind: str, addend: int = 0, *, number: int | None = None) -> ObjectFile:
    """An object whose code begins with one relocation against itself."""
    obj = ObjectFile("t.o")
    section = obj.add_section(".text", PROGBITS, ALLOC | EXECUTE, 16, bytes(8))
    target = obj.add_symbol("_start", GLOBAL, FUNCTION, section, 0, 8)
    obj.sections[section].relocations.append((0, RELOCATIONS[kind] if number is None else number, target, addend))
    return obj


@pytest.mark.parametrize(
    ("kind", "addend", "fits"),
    [
        ("pc32", 2**31 - 1, True),
        ("pc32", 2**31, False),
        ("pc32", -(2**31), True),
        ("pc32", -(2**31) - 1, False),
        ("abs32", 2**32 - 0x401001, True),
        ("abs32", 2**32 - 0x401000, False),
        ("abs32", -0x401001, False),
        ("abs32s", 2**31 - 0x401001, True),
        ("abs32s", 2**31 - 0x401000, False),
        ("abs32s", -(2**31) - 0x401000, True),
        ("abs32s", -(2**31) - 0x401001, False),
        ("abs64", 2**62, True),
        ("pc64", -(2**62), True),
    ],
)
def test_fields_hold_what_fits_and_refuse_the_rest(kind: str, addend: int, fits: bool) -> None:
    """The code is at 0x401000: headers and no constants before it."""
    if fits:
        program = link([code_at(kind, addend)])
        text = ELFFile(io.BytesIO(program)).get_section_by_name(".text")
        assert text["sh_addr"] == 0x401000
        base = 0 if kind.startswith("pc") else 0x401000
        size = 8 if kind.endswith("64") else 4
        assert int.from_bytes(text.data()[:size], "little") == (base + addend) % (1 << 8 * size)
    else:
        with pytest.raises(LinkError) as caught:
            link([code_at(kind, addend)])
        assert caught.value.code == "LINK-003"
        assert "_start" in str(caught.value)
        assert "t.o" in str(caught.value)


def test_thread_offsets_count_down_from_the_pointer(tmp_path: pathlib.Path) -> None:
    source = """
    static __thread char pad[5] = {1}; __thread char tail[3];
    __thread long aligned __attribute__((aligned(64))) = 0x1234;
    long zero_main(void) { return aligned == 0x1234 && pad[0] == 1 && !tail[2] && ((long)&aligned & 63) == 0 ? 7 : 8; }
    """
    assert run(link([read(START, "s"), read(source, "m")]), tmp_path)[0] == 7


def undefined() -> bytes:
    return link([read("extern int gone(void); void _start(void) { gone(); }", "asker.o")])


def duplicate() -> bytes:
    return link([read("int twice; void _start(void) {}", "first.o"), read("int twice;", "second.o")])


def too_far() -> bytes:
    return link([code_at("pc32", 2**31)])


def damaged() -> bytes:
    return link([read_object(b"\x7fELF", "torn.o")])


def unknown_relocation() -> bytes:
    return link([code_at("none", number=9)])


def common() -> bytes:
    return link([read_object(compile_c("int shared;", "-fcommon"), "common.o")])


@pytest.mark.parametrize(
    ("cause", "code", "words"),
    [
        (undefined, "LINK-001", "gone .*asker.o: _start"),
        (duplicate, "LINK-002", r"twice .*first.o .*second.o"),
        (too_far, "LINK-003", "does not fit pc32"),
        (damaged, "LINK-004", "torn.o"),
        (unknown_relocation, "LINK-005", "type 9 .*_start"),
        (common, "LINK-006", "shared"),
    ],
)
def test_every_mistake_has_its_code(cause: object, code: str, words: str) -> None:
    assert callable(cause)
    with pytest.raises(LinkError) as caught:
        cause()
    assert caught.value.code == code
    assert re.search(words, str(caught.value)), caught.value
    assert caught.value.help


def test_every_code_has_a_test() -> None:
    text = pathlib.Path(__file__).read_text("utf-8")
    assert [code for code in ERRORS if f'"{code}"' not in text] == []


def test_undefined_entry_says_so() -> None:
    with pytest.raises(LinkError, match=r"_start .*the entry"):
        link([read("int x;", "t.o")])


def test_linker_symbols_are_defined_when_used(tmp_path: pathlib.Path) -> None:
    uses = "".join(f"extern char {name}[];" for name in LINKER_SYMBOLS)
    test = "__bss_start <= _end && _etext < _edata && *(int *)__ehdr_start == 0x464c457f && (long)__zr_tls_align == 1"
    main = f"{uses} long zero_main(void) {{ return {test}; }}"
    assert run(link([read(START, "s"), read(main, "m")]), tmp_path)[0] == 1


def test_local_symbols_of_two_objects_do_not_meet(tmp_path: pathlib.Path) -> None:
    one = "static int hidden = 3; int first(void) { return hidden++; }"
    two = "static int hidden = 4; int first(void); long zero_main(void) { return first() * 10 + hidden++; }"
    assert run(link([read(START, "s"), read(one, "a"), read(two, "b")]), tmp_path)[0] == 34
