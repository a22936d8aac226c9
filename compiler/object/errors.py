"""Everything that can be wrong with an object file or a link, one row each.

These are not diagnostics of a 0x0 program: they name a file or a symbol, not a place in a source.  Whoever calls
the linker prints `error[CODE]: text`.  To add one, add a row here and a test in `tests/link/` that makes it fire.
"""

from __future__ import annotations

# code -> (the condition, what to do about it)
ERRORS: dict[str, tuple[str, str]] = {
    "LINK-001": ("undefined symbol", "add the object or the archive that defines it"),
    "LINK-002": ("duplicate symbol", "two inputs define it; keep one, or make one of them weak or static"),
    "LINK-003": ("relocation out of range", "the value does not fit its field; the image must stay below 2 GiB"),
    "LINK-004": ("bad object file", "the file is truncated or damaged; build it again"),
    "LINK-005": ("unsupported relocation", "compile with -fno-pic -fno-pie -ftls-model=local-exec"),
    "LINK-006": ("unsupported object feature", "compile C with -ffreestanding -fno-common, without constructors"),
}


class LinkError(Exception):
    """An input that the linker cannot use: the code's row says what kind, the text says which."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{ERRORS[code][0]}: {text}")
        self.code = code
        self.text = text

    @property
    def help(self) -> str:
        return ERRORS[self.code][1]
