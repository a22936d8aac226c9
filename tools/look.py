"""Look at the report as a browser shows it: light, dark, narrow and print, in Debian's Chromium.

Writes the pictures to build/look/ and fails when one is blank, or when the narrow page is wider than its window.
`python tools/look.py [PAGE]`; the default is the newest report.  Knows nothing of what the report says.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "look"
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
    "--hide-scrollbars",
]
# name, width, height, further flags
VIEWS = (
    ("light", 1100, 1600, ()),
    ("dark", 1100, 1600, ("--blink-settings=preferredColorScheme=0",)),
    ("narrow", 500, 1600, ()),
)


def chromium(*flags: str) -> None:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        print("tools/look.py: error[ENVIRONMENT]: chromium is missing", file=sys.stderr)
        print("help: sudo apt-get install -y chromium", file=sys.stderr)
        raise SystemExit(6)
    with tempfile.TemporaryDirectory(prefix="look-") as profile:
        subprocess.run(
            [program, *QUIET, f"--user-data-dir={profile}", *flags], check=True, capture_output=True, timeout=120
        )


def pixels(path: Path) -> tuple[int, int, set[bytes]]:
    """Width, height and the different bytes rows of a PNG: enough to tell a page from a blank one."""
    data = path.read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    packed = b""
    at = 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + size]
        at += size + 12
    raw = zlib.decompress(packed)
    stride = len(raw) // height
    return width, height, {raw[row * stride : (row + 1) * stride] for row in range(height)}


def main(arguments: list[str]) -> int:
    pages = sorted((ROOT / "reports" / "out").glob("*/index.html"), key=lambda p: p.stat().st_mtime_ns)
    if not arguments and not pages:
        print("tools/look.py: error[REPORT_NO_RESULT]: there is no report; help: make release", file=sys.stderr)
        return 5
    page = Path(arguments[0]).resolve() if arguments else pages[-1]
    OUT.mkdir(parents=True, exist_ok=True)
    for name, width, height, flags in VIEWS:
        picture = OUT / f"{name}.png"
        picture.unlink(missing_ok=True)
        chromium(*flags, f"--window-size={width},{height}", f"--screenshot={picture}", page.as_uri())
        seen_width, seen_height, rows = pixels(picture)
        if (seen_width, seen_height) != (width, height) or len(rows) < 100:
            print(f"{picture}: error[LOOK_BLANK]: {len(rows)} different rows of pixels", file=sys.stderr)
            return 3
    document = OUT / "print.pdf"
    chromium("--no-pdf-header-footer", f"--print-to-pdf={document}", page.as_uri())
    if document.read_bytes()[:5] != b"%PDF-" or document.stat().st_size < 20_000:
        print(f"{document}: error[LOOK_BLANK]: not a printed report", file=sys.stderr)
        return 3
    print(f"looked at {page.relative_to(ROOT) if page.is_relative_to(ROOT) else page}: light, dark, narrow, print")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
