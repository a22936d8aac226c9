"""Bring a file into memory as a `SourceFile`, or say what is in the way.

The only place that reads source files.  Line ends stay as they are: offsets are the file's own.
Knows nothing of forms.
"""

from __future__ import annotations

import os

from compiler.diagnostics import SourceFile
from compiler.messages import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.diagnostics import Sink

LARGEST = 1 << 28  # bytes; a device or a pipe without end must not fill the memory


def read_bytes(path: str) -> bytes:
    """The file's bytes, or the names in a folder (a path that ends in a separator), sorted, with NUL between them.

    Every way this fails is an OSError.
    """
    if path.endswith(os.sep) and "\0" not in path:
        return b"\0".join(sorted(map(os.fsencode, os.listdir(path))))
    if "\0" in path:
        raise FileNotFoundError(2, "No such file or directory")
    with open(path, "rb", buffering=0) as stream:
        chunks = []
        room = LARGEST
        # A buffer is made for as much as is asked for; devices and pipes have no size.
        step = min(max(os.fstat(stream.fileno()).st_size + 1, 1 << 12), 1 << 20)
        while chunk := stream.read(step):
            chunks.append(chunk)
            room -= len(chunk)
            if room < 0:
                raise OSError(27, "File too large")
    return b"".join(chunks)


def reason(error: OSError) -> str:
    """Why the system refused, in lower case words."""
    text = error.strerror or (os.strerror(error.errno) if error.errno else str(error))
    return text[:1].lower() + text[1:]


def decode(id: int, path: str, data: str | bytes, sink: Sink) -> tuple[SourceFile, bool]:  # noqa: A002
    """The file's text; when it is not UTF-8, False and a text that is only good for showing the place."""
    if isinstance(data, str):
        return SourceFile(id, path, data), True
    try:
        return SourceFile(id, path, data.decode("utf-8")), True
    except UnicodeDecodeError as error:
        file = SourceFile(id, path, data.decode("utf-8", "replace"))
        place = len(data[: error.start].decode("utf-8"))
        byte = data[error.start]
        sink.add(parse.NOT_UTF8, file, place, place + 1, byte=f"0x{byte:02X}", offset=error.start)
        return file, False
