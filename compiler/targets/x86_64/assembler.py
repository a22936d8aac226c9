"""Bytes of x86-64: prefixes, REX, ModRM, SIB, displacements, labels, and jumps of the shortest form.

Jumps are collected as short ones, which nearly all are: then only their distances are missing in the end.  Else those
that do not reach grow until nothing changes, and the rest moves.  Knows no instruction beyond its opcode.
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
FURTHEST = 127  # that a short jump reaches forwards, counted from its end
LABEL, JUMP, ALIGN = range(3)
_SCALE_BITS = {1: 0, 2: 0x40, 4: 0x80, 8: 0xC0}


class Assembler:
    """Collects bytes as if every jump were short; `finish` makes them so, or lays them out anew."""

    __slots__ = ("buffer", "events", "offsets", "relocs", "slots")

    def __init__(self, slots: list[int]) -> None:
        self.slots = slots  # offset from rsp of each frame slot
        self.buffer = bytearray()
        # In order, each with its offset: (offset, LABEL, name, 0); (offset, JUMP, condition, label), 2 bytes;
        # (offset, ALIGN, boundary, bytes of padding).
        self.events: list[tuple[int, int, int, int]] = []
        self.relocs: list[Reloc] = []  # in order of their offsets
        self.offsets: dict[int, int] = {}

    # Items.

    def label(self, name: int) -> None:
        here = self.offsets[name] = len(self.buffer)
        self.events.append((here, LABEL, name, 0))

    def jump(self, condition: int, label: int) -> None:
        self.events.append((len(self.buffer), JUMP, condition, label))
        self.buffer += b"\0\0"

    def align(self, boundary: int) -> None:
        here = len(self.buffer)
        padding = -here % boundary
        self.events.append((here, ALIGN, boundary, padding))
        _pad(self.buffer, padding)

    def reloc(self, kind: str, symbol: str, addend: int) -> None:
        """A relocation of the four bytes to come (written as zeros)."""
        self.relocs.append((len(self.buffer), kind, symbol, addend))
        self.buffer += b"\0\0\0\0"

    def raw(self, data: bytes) -> None:
        self.buffer += data

    # Instructions.

    def rr(self, opcode: bytes, reg: int, rm: int, *, w: int = 1, prefix: bytes = b"", byte_regs: bool = False) -> None:
        """opcode reg, rm with both in registers; registers are numbered within their class."""
        rex = w << 3 | (reg & 8) >> 1 | (rm & 8) >> 3
        out = self.buffer
        if prefix:
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
        if prefix:
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

    def finish(self) -> tuple[bytes, list[Reloc]]:
        """The bytes and relocations; `offsets` then has every label."""
        buffer, offsets = self.buffer, self.offsets
        for at, kind, condition, label in self.events:
            if kind == JUMP:
                distance = offsets[label] - at - 2
                if not -128 <= distance <= FURTHEST:
                    return self._with_long_jumps()
                buffer[at] = 0xEB if condition == ALWAYS else 0x70 | condition
                buffer[at + 1] = distance & 255
        return bytes(buffer), self.relocs

    def _with_long_jumps(self) -> tuple[bytes, list[Reloc]]:
        """The same where not all jumps reach: those that do not grow until nothing changes."""
        events, offsets = self.events, self.offsets
        long: set[int] = set()
        starts: list[int] = []
        while True:
            starts = []
            shift = 0  # how much further everything is than in the buffer
            for k, (at, kind, what, more) in enumerate(events):
                here = at + shift
                starts.append(here)
                if kind == LABEL:
                    offsets[what] = here
                elif kind == ALIGN:
                    shift += -here % what - more
                elif k in long:
                    shift += 3 if what == ALWAYS else 4
            grown = [
                k
                for k, (_, kind, _, label) in enumerate(events)
                if kind == JUMP and k not in long and not -128 <= offsets[label] - starts[k] - 2 <= FURTHEST
            ]
            if not grown:
                break
            long.update(grown)
        return self._laid_out(starts, long)

    def _laid_out(self, starts: list[int], long: set[int]) -> tuple[bytes, list[Reloc]]:
        """The bytes and relocations with every event where `starts` says."""
        buffer, offsets = self.buffer, self.offsets
        code = bytearray()
        relocs: list[Reloc] = []
        done = 0
        for k, (at, kind, what, more) in enumerate(self.events):
            while len(relocs) < len(self.relocs) and self.relocs[len(relocs)][0] < at:
                offset, sort, symbol, addend = self.relocs[len(relocs)]
                relocs.append((offset - done + len(code), sort, symbol, addend))
            code += buffer[done:at]
            done = at
            if kind == JUMP:
                distance = offsets[more] - starts[k]
                done += 2
                if k not in long:
                    code.append(0xEB if what == ALWAYS else 0x70 | what)
                    code.append(distance - 2 & 255)
                elif what == ALWAYS:
                    code.append(0xE9)
                    code += (distance - 5).to_bytes(4, "little", signed=True)
                else:
                    code += bytes((0x0F, 0x80 | what))
                    code += (distance - 6).to_bytes(4, "little", signed=True)
            elif kind == ALIGN:
                done += more
                _pad(code, -len(code) % what)
        for offset, sort, symbol, addend in self.relocs[len(relocs) :]:
            relocs.append((offset - done + len(code), sort, symbol, addend))
        return bytes(code + buffer[done:]), relocs


def _pad(code: bytearray, padding: int) -> None:
    while padding > 0:
        size = min(padding, 9)
        code += NOPS[size]
        padding -= size
