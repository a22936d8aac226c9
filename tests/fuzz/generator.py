"""Writes random well-typed programs that end: every form, builtin and pattern of the language that is built.

`program(seed)` is a program's text, the same for the same seed.  An expression is made for a wanted type: `MAKERS` are
the ways, one method each, which answer None when they do not apply.  Programs end because loops have few turns,
recursion has fuel, and `spent` estimates what a function costs.  Operations that panic are mostly guarded, and left
bare now and then.  What a program must print is not known here: `lanes.py` compares the lanes with each other.
"""

from __future__ import annotations

from compiler.mir.ops import MIR
from tests.fuzz.patterns import Patterns
from tests.fuzz.scalars import Scalars
from tests.fuzz.source import Seeded, Source
from tests.fuzz.terms import BASE, BOOL, BYTES, F64, I64, TEXT, UNIT, Type, is_variable, show, variables
from tests.fuzz.whole import Whole

BUDGET = 4000  # estimated steps of a function
GLYPHS = (("(≔ ", "(let "), ("(λ ", "(fn "))


class Writer(Scalars, Patterns, Whole):
    """The text of one program."""

    # (weight, method): ways to an expression of any type.
    MAKERS = (
        (4, "use"),
        (6, "builtin"),
        (3, "call"),
        (3, "literal"),
        (2, "choose"),
        (4, "logic"),
        (3, "let"),
        (2, "match"),
        (2, "apply"),
        (2, "field"),
        (2, "sequence"),
        (2, "accumulate"),
        (1, "annotate"),
        (1, "copy_with"),
        (1, "unpack"),
        (1, "through_any"),
        (1, "element"),
        (1, "apply_lambda"),
        (1, "pressure"),
        (2, "region"),
        (2, "hold"),
        (3, "again"),
        (1, "stop"),
    )
    STATEMENTS = (
        (5, "assign"),
        (2, "put_field"),
        (2, "put_element"),
        (4, "say"),
        (4, "observe"),
        (2, "loop_for"),
        (1, "loop_while"),
        (1, "loop_array"),
        (1, "builtin"),
        (1, "choose"),
        (1, "match"),
        (1, "let"),
        (1, "call"),
        (1, "again"),
        (2, "region"),
    )

    def expr(self, t: Type, depth: int) -> str:
        """An expression of the type."""
        self.nodes += 1
        self.spent += self.turns
        if depth <= 0 or self.nodes > self.limit or self.spent > BUDGET:
            return self.leaf(t)
        table = self.STATEMENTS if t == UNIT else self.MAKERS
        spent, scope = self.spent, self.scope
        for _ in range(6):
            maker = self.r.weighted(table)
            made: str | None = getattr(self, maker)(t, depth - 1)
            if made is not None:
                if 12 < len(made) < 160 and (not self.fuel_name or f"{self.fuel_name} 1)" not in made):
                    self.made.append((t, made, scope, (self.spent - spent) // self.turns))
                return made
        return self.literal(t, depth - 1) or self.leaf(t)

    def again(self, t: Type, depth: int) -> str | None:
        """The same text as before: equal subexpressions, and some that only look equal since something was assigned."""
        around = {id(v) for v in self.scope}
        found = [row for row in self.made[-40:] if row[0] == t and all(id(v) in around for v in row[2])]
        if not found:
            return None
        _, text, _, cost = self.r.choice(found)
        self.spent += self.turns * cost
        return text

    def leaf(self, t: Type) -> str:
        found = self.use(t, 0)
        if found is not None and (is_variable(t) or self.r.chance(0.7)):
            return found
        return self.literal(t, 0) or found or "unit"

    def use(self, t: Type, depth: int) -> str | None:
        names = [v.name for v in self.scope if v.type == t]
        if not names:
            return None
        # The newest are the most interesting, but not always.
        return self.r.choice(names[-4:] if self.r.chance(0.6) else names)

    # ---- forms of any type

    def choose(self, t: Type, depth: int) -> str:
        return f"(if {self.expr(BOOL, depth)} {self.expr(t, depth)} {self.expr(t, depth)})"

    def logic(self, t: Type, depth: int) -> str | None:
        if t != BOOL:
            return None
        parts = [self.expr(BOOL, depth) for _ in range(self.r.choice([2, 2, 3]))]
        return f"({self.r.choice(['and', 'or'])} {' '.join(parts)})"

    def let(self, t: Type, depth: int) -> str:
        saved = self.scope
        bindings = [self.binding(depth) for _ in range(self.r.choice([1, 1, 2, 3]))]
        if self.chance(0.08):
            bindings.append(f"(id{self.number} (λ (x) x))")
            name = f"id{self.number}"
            self.number += 1
            body = f"(do ({name} {self.leaf(t)}) ({name} {self.expr(t, depth)}))"
        else:
            body = self.body(t, depth)
        self.scope = saved
        return f"(≔ ({' '.join(bindings)}) {body})"

    def binding(self, depth: int) -> str:
        t = self.pick()
        mutable = self.chance(0.4)
        text = self.expr(t, depth)
        if mutable and t == I64 and self.chance(0.5):
            text = self.expr(t, 0)
        # A shadowed name now and then.
        old = [v.name for v in self.scope if v.name[0] == "v"]
        name = self.r.choice(old) if old and self.chance(0.1) else self.fresh("v")
        self.bind(name, t, mutable)
        return f"({'mut ' if mutable else ''}{name} {text})"

    def body(self, t: Type, depth: int) -> str:
        """Expressions in order, the last of the type."""
        parts = [self.expr(UNIT, depth) for _ in range(self.r.choice([0, 0, 0, 1, 2]))]
        return " ".join([*parts, self.expr(t, depth)])

    def sequence(self, t: Type, depth: int) -> str:
        parts = [self.expr(UNIT, depth) for _ in range(self.r.choice([1, 1, 2, 3]))]
        if self.chance(0.1):
            parts.append(self.expr(self.pick(), depth))
        return f"(do {' '.join(parts)} {self.expr(t, depth)})"

    def annotate(self, t: Type, depth: int) -> str | None:
        return None if variables(t) else f"(: {self.expr(t, depth)} {show(t)})"

    def accumulate(self, t: Type, depth: int) -> str | None:
        """A mutable local, a loop that changes it, its value."""
        if self.turns > 20:
            return None
        saved = self.scope
        name = self.fresh("v")
        first = self.expr(t, depth)
        self.bind(name, t, True)
        self.scope[-1].hot = True
        loop = self.loop_for(UNIT, depth) if self.chance(0.6) else self.loop_while(UNIT, depth)
        self.scope = saved
        return f"(≔ ((mut {name} {first})) {loop} {name})"

    def unpack(self, t: Type, depth: int) -> str:
        """Puts the value into something and takes it out again."""
        kind = self.r.integer(0, 6 - 1)
        inner = self.expr(t, depth)
        if kind == 5:
            if variables(t) or self.types.has_function(t):
                return inner
            box = f"(: {inner} Any)"
            return f"(≔ ((k {box})) (do (print (show k)) (if (= k k) (the {show(t)} k) {self.leaf(t)})))"
        if kind == 0:
            return f"(match (Some {inner}) ((Some x) x) (None {self.leaf(t)}))"
        if kind == 1:
            return f"(head (cons {inner} (list {self.leaf(t)})))"
        if kind == 2:
            return f"(array-get (array-of {self.leaf(t)} {inner}) 1)"
        if kind == 3:
            return f"(nth (tail (list {self.leaf(t)} {inner})) 0)"
        return f"(≔ ((k (λ (x y) (if (> y 0) x {self.leaf(t)})))) (k {inner} {self.expr(I64, 0)}))"

    def through_any(self, t: Type, depth: int) -> str | None:
        """Boxes a value and takes it out at its type; now and then at another, which panics."""
        if "any.new" not in MIR.code or variables(t) or self.types.has_function(t):
            return None
        other = self.r.choice(BASE) if self.chance(0.02) else t
        return f"(the {show(t)} (: {self.expr(other, depth)} Any))"

    def element(self, t: Type, depth: int) -> str:
        """What is at a random place of a list or an array."""
        name, index = self.fresh("v"), self.expr(I64, depth)
        bare = self.chance(0.04)
        if self.chance(0.5):
            whole = self.expr(("Array", t), depth)
            if bare:
                return f"(array-get {whole} {index})"
            get = f"(array-get {name} (% (bit-and {index} 255) (array-len {name})))"
            return f"(≔ (({name} {whole})) (if (= (array-len {name}) 0) {self.leaf(t)} {get}))"
        whole = self.expr(("List", t), depth)
        if bare:
            return f"(nth {whole} {index})" if self.chance(0.6) else f"(head {whole})"
        get = f"(nth {name} (% (bit-and {index} 255) (len {name})))" if self.chance(0.5) else f"(head {name})"
        return f"(≔ (({name} {whole})) (if (empty? {name}) {self.leaf(t)} {get}))"

    def stop(self, t: Type, depth: int) -> str | None:
        """A way to end early that is mostly not taken."""
        if not self.chance(0.3):
            return None
        how = f"(exit (bit-or 1 {self.expr(I64, depth)}))" if self.chance(0.3) else f"(panic {self.expr(TEXT, depth)})"
        test = f"(= {self.expr(I64, depth)} {self.r.choice([3, 7, 1234567])})"
        return f"(if {test} {how} {self.expr(t, depth)})"

    def pressure(self, t: Type, depth: int) -> str | None:
        """Many locals alive across a call."""
        if self.nodes > self.limit // 2 or not self.chance(0.4):
            return None
        saved = self.scope
        bindings, names = [], []
        for _ in range(self.r.choice([6, 10, 16, 22, 40])):
            kind = self.r.choice([I64, I64, F64, F64, TEXT])
            name = self.fresh("v")
            bindings.append(f"({name} {self.expr(kind, 1)})")
            names.append((name, kind))
            self.bind(name, kind, False)
        middle = self.expr(UNIT, depth)
        value = self.expr(t, depth)
        self.scope = saved
        integers = " ".join([n for n, k in names if k == I64] + ["1", "2"])
        floats = " ".join([n for n, k in names if k == F64] + ["1.5", "2.5"])
        texts = " ".join([n for n, k in names if k == TEXT] + ['"."', '";"'])
        ends = f"(write (i64->text (+ {integers}))) (write (f64->text (* {floats}))) (print (text-cat {texts}))"
        last = self.fresh("v")
        return f"(≔ ({' '.join(bindings)} ({last} (do {middle} {value}))) {ends} {last})"

    def region(self, t: Type, depth: int) -> str:
        """A region in which something of each kind is made; what the body says may well go out of it."""
        if self.chance(0.5):
            return f"(region {self.body(t, depth)})"
        saved = self.scope
        kinds = (
            ("Array", I64),
            ("Option", self.pick(functions=False)),
            ("List", TEXT),
            BYTES,
            ("→", I64, self.pick(functions=False)),
        )
        bindings = []
        for kind in self.r.sample(kinds, self.r.choice([1, 2, 3])):
            name, text = self.fresh("v"), self.literal(kind, min(depth, 2)) or self.expr(kind, 1)
            if kind == kinds[0] and self.chance(0.6):
                text = self.r.choice([f"(array-copy {text})", f"(array 3 {self.expr(I64, 1)})"])
            if kind == BYTES:
                text = f"(bytes {self.r.choice(['3', '40'])})"
            mutable = kind[0] != "→" and self.chance(0.3)
            self.bind(name, kind, mutable)
            bindings.append(f"({'mut ' if mutable else ''}{name} {text})")
        boxed = self.fresh("v")
        bindings.append(f"({boxed} (: {self.expr(I64, 1)} Any))")
        body = self.body(t, depth)
        self.scope = saved
        last = self.fresh("v")
        return (
            f"(region (≔ ({' '.join(bindings)} ({last} (do {body}))) (if (= {boxed} {boxed}) {last} {self.leaf(t)})))"
        )

    # ---- statements

    def say(self, t: Type, depth: int) -> str:
        wanted = self.pick(functions=False)
        if self.types.has_function(wanted) or not self.compare(wanted):
            wanted = self.r.choice(BASE)
        word = "print" if self.chance(0.8) else "write"
        if self.chance(0.1):
            return f"({word} {self.expr(TEXT, depth)})"
        return f"({word} (show {self.expr(wanted, depth)}))"

    def assign(self, t: Type, depth: int) -> str | None:
        names = [v for v in self.scope if v.mutable]
        if not names:
            return None
        hot = [v for v in names if v.hot]
        v = self.r.choice(hot if hot and self.chance(0.6) else names)
        value = self.expr(v.type, depth)
        if v.type == TEXT and self.chance(0.9):
            value = f"(clip {value})"
        elif v.type not in BASE and self.turns > 4:
            return None
        return f"(set! {v.name} {value})"

    def loop_for(self, t: Type, depth: int) -> str | None:
        if self.turns > 60:
            return None
        low, trip = self.r.choice([0, 0, 0, 1, -2]), self.r.choice([0, 1, 2, 3, 3, 4])
        bound = str(low + trip)
        if self.chance(0.2):
            bound = f"(min {bound} {self.expr(I64, depth)})"
        saved, name = self.scope, self.fresh("i")
        self.bind(name, I64, False)
        self.turns *= 4
        body = self.body(UNIT, depth)
        self.turns //= 4
        self.scope = saved
        return f"(for ({name} {low} {bound}) {body})"

    def loop_while(self, t: Type, depth: int) -> str | None:
        if self.turns > 60:
            return None
        saved, name = self.scope, self.fresh("w")
        self.turns *= 4
        more = self.expr(BOOL, depth - 1) if self.chance(0.5) else "true"
        self.bind(name, I64, False)  # to be read only, though it is mutable: the loop must end
        self.scope[-1].captured = False
        body = self.body(UNIT, depth)
        self.turns //= 4
        self.scope = saved
        turn = f"(while (and (< {name} {self.r.integer(0, 4)}) {more}) (set! {name} (+ {name} 1)) {body})"
        return f"(≔ ((mut {name} 0)) {turn})"

    def loop_array(self, t: Type, depth: int) -> str | None:
        """The loops over arrays that the optimizer looks for."""
        if self.turns > 20:
            return None
        saved = self.scope
        kind = self.pick_element()
        name, i = self.fresh("v"), self.fresh("i")
        whole = self.expr(("Array", kind), depth)
        self.bind(name, ("Array", kind), False)
        self.bind(i, I64, False)
        self.turns *= 4
        low = self.r.choice(["0", "0", "1", "-1"])
        high = f"(array-len {name})"
        if self.chance(0.15):
            high = f"(+ {high} 1)"
        at = self.r.choice([i, i, i, f"(- (- (array-len {name}) 1) {i})", f"(- {i} 1)", f"(+ {i} 1)"])
        inside = f"(and (>= {at} 0) (< {at} (array-len {name})))"
        set_, get = f"(array-set! {name} {at} {self.expr(kind, depth)})", f"(array-get {name} {at})"
        element = self.fresh("v")
        self.bind(element, kind, False)
        use = f"(≔ (({element} {get})) {self.body(UNIT, depth)} {'unit' if self.types.has_function(kind) else set_})"
        if not self.chance(0.12):
            use = f"(if {inside} (do {use}) unit)"
        self.turns //= 4
        self.scope = saved
        return f"(≔ (({name} {whole})) (for ({i} {low} {high}) {use}))"


def written(source: Source, *, size: int = 0) -> str:
    """The text of a program (a bundle, where it has several files) of a source's choices; `size` 0 chooses one."""
    writer = Writer(source, size or source.choice([60, 120, 120, 200, 400, 900]))
    text = writer.whole().text()
    if source.chance(0.5):
        for glyph, ascii_ in GLYPHS:
            text = text.replace(glyph, ascii_)
    return text


def program(seed: int, *, size: int = 0) -> str:
    """The program of a seed."""
    return written(Seeded(seed), size=size)
