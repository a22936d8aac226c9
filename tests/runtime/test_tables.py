"""One ABI, written four times, is one ABI: the compiler's table, zr.h, the cffi binding, the panics and the reasons."""

from __future__ import annotations

import pathlib
import re

from compiler import errno_words, panics
from compiler.lir import runtime as abi
from runtime_c import build
from tests.runtime.hosted import ffi, lib

RUNTIME = pathlib.Path(build.HERE)
HEADER = (RUNTIME / "zr.h").read_text("utf-8")
C_TYPES = {"int64_t": "i64", "double": "f64", "void": "void", "size_t": "size"}
NEVER = set(re.findall(r"^void (zr_\w+)\(.*\) (?:ZR_NEVER|__attribute__\(\(noreturn\)\));", HEADER, re.M))


def _kind(declared: str) -> str:
    """i64, f64, ptr or void of a C parameter or result such as `const char *loc`."""
    if "*" in declared:
        return "ptr"
    return C_TYPES[declared.removeprefix("const ").split(" ")[0]]


def _declared() -> dict[str, tuple[tuple[str, ...], str]]:
    found = {}
    for line in build.declarations().splitlines():
        match = re.fullmatch(r"(\w[\w ]*[ *]+)(zr_\w+)\((.*)\);", line.strip())
        if match:
            params = () if match[3] == "void" else tuple(_kind(part.strip()) for part in match[3].split(","))
            result = "never" if match[2] in NEVER else _kind(match[1])
            found[match[2]] = (params, result)
    return found


def test_the_header_declares_what_compiled_code_calls() -> None:
    declared = _declared()
    assert len(declared) > len(abi.CALLS) > 30
    for row in abi.CALLS:
        assert declared[row.name] == (row.params, row.result), row.name


def test_cffi_binds_what_compiled_code_calls() -> None:
    kinds = {"int64_t": "i64", "double": "f64", "void": "void"}

    def kind(ctype: object) -> str:
        return kinds.get(ctype.cname, "ptr")  # type: ignore[attr-defined]

    for row in abi.CALLS:
        bound = ffi.typeof(getattr(lib, row.name))
        result = "void" if row.result == "never" else row.result
        assert (tuple(kind(arg) for arg in bound.args), kind(bound.result)) == (row.params, result), row.name


def test_the_layout_is_the_compilers() -> None:
    assert ffi.sizeof("zr_object") == abi.HEADER
    assert [ffi.offsetof("zr_object", name) for name in ("count", "tag", "desc")] == [
        abi.COUNT_OFFSET,
        abi.TAG_OFFSET,
        abi.DESC_OFFSET,
    ]
    for name in ("zr_text", "zr_array"):
        assert ffi.offsetof(name, "length") == abi.HEADER
    assert ffi.offsetof("zr_data", "fields") == ffi.offsetof("zr_list", "item") == abi.HEADER
    assert [ffi.offsetof("zr_desc", name) for name in ("kind", "count", "name", "fields")] == [0, 4, 8, 16]
    assert f"#define ZR_ARGS_WORDS {abi.ARGS_WORDS}\n" in HEADER
    assert f"#define ZR_HEADER {abi.HEADER}\n" in HEADER


def test_kinds_have_the_compilers_numbers() -> None:
    for prefix in ("DESC", "FIELD"):
        names = re.search(rf"enum {{ (ZR_{prefix}_[^}}]*) }};", HEADER)
        assert names is not None
        for number, name in enumerate(names[1].split(", ")):
            assert getattr(abi, name.removeprefix("ZR_")) == number


def test_data_symbols_are_declared() -> None:
    for name in abi.DATA:
        assert re.search(rf"^extern .*\b{name}\b", HEADER, re.M), name


def test_panics_are_the_compilers() -> None:
    text = (RUNTIME / "zr_panics.h").read_text("utf-8")
    rows = re.findall(r'ROW\((ZR_PANIC_\w+), +(\d+), (\d+), "([^"]*)"\)', text)
    found = {
        name.removeprefix("ZR_PANIC_").lower().replace("_", "-"): (int(number), int(status), message)
        for name, number, status, message in rows
    }
    assert found == panics.PANICS
    for name in ("STACK", "MEMORY", "DEADLOCK"):
        assert f"#define ZR_{name}_STATUS {getattr(panics, name + '_STATUS')}\n" in text
        assert f'#define ZR_{name}_LINE "{getattr(panics, name + "_LINE")}"\n' in text


def test_panic_numbers_index_the_table() -> None:
    assert [number for number, _, _ in panics.PANICS.values()] == list(range(len(panics.PANICS)))


def test_reasons_are_the_compilers() -> None:
    text = (RUNTIME / "zr_io.c").read_text("utf-8")
    rows = {int(number): words for number, words in re.findall(r'^    ROW\((\d+), "([^"]*)"\)', text, re.M)}
    assert rows == errno_words.WORDS


def test_only_one_file_makes_system_calls() -> None:
    users = {
        path.name
        for path in RUNTIME.glob("zr*.[ch]")
        if re.search(r'"\s*syscall|\bsyscall\\n', path.read_text("utf-8"))
    }
    assert users == {"zr_sys.h", "zr_start.c"}  # the signal's return can only be in assembly
    for path in RUNTIME.glob("zr*.[ch]"):
        included = set(re.findall(r"#include <([^>]*)>", path.read_text("utf-8")))
        assert included <= {"stddef.h", "stdint.h"}, path.name
