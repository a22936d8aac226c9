"""Whether the arms of a match cover every value, and whether each can be reached.

Maranget's usefulness, asked for all arms in one walk: the matrix of patterns is split by the constructors
of one column at a time.  Where a matrix has no rows left, a value is missing; the row on top of a matrix
of wildcards is an arm that some value reaches.  An arm that is never on top is unreachable.  Guards may
be false, so a guarded row is passed by.  Equal matrices are looked at once; what is still exponential ends
at a stated number of rows.  Plain matches are told by a look at their arms first.
Source: L. Maranget, "Warnings for pattern matching", JFP 17(3), 2007.
"""

from __future__ import annotations

from compiler.hir.ops import CODE
from compiler.types.core import BOOL, F64, H_LIST, H_USER, I64, TEXT, UNIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.hir.program import Body, Program

P_ANY, P_BIND, P_I64, P_F64, P_BOOL, P_TEXT = (
    CODE["p-any"],
    CODE["p-bind"],
    CODE["p-i64"],
    CODE["p-f64"],
    CODE["p-bool"],
    CODE["p-text"],
)
P_UNIT, P_CTOR, P_NIL, P_CONS, P_OR = CODE["p-unit"], CODE["p-ctor"], CODE["p-nil"], CODE["p-cons"], CODE["p-or"]
PLAIN = frozenset([P_I64, P_BOOL, P_TEXT, P_UNIT, P_CTOR, P_NIL, P_CONS])  # an F64 has two zeros
WILD = -1
MAX_ROWS = 1_000_000  # looked at for one match; the message names it
REMEMBER_FROM = 2_000  # rows: most matches are done before, and need no memory of what they have seen

Row = tuple[int, bool, tuple[int, ...]]  # arm, guarded, a pattern node per column
Key = tuple[int, object]  # what tells apart the heads of one column


def f64_of_bits(bits: int) -> float:
    from struct import pack, unpack

    value: float = unpack("<d", pack("<Q", bits))[0]
    return value


class TooEntangledError(Exception):
    """The rows that one match may cost are used up."""


class UnknownTypeError(Exception):
    """A field's type has a mistake in it, which is reported: what covers it is not known."""


class Coverage:
    """One match under examination; `reached` holds the arms that some value gets to."""

    __slots__ = ("_seen", "body", "program", "reached", "rows")

    def __init__(self, program: Program, body: Body) -> None:
        self.program = program
        self.body = body
        self.reached: set[int] = set()
        self.rows = 0  # looked at so far
        self._seen: dict[tuple[object, ...], list[str] | None] = {}

    def missing(self, rows: list[Row], columns: tuple[int, ...]) -> list[str] | None:
        """A value for each column that no row takes, as source; None when there is none.

        Errors: TooEntangledError.
        """
        self._spend(len(rows) + 1)
        if self.rows < REMEMBER_FROM:
            return self._missing(rows, columns)
        key = (columns, *rows)
        if key not in self._seen:
            self._seen[key] = self._missing(rows, columns)
        return self._seen[key]

    def _spend(self, rows: int) -> None:
        self.rows += rows
        if self.rows > MAX_ROWS:
            raise TooEntangledError

    def _missing(self, rows: list[Row], columns: tuple[int, ...]) -> list[str] | None:
        body = self.body
        at = 0
        while at < len(rows):
            arm, guarded, patterns = rows[at]
            column = self._refutable(patterns)
            if column >= 0:
                break
            self.reached.add(arm)
            if not guarded:
                return None
            at += 1
        else:
            return ["_"] * len(columns)
        buckets: dict[Key, list[Row]] = {}
        samples: dict[Key, int] = {}
        default: list[Row] = []
        rest_columns = columns[:column] + columns[column + 1 :]
        for arm, guarded, patterns in self._expanded(rows[at:], column):
            node = patterns[column]
            rest = patterns[:column] + patterns[column + 1 :]
            if node == WILD:
                self._spend(len(buckets))
                default.append((arm, guarded, rest))
                for key, bucket in buckets.items():
                    bucket.append((arm, guarded, (WILD,) * self._arity(samples[key]) + rest))
                continue
            key = self._key(node)
            kids = tuple(body.children(node))
            if key not in buckets:
                samples[key] = node
                wild = (WILD,) * len(kids)
                self._spend(len(default))
                buckets[key] = [(a, g, wild + r) for a, g, r in default]
            buckets[key].append((arm, guarded, kids + rest))
        found: list[str] | None = None
        for key, bucket in buckets.items():
            fields = self._field_types(key, columns[column])
            inner = self.missing(bucket, fields + rest_columns)
            if inner is not None and found is None:
                head = self._build(key, columns[column], inner[: len(fields)])
                tail = inner[len(fields) :]
                found = [*tail[:column], head, *tail[column:]]
        absent = self._absent(columns[column], list(buckets))
        if absent is not None:
            inner = self.missing(default, rest_columns)
            if inner is not None and found is None:
                found = [*inner[:column], absent, *inner[column:]]
        return found

    def _refutable(self, patterns: tuple[int, ...]) -> int:
        op = self.body.op
        for k, node in enumerate(patterns):
            if node != WILD and op[node] != P_ANY and op[node] != P_BIND:
                return k
        return -1

    def _expanded(self, rows: list[Row], column: int) -> list[Row]:
        """The rows with alternatives of the column as rows of their own, and names as wildcards."""
        op = self.body.op
        result = []
        for row in rows:
            todo = [row[2][column]]
            while todo:
                node = todo.pop()
                if node != WILD and op[node] == P_OR:
                    todo.extend(reversed(self.body.children(node)))
                    continue
                if node != WILD and (op[node] == P_ANY or op[node] == P_BIND):
                    node = WILD
                arm, guarded, patterns = row
                result.append((arm, guarded, (*patterns[:column], node, *patterns[column + 1 :])))
        return result

    def _key(self, node: int) -> Key:
        op = self.body.op[node]
        imm = self.body.imm[node]
        if op == P_CTOR:
            target = self.program.insts[imm][1]
            assert isinstance(target, tuple)
            return (op, target[1])
        if op == P_F64:
            return (op, f64_of_bits(imm))  # 0.0 and -0.0 are equal, as they are when matched
        return (op, imm)

    def _arity(self, sample: int) -> int:
        return self.body.count[sample]

    def _field_types(self, key: Key, t: int) -> tuple[int, ...]:
        types = self.program.types
        op, which = key
        if op == P_CONS:
            return (types.args[t][0], t)
        if op == P_CTOR:
            assert isinstance(which, int)
            ctor = self.program.datas[types.head[t] - H_USER].ctors[which]
            if min(ctor.fields, default=0) < 0:
                raise UnknownTypeError
            return tuple([types.substitute(f, types.args[t]) for f in ctor.fields])
        return ()

    def _build(self, key: Key, t: int, fields: list[str]) -> str:
        op, which = key
        if op == P_CONS:
            head, tail = fields
            return f"(list {head}{tail[5:]}" if tail.startswith("(list") else f"(cons {head} {tail})"
        if op == P_NIL:
            return "(list)"
        if op == P_CTOR:
            assert isinstance(which, int)
            name = self.program.datas[self.program.types.head[t] - H_USER].ctors[which].name
            return f"({' '.join([name, *fields])})" if fields else name
        if op == P_BOOL:
            return "true" if which else "false"
        if op == P_UNIT:
            return "unit"
        if op == P_TEXT:
            assert isinstance(which, int)
            return '"' + self.program.texts[which] + '"'
        return str(which)

    def _absent(self, t: int, keys: list[Key]) -> str | None:
        """A head that the column's type has and the keys do not; None when they are all there."""
        present = {which for _, which in keys}
        if t == BOOL:
            return next((word for value, word in ((1, "true"), (0, "false")) if value not in present), None)
        if t == UNIT:
            return None
        head = self.program.types.head[t]
        if head == H_LIST:
            ops = {op for op, _ in keys}
            if P_NIL not in ops:
                return "(list)"
            return None if P_CONS in ops else "(cons _ _)"
        if head >= H_USER:
            for k, ctor in enumerate(self.program.datas[head - H_USER].ctors):
                if k not in present:
                    return f"({' '.join([ctor.name] + ['_'] * len(ctor.fields))})" if ctor.fields else ctor.name
            return None
        number = 0
        if t == I64:
            while number in present:
                number += 1
            return str(number)
        if t == F64:
            while float(number) in present:
                number += 1
            return f"{number}.0"
        if t == TEXT:
            texts = {self.program.texts[which] for which in present if isinstance(which, int)}
            while "a" * number in texts:
                number += 1
            return '"' + "a" * number + '"'
        return "_"


def examine(program: Program, body: Body, match: int) -> tuple[str | None, list[int]] | None:
    """(a missing value as source or None, arm nodes that cannot be reached) of a match node; None is too much work."""
    scrutinee, *arms = body.children(match)
    if _is_plain(program, body, body.type[scrutinee], arms):
        return None, []
    rows: list[Row] = []
    for k, arm in enumerate(arms):
        rows.append((k, bool(body.imm[arm]), (body.children(arm)[0],)))
    coverage = Coverage(program, body)
    try:
        missing = coverage.missing(rows, (body.type[scrutinee],))
    except TooEntangledError:
        return None
    except UnknownTypeError:
        return None, []
    unreachable = [arm for k, arm in enumerate(arms) if k not in coverage.reached]
    return (missing[0] if missing else None), unreachable


def _is_plain(program: Program, body: Body, t: int, arms: list[int]) -> bool:
    """Whether a look at the outermost patterns shows that all is covered and reached; False is no answer.

    Most matches name each constructor once, with nothing but names inside, and perhaps end with a name for the rest.
    """
    op = body.op
    seen: set[int] = set()
    last = arms[-1]
    for arm in arms:
        if body.imm[arm]:
            return False
        node = body.kids[body.first[arm]]
        code = op[node]
        if code in (P_ANY, P_BIND):
            return arm == last and len(seen) < _heads(program, t)
        if code not in PLAIN:
            return False
        if body.count[node]:
            for kid in body.children(node):
                if op[kid] != P_ANY and op[kid] != P_BIND:
                    return False
        which = code if code in (P_NIL, P_CONS) else body.imm[node]
        if code == P_CTOR:
            target = program.insts[which][1]
            assert isinstance(target, tuple)
            which = target[1]
        if which in seen:
            return False
        seen.add(which)
    return len(seen) == _heads(program, t)


def _heads(program: Program, t: int) -> float:
    """How many heads the values of a type have; infinitely many for numbers and texts."""
    head = program.types.head[t]
    if head >= H_USER:
        return len(program.datas[head - H_USER].ctors)
    return 2 if t == BOOL or head == H_LIST else 1 if t == UNIT else float("inf")
