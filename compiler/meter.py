"""Memory by phase: what `zero build --memory-stats` prints.

Three numbers a phase, since a peak alone can never fall: current RSS, the phase's own peak, and the exact bytes
of every object that each owner reaches (one that two owners reach belongs to the first named).  A forked child does
the walking, so that measuring does not change what is measured.  Knows no phase by name: `mark` names them.

    [mem] mir current_kib=31204 delta_kib=+2210 peak_kib=31388 tracked_bytes=1630120 objects=20911 time_ms=84 owners=…
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PAGE = os.sysconf("SC_PAGESIZE")


class Meter:
    """Prints a line a phase to standard error; `keep` holds on to what phases drop, to show what freeing saves."""

    __slots__ = ("_before", "_start", "held", "keep")

    def __init__(self, keep: bool) -> None:
        import time

        self.keep = keep
        self.held: list[Any] = []
        self._before = 0
        self._start = time.process_time_ns()
        self.mark("init", {})

    def hold(self, *owned: Any) -> None:
        """Called with what a phase drops: forgotten at once, or held when freeing is switched off."""
        if self.keep:
            self.held.append(owned)

    def mark(self, phase: str, owners: dict[str, Any]) -> None:
        """End a phase: `owners` maps a name to the root of what it owns now."""
        import time

        current = _current_bytes() // 1024
        peak = max(_peak_kib(), current)
        if self.held:
            owners = {**owners, "kept": self.held}
        sizes = _walk_in_child(owners)
        elapsed = (time.process_time_ns() - self._start) // 1_000_000
        total = sum(size for size, _ in sizes.values())
        objects = sum(count for _, count in sizes.values())
        shown = ",".join(f"{name}:{size}" for name, (size, _) in sizes.items())
        sys.stderr.write(
            f"[mem] {phase} current_kib={current} delta_kib={current - self._before:+d} peak_kib={peak} "
            f"tracked_bytes={total} objects={objects} time_ms={elapsed} owners={shown}\n"
        )
        self._before = current
        _reset_peak()


def _current_bytes() -> int:
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * _PAGE


def _peak_kib() -> int:
    with open("/proc/self/status", "rb") as file:
        for line in file:
            if line.startswith(b"VmHWM:"):
                return int(line.split()[1])
    return 0


def _reset_peak() -> None:
    """Start a new peak; a kernel that refuses leaves the peak of the whole process, which is still a bound."""
    try:
        with open("/proc/self/clear_refs", "wb") as file:
            file.write(b"5")
    except OSError:
        pass


def _walk_in_child(owners: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """(bytes, objects) by owner, counted by a forked child."""
    if not owners:
        return {}
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(receive)
            lines = [f"{name} {size} {count}" for name, (size, count) in _walk(owners).items()]
            os.write(send, "\n".join(lines).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(send)
    with os.fdopen(receive, "rb") as file:
        text = file.read().decode()
    os.waitpid(child, 0)
    result: dict[str, tuple[int, int]] = {}
    for line in text.splitlines():
        name, size, count = line.split()
        result[name] = (int(size), int(count))
    return result


def _walk(owners: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Bytes and number of the objects that each owner reaches and none before it did."""
    import gc
    import types

    gc.disable()
    shared = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.CodeType, types.MethodType)
    seen: set[int] = set()
    # What the compiler's own modules hold (tables, small ints, None) belongs to no phase.
    for module in list(sys.modules.values()):
        for value in list(getattr(module, "__dict__", {}).values()):
            if not isinstance(value, shared):
                seen.add(id(value))
    result: dict[str, tuple[int, int]] = {}
    size_of = sys.getsizeof
    referents = gc.get_referents
    for name, root in owners.items():
        size = count = 0
        stack = [root]
        while stack:
            item = stack.pop()
            key = id(item)
            if key in seen or isinstance(item, shared):
                continue
            seen.add(key)
            size += size_of(item)
            count += 1
            stack.extend(referents(item))
        result[name] = (size, count)
    return result
