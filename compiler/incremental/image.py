"""Machine code of instances to an executable: places become those of the files, then order, object, link.

A place in a kept instance is `function+line:column`, counted from the function's first line.  Texts of places, and the
names that end in one, are made whole here, so that code which only moved is never made again.  Functions and data are
in the order of their names: whatever was made anew, the bytes are the same.
"""

from __future__ import annotations

from compiler.digest import sha256
from compiler.lir.ops import Data
from compiler.machine.code import Code, CodeData

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

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
        for name, held, relocs, constants in code_rows:
            title = renamed.get(name, name)
            if title in codes:
                continue
            if renamed:
                relocs = [(at, kind, renamed.get(to, to), add) for at, kind, to, add in relocs]
            made = [CodeData(each, content, align, links) for each, content, align, links in constants]
            codes[title] = Code(title, held, relocs, made)
    return [codes[name] for name in sorted(codes)], [data[name] for name in sorted(data)]
