"""Bytes of x86-64: prefixes, REX, ModRM, SIB, displacements, labels, and jumps of the shortest form.

Code is a list of items: chunks of bytes, labels, alignments, and jumps whose length is found last: all begin
short and those that do not reach grow until nothing changes.  Knows no instruction beyond its opcode.
Source: Intel SDM volume 2, chapter 2 (formats) and appendix B.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.machine.code import Reloc

    Operand = tuple[int, int, int, int, str | int | None]

# Padding that is one instruction for each length; from the manual's table of recommended nops.
NOPS = (
    b"",
    b"\x90",
    b"\x66\x90",
    b"\x0f\x1f\x00",
    b"\x0f\x1f\x40\x00",
    b"\x0f\x1f\x44\x00\x00",
    b"\x66\x0f\x1f\x44\x00\x00",
    b"\x0f\x1f\x80\x00\x00\x00\x00",
    b"\x0f\x1f\x84\x00\x00\x00\x00\x00",
    b"\x66\x0f\x1f\x84\x00\x00\x00\x00\x00",
)
ALWAYS = -1  # the condition of a plain jump
_SCALE_BITS = {1: 0, 2: 0x40, 4: 0x80, 8: 0xC0}


class Assembler:
    """Collects items; `finish` lays them out."""

    __slots__ = ("buffer", "items", "offsets", "places", "relocs", "slots")

    def __init__(self, slots: list[int]) -> None:
        self.slots = slots  # offset from rsp of each frame slot
        self.buffer = bytearray()
        # bytes; (ALIGN,) ; (LABEL, name); (JUMP, condition, label)
        self.items: list[bytearray | tuple[int, ...]] = []
        self.relocs: list[tuple[int, int, str, str, int]] = []  # item, offset in it, kind, symbol, addend
        self.places: list[tuple[int, int, int]] = []  # item, offset in it, place
        self.offsets: dict[int, int] = {}

    # Items.

    def _flush(self) -> None:
        if self.buffer:
            self.items.append(self.buffer)
            self.buffer = bytearray()

    def label(self, name: int) -> None:
        self._flush()
        self.items.append((0, name))

    def jump(self, condition: int, label: int) -> None:
        self._flush()
        self.items.append((1, condition, label))

    def align(self, boundary: int) -> None:
        self._flush()
        self.items.append((2, boundary))

    def reloc(self, kind: str, symbol: str, addend: int) -> None:
        """A relocation of the four bytes to come (written as zeros)."""
        self.relocs.append((len(self.items), len(self.buffer), kind, symbol, addend))
        self.buffer += b"\0\0\0\0"

    def place(self, place: int) -> None:
        self.places.append((len(self.items), len(self.buffer), place))

    def raw(self, data: bytes) -> None:
        self.buffer += data

    # Instructions.

    def rr(self, opcode: bytes, reg: int, rm: int, *, w: int = 1, prefix: bytes = b"", byte_regs: bool = False) -> None:
        """opcode reg, rm with both in registers; registers are numbered within their class."""
        rex = w << 3 | (reg & 8) >> 1 | (rm & 8) >> 3
        out = self.buffer
        out += prefix
        if rex:
            out.append(0x40 | rex)
        elif byte_regs and (reg >= 4 or rm >= 4):
            out.append(0x40)
        out += opcode
        out.append(0xC0 | (reg & 7) << 3 | rm & 7)

    def rm(
        self,
        opcode: bytes,
        reg: int,
        m: Operand,
        regs: list[int],
        *,
        w: int = 1,
        prefix: bytes = b"",
        byte_regs: bool = False,
        tail: int = 0,
    ) -> None:
        """opcode reg, [m]; `regs` are base and index, `tail` the bytes of the immediate that follows."""
        has_base, has_index, scale, disp, symbol = m
        base = regs[0] if has_base else -1
        index = regs[-1] if has_index else -1
        if isinstance(symbol, int):
            disp += self.slots[symbol]
            symbol = None
            assert base < 0, "a frame slot takes no base"
            base = 4
        if index == 4:
            assert scale == 1 and base != 4
            base, index = index, base
        rex = w << 3 | (reg & 8) >> 1
        if index >= 0:
            rex |= (index & 8) >> 2
        if base >= 0:
            rex |= (base & 8) >> 3
        out = self.buffer
        out += prefix
        if rex:
            out.append(0x40 | rex)
        elif byte_regs and reg >= 4:
            out.append(0x40)
        out += opcode
        field = (reg & 7) << 3
        if base < 0 and index < 0:
            if symbol is not None:
                out.append(field | 5)
                self.reloc("pc32", symbol, disp - 4 - tail)
            else:
                out += bytes((field | 4, 0x25))
                out += disp.to_bytes(4, "little", signed=True)
            return
        if base < 0:
            out += bytes((field | 4, _SCALE_BITS[scale] | (index & 7) << 3 | 5))
            self._disp32(symbol, disp)
            return
        if symbol is not None:
            mode = 0x80
        elif disp == 0 and base & 7 != 5:
            mode = 0
        elif -128 <= disp <= 127:
            mode = 0x40
        else:
            mode = 0x80
        if index >= 0:
            out += bytes((mode | field | 4, _SCALE_BITS[scale] | (index & 7) << 3 | base & 7))
        elif base & 7 == 4:
            out += bytes((mode | field | 4, 0x24))
        else:
            out.append(mode | field | base & 7)
        if mode == 0x40:
            out.append(disp & 255)
        elif mode == 0x80:
            self._disp32(symbol, disp)

    def _disp32(self, symbol: str | None, disp: int) -> None:
        if symbol is not None:
            self.reloc("abs32s", symbol, disp)
        else:
            self.buffer += disp.to_bytes(4, "little", signed=True)

    # Layout.

    def finish(self) -> tuple[bytes, list[Reloc], list[tuple[int, int]]]:
        """The bytes, relocations and places; `offsets` then has every label."""
        self._flush()
        items, offsets = self.items, self.offsets
        long: set[int] = set()
        starts: list[int] = []
        while True:
            starts = []
            here = 0
            for k, item in enumerate(items):
                starts.append(here)
                if isinstance(item, bytearray):
                    here += len(item)
                elif item[0] == 0:
                    offsets[item[1]] = here
                elif item[0] == 1:
                    here += 2 if k not in long else 5 if item[1] == ALWAYS else 6
                else:
                    here += -here % item[1]
            grown = [
                k
                for k, item in enumerate(items)
                if not isinstance(item, bytearray)
                and item[0] == 1
                and k not in long
                and not -128 <= offsets[item[2]] - starts[k] - 2 <= 127
            ]
            if not grown:
                break
            long.update(grown)
        code = bytearray()
        for k, item in enumerate(items):
            if isinstance(item, bytearray):
                code += item
            elif item[0] == 1:
                distance = offsets[item[2]] - starts[k]
                if k not in long:
                    code.append(0xEB if item[1] == ALWAYS else 0x70 | item[1])
                    code.append(distance - 2 & 255)
                elif item[1] == ALWAYS:
                    code.append(0xE9)
                    code += (distance - 5).to_bytes(4, "little", signed=True)
                else:
                    code += bytes((0x0F, 0x80 | item[1]))
                    code += (distance - 6).to_bytes(4, "little", signed=True)
            elif item[0] == 2:
                padding = -len(code) % item[1]
                while padding > 0:
                    size = min(padding, 9)
                    code += NOPS[size]
                    padding -= size
        relocs = [(starts[k] + offset, kind, symbol, addend) for k, offset, kind, symbol, addend in self.relocs]
        places = [(starts[k] + offset, place) for k, offset, place in self.places if k < len(starts)]
        return bytes(code), relocs, places
