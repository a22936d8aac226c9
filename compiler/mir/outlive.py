"""Which objects must outlive a region, and why: the question that decides where an allocation inside may live.

An object outlives its region when something that is used after the region's end can lead to it, when it is
stored into what the region did not make, or when it gets out of the function's sight inside.  `judge(flow)` answers for
each region of a function at once; what is not in the answer dies with the region at the latest.
Used by `memory/regions.py`, which moves allocations, and by the verifier, which looks at what was moved.
"""

from __future__ import annotations

from compiler.mir.escape import CALLS, CLOSURE_CALLS, SENDS, STORES, bits, sum_of
from compiler.mir.regions import ENTER, walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.mir.escape import Effects, Flow
    from compiler.mir.regions import Stack

    Reason = tuple[str, int, str]  # what happens, at which instruction, to whom it goes


class Judgement:
    """For each region: what is made inside, and of all objects those that outlive it, with the reason."""

    __slots__ = ("inside", "outlives", "stacks")

    def __init__(self) -> None:
        self.inside: dict[int, int] = {}  # region -> objects made in it, by calls inside too
        self.outlives: dict[int, dict[int, Reason]] = {}  # region -> object -> why
        self.stacks: dict[int, Stack] = {}  # allocation or call inside regions -> which are open there


def judge(flow: Flow) -> Judgement:
    """What outlives each region of the function."""
    function = flow.function
    found = Judgement()
    steps = list(walk(function))
    position: dict[int, Stack] = {value: stack for _, value, stack in steps}
    regions = [value for _, value, _ in steps if function.op[value] == ENTER]
    made: dict[int, Stack] = {}  # object -> the regions that were open where it was made
    for number, (what, of, _) in enumerate(flow.keys):
        if what in ("site", "fresh") and of in position:
            made[number] = found.stacks[of] = position[of]
    for region in regions:
        inside = sum_of([1 << number for number, stack in made.items() if region in stack])
        found.inside[region] = inside
        reasons = found.outlives[region] = {}
        reached = 0
        for roots, reason in _roots(flow, region, inside, steps):
            more = flow.reach(roots) & ~reached
            reached |= more
            for number in bits(more & inside):
                reasons[number] = reason
    return found


def _roots(flow: Flow, region: int, inside: int, steps: list[tuple[int, int, Stack]]) -> list[tuple[int, Reason]]:
    """What is known to outlive the region, what happens inside first; what it leads to does too."""
    function, points = flow.function, flow.points
    roots: list[tuple[int, Reason]] = []

    def root(mask: int, what: str, value: int, whom: str = "") -> None:
        if mask:
            roots.append((mask, (what, value, whom)))

    for index, value, stack in steps:
        code, args = function.op[value], function.args[value]
        if region not in stack:
            root(sum_of([points[arg] for arg in args]), "after", value)
            if value == function.blocks[index].body[-1]:
                for _, given in function.blocks[index].succs:
                    root(sum_of([points[arg] for arg in given]), "after", value)
        elif code in STORES:
            if not points[args[0]] or points[args[0]] & ~inside:
                root(points[args[-1]], "stored", value)
        elif code in SENDS:
            root(points[args[SENDS[code]]], "sent", value)
        elif code in CALLS or code in CLOSURE_CALLS:
            effects = flow.call(value)
            whom = function.imm[value] if code in CALLS else ""
            root(_kept(effects, inside), "kept" if whom else "unknown", value, whom)
            for _, given in effects.applied:
                root(sum_of(given[1:]), "unknown", value)
    # What happens inside explains more than the uses afterwards that follow from it.
    return sorted(roots, key=lambda row: row[1][0] == "after")


def _kept(effects: Effects, inside: int) -> int:
    """What a call keeps: gets out of sight, or is put into what the region did not make."""
    kept = effects.escaped
    for holders, held in effects.flows:
        if holders & ~inside:
            kept |= held
    return kept
