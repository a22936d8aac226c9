"""Actors of the reference interpreter: mailboxes, and messages copied whole.

Every message and every spawned function is copied, shared parts once, so actors share nothing; a program
cannot tell that from moving.  Threads take turns (`compiler/turns.py`), so a run is the same each time.
Knows no forms; a new kind of value that holds others needs a case in `copied`.
"""

from __future__ import annotations

from compiler.hir.interp_values import Box, Closure, Cons, Data, Panic
from compiler.turns import Turning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compiler.hir.interp import Machine
    from compiler.turns import Turn

_COPIED = (list, bytearray, Box, Cons, Data, Closure)  # everything else cannot change and holds nothing that can


class Mailbox:
    """An (Actor m): messages, oldest first, and who may receive them."""

    __slots__ = ("awaited", "messages", "owner")

    def __init__(self, owner: Turn | None) -> None:
        self.owner = owner
        self.messages: list[Any] = []
        self.awaited = False  # the owner waits for a message


def copied(value: Any) -> Any:
    """A value like this one that shares nothing changeable with it; what was shared inside it still is."""
    known: dict[int, Any] = {}
    todo: list[Any] = []

    def reach(old: Any) -> Any:
        kind = type(old)
        if kind not in _COPIED:
            return old
        new = known.get(id(old))
        if new is None:
            if kind is list:  # an array, or the cell of a variable that a function captured
                new = list(old)
            elif kind is bytearray:
                new = bytearray(old)
            elif kind is Box:
                new = Box(old.type, old.value)
            elif kind is Cons:
                new = Cons(old.head, old.tail)
            elif kind is Data:
                new = Data(old.ctor, old.name, list(old.fields), old.mutable)
            else:
                new = Closure(old.code, list(old.captured))
            known[id(old)] = new
            if kind is not bytearray:
                todo.append(new)
        return new

    root = reach(value)
    while todo:
        new = todo.pop()
        if type(new) is Cons:
            new.head = reach(new.head)
            new.tail = reach(new.tail)
        elif type(new) is Box:
            new.value = reach(new.value)
        elif type(new) is Closure:
            new.captured = [(slot, reach(part)) for slot, part in new.captured]
        else:
            parts = new if type(new) is list else new.fields
            for index, part in enumerate(parts):
                parts[index] = reach(part)
    return root


class Actors(Turning):
    """The actors of one run."""

    def __init__(self) -> None:
        self.machine: Machine | None = None
        super().__init__()

    def table(self) -> dict[str, Callable[..., Any]]:
        """The builtins."""
        return {
            "spawn": self.spawn,
            "inbox": lambda: Mailbox(self.turns().current),
            "send": self.send,
            "receive": self.receive,
            "join": self.join,
        }

    def spawn(self, function: Any) -> Mailbox:
        own = copied(function)
        box = Mailbox(None)
        machine = self.machine
        assert machine is not None

        def live() -> None:
            machine.depth = 0
            machine.call(own, [box])

        box.owner = self.turns().add(live)
        return box

    def send(self, box: Mailbox, message: Any) -> None:
        assert box.owner is not None
        box.messages.append(copied(message))
        if box.awaited:
            box.awaited = False
            self.turns().ready(box.owner)

    def receive(self, box: Mailbox) -> Any:
        turns = self.turns()
        if box.owner is not turns.current:
            raise Panic("not-owner")
        if not box.messages:
            box.awaited = True
            self._pause(turns.wait)
        return box.messages.pop(0)

    def join(self, box: Mailbox) -> None:
        turns, owner = self.turns(), box.owner
        assert owner is not None
        self._pause(lambda: turns.join(owner))

    def _pause(self, wait: Callable[[], None]) -> None:
        """Others run meanwhile; the machine's depth is the running actor's."""
        machine = self.machine
        assert machine is not None
        depth = machine.depth
        wait()
        machine.depth = depth
