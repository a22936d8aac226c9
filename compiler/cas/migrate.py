"""Bring a store of an older layout to today's, step by step, under the lock.

Layouts 1 and 2 had no number: records in `builds`, programs in `executables`.  Their keys hold the state of the
compiler that wrote them, which is never today's, so nothing there could be found again: the step to 3 removes them.
A step is a row of `STEPS`; it must be able to run twice, since it may be killed halfway.
"""

from __future__ import annotations

import os

from compiler.cas.kinds import is_digest
from compiler.cas.lock import Lock
from compiler.cas.store import HEAD, LAYOUT, place_fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.cas.store import Store

OLD = ("builds", "executables")


def migrate(store: Store) -> None:
    """Errors: Fault."""
    try:
        os.makedirs(store.root, exist_ok=True)
        with Lock(store.root):
            at = store.layout() or (2 if any(os.path.lexists(os.path.join(store.root, name)) for name in OLD) else 0)
            for number, step in STEPS.items():
                if at and at < number:
                    step(store.root)
            for name in ("objects", "refs", "pins", "tmp"):
                store.make_folder(os.path.join(store.root, name))
            _write_format(store.root)
    except OSError as error:
        raise place_fault(store.root, error) from None


def _without_builds(root: str) -> None:
    for part in OLD:
        place = os.path.join(root, part)
        if os.path.islink(place) or not os.path.isdir(place):
            continue
        for name in os.listdir(place):
            # Only what the old layout wrote; the folder stays when there is more.
            if is_digest(name) or (name[:1] == "." and is_digest(name[1:65]) and name.endswith(".tmp")):
                os.unlink(os.path.join(place, name))
        try:
            os.rmdir(place)
        except OSError as error:
            if error.errno != 39:  # ENOTEMPTY
                raise


STEPS: dict[int, Callable[[str], None]] = {3: _without_builds}


def _write_format(root: str) -> None:
    """Last, so that a step that was killed is done again."""
    beside = os.path.join(root, "tmp", f"{os.getpid()}-format")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        os.write(descriptor, f"{HEAD}{LAYOUT}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.rename(beside, os.path.join(root, "format"))
