"""The kinds of queries that the compiler asks, one row each, and how their answers come about.

Arguments are names that hold wherever the project lies: a file's path in its project (`std:NAME`, `pkg:NAME/PATH`),
with `#` and a unique name behind it for what a file defines; "" for what there is one of in a program.
"""

from __future__ import annotations

import marshal

from compiler.digest import brief
from compiler.hir.portable import cut
from compiler.incremental import pages
from compiler.incremental.front import Checked, Fallback
from compiler.query.kind import Kind, dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from compiler.incremental.middle import Middle
    from compiler.incremental.optimize import Optimizer
    from compiler.incremental.session import Session
    from compiler.query.engine import Engine


# The interface, functions, owners, edges, main and tests of a module that is gone.
NO_ROWS: list[object] = []
NO_NAMES: dict[str, object] = {}
NOTHING = (("", NO_ROWS, NO_ROWS, NO_ROWS, NO_ROWS, NO_ROWS, NO_ROWS), NO_NAMES, NO_ROWS, b"", "", NO_ROWS)


def kinds(s: Session) -> dict[str, Kind]:
    """The rows, for the session whose parts answer.

    What is asked for can be gone: an edge of the last build may lead to a file or a name that is no more.  Each answer
    is total, an empty one stands for nothing, and whoever has the edge sees a change and looks again.
    """
    front = s.front
    middle: Middle = s.middle  # type: ignore[assignment]  # who only checks has none, and asks nothing of it
    index = front.index

    def source(_: Engine, identity: str) -> bytes:
        return front.texts.get(identity, b"")

    def forms(engine: Engine, identity: str) -> bytes:
        engine.mark("source", identity)
        return front.forms_mark(identity) if identity in front.texts else b""

    def lines(engine: Engine, identity: str) -> list[int]:
        engine.mark("source", identity)
        return front.lines(identity) if identity in front.texts else []

    def scan(engine: Engine, identity: str) -> Any:
        engine.mark("forms", identity)
        return front.scan(identity) if identity in front.texts else ("", [], [])

    def prefix(_: Engine, identity: str) -> str:
        return front.prefixes[index[identity]] if identity in index else ""

    def targets(_: Engine, identity: str) -> list[tuple[str, str]]:
        return front.targets(identity) if identity in index else []

    def checked(engine: Engine, identity: str) -> Checked:
        engine.mark("forms", identity)
        engine.mark("prefix", identity)
        engine.mark("root", "")  # only main's own file has a main
        for _, target in engine.ask("targets", identity):
            engine.mark("names", target)
        if identity not in index:
            return Checked(NOTHING)
        found, mentioned = front.check(identity)
        todo = sorted(mentioned)
        seen = set(todo)
        for name in todo:
            owner = front.owner_of(name)
            if owner in ("", identity):
                continue
            for inner in engine.ask("export", f"{owner}#{name}")[1]:
                if inner not in seen:
                    seen.add(inner)
                    todo.append(inner)
        return found

    def names(engine: Engine, identity: str) -> tuple[Any, ...]:
        name, shown, off, datas, functions, consts, _ = engine.ask("checked", identity).interface
        types = sorted((each, exported, [ctor[0] for ctor in row[3]]) for each, exported, row in datas)
        return name, shown, off, types, sorted(row[0] for row in functions), sorted(row[0] for row in consts)

    def row_of(name: str, interface: tuple[Any, ...]) -> tuple[bytes, list[str]]:
        """What an export is, as bytes, and the types it is made of."""
        _, _, _, datas, functions, consts, rows = interface
        for label, unique, (params, result, count, needs), marks in functions:
            if unique == name:
                made, numbers = cut(rows, [*params, result])
                return dumps((label, numbers, count, needs, marks, made)), _heads(made)
        for label, unique, row in consts:
            if unique == name:
                made, numbers = cut(rows, [row])
                return dumps((label, numbers, made)), _heads(made)
        for label, exported, row in datas:
            if row[0] == name:
                return dumps((label, exported, row)), _heads(row[4])
        return b"", []

    def export(engine: Engine, argument: str) -> tuple[bytes, list[str]]:
        identity, _, name = argument.partition("#")
        return row_of(name, engine.ask("checked", identity).interface)

    def hir(engine: Engine, argument: str) -> tuple[Any, ...]:
        identity, _, name = argument.partition("#")
        _, packed, consts, datas = engine.ask("checked", identity).functions.get(name, (0, b"", NO_ROWS, NO_ROWS))
        return brief(packed), consts, datas

    def edges(engine: Engine, identity: str) -> bytes:
        found: bytes = engine.ask("checked", identity).edges
        return found

    def growth(engine: Engine, _: str) -> bool:
        engine.mark("modules", "")  # one may join
        found = [engine.ask("edges", identity) for identity in index]  # all of them: a first one may come
        if any(found):
            front.check_growth()
        return True

    def main(engine: Engine, _: str) -> str:
        engine.mark("root", "")
        found: str = engine.ask("checked", front.root()).main
        if not found and not front.testing:  # what is only checked needs none
            raise Fallback("messages")
        return found

    def tests(engine: Engine, identity: str) -> list[tuple[str, str, int]]:
        found: list[tuple[str, str, int]] = engine.ask("checked", identity).tests
        return found

    def entries(engine: Engine, _: str) -> list[str]:
        if not engine.ask("testing", ""):
            return [engine.ask("main", "")]
        engine.mark("modules", "")
        return [name for module in front.graph.modules for _, name, _ in engine.ask("tests", module.identity)]

    def positions(engine: Engine, identity: str) -> dict[str, int]:
        starts = engine.ask("lines", identity)
        return {name: starts[row[0]] for name, row in engine.ask("checked", identity).functions.items()}

    def borrow(engine: Engine, argument: str) -> tuple[int, ...]:
        found: tuple[int, ...] = engine.ask("borrows", "").get(argument.partition("#")[2], ())
        return found

    def members(engine: Engine, identity: str) -> list[str]:
        engine.mark(middle.all, "")
        return middle.members(identity)

    def link(engine: Engine, entry: str) -> bytes:
        return s.link(engine, entry)

    def at_release() -> Optimizer:
        if middle.optimizer is None:
            raise AssertionError("asked for at another level")
        return middle.optimizer

    def borrows(_engine: Engine, _: str) -> Any:
        return (middle.optimizer or middle).borrows()

    def flow(_: Engine, key: str) -> dict[str, Any]:
        return (middle.optimizer or middle.regions).flow(key)

    def summary(_: Engine, key: str) -> Any:
        return (middle.optimizer or middle.regions).summary(key)

    def native(_: Engine, key: str) -> tuple[Any, ...]:
        return (middle.optimizer or middle).native(key)

    plain: dict[str, Any] = {"encode": dumps, "decode": marshal.loads}
    source_side: dict[str, Any] = {**plain, "pack": "front", "shards": 64}
    code_side: dict[str, Any] = {**plain, "pack": "back", "shards": 64}
    table = (
        Kind("source", "a file's bytes", source, always=True, mark=bytes),
        Kind("modules", "the files of the program, in order", lambda _engine, _: list(index), always=True, mark=dumps),
        Kind("forms", "a file's top-level forms, wherever they stand", forms, mark=bytes),
        Kind("lines", "where the top-level forms begin", lines, **source_side),
        Kind("scan", "a module's name, and the imports and C functions that it declares", scan, **source_side),
        Kind("prefix", "what a module's unique names begin with", prefix, always=True, mark=str.encode),
        Kind("targets", "the files that a module's imports mean", targets, always=True, mark=dumps),
        Kind("checked", "a checked module: interface, functions, edges", checked,
             **{**source_side, "encode": lambda found: dumps(found.row()),
                "decode": lambda kept: Checked(marshal.loads(kept))}),
        Kind("names", "the names that a module shows", names, mark=dumps),
        Kind("export", "a name's type, or a type's constructors: all that its users see", export,
             mark=lambda found: found[0]),
        Kind("hir", "a function's typed tree", hir, mark=dumps),
        Kind("named", "how the command names the program, and what it is linked with",
             lambda _engine, what: s.messages.named(what), always=True, mark=str.encode),
        Kind("input", "a file as messages depend on it: where it lies and what is in it, or that it is not there",
             lambda _engine, name: s.messages.input(name), always=True, mark=bytes),
        Kind("diagnostics", "what is wrong with the program; of `build`, what keeps it from being built",
             lambda engine, what: s.messages.diagnostics(engine, what), encode=str.encode, decode=bytes.decode),
        Kind("outline", "what a page shows of a module's forms",
             lambda engine, name: pages.outline(engine, front, name), mark=dumps),
        Kind("signature", "a function's type and capabilities, as a page shows them",
             lambda engine, name: pages.signature(engine, front, name), mark=dumps),
        Kind("documentation", "a module's page", pages.documentation,
             encode=lambda page: page.encode("utf-8", "surrogatepass"),
             decode=lambda kept: kept.decode("utf-8", "surrogatepass")),
        Kind("edges", "uses of generic functions and types that could grow", edges, mark=bytes),
        Kind("growth", "whether types stay finite", growth, mark=lambda fine: b"1" if fine else b"0"),
        Kind("root", "the file of main", lambda _engine, _: front.root(), always=True, mark=str.encode),
        Kind("testing", "whether the tests run, and not main",
             lambda _engine, _: front.testing, always=True, mark=dumps),
        Kind("main", "the function that runs", main, mark=str.encode),
        Kind("tests", "a module's own tests", tests, mark=dumps),
        Kind("entries", "main, or all the program's tests", entries, mark=dumps),
        Kind("positions", "the lines where functions begin", positions, **source_side),
        Kind("lowered", "what an instance calls, and how it uses its parameters", lambda _, key: middle.lowered(key),
             **code_side),
        Kind("instances", "the functions, at their types, that the program reaches",
             lambda _engine, _: middle.instances(), **plain),
        Kind("components", "at release level: functions that name each other",
             lambda _engine, _: at_release().components(), **plain),
        Kind("component", "those of one function", lambda _, name: at_release().component(name), mark=dumps),
        Kind("optimized", "what the optimizer makes of a component", lambda _, key: at_release().optimized(key),
             **{**code_side, "encode": lambda found: dumps(at_release().rows(found)),
                "decode": lambda kept: at_release().read(marshal.loads(kept))}),
        Kind("body", "what callers may copy of a function", lambda _, name: at_release().body(name), mark=bytes),
        Kind("made", "what an optimized function is", lambda _, name: at_release().made(name), mark=dumps),
        Kind("reached", "the functions that are left", lambda _engine, _: at_release().reached(), **plain),
        Kind("borrows", "the parameters that functions borrow", borrows, **plain),
        Kind("borrow", "those of one function", borrow, mark=dumps),
        Kind("circles", "the instances that reach each other, among what regions reach",
             lambda _engine, _: middle.regions.circles(), **plain),
        Kind("circle", "those that reach, and are reached by, one instance",
             lambda _, key: middle.regions.circle(key), mark=dumps),
        Kind("flow", "where references go in an instance, as the regions that use it need to know", flow, **code_side),
        Kind("summary", "what an instance does with what it is given: all that regions in its callers see", summary,
             mark=dumps),
        Kind("native", "an instance's machine code and static data", native, **code_side),
        Kind("members", "what is in a module's object", members, mark=dumps),
        Kind("unit", "a module's object, and what it has in common with others", s.unit,
             **plain, shards=16),  # each link reads all of them
        Kind("path", "how messages name a file", lambda _, identity: s.shown(identity), always=True, mark=str.encode),
        Kind("runtime", "the runtime library", lambda _engine, _: s.runtime_mark(), always=True, mark=bytes),
        Kind("foreign", "the C functions that are declared, and what is in the files to link with",
             lambda _engine, _: s.foreign_mark(), always=True, mark=bytes),
        Kind("link", "the executable of main, or of a test", link, encode=bytes, decode=bytes),
    )  # fmt: skip
    return {row.name: row for row in table}


def _heads(rows: list[Any]) -> list[str]:
    return [head for head, _ in rows if isinstance(head, str)]
