"""Random LIR functions that always end: straight code, diamonds, loops, switches, calls on hot and cold paths.

Everything comes from one `random.Random`, so a seed is a program.  Values in scope dominate by construction.
"""

from __future__ import annotations

import random
from typing import Any

from compiler.ir.function import Function
from compiler.lir.ops import CODE

BINARY = ("add", "sub", "mul", "and", "or", "xor", "shl", "shr", "sar",
          "icmp.eq", "icmp.ne", "icmp.lt", "icmp.le", "icmp.gt", "icmp.ge", "icmp.ult", "icmp.uge")  # fmt: skip
UNARY = ("neg", "not", "popcnt", "clz", "ctz")
FLOAT_BINARY = ("fadd", "fsub", "fmul", "fdiv", "fmin", "fmax")
FLOAT_UNARY = ("fneg", "fabs", "fsqrt", "ffloor", "fceil")
FLOAT_COMPARE = ("fcmp.eq", "fcmp.ne", "fcmp.lt", "fcmp.le", "fcmp.gt", "fcmp.ge")
NUMBERS = (0, 1, -1, 2, 3, 5, 7, 8, 9, 63, 64, 127, 128, 255, -128, 1 << 31, -(1 << 31), (1 << 31) - 1, 1 << 32,
           (1 << 63) - 1, -(1 << 63), 0x123456789ABCDEF)  # fmt: skip
FLOATS = (0, 1 << 63, 0x3FF0000000000000, 0xBFF8000000000000, 0x4059000000000000, 0x7FF0000000000000,
          0x7FF8000000000000, 0x43E0000000000000, 0xC3E0000000000000, 0x3FB999999999999A)  # fmt: skip
MEMORY = 512


class Generator:
    def __init__(self, seed: int, size: int = 40, calls: bool = True) -> None:
        self.random = random.Random(seed)
        self.f = Function("lir", f"f{seed}", "i64")
        self.size = size
        self.calls = calls
        self.cold: list[int] = []
        self.b = self.f.block()
        self.budget = size

    def emit(self, name: str, type_: str, args: tuple[int, ...] = (), imm: Any = None) -> int:
        return self.f.emit(self.b, CODE[name], type_, args, imm)

    def make(self) -> Function:
        f, rnd = self.f, self.random
        base = f.param(0, "ptr")
        ints = [f.param(0, "i64") for _ in range(rnd.randrange(1, 5))]
        floats = [f.param(0, "f64") for _ in range(rnd.randrange(1, 5))]
        self.base = base
        if rnd.random() < 0.4:
            self.early_return(ints, floats)
        ints, floats = self.sequence(ints, floats, 0)
        total = ints[0]
        for value in ints[1:][-12:]:
            total = self.emit("xor", "i64", (self.emit("mul", "i64", (total, self.constant(31))), value))
        for value in floats[-8:]:
            # A NaN's bits are nobody's promise.
            bits = self.emit("fbits", "i64", (value,))
            same = self.emit("fcmp.eq", "i64", (value, value))
            chosen = self.emit("select", "i64", (same, bits, self.constant(12345)))
            total = self.emit("xor", "i64", (self.emit("mul", "i64", (total, self.constant(17))), chosen))
        self.emit("ret", "", (total,))
        f.attrs["cold"] = tuple(self.cold)
        return f

    def early_return(self, ints: list[int], floats: list[int]) -> None:
        """A fast path before everything else, as recursive functions have."""
        f = self.f
        condition = self.condition(ints, floats)
        start = self.b
        self.emit("branch", "", (condition,))
        fast, slow = f.block(), f.block()
        f.blocks[start].succs = [(fast, ()), (slow, ())] if self.random.random() < 0.5 else [(slow, ()), (fast, ())]
        self.b = fast
        made, _ = self.sequence(ints, floats, 9) if self.random.random() < 0.3 else (ints, floats)
        self.emit("ret", "", (self.random.choice(made),))
        self.b = slow

    def constant(self, number: int) -> int:
        return self.emit("const", "i64", (), number)

    def integer(self, ints: list[int]) -> int:
        if self.random.random() < 0.2:
            return self.constant(self.random.choice(NUMBERS))
        return self.random.choice(ints[-14:])

    def float_(self, floats: list[int]) -> int:
        if self.random.random() < 0.2:
            return self.emit("const.f64", "f64", (), self.random.choice(FLOATS))
        return self.random.choice(floats[-10:])

    def sequence(self, ints: list[int], floats: list[int], depth: int) -> tuple[list[int], list[int]]:
        ints, floats = list(ints), list(floats)
        for _ in range(self.random.randrange(3, 12)):
            if self.budget <= 0:
                break
            self.budget -= 1
            self.step(ints, floats, depth)
        return ints, floats

    def step(self, ints: list[int], floats: list[int], depth: int) -> None:
        rnd = self.random
        kind = rnd.random()
        if kind < 0.34:
            ints.append(self.emit(rnd.choice(BINARY), "i64", (self.integer(ints), self.integer(ints))))
        elif kind < 0.40:
            ints.append(self.emit(rnd.choice(UNARY), "i64", (self.integer(ints),)))
        elif kind < 0.44:
            small = self.emit("and", "i64", (self.integer(ints), self.constant(255)))
            divisor = self.emit("add", "i64", (small, self.constant(1)))
            ints.append(self.emit(rnd.choice(("div", "rem")), "i64", (self.integer(ints), divisor)))
        elif kind < 0.48:
            condition = self.emit(rnd.choice(FLOAT_COMPARE), "i64", (self.float_(floats), self.float_(floats)))
            if rnd.random() < 0.5:
                ints.append(self.emit("select", "i64", (condition, self.integer(ints), self.integer(ints))))
            else:
                floats.append(self.emit("select", "f64", (condition, self.float_(floats), self.float_(floats))))
        elif kind < 0.50:
            condition = self.emit(rnd.choice(BINARY[-8:]), "i64", (self.integer(ints), self.integer(ints)))
            ints.append(self.emit("select", "i64", (condition, self.integer(ints), self.integer(ints))))
        elif kind < 0.58:
            floats.append(self.emit(rnd.choice(FLOAT_BINARY), "f64", (self.float_(floats), self.float_(floats))))
        elif kind < 0.61:
            floats.append(self.emit(rnd.choice(FLOAT_UNARY), "f64", (self.float_(floats),)))
        elif kind < 0.63:
            floats.append(self.emit("i2f", "f64", (self.integer(ints),)))
        elif kind < 0.65:
            ints.append(self.emit("f2i", "i64", (self.float_(floats),)))
        elif kind < 0.77:
            self.memory(ints, floats)
        elif kind < 0.81:
            if self.calls:
                self.call(ints, floats)
        elif kind < 0.89:
            self.diamond(ints, floats, depth)
        elif kind < 0.94:
            if depth < 3:
                self.loop(ints, floats, depth)
        elif kind < 0.97:
            self.switch(ints, floats, depth)
        else:
            condition = self.emit(
                "icmp.eq", "i64", (self.emit("icmp.lt", "i64", (ints[0], ints[-1])), self.constant(0))
            )
            ints.append(self.emit("xor", "i64", (condition, self.constant(1))))

    def memory(self, ints: list[int], floats: list[int]) -> None:
        rnd = self.random
        masked = self.emit("and", "i64", (self.integer(ints), self.constant(31)))
        form = rnd.random()
        if form < 0.2:
            args, imm = (self.base,), (8 * rnd.randrange(0, 32), 1)
        elif form < 0.6:
            args, imm = (self.base, masked), (8 * rnd.randrange(0, 16), 8)
        else:
            moved = self.emit("add", "ptr", (self.base, self.emit("shl", "i64", (masked, self.constant(3)))))
            args, imm = (moved,), (8 * rnd.randrange(0, 16), 1)
        kind = rnd.random()
        if kind < 0.25:
            ints.append(self.emit("load.i64", "i64", args, imm))
            if rnd.random() < 0.5:
                ints.append(self.emit(rnd.choice(BINARY), "i64", (self.integer(ints), ints[-1])))
        elif kind < 0.35:
            ints.append(self.emit("load.u8", "i64", args, imm))
            if rnd.random() < 0.5:
                ints.append(self.emit(rnd.choice(BINARY[-8:]), "i64", (ints.pop(), self.constant(rnd.randrange(256)))))
        elif kind < 0.45:
            ints.append(self.emit("load.u32", "i64", args, imm))
        elif kind < 0.6:
            floats.append(self.emit("bitsf", "f64", (self.emit("load.i64", "i64", args, imm),)))
        elif kind < 0.75:
            self.emit("store.i64", "", (self.integer(ints), *args), imm)
        elif kind < 0.85:
            self.emit("store.u8", "", (self.integer(ints), *args), imm)
        elif kind < 0.95:
            value = self.float_(floats)
            same = self.emit("fcmp.eq", "i64", (value, value))
            zero = self.emit("const.f64", "f64", (), 0)
            self.emit("store.f64", "", (self.emit("select", "f64", (same, value, zero)), *args), imm)
        else:
            moved = self.emit("add", "ptr", (self.base, self.emit("shl", "i64", (masked, self.constant(3)))))
            self.emit("count.up", "", (moved,))
            ints.append(self.emit("count.down", "i64", (moved,)))

    def call(self, ints: list[int], floats: list[int]) -> None:
        if self.random.random() < 0.7:
            ints.append(self.emit("call", "i64", (self.integer(ints), self.integer(ints)), "helper"))
        else:
            floats.append(self.emit("call", "f64", (self.float_(floats), self.float_(floats)), "float_helper"))

    def condition(self, ints: list[int], floats: list[int]) -> int:
        if self.random.random() < 0.1:
            return self.last_count()
        if self.random.random() < 0.3:
            return self.emit(self.random.choice(FLOAT_COMPARE), "i64", (self.float_(floats), self.float_(floats)))
        return self.emit(self.random.choice(BINARY[-8:]), "i64", (self.integer(ints), self.integer(ints)))

    def last_count(self) -> int:
        """A count taken down just before the branch on it: the last one, one of many, or a static object's."""
        offset = 8 * self.random.randrange(16)
        count = self.constant(self.random.choice([1, 2, 0, -1, -(2**30)]))
        self.emit("store.i64", "", (count, self.base), (offset, 1))
        return self.emit("count.down", "i64", (self.emit("add", "ptr", (self.base, self.constant(offset))),))

    def merge(self, ways: list[tuple[list[int], list[int]]], ints: list[int], floats: list[int],
              ends: list[int], whichs: list[tuple[int, int]]) -> None:  # fmt: skip
        """Join blocks `ends` in a new one with parameters for what each made."""
        join = self.f.block()
        n = self.random.randrange(1, 4)
        picked = [[self.random.choice(way[0]) for _ in range(n)] + [self.random.choice(way[1])] for way in ways]
        params = [self.f.param(join, "i64") for _ in range(n)] + [self.f.param(join, "f64")]
        for end, values, (b, k) in zip(ends, picked, whichs, strict=True):
            assert end == b
            succs = self.f.blocks[b].succs
            if k < len(succs):
                succs[k] = (join, tuple(values))
            else:
                succs.append((join, tuple(values)))
        self.b = join
        ints.extend(params[:-1])
        floats.append(params[-1])

    def diamond(self, ints: list[int], floats: list[int], depth: int) -> None:
        condition = self.condition(ints, floats)
        start = self.b
        self.emit("branch", "", (condition,))
        yes = self.f.block()
        self.f.blocks[start].succs = [(yes, ()), (yes, ())]
        self.b = yes
        cold = self.random.random() < 0.4
        if cold:
            self.cold.append(yes)
            self.emit("call", "i64", (ints[0], ints[-1]), "helper") if self.calls else None
            way = (list(ints), list(floats))
        else:
            way = self.sequence(ints, floats, depth + 1)
        end = self.b
        self.emit("jump", "")
        if self.random.random() < 0.5:
            no = self.f.block()
            self.f.blocks[start].succs[1] = (no, ())
            self.b = no
            other = self.sequence(ints, floats, depth + 1)
            last = self.b
            self.emit("jump", "")
            self.merge([way, other], ints, floats, [end, last], [(end, 0), (last, 0)])
        else:
            self.merge([way, (list(ints), list(floats))], ints, floats, [end, start], [(end, 0), (start, 1)])

    def loop(self, ints: list[int], floats: list[int], depth: int) -> None:
        f = self.f
        n = self.random.randrange(1, 4)
        start = [self.integer(ints) for _ in range(n)] + [self.float_(floats)]
        zero = self.constant(0)
        turns = self.constant(self.random.randrange(1, 6))
        self.emit("jump", "")
        header, body, after = f.block(), f.block(), f.block()
        f.blocks[self.b].succs = [(header, (zero, *start))]
        counter = f.param(header, "i64")
        params = [f.param(header, "i64") for _ in range(n)] + [f.param(header, "f64")]
        self.b = header
        inner_ints, inner_floats = ints + params[:-1], [*floats, params[-1]]
        if self.random.random() < 0.3:
            self.step(inner_ints, inner_floats, 9)
            header_end = self.b
        else:
            header_end = header
        if header_end == header:
            self.emit("branch", "", (self.emit("icmp.lt", "i64", (counter, turns)),))
        else:
            self.emit("branch", "", (self.emit("icmp.lt", "i64", (counter, turns)),))
        f.blocks[self.b].succs = [(body, ()), (after, ())]
        self.b = body
        made_ints, made_floats = self.sequence(inner_ints, inner_floats, depth + 1)
        following = self.emit("add", "i64", (counter, self.constant(1)))
        back = [self.random.choice(made_ints) for _ in range(n)] + [self.random.choice(made_floats)]
        if self.random.random() < 0.3:
            back = params[1:-1] + params[:1] + params[-1:] if n > 1 else back  # a rotation: cycles of copies
        self.emit("jump", "")
        f.blocks[self.b].succs = [(header, (following, *back))]
        self.b = after
        ints.extend(params[:-1])
        floats.append(params[-1])

    def switch(self, ints: list[int], floats: list[int], depth: int) -> None:
        f = self.f
        number = self.emit("and", "i64", (self.integer(ints), self.constant(15)))
        count = self.random.randrange(1, 10)
        cases = tuple(self.random.sample(range(-3, 14), count))
        start = self.b
        self.emit("switch", "", (number,), cases)
        ways, ends = [], []
        for _ in range(count + 1):
            case = f.block()
            f.blocks[start].succs.append((case, ()))
            self.b = case
            made = list(ints), list(floats)
            if self.random.random() < 0.7:
                made[0].append(self.emit("add", "i64", (self.integer(ints), self.integer(ints))))
            ends.append(self.b)
            ways.append(made)
            self.emit("jump", "")
        self.merge(ways, ints, floats, ends, [(end, 0) for end in ends])
