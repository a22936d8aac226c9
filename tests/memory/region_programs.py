"""Random programs around regions: values of many types that stay in, come out, are stored, captured, given to helpers.

`program(seed)` is source text; the same seed gives the same text.  Loops are bounded, and no value can come to contain
itself, so a program without regions frees everything: whatever is left or touched too late is the regions' doing.
"""

from __future__ import annotations

import random

PRELUDE = """\
(τ Node (Node (mut next (Option Node)) (mut items (List I64)) (mut name Text)))
(ƒ keep (∷ (→ Node (List I64) Unit)) (n xs) (set-field! n items xs))
(ƒ link (∷ (→ Node Node Unit)) (n m) (set-field! n next (Some (Node None (. m items) (. m name)))))
(ƒ id (x) x)
(ƒ wrap (x) (Some x))
(ƒ other (a b c) (if c a b))
(ƒ sum (∷ (→ (List I64) I64)) (xs) (match xs ((list) 0) ((cons x r) (+ x (sum r)))))
(ƒ map (f xs) (match xs ((list) (list)) ((cons x r) (cons (f x) (map f r)))))
(ƒ fold (f z xs) (match xs ((list) z) ((cons x r) (fold f (f z x) r))))
(ƒ put (a i x) (array-set! a i x))
(ƒ call (f k) (f k))
(ƒ adder (xs) (λ (k) (+ k (sum xs))))
(ƒ last (∷ (→ (List Text) Text)) (ts) (match ts ((list) "") ((list t) t) ((cons _ r) (last r))))
"""

INT, L, T, LT, A, N, OPT, F, NS = "I", "L", "T", "LT", "A", "N", "O", "F", "NS"
TYPES = (INT, L, T, LT, A, N, OPT, F, NS)


class Writer:
    """One program; `names` are the variables in scope as (name, type, mutable)."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.names: list[tuple[str, str, bool]] = []
        self.count = 0

    def fresh(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def variable(self, type_: str) -> str:
        found = [name for name, known, _ in self.names if known == type_]
        return self.random.choice(found) if found and self.random.random() < 0.8 else ""

    def value(self, type_: str, depth: int) -> str:
        """An expression of a type."""
        found = self.variable(type_) if depth < 4 or self.random.random() < 0.4 else ""
        if found and (depth <= 0 or self.random.random() < 0.4):
            return found
        if depth <= 0:
            return self.plain(type_)
        shape = self.random.random()
        if shape < 0.22:
            return self.region(type_, depth - 1)
        if shape < 0.32:
            return self.let(type_, depth - 1)
        if shape < 0.40:
            kind = self.pick("if", "other", "id", "match")
            if kind == "if":
                return f"(if {self.test(depth - 1)} {self.value(type_, depth - 1)} {self.value(type_, depth - 1)})"
            if kind == "other":
                inner = f"{self.value(type_, depth - 1)} {self.value(type_, depth - 1)}"
                return f"(other {inner} {self.test(depth - 1)})"
            if kind == "id":
                return f"(id {self.value(type_, depth - 1)})"
            name = self.fresh()
            some = self.value(type_, depth - 1)
            return f"(match (wrap {some}) ((Some {name}) {name}) (None {self.plain(type_)}))"
        return self.made(type_, depth - 1)

    def plain(self, type_: str) -> str:
        number = self.random.randrange(9)
        return {
            INT: str(number),
            L: self.pick("(list)", f"(list {number} 2)"),
            T: self.pick('"s"', f'(text-cat "t" (i64->text {number}))'),
            LT: self.pick("(list)", f'(list "u" (i64->text {number}))'),
            A: f"(array 3 (list {number}))",
            N: f'(Node None (list {number}) "n")',
            OPT: self.pick("None", f"(Some (list {number}))"),
            F: f"(λ (k) (+ k {number}))",
            NS: f'(array 2 (Node None (list {number}) "a"))',
        }[type_]

    def test(self, depth: int) -> str:
        return f"(< {self.value(INT, depth)} {self.value(INT, depth)})"

    def made(self, type_: str, depth: int) -> str:
        value = self.value
        if type_ == INT:
            return self.pick(
                *(f"(sum {value(L, depth)})", f"(text-len {value(T, depth)})", f"({value(F, depth)} 4)"),
                *(f"(len {value(LT, depth)})", f"(call {value(F, depth)} 2)", f"(+ 1 {value(INT, depth)})"),
                f"(match {value(OPT, depth)} ((Some x) (sum x)) (None 1))",
            )
        if type_ == L:
            return self.pick(
                *(f"(cons {value(INT, depth)} {value(L, depth)})", f"(map {value(F, depth)} {value(L, depth)})"),
                *(f"(array-get {value(A, depth)} {self.random.randrange(3)})", f"(. {value(N, depth)} items)"),
                f"(match {value(OPT, depth)} ((Some x) x) (None {value(L, depth)}))",
                f"(fold (λ (a x) (cons x a)) {value(L, depth)} {value(L, depth)})",
                f"(match (. {value(N, depth)} next) ((Some m) (. m items)) (None (list 3)))",
            )
        if type_ == T:
            return self.pick(
                *(f"(text-cat {value(T, depth)} {value(T, depth)})", f"(last {value(LT, depth)})"),
                *(f"(. {value(N, depth)} name)", f"(show {value(L, depth)})", f"(show {value(INT, depth)})"),
                f"(match {value(LT, depth)} ((cons t _) t) (_ {value(T, depth)}))",
            )
        if type_ == LT:
            name = self.fresh()
            return self.pick(
                f"(cons {value(T, depth)} {value(LT, depth)})",
                f"(match {value(LT, depth)} ((cons _ {name}) {name}) (_ (list {value(T, depth)})))",
            )
        if type_ == A:
            return self.pick(f"(array 3 {value(L, depth)})", f"(array-copy {value(A, depth)})")
        if type_ == N:
            return self.pick(
                f"(Node None {value(L, depth)} {value(T, depth)})",
                f"(with {value(N, depth)} (items {value(L, depth)}))",
                f"(array-get {value(NS, depth)} 1)",
            )
        if type_ == OPT:
            return self.pick(f"(wrap {value(L, depth)})", f"(Some {value(L, depth)})")
        if type_ == NS:
            return self.pick(f"(array 2 {value(N, depth)})", f"(array-copy {value(NS, depth)})")
        kept = self.names
        self.names = [*kept, ("k", INT, False)]
        body = value(INT, min(depth, 2))
        self.names = kept
        return self.pick(f"(adder {value(L, depth)})", f"(λ (k) {body})")

    def let(self, type_: str, depth: int) -> str:
        kept = list(self.names)
        bound = []
        for _ in range(self.random.randint(1, 2)):
            of = self.random.choice(TYPES)
            name = self.fresh()
            mutable = of != F and self.random.random() < 0.4
            bound.append(f"({'mut ' if mutable else ''}{name} {self.value(of, depth)})")
            self.names.append((name, of, mutable))
        body = " ".join([self.step(depth) for _ in range(self.random.randrange(3))])
        text = f"(≔ ({' '.join(bound)}) {body} {self.value(type_, depth)})"
        self.names = kept
        return text

    def region(self, type_: str, depth: int) -> str:
        body = " ".join([self.step(depth) for _ in range(self.random.randrange(3))])
        return f"(region {body} {self.value(type_, depth)})"

    def step(self, depth: int) -> str:
        """A form for its effect."""
        depth = max(0, depth - 1)
        value = self.value
        mutable = [(name, of) for name, of, changes in self.names if changes]
        if mutable and self.random.random() < 0.4:
            name, of = self.random.choice(mutable)
            return f"(set! {name} {value(of, depth)})"
        steps = [
            f"(print (show {value(self.pick(INT, L, LT, A, OPT), depth)}))",
            f"(print {value(T, depth)})",
            f"(keep {value(N, depth)} {value(L, depth)})",
            f"(link {value(N, depth)} {value(N, depth)})",
            f"(set-field! {value(N, depth)} items {value(L, depth)})",
            f"(set-field! {value(N, depth)} name {value(T, depth)})",
            f"(put {value(A, depth)} {self.random.randrange(3)} {value(L, depth)})",
            f"(array-set! {value(NS, depth)} 0 {value(N, depth)})",
            f"(for (i 0 2) {value(self.random.choice(TYPES), depth)})",
        ]
        return self.random.choice(steps)


def program(seed: int) -> str:
    """A program that prints what it computes."""
    writer = Writer(seed)
    forms = []
    bound = []
    for of in (INT, L, T, LT, A, N, OPT, F, NS):
        name = writer.fresh()
        mutable = of != F
        bound.append(f"({'mut ' if mutable else ''}{name} {writer.plain(of)})")
        writer.names.append((name, of, mutable))
    for _ in range(4):
        forms.append(writer.step(4))
        forms.append(f"(for (i 0 2) {writer.step(3)} {writer.region(writer.random.choice(TYPES), 3)})")
    shown = "(print (show (list (sum v2) (len v4) (v8 1)))) (print v3) (print (show v5)) (print (. v6 name))"
    return f"{PRELUDE}(ƒ main (_)\n  (≔ ({' '.join(bound)})\n    " + "\n    ".join(forms) + f"\n    {shown}))\n"
