"""SHA-256, and BLAKE2 where only equality matters, without hashlib, whose import costs as much as ten megabytes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import blake2b as blake2b
    from hashlib import sha256 as sha256
else:
    try:
        from _blake2 import blake2b
    except ImportError:
        from hashlib import blake2b  # built without
    try:
        from _sha2 import sha256  # Python 3.12 and later
    except ImportError:
        try:
            from _sha256 import sha256
        except ImportError:
            from hashlib import sha256  # built without either

BRIEF = 16  # bytes


def brief(data: bytes) -> bytes:
    """What stands for these bytes where only their equality matters; four times as fast as SHA-256."""
    return blake2b(data, digest_size=BRIEF).digest()


__all__ = ["BRIEF", "brief", "sha256"]
