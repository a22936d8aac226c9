"""Translate a MIR function to Python source: one Python function each, fast enough to run whole corpora.

Blocks with one predecessor are nested where they are jumped to; the others are cases of one dispatch loop
on a label.  A pure value with one use in its block becomes part of the expression that uses it.  Self tail calls
jump to the entry; a tail call that could go round in circles returns a `Tail` to its caller's loop, so no
tail call uses a frame.  `EXPRESSIONS` and `STATEMENTS` are the meanings of the ops; `interp.py` supplies the
names they use.  To add an op: a row in one of the two.
"""

from __future__ import annotations

import math
from struct import pack, unpack

from compiler.ir.graph import reverse_postorder
from compiler.mir.numbers import HIGH, LOW, MASK
from compiler.mir.ops import CODE, OPS, is_ref
from compiler.mir.owns import is_static

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.ir.function import Function, Module

    Edge = tuple[int, tuple[int, ...]]

CHAIN = 8  # cases of a switch asked about one after another
DEEPEST = 40  # Python's tokenizer stops at 100 indentations
LONGEST = 160  # characters of an expression that may still grow

# Pure ops as expressions of their arguments.
EXPRESSIONS: dict[str, str] = {
    "i64.and": "({0} & {1})",
    "i64.or": "({0} | {1})",
    "i64.xor": "({0} ^ {1})",
    "i64.not": "(~{0})",
    "i64.shl": "wrap({0} << ({1} & 63))",
    "i64.shr": f"wrap(({{0}} & {MASK}) >> ({{1}} & 63))",
    "i64.sar": "({0} >> ({1} & 63))",
    "i64.popcount": f"(({{0}} & {MASK}).bit_count())",
    "i64.clz": "clz({0})",
    "i64.ctz": "ctz({0})",
    "i64.min": "min({0}, {1})",
    "i64.max": "max({0}, {1})",
    "i64.eq": "({0} == {1})",
    "i64.ne": "({0} != {1})",
    "i64.lt": "({0} < {1})",
    "i64.le": "({0} <= {1})",
    "i64.gt": "({0} > {1})",
    "i64.ge": "({0} >= {1})",
    "i64.to-f64": "float({0})",
    "f64.add": "({0} + {1})",
    "f64.sub": "({0} - {1})",
    "f64.mul": "({0} * {1})",
    "f64.div": "fdiv({0}, {1})",
    "f64.rem": "frem({0}, {1})",
    "f64.neg": "(-{0})",
    "f64.abs": "abs({0})",
    "f64.min": "fmin({0}, {1})",
    "f64.max": "fmax({0}, {1})",
    "f64.sqrt": "fsqrt({0})",
    "f64.floor": "ffloor({0})",
    "f64.ceil": "fceil({0})",
    "f64.eq": "({0} == {1})",
    "f64.ne": "({0} != {1})",
    "f64.lt": "({0} < {1})",
    "f64.le": "({0} <= {1})",
    "f64.gt": "({0} > {1})",
    "f64.ge": "({0} >= {1})",
    "f64.to-i64": "f2i({0})",
    "f64.bits": "bits({0})",
    "f64.from-bits": "from_bits({0})",
    "bool.not": "(not {0})",
    "bool.eq": "({0} == {1})",
    "bool.ne": "({0} != {1})",
    "select": "({1} if {0} else {2})",
    "tag": "{0}.tag",
    "field": "{0}.f[{i[1]}]",
    "capture": "{0}.f[{i}]",
    "array.len": "len({0}.f)",
    "bytes.len": "len({0}.b)",
    "text.len": "len({0}.b)",
    "text.byte": "{0}.b[{1}]",
    "text.find": "{0}.b.find({1}.b)",
    "text.lt": "({0}.b < {1}.b)",
    "text.is-i64": "(parse_i64({0}.b) is not None)",
    "text.get-i64": "(parse_i64({0}.b) or 0)",
    "text.is-f64": "(parse_f64({0}.b) is not None)",
    "text.get-f64": "(0.0 if (_f := parse_f64({0}.b)) is None else _f)",
}

_WRAPS = f"if not {LOW} <= {{r}} <= {HIGH}: {{r}} = wrap({{r}})"

# Everything else as statements; {r} is the result, {p} the place, {t} the result's type, {t0} that of argument 0.
STATEMENTS: dict[str, tuple[str, ...]] = {
    "i64.add": ("{r} = {0} + {1}", _WRAPS),
    "i64.sub": ("{r} = {0} - {1}", _WRAPS),
    "i64.mul": ("{r} = {0} * {1}", _WRAPS),
    "i64.neg": ("{r} = -{0}", _WRAPS),
    "i64.abs": ("{r} = abs({0})", _WRAPS),
    "i64.div": ("{r} = {0} // {1} if {0} >= 0 and {1} > 0 else checked_div({0}, {1}, {p})",),
    "i64.rem": ("{r} = {0} % {1} if {0} >= 0 and {1} > 0 else checked_rem({0}, {1}, {p})",),
    "field.mut": ("{r} = {0}.f[{i[1]}]",),
    "field.set": ("{0}.f[{i[1]}] = {1}",),
    "value.eq": ("{r} = equal({0}, {1}, {t0}, module, {p})",),
    "value.show": ("{r} = new_text(show({0}, {t0}, module, {p}))",),
    "make": ("{r} = new_data({i}, [{all}])",),
    "cell.new": ("{r} = new_cell([{0}])",),
    "cell.get": ("{r} = {0}.f[0]",),
    "cell.set": ("{0}.f[0] = {1}",),
    "any.new": ("{r} = new_box({t0}, {i!r}, [{0}])",),
    "any.get": ("{r} = any_get({0}, {t}, {i!r}, {p})",),
    "list.len": ("{r} = list_len({0})",),
    "list.cell": ("{r} = list_cell({0}, {1}, {p})",),
    "array.new": ("{r} = new_array(array_items({0}, {1}, {p}))",),
    "array.of": ("{r} = new_array([{all}])",),
    "array.get": ("{r} = {0}.f[{1}]",),
    "array.set": ("{0}.f[{1}] = {2}",),
    "array.copy": ("{r} = new_array(array_copy({0}))",),
    "bytes.new": ("{r} = new_bytes(zeros({0}, {p}))",),
    "bytes.get": ("{r} = {0}.b[{1}]",),
    "bytes.set": ("{0}.b[{1}] = {2} & 255",),
    "bytes.slice": ("{r} = new_bytes(text_slice({0}.b, {1}, {2}, {p}))",),
    "bytes.of-text": ("{r} = new_bytes(bytearray({0}.b))",),
    "check.bounds": ("if not 0 <= {0} < {1}: raise Ended('index', ({0}, {1}), {p})",),
    "text.of-bytes": ("{r} = new_text(bytes({0}.b))",),
    "text.slice": ("{r} = new_text(text_slice({0}.b, {1}, {2}, {p}))",),
    "text.cat": ("{r} = new_text({cat})",),
    "text.of-i64": ("{r} = new_text(b'%d' % {0})",),
    "text.of-f64": ("{r} = new_text(f64_text({0}))",),
    "text.fixed": ("{r} = new_text(text_fixed({0}, {1}, {p}))",),
    "io.print": ("write({0}.b + b'\\n')",),
    "io.write": ("write({0}.b)",),
    "io.read-line": ("{r} = world.read_line()",),
    "io.read-stdin": ("{r} = world.read_stdin()",),
    "file.read": ("{r} = world.read_file({0}.b)",),
    "file.write": ("{r} = world.write_file({0}.b, {1}.b)",),
    "process.env": ("{r} = world.env({0}.b)",),
    "io.taken": ("{r} = new_text(world.taken)",),
    "process.argv": ("{r} = text_list(world.argv)",),
    "process.exit": ("raise Ended('exit', ({0} & 255,))",),
    "time.now": ("{r} = now()",),
    "actor.spawn": ("{r} = actor_spawn({0})",),
    "actor.inbox": ("{r} = actor_inbox()",),
    "actor.send": ("actor_send({0}, {1})",),
    "actor.receive": ("{r} = actor_receive({0}, {p})",),
    "actor.join": ("actor_join({0})",),
    "call.c": ("{r} = world.foreign({i!r}, {s!r}, {all})",),
    "region.enter": ("{r} = new_region()",),
    "region.leave": ("end_region({0}, {i})",),
    "region.make": ("{r} = in_region({0}, new_data({i}, [{rest}]))",),
    "region.cell": ("{r} = in_region({0}, new_cell([{1}]))",),
    "region.any": ("{r} = in_region({0}, new_box({t1}, {i!r}, [{1}]))",),
    "region.array": ("{r} = in_region({0}, new_array(array_items({1}, {2}, {p})))",),
    "region.array-of": ("{r} = in_region({0}, new_array([{rest}]))",),
    "region.copy": ("{r} = in_region({0}, new_array(array_copy({1})))",),
    "region.bytes": ("{r} = in_region({0}, new_bytes(zeros({1}, {p})))",),
    "rc.dup": (),
    "rc.drop": (),
}
# What the counted heap does before or after an op, besides checking its arguments.
COUNTED: dict[str, tuple[str, ...]] = {
    "field.set": ("drop({0}.f[{i[1]}])", "{0}.f[{i[1]}] = {1}"),
    "cell.set": ("drop({0}.f[0])", "{0}.f[0] = {1}"),
    "array.set": ("drop({0}.f[{1}])", "{0}.f[{1}] = {2}"),
    "array.new": ("{r} = new_array(array_items({0}, {1}, {p}))", "for x in {r}.f: dup(x)", "drop({1})"),
    "array.copy": ("{r} = new_array(array_copy({0}))", "for x in {r}.f: dup(x)"),
    "region.array": (*STATEMENTS["region.array"], "for x in {r}.f: dup(x)", "drop({2})"),
    "region.copy": (*STATEMENTS["region.copy"], "for x in {r}.f: dup(x)"),
    "rc.dup": ("dup({0})",),
    "rc.drop": ("drop({0})",),
}


def python_names(module: Module) -> dict[str, str]:
    """A Python name for each function."""
    return {name: f"f{number}" for number, name in enumerate(module.functions)}


def tail_callers(module: Module) -> set[str]:
    """Functions that may return a `Tail`: whose tail calls could form a cycle, or are through closures."""
    calls: dict[str, set[str]] = {}
    tails: set[str] = set()
    for name, function in module.functions.items():
        calls[name] = set()
        for block in function.blocks:
            if block.body:
                code = function.op[block.body[-1]]
                if code == CODE["tailcall.closure"]:
                    tails.add(name)
                elif code == CODE["tailcall"] and function.imm[block.body[-1]] != name:
                    calls[name].add(function.imm[block.body[-1]])
    # Take away, again and again, functions that tail-call nobody who remains: what is left can go round.
    left = {name for name in calls if calls[name]}
    shrinking = True
    while shrinking:
        done = {name for name in left if not calls[name] & left and not calls[name] & tails}
        shrinking = bool(done)
        left -= done
    return tails | left


class Translator:
    """The source of one function."""

    def __init__(
        self, function: Function, module: Module, names: dict[str, str], tails: set[str], statics: Any, counted: bool
    ) -> None:
        self.function = function
        self.module = module
        self.names = names
        self.tails = tails
        self.statics = statics  # (kind, key, builder arguments) -> Python name of a static object
        self.counted = counted
        self.lines: list[str] = []
        self.expr: dict[int, str] = {}
        self.uses: dict[int, int] = {}
        self.home: dict[int, int] = {}
        self.self_tail = False
        self.labels: dict[int, int] = {}

    def source(self) -> str:
        function = self.function
        order = reverse_postorder(function)
        preds = dict.fromkeys(order, 0)
        for index in order:
            block = function.blocks[index]
            for target, args in block.succs:
                preds[target] += 1
                for arg in args:
                    self.uses[arg] = self.uses.get(arg, 0) + 2  # never folded into an edge's assignment
            for value in block.body[:-1]:
                self.know(value)
            for value in block.body:
                self.home[value] = index
                for arg in function.args[value]:
                    self.uses[arg] = self.uses.get(arg, 0) + (1 if self.may_inline(arg, index) else 2)
                if function.op[value] == CODE["tailcall"] and function.imm[value] == function.name:
                    self.self_tail = True
        targets = [index for index in order if preds[index] > 1 or (index == 0 and self.self_tail)]
        params = ", ".join(f"v{p}" for p in function.params)
        self.lines = [f"def {self.names[function.name]}({params}):"]
        self.targets = set(targets)
        self.queue: list[int] = []
        # Blocks too deep to nest become labels while the others are written.
        bodies: dict[int, list[str]] = {}
        pending = [0, *[t for t in targets if t != 0]]
        for number, index in enumerate(pending):
            self.labels[index] = number
        position = 0
        while position < len(pending):
            index = pending[position]
            position += 1
            self.out: list[str] = []
            self.block(index, 0)
            bodies[index] = self.out
            pending += self.queue
            self.queue = []
        if len(pending) == 1 and 0 not in self.targets:
            self.lines += ["    " + line for line in bodies[0]]
        elif len(pending) == 1:
            self.lines.append("    while 1:")
            self.lines += ["        " + line for line in bodies[0]]
        else:
            self.lines.append("    L = 0")
            self.lines.append("    while 1:")
            self.dispatch([bodies[index] for index in pending], 0, 2)
        return "\n".join(self.lines) + "\n"

    def dispatch(self, bodies: list[list[str]], first: int, depth: int) -> None:
        """A binary tree of tests on the label."""
        if len(bodies) == 1:
            self.lines += ["    " * depth + line for line in bodies[0]]
            return
        half = len(bodies) // 2
        self.lines.append("    " * depth + f"if L < {first + half}:")
        self.dispatch(bodies[:half], first, depth + 1)
        self.lines.append("    " * depth + "else:")
        self.dispatch(bodies[half:], first + half, depth + 1)

    def may_inline(self, value: int, block: int) -> bool:
        function = self.function
        code = function.op[value]
        return code >= 0 and OPS[code].name in EXPRESSIONS and self.home.get(value) == block and not self.counted

    def name(self, value: int) -> str:
        return self.expr.get(value) or f"v{value}"

    def emit(self, depth: int, line: str) -> None:
        self.out.append("    " * depth + line)

    def constant(self, value: int) -> str | None:
        """The expression of a constant, which is never assigned."""
        function = self.function
        name, imm = OPS[function.op[value]].name, function.imm[value]
        if name == "const.i64":
            return f"({imm})" if imm < 0 else str(imm)
        if name == "const.f64":
            number = unpack("<d", pack("<Q", imm))[0]
            if math.isfinite(number):
                return f"({number!r})"
            return f"from_bits({imm})"
        if name == "const.bool":
            return "True" if imm else "False"
        if name == "const.unit":
            return "None"
        if name == "const.text":
            return str(self.statics("text", imm))
        if name == "const.fn":
            return str(self.statics("fn", imm))
        if is_static(function, value):
            return str(self.statics("data", (function.type[value], imm)))
        return None

    def know(self, value: int) -> None:
        """Take note of what is never assigned, for blocks that are written before the one that it stands in."""
        function = self.function
        constant = self.constant(value)
        if constant is not None:
            self.expr[value] = constant
        elif function.type[value] == "unit":
            row = OPS[function.op[value]]
            if row.effect and row.name in STATEMENTS:
                self.expr[value] = "None"

    def block(self, index: int, depth: int) -> None:
        function = self.function
        body = function.blocks[index].body
        for value in body[:-1]:
            self.instruction(value, depth)
        self.terminator(index, body[-1], depth)

    def instruction(self, value: int, depth: int) -> None:
        function = self.function
        row = OPS[function.op[value]]
        effect = bool(row.effect) and function.type[value] == "unit"
        if value in self.expr and not effect:  # a constant
            return
        args = function.args[value]
        self.touch(args, depth)
        words = [self.name(arg) for arg in args]
        if row.name in EXPRESSIONS:
            text = EXPRESSIONS[row.name].format(*words, i=function.imm[value])
            if self.uses.get(value, 0) == 1 and len(text) <= LONGEST and not self.counted:
                self.expr[value] = text
            else:
                self.emit(depth, f"v{value} = {text}")
            return
        if row.name in ("call", "call.closure", "closure", "region.closure"):
            self.call(value, words, depth)
            return
        lines = COUNTED.get(row.name) if self.counted else None
        for line in STATEMENTS[row.name] if lines is None else lines:
            self.emit(depth, self.fill(line, value, words))

    def fill(self, line: str, value: int, words: list[str]) -> str:
        function = self.function
        return line.format(
            *words,
            r=f"v{value}",
            i=function.imm[value],
            p=repr(self.module.places[function.at[value]]),
            t=repr(function.type[value]),
            t0=repr(function.type[function.args[value][0]]) if words else "",
            t1=repr(function.type[function.args[value][1]]) if words[1:] else "",
            rest=", ".join(words[1:]),
            s=" ".join([*[function.type[arg] for arg in function.args[value]], "->", function.type[value]]),
            all=", ".join(words),
            cat=" + ".join(word + ".b" for word in words),
        )

    def touch(self, args: tuple[int, ...], depth: int) -> None:
        if self.counted:
            for arg in args:
                if is_ref(self.function.type[arg]):
                    self.emit(depth, f"touch({self.name(arg)})")

    def call(self, value: int, words: list[str], depth: int) -> None:
        function = self.function
        name = OPS[function.op[value]].name
        if name == "closure":
            target = self.names[function.imm[value]]
            self.emit(depth, f"v{value} = new_closure({target}, [{', '.join(words)}])")
            return
        if name == "region.closure":
            target = self.names[function.imm[value]]
            self.emit(depth, f"v{value} = in_region({words[0]}, new_closure({target}, [{', '.join(words[1:])}]))")
            return
        if name == "call":
            self.emit(depth, f"v{value} = {self.names[function.imm[value]]}({', '.join(words)})")
            loops = function.imm[value] in self.tails
        else:
            self.emit(depth, f"v{value} = {words[0]}.fn({', '.join(words)})")
            loops = True
        if loops:
            self.emit(depth, f"while v{value}.__class__ is Tail: v{value} = v{value}.fn(*v{value}.args)")

    def terminator(self, index: int, value: int, depth: int) -> None:
        function = self.function
        name = OPS[function.op[value]].name
        args = function.args[value]
        succs = function.blocks[index].succs
        self.touch(args, depth)
        words = [self.name(arg) for arg in args]
        if name == "jump":
            self.go(succs[0], depth)
        elif name == "branch":
            self.emit(depth, f"if {words[0]}:")
            self.go(succs[0], depth + 1)
            self.emit(depth, "else:")
            self.go(succs[1], depth + 1)
        elif name == "switch":
            self.emit(depth, f"S = {words[0]}")
            cases = list(zip(function.imm[value], succs[:-1], strict=True))
            if len(cases) > CHAIN:  # the default is reached from every part of the search
                cases.sort()
                self.label(succs[-1][0])
            self.search(cases, succs[-1], depth)
        elif name == "return":
            self.emit(depth, f"return {words[0]}")
        elif name == "tailcall":
            self.tailcall(value, words, depth)
        elif name == "tailcall.closure":
            self.emit(depth, f"return Tail({words[0]}.fn, ({', '.join(words)},))")
        elif name == "panic":
            facts = "".join(word + ", " for word in words)
            place = self.module.places[function.at[value]]
            self.emit(depth, f"raise Ended({function.imm[value]!r}, ({facts}), {place!r})")
        elif name == "panic.text":
            place = self.module.places[function.at[value]]
            self.emit(depth, f"raise Ended('user', (), {place!r}, {words[0]}.b)")
        else:
            self.emit(depth, "raise AssertionError('unreachable was reached')")

    def tailcall(self, value: int, words: list[str], depth: int) -> None:
        function = self.function
        callee = function.imm[value]
        if callee == function.name:
            self.assign([f"v{p}" for p in function.params], words, depth)
            self.jump(0, depth)
        elif callee in self.tails:
            self.emit(depth, f"return Tail({self.names[callee]}, ({''.join(word + ', ' for word in words)}))")
        else:
            self.emit(depth, f"return {self.names[callee]}({', '.join(words)})")

    def assign(self, targets: list[str], words: list[str], depth: int) -> None:
        pairs = [(target, word) for target, word in zip(targets, words, strict=True) if target != word]
        if pairs:
            left, right = zip(*pairs, strict=True)
            self.emit(depth, f"{', '.join(left)} = {', '.join(right)}")

    def jump(self, index: int, depth: int) -> None:
        self.emit(depth, f"L = {self.labels[index]}")
        self.emit(depth, "continue")

    def go(self, succ: Edge, depth: int) -> None:
        target, args = succ
        params = [f"v{p}" for p in self.function.blocks[target].params]
        self.assign(params, [self.name(arg) for arg in args], depth)
        if target not in self.labels and depth < DEEPEST:
            self.block(target, depth)
            return
        self.label(target)
        self.jump(target, depth)

    def label(self, target: int) -> None:
        """Make a block one that is jumped to."""
        if target not in self.labels:
            self.labels[target] = len(self.labels)
            self.queue.append(target)
            self.targets.add(target)

    def search(self, cases: list[tuple[int, Edge]], default: Edge, depth: int) -> None:
        """Go to the case of S: by halves, as Python nests each `elif` in the one before."""
        if len(cases) > CHAIN:
            middle = len(cases) // 2
            self.emit(depth, f"if S < {cases[middle][0]}:")
            self.search(cases[:middle], default, depth + 1)
            self.emit(depth, "else:")
            self.search(cases[middle:], default, depth + 1)
            return
        for number, (case, succ) in enumerate(cases):
            self.emit(depth, f"{'el' if number else ''}if S == {case}:")
            self.go(succ, depth + 1)
        self.emit(depth, "else:" if cases else "if 1:")
        self.go(default, depth + 1)
