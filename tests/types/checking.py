"""Source text in, program or messages out: the one place where these tests touch the checker."""

from __future__ import annotations

from compiler.diagnostics import Sink
from compiler.hir.program import Program
from compiler.modules.load import load
from compiler.types.check import check
from compiler.types.core import H_VAR

MAIN = "\n(ƒ main (_) 0)\n"


def run(*sources: str, root: str = "main.0x0", features: frozenset[str] = frozenset()) -> tuple[Program | None, Sink]:
    """Check a program; further sources are `a.0x0`, `b.0x0`, … beside the root."""
    files = {root: sources[0]}
    for name, text in zip("abcdef", sources[1:], strict=False):
        files[f"{name}.0x0"] = text

    def read(path: str) -> str:
        if path not in files:
            raise FileNotFoundError(2, "no such file", path)
        return files[path]

    sink = Sink()
    graph = load(root, features, sink, read_text=read)
    program = check(graph, sink) if graph is not None else None
    return program, sink


def program(*sources: str) -> Program:
    """The program; no message may come."""
    found, sink = run(*sources)
    assert [message(each) for each in sink.items] == []
    assert found is not None
    return found


def message(diagnostic: object) -> str:
    from compiler.diagnostics import Diagnostic

    assert isinstance(diagnostic, Diagnostic)
    line, column = diagnostic.file.place(diagnostic.start)
    return f"{diagnostic.kind.code} {line}:{column}"


def messages(*sources: str) -> list[str]:
    """`CODE line:column` of each message, in the order given."""
    return [message(each) for each in run(*sources)[1].items]


def scheme(p: Program, name: str) -> str:
    """A function's type with variables renamed in order of appearance; numeric ones are written n, n2, …."""
    function = next(f for f in p.functions if f.name == name)
    t = p.types.fn(tuple(function.locals[i].type for i in function.params), function.result)
    order: list[int] = []

    def walk(t: int) -> None:
        if p.types.head[t] == H_VAR:
            if p.types.args[t][0] not in order:
                order.append(p.types.args[t][0])
        else:
            for arg in p.types.args[t]:
                walk(arg)

    walk(t)
    letters = iter("abcdefghijklm")
    numbers = iter(["n", "n2", "n3"])
    names = {index: next(numbers) if function.numeric[index] else next(letters) for index in order}

    def show(t: int) -> str:
        if p.types.head[t] == H_VAR:
            return names[p.types.args[t][0]]
        if not p.types.args[t]:
            return p.types.show(t)
        word = p.types.show(t)[1:].split()[0]
        return "(" + " ".join([word, *(show(arg) for arg in p.types.args[t])]) + ")"

    return show(t)
