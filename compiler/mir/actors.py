"""Actors of the MIR interpreter: mailboxes and messages, with the counts that compiled code would have.

A message that is sent is consumed: the heap gets a copy whose parts have the owners inside it, and the sender's
one is dropped.  Threads take turns (`compiler/turns.py`).  Shares nothing with the HIR interpreter.
"""

from __future__ import annotations

from compiler.mir.values import (
    STATIC_COUNT,
    Actor,
    Array,
    Box,
    Bytes,
    Cell,
    Closure,
    CountedHeap,
    Data,
    Ended,
    Heap,
    Obj,
    Text,
)
from compiler.turns import Turning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from compiler.turns import Turn


class Mailbox:
    """Messages, oldest first; handles lead to it."""

    __slots__ = ("awaited", "messages", "owner", "refs")

    def __init__(self, owner: Turn) -> None:
        self.owner = owner
        self.messages: list[Any] = []
        self.awaited = False
        self.refs = 0  # handles alive, kept by a counted heap

    def emptied(self) -> list[Any]:
        """What nobody will receive."""
        left, self.messages = self.messages, []
        return left


class Actors(Turning):
    """The actors of one run."""

    def __init__(self, heap: Heap, finish: Callable[[Any], Any]) -> None:
        super().__init__()
        self.heap = heap
        self.counted = isinstance(heap, CountedHeap)
        self.finish = finish  # makes the tail calls that a function left to its caller
        self.owned: dict[Turn, list[Mailbox]] = {}

    def names(self) -> dict[str, Any]:
        """What the translated functions call."""
        return {f"actor_{name}": getattr(self, name) for name in ("spawn", "inbox", "send", "receive", "join")}

    def spawn(self, closure: Any) -> Any:
        own = self.own(closure)

        def live() -> None:
            self.finish(own.fn(own, first))
            for each in self.owned.pop(turn):
                self.drop_all(each)

        turn = self.turns().add(live)
        box = self.mailbox(turn)
        first = self.handle(box)
        return self.handle(box)

    def inbox(self) -> Any:
        return self.handle(self.mailbox(self.turns().current))

    def send(self, actor: Any, message: Any) -> None:
        box = actor.box
        box.messages.append(self.own(message))
        if box.owner.ended:
            self.drop_all(box)
        elif box.awaited:
            box.awaited = False
            self.turns().ready(box.owner)

    def receive(self, actor: Any, place: str) -> Any:
        box, turns = actor.box, self.turns()
        if box.owner is not turns.current:
            raise Ended("not-owner", (), place)
        if not box.messages:
            box.awaited = True
            turns.wait()
        return box.messages.pop(0)

    def join(self, actor: Any) -> None:
        self.turns().join(actor.box.owner)

    def mailbox(self, owner: Turn) -> Mailbox:
        box = Mailbox(owner)
        self.owned.setdefault(owner, []).append(box)
        return box

    def handle(self, box: Mailbox) -> Any:
        box.refs += 1
        return self.heap.actor(box)

    def drop_all(self, box: Mailbox) -> None:
        left = box.emptied()
        if isinstance(self.heap, CountedHeap):
            for message in left:
                self.heap.drop(message)

    def own(self, value: Any) -> Any:
        """A copy that nobody else sees; the value itself is consumed."""
        made = self.copied(value)
        if isinstance(self.heap, CountedHeap):
            self.heap.drop(value)
        return made

    def copied(self, value: Any) -> Any:
        known: dict[int, Any] = {}
        todo: list[Any] = []

        def reach(old: Any) -> Any:
            if not isinstance(old, Obj):
                return old
            new = known.get(id(old))
            if self.counted and (new is not None or old.count >= STATIC_COUNT // 2):
                shared = old if new is None else new
                shared.count += 1
                return shared
            if new is None:
                new = known[id(old)] = self.shell(old)
                if not isinstance(old, (Text, Bytes, Actor)):
                    todo.append(new)
            return new

        root = reach(value)
        while todo:
            new = todo.pop()
            new.f = [reach(part) for part in new.f]
        return root

    def shell(self, old: Obj) -> Any:
        """A new object with the same parts."""
        heap = self.heap
        if isinstance(old, Text):
            return heap.text(old.b)
        if isinstance(old, Bytes):
            return heap.bytes(bytearray(old.b))
        if isinstance(old, Actor):
            return self.handle(old.box)
        if isinstance(old, Box):
            return heap.box(old.t, old.name, old.f)
        if isinstance(old, Data):
            return heap.data(old.tag, old.f)
        if isinstance(old, Closure):
            return heap.closure(old.fn, old.f)
        assert isinstance(old, (Array, Cell))
        return (heap.array if isinstance(old, Array) else heap.cell)(old.f)
