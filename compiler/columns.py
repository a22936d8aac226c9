"""Lists of ints at rest, in as few bytes as their values need: what forms and HIR are kept in between phases.

    [3, 900, 7, -5]  ──▶  H 3 900 7 0      two bytes each, and beside them the few that do not fit: at 3, -5

A list of Python's costs 8 bytes an element and 28 more for each int above 256, which is what every offset is.  Packing
and unpacking are single calls over whole columns (`struct` takes a fifth of what `array` does).  Ints are of 64 bits,
signed or not.  Knows nothing of what a column means.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    Column = bytes | tuple[bytes, bytes, bytes]  # the width's letter and the numbers; places and values that do not fit

_CODES = ("B", "H", "I")
_WIDTH = {"B": 1, "H": 2, "I": 4, "q": 8}
_ODD = 18  # bytes of one that does not fit: its place and its value
_LONG = {"H": 4096, "I": 256}  # columns that are worth a look for a few that are wider than all others
_WORD = 1 << 64
_OFTEN = 200  # values of columns whose format is worth keeping: those of most functions
_FORMS: dict[tuple[str, int], struct.Struct] = {}


def pack(values: list[int]) -> Column:
    """The column as bytes, or (bytes, places, values of those that do not fit in these)."""
    try:
        return b"B" + bytes(values)
    except ValueError:
        pass
    for code in ("H", "I"):
        try:
            packed = _pack(code, values)
        except struct.error:
            continue
        return _narrower(code, packed, values) if len(values) > _LONG[code] else packed
    return _narrower("", b"", values)


def _pack(code: str, values: list[int]) -> bytes:
    # Not `struct.pack`: it remembers a hundred formats, and each length is one.
    count = len(values)
    if count > _OFTEN:
        return struct.Struct(f"=c{count}{code}").pack(code.encode(), *values)
    form = _FORMS.get((code, count))
    if form is None:
        form = _FORMS[code, count] = struct.Struct(f"=c{count}{code}")
    return form.pack(code.encode(), *values)


def _narrower(fits: str, packed: bytes, values: list[int]) -> Column:
    """The smallest: `packed`, in which all values fit, or a narrower column without a few of them."""
    size = len(packed) if fits else len(values) * _ODD
    chosen = ""
    for code in _CODES:
        if code == fits:
            break
        cost = _WIDTH[code] * len(values) + _ODD * _wider(fits, packed, code, values)
        if cost < size or not (fits or chosen):
            size, chosen = cost, code
    return _split(chosen, values) if chosen else packed


def _wider(fits: str, packed: bytes, code: str, values: list[int]) -> int:
    """How many values do not fit a width."""
    if not fits:
        limit = 1 << 8 * _WIDTH[code]
        return sum([not 0 <= value < limit for value in values])
    # In `packed`, byte k of every value is every `width`th; the bytes above the narrower width, taken together, say it.
    above, width = 0, _WIDTH[fits]
    for k in range(_WIDTH[code], width):
        above |= int.from_bytes(packed[1 + k :: width], "little")
    return len(values) - above.to_bytes(len(values), "little").count(0)


def _split(code: str, values: list[int]) -> Column:
    limit = 1 << 8 * _WIDTH[code]
    odd = [place for place, value in enumerate(values) if not 0 <= value < limit]
    rest = list(values)
    for place in odd:
        rest[place] = 0
    # A value that needs the 64th bit is kept below zero, and its place is, too, to tell it from those that are.
    high = [place for place in odd if values[place] >= _WORD >> 1]
    places = [~place if values[place] >= _WORD >> 1 else place for place in odd] if high else odd
    wide = [values[place] - _WORD if values[place] >= _WORD >> 1 else values[place] for place in odd]
    return _pack(code, rest), _pack("q", places), _pack("q", wide)


def unpack(column: Column) -> list[int]:
    """The list again."""
    if isinstance(column, bytes):
        return _view(column).tolist()
    values = _view(column[0]).tolist()
    for place, value in zip(_view(column[1]), _view(column[2]), strict=True):
        if place < 0:
            values[~place] = value + _WORD
        else:
            values[place] = value
    return values


def element(column: Column, at: int) -> int:
    """One element of the list."""
    return _view(column)[at] if isinstance(column, bytes) else unpack(column)[at]


def _view(packed: bytes) -> memoryview:
    view = memoryview(packed)[1:]
    return view if packed[0] == 66 else view.cast(chr(packed[0]))  # type: ignore[call-overload]  # one of our letters


def size(column: Column) -> int:
    """Bytes of the numbers."""
    return sum(map(len, column)) if isinstance(column, tuple) else len(column)
