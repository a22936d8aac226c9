"""Where the allocations of regions live, an instance at a time: what its own MIR says and its callees' summaries.

    lowered ─▶ circles ─▶ circle                who calls whom in a ring, among what a region can reach
                            └─▶ flow ─▶ summary ─▶ flow of its callers, native of those with regions

Only a function with a region asks, so a program without any has none of these queries.  A summary that comes out as it
was leaves its users green.  The work is `mir/escape.py`'s and `memory/regions.py`'s, as in the whole pipeline.
"""

from __future__ import annotations

from compiler.mir.regions import has_regions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.incremental.middle import Middle, Waiting
    from compiler.ir.function import Function
    from compiler.mir.escape import Summary


class Regions:
    """The summaries of one session's instances."""

    __slots__ = ("middle",)

    def __init__(self, middle: Middle) -> None:
        self.middle = middle

    def circles(self) -> dict[str, list[str]]:
        """The instances that reach each other, in order, for each that is not alone."""
        from compiler.mir.mentions import circles

        engine, key = self.middle.engine, self.middle.key
        known = {each for each, _ in engine.ask("instances", "")}
        roots = [each for each in sorted(known) if engine.ask("lowered", each)[2]]

        def leads(at: str) -> list[str]:
            return [key(row[1], row[0]) for row in engine.ask("lowered", at)[0]]

        return {each: circle for circle in circles(roots, leads) if len(circle) > 1 for each in circle}

    def circle(self, key: str) -> list[str]:
        found: list[str] = self.middle.engine.ask("circles", "").get(key, [])
        return found

    def flow(self, key: str) -> dict[str, Any]:
        """The summaries of an instance's functions, and of those of all instances in its circle, as rows."""
        from compiler.mir.escape import solve

        middle, engine = self.middle, self.middle.engine
        members = engine.ask("circle", key) or [key]
        if key != members[0]:
            found: dict[str, Any] = engine.ask("flow", members[0])
            return found
        functions: dict[str, Function] = {}
        known: dict[str, Summary] = {}
        singles = []
        for member in members:
            if not middle.inputs(member):
                return {}
            singles.append(middle.waiting(member))
            functions.update(singles[-1].module.functions)
        for single in singles:
            self._callees(single, list(single.module.functions.values()), functions, known)
        solve(functions, known)
        return {name: known[name].row() for name in sorted(functions)}

    def summary(self, key: str) -> Any:
        """What callers see of an instance."""
        return self.middle.engine.ask("flow", key).get(key.partition("#")[2])

    def place(self, key: str, single: Waiting) -> None:
        """Place the allocations in an instance's regions."""
        inside = [function for function in single.module.functions.values() if has_regions(function)]
        if not inside:
            return
        from compiler.memory.regions import place

        known = self._known(key, single, inside)
        for function in inside:
            place(function, known, single.module)

    def prepare(self, key: str, single: Waiting) -> None:
        """Ask for what placing will need."""
        inside = [function for function in single.module.functions.values() if has_regions(function)]
        if inside:
            self._known(key, single, inside)

    def _known(self, key: str, single: Waiting, inside: list[Function]) -> dict[str, Summary]:
        """The summaries of what an instance's functions with regions mention."""
        from compiler.mir.escape import read_summary
        from compiler.mir.mentions import mentions

        own = single.module.functions
        known: dict[str, Summary] = {}
        self._callees(single, inside, own, known)
        if any(name in own for function in inside for name in mentions(function)):
            rows = self.middle.engine.ask("flow", key)
            known.update({name: read_summary(rows[name]) for name in own})
        return known

    def _callees(
        self, single: Waiting, users: list[Function], own: dict[str, Function], known: dict[str, Summary]
    ) -> None:
        """Add the summaries of other instances that these functions mention."""
        from compiler.mir.escape import read_summary
        from compiler.mir.mentions import mentions

        middle = self.middle
        for user in users:
            for name in mentions(user):
                if name not in own and name not in known:
                    row = middle.engine.ask("summary", single.callees[name])
                    known[name] = read_summary(row)
