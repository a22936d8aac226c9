"""Show what a run is doing: a live list on a terminal, plain lines elsewhere.

Knows names and words only.  Progress goes to stderr, so that stdout holds the outcome alone.
"""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Any, Self


class Live:
    """`report(name, what)` from any thread; a context manager around the run."""

    def __init__(self, total: int, quiet: bool = False) -> None:
        self.total, self.quiet, self.lock = total, quiet, threading.Lock()
        self.progress: Any = None
        self.tasks: dict[str, Any] = {}

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and self.total and not self.quiet:
            from rich.console import Console
            from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

            columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
            self.progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.progress is not None:
            self.progress.stop()

    def report(self, name: str, what: str) -> None:
        if self.quiet:
            return
        with self.lock:
            if self.progress is None:
                print(f"{name}: {what}", file=sys.stderr, flush=True)
                return
            if name not in self.tasks:
                self.tasks[name] = self.progress.add_task(name, total=1)
            finished = what != "collecting"
            self.progress.update(self.tasks[name], description=f"{name}: {what}", completed=int(finished))
