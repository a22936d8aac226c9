"""Where references can go: which objects each value of a function can be, what those hold, and what gets out.

    ƒ keep (xs box) = field.set box xs      param 1 holds param 0          flows
    ƒ pick (xs) = field xs 0                returns what is in param 0     returned
    ƒ tell (a x) = actor.send a x           param 1 gets out               escaped

Objects are abstract: one for each allocation, for each type that a parameter leads to, for each type that a call makes,
and for each type of what nobody knows.  A set of objects is an int with a bit for each.  Flow- and field-insensitive
(after Andersen 1994), but types keep a list's cells apart from its elements.  Calls use their callee's
summary, computed callees first and to a fixed point among functions that call each other; a function value that a
callee only calls is looked through where it is known.  Cost: a few rounds over the instructions of what is reached.
"""

from __future__ import annotations

from compiler.ir.graph import reverse_postorder
from compiler.mir.mentions import among, circles, mentions
from compiler.mir.ops import CODE, is_ref
from compiler.mir.owns import ALIAS, is_static
from compiler.mir.regions import PLAIN
from compiler.mir.types import element

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from compiler.ir.function import Function, Module

    Token = tuple[str, int, str]  # (param, number, type) | (fresh, 0, type) | (outside, 0, type)

CALLS = frozenset((CODE["call"], CODE["tailcall"]))
CLOSURE_CALLS = frozenset((CODE["call.closure"], CODE["tailcall.closure"]))
STORES = frozenset((CODE["field.set"], CODE["array.set"], CODE["cell.set"]))
FUNCTIONS = frozenset((CODE["const.fn"], CODE["closure"], CODE["region.closure"]))
SENDS = {CODE["actor.send"]: 1, CODE["actor.spawn"]: 0}  # which operand goes to another actor
CONST_FN = CODE["const.fn"]
COPY, RETURN, RECEIVE, ARGV, LIST_CELL = (
    CODE["array.copy"],
    CODE["return"],
    CODE["actor.receive"],
    CODE["process.argv"],
    CODE["list.cell"],
)
HOLDERS = frozenset(CODE[name] for name in ("make", "cell.new", "any.new", "array.new", "array.of", "closure"))


class Summary:
    """What a function does with what its parameters lead to, as its callers need to know it."""

    __slots__ = ("applied", "escaped", "flows", "returned")

    def __init__(self) -> None:
        self.returned: set[Token] = set()
        self.flows: set[tuple[Token, Token]] = set()  # (holder, held)
        self.escaped: set[Token] = set()
        self.applied: dict[Token, list[set[Token]]] = {}  # function values that are called, and with what

    def size(self) -> int:
        applied = sum([1 + sum(map(len, given)) for given in self.applied.values()])
        return len(self.returned) + len(self.flows) + len(self.escaped) + applied

    def apply(self, called: Token, given: list[set[Token]]) -> None:
        known = self.applied.get(called)
        if known is None:
            self.applied[called] = [set(each) for each in given]
        else:
            for mine, more in zip(known, given, strict=True):
                mine |= more

    def row(self) -> tuple[Any, ...]:
        """Plain data, equal when the summaries are."""
        applied = [(called, [sorted(each) for each in given]) for called, given in sorted(self.applied.items())]
        return sorted(self.returned), sorted(self.flows), sorted(self.escaped), applied

    def merge(self, more: Summary) -> None:
        self.returned |= more.returned
        self.flows |= more.flows
        self.escaped |= more.escaped
        for called, given in more.applied.items():
            self.apply(called, given)


def read_summary(row: tuple[Any, ...]) -> Summary:
    summary = Summary()
    returned, flows, escaped, applied = row
    summary.returned, summary.flows, summary.escaped = set(returned), set(flows), set(escaped)
    summary.applied = {called: [set(each) for each in given] for called, given in applied}
    return summary


def bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        mask ^= lowest
        yield lowest.bit_length() - 1


class Effects:
    """What one call does, in objects of the caller: `flows` (holders, held), `escaped`, `applied` (function, args)."""

    __slots__ = ("applied", "escaped", "flows", "returned")

    def __init__(self) -> None:
        self.returned = 0
        self.flows: list[tuple[int, int]] = []
        self.escaped = 0
        self.applied: list[tuple[int, tuple[int, ...]]] = []


class Flow:
    """The objects of one function and where they can be."""

    def __init__(self, function: Function, summaries: dict[str, Summary]) -> None:
        self.function = function
        self.summaries = summaries
        self.order = reverse_postorder(function)
        self.keys: list[tuple[str, int, str]] = []  # (site, value, type), or as a Token with the call's value if fresh
        self.number: dict[tuple[str, int, str], int] = {}
        self.content: list[int] = []
        self.typed: dict[str, int] = {}  # type -> its objects
        self.points: list[int] = [0] * len(function.op)
        self.changed = True
        for k, value in enumerate(function.params):
            if is_ref(function.type[value]):
                self.points[value] = 1 << self.object("param", k, function.type[value])
        while self.changed:
            self.changed = False
            for index in self.order:
                self.block(index)

    # Objects.

    def object(self, what: str, of: int, type: str) -> int:  # noqa: A002
        key = (what, of, type)
        found = self.number.get(key)
        if found is None:
            found = self.number[key] = len(self.keys)
            self.keys.append(key)
            self.content.append(0)
            self.typed[type] = self.typed.get(type, 0) | 1 << found
            self.changed = True
        return found

    def hold(self, holders: int, held: int) -> None:
        for number in bits(holders):
            if held & ~self.content[number]:
                self.content[number] |= held
                self.changed = True

    def point(self, value: int, mask: int) -> None:
        if mask & ~self.points[value]:
            self.points[value] |= mask
            self.changed = True

    def load(self, mask: int, type: str) -> int:  # noqa: A002
        """The objects of a type that these hold."""
        found = 0
        for number in bits(mask):
            what, of, _ = self.keys[number]
            found |= self.content[number]
            if what in ("param", "outside"):
                found |= 1 << self.object(what, of, type)
        return found & self.typed.get(type, 0)

    def reach(self, mask: int) -> int:
        """These and all that they lead to, as far as it has been looked at."""
        found = work = mask
        while work:
            more = 0
            for number in bits(work):
                more |= self.content[number]
            work = more & ~found
            found |= work
        return found

    def others(self, mask: int, region: int) -> bool:
        """Whether any of these objects is counted, or in another region; static ones are neither."""
        function = self.function
        for number in bits(mask):
            what, of, _ = self.keys[number]
            if what != "site" or not (
                function.op[of] == CONST_FN or (function.op[of] in PLAIN and function.args[of][0] == region)
            ):
                return True
        return False

    # Instructions.

    def block(self, index: int) -> None:
        function = self.function
        block = function.blocks[index]
        for value in block.body:
            self.step(value)
        for target, args in block.succs:
            for param, arg in zip(function.blocks[target].params, args, strict=True):
                if self.points[arg]:
                    self.point(param, self.points[arg])

    def step(self, value: int) -> None:
        function, points = self.function, self.points
        code, args, type_ = function.op[value], function.args[value], function.type[value]
        if code in PLAIN:
            code, args = PLAIN[code], args[1:]
        if code in STORES:
            self.hold(points[args[0]], points[args[-1]])
        elif code in CALLS or code in CLOSURE_CALLS:
            effects = self.call(value)
            for holders, held in effects.flows:
                self.hold(holders, held)
            if type_ and is_ref(type_):
                self.point(value, effects.returned & self.typed.get(type_, 0))
        elif not type_ or not is_ref(type_):
            return
        elif ALIAS[code]:
            self.point(value, self.load(points[args[0]], type_))
            if code == LIST_CELL:
                self.point(value, points[args[0]] | self.load(points[value], type_))
        elif code == RECEIVE:
            self.point(value, 1 << self.object("outside", 0, type_))
        elif is_static(function, value) and code not in FUNCTIONS:
            return  # nothing can be put into it
        else:
            made = 1 << self.object("site", value, type_)
            self.point(value, made)
            if code == COPY:
                self.hold(made, self.load(points[args[0]], element(type_)))
            elif code == ARGV:
                self.hold(made, 1 << self.object("outside", 0, "text"))
            elif code in HOLDERS:
                for each in args:
                    self.hold(made, points[each])

    # Calls.

    def call(self, value: int) -> Effects:
        """Everything that a call can do."""
        function = self.function
        effects = Effects()
        given = tuple([self.points[each] for each in function.args[value]])
        if function.op[value] in CALLS:
            self.apply(value, function.imm[value], given, effects)
            return effects
        type_ = function.type[value] or function.result
        if not given[0]:  # a function of nobody's
            effects.escaped |= sum_of(given[1:])
        for number in bits(given[0]):
            what, of, _ = self.keys[number]
            if what == "site" and function.op[of] in FUNCTIONS:
                self.apply(value, function.imm[of], (1 << number, *given[1:]), effects)
                continue
            if what == "param":
                effects.applied.append((1 << number, given))
            else:
                self.unknown(number, given, effects)
            if is_ref(type_):
                effects.returned |= 1 << self.object("outside", 0, type_)
        return effects

    def unknown(self, function: int, given: tuple[int, ...], effects: Effects) -> None:
        """A call of nobody knows what: its arguments get out, and what it captured."""
        effects.escaped |= sum_of(given[1:]) | self.content[function]

    def apply(self, value: int, name: str, given: tuple[int, ...], effects: Effects) -> None:
        """Add what a known function does with these arguments, and the function values of ours that it calls."""
        work: list[tuple[int, tuple[int, ...]]] = []
        self.known(value, name, given, effects, work)
        before: dict[int, tuple[int, ...]] = {}
        while work:
            called, inner = work.pop()
            if called in before:
                inner = tuple([old | new for old, new in zip(before[called], inner, strict=True)])
            if before.get(called) == inner:
                continue
            before[called] = inner
            what, of, _ = self.keys[called]
            if what == "param":
                effects.applied.append((1 << called, inner))
            elif what == "site" and self.function.op[of] in FUNCTIONS:
                found = Effects()
                self.known(value, self.function.imm[of], (1 << called, *inner[1:]), found, work)
                effects.flows += found.flows
                # The callee takes what such a call gives for something of nobody's.
                effects.escaped |= found.escaped | found.returned
            else:
                self.unknown(called, inner, effects)

    def known(
        self,
        value: int,
        name: str,
        given: tuple[int, ...],
        effects: Effects,
        work: list[tuple[int, tuple[int, ...]]],
    ) -> None:
        """What one function's summary says of these arguments; the function values it calls go to `work`."""
        summary = self.summaries.get(name)
        if summary is None:
            return
        reached: dict[int, int] = {}

        def mine(token: Token) -> int:
            what, k, type_ = token
            if what == "outside":
                return 1 << self.object("outside", 0, type_)
            if what == "fresh":
                return 1 << self.object("fresh", value, type_)
            found = reached.get(k)
            if found is None:
                found = reached[k] = self.reach(given[k])
            result = found & self.typed.get(type_, 0)
            for number in bits(found):
                what, of, _ = self.keys[number]
                if what in ("param", "outside"):
                    result |= 1 << self.object(what, of, type_)
            return result

        for token in summary.returned:
            effects.returned |= mine(token)
        for holder, held in summary.flows:
            effects.flows.append((mine(holder), mine(held)))
        for token in summary.escaped:
            effects.escaped |= mine(token)
        for called, tokens in summary.applied.items():
            inner = tuple([sum_of(map(mine, each)) for each in tokens])
            work += [(number, inner) for number in bits(mine(called))]

    # Summary.

    def summarize(self) -> Summary:
        """This function as its callers see it."""
        summary = Summary()
        kept = 0  # what callers can come to
        for number, (what, _, _) in enumerate(self.keys):
            if what in ("param", "outside"):
                kept |= 1 << number
        function = self.function
        for index in self.order:
            for value in function.blocks[index].body:
                code = function.op[value]
                if code in CALLS or code in CLOSURE_CALLS:
                    effects = self.call(value)
                    if not function.type[value]:  # a tail call
                        summary.returned |= self.tokens(effects.returned & self.typed.get(function.result, 0))
                        kept |= effects.returned
                    summary.escaped |= self.tokens(self.reach(effects.escaped))
                    kept |= effects.escaped
                    for called, given in effects.applied:
                        tokens = [self.tokens(each) for each in given]
                        for token in self.tokens(called):
                            summary.apply(token, tokens)
                        kept |= sum_of(given)
                elif code == RETURN:
                    summary.returned |= self.tokens(self.points[function.args[value][0]])
                    kept |= self.points[function.args[value][0]]
                elif code in SENDS:
                    sent = self.points[function.args[value][SENDS[code]]]
                    summary.escaped |= self.tokens(self.reach(sent))
                    kept |= sent
                elif code in STORES and not self.points[function.args[value][0]]:
                    summary.escaped |= self.tokens(self.reach(self.points[function.args[value][-1]]))
        for number in bits(self.reach(kept)):
            holders, held = self.tokens(1 << number), self.tokens(self.content[number])
            summary.flows |= {(a, b) for a in holders for b in held if a != b or a[0] == "fresh"}
            if self.keys[number][0] == "outside":
                summary.escaped |= self.tokens(self.reach(self.content[number]))
        summary.escaped = {token for token in summary.escaped if token[0] == "param"}
        return summary

    def tokens(self, mask: int) -> set[Token]:
        found: set[Token] = set()
        for number in bits(mask):
            what, of, type_ = self.keys[number]
            if what == "site":
                found.add(("outside" if self.function.op[of] == CONST_FN else "fresh", 0, type_))
            else:
                found.add((what, of if what == "param" else 0, type_))
        return found


def sum_of(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def solve(functions: dict[str, Function], known: dict[str, Summary]) -> None:
    """Add the summaries of these functions to `known`, which has those of all that they lead to.

    Circle by circle, each to a fixed point in an order that only its names give.
    """
    leads = {name: mentions(function) for name, function in functions.items()}
    for circle in among(leads):
        callers: dict[str, list[str]] = {name: [] for name in circle}
        for name in circle:
            known[name] = Summary()
            for callee in leads[name]:
                if callee in callers:
                    callers[callee].append(name)
        waiting = set(circle)
        while waiting:
            name = min(waiting)
            waiting.discard(name)
            before = known[name].size()
            known[name].merge(Flow(functions[name], known).summarize())
            if known[name].size() != before:
                waiting.update(callers[name])


def summaries(module: Module, roots: Iterable[str]) -> dict[str, Summary]:
    """The summaries of all that these functions can call."""
    functions = module.functions
    known: dict[str, Summary] = {}

    def leads(name: str) -> list[str]:
        return [other for other in mentions(functions[name]) if other in functions]

    for circle in circles(roots, leads):
        solve({name: functions[name] for name in circle}, known)
    return known
