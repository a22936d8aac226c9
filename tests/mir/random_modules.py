"""Random, well-formed MIR modules: structured control flow over registers, lists, arrays, records, cells, closures.

`generate(seed)` is a module whose entry prints what it computed.  Loops are bounded, indices are reduced modulo the
length; division may panic, which is an outcome like any other.
"""

from __future__ import annotations

import random

from compiler.ir.function import Function, Layout, Module
from compiler.mir.ops import CODE

LIST, ROW, NEST, BOX, FN, CELL = "list<i64>", "array<i64>", "array<list<i64>>", "Box", "fn(i64)->i64", "cell<list<i64>>"
REFS = (LIST, ROW, NEST, BOX, FN, CELL, "text")
TYPES = ("i64", "i64", "bool", "f64", *REFS)
BINARY = ("add", "sub", "mul", "and", "or", "xor", "min", "max", "shl", "sar", "shr")
COMPARE = ("eq", "ne", "lt", "le", "gt", "ge")


class Maker:
    """Writes one function; `scope` maps a type to the values that may be used here."""

    def __init__(self, module: Module, name: str, params: list[str], result: str, rng: random.Random) -> None:
        self.module = module
        self.rng = rng
        self.f = Function("mir", name, result)
        module.functions[name] = self.f
        self.block = self.f.block()
        self.scope: dict[str, list[int]] = {t: [] for t in TYPES}
        for type_ in params:
            self.scope[type_].append(self.f.param(self.block, type_))

    def op(self, name: str, type_: str, args: tuple[int, ...] = (), imm: object = None) -> int:
        at = self.module.place(f"r.0x0:{self.rng.randrange(1, 5)}:1")
        return self.f.emit(self.block, CODE[name], type_, args, imm, at)

    def int(self, value: int) -> int:
        return self.op("const.i64", "i64", (), value)

    def some(self, type_: str) -> int:
        """A value of a type: one in scope, or a new one."""
        known = self.scope[type_]
        if known and self.rng.random() < 0.8:
            return self.rng.choice(known[-6:])
        return self.fresh(type_)

    def fresh(self, type_: str) -> int:
        rng = self.rng
        if type_ == "i64":
            return self.int(rng.choice((0, 1, 2, -1, 3, 7, 63, -(1 << 63), (1 << 63) - 1, rng.randrange(-100, 100))))
        if type_ == "f64":
            return self.op("i64.to-f64", "f64", (self.some("i64"),))
        if type_ == "bool":
            return self.op("i64." + rng.choice(COMPARE), "bool", (self.some("i64"), self.some("i64")))
        if type_ == "text":
            return self.op("const.text", "text", (), rng.choice(("", "a", "xyz")))
        if type_ == LIST:
            nil = self.op("make", LIST, (), 0)
            return nil if rng.random() < 0.3 else self.op("make", LIST, (self.some("i64"), nil), 1)
        if type_ == ROW:
            return self.op("array.new", ROW, (self.int(rng.randrange(1, 4)), self.some("i64")))
        if type_ == NEST:
            return self.op("array.new", NEST, (self.int(rng.randrange(1, 4)), self.some(LIST)))
        if type_ == BOX:
            if rng.random() < 0.2:
                return self.op("make", BOX, (), 1)
            return self.op("make", BOX, (self.some(LIST), self.some("i64"), self.some(LIST)), 0)
        if type_ == FN:
            if rng.random() < 0.3:
                return self.op("const.fn", FN, (), "plain")
            return self.op("closure", FN, (self.some("i64"), self.some(LIST), self.some(CELL)), "captured")
        return self.op("cell.new", CELL, (self.some(LIST),))

    def define(self, type_: str, value: int) -> None:
        self.scope[type_].append(value)

    def index(self, array: int) -> int:
        """An index of a (never empty) array, checked as lowering does."""
        length = self.op("array.len", "i64", (array,))
        number = self.op("i64.rem", "i64", (self.op("i64.and", "i64", (self.some("i64"), self.int(7))), length))
        self.op("check.bounds", "unit", (number, length))
        return number

    def statement(self, depth: int) -> None:
        rng = self.rng
        choice = rng.randrange(28)
        if choice < 3:
            self.define("i64", self.op("i64." + rng.choice(BINARY), "i64", (self.some("i64"), self.some("i64"))))
        elif choice == 3:
            self.define("bool", self.fresh("bool"))
        elif choice == 4:
            self.define(
                "f64",
                self.op(
                    "f64." + rng.choice(("add", "mul", "sub", "div", "max")),
                    "f64",
                    (self.some("f64"), self.some("f64")),
                ),
            )
        elif choice == 5 and depth < 3:
            self.branch(depth)
        elif choice == 6 and depth < 2:
            self.loop(depth)
        elif choice == 7:
            self.define(LIST, self.op("make", LIST, (self.some("i64"), self.some(LIST)), 1))
        elif choice == 8 and depth < 3:
            self.match_list(depth)
        elif choice == 9:
            array = self.some(ROW)
            self.define("i64", self.op("array.get", "i64", (array, self.index(array))))
        elif choice == 10:
            array = self.some(ROW)
            self.op("array.set", "unit", (array, self.index(array), self.some("i64")))
        elif choice == 11:
            array = self.some(NEST)
            number = self.index(array)
            self.define(LIST, self.op("array.get", LIST, (array, number)))
            if rng.random() < 0.5:  # what was read may be held by nothing else now
                self.op("array.set", "unit", (array, number, self.some(LIST)))
        elif choice == 12:
            array = self.some(NEST)
            self.op("array.set", "unit", (array, self.index(array), self.some(LIST)))
        elif choice == 13 and depth < 3:
            self.match_box(depth)
        elif choice == 14:
            cell = self.some(CELL)
            self.define(LIST, self.op("cell.get", LIST, (cell,)))
            if rng.random() < 0.5:
                self.op("cell.set", "unit", (cell, self.fresh(LIST)))
        elif choice == 15:
            self.op("cell.set", "unit", (self.some(CELL), self.some(LIST)))
        elif choice == 16:
            self.define("i64", self.op("call.closure", "i64", (self.some(FN), self.some("i64"))))
        elif choice == 17:
            callees = [f for n, f in self.module.functions.items() if n.startswith("f") and f is not self.f]
            if callees:
                callee = rng.choice(callees)
                args = tuple(self.some(callee.type[p]) for p in callee.params)
                self.define(callee.result, self.op("call", callee.result, args, callee.name))
        elif choice == 18:
            self.define(
                "text",
                self.op("text.cat", "text", (self.op("text.of-i64", "text", (self.some("i64"),)), self.some("text"))),
            )
        elif choice == 19:
            self.define("bool", self.op("value.eq", "bool", (self.some(LIST), self.some(LIST))))
        elif choice == 20:
            self.define(rng.choice(("i64",)), self.op("list.len", "i64", (self.some(LIST),)))
        elif choice == 21:
            self.define(
                "i64",
                self.op(
                    "i64." + rng.choice(("div", "rem")),
                    "i64",
                    (self.some("i64"), self.op("i64.or", "i64", (self.some("i64"), self.int(1)))),
                ),
            )
        elif choice == 22:
            self.define(NEST, self.op("array.copy", NEST, (self.some(NEST),)))
        elif choice == 23:
            self.define("i64", self.op("select", "i64", (self.some("bool"), self.some("i64"), self.some("i64"))))
        elif choice == 24:
            array = self.some(ROW)
            self.define("i64", self.op("array.len", "i64", (array,)))
        elif choice == 25:
            xs = self.some(LIST)  # consumed by one use, looked at by another
            self.define(LIST, self.op("make", LIST, (self.op("list.len", "i64", (xs,)), xs), 1))
        else:
            type_ = rng.choice(REFS)
            self.define(type_, self.fresh(type_))

    def body(self, depth: int, count: int) -> None:
        for _ in range(count):
            self.statement(depth)

    def end(
        self, name: str, succs: list[tuple[int, tuple[int, ...]]], args: tuple[int, ...] = (), imm: object = None
    ) -> None:
        self.f.emit(self.block, CODE[name], "", args, imm)
        self.f.blocks[self.block].succs = succs

    def arms(self, depth: int, arms: list[object], join_types: list[str]) -> None:
        """Write each arm in its own scope, joining values of these types."""
        outer = {t: list(v) for t, v in self.scope.items()}
        join = self.f.block()
        for block, define in arms:  # type: ignore[misc]
            self.block = block
            self.scope = {t: list(v) for t, v in outer.items()}
            define()
            self.body(depth + 1, self.rng.randrange(0, 4))
            if self.rng.random() < 0.05:
                self.end("panic.text", [], (self.some("text"),))
                self.f.at[self.f.blocks[self.block].body[-1]] = self.module.place("r.0x0:9:9")
                continue
            given = tuple(self.some(t) for t in join_types)
            self.end("jump", [(join, given)])
        self.block = join
        self.scope = outer
        for type_ in join_types:
            self.define(type_, self.f.param(join, type_))

    def branch(self, depth: int) -> None:
        test = self.some("bool")
        one, two = self.f.block(), self.f.block()
        self.end("branch", [(one, ()), (two, ())], (test,))
        types = [self.rng.choice(TYPES) for _ in range(self.rng.randrange(0, 3))]
        self.arms(depth, [(one, lambda: None), (two, lambda: None)], types)

    def match_list(self, depth: int) -> None:
        xs = self.some(LIST)
        tag = self.op("tag", "i64", (xs,))
        nil, cons = self.f.block(), self.f.block()
        self.end("switch", [(nil, ()), (cons, ())], (tag,), (0,))

        def fields() -> None:
            self.define("i64", self.op("field", "i64", (xs,), (1, 0)))
            self.define(LIST, self.op("field", LIST, (xs,), (1, 1)))

        types = [self.rng.choice(TYPES) for _ in range(self.rng.randrange(0, 3))]
        self.arms(depth, [(nil, lambda: None), (cons, fields)], types)

    def match_box(self, depth: int) -> None:
        box = self.some(BOX)
        tag = self.op("tag", "i64", (box,))
        full, empty = self.f.block(), self.f.block()
        self.end("switch", [(full, ()), (empty, ())], (tag,), (0,))

        def fields() -> None:
            self.define(LIST, self.op("field", LIST, (box,), (0, 0)))
            self.define("i64", self.op("field.mut", "i64", (box,), (0, 1)))
            self.define(LIST, self.op("field.mut", LIST, (box,), (0, 2)))
            if self.rng.random() < 0.5:
                self.op("field.set", "unit", (box, self.some(LIST)), (0, 2))
                self.define(LIST, self.op("field.mut", LIST, (box,), (0, 2)))
            if self.rng.random() < 0.5:
                self.op("field.set", "unit", (box, self.some("i64")), (0, 1))

        types = [self.rng.choice(TYPES) for _ in range(self.rng.randrange(0, 3))]
        self.arms(depth, [(full, fields), (empty, lambda: None)], types)

    def loop(self, depth: int) -> None:
        """for i in 0..n with carried values; sometimes n is an array's length, sometimes a list is walked."""
        carried = [self.rng.choice(TYPES) for _ in range(self.rng.randrange(0, 3))]
        array = self.some(ROW)
        counts_array = self.rng.random() < 0.5
        n = self.op("array.len", "i64", (array,)) if counts_array else self.int(self.rng.randrange(0, 4))
        start = (self.int(self.rng.choice((0, 0, 0, 0, 1, -1))), *(self.some(t) for t in carried))
        header, inside, after = self.f.block(), self.f.block(), self.f.block()
        self.end("jump", [(header, start)])
        outer = {t: list(v) for t, v in self.scope.items()}
        i = self.f.param(header, "i64")
        params = [self.f.param(header, t) for t in carried]
        self.block = header
        test = self.op("i64.lt", "bool", (i, n))
        self.end("branch", [(inside, ()), (after, ())], (test,))
        self.block = inside
        self.scope = {t: list(v) for t, v in outer.items()}
        self.define("i64", i)
        for type_, param in zip(carried, params, strict=True):
            self.define(type_, param)
        if counts_array:
            self.op("check.bounds", "unit", (i, self.op("array.len", "i64", (array,))))
            self.define("i64", self.op("array.get", "i64", (array, i)))
        self.body(depth + 1, self.rng.randrange(0, 5))
        if self.rng.random() < 0.4:
            self.match_list(depth + 1)
        step = self.op("i64.add", "i64", (i, self.int(1)))
        self.end("jump", [(header, (step, *(self.some(t) for t in carried)))])
        self.block = after
        self.scope = outer
        for type_, param in zip(carried, params, strict=True):
            self.define(type_, param)

    def finish(self, tail: bool) -> None:
        result = self.f.result
        callees = [
            f for n, f in self.module.functions.items() if n.startswith("f") and f is not self.f and f.result == result
        ]
        if tail and callees and self.rng.random() < 0.3:
            callee = self.rng.choice(callees)
            self.end("tailcall", [], tuple(self.some(callee.type[p]) for p in callee.params), callee.name)
        else:
            self.end("return", [], (self.some(result),))


def _recursive(module: Module, name: str, rng: random.Random) -> None:
    """f(n, xs, x): counts n down, by tail call or not, doing something each time."""
    type_ = rng.choice(TYPES)
    maker = Maker(module, name, ["i64", LIST, type_], type_, rng)
    n, _, x = maker.f.params
    stop, go = maker.f.block(), maker.f.block()
    maker.end("branch", [(stop, ()), (go, ())], (maker.op("i64.le", "bool", (n, maker.int(0))),))
    outer = {t: list(v) for t, v in maker.scope.items()}
    maker.block = stop
    maker.end("return", [], (x,))
    maker.block, maker.scope = go, outer
    maker.body(1, rng.randrange(1, 5))
    less = maker.op("i64.sub", "i64", (maker.op("i64.min", "i64", (n, maker.int(3))), maker.int(1)))
    args = (less, maker.some(LIST), maker.some(type_))
    if rng.random() < 0.5:
        maker.end("tailcall", [], args, name)
    else:
        maker.define(type_, maker.op("call", type_, args, name))
        maker.body(1, rng.randrange(0, 3))
        maker.end("return", [], (maker.some(type_),))


def generate(seed: int) -> Module:
    rng = random.Random(seed)
    module = Module("mir")
    module.layouts[LIST] = Layout(LIST, [("nil", (), ()), ("cons", ("i64", LIST), (False, False))])
    module.layouts[BOX] = Layout(BOX, [("Box", (LIST, "i64", LIST), (False, True, True)), ("Empty", (), ())])
    plain = Maker(module, "plain", [FN, "i64"], "i64", rng)
    plain.scope[FN] = []  # its environment is not a closure like others
    plain.end("return", [], (plain.op("i64.xor", "i64", (plain.f.params[1], plain.int(5))),))
    captured = Maker(module, "captured", [FN, "i64"], "i64", rng)
    env = captured.f.params[0]
    captured.scope[FN] = []
    captured.define("i64", captured.op("capture", "i64", (env,), 0))
    captured.define(LIST, captured.op("capture", LIST, (env,), 1))
    captured.define(CELL, captured.op("capture", CELL, (env,), 2))
    for _ in range(rng.randrange(0, 4)):
        if rng.random() < 0.5:
            captured.op("cell.set", "unit", (captured.some(CELL), captured.some(LIST)))
        else:
            captured.define(LIST, captured.op("cell.get", LIST, (captured.some(CELL),)))
            captured.define("i64", captured.op("list.len", "i64", (captured.some(LIST),)))
    captured.end("return", [], (captured.some("i64"),))
    for number in range(rng.randrange(1, 4)):
        if rng.random() < 0.4:
            _recursive(module, f"f{number}", rng)
            continue
        params = [rng.choice(TYPES) for _ in range(rng.randrange(0, 4))]
        maker = Maker(module, f"f{number}", params, rng.choice(TYPES), rng)
        maker.body(0, rng.randrange(1, 10))
        maker.finish(tail=True)
    main = Maker(module, "main", [], "unit", rng)
    main.body(0, rng.randrange(6, 30))
    for type_ in ("i64", LIST, ROW, NEST, BOX):
        value = main.some(type_)
        text = main.op("text.of-i64", "text", (value,)) if type_ == "i64" else main.op("value.show", "text", (value,))
        main.op("io.print", "unit", (text,))
    main.end("return", [], (main.op("const.unit", "unit"),))
    module.entry = "main"
    return module
