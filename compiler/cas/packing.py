"""Compression of large text by zstd, from wherever Python has it; without it objects stay as they are.

Python brings zstd from 3.14; before that it is the package `zstandard`, which `zero` (isolated, without site) finds in
the environment that its Python belongs to.  Imported only where an object of a kind with `pack` is large enough.
"""

from __future__ import annotations

from compiler.cas.kinds import Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PLAIN, ZSTD = b"\0", b"z"
LEVEL = 3
LARGEST = 1 << 30  # bytes; no stream may unpack to more, whatever it says of itself


def _library() -> Any:
    """The package `zstandard`, or None."""
    try:
        import zstandard
    except ImportError:
        import os
        import sys

        version = "python{}.{}".format(*sys.version_info)
        place = os.path.join(os.path.dirname(os.path.dirname(sys.executable)), "lib", version, "site-packages")
        if place in sys.path or not os.path.isdir(os.path.join(place, "zstandard")):
            return None
        sys.path.append(place)
        try:
            import zstandard
        except ImportError:
            return None
        finally:
            sys.path.remove(place)
    return zstandard


def pack(payload: bytes) -> bytes:
    """The payload as it is stored: compressed where that makes it smaller."""
    library = _library()
    if library is None:
        return PLAIN + payload
    packed = library.ZstdCompressor(level=LEVEL, write_content_size=True).compress(payload)
    return ZSTD + packed if len(packed) < len(payload) else PLAIN + payload


def unpack(stored: bytes, size: int, name: str) -> bytes:
    """The payload of a stored object that is packed.  Errors: Fault."""
    if stored[:1] != ZSTD:
        raise Fault("CAS_OBJECT-006", name=name, why=f"it begins with {stored[:1].hex() or 'nothing'}", keep=False)
    library = _library()
    if library is None:
        raise Fault("CAS_OBJECT-006", name=name, why="the package zstandard is not installed", keep=True)
    if size > LARGEST:
        raise Fault("CAS_OBJECT-006", name=name, why="it is too large", keep=False)
    try:
        # One byte more than promised would show in the digest; a stream that unpacks to gigabytes stops there.
        payload: bytes = library.ZstdDecompressor().stream_reader(stored[1:]).read(size + 1)
    except library.ZstdError:
        raise Fault("CAS_OBJECT-006", name=name, why="its stream is broken", keep=False) from None
    if len(payload) < size:
        raise Fault("CAS_OBJECT-002", name=name)
    return payload
