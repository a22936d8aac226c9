"""Decide which sections are in the program: start at the entry, follow relocations, take archive members on demand.

A section that nothing reachable refers to is not linked, and an archive member that only such a section asks for is
never even parsed.  Explicit objects are always searched for symbols, archives in the order given; a weak definition
yields to a strong one; an undefined weak symbol is 0.  Undefined symbols are reported all at once, each with who asks.
Knows nothing of addresses.
"""

from __future__ import annotations

from compiler.link.places import LINKER_SYMBOLS
from compiler.object.errors import LinkError
from compiler.object.file import ABSOLUTE, DROPPED, LOCAL, RETAIN, SECTION, UNDEFINED, WEAK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from compiler.object.archive import Archive
    from compiler.object.file import ObjectFile, Symbol

SHOWN = 20  # undefined symbols named in one message


class Resolved:
    """The objects in link order, the live sections as (object number, section number), and the global symbols."""

    __slots__ = ("globals", "live", "objects")

    def __init__(self) -> None:
        self.objects: list[ObjectFile] = []
        self.live: list[tuple[int, int]] = []
        self.globals: dict[str, tuple[int, Symbol]] = {}


def resolve(objects: Sequence[ObjectFile], archives: Sequence[Archive], entry: str) -> Resolved:
    """What the program that starts at `entry` consists of.

    Errors: LINK-001 undefined symbols, LINK-002 duplicate symbol, LINK-004, LINK-006.
    """
    result = Resolved()
    order: list[tuple[int, int]] = []  # (archive, offset) of each object; explicit objects are archive -1
    for number, obj in enumerate(objects):
        order.append((-1, number))
        _define(result, obj)
    missing: dict[str, tuple[int, int]] = {}  # symbol -> the section that asks, (-1, -1) the command itself
    live: set[tuple[int, int]] = set()
    work: list[tuple[int, int]] = []

    def need(name: str, weak: bool, asker: tuple[int, int]) -> None:
        found = result.globals.get(name)
        if found is None and not weak and name not in LINKER_SYMBOLS:
            for rank, archive in enumerate(archives):
                offset = archive.index.get(name)
                if offset is not None and (rank, offset) not in order:
                    order.append((rank, offset))
                    _define(result, archive.member(offset))
                    break
            found = result.globals.get(name)
            if found is None:
                missing.setdefault(name, asker)
        if found is not None and found[1].section >= 0:
            mark((found[0], found[1].section))

    def mark(key: tuple[int, int]) -> None:
        if key not in live:
            live.add(key)
            work.append(key)

    need(entry, False, (-1, -1))
    for number, obj in enumerate(objects):
        for index, section in enumerate(obj.sections):
            if section.flags & RETAIN:
                mark((number, index))
    while work:
        asker = number, index = work.pop()
        obj = result.objects[number]
        section, symbols = obj.sections[index], obj.symbols
        for target in dict.fromkeys([relocation[2] for relocation in obj.check_relocations(section)]):
            symbol = symbols[target]
            if symbol.binding != LOCAL:
                need(symbol.name, symbol.binding == WEAK, asker)
            elif symbol.section >= 0:
                mark((number, symbol.section))
            elif symbol.section == DROPPED:
                raise LinkError(
                    "LINK-006", f"{obj.name}: {section.name} refers to {symbol.name or 'a part'} not loaded"
                )
    if missing:
        lines = [f"{name} ({_asker(result, asker)})" for name, asker in sorted(missing.items())]
        more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
        raise LinkError("LINK-001", "; ".join(lines[:SHOWN] + more))
    # Explicit objects in the order given, then members by their place in their archive, whatever asked for them first.
    result.live = sorted(live, key=lambda key: (order[key[0]], key[1]))
    return result


def _define(result: Resolved, obj: ObjectFile) -> None:
    number = len(result.objects)
    result.objects.append(obj)
    known = result.globals
    for symbol in obj.symbols:
        if symbol.binding == LOCAL or symbol.section == UNDEFINED or symbol.section == DROPPED:
            continue
        old = known.get(symbol.name)
        if old is None or (old[1].binding == WEAK and symbol.binding != WEAK):
            known[symbol.name] = (number, symbol)
        elif symbol.binding != WEAK and old[1].binding != WEAK:
            first = result.objects[old[0]]
            places = f"{_place(first, old[1])} and {_place(obj, symbol)}"
            raise LinkError("LINK-002", f"{symbol.name} is defined in {places}")


def _place(obj: ObjectFile, symbol: Symbol) -> str:
    if symbol.section == ABSOLUTE:
        return f"{obj.name} (absolute)"
    return f"{obj.name} ({obj.sections[symbol.section].name}+{symbol.value:#x})"


def _asker(result: Resolved, key: tuple[int, int]) -> str:
    """Who needs a symbol: the first named thing in the section that refers to it."""
    number, section = key
    if number < 0:
        return "the entry of the program"
    obj = result.objects[number]
    named = [s.name for s in obj.symbols if s.section == section and s.name and s.kind != SECTION]
    return f"needed by {obj.name}: {named[0] if named else obj.sections[section].name}"
