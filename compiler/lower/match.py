"""`match` as a decision tree: every test at most once on a path, every arm's body once.

    (match x ((Some 1) a) ((Some n) b) (None c))      switch tag x: Some ▸ switch field: 1 ▸ a, else ▸ b; None ▸ c

A row is what is still to be tested for an arm: patterns by occurrence (a part of the scrutinee).  A tree tests
one occurrence of the first row, the one that most rows ask about, and goes on with the rows each
outcome leaves.  An arm's body is a block whose parameters are the arm's variables (and locals set in guards), so
that several leaves may jump to it; guards are lowered at each leaf that asks them.  An or-pattern becomes several
rows; when its guard fails, the arm's other alternatives are not tried, as in the interpreter.
Source: Maranget 2008, "Compiling pattern matching to good decision trees"; Jacobs 2021 for rows as clauses.
"""

from __future__ import annotations

from compiler.hir.ops import CODE as H
from compiler.lower import forms
from compiler.lower.builtins import equal
from compiler.lower.data import load
from compiler.panics import NO_ARM
from compiler.types.core import H_LIST, H_USER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.lower.builder import Builder, Join

_LITERALS = (H["p-i64"], H["p-f64"], H["p-bool"], H["p-text"])
_NOTHING_TO_TEST = (H["p-any"], H["p-unit"])


class Part:
    """An occurrence: its value on this path, its concrete type, and its rank from left to right."""

    __slots__ = ("rank", "type", "value")

    def __init__(self, value: int, type: int, rank: int) -> None:  # noqa: A002
        self.value = value
        self.type = type
        self.rank = rank


class Row:
    """What must still hold for an arm, and what is bound already."""

    __slots__ = ("arm", "bound", "tests")

    def __init__(self, arm: int, tests: dict[Part, int], bound: dict[int, int]) -> None:
        self.arm = arm
        self.tests = tests
        self.bound = bound  # local -> value


class Arm:
    """An arm's nodes, its variables, and the block of its body once a leaf has jumped there."""

    __slots__ = ("block", "body", "guard", "params", "pattern", "variables")

    def __init__(self, pattern: int, guard: int, body: int, variables: list[int]) -> None:
        self.pattern = pattern
        self.guard = guard  # -1 without
        self.body = body
        self.variables = variables
        self.block = -1
        self.params: list[int] = []


class Tree:
    """One match being lowered."""

    __slots__ = ("arms", "at", "b", "guarded", "parts", "reread", "scrutinee")

    def __init__(self, b: Builder, node: int) -> None:
        self.b = b
        body = forms.body_of(b)
        scrutinee, *arm_nodes = body.children(node)
        self.parts = 0
        self.at = forms.place(b, node)
        self.scrutinee = self.part(forms.value(b, scrutinee), b.concrete(body.type[scrutinee]))
        self.arms: list[Arm] = []
        for arm in arm_nodes:
            kids = body.children(arm)
            guard = kids[1] if body.imm[arm] == 1 else -1
            self.arms.append(Arm(kids[0], guard, kids[-1], self.variables(kids[0])))
        # Locals that guards may set: an arm's body gets them as its leaf left them.
        guards = any(arm.guard >= 0 for arm in self.arms)
        self.guarded = [x for x in b.assigned.get(node, ()) if b.env[x] is not None] if guards else []
        # A guard may change a mutable field that a later arm looks at: then later arms look afresh.
        self.reread = guards and any(self.looks_at_mutable(arm.pattern) for arm in self.arms)

    def part(self, value: int, type: int) -> Part:  # noqa: A002
        self.parts += 1
        return Part(value, type, self.parts)

    def variables(self, pattern: int) -> list[int]:
        """The locals a pattern binds, sorted."""
        body = forms.body_of(self.b)
        found: set[int] = set()
        work = [pattern]
        while work:
            node = work.pop()
            if body.op[node] == H["p-bind"]:
                found.add(body.imm[node])
            work.extend(body.children(node))
        return sorted(found)

    def looks_at_mutable(self, pattern: int) -> bool:
        body = forms.body_of(self.b)
        work = [pattern]
        while work:
            node = work.pop()
            if body.op[node] == H["p-ctor"]:
                data, which = self.constructor(node)
                if any(self.b.lowering.program.datas[data].ctors[which].mutable):
                    return True
            work.extend(body.children(node))
        return False

    def constructor(self, pattern: int) -> tuple[int, int]:
        named = self.b.lowering.program.insts[forms.body_of(self.b).imm[pattern]][1]
        assert isinstance(named, tuple)
        return named

    # Rows.

    def ask(self, row: Row, part: Part, pattern: int) -> None:
        """Add to the row that the part must match the pattern."""
        body = forms.body_of(self.b)
        op = body.op[pattern]
        if op == H["p-bind"]:
            row.bound[body.imm[pattern]] = part.value
        elif op not in _NOTHING_TO_TEST:
            row.tests[part] = pattern

    def fresh_rows(self, arms: range) -> list[Row]:
        rows = []
        for arm in arms:
            row = Row(arm, {}, {})
            self.ask(row, self.scrutinee, self.arms[arm].pattern)
            rows.append(row)
        return rows

    def alternatives(self, rows: list[Row], part: Part) -> list[Row]:
        """The rows, with or-patterns about the part spread into one row each."""
        body = forms.body_of(self.b)
        result: list[Row] = []
        work = list(reversed(rows))
        while work:
            row = work.pop()
            pattern = row.tests.get(part)
            if pattern is None or body.op[pattern] != H["p-or"]:
                result.append(row)
                continue
            for kid in reversed(body.children(pattern)):
                tests = dict(row.tests)
                del tests[part]
                alternative = Row(row.arm, tests, dict(row.bound))
                self.ask(alternative, part, kid)
                work.append(alternative)
        return result

    # The tree.

    def lower(self, rows: list[Row]) -> None:
        """End the current block with what decides between the rows, first match wins."""
        b = self.b
        mark = len(b.log)
        while rows and rows[0].tests:
            counts: dict[Part, int] = dict.fromkeys(rows[0].tests, 0)
            for row in rows:
                for asked in row.tests:
                    if asked in counts:
                        counts[asked] += 1
            part = min(counts, key=lambda p: (-counts[p], p.rank))
            rows = self.alternatives(rows, part)
            if part in rows[0].tests:
                self.test(rows, part)
                return
        if not rows:
            if self.reread:  # the checker has found the match exhaustive, and a guard has changed that
                b.at = self.at
                b.emit("panic.text", "", (b.text(NO_ARM),))
            else:
                b.emit("unreachable", "")
            return
        self.leaf(rows)
        b.restore(mark)

    def test(self, rows: list[Row], part: Part) -> None:
        """Test one part and lower what each outcome leaves."""
        op = forms.body_of(self.b).op[rows[0].tests[part]]
        if op == H["p-bool"]:
            self.test_bool(rows, part)
        elif op == H["p-i64"]:
            self.test_i64(rows, part)
        elif op in _LITERALS:
            self.test_equal(rows, part)
        else:
            self.test_tag(rows, part)

    def without(self, rows: list[Row], part: Part, keep: Callable[[int], bool]) -> list[Row]:
        """Rows that do not ask about the part, or whose pattern is kept and then known to hold."""
        result = []
        for row in rows:
            pattern = row.tests.get(part)
            if pattern is None:
                result.append(row)
            elif keep(pattern):
                tests = dict(row.tests)
                del tests[part]
                result.append(Row(row.arm, tests, row.bound))
        return result

    def lower_in(self, block: int, rows: list[Row]) -> None:
        b = self.b
        mark = len(b.log)
        b.block = block
        self.lower(rows)
        b.restore(mark)

    def test_bool(self, rows: list[Row], part: Part) -> None:
        b = self.b
        imm = forms.body_of(b).imm
        blocks = (b.f.block(), b.f.block())
        b.branch(part.value, *blocks)
        for block, outcome in zip(blocks, (1, 0), strict=True):
            self.lower_in(block, self.without(rows, part, lambda p, outcome=outcome: imm[p] == outcome))  # type: ignore[misc]

    def test_i64(self, rows: list[Row], part: Part) -> None:
        b = self.b
        imm = forms.body_of(b).imm
        cases = list(dict.fromkeys([imm[row.tests[part]] for row in rows if part in row.tests]))
        outcomes = [self.without(rows, part, lambda p, case=case: imm[p] == case) for case in cases]  # type: ignore[misc]
        outcomes.append(self.without(rows, part, lambda p: False))  # noqa: ARG005
        self.switch(part.value, cases, [(lambda rows=outcome: rows) for outcome in outcomes])  # type: ignore[misc]

    def test_equal(self, rows: list[Row], part: Part) -> None:
        """F64 and Text literals: one comparison with the first row's."""
        b = self.b
        first = rows[0].tests[part]
        body = forms.body_of(b)
        literal = (forms.VALUES[H["f64"]] if body.op[first] == H["p-f64"] else forms.VALUES[H["text"]])(b, first)
        same, other = b.f.block(), b.f.block()
        b.branch(equal(b, part.value, literal), same, other)
        # By IEEE 0.0 and -0.0 are equal: a row with the other zero stays asked, in both outcomes.
        imm = body.imm[first]
        zeros = (0, -(1 << 63), 1 << 63)

        def alike(pattern: int) -> bool:
            return body.imm[pattern] == imm or (
                body.op[pattern] == H["p-f64"] and imm in zeros and body.imm[pattern] in zeros
            )

        self.lower_in(same, self.without(rows, part, alike))
        self.lower_in(other, [row for row in rows if part not in row.tests or not alike(row.tests[part])])

    def tag_of(self, pattern: int) -> int:
        op = forms.body_of(self.b).op[pattern]
        if op == H["p-ctor"]:
            return self.constructor(pattern)[1]
        return 1 if op == H["p-cons"] else 0

    def test_tag(self, rows: list[Row], part: Part) -> None:
        """Constructors, nil and cons."""
        b = self.b
        types = b.lowering.program.types
        head = types.head[part.type]
        count = 2 if head == H_LIST else len(b.lowering.program.datas[head - H_USER].ctors)
        tags = list(dict.fromkeys([self.tag_of(row.tests[part]) for row in rows if part in row.tests]))
        if count == 1:
            self.lower(self.inside(rows, part, 0))
            return
        outcomes: list[Callable[[], list[Row]]] = [
            (lambda tag=tag: self.inside(rows, part, tag))  # type: ignore[misc]
            for tag in tags
        ]
        if len(tags) == count:
            tags.pop()  # the last one is what is left
        else:
            outcomes.append(lambda: [row for row in rows if part not in row.tests])
        self.switch(b.emit("tag", "i64", (part.value,)), tags, outcomes)

    def inside(self, rows: list[Row], part: Part, tag: int) -> list[Row]:
        """Rows that this tag leaves, asking about its fields; loads the fields that are asked about."""
        b = self.b
        body = forms.body_of(b)
        fields = b.lowering.types.fields(part.type, tag)
        parts: list[Part | None] = [None] * len(fields)
        result = []
        for row in rows:
            pattern = row.tests.get(part)
            if pattern is None:
                result.append(row)
                continue
            if self.tag_of(pattern) != tag:
                continue
            tests = dict(row.tests)
            del tests[part]
            inner = Row(row.arm, tests, dict(row.bound))
            for index, kid in enumerate(body.children(pattern)):
                if body.op[kid] in _NOTHING_TO_TEST:
                    continue
                field = parts[index]
                if field is None:
                    loaded = load(b, part.value, part.type, tag, index)
                    field = parts[index] = self.part(loaded, fields[index])
                self.ask(inner, field, kid)
            result.append(inner)
        return result

    def switch(self, value: int, cases: list[int], outcomes: list[Callable[[], list[Row]]]) -> None:
        """Jump by an I64; `outcomes` has one maker of rows a case, run in the case's block, and a default."""
        b = self.b
        blocks = [b.f.block() for _ in outcomes]
        if len(cases) == 1:
            b.branch(b.emit("i64.eq", "bool", (value, b.i64(cases[0]))), *blocks)
        else:
            b.emit("switch", "", (value,), tuple(cases))
            b.f.blocks[b.block].succs = [(block, ()) for block in blocks]
        for block, outcome in zip(blocks, outcomes, strict=True):
            b.block = block
            self.lower_in(block, outcome())

    def leaf(self, rows: list[Row]) -> None:
        """The first row matches: ask its guard, then go to its arm."""
        b = self.b
        row = rows[0]
        arm = self.arms[row.arm]
        if arm.guard < 0:
            self.go(row)
            return
        for local, bound in row.bound.items():
            forms.bind(b, local, bound)
        b.at = forms.place(b, arm.guard)
        holds, fails = b.f.block(), b.f.block()
        b.branch(forms.value(b, arm.guard), holds, fails)
        b.block = holds
        self.go(row)
        rest = range(row.arm + 1, len(self.arms))
        self.lower_in(fails, self.fresh_rows(rest) if self.reread else [r for r in rows if r.arm != row.arm])

    def go(self, row: Row) -> None:
        """Jump to the arm's body with its variables."""
        b = self.b
        arm = self.arms[row.arm]
        if arm.block < 0:
            arm.block = b.f.block()
            arm.params = [b.f.param(arm.block, b.typed(row.bound[local]), b.at) for local in arm.variables]
            arm.params += [b.f.param(arm.block, b.typed(forms.read(b, local)), b.at) for local in self.guarded]
        args = [row.bound[local] for local in arm.variables]
        args += [forms.read(b, local) for local in self.guarded]
        b.jump(arm.block, tuple(args))

    def enter(self, arm: Arm) -> None:
        """Begin the arm's body."""
        b = self.b
        b.block = arm.block
        for local, param in zip([*arm.variables, *self.guarded], arm.params, strict=True):
            if local in self.guarded:
                b.assign(local, param)
            else:
                forms.bind(b, local, param)


def _decide(b: Builder, node: int) -> Tree:
    tree = Tree(b, node)
    here = b.at
    mark = len(b.log)
    tree.lower(tree.fresh_rows(range(len(tree.arms))))
    b.restore(mark)
    b.at = here
    return tree


@forms.form("match")
def _match(b: Builder, node: int) -> int:
    tree = _decide(b, node)
    join: Join = b.join()
    for arm in tree.arms:
        if arm.block >= 0:
            tree.enter(arm)
            b.leave(join, forms.value(b, arm.body))
    return b.meet(join, forms.node_type(b, node))


@forms.tail_form("match")
def _match_tail(b: Builder, node: int) -> None:
    tree = _decide(b, node)
    mark = len(b.log)
    for arm in tree.arms:
        if arm.block >= 0:
            tree.enter(arm)
            forms.tail(b, arm.body)
            b.restore(mark)
