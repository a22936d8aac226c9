"""Which regions are open where: the stack of `region.enter` values at each block and instruction of a function.

    b0:  r = region.enter          ()      opens
         s = region.enter          (r)
         region.leave s            (r s)   closes the innermost, and no other
         region.leave r            (r)

Entered and left like brackets on every path, or `problems` says where not.  Shared by the escape analysis, the
verifier and the insertion of counts.  Linear; a function without regions costs one look over its ops.
"""

from __future__ import annotations

from compiler.mir.ops import CODE
from compiler.mir.owns import no_return

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from compiler.ir.function import Function

    Stack = tuple[int, ...]

ENTER, LEAVE = CODE["region.enter"], CODE["region.leave"]
# A plain allocation, and the same in a region: with the region as argument 0, all others one further.
IN_REGION = {
    CODE["make"]: CODE["region.make"],
    CODE["cell.new"]: CODE["region.cell"],
    CODE["any.new"]: CODE["region.any"],
    CODE["array.new"]: CODE["region.array"],
    CODE["array.of"]: CODE["region.array-of"],
    CODE["array.copy"]: CODE["region.copy"],
    CODE["bytes.new"]: CODE["region.bytes"],
    CODE["closure"]: CODE["region.closure"],
}
PLAIN = {inside: plain for plain, inside in IN_REGION.items()}


def has_regions(function: Function) -> bool:
    return ENTER in function.op


def entry_stacks(function: Function, problems: list[str] | None = None) -> dict[int, Stack]:
    """The open regions where each reachable block begins, outermost first."""
    problems = [] if problems is None else problems
    stacks: dict[int, Stack] = {0: ()}
    work = [0]
    while work:
        index = work.pop()
        stack = stacks[index]
        for value in function.blocks[index].body:
            if function.op[value] == ENTER:
                stack = (*stack, value)
            elif function.op[value] == LEAVE:
                if not stack or stack[-1] != function.args[value][0]:
                    problems.append(f"{function.name} b{index}: leaves a region that is not the innermost open one")
                    continue
                stack = stack[:-1]
        if not function.blocks[index].succs and stack and not no_return(function, index):
            problems.append(f"{function.name} b{index}: ends with {len(stack)} open regions")
        for target, _ in function.blocks[index].succs:
            if target not in stacks:
                stacks[target] = stack
                work.append(target)
            elif stacks[target] != stack and not _ends(function, target):
                problems.append(f"{function.name} b{target}: reached with different open regions")
    return stacks


def _ends(function: Function, block: int) -> bool:
    """A block that ends the program without looking at regions may be shared."""
    return no_return(function, block) and all(function.op[v] not in (ENTER, LEAVE) for v in function.blocks[block].body)


def walk(function: Function) -> Iterator[tuple[int, int, Stack]]:
    """(block, instruction, the regions open at it); a `region.leave` is still inside what it leaves."""
    for index, stack in sorted(entry_stacks(function).items()):
        for value in function.blocks[index].body:
            yield index, value, stack
            if function.op[value] == ENTER:
                stack = (*stack, value)
            elif function.op[value] == LEAVE:
                stack = stack[:-1]
