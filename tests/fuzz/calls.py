"""Functions: their definitions, calls, tail calls, λ, closures, functions as values.

A part of `generator.Writer`.  A function calls only those before it, itself and its partner; those calls spend fuel.
"""

from __future__ import annotations

from tests.fuzz.state import Signature, State
from tests.fuzz.terms import BUILTIN_TYPES, F64, I64, TEXT, UNIT, Type, match, show, substitute, variables

CALL_LIMIT = 1500  # estimated steps that one call may add
CLOSURE_COST = 40

# Small functions that every program has: `clip` keeps texts that loops build from growing.
PRELUDE = """(ƒ clip (∷ (→ Text Text)) (t) (if (> (text-len t) 60) (text-slice t 0 30) t))
(ƒ twice (∷ (→ (→ a a) a a)) (f x) (f (f x)))
(ƒ compose (∷ (→ (→ b c) (→ a b) (→ a c))) (f g) (λ (x) (f (g x))))
(ƒ map-list (∷ (→ (→ a b) (List a) (List b))) (f xs)
  (match xs ((list) (list)) ((cons x rest) (cons (f x) (map-list f rest)))))
(ƒ fold-list (∷ (→ (→ b a b) b (List a) b)) (f z xs) (match xs ((list) z) ((cons x rest) (fold-list f (f z x) rest))))
(ƒ numeric (x y) (max (- (* x x) y) (min x (+ y y))))
(ƒ counter (∷ (→ I64 (→ I64 I64))) (start) (≔ ((mut n start)) (λ (step) (set! n (+ n step)) n)))"""

CONSTANTS = {
    "I64": "(* 3 1024)",
    "F64": "(/ 1.0 3.0)",
    "Bool": "true",
    "Text": '"const"',
    "List": "(list 3 1 2)",
    "Option": "(Some -0.0)",
}


class Calls(State):
    """Calls and definitions."""

    # ---- calls

    def call(self, t: Type, depth: int) -> str | None:
        if self._may_recur(t):
            return self._recur(depth)
        kind = self.r.fraction()
        if kind < 0.12:
            return f"(twice {self.expr(('→', t, t), depth)} {self.expr(t, depth)})"
        if kind < 0.2:
            a = self.pick(functions=False)
            f = self.expr(("→", t, a, t), depth)
            return f"(fold-list {f} {self.expr(t, depth)} {self.expr(('List', a), depth)})"
        if kind < 0.26 and t[0] == "List":
            a = self.pick(functions=False)
            return f"(map-list {self.expr(('→', a, t[1]), depth)} {self.expr(('List', a), depth)})"
        if kind < 0.3 and t in (I64, F64):
            return f"(numeric {self.expr(t, depth)} {self.expr(t, depth)})"
        if kind < 0.34 and t == I64:
            return f"((counter {self.expr(I64, depth)}) {self.expr(I64, depth)})"
        found = []
        for g in self.functions:
            by: dict[str, Type] = {}
            if self.spent + self.turns * g.cost < CALL_LIMIT and match(g.result, t, by):
                found.append((g, by))
        return self._call(*self.r.choice(found), depth) if found else None

    def _call(self, f: Signature, by: dict[str, Type], depth: int) -> str | None:
        for v in sorted(set().union(*[variables(p) for p in f.params], set()) - set(by)):
            by[v] = self.pick(functions=not f.compared)
        if f.compared and any(self.types.has_function(a) for a in by.values()):
            return None
        if f.compared:
            for a in by.values():
                self.compare(a)
        self.spent += self.turns * f.cost
        args = [self.expr(substitute(p, by), depth) for p in f.params]
        if f.fuel:
            args[0] = str(self.r.integer(0, f.fuel))
        return f"({' '.join([f.name, *args])})"

    def _may_recur(self, t: Type) -> bool:
        c = self.current
        return (
            c is not None
            and self.recursions > 0
            and c.result == t
            and self.turns == 1
            and not self.inside
            and self.chance(0.5)
        )

    def _recur(self, depth: int) -> str:
        assert self.current is not None
        self.recursions -= 1
        args = [f"(- {self.fuel_name} 1)", *[self.expr(p, depth) for p in self.current.params[1:]]]
        return f"({' '.join([self.current.name, *args])})"

    def apply(self, t: Type, depth: int) -> str | None:
        found = [v.type for v in self.scope if v.type[0] == "→" and v.type[-1] == t]
        if self.inside > 1 or self.spent + self.turns * CLOSURE_COST > CALL_LIMIT:
            return None
        if not found and not self.chance(0.3):
            return None
        f = self.r.choice(found) if found else ("→", self.pick(functions=False), t)
        self.spent += self.turns * CLOSURE_COST
        return f"({' '.join([self.expr(a, depth) for a in (f, *f[1:-1])])})"

    def apply_lambda(self, t: Type, depth: int) -> str | None:
        """A λ of many arguments, called at once or through a name."""
        kinds = [self.r.choice([I64, I64, F64, TEXT]) for _ in range(self.r.choice([1, 2, 3, 9, 12]))]
        if self.chance(0.2):
            kinds = [F64] * 12  # more than there are registers for
        args = " ".join([self.expr(k, min(depth, 1)) for k in kinds])
        f = self.lambda_(("→", *kinds, t), depth)
        if self.chance(0.4):
            return f"({f} {args})"
        name = self.fresh("k")
        return f"(≔ (({name} {f})) ({name} {args}))"

    # ---- functions as values

    def function_value(self, t: Type, depth: int) -> str:
        if self.chance(0.35):
            named = self._named(t)
            if named:
                return self.r.choice(named)
        return self.lambda_(t, depth)

    def hold(self, t: Type, depth: int) -> str | None:
        """Calls a top-level function as a value, from a local or out of a list with a λ beside it."""
        if t[0] in self.types.data and self.chance(0.4):
            c, fields = self.r.choice(self.types.data[t[0]].fields(t))
            if fields and self.fixes(t, c):
                name, kinds = self.fresh("k"), [f.type for f in fields]
                return f"(≔ (({name} {c})) ({name} {' '.join([self.expr(k, min(depth, 1)) for k in kinds])}))"
        found = [f for f in self.functions if self._holdable(f) and f.result == t]
        if not found:
            return None
        f = self.r.choice(found)
        self.spent += self.turns * (f.cost + CLOSURE_COST)
        kind = ("→", *(f.params or [UNIT]), t)
        args = " ".join([self.expr(p, min(depth, 1)) for p in f.params])
        if self.chance(0.5):
            name = self.fresh("k")
            return f"(≔ (({name} {f.name})) ({name} {args}))"
        both = [f.name, self.lambda_(kind, 1)]
        self.r.shuffle(both)
        return f"((nth (list {' '.join(both)}) {self.r.integer(0, 1)}) {args})"

    def _holdable(self, f: Signature) -> bool:
        generic = any(variables(p) for p in [*f.params, f.result])
        return not f.fuel and not generic and f.cost < 200 and self.spent + self.turns * f.cost < CALL_LIMIT

    def _named(self, t: Type) -> list[str]:
        names = []
        for f in self.functions:
            params = f.params or [UNIT]
            if not f.fuel and f.cost < 100 and not f.compared and match(("→", *params, f.result), t, {}):
                names.append(f.name)
        for name, type_ in BUILTIN_TYPES.items():
            by: dict[str, Type] = {}
            if name in ("text-cat", "+", "-", "*", "/", "panic", "exit", "now-ns", "f64-bits", "array", "bytes"):
                continue
            if type_[0] == "→" and match(type_, t, by) and ("n" not in by or by["n"] in (I64, F64)):
                if name in ("=", "!=", "show") and (self.types.has_function(by["a"]) or variables(by["a"])):
                    continue
                names.append(name)
        for data in self.types.data.values():
            for c, fields in data.constructors:
                own = (data.name, *[(p,) for p in data.params])
                if fields and match(("→", *[f.type for f in fields], own), t, {}):
                    names.append(c)
        return names

    def lambda_(self, t: Type, depth: int) -> str:
        saved, spent, turns, recursions = self.scope, self.spent, self.turns, self.recursions
        # What a λ changes lives in a cell, and a cell that held a function could hold the λ: never freed.
        self.scope = [v for v in saved if v.captured and not (v.mutable and self.types.has_function(v.type))]
        self.turns, self.recursions = max(turns, 2), 0
        self.inside += 1
        names = []
        for p in t[1:-1]:
            names.append(self.fresh("x"))
            self.bind(names[-1], p, False)
        body = self.body(t[-1], min(depth, 2))
        self.inside -= 1
        self.scope, self.turns, self.recursions = saved, turns, recursions
        self.spent = max(self.spent, spent)
        made = f"(λ ({' '.join(names)}) {body})"
        # What its parameters are is known where it is made, not only where it is called.
        return made if variables(t) else f"(: {made} {show(t)})"

    # ---- definitions

    def _begin(self, f: Signature, limit: int) -> None:
        self.current = f if f.name != "main" else None
        self.scope = []
        for name, t in self.constants:
            self.bind(name, t, False)
        self.made = []
        self.nodes, self.spent, self.turns, self.inside, self.recursions = 0, 0, 1, 0, 0
        self.limit = limit
        self.fuel_name = ""

    def _params(self, types: list[Type]) -> str:
        names = []
        for t in types:
            names.append(self.fresh("a"))
            self.bind(names[-1], t, False)
        return f"({' '.join(names)})" if names else "(_)"

    def _heading(self, f: Signature) -> str:
        more = self.r.choice(["", "", "", " (inline never)", " (inline always)", ' (doc "generated")'])
        params = f.params or [UNIT]
        return f"(ƒ {f.name} (∷ {show(('→', *params, f.result))}){more}"

    def _finish(self, f: Signature) -> None:
        f.cost = self.spent * (1 << f.fuel if self.recursed > 1 else f.fuel + 1)
        self.functions.append(f)
        self.tyvars = ()
        self.current = None

    recursed = 0

    def _signature(self, least: int = 0) -> Signature:
        count = max(least, self.r.choice([0, 1, 1, 2, 2, 3, 4, 7, 11]))
        result = self.types.pick(2) if self.chance(0.95) else UNIT
        return Signature(self.fresh("f"), [self.types.pick(2) for _ in range(count)], result)

    def _plain(self) -> str:
        f = self._signature()
        self._begin(f, self.size)
        params, head = self._params(f.params), self._heading(f)
        body = self.body(f.result, 4)
        self.recursed = 0
        self._finish(f)
        return f"{head} {params} {body})"

    def _small(self) -> str:
        """What the inliner takes, and what is cheap enough to be a value."""
        f = self._signature()
        f.params = f.params[:3]
        self._begin(f, 12)
        params, head = self._params(f.params), self._heading(f)
        body = self.expr(f.result, 2)
        self.recursed = 0
        self._finish(f)
        return f"{head} {params} {body})"

    def _generic(self) -> str:
        self.tyvars = ("a", "b")[: self.r.choice([1, 1, 2])]
        own = [(v,) for v in self.tyvars]
        params = [*own, *[self.types.pick(2, also=self.tyvars) for _ in range(self.r.integer(0, 3))]]
        self.r.shuffle(params)
        f = Signature(self.fresh("g"), params, self.types.pick(2, also=(*self.tyvars, *self.tyvars)))
        self._begin(f, self.size // 2)
        names, head = self._params(f.params), self._heading(f)
        body = self.body(f.result, 4)
        self.recursed = 0
        self._finish(f)
        return f"{head} {names} {body})"

    def _recursive(self) -> str:
        """Depth bounded by fuel, one or two calls of itself."""
        f = self._signature(1)
        f.params[0] = I64
        self._begin(f, self.size // 2)
        params, head = self._params(f.params), self._heading(f)
        self.fuel_name = params[1:-1].split()[0]
        base = self.expr(f.result, 2)
        before, self.recursions = 2, 2
        step = self.body(f.result, 4)
        self.recursed = before - self.recursions
        f.fuel = 4
        self.recursions = 0
        self._finish(f)
        return f"{head} {params} (if (<= {self.fuel_name} 0) {base} (do {step})))"

    def _loop(self) -> str:
        """A loop of tail calls, with more arguments than there are registers."""
        kinds = [
            self.r.choice([I64, F64, I64, F64, TEXT, ("List", I64)]) for _ in range(self.r.choice([1, 2, 7, 12, 20]))
        ]
        if self.chance(0.1):
            kinds = [F64] * 11
        f = Signature(self.fresh("t"), [I64, *kinds], self.r.choice([*kinds, self.types.pick(1)]))
        self._begin(f, self.size // 2)
        params = self._params(f.params)
        self.fuel_name = params[1:-1].split()[0]
        base = self.expr(f.result, 3)
        before = self.expr(UNIT, 2)
        steps = [self._again(f.name, f.params) for _ in range(self.r.choice([1, 1, 2]))]
        step = steps[0] if len(steps) == 1 else f"(if {self.expr(('Bool',), 2)} {steps[0]} {steps[1]})"
        f.fuel = 8
        self.recursed = 1
        self._finish(f)
        tail = " (tail required)" if self.chance(0.3) else ""
        inner = f"(do {before} {step})" if self.chance(0.5) else step
        return f"{self._heading(f)}{tail} {params} (if (<= {self.fuel_name} 0) {base} {inner}))"

    def _turning(self) -> str:
        """A loop whose next turn is a tail call through a closure."""
        kinds = [self.r.choice([I64, F64, TEXT]) for _ in range(self.r.choice([1, 2, 8]))]
        f = Signature(self.fresh("h"), [I64, *kinds], self.r.choice([*kinds, self.types.pick(1)]))
        self._begin(f, self.size // 3)
        params = self._params(f.params)
        self.fuel_name = params[1:-1].split()[0]
        base = self.expr(f.result, 2)
        step = self._again(f.name, f.params)
        k, x = self.fresh("k"), self.fresh("x")
        closure = f"(λ ({x}) (if (> {x} 3) {base} {step}))"
        f.fuel = 6
        self.recursed = 1
        self._finish(f)
        return f"{self._heading(f)} {params} (≔ (({k} {closure})) ({k} (if (<= {self.fuel_name} 0) 9 0))))"

    def _again(self, name: str, params: list[Type]) -> str:
        args = []
        for p in params[1:]:
            value = self.expr(p, 1)
            args.append(f"(clip {value})" if p == TEXT else value)
        return f"({' '.join([name, f'(- {self.fuel_name} 1)', *args])})"

    def _partners(self) -> str:
        """Two functions that tail-call each other with different numbers of arguments."""

        def kinds(n: int) -> list[Type]:
            return [I64, *[self.r.choice([I64, F64, TEXT]) for _ in range(n)]]

        result = self.types.pick(1)
        one = Signature(self.fresh("m"), kinds(self.r.choice([1, 3, 9, 14])), result)
        two = Signature(self.fresh("m"), kinds(self.r.choice([0, 2, 8, 16])), result)
        texts, spent = [], 0
        for f, other in ((one, two), (two, one)):
            self._begin(f, self.size // 3)
            params, head = self._params(f.params), self._heading(f)
            self.fuel_name = params[1:-1].split()[0]
            base, step = self.expr(result, 2), self._again(other.name, other.params)
            texts.append(f"{head} {params} (if (<= {self.fuel_name} 0) {base} {step}))")
            spent += self.spent
        self.recursed = 1
        for f in (one, two):
            f.fuel = 8
            self.spent = spent
            self._finish(f)
        return "\n".join(texts)
