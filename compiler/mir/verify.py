"""What MIR promises beyond well-formed SSA: layouts, signatures, elements and, after `memory/rc`, balanced counts.

`verify(module)` runs the generic checks (`compiler/ir/verify.py`, V1xx) and then these (V2xx); `verify(module,
counted=True)` also proves that each reference is consumed exactly once on every path and is alive wherever it is used.
To add an invariant: a function with `@detects` and a negative case in `tests/mir/test_verify.py`.
"""

from __future__ import annotations

from compiler.ir import verify as generic
from compiler.ir.graph import reverse_postorder
from compiler.mir.ops import MIR, is_ref
from compiler.mir.owns import ALIAS, held_params, is_static, leases, no_return, owns
from compiler.mir.regions import LEAVE, PLAIN, entry_stacks, has_regions, walk
from compiler.mir.types import element, fields, kind, signature
from compiler.panics import PANICS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from compiler.ir.function import Function, Module
    from compiler.ir.verify import Scope

INVARIANTS: dict[str, tuple[str, Callable[[Scope], Iterator[str]]]] = {}


def detects(code: str, summary: str) -> Callable[[Callable[[Scope], Iterator[str]]], Callable[[Scope], Iterator[str]]]:
    """Register an invariant under its code."""

    def register(check: Callable[[Scope], Iterator[str]]) -> Callable[[Scope], Iterator[str]]:
        INVARIANTS[code] = (summary, check)
        return check

    return register


def _types(scope: Scope, value: int) -> list[str]:
    return [scope.function.type[arg] for arg in scope.function.args[value]]


@detects("V201", "an object is made as its layout says")
def _make(scope: Scope) -> Iterator[str]:
    for index, value, row in scope.each():
        if row.name in ("make", "region.make"):
            type_ = scope.function.type[value]
            found = fields(scope.module, type_, scope.function.imm[value])
            given = _types(scope, value)[row.name != "make" :]
            if found is None:
                yield scope.say(index, value, f"{type_} has no variant {scope.function.imm[value]}")
            elif list(found[0]) != given:
                yield scope.say(index, value, f"fields {given}, not {list(found[0])}")


@detects("V202", "a field exists, has the op's mutability and the result's type")
def _field(scope: Scope) -> Iterator[str]:
    for index, value, row in scope.each():
        if row.name not in ("field", "field.mut", "field.set"):
            continue
        types = _types(scope, value)
        tag, number = scope.function.imm[value]
        found = fields(scope.module, types[0], tag)
        if found is None or number >= len(found[0]):
            yield scope.say(index, value, f"{types[0]} has no field {number} of variant {tag}")
            continue
        given = types[1] if row.name == "field.set" else scope.function.type[value]
        if given != found[0][number]:
            yield scope.say(index, value, f"the field is {found[0][number]}, not {given}")
        if found[1][number] != (row.name != "field"):
            yield scope.say(index, value, f"the field is {'mutable' if found[1][number] else 'immutable'}")


@detects("V203", "tag, list ops: an object of a data type or list")
def _tag(scope: Scope) -> Iterator[str]:
    for index, value, row in scope.each():
        types = _types(scope, value)
        if row.name == "tag" and types[0] not in scope.module.layouts:
            yield scope.say(index, value, f"{types[0]} has no layout")
        if row.name in ("list.len", "list.cell") and kind(types[0]) != "list":
            yield scope.say(index, value, f"{types[0]} is no list")
        if row.name == "list.cell" and scope.function.type[value] != types[0]:
            yield scope.say(index, value, f"a cell of {types[0]} is not {scope.function.type[value]}")
        if row.name == "process.argv" and scope.function.type[value] != "list<text>":
            yield scope.say(index, value, f"the arguments are list<text>, not {scope.function.type[value]}")


# op -> (kind of the container, which argument it is or -1 for the result, where elements are: argument or -1)
_ELEMENTS: dict[str, tuple[str, int, int]] = {
    "cell.new": ("cell", -1, 0),
    "region.cell": ("cell", -1, 1),
    "cell.get": ("cell", 0, -1),
    "cell.set": ("cell", 0, 1),
    "array.new": ("array", -1, 1),
    "region.array": ("array", -1, 2),
    "array.get": ("array", 0, -1),
    "array.set": ("array", 0, 2),
    "array.len": ("array", 0, -2),
    "actor.send": ("actor", 0, 1),
    "actor.receive": ("actor", 0, -1),
    "actor.join": ("actor", 0, -2),
    "actor.inbox": ("actor", -1, -2),
    "actor.spawn": ("actor", -1, -2),
}


@detects("V204", "cells, arrays and actors hold their element type")
def _elements(scope: Scope) -> Iterator[str]:
    for index, value, row in scope.each():
        types = _types(scope, value)
        result = scope.function.type[value]
        if row.name in _ELEMENTS:
            want, container, item = _ELEMENTS[row.name]
            holder = result if container < 0 else types[container]
            if kind(holder) != want:
                yield scope.say(index, value, f"{holder} is no {want}")
            elif item != -2 and (given := result if item < 0 else types[item]) != element(holder):
                yield scope.say(index, value, f"{holder} does not hold {given}")
            if row.name == "actor.spawn" and types[0].replace(" ", "") != f"fn({result})->unit".replace(" ", ""):
                yield scope.say(index, value, f"{types[0]} does not run as {result}")
        elif row.name in ("array.of", "region.array-of"):
            types = types[row.name != "array.of" :]
            if kind(result) != "array" or any(t != element(result) for t in types):
                yield scope.say(index, value, f"{result} of {types}")
        elif row.name in ("array.copy", "region.copy") and (kind(result) != "array" or types[-1] != result):
            yield scope.say(index, value, f"a copy of {types[-1]} is not {result}")


@detects("V205", "calls fit the signature of what they call")
def _calls(scope: Scope) -> Iterator[str]:
    function = scope.function
    for index, value, row in scope.each():
        types = _types(scope, value)
        if row.name in ("call", "tailcall"):
            callee = scope.module.functions.get(function.imm[value])
            if callee is None or not callee.blocks:
                continue  # V110 said so
            want = [callee.type[param] for param in callee.params]
            result = callee.result
        elif row.name in ("call.closure", "tailcall.closure"):
            if kind(types[0]) != "fn":
                yield scope.say(index, value, f"{types[0]} is no function")
                continue
            params, result = signature(types[0])
            want = [types[0], *params]
        else:
            continue
        given = function.type[value] if row.name.startswith("call") else function.result
        if types != want:
            yield scope.say(index, value, f"arguments {types}, not {want}")
        if given != result:
            yield scope.say(index, value, f"the result is {result}, not {given}")


@detects("V206", "a closure's function takes the closure first, then the parameters of its type")
def _closures(scope: Scope) -> Iterator[str]:
    function = scope.function
    for index, value, row in scope.each():
        if row.name not in ("const.fn", "closure", "region.closure"):
            continue
        callee = scope.module.functions.get(function.imm[value])
        type_ = function.type[value]
        if callee is None or not callee.blocks or kind(type_) != "fn":
            continue
        params, result = signature(type_)
        given = [callee.type[param] for param in callee.params]
        if given != [type_, *params] or callee.result != result:
            yield scope.say(index, value, f"{callee.name} takes {given} to {callee.result}, not as {type_}")


CLOSURES = (MIR.code["closure"], MIR.code["region.closure"])


def _captured(scope: Scope, closure: int) -> list[str]:
    return _types(scope, closure)[scope.function.op[closure] != CLOSURES[0] :]


@detects("V207", "a capture reads the environment in parameter 0, or a closure made in this function")
def _captures(scope: Scope) -> Iterator[str]:
    function = scope.function
    for index, value, row in scope.each():
        if row.name == "capture":
            source = function.args[value][0]
            if function.op[source] in CLOSURES:
                given = _captured(scope, source)
                number = function.imm[value]
                if number >= len(given) or given[number] != function.type[value]:
                    yield scope.say(index, value, f"capture {number} is not given so")
            elif not function.params or source != function.params[0]:
                yield scope.say(index, value, "of something other than parameter 0 or a closure")
        if row.code in CLOSURES:
            callee = scope.module.functions.get(function.imm[value])
            for block in callee.blocks if callee is not None else ():
                for inner in block.body:
                    if callee is not None and callee.op[inner] == MIR.code["capture"]:
                        number = callee.imm[inner]
                        types = _captured(scope, value)
                        if number >= len(types) or types[number] != callee.type[inner]:
                            yield scope.say(index, value, f"capture {number} of {callee.name} is not given as read")


@detects("V208", "results, selects, concatenations and panics are as their rows say")
def _shapes(scope: Scope) -> Iterator[str]:
    function = scope.function
    for index, value, row in scope.each():
        types = _types(scope, value)
        if row.name == "return" and types[0] != function.result:
            yield scope.say(index, value, f"returns {types[0]}, not {function.result}")
        if row.name == "select" and is_ref(types[1]):
            yield scope.say(index, value, f"selects references ({types[1]})")
        if row.name == "text.cat" and (len(types) < 2 or any(t != "text" for t in types)):
            yield scope.say(index, value, f"concatenates {types}")
        if row.name == "panic" and function.imm[value] not in PANICS:
            yield scope.say(index, value, f"there is no panic {function.imm[value]}")
        if row.name == "panic" and function.imm[value] in PANICS:
            facts = PANICS[function.imm[value]][2].count("{")
            if function.imm[value] == "user" or len(types) != facts:
                yield scope.say(index, value, f"{len(types)} facts, not {facts}")


@detects("V209", "the entry takes nothing")
def _entry(scope: Scope) -> Iterator[str]:
    function = scope.function
    if scope.module.entry == function.name and function.params:
        yield f"{function.name}: the entry has parameters"


@detects("V211", "regions are entered and left like brackets on every path")
def _brackets(scope: Scope) -> Iterator[str]:
    if has_regions(scope.function) or any(row.name == "region.leave" for _, _, row in scope.each()):
        problems: list[str] = []
        entry_stacks(scope.function, problems)
        yield from problems


@detects("V212", "what is made in a region is made in one that is open there")
def _open(scope: Scope) -> Iterator[str]:
    function = scope.function
    if not any(row.code in PLAIN for _, _, row in scope.each()):
        return
    for index, value, stack in walk(function):
        if function.op[value] in PLAIN:
            if function.args[value][0] not in stack:
                yield scope.say(index, value, "the region is not open here")
            if function.op[value] == MIR.code["region.make"] and not function.args[value][1:]:
                yield scope.say(index, value, "an object without fields is static")


class _Balance:
    """How many owners each reference still has at each point: a forward walk over the blocks."""

    def __init__(self, function: Function, module: Module) -> None:
        self.function = function
        self.module = module
        self.problems: list[str] = []
        self.held = held_params(function, set(function.attrs.get("borrows", ())))
        self.leases = leases(function, self.held)
        dup = MIR.code["rc.dup"]
        # Borrowed results that ever have an owner of their own; the others live as what they were read out of.
        self.counted = {
            function.args[value][0] for block in function.blocks for value in block.body if function.op[value] == dup
        }
        self.source: dict[int, int] = {}

    def say(self, block: int, value: int, what: str) -> None:
        row = MIR.ops[self.function.op[value]].name if self.function.op[value] >= 0 else "parameter"
        self.problems.append(f"V210 {self.function.name} b{block} {row}: {what}")

    def holder(self, value: int) -> int:
        """What a value is read out of, as far up as nothing on the way can have an owner; found once."""
        function, source = self.function, self.source
        last = value
        while function.op[last] >= 0 and ALIAS[function.op[last]] and last not in self.counted:
            last = source.get(last, function.args[last][0])
        while value != last:
            source[value], value = last, source.get(value, function.args[value][0])
        return last

    def alive(self, value: int, counts: dict[int, int]) -> bool:
        while True:
            value = self.holder(value)
            if counts.get(value, 0) > 0 or value in self.held:
                return True
            if value in self.leases:
                value = self.leases[value]
                continue
            op = self.function.op[value]
            if op >= 0 and is_static(self.function, value):
                return True
            if op < 0 or not ALIAS[op]:
                return False
            value = self.function.args[value][0]

    def consume(self, block: int, at: int, value: int, counts: dict[int, int]) -> None:
        left = counts.get(value, 0)
        if left < 1:
            self.say(block, at, f"consumes value {value}, which it does not own")
        elif left == 1:
            del counts[value]
        else:
            counts[value] = left - 1

    def run(self) -> list[str]:
        function = self.function
        entries: dict[int, dict[int, int]] = {}
        for index in reverse_postorder(function):
            block = function.blocks[index]
            counts = dict(entries.get(index, {}))
            for param in block.params:
                if is_ref(function.type[param]) and param not in self.held and param not in self.leases:
                    counts[param] = 1
            for value in block.body:
                self.step(index, value, counts)
            for target, args in block.succs:
                out = dict(counts)
                for param, arg in zip(function.blocks[target].params, args, strict=True):
                    if is_ref(function.type[arg]) and param not in self.held and param not in self.leases:
                        self.consume(index, block.body[-1], arg, out)
                if target not in entries:
                    entries[target] = out
                elif no_return(function, target):
                    known = entries[target]
                    entries[target] = {v: min(n, out[v]) for v, n in known.items() if v in out}
                elif entries[target] != out:
                    differ = sorted(v for v in {*out, *entries[target]} if out.get(v) != entries[target].get(v))
                    self.say(index, block.body[-1], f"b{target} is reached with different owners of {differ}")
            if not block.succs and counts and not no_return(function, index):
                self.say(index, block.body[-1], f"leaks {sorted(counts)}")
        return self.problems

    def step(self, index: int, value: int, counts: dict[int, int]) -> None:
        function = self.function
        name = MIR.ops[function.op[value]].name
        args = function.args[value]
        letters = owns(function, value, self.module)
        for arg, letter in zip(args, letters, strict=True):
            if letter == "b" and is_ref(function.type[arg]) and not self.alive(arg, counts):
                self.say(index, value, f"uses value {arg} after its last owner")
        for arg, letter in zip(args, letters, strict=True):
            if letter == "o" and is_ref(function.type[arg]):
                self.consume(index, value, arg, counts)
        if name == "tailcall":
            for arg, letter in zip(args, letters, strict=True):
                if letter == "b" and is_ref(function.type[arg]) and not self.alive(arg, {}):
                    self.say(index, value, f"lends value {arg}, which no caller keeps")
        if name == "rc.dup":
            counts[args[0]] = counts.get(args[0], 0) + 1
        type_ = function.type[value]
        if type_ and is_ref(type_) and not ALIAS[function.op[value]] and not is_static(function, value):
            counts[value] = 1


def _outliving(module: Module) -> list[str]:
    """V213: nothing made in a region outlives it, and a region said to hold nothing of others does not."""
    names = [name for name, function in module.functions.items() if any(op in PLAIN for op in function.op)]
    if not names:
        return []
    from compiler.mir.escape import Flow, summaries
    from compiler.mir.outlive import judge

    known = summaries(module, names)
    problems = []
    for name in names:
        function = module.functions[name]
        flow = Flow(function, known)
        judgement = judge(flow)
        live = [value for block in function.blocks for value in block.body]  # what is in no block means nothing
        leaves = {function.args[value][0]: function.imm[value] for value in live if function.op[value] == LEAVE}
        for value in judgement.stacks:
            if function.op[value] not in PLAIN:
                continue
            region = function.args[value][0]
            number = flow.number["site", value, function.type[value]]
            reason = judgement.outlives[region].get(number)
            row = MIR.ops[function.op[value]].name
            if reason is not None:
                problems.append(f"V213 {name} {row}: value {value} outlives its region: {reason[0]} at {reason[1]}")
            if not leaves.get(region, 1) and flow.others(flow.content[number], region):
                problems.append(f"V213 {name} {row}: value {value} holds what its region is said not to hold")
    return problems


def verify_function(function: Function, module: Module, *, counted: bool = False) -> list[str]:
    """The problems of one function."""
    problems = generic.verify_function(function, MIR, module)
    if problems:
        return problems
    scope = generic.Scope(function, MIR, module)
    for code, (_, check) in INVARIANTS.items():
        problems += [f"{code} {text}" for text in check(scope)]
    if counted and not problems:
        problems += _Balance(function, module).run()
    return problems


def verify(module: Module, *, counted: bool = False) -> list[str]:
    """Every problem of a MIR module; `counted` says that `memory/rc` has run."""
    if module.level != MIR.name:
        return [f"V101 module: level {module.level}, judged as {MIR.name}"]
    problems = []
    if module.entry and module.entry not in module.functions:
        problems.append(f"V110 module: there is no entry function {module.entry}")
    for function in module.functions.values():
        problems += verify_function(function, module, counted=counted)
    return problems or _outliving(module)
