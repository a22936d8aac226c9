"""Whole programs: definitions in an order, put into one or several files, with features, tests and C functions.

A part of `generator.Writer`.  Every definition uses only those before it, so any cut of the order into files that each
import the earlier ones is a program; a file that is imported under an alias gets its names qualified word by word,
which is right because no local is ever called like a definition.  What a false condition leaves out is garbage on
purpose: it is parsed and then gone.
"""

from __future__ import annotations

import posixpath

from tests.fuzz.bundle import MAIN, Bundle
from tests.fuzz.calls import CONSTANTS, PRELUDE, Calls
from tests.fuzz.shrink import TOKEN
from tests.fuzz.state import Signature
from tests.fuzz.terms import BOOL, F64, I64, SIMPLE, TEXT, UNIT, Type, parse, show

GONE = '(cfg (feature "gone"))'
PATHS = ("part.0x0", "lib/part.0x0", "lib/deep/other.0x0", "lib/other.0x0")

# The functions of tests/foreign/functions.c.
FOREIGN = {
    "mix": "(-> I64 F64 I64 F64 I64)",
    "half": "(-> I64 F64)",
    "is_even": "(-> I64 Bool)",
    "note": "(-> Bool Unit)",
    "count": "(-> Unit I64)",
    "six": "(-> I64 I64 I64 I64 I64 I64 I64)",
    "eight": "(-> F64 F64 F64 F64 F64 F64 F64 F64 F64)",
    "least": "(-> Unit I64)",
    "negate": "(-> F64 F64)",
    "copied": "(-> I64 I64)",
}

# Functions of the standard library, with what they cost in the estimate.
STANDARD = {
    "reverse": "(-> (List a) (List a))",
    "append": "(-> (List a) (List a) (List a))",
    "take": "(-> (List a) I64 (List a))",
    "drop": "(-> (List a) I64 (List a))",
    "first": "(-> (List a) (Option a))",
    "get": "(-> (List a) I64 (Option a))",
    "filter": "(-> (-> a Bool) (List a) (List a))",
    "flat-map": "(-> (-> a (List b)) (List a) (List b))",
    "reduce": "(-> (-> a a a) (List a) (Option a))",
    "windows": "(-> (List a) I64 (List (List a)))",
}

# Ways to end that are the program's own fault, whatever went before: each lane must end alike.
ENDS = (
    "(print (i64->text (deeper 0)))",
    "(print (i64->text (array-len (array 1000000000000 0))))",
    "(print (i64->text (bytes-len (bytes 1000000000000))))",
    "(print (: (receive (inbox)) Text))",
    "(≔ ((k (Knot 1 None))) (set-field! k knot-next (Some k)) (print (if (= k k) (show k) (show k))))",
    "(≔ ((k (Knot 1 None)) (n (Knot 2 (Some k)))) (set-field! k knot-next (Some n)) (print (show n)))",
    "(≔ ((k (array 2 (: 0 Any)))) (array-set! k 1 (: k Any)) (print (show k)))",
    "(≔ ((k (array 1 (: 0 Any))) (m (array 1 (: k Any)))) (array-set! k 0 (: m Any)) (print (show (= k m))))",
)
DEEPER = "(ƒ deeper (∷ (→ I64 I64)) (n) (+ 1 (deeper (+ n 1))))"
KNOT = "(τ Knot (Knot (knot-value I64) (mut knot-next (Option Knot))))"


class Part:
    """A top-level form and the names that it defines; `stated` when an export may name them."""

    def __init__(self, text: str, *names: str, stated: bool = True) -> None:
        self.text, self.names, self.stated = text, names, stated


class Whole(Calls):
    """The program around the definitions."""

    def whole(self) -> Bundle:
        self.bundle = Bundle()
        self.constants: list[tuple[str, Type]] = []
        self.imports = ""
        self.on = "wide" if self.chance(0.5) else ""
        parts = [
            Part(d.source(), n, *[c for c, _ in d.constructors])
            for n, d in self.types.data.items()
            if n not in ("Option", "Result")
        ]
        parts += [self._constant() for _ in range(self.r.integer(0, 3))]
        for text in PRELUDE.split("\n(ƒ "):
            name = text.removeprefix("(ƒ ").split()[0]
            parts.append(Part(text if text[0] == "(" else f"(ƒ {text}", name, stated=name != "numeric"))
        if self.chance(0.1):
            parts += [self._foreign(name) for name in self.r.sample(list(FOREIGN), 4)]
        if self.chance(0.06):
            self._standard()
        makers = ((25, self._generic), (20, self._loop), (15, self._partners), (10, self._recursive))
        table = (*makers, (8, self._turning), (15, self._plain), (15, self._small))
        for _ in range(self.r.integer(1, 7)):
            before = len(self.functions)
            text = self.r.weighted(table)()
            parts.append(Part(self._conditional(text), *[f.name for f in self.functions[before:]]))
        tests = [self._test(k) for k in range(self.r.choice([1, 2]))] if self.chance(0.08) else []
        files = self.r.weighted(((7, 1), (2, 2), (1, 3))) if len(parts) > 3 else 1
        end, needed = self._end()
        main = self._main(files, end)
        if self.chance(0.1):
            main += f'\n(ƒ gone {GONE} (∷ (→ I64 Nowhere)) (x) (absent "x" x))'
        self._files([*parts, *needed], "\n".join([*tests, main]), files)
        if self.on:
            self.bundle.features.append(self.on)
        if self.chance(0.1):
            self.bundle.stdin = self.r.choice(["", "\n", "no end", "é\n\u0000x\r\n", "a\n" * 40])
            self.bundle.argv = self.r.choice([[], ["--", "-x"], ["é", "\t"]])
        if self.chance(0.5):
            self.bundle.schedule = f"det:{self.r.integer(0, 9)}"
        return self.bundle

    def _constant(self) -> Part:
        t = self.r.choice([*SIMPLE, ("List", I64), ("Option", F64)])
        name = self.fresh("c")
        earlier = [n for n, k in self.constants if k == t == I64]
        value = f"(+ {earlier[0]} 1)" if earlier else CONSTANTS[str(t[0])]
        self.constants.append((name, t))
        return Part(self._conditional(f"(const {name} {show(t)} {value})"), name)

    def _foreign(self, name: str) -> Part:
        _, *params, result = parse(FOREIGN[name])
        f = Signature(name, [p for p in params if p != UNIT], result)
        f.cost = 1
        self.functions.append(f)
        return Part(self._conditional(f'(extern "C" {name} (∷ {FOREIGN[name]}))'), name)

    def _standard(self) -> None:
        self.imports = '(↥ "std:list" std)'
        for name in self.r.sample(list(STANDARD), 3):
            _, *params, result = parse(STANDARD[name])
            f = Signature(f"std.{name}", params, result)
            f.cost = 30
            self.functions.append(f)

    def _conditional(self, text: str) -> str:
        """Now and then the form under a condition that holds, beside its other half, which is never looked at."""
        if not self.chance(0.1):
            return text
        on, off = '(cfg (feature "wide"))', '(cfg (not (feature "wide")))'
        holds, fails = (on, off) if self.on else (off, on)
        forms = text.split("\n") if text.startswith("(ƒ m") else [text]
        made = []
        for form in forms:
            words = form.split(" ")
            if form.startswith('(extern "C"'):
                made.append(" ".join([*words[:3], holds, *words[3:]]))
                made.append(f'(extern "C" {words[2]} {fails} (∷ (→ I64 Nowhere)))')
            else:
                made.append(" ".join([*words[:2], holds, *words[2:]]))
                kept = f"{words[0]} {words[1]} {fails}"
                made.append(f"{kept} Nowhere absent)" if words[0] == "(const" else f'{kept} (x) (absent "x" x))')
        return "\n".join(made)

    def _test(self, number: int) -> str:
        self._begin(Signature("main", [], BOOL), self.size // 4)
        return self._conditional_test(f'(test "test {number}" {self.body(BOOL, 3)})')

    def _conditional_test(self, text: str) -> str:
        return f'{text}\n(test "gone" {GONE} (absent))' if self.chance(0.3) else text

    def _end(self) -> tuple[str, list[Part]]:
        if not self.chance(0.06):
            return "", []
        end = self.r.choice(ENDS)
        needed = [Part(DEEPER, "deeper")] if "deeper" in end else [Part(KNOT, "Knot")] if "Knot" in end else []
        return end, needed

    def _main(self, files: int, end: str) -> str:
        self._begin(Signature("main", [], UNIT), self.size)
        statements = [f"(print (show (peek-{k} 5)))" for k in range(1, files)]
        statements += [self.expr(UNIT, 4) for _ in range(self.r.integer(2, 6))]
        self.limit += 40
        result = self.r.choice([UNIT, I64, UNIT])
        ends = [f"(print (show {self.expr(t, 3)}))" for t in (I64, F64, TEXT)]
        last = self.expr(result, 3)
        body = " ".join([*statements, *ends, *([end] if end else []), last])
        return f"(ƒ main (∷ (→ Unit {show(result)})) (_) {body})"

    # ---- files

    def _files(self, parts: list[Part], main: str, count: int) -> None:
        """Cut the definitions into files; the last is main."""
        cuts = sorted(self.r.sample(range(1, len(parts)), count - 1))
        groups = [parts[low:high] for low, high in zip([0, *cuts], [*cuts, len(parts)])]
        paths = [*self.r.sample(PATHS, count - 1), MAIN]
        for k, (path, group) in enumerate(zip(paths, groups)):
            forms = [part.text for part in group]
            if path == MAIN:
                forms.append(main)
            else:
                own, added = self._own(k + 1, group)
                forms += added
                groups[k] = [*group, Part("", own)]
            lines = [f"(⊙ part{k})"] if path != MAIN and self.chance(0.5) else []
            if self.chance(0.1):
                lines.append('(doc "generated")')
            if self.chance(0.1):
                lines.append(f'(↥ "absent.0x0" {GONE} {self.r.choice(["a", ""])})')
            text = "\n".join(forms)
            for earlier in range(k):
                names = {name for part in groups[earlier] for name in part.names}
                there = posixpath.relpath(paths[earlier], posixpath.dirname(path) or ".")
                if self.chance(0.5):
                    lines.append(f'(↥ "{there}" q{earlier})')
                    text = _qualified(text, names, f"q{earlier}.")
                else:
                    lines.append(f'(↥ "{there}")')
            if self.imports and "std." in text:
                lines.append(self.imports)
            self.bundle.files[path] = "\n".join([*lines, text]) + "\n"

    def _own(self, number: int, group: list[Part]) -> tuple[str, list[str]]:
        """(the function that main calls, forms): with exports, names that other files have too stay inside."""
        closed = all(part.stated for part in group) and self.chance(0.7)
        helper, secret, peek = ("helper", "secret", f"peek-{number}")
        if not closed:
            helper, secret = f"helper-{number}", f"secret-{number}"
        forms = [
            f"(const {secret} I64 (* {number} 1000))",
            f"(ƒ {helper} (x) (+ x {secret}))",
            f"(ƒ {peek} (∷ (→ I64 I64)) (x) ({helper} (* 2 x)))",
        ]
        if closed:
            names = [name for part in group for name in part.names]
            forms.append(f"(↦ {' '.join([*names, peek])})")
        return peek, forms


def _qualified(text: str, names: set[str], prefix: str) -> str:
    return TOKEN.sub(lambda found: prefix + found[0] if found[0] in names else found[0], text)
