"""Memory by phase: what `zero build --memory-stats` prints.

Three numbers a phase, since a peak alone can never fall: current RSS, the phase's own peak, and the exact bytes
of every object that each owner reaches (one that two owners reach belongs to the first named).  `elsewhere_bytes` are
those of all objects that no owner reaches and no module holds: what a drop left behind would show there.  A forked
child does the walking, so that measuring does not change what is measured.  Knows no phase: `mark` names them.

    [mem] mir current_kib=31204 delta_kib=+2210 peak_kib=31388 tracked_bytes=1630120 objects=20911 elsewhere_bytes=9120
          time_ms=84 owners=mir:1630120              (one line)
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ELSEWHERE = "-"
_PAGE = os.sysconf("SC_PAGESIZE")


class Meter:
    """Prints a line a phase to standard error."""

    __slots__ = ("_before", "_start")

    def __init__(self) -> None:
        import time

        self._before = 0
        self._start = time.process_time_ns()
        self.mark("init", {})

    def mark(self, phase: str, owners: dict[str, Any]) -> None:
        """End a phase: `owners` maps a name to the root of what it owns now."""
        import time

        current = _current_bytes() // 1024
        peak = max(_peak_kib(), current)
        sizes = _tracked_in_child(owners)
        elsewhere, _ = sizes.pop(_ELSEWHERE)
        elapsed = (time.process_time_ns() - self._start) // 1_000_000
        total = sum(size for size, _ in sizes.values())
        objects = sum(count for _, count in sizes.values())
        shown = ",".join(f"{name}:{size}" for name, (size, _) in sizes.items())
        sys.stderr.write(
            f"[mem] {phase} current_kib={current} delta_kib={current - self._before:+d} peak_kib={peak} "
            f"tracked_bytes={total} objects={objects} elsewhere_bytes={elsewhere} "
            f"time_ms={elapsed} owners={shown}\n"
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


def _tracked_in_child(owners: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """(bytes, objects) by owner, counted by a forked child."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(receive)
            lines = [f"{name} {size} {count}" for name, (size, count) in tracked(owners).items()]
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


def tracked(owners: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Bytes and number of the objects that each owner reaches and none before it did; last, of those nobody owns."""
    import gc
    import types

    gc.disable()
    # Constants of code leave the collector's list, so that they are no roots; garbage stays, since it is not freed.
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    everything = gc.get_objects()
    shared = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.CodeType, types.MethodType)
    seen: set[int] = set()
    # What the compiler's own modules hold (tables, small ints, None) belongs to no phase.
    for module in list(sys.modules.values()):
        for value in list(getattr(module, "__dict__", {}).values()):
            if not isinstance(value, shared):
                seen.add(id(value))
    machinery = set(seen)
    result: dict[str, tuple[int, int]] = {}
    for name, root in owners.items():
        result[name] = _reach([root], seen, shared)
    # The machinery of modules is nobody's: classes, functions, code, what their tables hold.  What runs now, too.
    seen -= machinery
    _reach([sys.modules, *[item for item in everything if isinstance(item, type)]], seen, ())
    seen.update(map(id, (everything, seen, machinery, result, owners, sys._getframe())))
    result[_ELSEWHERE] = _reach(everything, seen, (*shared, types.FrameType))
    return result


def _reach(roots: list[Any], seen: set[int], shared: tuple[type, ...]) -> tuple[int, int]:
    """Bytes and number of the objects that can be reached from here and are not in `seen`, which they enter."""
    import gc

    size = count = 0
    size_of, referents = sys.getsizeof, gc.get_referents
    stack = list(roots)
    seen.add(id(stack))
    while stack:
        item = stack.pop()
        key = id(item)
        if key in seen or isinstance(item, shared):
            continue
        seen.add(key)
        size += size_of(item)
        count += 1
        stack.extend(referents(item))
    seen.discard(id(stack))
    return size, count
