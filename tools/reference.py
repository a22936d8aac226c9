"""The generated pages under `docs/reference/`: which there are, and who writes each.

    python -m tools.reference [PAGE…]     writes all pages, or these; `invoke docs` is the same

A level, the messages and the runtime describe themselves; builtins, gates, checks and ledgers are told here from their
tables.  `tests/repo/test_reference.py` keeps every page current.  A new page is a row of `PAGES`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _generated(title: str, source: str, text: str) -> str:
    return f"# {title}\n\n*Generated from `{source}` by `invoke docs`; do not edit.*\n\n{text}"


def builtins() -> str:
    """Every builtin by what it does, the planned ones apart."""
    from compiler.builtins import BUILTINS, Builtin

    head = ("name", "type", "meaning", "needs", "panics")

    def row(b: Builtin) -> tuple[str, ...]:
        name, kind = f"`{b.name}`", f"`{b.type}`"
        more = " Two or more operands; no function value." if b.variadic else ""
        needs = "" if b.capability in ("pure", "panic") else b.capability
        return name, kind, b.doc + more, needs, b.panics

    built = [b for b in BUILTINS if b.status == "built"]
    planned = [b for b in BUILTINS if b.status != "built"]
    text = (
        "A type is written as the language writes it; `n` is I64 or F64, other lower-case letters are any type.\n"
        "`needs` is the capability; `panics` is a row of [the runtime's panics](runtime.md).\n\n"
    )
    text += _table(head, map(row, built))
    text += "\n## Planned\n\nA use of one of these is BACKEND_UNSUPPORTED-002.\n\n" + _table(head, map(row, planned))
    return _generated("Builtins", "compiler/builtins.py", text)


def gates() -> str:
    """Every gate with its status; those that are built with what they require."""
    from gates.engine.project import open_project

    project = open_project(ROOT)

    def place(name: str) -> tuple[int, str]:
        milestone = project.gates[name].milestone
        return (99 if milestone is None else milestone, name)

    names = sorted(project.gates, key=place)
    rows = [
        (
            "" if project.gates[name].milestone is None else str(project.gates[name].milestone),
            f"[{name}](../../gates/{name}.yaml)",
            project.status(name),
            project.gates[name].title,
            ", ".join(project.gates[name].needs),
        )
        for name in names
    ]
    intro = (
        "`standing`: judged by every release, outside the roadmap.  `planned`: not built yet; it neither passes nor\n"
        "blocks.\n\n"
    )
    parts = [intro, _table(("milestone", "gate", "status", "title", "needs"), rows)]
    for name in names:
        gate = project.gates[name]
        if not gate.require:
            continue
        parts.append(f"\n## {name}\n\n{gate.claim}\n\nDecided in [{gate.because}](../../{gate.because}).\n\n")
        required = [(f"`{each.id}`", each.says, f"[{each.check}](checks.md)", each.collector) for each in gate.require]
        parts.append(_table(("id", "what must hold", "check", "collector"), required))
    return _generated("Gates", "gates/*.yaml", "".join(parts))


def checks() -> str:
    """Every kind of check with its arguments."""
    import inspect

    from gates.checks import CHECKS

    parts = ["What a gate can require of rows.  Each is a pure function, and for each a drill must turn a gate red.\n"]
    for name, check in CHECKS.items():
        module = sys.modules[check.function.__module__]
        parameters = list(inspect.signature(check.function).parameters.values())[1:]
        arguments = ", ".join(f"`{each.name}: {each.annotation}`" for each in parameters)
        told = inspect.cleandoc(check.function.__doc__ or "")
        parts.append(f"\n## {name}\n\n{inspect.cleandoc(module.__doc__ or '')}\n\n{told}\n")
        parts.append(f"\nArguments: {arguments}.\n" if arguments else "\nNo arguments.\n")
    return _generated("Checks", "gates/checks/", "".join(parts))


def ledgers() -> str:
    """Every ledger with its columns."""
    import json

    parts = ["A ledger is a TSV table.  Its schema owns columns, key and references; `ledgers/table.py` reads it.\n"]
    for path in sorted((ROOT / "schemas").glob("ledger.*.json")):
        schema = json.loads(path.read_text("utf-8"))
        parts.append(f"\n## {schema['title']}\n\n{schema['description']}\n\n")
        where = schema.get("x-path")
        parts.append(f"[`{where}`](../../{where})" if where else "Written by machines")
        parts.append(f"; key: {', '.join(schema['x-key'])}.\n\n" if schema.get("x-key") else ".\n\n")
        rows = [(f"`{name}`", rules.get("description", "")) for name, rules in schema["properties"].items()]
        parts.append(_table(("column", "what it holds"), rows))
    return _generated("Ledgers", "schemas/ledger.*.json", "".join(parts))


def store() -> str:
    """The store of results: its layout, kinds and failures, and what `zero cache` does to it."""
    from compiler.cas.spec import page
    from compiler.cli.cache import ACTIONS

    rows = [(f"`{name}`", " ".join(f"`{each}`" for each in sorted(row[1])), row[3]) for name, row in ACTIONS.items()]
    return page() + "\n## `zero cache`\n\n" + _table(("action", "options", "what it does"), rows)


def queries() -> str:
    """The queries of the compiler, and what `zero query` shows of them."""
    from compiler.cli.query import ACTIONS
    from compiler.incremental.spec import page

    rows = [(f"`{name}`", " ".join(f"`{each}`" for each in sorted(row[1])), row[3]) for name, row in ACTIONS.items()]
    return page() + "\n## `zero query`\n\n" + _table(("action", "options", "what it does"), rows)


def _of(module: str, function: str) -> Callable[[], str]:
    def write() -> str:
        from importlib import import_module

        text = getattr(import_module(module), function)()
        assert isinstance(text, str)
        return text

    return write


PAGES: dict[str, Callable[[], str]] = {
    "builtins.md": builtins,
    "checks.md": checks,
    "coverage.md": _of("tools.coverage", "page"),
    "diagnostics.md": _of("compiler.messages.spec", "page"),
    "gates.md": gates,
    "hir.md": _of("compiler.hir.spec", "reference"),
    "ledgers.md": ledgers,
    "lir.md": _of("compiler.lir.spec", "reference"),
    "machine.md": _of("compiler.machine.spec", "reference"),
    "mir.md": _of("compiler.mir.spec", "reference"),
    "queries.md": queries,
    "runtime.md": _of("runtime_c.spec", "page"),
    "store.md": store,
}


def main(names: list[str]) -> int:
    """Write pages; 2 for one that nobody writes."""
    unknown = [name for name in names if name not in PAGES]
    if unknown:
        sys.stderr.write(f"no page {unknown[0]}; the pages are {', '.join(PAGES)}\n")
        return 2
    for name in names or PAGES:
        path = FOLDER / name
        text = PAGES[name]()
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            sys.stdout.write(f"docs/reference/{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
