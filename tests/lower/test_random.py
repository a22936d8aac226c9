"""Random programs of assignments, branches, loops, closures and matches, against the same program in Python.

The generator writes both texts side by side; Python runs its own with unbounded integers and a wrap.  This is
what finds a local carried wrongly through a join or a loop.
"""

from __future__ import annotations

import random

import pytest

from tests.lower.lanes import LANES, run

PROGRAMS = 200


def wrap(value: int) -> int:
    value %= 1 << 64
    return value - (1 << 64) if value >> 63 else value


class Writer:
    """Writes one function twice: as 0x0 text and as Python statements."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.names = 0
        self.mutables = ["a", "b", "c"]  # c lives in a cell: `bump` captures it
        self.readable = [*self.mutables, "p"]
        self.loops = 0

    def fresh(self) -> str:
        self.names += 1
        return f"v{self.names}"

    def expression(self, depth: int) -> tuple[str, str]:
        kind = self.random.choice("nnxxx+-*ifdlmb&|t" if depth > 0 else "nxx")
        if kind == "n":
            number = str(self.random.choice([0, 1, 2, 3, 5, -1, 1 << 62]))
            return number, number if number[0] != "-" else f"({number})"
        if kind == "x":
            name = self.random.choice(self.readable)
            return name, name
        if kind in "+-*":
            (x, px), (y, py) = self.expression(depth - 1), self.expression(depth - 1)
            return f"({kind} {x} {y})", f"w({px} {kind} {py})"
        if kind in "if":
            (c, pc), (x, px), (y, py) = (
                self.condition(depth - 1),
                self.expression(depth - 1),
                self.expression(depth - 1),
            )
            return f"(if {c} {x} {y})", f"({px} if {pc} else {py})"
        if kind == "d":
            name = self.random.choice(self.mutables)
            (x, px), (y, py) = self.expression(depth - 1), self.expression(depth - 1)
            if name == "c":  # Python has no := for a captured name
                return f"(do (set! c {x}) {y})", f"(put({px}), {py})[1]"
            return f"(do (set! {name} {x}) {y})", f"(({name} := {px}), {py})[1]"
        if kind == "l":
            name, mutable = self.fresh(), self.random.random() < 0.5
            x, px = self.expression(depth - 1)
            saved = self.readable, self.mutables
            self.readable = [*self.readable, name, name]
            self.mutables = [*self.mutables, name] if mutable else self.mutables
            y, py = self.expression(depth - 1)
            self.readable, self.mutables = saved
            return f"(let (({'mut ' if mutable else ''}{name} {x})) {y})", f"(({name} := {px}), {py})[1]"
        if kind == "m":
            name, held = self.fresh(), self.fresh()
            x, px = self.expression(depth - 1)
            self.readable.append(name)
            (g, pg), (e0, p0), (e1, p1) = (
                self.condition(depth - 1),
                self.expression(depth - 1),
                self.expression(depth - 1),
            )
            self.readable.remove(name)
            e2, p2 = self.expression(depth - 1)
            return (
                f"(match {x} ((or 0 1) {e2}) ({name} (when {g}) {e0}) (2 {e2}) ({name} {e1}))",
                (
                    f"(({held} := {px}), ({p2} if {held} in (0, 1) else "
                    f"({name} := {held}, {p0} if {pg} else {p2} if {held} == 2 else {p1})[1]))[1]"
                ),
            )
        if kind == "b":
            x, px = self.expression(depth - 1)
            return f"(bump {x})", f"bump({px})"
        if kind == "t":
            x, px = self.expression(depth - 1)
            return f"(text-len (i64->text {x}))", f"len(str({px}))"
        (c, pc), (d, pd) = self.condition(depth - 1), self.condition(depth - 1)
        word = "and" if kind == "&" else "or"
        return f"(if ({word} {c} {d}) 1 0)", f"(1 if ({pc} {word} {pd}) else 0)"

    def condition(self, depth: int) -> tuple[str, str]:
        kind = self.random.choice("<<=n&|d" if depth > 0 else "<=")
        if kind == "n":
            c, pc = self.condition(depth - 1)
            return f"(not {c})", f"(not {pc})"
        if kind in "&|":
            parts = [self.condition(depth - 1) for _ in range(self.random.choice([2, 2, 3]))]
            word = "and" if kind == "&" else "or"
            return f"({word} {' '.join(c for c, _ in parts)})", "(" + f" {word} ".join(p for _, p in parts) + ")"
        (x, px), (y, py) = self.expression(depth - 1), self.expression(depth - 1)
        if kind == "d":
            name = self.random.choice(["a", "b"])
            return f"(do (set! {name} {x}) (< {name} {y}))", f"(({name} := {px}), {name} < {py})[1]"
        return f"({kind} {x} {y})", f"({px} {'==' if kind == '=' else kind} {py})"

    def statements(self, depth: int, indent: str) -> tuple[list[str], list[str]]:
        texts, lines = [], []
        for _ in range(self.random.randint(1, 3)):
            kind = self.random.choice("sssswfi" if depth else "ss")
            if kind == "s":
                name = self.random.choice(self.mutables)
                x, px = self.expression(3)
                texts.append(f"(set! {name} {x})")
                lines.append(indent + (f"put({px})" if name == "c" else f"{name} = {px}"))
            elif kind == "i":
                c, pc = self.condition(2)
                then, pthen = self.statements(depth - 1, indent + "    ")
                other, pother = self.statements(depth - 1, indent + "    ")
                texts.append(f"(if {c} (do {' '.join(then)}) (do {' '.join(other)}))")
                lines += [f"{indent}if {pc}:", *pthen, f"{indent}else:", *pother]
            elif kind == "f":
                name = self.fresh()
                (lo, plo), hi = self.expression(1), self.random.randint(0, 4)
                self.readable.append(name)
                inner, pinner = self.statements(depth - 1, indent + "    ")
                self.readable.remove(name)
                texts.append(f"(for ({name} (max {lo} 0) {hi}) {' '.join(inner)})")
                lines += [f"{indent}for {name} in range(max({plo}, 0), {hi}):", *pinner]
            else:
                name = self.fresh()
                c, pc = self.condition(2)
                inner, pinner = self.statements(depth - 1, indent + "    ")
                texts.append(
                    f"(let ((mut {name} 0)) (while (and (< {name} 3) {c}) {' '.join(inner)} "
                    f"(set! {name} (+ {name} 1))))"
                )
                lines += [
                    f"{indent}{name} = 0",
                    f"{indent}while {name} < 3 and {pc}:",
                    *pinner,
                    f"{indent}    {name} += 1",
                ]
        return texts, lines

    def program(self) -> tuple[str, str]:
        texts, lines = self.statements(3, "    ")
        last, plast = self.expression(3)
        zero = f"""(fn f (:: (-> I64 I64)) (p)
  (let ((mut a p) (mut b 1) (mut c 2) (bump (λ (x) (set! c (+ c x)) c)))
    {" ".join(texts)} (print (show (list a b c))) {last}))
(fn main (_) (for (p -1 4) (print (show (f p)))))"""
        head = [
            "def f(p):",
            "    a, b, c = p, 1, 2",
            "    def bump(x):",
            "        nonlocal c",
            "        c = w(c + x)",
            "        return c",
        ]
        head += ["    def put(x):", "        nonlocal c", "        c = x"]
        tail = ["    out.append(f'(list {a} {b} {c})')", f"    out.append(str({plast}))"]
        return zero, "\n".join([*head, *lines, *tail])


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("tens", range(PROGRAMS // 10))
def test_against_python(tens: int, lane: str) -> None:
    for seed in range(tens * 10, tens * 10 + 10):
        zero, python = Writer(seed).program()
        out: list[str] = []
        scope: dict[str, object] = {"w": wrap, "out": out}
        exec(compile(python, f"<seed {seed}>", "exec"), scope)
        for p in range(-1, 4):
            scope["f"](p)  # type: ignore[operator]
        assert run(zero, lane) == (0, ("\n".join(out) + "\n").encode(), b""), f"seed {seed}:\n{zero}\n{python}"
