"""Inference types: the program's interned types, and open ones that still hold unknowns.

A closed type is its id in `Types` (>= 0) and is compared with `==`.  An open type is a negative number:
`~t` indexes the arrays here.  An unknown (a meta) is an open type of head `H_META`; solving it
writes its link.  So a program without generics never leaves the interned table.  Nearly linear: chains of
links are halved as they are walked, and a pair of open types is taken apart once, so types that share
their parts cost what they hold and not what they would be written out.  No levels, because only
top-level functions generalize.  Knows nothing of source.
"""

from __future__ import annotations

from compiler.types.core import F64, H_FN, H_META, H_USER, H_VAR, HEAD_NAMES, I64, MAX_PARTS, UNIT, Types

H_ERROR = 15  # the type of what is already reported; fits everything, so one mistake gives one message
UNBOUND = 1 << 60  # link of an unsolved meta
MAX_SHOWN = 8  # levels of a type that is still open, in messages
NO_TYPE = UNBOUND  # "nothing is expected here"


class Unifier:
    """Metas, unification and solving over one program's types."""

    __slots__ = (
        "_generic",
        "_same",
        "args",
        "error",
        "head",
        "infinite",
        "large",
        "link",
        "numeric",
        "rigid_numeric",
        "types",
    )

    def __init__(self, types: Types) -> None:
        self.types = types
        self.head: list[int] = []
        self.args: list[tuple[int, ...]] = []
        self.link: list[int] = []
        self.numeric: list[bool] = []
        self.rigid_numeric: set[int] = set()  # variables of the function at hand that arithmetic constrains
        self.infinite = False  # the last failure was the occurs check
        self.large = False  # the last failure was the size of a type
        self._generic: dict[int, bool] = {}
        self._same: set[tuple[int, int]] = set()  # pairs that were unified: what is solved stays solved
        self.error = self._open(H_ERROR, ())

    def _open(self, head: int, args: tuple[int, ...]) -> int:
        self.head.append(head)
        self.args.append(args)
        self.link.append(UNBOUND)
        self.numeric.append(False)
        return -len(self.head)

    def fresh(self, numeric: bool = False) -> int:
        """A new unknown type."""
        self.head.append(H_META)
        self.args.append(())
        self.link.append(UNBOUND)
        self.numeric.append(numeric)
        return -len(self.head)

    def make(self, head: int, args: tuple[int, ...]) -> int:
        """The type with this head and these arguments, open when one of them is."""
        for arg in args:
            if arg < 0:
                return self._open(head, args)
        return self.types.make(head, args)

    def fn(self, params: tuple[int, ...], result: int) -> int:
        return self.make(H_FN, (*(params or (UNIT,)), result))

    def find(self, t: int) -> int:
        """The type that stands for t: follows solved metas, at the top only."""
        link = self.link
        head = self.head
        while t < 0 and head[~t] == H_META:
            target = link[~t]
            if target == UNBOUND:
                return t
            if target < 0 and head[~target] == H_META:
                beyond = link[~target]
                if beyond != UNBOUND:
                    link[~t] = target = beyond
            t = target
        return t

    def shape(self, t: int) -> tuple[int, tuple[int, ...]]:
        """Head and arguments; `H_META` when nothing is known yet."""
        t = self.find(t)
        if t >= 0:
            return self.types.head[t], self.types.args[t]
        return self.head[~t], self.args[~t]

    def unify(self, a: int, b: int) -> bool:
        """Make the two types one; False when they differ."""
        if a == b:
            return True
        a = self.find(a)
        b = self.find(b)
        if a == b:
            return True
        if a < 0:
            kind = self.head[~a]
            if kind == H_META:
                return self._solve(a, b)
            if kind == H_ERROR:
                return True
        if b < 0:
            kind = self.head[~b]
            if kind == H_META:
                return self._solve(b, a)
            if kind == H_ERROR:
                return True
        if a >= 0 and b >= 0:
            return False  # both closed, interned and different
        pair = (a, b)
        if pair in self._same:
            return True
        head_a, args_a = self.shape(a)
        head_b, args_b = self.shape(b)
        if head_a != head_b or len(args_a) != len(args_b):
            return False
        for x, y in zip(args_a, args_b):
            if not self.unify(x, y):
                return False
        self._same.add(pair)
        return True

    def _solve(self, meta: int, target: int) -> bool:
        index = ~meta
        if target < 0 and self.head[~target] == H_META:
            if self.numeric[index]:
                self.numeric[~target] = True
            self.link[index] = target
            return True
        if self.numeric[index] and not self.be_numeric(target):
            return False
        if target < 0 and self.occurs(meta, target):
            self.infinite = not self.large
            return False
        self.link[index] = target
        return True

    def be_numeric(self, t: int) -> bool:
        """Constrain a type to I64 or F64; False when it is neither."""
        t = self.find(t)
        if t in (I64, F64):
            return True
        if t < 0:
            kind = self.head[~t]
            if kind == H_META:
                self.numeric[~t] = True
                return True
            return kind == H_ERROR
        if self.types.head[t] == H_VAR:
            self.rigid_numeric.add(self.types.args[t][0])
            return True
        return False

    def occurs(self, meta: int, t: int) -> bool:
        """Whether the meta stands inside t, or t has so many parts that it is refused anyway (`large` is set)."""
        todo = [t]
        seen: set[int] = set()
        while todo:
            t = self.find(todo.pop())
            if t == meta:
                return True
            if t < 0 and t not in seen:
                seen.add(t)
                todo.extend(self.args[~t])
                if len(seen) > MAX_PARTS:
                    self.large = True
                    return True
        return False

    def metas(self, t: int, into: list[int], seen: set[int]) -> None:
        """Append the unsolved metas of t, in order of first appearance; what is in `seen` was looked at before."""
        todo = [t]
        while todo:
            t = self.find(todo.pop())
            if t < 0 and t not in seen:
                seen.add(t)
                if self.head[~t] == H_META:
                    into.append(t)
                else:
                    todo.extend(reversed(self.args[~t]))

    def solved(self, t: int) -> int:
        """The closed type; what nothing determines becomes I64 where arithmetic asks, else Unit."""
        if t >= 0:
            return t
        t = self.find(t)
        if t >= 0:
            return t
        index = ~t
        head = self.head[index]
        if head == H_META:
            closed = I64 if self.numeric[index] else UNIT
        elif head == H_ERROR:
            return UNIT
        else:
            known = self.link[index]  # composite types keep their closed form here
            if known != UNBOUND:
                return known
            args = []
            for arg in self.args[index]:
                args.append(self.solved(arg))
            closed = self.types.make(head, tuple(args))
        self.link[index] = closed
        return closed

    def is_generic(self, t: int) -> bool:
        """Whether a closed type holds a quantified variable."""
        found = self._generic.get(t)
        if found is None:
            found = self.types.head[t] == H_VAR
            if not found and self.types.head[t] != H_VAR:
                for arg in self.types.args[t]:
                    if self.is_generic(arg):
                        found = True
                        break
            self._generic[t] = found
        return found

    def instantiate(self, t: int, actuals: tuple[int, ...]) -> int:
        """The type with each quantified variable replaced; t may be the error type."""
        if t < 0 or not self.is_generic(t):
            return t
        head = self.types.head[t]
        args = self.types.args[t]
        if head == H_VAR:
            return actuals[args[0]]
        replaced = []
        for arg in args:
            replaced.append(self.instantiate(arg, actuals))
        return self.make(head, tuple(replaced))

    def replace(self, t: int, by: dict[int, int]) -> int:
        """The type, which may be open, with these quantified variables replaced."""
        t = self.find(t)
        if t >= 0:
            if not self.is_generic(t):
                return t
            head, args = self.types.head[t], self.types.args[t]
            if head == H_VAR:
                return by.get(args[0], t)
        else:
            head, args = self.head[~t], self.args[~t]
            if head in (H_META, H_ERROR):
                return t
        return self.make(head, tuple([self.replace(arg, by) for arg in args]))

    def has_error(self, *types: int) -> bool:
        """Whether the error type stands inside one of these."""
        todo = list(types)
        seen: set[int] = set()
        while todo:
            t = self.find(todo.pop())
            if t < 0 and t not in seen:
                seen.add(t)
                if self.head[~t] == H_ERROR:
                    return True
                todo.extend(self.args[~t])
        return False

    def is_large(self, t: int) -> bool:
        """Whether the type, written out, has more than `MAX_PARTS` parts."""
        count = 0
        todo = [t]
        while todo:
            t = self.find(todo.pop())
            count += 1 if t < 0 else self.types.parts[t]
            if count > MAX_PARTS:
                return True
            if t < 0:
                todo.extend(self.args[~t])
        return False

    def show(self, t: int, depth: int = 0) -> str:
        """The type as the language writes it; `_` for what is not known, `…` where it is very large."""
        t = self.find(t)
        if t >= 0:
            return self.types.show(t) if self.types.parts[t] <= MAX_PARTS else "…"
        head = self.head[~t]
        if head in (H_META, H_ERROR):
            return "_"
        if depth == MAX_SHOWN:
            return "…"
        name = self.types.user_names[head - H_USER] if head >= H_USER else HEAD_NAMES[head]
        if head == H_FN:
            name = "→"
        shown = []
        for arg in self.args[~t]:
            shown.append(self.show(arg, depth + 1))
        return "(" + " ".join([name, *shown]) + ")"
