"""Parallel copies made sequential: all sources are read before any place is written.

    a ← b, b ← a, c ← a    ──▶    mov c, a ; xchg a, b

Places are registers (0-31) and frame slots (32 + slot); a source may be a constant (negative).  Copies
between two slots and cycles that a swap cannot break go through the scratch register, or push and pop when it is
taken.  No instruction made here touches the flags.
Source: Boissinot et al. 2009, "Revisiting out-of-SSA translation".
"""

from __future__ import annotations

from compiler.machine.function import FIRST_VIRTUAL, Inst
from compiler.machine.ops import CODE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.machine.function import Const, Mem

    Move = tuple[int, int]  # (to, from)

_MOV, _FMOV, _XCHG = CODE["mov"], CODE["fmov"], CODE["xchg"]
_LOAD, _STORE, _FLOAD, _FSTORE = CODE["load"], CODE["store"], CODE["fload"], CODE["fstore"]
_MOVI, _ADDR, _FZERO, _STOREI = CODE["movi"], CODE["addr"], CODE["fzero"], CODE["storei"]
_PUSH, _POP, _MOVQXR, _MOVQRX = CODE["push"], CODE["pop"], CODE["movqxr"], CODE["movqrx"]
VECTORS = 16  # places below are general registers


def slot_memory(place: int) -> Mem:
    """The memory operand of a frame slot's place."""
    return (0, 0, 1, 0, place - FIRST_VIRTUAL)


def constant_name(kind: str, bits: int) -> str:
    """The symbol of an 8-byte constant in read-only data; its name says its value."""
    return f".L{kind}.{bits & (1 << 64) - 1:016x}"


def sequence(moves: list[Move], consts: list[Const], scratch: int) -> list[tuple[Inst, int, int]]:
    """Instructions that do all moves at once, each with the place it writes and what it reads.

    A swap is reported as writing and reading its two registers.
    """
    result: list[tuple[Inst, int, int]] = []
    if len(moves) == 1:
        to, source = moves[0]
        if to != source:
            _one(result, to, source, consts, scratch, True)
        return result
    pending: dict[int, int] = {}
    for to, source in moves:
        if to != source:
            assert pending.get(to, source) == source, (to, source, pending)
            pending[to] = source
    if len(pending) == 1:
        for to, source in pending.items():
            _one(result, to, source, consts, scratch, True)
        return result
    readers: dict[int, int] = {}
    for source in pending.values():
        readers[source] = readers.get(source, 0) + 1
    ready = [to for to in pending if to not in readers]
    scratch_free = True
    while pending:
        while ready:
            to = ready.pop()
            source = pending.pop(to)
            _one(result, to, source, consts, scratch, scratch_free)
            if source == scratch:
                scratch_free = True
            readers[source] -= 1
            if readers[source] == 0 and source in pending:
                ready.append(source)
        if not pending:
            break
        # Only cycles are left, and each place in them has one reader.
        to, source = next(iter(pending.items()))
        if to < VECTORS and 0 <= source < VECTORS:
            result.append((Inst(_XCHG, -1, [to, source]), to, source))
            del pending[to]
            # What was in `to` is now in `source`, and whoever wanted it finds it there.
            for other, wanted in pending.items():
                if wanted == to:
                    pending[other] = source
            readers[to] = 0
            if pending.get(source) == source:
                del pending[source]
                readers[source] = 0
        else:
            _one(result, scratch, to, consts, scratch, True)
            scratch_free = False
            for other, wanted in pending.items():
                if wanted == to:
                    pending[other] = scratch
            readers[scratch] = readers.pop(to)
            ready.append(to)
    return result


def _one(
    result: list[tuple[Inst, int, int]], to: int, source: int, consts: list[Const], scratch: int, scratch_free: bool
) -> None:
    """One copy between any two places, or of a constant."""
    if source < 0:
        _constant(result, to, source, consts, scratch)
    elif to < VECTORS:
        if source < VECTORS:
            inst = Inst(_MOV, to, [source])
        elif source < FIRST_VIRTUAL:
            inst = Inst(_MOVQRX, to, [source])
        else:
            inst = Inst(_LOAD, to, [], None, slot_memory(source))
        result.append((inst, to, source))
    elif to < FIRST_VIRTUAL:
        if source < VECTORS:
            inst = Inst(_MOVQXR, to, [source])
        elif source < FIRST_VIRTUAL:
            inst = Inst(_FMOV, to, [source])
        else:
            inst = Inst(_FLOAD, to, [], m=slot_memory(source))
        result.append((inst, to, source))
    elif source < VECTORS:
        result.append((Inst(_STORE, -1, [source], None, slot_memory(to)), to, source))
    elif source < FIRST_VIRTUAL:
        result.append((Inst(_FSTORE, -1, [source], m=slot_memory(to)), to, source))
    elif scratch_free:
        result.append((Inst(_FLOAD, scratch, [], m=slot_memory(source)), scratch, source))
        result.append((Inst(_FSTORE, -1, [scratch], m=slot_memory(to)), to, scratch))
    else:
        result.append((Inst(_PUSH, -1, [], m=slot_memory(source)), to, source))
        result.append((Inst(_POP, -1, [], m=slot_memory(to)), to, source))


def _constant(result: list[tuple[Inst, int, int]], to: int, source: int, consts: list[Const], scratch: int) -> None:
    kind, *value = consts[~source]
    if to < VECTORS:
        if kind == "a":
            result.append((Inst(_ADDR, to, [], tuple(value)), to, source))
        else:
            result.append((Inst(_MOVI, to, [], value[0]), to, source))
    elif to < FIRST_VIRTUAL:
        if value[0] == 0:
            result.append((Inst(_FZERO, to, []), to, source))
        else:
            result.append((Inst(_FLOAD, to, [], m=(0, 0, 1, 0, constant_name("f64", value[0]))), to, source))
    elif kind == "a":
        result.append((Inst(_STOREI, -1, [], imm=tuple(value), m=slot_memory(to)), to, source))
    elif -(1 << 31) <= value[0] < 1 << 31:
        result.append((Inst(_STOREI, -1, [], imm=value[0], m=slot_memory(to)), to, source))
    else:
        # Eight bytes go through no general register: none may be free here.  A cycle never holds the
        # scratch register while a constant is copied, for constants are copied before cycles are broken
        # or after the scratch was read.
        name = constant_name("f64", value[0])
        result.append((Inst(_FLOAD, scratch, [], m=(0, 0, 1, 0, name)), scratch, source))
        result.append((Inst(_FSTORE, -1, [scratch], m=slot_memory(to)), to, scratch))
