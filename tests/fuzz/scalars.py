"""Values and builtins: literals at the edges of their types, every row of the builtin table, guards for what panics.

A part of `generator.Writer`.  A builtin needs no line here unless it needs a guard: then it is a method named in
`GUARDED`.
"""

from __future__ import annotations

from compiler.builtins import BY_NAME
from tests.fuzz.state import State
from tests.fuzz.terms import BASE, BUILTIN_TYPES, BYTES, F64, I64, TEXT, UNIT, Type, match, show, substitute, variables


def _words(text: str) -> list[str]:
    return text.split()


INTEGERS = _words("""
    0 1 -1 2 3 4 5 7 8 10 16 63 64 65 100 127 128 255 256 1000 65535 2147483647 2147483648 -2147483648 -2147483649
    4294967295 4294967296 9007199254740993 -9007199254740993 4611686018427387904 9223372036854775807
    -9223372036854775808 -9223372036854775807 0x7f 0b1011 1_000 -7 -3 -2
""")
FLOATS = _words("""
    0.0 -0.0 1.0 -1.0 0.5 1.5 2.5 -2.5 0.1 0.2 3.0 1e16 1e15 123456789012345680.0 1e-4 0.00009 1e308 -1e308 5e-324
    2.2250738585072014e-308 9007199254740993.0 9.223372036854776e18 -9.3e18 1e22 1e23 0.3 1e100 4.35 2.675
""")
FLOATS += ["(/ 1.0 0.0)", "(/ -1.0 0.0)", "(/ 0.0 0.0)"]
TEXTS = (
    '""', '"a"', '"b"', '"abc"', '"ab"', '"hello world"', '"12"', '"-7"', '"1.5"', '"-0.0"', '"1e3"', '"0x10"', '" 1"',
    '"9223372036854775808"', '"inf"', '"nan"', r'"x\ny"', r'"tab\t"', r'"quote\""', r'"back\\slash"', r'"\r"', '"é"',
    r'"\u{1F600}"', r'"\u{0}"', '"🙂🙂"', '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"', '";"',
)  # fmt: skip
PATHS = ('"/dev/null"', '"/nonexistent/x"', '"/"', '""')
NAMES = ('"FUZZ_VALUE"', '"FUZZ_EMPTY"', '"FUZZ_UNSET"', '""')
NUMERIC = (I64, F64)


class Scalars(State):
    """Literals and builtins."""

    GUARDED = {
        "/": "_divide", "%": "_divide", "head": "_head", "tail": "_tail", "nth": "_no", "array": "_array",
        "array-get": "_no", "array-set!": "_no", "text-at": "_text_at", "text-slice": "_slice", "f64->fixed": "_fixed",
        "f64-bits": "_bits", "exit": "_no", "panic": "_no", "now-ns": "_now", "=": "_compare", "!=": "_compare",
        "show": "_compare", "read-file": "_read_file", "write-file": "_write_file", "env": "_env",
        "bytes": "_bytes", "byte-at": "_byte", "byte-set!": "_byte", "bytes-slice": "_bytes_slice",
        "receive": "_message", "spawn": "_no", "inbox": "_no", "send": "_no", "join": "_no",
    }  # fmt: skip

    def literal(self, t: Type, depth: int) -> str | None:
        r = self.r
        if t == I64:
            return str(r.integer(-(1 << 63), (1 << 63) - 1)) if r.chance(0.1) else r.choice(INTEGERS)
        if t == F64:
            return r.choice(FLOATS)
        if t == TEXT:
            return '"two words"' if r.chance(0.1) else r.choice(TEXTS)
        if t[0] == "Bool":
            return r.choice(["true", "false"])
        if t == UNIT:
            return "unit"
        if t == BYTES:
            return f"(text->bytes {r.choice(TEXTS)})" if r.chance(0.6) else f"(bytes {r.choice(['0', '1', '3', '40'])})"
        if t[0] == "→":
            return self.function_value(t, depth)
        if t[0] in ("List", "Array"):
            word = "list" if t[0] == "List" else "array-of"
            items = [self.expr(t[1], depth) for _ in range(r.choice([0, 1, 2, 3] if depth > 0 else [0, 1]))]
            # Only what is annotated, or has an element, says its type.
            if not items and variables(t):
                items = [self.expr(t[1], depth)]
            made = f"({' '.join([word, *items])})"
            return made if items else f"(: {made} {show(t)})"
        if t[0] in self.types.data:
            return self.construct(t, depth)
        return None

    def construct(self, t: Type, depth: int) -> str:
        r = self.r
        constructors = self.types.data[t[0]].fields(t)

        name, fields = r.choice(constructors)
        if depth <= 0:
            name, fields = next((c for c in constructors if not c[1]), constructors[0])
            if t[0] not in ("Option", "Result") and (fields or variables(t)):
                name, fields = next(c for c in constructors if c[0] == self.types.data[t[0]].base)
        made = f"({' '.join([name, *[self.expr(f.type, depth - 1) for f in fields]])})" if fields else name
        if self.fixes(t, name):
            return made
        if not variables(t):
            return f"(: {made} {show(t)})"
        # No annotation can say a type variable: another branch does.
        ok, some = self.leaf(t[1]), self.leaf(t[-1])
        if t[0] == "Result":
            return f"(if {self.r.choice(['true', 'false'])} (Ok {ok}) (Err {some}))"
        other = f"(Some {ok})"
        if t[0] != "Option":
            base, more = next(c for c in constructors if c[0] == self.types.data[t[0]].base)
            other = f"({' '.join([base, *[self.leaf(f.type) for f in more]])})"
        return f"(if true {made} {other})"

    def fixes(self, t: Type, constructor: str) -> bool:
        """Whether the constructor's arguments say all of the type."""
        data = self.types.data[t[0]]
        fields = next(fs for n, fs in data.constructors if n == constructor)
        return set(data.params) <= set().union(*[variables(f.type) for f in fields])

    # ---- builtins

    def builtin(self, t: Type, depth: int) -> str | None:
        rows = []
        for name, type_ in BUILTIN_TYPES.items():
            by: dict[str, Type] = {}
            if match(type_[-1], t, by) and ("n" not in by or by["n"] in NUMERIC):
                rows.append((name, by))
        # What gives any type at all is for `stop` and `element`; everything else as the table says.
        rows = [(name, by) for name, by in rows if self.GUARDED.get(name) != "_no"]
        return self._row(*self.r.choice(rows), depth) if rows else None

    def observe(self, t: Type, depth: int) -> str | None:
        """Shows what a builtin gives, all being equally likely."""
        name = self.r.choice([n for n in [*BUILTIN_TYPES, "=", "!="] if self.GUARDED.get(n) != "_no"])
        a = self.r.choice(BASE) if self.chance(0.6) else self.pick(functions=False)
        by: dict[str, Type] = {"n": self.r.choice(NUMERIC), "a": a}
        if self.types.has_function(by["a"]):
            return None
        self.compare(by["a"])
        made = self._row(name, by, depth)
        if made is None or BUILTIN_TYPES[name][-1] == UNIT:
            return made
        return f"(print (show {made}))"

    def _row(self, name: str, by: dict[str, Type], depth: int) -> str | None:
        if self.GUARDED.get(name):
            return getattr(self, self.GUARDED[name])(name, by, depth)  # type: ignore[no-any-return]
        args = self._arguments(name, by)
        if name == "-" and self.chance(0.2):
            args = args[:1]
        elif BY_NAME[name].variadic and self.chance(0.2):
            args = args * self.r.choice([2, 3]) if self.chance(0.5) else [*args, args[0]]
        return self._form(name, [self.expr(a, depth) for a in args])

    def _arguments(self, name: str, by: dict[str, Type]) -> list[Type]:
        args = BUILTIN_TYPES[name][1:-1]
        for v in sorted(set().union(*[variables(a) for a in args]) - set(by)):
            by[v] = self.r.choice(NUMERIC) if v == "n" else self.pick()
        return [substitute(a, by) for a in args if a != UNIT]

    def _form(self, name: str, args: list[str]) -> str:
        return f"({' '.join([name, *args])})"

    def _divide(self, name: str, by: dict[str, Type], depth: int) -> str:
        a, b = self.expr(by["n"], depth), self.expr(by["n"], depth)
        if by["n"] == I64:
            if self.chance(0.4):
                b = self.r.choice([i for i in INTEGERS if i not in ("0", "-1")])
            elif not self.chance(0.06):
                b = f"(bit-or 1 (bit-and {b} {self.r.choice(['7', '65535', '9223372036854775807'])}))"
        return f"({name} {a} {b})"

    def _head(self, name: str, by: dict[str, Type], depth: int) -> str:
        t = by["a"]
        if self.chance(0.04):
            return f"(head {self.expr(('List', t), depth)})"
        return f"(head (cons {self.expr(t, depth)} {self.expr(('List', t), depth)}))"

    def _tail(self, name: str, by: dict[str, Type], depth: int) -> str:
        whole = self.expr(("List", by["a"]), depth)
        if self.chance(0.04):
            return f"(tail {whole})"
        v = self.fresh("v")
        return f"(≔ (({v} {whole})) (if (empty? {v}) {v} (tail {v})))"

    def _array(self, name: str, by: dict[str, Type], depth: int) -> str:
        count = self.r.choice(["0", "1", "3", "5", f"(bit-and 3 {self.expr(I64, depth)})"])
        if self.chance(0.02):
            count = self.r.choice(["-1", "-9223372036854775808"])
        return f"(array {count} {self.expr(by['a'], depth)})"

    def _text_at(self, name: str, by: dict[str, Type], depth: int) -> str:
        v, text, index = self.fresh("v"), self.expr(TEXT, depth), self.expr(I64, depth)
        if self.chance(0.04):
            return f"(text-at {text} {index})"
        if self.chance(0.3):  # a byte compared where it lies
            word, byte = self.r.choice(["=", "<", ">=", "!="]), self.r.choice(["97", "0", "46", "255"])
            return f'(≔ (({v} (text-cat {text} "."))) (if ({word} (text-at {v} 0) {byte}) (text-len {v}) {index}))'
        return f'(≔ (({v} (text-cat {text} "."))) (text-at {v} (% (bit-and {index} 255) (text-len {v}))))'

    def _slice(self, name: str, by: dict[str, Type], depth: int) -> str:
        v, text, index = self.fresh("v"), self.expr(TEXT, depth), self.expr(I64, depth)
        if self.chance(0.04):
            return f"(text-slice {text} {index} {self.expr(I64, depth)})"
        low = f"(% (bit-and {index} 255) (+ 1 (text-len {v})))"
        high = f"(text-len {v})"
        return f"(≔ (({v} {text})) (text-slice {v} {low} {high}))" if self.chance(0.6) else (
            f"(≔ (({v} {text})) (text-slice {v} 0 {low}))"
        )  # fmt: skip

    def _bytes(self, name: str, by: dict[str, Type], depth: int) -> str:
        count = "-1" if self.chance(0.02) else f"(bit-and 31 {self.expr(I64, depth)})"
        return f"(bytes {count})"

    def _byte(self, name: str, by: dict[str, Type], depth: int) -> str:
        v, whole, index = self.fresh("v"), self.expr(BYTES, depth), self.expr(I64, depth)
        value = f" {self.expr(I64, depth)}" if name == "byte-set!" else ""
        if self.chance(0.06):
            return f"({name} {whole} {index}{value})"
        other = "unit" if value else "0"
        inside = f"({name} {v} (% (bit-and {index} 255) (bytes-len {v})){value})"
        return f"(≔ (({v} {whole})) (if (= (bytes-len {v}) 0) {other} {inside}))"

    def _bytes_slice(self, name: str, by: dict[str, Type], depth: int) -> str:
        v, whole, index = self.fresh("v"), self.expr(BYTES, depth), self.expr(I64, depth)
        if self.chance(0.05):
            return f"(bytes-slice {whole} {index} {self.expr(I64, depth)})"
        return f"(≔ (({v} {whole})) (bytes-slice {v} (% (bit-and {index} 255) (+ 1 (bytes-len {v}))) (bytes-len {v})))"

    def _message(self, name: str, by: dict[str, Type], depth: int) -> str | None:
        # All of an actor's builtins at once, so that nobody waits for ever.
        t = by.setdefault("m", by.get("a", I64))
        if variables(t) or self.types.has_function(t):  # a sent function may not capture what can change
            return None
        b, v, a = self.fresh("v"), self.fresh("v"), self.fresh("v")
        actor = f"({a} (spawn (λ (_) (send {b} {v}))))"
        return f"(≔ (({v} {self.expr(t, depth)}) ({b} (inbox)) {actor}) (join {a}) (receive {b}))"

    def _fixed(self, name: str, by: dict[str, Type], depth: int) -> str:
        digits = self.r.choice(["0", "1", "2", "3", "6", "17", f"(bit-and 15 {self.expr(I64, depth)})"])
        if self.chance(0.03):
            digits = self.expr(I64, depth)
        return f"(f64->fixed {self.expr(F64, depth)} {digits})"

    def _bits(self, name: str, by: dict[str, Type], depth: int) -> str:
        # The sign and payload of a computed NaN are the machine's choice.
        v = self.fresh("v")
        return f"(≔ (({v} {self.expr(F64, depth)})) (if (= {v} {v}) (f64-bits {v}) 0))"

    def _now(self, name: str, by: dict[str, Type], depth: int) -> str:
        return "(if (<= (now-ns) (now-ns)) 1 0)"

    def _compare(self, name: str, by: dict[str, Type], depth: int) -> str | None:
        t = by.setdefault("a", self.r.choice(BASE) if self.chance(0.5) else self.pick(functions=False))
        if self.types.has_function(t) or not self.compare(t):
            return None
        count = 1 if name == "show" else 2
        return self._form(name, [self.expr(t, depth) for _ in range(count)])

    def _read_file(self, name: str, by: dict[str, Type], depth: int) -> str:
        return f"(read-file {self.r.choice(PATHS)})"

    def _write_file(self, name: str, by: dict[str, Type], depth: int) -> str:
        return f"(write-file {self.r.choice(PATHS)} {self.expr(TEXT, depth)})"

    def _env(self, name: str, by: dict[str, Type], depth: int) -> str:
        return f"(env {self.r.choice(NAMES)})"
