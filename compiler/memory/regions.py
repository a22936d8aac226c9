"""Move what dies with its region into the region's own memory, and say of every allocation inside where it lives.

    r = region.enter                          r = region.enter
    x = make 1 nil          ──▶               x = region.make r 1 nil
    s = call @sum x                           s = call @sum x
    region.leave r          (s goes on)       region.leave r

Each allocation between `enter` and `leave` goes into the innermost open region that it does not outlive
(`mir/outlive.py`); what outlives all of them stays on the heap.  A region with nothing in it disappears.  One that
holds nothing but its own objects and static ones ends without a walk (`region.leave` 0).  What the runtime makes by
itself, texts above all, stays counted: it refers to nothing, so it is never kept alive by a cycle.
Runs after the optimizer and before counts are inserted, function by function, each with the summaries of what it
mentions.  Nothing but a look at each function's ops where a program has no regions.
Why: adr/0014-regions-are-proved-per-site.md
"""

from __future__ import annotations

from compiler.mir.ops import CODE
from compiler.mir.regions import ENTER, IN_REGION, LEAVE, has_regions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Function, Module
    from compiler.mir.escape import Summary
    from compiler.mir.outlive import Reason

MAKE = CODE["make"]
# What only the runtime can make.
COUNTED = frozenset(
    CODE[name]
    for name in (
        "value.show",
        "bytes.slice",
        "bytes.of-text",
        "text.of-bytes",
        "text.slice",
        "text.cat",
        "text.of-i64",
        "text.of-f64",
        "text.fixed",
        "io.taken",
        "process.argv",
        "actor.inbox",
    )
)

HEAP, COUNTS, AROUND, HERE = "heap", "counted", "around", "region"


class Remark:
    """Where an allocation inside a region lives: place of the allocation, and for all but HERE and COUNTS why."""

    __slots__ = ("at", "reason", "where", "whom", "why")

    def __init__(self, where: str, at: str, why: str = "", reason: str = "", whom: str = "") -> None:
        self.where = where
        self.at = at
        self.why = why  # a word of `mir/outlive.py`
        self.reason = reason  # the place of what makes it outlive its region
        self.whom = whom  # the function that keeps it

    def key(self) -> tuple[str, ...]:
        return (self.at, self.where, self.why, self.reason, self.whom)


def run_module(module: Module) -> list[Remark]:
    """Place every allocation inside a region; a remark for each, in the order of functions and instructions."""
    names = [name for name, function in module.functions.items() if has_regions(function)]
    if not names:
        return []
    from compiler.mir.escape import summaries

    known = summaries(module, names)
    remarks: list[Remark] = []
    for name in names:
        remarks += place(module.functions[name], known, module)
    return remarks


def place(function: Function, known: dict[str, Summary], module: Module) -> list[Remark]:
    """Place the allocations of one function; `known` are the summaries of what it mentions.

    The module is asked for places alone.
    """
    from compiler.mir.escape import Flow
    from compiler.mir.outlive import judge

    flow = Flow(function, known)
    remarks: list[Remark] = []
    judgement = judge(flow)
    home: dict[int, int] = {}  # object -> the region it goes into
    for index in flow.order:
        for value in function.blocks[index].body:
            code = function.op[value]
            stack = judgement.stacks.get(value)
            if not stack or (code not in IN_REGION and code not in COUNTED):
                continue
            if code == MAKE and not function.args[value]:
                continue
            number = flow.number["site", value, function.type[value]]
            fits = [region for region in stack if number not in judgement.outlives[region]]
            where = COUNTS if fits and code in COUNTED else HERE if stack[-1] in fits else AROUND if fits else HEAP
            if where in (AROUND, HERE):
                home[number] = fits[-1]
            reason = judgement.outlives[stack[-1]].get(number)
            remarks.append(_remark(function, module, value, where, reason))
    used = set(home.values())
    for number, region in home.items():
        site = flow.keys[number][1]
        function.args[site] = (region, *function.args[site])
        function.op[site] = IN_REGION[function.op[site]]
    walks = {region for number, region in home.items() if flow.others(flow.content[number], region)}
    for block in function.blocks:
        block.body = [value for value in block.body if _stays(function, value, used)]
        for value in block.body:
            if function.op[value] == LEAVE:
                function.imm[value] = int(function.args[value][0] in walks)
    return remarks


def _stays(function: Function, value: int, used: set[int]) -> bool:
    if function.op[value] == ENTER:
        return value in used
    return function.op[value] != LEAVE or function.args[value][0] in used


def _remark(function: Function, module: Module, value: int, where: str, reason: Reason | None) -> Remark:
    at = module.places[function.at[value]]
    if reason is None or where in (HERE, COUNTS):
        return Remark(where, at)
    why, instruction, whom = reason
    return Remark(where, at, why, module.places[function.at[instruction]], whom)
