"""Matches: nested patterns, literals, or-patterns and guards, exhaustive and with every arm reachable.

A part of `generator.Writer`.  Each constructor gets at most one arm that can fail (a nested pattern or a guard) and
then one that cannot; a default arm stands only for constructors without any.
"""

from __future__ import annotations

from tests.fuzz.scalars import FLOATS, INTEGERS, TEXTS
from tests.fuzz.state import State
from tests.fuzz.terms import BOOL, F64, I64, TEXT, UNIT, Type


class Patterns(State):
    """Match expressions, and fields of records."""

    def match(self, t: Type, depth: int) -> str | None:
        s = self.scrutinee()
        if s is None:
            return None
        whole = self.expr(s, depth)
        arms: list[str] = []
        if s[0] in self.types.data:
            self._data_arms(s, t, depth, arms)
        elif s[0] == "List":
            self._list_arms(s, t, depth, arms)
        elif s == BOOL:
            first = self.r.choice(["true", "false"])
            other = {"true": "false", "false": "true"}[first] if self.chance(0.7) else "_"
            arms += [self.arm(first, [], t, depth), self.arm(other, [], t, depth)]
        elif s == UNIT:
            arms.append(self.arm("unit", [], t, depth))
        else:
            self._literal_arms(s, t, depth, arms)
        return f"(match {whole} {' '.join(arms)})"

    def scrutinee(self) -> Type | None:
        around = [v.type for v in self.scope if v.type[0] in self.types.data or v.type[0] == "List"]
        s = (
            self.r.choice(around)
            if around and self.chance(0.6)
            else self.types.pick(2, also=self.tyvars, functions=False)
        )
        return None if s[0] in ("→", "Array", "Bytes") or s[0][0].islower() else s

    def arm(self, pattern: str, names: list[tuple[str, Type]], t: Type, depth: int, *, guard: bool = False) -> str:
        saved = self.scope
        for name, type_ in names:
            self.bind(name, type_, False)
        when = f" (when {self.expr(BOOL, depth)})" if guard else ""
        body = self.body(t, depth)
        self.scope = saved
        return f"({pattern}{when} {body})"

    def name(self, t: Type, names: list[tuple[str, Type]]) -> str:
        if self.chance(0.2):
            return "_"
        names.append((self.fresh("p"), t))
        return names[-1][0]

    def refutable(self, t: Type, depth: int, names: list[tuple[str, Type]]) -> str | None:
        """A pattern that some values do not match; None when there is none for the type."""
        r = self.r
        if t == I64:
            return (
                f"(or {' '.join(r.sample(['0', '1', '2', '-1', '5'], 2))})"
                if self.chance(0.3)
                else r.choice(["0", "1", "7"])
            )
        if t == TEXT:
            return r.choice(TEXTS)
        if t == F64:
            return r.choice([f for f in FLOATS if f[0] != "("])
        if t == BOOL:
            return r.choice(["true", "false"])
        if t[0] == "List":
            kind = r.integer(0, 4 - 1)
            if kind == 0:
                return "(list)"
            if kind == 1:
                return f"(list {self.any(t[1], depth - 1, names)} {self.any(t[1], depth - 1, names)})"
            return f"(cons {self.any(t[1], depth - 1, names)} {self.any(t, depth - 1, names)})"
        if t[0] in self.types.data:
            constructors = self.types.data[t[0]].fields(t)
            if len(constructors) > 1:
                c, fields = r.choice(constructors)
                inner = [self.any(f.type, depth - 1, names) for f in fields]
                return f"({' '.join([c, *inner])})" if fields else c
            c, fields = constructors[0]
            for number, f in enumerate(fields):
                held: list[tuple[str, Type]] = []
                inside = self.refutable(f.type, depth - 1, held) if depth > 0 else None
                if inside is not None:
                    names += held
                    rest = [inside if k == number else self.name(g.type, names) for k, g in enumerate(fields)]
                    return f"({' '.join([c, *rest])})"
        return None

    def any(self, t: Type, depth: int, names: list[tuple[str, Type]]) -> str:
        if depth > 0 and self.chance(0.4):
            held: list[tuple[str, Type]] = []
            found = self.refutable(t, depth, held)
            if found is not None:
                names += held
                return found
        return self.name(t, names)

    def _data_arms(self, s: Type, t: Type, depth: int, arms: list[str]) -> None:
        constructors = list(self.types.data[s[0]].fields(s))
        self.r.shuffle(constructors)
        left = len(constructors)
        while constructors:
            c, fields = constructors.pop()
            if left > 1 and self.chance(0.15) and len(constructors) + 1 < left:
                names: list[tuple[str, Type]] = []
                arms.append(self.arm(self.name(s, names), names, t, depth))
                return
            if fields and self.chance(0.4):
                names = []
                inner = [self.name(f.type, names) for f in fields]
                held: list[tuple[str, Type]] = []
                number = self.r.integer(0, len(fields) - 1)
                nested = self.refutable(fields[number].type, 2, held)
                if nested is not None:
                    names = [n for n in names if n[0] != inner[number]] + held
                    inner[number] = nested
                    arms.append(self.arm(f"({' '.join([c, *inner])})", names, t, depth, guard=self.chance(0.3)))
                else:
                    arms.append(self.arm(f"({' '.join([c, *inner])})", names, t, depth, guard=True))
            names = []
            inner = [self.name(f.type, names) for f in fields]
            pattern = f"({' '.join([c, *inner])})" if fields else c
            # Two constructors in one arm, when they can bind the same names.
            if constructors and self.chance(0.3):
                other, more = constructors[-1]
                free = [f.type for f in more]
                texts = []
                for f in more:
                    same = next((n for n in names if n[1] == f.type and n[0] not in texts), None)
                    texts.append(same[0] if same else "_")
                if sorted(x for x in texts if x != "_") == sorted(n[0] for n in names) and len(free) == len(texts):
                    constructors.pop()
                    pattern = f"(or {pattern} {'(' + ' '.join([other, *texts]) + ')' if more else other})"
            arms.append(self.arm(pattern, names, t, depth))

    def _list_arms(self, s: Type, t: Type, depth: int, arms: list[str]) -> None:
        names: list[tuple[str, Type]] = []
        if self.chance(0.4):
            arms.append(self.arm(f"(list {self.name(s[1], names)})", names, t, depth))
        names = []
        if self.chance(0.4):
            nested = self.refutable(s[1], 2, names)
            if nested is not None:
                arms.append(self.arm(f"(cons {nested} {self.name(s, names)})", names, t, depth, guard=self.chance(0.4)))
        last: list[tuple[str, list[tuple[str, Type]]]] = [("(list)", [])]
        names = []
        last.append((f"(cons {self.name(s[1], names)} {self.name(s, names)})", names))
        self.r.shuffle(last)
        for pattern, bound in last:
            arms.append(self.arm(pattern, bound, t, depth))

    def _literal_arms(self, s: Type, t: Type, depth: int, arms: list[str]) -> None:
        pool = {I64: [i for i in INTEGERS if i.lstrip("-").isdigit()], TEXT: list(TEXTS)}.get(s)
        if pool is None:
            pool = ["0.0", "1.5", "-2.5", "1e16", "0.1"]
        if s == I64 and self.chance(0.15):
            self._dense_arms(t, depth, arms)
            return
        chosen = self.r.sample(pool, self.r.integer(1, 4))
        while chosen:
            first = chosen.pop()
            if chosen and self.chance(0.3):
                first = f"(or {first} {chosen.pop()})"
            arms.append(self.arm(first, [], t, depth, guard=self.chance(0.15)))
        names: list[tuple[str, Type]] = []
        if self.chance(0.3):
            arms.append(self.arm(self.name(s, names), names, t, depth, guard=True))
        names = []
        arms.append(self.arm(self.name(s, names), names, t, depth))

    def _dense_arms(self, t: Type, depth: int, arms: list[str]) -> None:
        """What becomes a table of jumps."""
        low = self.r.choice([0, 1, -3, 1000])
        for number in range(low, low + self.r.choice([5, 8, 12])):
            arms.append(self.arm(str(number), [], t, min(depth, 1)))
        arms.append(self.arm("_", [], t, depth))

    # ---- records

    def record(self, t: Type | None) -> list[tuple[Type, str, Type, bool]]:
        """(record type, field, its type, whether mutable) of fields of the type, in records around."""
        found = []
        kinds = {v.type for v in self.scope if v.type[0] in self.types.data}
        kinds |= {(d.name,) for d in self.types.data.values() if not d.params}
        for kind in sorted(kinds):
            for _, fields in self.types.data[kind[0]].fields(kind):
                found += [(kind, f.name, f.type, f.mutable) for f in fields if f.name and (t is None or f.type == t)]
        return found

    def field(self, t: Type, depth: int) -> str | None:
        found = self.record(t)
        if not found:
            return None
        kind, name, _, _ = self.r.choice(found)
        return f"(. {self.expr(kind, depth)} {name})"

    def copy_with(self, t: Type, depth: int) -> str | None:
        mine = [row for row in self.record(None) if row[0] == t]
        if not mine:
            return None
        chosen = self.r.sample(mine, self.r.integer(1, len(mine)))
        return f"(with {self.expr(t, depth)} {' '.join([f'({n} {self.expr(k, depth)})' for _, n, k, _ in chosen])})"

    def put_field(self, t: Type, depth: int) -> str | None:
        found = [row for row in self.record(None) if row[3]]
        if not found:
            return None
        kind, name, type_, _ = self.r.choice(found)
        value = f"(clip {self.expr(type_, depth)})" if type_ == TEXT else self.expr(type_, depth)
        return f"(set-field! {self.expr(kind, depth)} {name} {value})"

    def put_element(self, t: Type, depth: int) -> str | None:
        arrays = [v for v in self.scope if v.type[0] == "Array" and not self.types.has_function(v.type)]
        if not arrays or self.turns > 20:
            return None
        v = self.r.choice(arrays)
        index, value = self.expr(I64, depth), self.expr(v.type[1], depth)
        if self.chance(0.05):
            return f"(array-set! {v.name} {index} {value})"
        at = f"(% (bit-and {index} 127) (array-len {v.name}))"
        return f"(if (> (array-len {v.name}) 0) (array-set! {v.name} {at} {value}) unit)"
