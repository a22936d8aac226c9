"""Runs encoded functions in this process: a page below 2 GiB, relocations applied, called through ctypes."""

from __future__ import annotations

import ctypes
import mmap
import struct

from compiler.machine.code import Code

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_MAP_32BIT = 0x40

# Destroys every caller-saved register but the result: what a call may do, it does.
_TRASH = b"".join(
    bytes.fromhex(code)
    for code in (
        "48c7c1efbeadde", "48c7c2efbeadde", "48c7c6efbeadde", "48c7c7efbeadde",
        "49c7c0efbeadde", "49c7c1efbeadde", "49c7c2efbeadde", "49c7c3efbeadde",
    )
)  # fmt: skip
_TRASH_VECTORS = b"".join(
    b"\x66" + bytes((0x48 | (n >> 3) << 2, 0x0F, 0x6E, 0xC0 | (n & 7) << 3 | 1)) for n in range(1, 16)
)
_HELPER = bytes.fromhex("488d0477") + _TRASH + b"\x66\x48\x0f\x6e\xc1" + _TRASH_VECTORS + b"\xc3"
_FLOAT_HELPER = bytes.fromhex("f20f5cc1") + _TRASH + b"\x48\xc7\xc0\xef\xbe\xad\xde" + _TRASH_VECTORS + b"\xc3"
# rdi: a function of (rsi, rdx, ...) moved down by one; calls it with marked callee-saved registers and stores 1 at
# `witness` when one of them or the stack's alignment came back wrong.
SAVED_MARKS = {"rbx": 1, "rbp": 2, "r12": 3, "r13": 4, "r14": 5, "r15": 6}


class Image:
    """Functions at low addresses; `call` runs one with its callee-saved registers watched."""

    def __init__(self, codes: list[Code]) -> None:
        blob = bytearray()
        symbols: dict[str, int] = {}
        fixups: list[tuple[int, str, str, int]] = []
        for name, code in (("helper", _HELPER), ("float_helper", _FLOAT_HELPER)):
            blob += bytes(-len(blob) % 16)
            symbols[name] = len(blob)
            blob += code
        for code in codes:
            blob += bytes(-len(blob) % 16)
            symbols[code.name] = base = len(blob)
            blob += code.bytes
            fixups.extend((base + offset, kind, symbol, addend) for offset, kind, symbol, addend in code.relocs)
        for code in codes:
            for datum in code.data:
                if datum.name in symbols:
                    continue
                blob += bytes(-len(blob) % datum.align)
                symbols[datum.name] = base = len(blob)
                blob += datum.bytes
                fixups.extend((base + offset, kind, symbol, addend) for offset, kind, symbol, addend in datum.relocs)
        blob += bytes(-len(blob) % 16)
        watch = len(blob)
        blob += self._watcher()
        self.size = len(blob)
        prot = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
        address = _libc.mmap(None, self.size, prot, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_32BIT, -1, 0)
        assert address is not None and address < 1 << 31, address
        self.base: int = address
        for offset, kind, symbol, addend in fixups:
            value = address + symbols[symbol] + addend
            if kind in ("pc32", "plt32"):
                struct.pack_into("<i", blob, offset, value - (address + offset))
            elif kind == "abs32s":
                struct.pack_into("<i", blob, offset, value)
            elif kind == "abs64":
                struct.pack_into("<q", blob, offset, value)
            else:
                raise NotImplementedError(kind)
        ctypes.memmove(address, bytes(blob), len(blob))
        self.symbols = symbols
        self.watch = address + watch

    @staticmethod
    def _watcher() -> bytes:
        """Saves callee-saved registers, marks them, calls r10, and traps if a mark or the stack is not as before.

        The function's address comes in r10's stead through the word before the code: [rip] of `target`.
        """
        push = bytes.fromhex("53 55 4154 4155 4156 4157")
        mark = bytes.fromhex("bb01000000 bd02000000 41bc03000000 41bd04000000 41be05000000 41bf06000000")
        # sub rsp,8 ; mov [rip+saved],rsp ; call [rip+target]
        body = push + bytes.fromhex("4883ec08") + mark
        checks = b"".join(
            bytes.fromhex(code) + b"\x74\x02\x0f\x0b"
            for code in ("4883fb01", "4883fd02", "4983fc03", "4983fd04", "4983fe05", "4983ff06")
        )
        tail = bytes.fromhex("4883c408 415f 415e 415d 415c 5d 5b c3")
        # The call goes through a word placed at a fixed distance before the code.
        header = 16
        here = header + len(body)
        call = b"\xff\x15" + struct.pack("<i", -(here + 6))
        return bytes(header) + body + call + checks + tail

    def call(self, name: str, args: list[int | float], result: str) -> int | float:
        """Run a function; integers and floats are passed as what they are."""
        ctypes.memmove(self.watch, struct.pack("<q", self.base + self.symbols[name]), 8)
        types = [ctypes.c_double if isinstance(arg, float) else ctypes.c_int64 for arg in args]
        returns = ctypes.c_double if result == "f64" else ctypes.c_int64
        function = ctypes.CFUNCTYPE(returns, *types)(self.watch + 16)
        answer: int | float = function(*args)
        return answer

    def close(self) -> None:
        _libc.munmap(self.base, self.size)


class Memory:
    """A buffer with a fixed address for loads and stores."""

    def __init__(self, size: int) -> None:
        self.buffer = ctypes.create_string_buffer(size + 64)
        self.address = (ctypes.addressof(self.buffer) + 63) // 64 * 64
        self.size = size

    def fill(self, data: bytes) -> None:
        ctypes.memmove(self.address, data, len(data))

    def read(self) -> bytes:
        return ctypes.string_at(self.address, self.size)
