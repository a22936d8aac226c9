"""`match` as a decision tree: every test at most once on a path while that pays, every arm's body once.

    (match x ((Some 1) a) ((Some n) b) (None c))      switch tag x: Some ▸ switch field: 1 ▸ a, else ▸ b; None ▸ c

A row is what is still to be tested for an arm: patterns by occurrence (a part of the scrutinee).  A tree tests
one occurrence of the first row, the one that most rows ask about, deals the rows out to the outcomes in one walk,
and goes on with each.  Rows that do not ask are copied to every outcome; when that has cost more than a multiple of
the patterns, the rows are cut into runs that all ask about one occurrence, each with the next as its way out
(`pieces`): the code stays in proportion to the patterns, and an occurrence may then be tested again.  An arm's
body is a block whose parameters are the arm's variables (and locals set in guards), so that several leaves may jump
to it; guards are lowered at each leaf that asks them.  An or-pattern becomes several rows; when its guard fails, the
arm's other alternatives are not tried, as in the interpreter.
Source: Maranget 2008, "Compiling pattern matching to good decision trees"; Jacobs 2021 for rows as clauses; Wadler
1987 (in Peyton Jones) for runs of rows.
"""

from __future__ import annotations

from compiler.hir.ops import CODE as H
from compiler.lower import forms
from compiler.lower.builtins import equal
from compiler.lower.data import load
from compiler.lower.rows import Arm, Part, Rest, Row
from compiler.panics import NO_ARM
from compiler.types.core import H_BOOL, H_LIST, H_USER
from compiler.types.exhaust import f64_of_bits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from compiler.lower.builder import Builder, Join

    Case = int | float | bytes
    Piece = tuple[Part | None, list[Row]]

EFFORT = 32  # steps a pattern node: what a tree may spend on looking for the best test and on copies of rows
COPY, GUARD = 4, 8  # steps for a copy of a row, and that times for one with a guard
LINEAR = 4  # texts or F64s compared one after another
_NOTHING_TO_TEST = (H["p-any"], H["p-unit"])


class Tree:
    """One match being lowered."""

    __slots__ = ("arms", "at", "b", "guarded", "parts", "reread", "scrutinee", "spare")

    def __init__(self, b: Builder, node: int) -> None:
        self.b = b
        body = b.body
        scrutinee, *arm_nodes = body.children(node)
        self.parts = 0
        self.at = forms.place(b, node)
        self.scrutinee = self.part(forms.value(b, scrutinee), b.concrete(body.type[scrutinee]))
        self.arms: list[Arm] = []
        self.spare = EFFORT * EFFORT
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
        body = self.b.body
        found: set[int] = set()
        work = [pattern]
        while work:
            node = work.pop()
            self.spare += EFFORT
            if body.op[node] == H["p-bind"]:
                found.add(body.imm[node])
            work.extend(body.children(node))
        return sorted(found)

    def looks_at_mutable(self, pattern: int) -> bool:
        body = self.b.body
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
        named = self.b.lowering.program.insts[self.b.body.imm[pattern]][1]
        assert isinstance(named, tuple)
        return named

    # Rows.

    def ask(self, row: Row, part: Part, pattern: int) -> None:
        """Add to the row that the part must match the pattern."""
        body = self.b.body
        op = body.op[pattern]
        if op == H["p-bind"]:
            row.bound[body.imm[pattern]] = part.value
        elif op not in _NOTHING_TO_TEST:
            row.tests[part] = pattern

    def fresh_rows(self) -> list[Row]:
        rows = []
        for number, arm in enumerate(self.arms):
            row = Row(number, {}, {})
            self.ask(row, self.scrutinee, arm.pattern)
            rows.append(row)
        return rows

    def alternatives(self, row: Row, part: Part) -> list[Row]:
        """A row for each alternative of the row's or-pattern about the part."""
        pattern = row.tests.pop(part)
        result = []
        for kid in self.b.body.children(pattern):
            alternative = row.copy()
            self.ask(alternative, part, kid)
            result.append(alternative)
        return result

    def spread(self, rows: list[Row], part: Part) -> list[Row]:
        """The rows, with or-patterns about the part spread into one row each."""
        op = self.b.body.op
        result: list[Row] = []
        work = list(reversed(rows))
        while work:
            row = work.pop()
            if part in row.tests and op[row.tests[part]] == H["p-or"]:
                work.extend(reversed(self.alternatives(row, part)))
            else:
                result.append(row)
        return result

    # The tree.

    def decide(self) -> None:
        """End the current block with what decides between the arms."""
        rows = self.fresh_rows()
        if not self.reread:
            self.lower(rows, None)
            return
        pieces: list[Piece] = []
        begins = True
        for row in rows:
            if begins:
                pieces.append((None, []))
            pieces[-1][1].append(row)
            begins = self.arms[row.arm].guard >= 0
        self.in_turn(pieces, None)

    def lower(self, rows: list[Row], rest: Rest | None) -> None:
        """End the current block with what decides between the rows, first match wins."""
        mark = len(self.b.log)
        at = 0
        while at < len(rows) and not rows[at].tests:
            arm = rows[at].arm
            if not self.leaf(rows[at]):
                break
            # The guard has failed: the arm's other alternatives are not tried.
            while at < len(rows) and rows[at].arm == arm:
                at += 1
            while rest is not None and rest.arm == arm:
                rest = rest.outer
        else:
            if at == len(rows):
                self.fall(rest)
            else:
                self.split(rows[at:], rest)
        self.b.restore(mark)

    def split(self, rows: list[Row], rest: Rest | None) -> None:
        """Test the part that most rows ask about; in pieces once that has been too much work."""
        while rows[0].tests:
            part = next(iter(rows[0].tests))
            if len(rows[0].tests) > 1:
                self.spare -= sum([len(row.tests) for row in rows])
                if self.spare < 0:
                    break
                counts: dict[Part, int] = dict.fromkeys(rows[0].tests, 0)
                for row in rows:
                    for asked in row.tests:
                        if asked in counts:
                            counts[asked] += 1
                part = min(counts, key=lambda p: (-counts[p], p.rank))
            rows = self.spread(rows, part)
            if part not in rows[0].tests:
                continue
            copied = sum([self.cost(row) for row in rows if part not in row.tests])
            if copied:
                self.spare -= copied * len({self.case(row.tests[part]) for row in rows if part in row.tests})
                if self.spare < 0:
                    break
            self.test(rows, part, rest)
            return
        else:
            self.lower(rows, rest)
            return
        self.in_turn(self.pieces(rows), rest)

    def cost(self, row: Row) -> int:
        """What a copy of a row adds to the code, roughly: its tests and, above all, its guard."""
        return COPY * (len(row.tests) + (1 if self.arms[row.arm].guard < 0 else GUARD))

    def pieces(self, rows: list[Row]) -> list[Piece]:
        """Runs of rows that all ask about one part, or of rows that ask nothing: no row has two outcomes."""
        op = self.b.body.op
        pieces: list[Piece] = []
        part: Part | None = None
        before = -1  # the arm that the piece before ends with
        work = list(reversed(rows))
        while work:
            row = work.pop()
            wanted = part if part in row.tests else next(iter(row.tests), None)
            if wanted is not None and op[row.tests[wanted]] == H["p-or"]:
                work.extend(reversed(self.alternatives(row, wanted)))
                continue
            if not pieces or wanted is not part or pieces[-1][1][0].arm == before != row.arm:
                before = pieces[-1][1][-1].arm if pieces else -1
                part = wanted
                pieces.append((part, []))
            pieces[-1][1].append(row)
        return pieces

    def in_turn(self, pieces: list[Piece], rest: Rest | None) -> None:
        """Each piece's rows where none of the pieces before took the value."""
        b = self.b
        mark = len(b.log)
        rests = [rest]
        for _, rows in reversed(pieces[1:]):
            rests.append(Rest(rows[0].arm, rests[-1]))
        entry: Rest | None = None
        for part, rows in pieces:
            after = rests.pop()
            if entry is None or entry.block >= 0:
                if entry is not None:
                    b.block = entry.block
                    for local, param in zip(self.guarded, entry.params, strict=True):
                        b.assign(local, param)
                if part is None:
                    self.lower(rows, after)
                else:
                    self.test(rows, part, after)
                b.restore(mark)
            entry = after

    def fall(self, rest: Rest | None) -> None:
        """No row is left: go on with the rest."""
        b = self.b
        if rest is None:
            if self.reread:  # the checker has found the match exhaustive, and a guard has changed that
                b.at = self.at
                b.emit("panic.text", "", (b.text(NO_ARM),))
            else:
                b.emit("unreachable", "")
            return
        set_by_guards = tuple([forms.read(b, local) for local in self.guarded])
        if rest.block < 0:
            rest.block = b.f.block()
            rest.params = [b.f.param(rest.block, b.typed(value), b.at) for value in set_by_guards]
        b.jump(rest.block, set_by_guards)

    # Tests.

    def case(self, pattern: int) -> Case:
        """What tells apart the outcomes of a test."""
        body = self.b.body
        op, imm = body.op[pattern], body.imm[pattern]
        if op == H["p-ctor"]:
            return self.constructor(pattern)[1]
        if op == H["p-text"]:
            return self.b.lowering.program.texts[imm].encode("utf-8", "surrogateescape")  # in the order of `text.lt`
        if op == H["p-f64"]:
            return f64_of_bits(imm)  # by IEEE 0.0 and -0.0 are equal: one outcome
        if op in (H["p-nil"], H["p-cons"]):
            return 1 if op == H["p-cons"] else 0
        return imm

    def outcomes(self, part: Part) -> int:
        """How many there can be; 0: no end of them."""
        head = self.b.lowering.program.types.head[part.type]
        if head >= H_USER:
            return len(self.b.lowering.program.datas[head - H_USER].ctors)
        return 2 if head in (H_LIST, H_BOOL) else 0

    def test(self, rows: list[Row], part: Part, rest: Rest | None) -> None:
        """Test one part once and lower what each outcome leaves; rows that do not ask are left by all."""
        b = self.b
        cases: dict[Case, list[Row]] = {}
        samples: list[int] = []
        others: list[Row] = []
        for row in rows:
            if part not in row.tests:
                for bucket in cases.values():
                    bucket.append(row.copy())
                others.append(row)
                continue
            case = self.case(row.tests[part])
            if case not in cases:
                samples.append(row.tests[part])
                cases[case] = [other.copy() for other in others]
            cases[case].append(row)
        count = self.outcomes(part)
        if count == 1:
            self.lower(self.inside(rows, part, 0), rest)
            return
        blocks = [b.f.block() for _ in cases]
        other = -1 if len(cases) == count else b.f.block()
        goals = dict(zip(cases, blocks, strict=True))
        op = b.body.op[samples[0]]
        if op == H["p-bool"]:
            b.branch(part.value, goals.get(1, other), goals.get(0, other))
        elif op == H["p-i64"]:
            self.switch(part.value, goals, other)
        elif op in (H["p-f64"], H["p-text"]):
            self.find(part.value, dict(zip(cases, samples, strict=True)), goals, other)
        else:
            self.switch(b.emit("tag", "i64", (part.value,)), goals, other)
        for (case, bucket), block in zip(cases.items(), blocks, strict=True):
            b.block = block
            self.lower(self.inside(bucket, part, case), rest)
        if other >= 0:
            b.block = other
            self.lower(others, rest)

    def inside(self, rows: list[Row], part: Part, case: Case) -> list[Row]:
        """The rows of an outcome, asking about the part's fields; loads the fields that are asked about."""
        b = self.b
        body = b.body
        parts: dict[int, Part] = {}
        for row in rows:
            pattern = row.tests.pop(part, -1)
            for index, kid in enumerate(body.children(pattern) if pattern >= 0 else ()):
                if body.op[kid] in _NOTHING_TO_TEST:
                    continue
                field = parts.get(index)
                if field is None:
                    assert isinstance(case, int)
                    loaded = load(b, part.value, part.type, case, index)
                    field = parts[index] = self.part(loaded, b.lowering.types.fields(part.type, case)[index])
                self.ask(row, field, kid)
        return rows

    def switch(self, value: int, goals: Mapping[Any, int], other: int) -> None:
        """Jump by an I64; without another block, the last of the goals is what is left."""
        b = self.b
        cases, blocks = list(goals), list(goals.values())
        if other < 0:
            cases.pop()
        else:
            blocks.append(other)
        if len(cases) == 1:
            b.branch(b.emit("i64.eq", "bool", (value, b.i64(cases[0]))), *blocks)
        else:
            b.emit("switch", "", (value,), tuple(cases))
            b.f.blocks[b.block].succs = [(block, ()) for block in blocks]

    def find(self, value: int, samples: dict[Case, int], goals: Mapping[Case, int], other: int) -> None:
        """Jump by an F64 or a Text: texts by their lengths first, then by halves, and a few one after another."""
        b = self.b
        lengths: dict[int, dict[Case, int]] = {}
        if len(samples) > LINEAR and b.typed(value) == "text":
            for case, pattern in samples.items():
                assert isinstance(case, bytes)
                lengths.setdefault(len(case), {})[case] = pattern
        if len(lengths) < 2:
            self.halve(value, samples, goals, other)
            return
        blocks = {length: b.f.block() for length in lengths}
        self.switch(b.emit("text.len", "i64", (value,)), blocks, other)
        for length, block in blocks.items():
            b.block = block
            self.halve(value, lengths[length], goals, other)

    def halve(self, value: int, samples: dict[Case, int], goals: Mapping[Case, int], other: int) -> None:
        """A NaN is not less than any number and goes to the greater ones, where it equals none."""
        b = self.b
        literal = forms.VALUES[H[b.typed(value)]]
        cases: list[Any] = list(samples)
        if len(cases) <= LINEAR:
            for number, case in enumerate(cases, 1):
                is_last = number == len(cases)
                following = other if is_last else b.f.block()
                b.branch(equal(b, value, literal(b, samples[case])), goals[case], following)
                b.block = following
            return
        cases.sort()
        middle = len(cases) // 2
        blocks = (b.f.block(), b.f.block())
        b.branch(b.emit(f"{b.typed(value)}.lt", "bool", (value, literal(b, samples[cases[middle]]))), *blocks)
        for block, half in zip(blocks, (cases[:middle], cases[middle:]), strict=True):
            b.block = block
            self.halve(value, {case: samples[case] for case in half}, goals, other)

    def leaf(self, row: Row) -> bool:
        """The row matches: ask its guard, then go to its arm.  Whether there is a way on, where the guard is false."""
        b = self.b
        arm = self.arms[row.arm]
        if arm.guard < 0:
            self.go(row)
            return False
        for local, bound in row.bound.items():
            forms.bind(b, local, bound)
        b.at = forms.place(b, arm.guard)
        holds, fails = b.f.block(), b.f.block()
        b.branch(forms.value(b, arm.guard), holds, fails)
        b.block = holds
        self.go(row)
        b.block = fails
        return True

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
    tree.decide()
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
