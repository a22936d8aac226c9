"""Turns: Python threads of which exactly one runs, until it waits for another.

Both interpreters run actors with it.  Who waits first goes on first, so a run is the same each time.
It knows nothing of programs, mailboxes or values: those are each interpreter's own.  When one thread fails, the
failure is raised in the main one; when nobody can go on, that failure is `Deadlock`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

REAP = 64  # threads at least between two looks for those that have ended
STACKS = (16 << 20, 1 << 20, 0)  # bytes of address space for each thread, the most that can be had


class Deadlock(Exception):
    """All actors wait, the main one too."""


class Over(BaseException):
    """The program has ended; whoever still waits stops."""


class Turn:
    """One thread, and whether it has ended."""

    __slots__ = ("ended", "go", "run", "thread", "waiters")

    def __init__(self, run: Callable[[], None] | None, go: threading.Lock) -> None:
        self.run = run
        self.go = go  # held while it is not this one's turn
        self.thread: threading.Thread | None = None
        self.ended = False
        self.waiters: list[Turn] = []
        go.acquire()


class Turning:
    """What may need turns: they begin to cost something when the first thread is made."""

    def __init__(self) -> None:
        self._turns: Turns | None = None

    def turns(self) -> Turns:
        if self._turns is None:
            self._turns = Turns()
        return self._turns

    def close(self) -> None:
        if self._turns is not None:
            self._turns.close()

    def all_ended(self) -> bool:
        return self._turns is None or self._turns.all_ended()


class Turns:
    """All threads of one run; the thread that makes it is the main one, and has the turn."""

    def __init__(self) -> None:
        import threading
        from collections import deque

        self._new_lock = threading.Lock
        self.main = Turn(None, threading.Lock())
        self.current = self.main
        self.failure: BaseException | None = None
        self._ready: deque[Turn] = deque()
        self._started: list[Turn] = []
        self._reap_at = REAP

    def add(self, run: Callable[[], None]) -> Turn:
        """A new thread, ready to run when others wait."""
        turn = Turn(run, self._new_lock())
        self._ready.append(turn)
        return turn

    def ready(self, turn: Turn) -> None:
        """Whoever waits may go on."""
        self._ready.append(turn)

    def wait(self) -> None:
        """Let others run until somebody makes the caller ready.

        Errors: Deadlock; in the main thread, what ended another one.
        """
        here = self.current
        self._next()
        here.go.acquire()
        if self.failure is not None:
            raise self.failure if here is self.main else Over

    def join(self, other: Turn) -> None:
        """Wait until the other has ended."""
        if not other.ended:
            other.waiters.append(self.current)
            self.wait()

    def all_ended(self) -> bool:
        return not self._ready and all(turn.ended for turn in self._started)

    def close(self) -> None:
        """Stop all other threads; the main one calls this at its end."""
        self.failure = Over()
        for turn in self._started:
            if not turn.ended:
                turn.go.release()
        for turn in self._started:
            if turn.thread is not None:
                turn.thread.join()

    def _next(self) -> None:
        if not self._ready:
            raise Deadlock
        self.current = turn = self._ready.popleft()
        if turn.thread is None and turn is not self.main:
            self._start(turn)
        else:
            turn.go.release()

    def _start(self, turn: Turn) -> None:
        import threading

        if len(self._started) >= self._reap_at:
            self._reap()
        self._started.append(turn)  # before it runs: it may start others at once
        for size in STACKS:
            before = threading.stack_size(size)
            try:
                turn.thread = threading.Thread(target=self._live, args=(turn,), name="actor", daemon=True)
                turn.thread.start()
                return
            except RecursionError:  # the caller is near the stack's end: not about threads
                self._started.remove(turn)
                raise
            except RuntimeError as error:  # not enough address space, or too many threads
                if size == STACKS[-1]:
                    self._started.remove(turn)
                    raise MemoryError from error
                self._reap()
            finally:
                threading.stack_size(before)

    def _reap(self) -> None:
        """Wait for the threads whose turns have ended: they are on their way out, and the system counts them still."""
        import threading

        here = threading.current_thread()
        live = []
        for turn in self._started:
            if turn.ended and turn.thread is not None and turn.thread is not here:
                turn.thread.join()
            else:
                live.append(turn)
        self._started = live
        self._reap_at = 2 * len(live) + REAP

    def _live(self, turn: Turn) -> None:
        try:
            assert turn.run is not None
            turn.run()
            turn.ended = True
            self._ready.extend(turn.waiters)
            self._next()
        except Over:
            turn.ended = True
        except BaseException as error:
            turn.ended = True
            # A traceback holds what its frames hold: without it there is memory to end this thread with.
            self.failure = error.with_traceback(None) if isinstance(error, (MemoryError, SystemError)) else error
            self.current = self.main
            self.main.go.release()
