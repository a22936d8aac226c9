"""Types as interned ints: equal types have equal ids, so comparing is `==`.

A type is a head and arguments.  User types have heads from `H_USER` up: `H_USER + data index`.
A quantified variable is `(H_VAR, (index,))`; inference variables (`H_META`) never leave the checker.
Shapes: FN's arguments are the parameter types followed by the result; there is at least one
parameter: a nullary function's type is `(→ Unit R)`, so that it unifies with `(→ a b)`.
"""

from __future__ import annotations

H_I64, H_F64, H_BOOL, H_TEXT, H_UNIT, H_BYTES, H_ANY, H_LIST, H_ARRAY, H_ACTOR, H_FN, H_VAR, H_META = range(13)
H_USER = 16
HEAD_NAMES = ("I64", "F64", "Bool", "Text", "Unit", "Bytes", "Any", "List", "Array", "Actor", "->")

# The first rows of every Types table, so these ids are constants.
I64, F64, BOOL, TEXT, UNIT, BYTES, ANY = range(7)

MANY_PARTS = 1 << 30  # larger is not told apart: a type whose parts are shared doubles with every line
INNER = 1 << 20  # in the checker, the first type variable of generalized lambdas
MAX_PARTS = 500  # of one type: the checker lets no larger one through, so recursion over a type is shallow
MAX_VARIABLES = 1000  # of one recursion group: each function in it, and each of its calls, carries them all


class Types:
    """The table of all types of one program."""

    __slots__ = ("_ids", "args", "head", "parts", "user_names")

    def __init__(self) -> None:
        self._ids: dict[tuple[int, tuple[int, ...]], int] = {}
        self.head: list[int] = []
        self.args: list[tuple[int, ...]] = []
        self.parts: list[int] = []  # how many heads the type has, written out
        self.user_names: list[str] = []  # by data index, for printing
        for primitive in range(7):
            self.make(primitive)

    def make(self, head: int, args: tuple[int, ...] = ()) -> int:
        """The id of the type with this head and these arguments."""
        key = (head, args)
        found = self._ids.get(key)
        if found is None:
            found = self._ids[key] = len(self.head)
            self.head.append(head)
            self.args.append(args)
            size = 1
            if head != H_VAR:
                for arg in args:
                    size += self.parts[arg]
            self.parts.append(min(size, MANY_PARTS))
        return found

    def var(self, index: int) -> int:
        return self.make(H_VAR, (index,))

    def fn(self, params: tuple[int, ...], result: int) -> int:
        return self.make(H_FN, (*(params or (UNIT,)), result))

    def substitute(self, type_id: int, actuals: tuple[int, ...]) -> int:
        """The type with each quantified variable i replaced by actuals[i]."""
        head = self.head[type_id]
        args = self.args[type_id]
        if not args:
            return type_id
        if head == H_VAR:
            return actuals[args[0]] if args[0] < len(actuals) else type_id
        if head == H_META:
            return type_id
        return self.make(head, tuple([self.substitute(a, actuals) for a in args]))

    def renumber(self, type_id: int, first: int, to: int, known: dict[int, int]) -> int:
        """The type with each variable `first + k` called `to + k`; `known` keeps what is done."""
        found = known.get(type_id)
        if found is None:
            head, args = self.head[type_id], self.args[type_id]
            if head == H_VAR:
                found = self.var(args[0] - first + to) if args[0] >= first else type_id
            elif args:
                found = self.make(head, tuple([self.renumber(a, first, to, known) for a in args]))
            else:
                found = type_id
            known[type_id] = found
        return found

    def show(self, type_id: int) -> str:
        """The type as the language writes it, in ASCII-free glyphs: `(→ I64 (List a))`."""
        head = self.head[type_id]
        args = self.args[type_id]
        if head == H_VAR:
            index = args[0]
            return chr(ord("a") + index) if index < 26 else f"t{index}"
        if head == H_META:
            return "_"
        if head == H_FN:
            return "(→ " + " ".join([self.show(a) for a in args]) + ")"
        name = self.user_names[head - H_USER] if head >= H_USER else HEAD_NAMES[head]
        if not args:
            return name
        return f"({name} " + " ".join([self.show(a) for a in args]) + ")"
