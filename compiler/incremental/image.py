"""Machine code of instances to the objects of a program: places become those of the files, then order, then objects.

A place in a kept instance is `function+line:column`, counted from the function's first line.  Texts of places, and the
names that end in one, are made whole here, so that code which only moved is never made again.  Functions and data are
in the order of their names: whatever was made anew, the bytes are the same.
"""

from __future__ import annotations

from compiler.digest import sha256
from compiler.lir.ops import Data
from compiler.machine.code import Code, CodeData
from compiler.object.units import OWN_DATA, home, reached, read, row, shared, unit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from compiler.object.file import ObjectFile

PLACE = "$place."
CLOSURE = "$function."


def resolve(
    rows: Iterable[tuple[Any, ...]], place_of: Callable[[str], tuple[str, int]]
) -> tuple[list[Code], list[Data]]:
    """The codes and data of `native` rows; `place_of` gives a function's file and first line."""
    codes: dict[str, Code] = {}
    data: dict[str, Data] = {}

    def absolute(place: str) -> str:
        name, _, rest = place.rpartition("+")
        if not name:
            return place
        line, _, column = rest.partition(":")
        path, first = place_of(name)
        return f"{path}:{first + int(line)}:{column}"

    for code_rows, data_rows, placed in rows:
        renamed: dict[str, str] = {}
        for name, place in placed:
            renamed[name] = name[: -len(place)] + absolute(place)
            renamed[CLOSURE + name] = CLOSURE + renamed[name]
        for name, section, held, relocs, align in data_rows:
            title, content = name, held
            if name.startswith(PLACE):
                content = absolute(held[:-1].decode()).encode() + b"\0"
                title = f"{PLACE}{sha256(content).hexdigest()[:16]}"
                renamed[name] = title
            title = renamed.get(title, title)
            if title not in data:
                if renamed:
                    relocs = [(at, renamed.get(to, to), add) for at, to, add in relocs]
                data[title] = Data(title, section, content, relocs, align)
        for code in map(read_code, code_rows):
            code.name = renamed.get(code.name, code.name)
            if renamed:
                code.relocs = [(at, kind, renamed.get(to, to), add) for at, kind, to, add in code.relocs]
            codes.setdefault(code.name, code)
    return list(codes.values()), list(data.values())


def code_row(code: Code) -> tuple[Any, ...]:
    """Machine code as plain data."""
    return code.name, bytes(code.bytes), code.relocs, [(d.name, bytes(d.bytes), d.align, d.relocs) for d in code.data]


def read_code(found: tuple[Any, ...]) -> Code:
    name, held, relocs, constants = found
    return Code(name, held, relocs, [CodeData(*each) for each in constants])


def data_row(datum: Data) -> tuple[Any, ...]:
    """Static data as plain data."""
    return datum.name, datum.section, bytes(datum.bytes), datum.relocs, datum.align


def native_row(codes: list[Code], data: list[Data], placed: list[tuple[str, str]]) -> tuple[Any, ...]:
    """What `native` answers; `placed` are the functions whose names end in a place."""
    return [code_row(code) for code in codes], [data_row(datum) for datum in data], placed


def unit_row(prefix: str, codes: list[Code], data: list[Data]) -> tuple[Any, ...]:
    """A module's object, and what it has of the shared one: code and data that other modules may have, too."""
    known = {datum.name: datum for datum in data}
    own = [code for code in codes if home(code.name) == prefix]
    common = sorted([code for code in codes if home(code.name) != prefix], key=lambda code: code.name)
    names = {datum.name for datum in reached(common, known)}
    for datum in data:
        if not datum.name.startswith(OWN_DATA):
            names.update([datum.name, *[to for _, to, _ in datum.relocs if to.startswith(OWN_DATA)]])
    made = row(unit(prefix, own, known))
    return made, [code_row(code) for code in common], [data_row(known[name]) for name in sorted(names)]


def objects_of(
    units: Iterable[tuple[Any, ...]], entry: list[Code], data_of_entry: list[Data], exported: frozenset[str]
) -> list[ObjectFile]:
    """The objects of a program, out of the rows of its modules and what starts it."""
    found = []
    codes = {code.name: code for code in entry}
    known = {datum.name: datum for datum in data_of_entry}
    for made, common, data in units:
        found.append(read(made))
        for each in common:
            if each[0] not in codes:
                codes[each[0]] = read_code(each)
        for each in data:
            if each[0] not in known:
                known[each[0]] = Data(*each)
    return [*found, shared(codes.values(), known, exported)]
