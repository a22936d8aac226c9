"""Proves an allocation: every use reads a place that holds the value it meant, on every path.

A forward data flow over "which values does each place hold", met by intersection, run on the instructions as
emitted with the record of what they meant.  It shares nothing with the allocator but that record, so a mistake
in ranges, splitting, copies or resolution shows as a use of the wrong place.  Values that nothing reads any more
are forgotten at each edge: a long function would else drag all that it ever held through every block.
Source: the checker of regalloc2 (bytecodealliance).
"""

from __future__ import annotations

from collections import deque

from compiler.machine.function import FIRST_VIRTUAL
from compiler.machine.ops import CODE, OPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from compiler.machine.function import MachineFunction
    from compiler.machine.rewrite import Record

    State = dict[int, frozenset[int]]  # place to the values it holds

_XCHG, _POP = CODE["xchg"], CODE["pop"]
_NONE: frozenset[int] = frozenset()


def check(mf: MachineFunction, record: Record, target: ModuleType) -> list[str]:
    """Problems found; the function must be allocated with `record`."""
    problems: list[str] = []
    caller_saved = [*target.CALLER_SAVED, *range(16, 32)]
    clobbers = {row.code: [target.REGISTERS[name] for name in row.clobbers] for row in OPS if row.clobbers}
    entry: State = {reg: frozenset((value,)) for value, reg in mf.params}
    states: dict[int, State] = {mf.order[0]: entry}
    wanted = _wanted(record, mf.order)
    work = deque([mf.order[0]])
    queued = {mf.order[0]}
    rounds = 0
    while work:
        b = work.popleft()
        queued.discard(b)
        rounds += 1
        assert rounds < 100 * len(mf.order) + 100, "the data flow does not settle"
        state = dict(states[b])
        _walk(record, b, state, caller_saved, clobbers, None)
        for goal, args in record.args[b]:
            arriving = _pass(state, record.params[goal], args, wanted[goal])
            known = states.get(goal)
            merged = arriving if known is None else _meet(known, arriving)
            if merged != known:
                states[goal] = merged
                if goal not in queued:
                    queued.add(goal)
                    work.append(goal)
    for b in mf.order:
        if b in states:
            _walk(record, b, dict(states[b]), caller_saved, clobbers, problems)
        else:
            problems.append(f"block {b} is never reached")
    return problems


def _meet(left: State, right: State) -> State:
    result: State = {}
    for place, values in left.items():
        both = values & right.get(place, _NONE)
        if both:
            result[place] = both
    return result


def _wanted(record: Record, order: list[int]) -> list[set[int]]:
    """The values that something reads after the start of each block, by the record alone."""
    wanted: list[set[int]] = [set() for _ in record.params]
    preds: dict[int, list[int]] = {}
    for b in order:
        for goal, _ in record.args[b]:
            preds.setdefault(goal, []).append(b)
    work = dict.fromkeys(order)  # the last is taken first: most of what a block's readers need is then known
    while work:
        b, _ = work.popitem()
        values: set[int] = set()
        for goal, args in record.args[b]:
            values.update(wanted[goal].difference(record.params[goal]), args)
        for _, _, reads, written in reversed(record.steps[b]):
            if written is not None:
                values.discard(written[0])
            values.update([value for value, _ in reads])
        if len(values) > len(wanted[b]):
            wanted[b] = values
            work.update(dict.fromkeys(preds.get(b, ())))
    return wanted


def _pass(state: State, params: list[int], args: list[int], wanted: set[int]) -> State:
    """The state after the edge: parameters take the values of their arguments, of all others the wanted ones stay.

    Copies stand before the jump or after it, so a place holds a parameter when it holds its argument; which one of
    the two is meant is settled by name: parameters are renamed at once.
    """
    given: dict[int, list[int]] = {}
    for param, arg in zip(params, args, strict=True):
        given.setdefault(arg, []).append(param)
    stay = wanted.difference(params)
    result: State = {}
    for place, values in state.items():
        kept = values & stay
        for value in values & given.keys():
            kept = kept.union(given[value])
        if kept:
            result[place] = kept
    # A constant is in no place until it is made, which may be after the jump: it is its own place until then.
    for arg, named in given.items():
        if arg < 0:
            result[arg] = result.get(arg, _NONE).union(named)
    return result


def _walk(
    record: Record,
    b: int,
    state: State,
    caller_saved: list[int],
    clobbers: dict[int, list[int]],
    problems: list[str] | None,
) -> None:
    places: dict[int, set[int]] = {}  # of each value: `state` turned round
    for place, values in state.items():
        for value in values:
            places.setdefault(value, set()).add(place)

    def put(place: int, values: frozenset[int]) -> None:
        for value in state.pop(place, _NONE):
            places[value].discard(place)
        if values:
            state[place] = values
            for value in values:
                places.setdefault(value, set()).add(place)

    for inst, move, reads, written in record.steps[b]:
        if move is not None:
            to, source = move
            held = state.get(source, _NONE)
            if inst.op == _XCHG:
                other = state.get(to, _NONE)
                put(to, held)
                put(source, other)
            elif source < 0:
                put(to, held | {source})
            elif inst.op != _POP:
                put(to, held)
            continue
        if problems is not None:
            for value, place in reads:
                if value not in state.get(place, _NONE):
                    problems.append(
                        f"block {b}: {OPS[inst.op].name} wants v{value} in place {place}, "
                        f"which holds {sorted(state.get(place, _NONE))}"
                    )
        row = OPS[inst.op]
        if row.calls:
            for reg in caller_saved:
                put(reg, _NONE)
        elif inst.op in clobbers and (row.enc != "shift" or inst.imm is None):
            for reg in clobbers[inst.op]:
                put(reg, _NONE)
        if written is not None:
            value, place = written
            assert place < FIRST_VIRTUAL
            for stale in list(places.get(value, ())):
                put(stale, state[stale] - {value})
            put(place, frozenset((value,)))
