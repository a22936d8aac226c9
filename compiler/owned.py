"""What a phase makes has one owner; the phase that consumes it drops it, and reading it after that is an error.

    program.drop("ast_free")        its memory goes, whoever still holds a reference
    program.functions               DroppedError: PHASE-001, HIR was read (functions) after ast_free dropped it

`Resting` adds lists of ints that are packed while nobody reads them: the first read of one brings all of them back,
`rest()` sends them to sleep again.  An object that is dropped or at rest changes its class, to one that has a say in
reading attributes: Python reads those of such a class several times slower.  Knows no phase and no product.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.columns import Column

CODE = "PHASE-001"


class DroppedError(Exception):
    """A product of a phase was read after it was dropped: a bug of ours, never the program's."""

    def __init__(self, what: str, name: str, phase: str) -> None:
        super().__init__(f"{CODE}: {what} was read ({name}) after {phase} dropped it")
        self.code = CODE


class Product:
    """Something with `__slots__` that a phase makes and another drops; `WHAT` is its name in the error."""

    __slots__ = ("_dropped",)
    WHAT = ""
    _dropped: str  # who dropped it; not there before
    _gone: type[Product]  # its class after that

    _owns: tuple[str, ...]  # its slots

    def __init_subclass__(cls) -> None:
        if "_state" not in cls.__dict__:
            cls._owns = tuple([name for base in cls.__mro__ for name in base.__dict__.get("__slots__", ())])
            cls._gone = type(cls.__name__, (cls,), {"__slots__": (), "_state": True, **_GONE})

    def drop(self, phase: str) -> None:
        """Give back what it holds; `phase` is who says so.  A second drop changes nothing."""
        for name in self._owns:
            setattr(self, name, None)
        self._dropped = phase
        self.__class__ = self._gone  # of the same layout


def _read_after_drop(item: Product, name: str) -> Any:
    if name.startswith("__") or name == "drop":
        return object.__getattribute__(item, name)
    raise DroppedError(type(item).WHAT, name, object.__getattribute__(item, "_dropped"))


def _drop_again(item: Product, phase: str) -> None:
    """The first who dropped it stays named."""


_GONE = {"__getattribute__": _read_after_drop, "drop": _drop_again}


class Resting(Product):
    """A product whose lists of ints can rest; what they hold does not change any more once they have rested."""

    __slots__ = ("_columns",)
    COLUMNS: tuple[str, ...] = ()
    _columns: tuple[Column, ...]  # not there before the first rest
    _awake: type[Resting]
    _asleep: type[Resting]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "_state" not in cls.__dict__:
            cls._awake = cls
            cls._asleep = type(cls.__name__, (cls,), {"__slots__": (), "_state": True, **_ASLEEP})

    def rest(self) -> None:
        """Keep the lists packed until somebody reads one."""
        try:
            self._columns  # noqa: B018  # there already?
        except AttributeError:
            self._columns = self._pack()
        for name in self.COLUMNS:
            object.__delattr__(self, name)
        self.__class__ = self._asleep  # of the same layout

    def peek(self, name: str, at: int) -> int:
        """One element of a list, without waking the others."""
        return int(getattr(self, name)[at])

    def _pack(self) -> tuple[Column, ...]:
        from compiler.columns import pack

        return tuple([pack(getattr(self, name)) for name in self.COLUMNS])

    def _unpack(self, columns: tuple[Column, ...]) -> list[list[int]]:
        from compiler.columns import unpack

        return [unpack(column) for column in columns]


def _wake(item: Resting, name: str) -> Any:
    if name not in item.COLUMNS:
        raise AttributeError(f"{type(item).__name__} has no {name}")
    item.__class__ = item._awake  # of the same layout
    for column, values in zip(item.COLUMNS, item._unpack(item._columns), strict=True):
        setattr(item, column, values)
    return getattr(item, name)


def _rest_on(item: Resting) -> None:
    """It rests already."""


def _peek_asleep(item: Resting, name: str, at: int) -> int:
    from compiler.columns import element

    return element(item._columns[item.COLUMNS.index(name)], at)


_ASLEEP = {"__getattr__": _wake, "rest": _rest_on, "peek": _peek_asleep}
