"""What is kept beside a stamp: the executables of the corpus, and the compiler that made them.

    build/guard/ID/stamp           build/guard/ID/golden.tar.xz: dev/…, release/…, and the compiler's files
    build/guard/current            ID of the newest

A folder appears whole, then `current` names it.  The newest stamps are kept, as many as fit; the current one always.
`against` runs yesterday's compiler and executables beside today's.
"""

from __future__ import annotations

import io
import lzma
import os
import pathlib
import shutil
import tarfile

from tests.corpus.programs import PROGRAMS, ROOT, Program
from tests.guard import stamp as stamps
from tests.guard.corpus import LEVELS, Case, Maker, Wrong, behaves, cases, difference, each
from tests.guard.stamp import Stamp

KEPT = 8  # stamps
KEPT_BYTES = 32 << 20
COMPILER = ("compiler", "runtime_c", "zero")  # inputs that can compile
PRESET = 4  # of xz: within a tenth of the best for a quarter of its time


def keep(root: pathlib.Path, stamp: Stamp, images: dict[str, bytes]) -> pathlib.Path:
    """Write the stamp's folder, make it the current one, and let the oldest go; the folder."""
    stamp.goldens = {name: (stamps.digest(image), len(image)) for name, image in images.items()}
    folder = root / stamps.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{stamp.id}.{os.getpid()}.new"
    try:
        fresh.mkdir()
        stamps.write_whole(str(fresh / "golden.tar.xz"), _packed(root, stamp, images))
        stamps.write_whole(str(fresh / "stamp"), stamps.text(stamp).encode())
        final = folder / stamp.id
        if final.exists():  # the same tree was guarded before; until `current` is written, it has no stamp
            (folder / "current").unlink(missing_ok=True)
            shutil.rmtree(final)
        fresh.rename(final)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    stamps.write_whole(str(folder / "current"), f"{stamp.id}\n".encode())
    trim(root)
    return final


def _packed(root: pathlib.Path, stamp: Stamp, images: dict[str, bytes]) -> bytes:
    """An archive without times and owners: the same contents, the same bytes."""
    files = {name: (image, 0o755) for name, image in images.items()}
    for path in stamp.files:
        if path.split("/")[0] in COMPILER and not (root / path).is_symlink():
            files[path] = ((root / path).read_bytes(), 0o755 if path == "zero" else 0o644)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(files):
            data, mode = files[name]
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), mode
            archive.addfile(member, io.BytesIO(data))
    return lzma.compress(buffer.getvalue(), preset=PRESET)


def stamped(root: pathlib.Path) -> list[str]:
    """The ids of the stamps that are kept, the newest first."""
    folder = root / stamps.FOLDER
    found = [path.parent for path in folder.glob("*/stamp") if not path.parent.name.startswith(".")]
    return [path.name for path in sorted(found, key=lambda path: (-(path / "stamp").stat().st_mtime_ns, path.name))]


def trim(root: pathlib.Path, count: int = KEPT, limit: int = KEPT_BYTES) -> list[str]:
    """Remove the oldest until so many and so many bytes are left; what was removed.  The newest stays."""
    removed, total = [], 0
    for number, name in enumerate(stamped(root)):
        folder = root / stamps.FOLDER / name
        total += sum(path.stat().st_size for path in folder.iterdir())
        if number and (number >= count or total > limit):
            shutil.rmtree(folder)
            removed.append(name)
    return removed


def moved(stamp: Stamp | None, images: dict[str, bytes]) -> str:
    """How many executables differ from an earlier stamp's, in words."""
    if stamp is None:
        return "no earlier stamp"
    both = images.keys() & stamp.goldens.keys()
    count = sum(stamps.digest(images[name]) != stamp.goldens[name][0] for name in both)
    return f"{count} of {len(both)} differ from {stamp.id}"


def unpack(root: pathlib.Path, stamp: Stamp, folder: pathlib.Path) -> None:
    """Yesterday's compiler and executables, each held against the stamp.  Errors: BadStamp."""
    shown = f"{stamps.FOLDER}/{stamp.id}/golden.tar.xz"
    try:
        with tarfile.open(root / shown, "r:xz") as archive:
            archive.extractall(folder, filter="data")
    except (OSError, EOFError, lzma.LZMAError, tarfile.TarError) as error:
        raise stamps.BadStamp(f"{shown}: it cannot be read: {error}") from None
    wanted = {name: digest for name, (digest, _) in stamp.goldens.items()}
    wanted |= {path: digest for path, digest in stamp.files.items() if path.split("/")[0] in COMPILER}
    for name, digest in wanted.items():
        path = folder / name
        if not path.is_file() or stamps.digest(path.read_bytes()) != digest:
            raise stamps.BadStamp(f"{shown}: {name} is not what the stamp says")


class Compared:
    """Yesterday beside today for one case."""

    __slots__ = ("case", "how", "wrong")

    def __init__(self, case: Case, how: str, wrong: str = "") -> None:
        self.case, self.how, self.wrong = case, how, wrong


def against(
    root: pathlib.Path,
    stamp: Stamp,
    folder: pathlib.Path,
    *,
    programs: list[Program] = PROGRAMS,
    jobs: int = 1,
) -> list[Compared]:
    """Compile with today's compiler, hold that against yesterday's executable, and run both where they differ.

    Where the source has changed since, yesterday's compiler compiles what it is now.  Errors: BadStamp.
    """
    unpack(root, stamp, folder / "yesterday")
    today = Maker(folder / "today-store", flags=("--no-cache",), root=root)
    yesterday = Maker(folder / "yesterday-store", flags=("--no-cache",), root=folder / "yesterday")

    def compare(case: Case) -> Compared:
        new, old = folder / "out" / case.name, folder / "yesterday" / case.name
        try:
            image = today.make(case, new)
        except Wrong as wrong:
            return Compared(case, "refused today", str(wrong))
        try:
            if not old.is_file() or not _unchanged(root, stamp, case.program):
                old = folder / "again" / case.name
                yesterday.make(case, old)
        except Wrong as wrong:
            return Compared(case, f"new: yesterday's compiler refuses it: {wrong}", behaves(case, new))
        before = old.read_bytes()
        if before == image:
            return Compared(case, "same")
        found, then = behaves(case, new), behaves(case, old)
        how = difference(before, image) + (f"; yesterday's is wrong: {then}" if then else "")
        return Compared(case, how, found)

    return list(each(cases(programs, LEVELS), compare, jobs))


def _unchanged(root: pathlib.Path, stamp: Stamp, program: Program) -> bool:
    """Whether the program's sources are those of the stamp."""
    main = root / program.path
    paths = sorted(main.parent.rglob("*.0x0")) if main.name == "main.0x0" else [main]
    names = {str(path.relative_to(root)): path for path in paths}
    if main.name == "main.0x0":
        before = {path for path in stamp.files if path.startswith(f"{os.path.dirname(program.path)}/")}
        if {path for path in before if path.endswith(".0x0")} != names.keys():
            return False
    return all(stamp.files.get(name) == stamps.digest(path.read_bytes()) for name, path in names.items())


__all__ = ["ROOT", "Compared", "against", "keep", "moved", "stamped", "trim", "unpack"]
