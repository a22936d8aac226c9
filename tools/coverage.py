"""`docs/reference/coverage.md`: which program shows each word, builtin, pattern and diagnostic, and which misuses it.

Rows come from the grammar (`docs/language/grammar.ebnf`) and the compiler's tables, programs from `fixtures/`; there is
no list of its own.  `gaps()` is what no program reaches; a test wants it empty.
"""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
POSITIVE = ("fixtures/programs", "fixtures/workloads", "fixtures/projects", "tests/foreign", "compiler/std")
NEGATIVE = ("fixtures/negative",)
TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|;[^\n]*|[()]|[^\s()";]+', re.S)
# Words that nothing can be wrong with: values, and the word that a type error cannot be about.
HARMLESS = frozenset(("true", "false", "unit", "always", "never", "required", "pure"))
NONE = "–"


@functools.cache
def _files(*folders: str) -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *folders]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return sorted(name for name in set(listed) if name.endswith(".0x0") and (ROOT / name).is_file())


@functools.cache
def _words(path: str) -> frozenset[str]:
    """The words of a program outside texts and comments, glyphs as their ASCII words."""
    from compiler.syntax.forms import GLYPHS

    text = (ROOT / path).read_bytes().decode("utf-8", "replace")
    return frozenset(GLYPHS.get(word, word) for word in TOKEN.findall(text) if word[0] not in '";')


def _first(word: str, folders: tuple[str, ...]) -> str:
    return next((path for path in _files(*folders) if word in _words(path)), "")


@functools.cache
def _patterns() -> dict[str, str]:
    """For each pattern op of HIR the first program whose checked form has it."""
    from compiler import pipeline
    from compiler.diagnostics import Sink
    from compiler.hir.ops import OPS

    found: dict[str, str] = {}
    wanted = {row.name for row in OPS if row.pattern}
    for path in _files("fixtures/programs"):
        if wanted <= set(found):
            break
        _, program = pipeline.front(str(ROOT / path), frozenset(), Sink())
        for function in program.functions if program else ():
            for op in function.body.op:
                if OPS[op].pattern:
                    found.setdefault(OPS[op].name, path)
    return found


def _literals() -> list[str]:
    """The words of the grammar, ASCII, in its order."""
    from compiler.syntax.forms import GLYPHS

    grammar = (ROOT / "docs/language/grammar.ebnf").read_text("utf-8")
    grammar = re.sub(r"\(\*.*?\*\)|::= /.*?/\n", "", grammar, flags=re.S)
    words = [GLYPHS.get(word, word) for word in re.findall(r'"([^"\s]+)"', grammar)]
    return [word for word in dict.fromkeys(words) if word not in "()"]


Row = tuple[str, str, str, str]  # what, the program that shows it, the one that misuses it, `planned` or ""


def words() -> list[Row]:
    """Every word of the grammar."""
    return [(word, _first(word, POSITIVE), _first(word, NEGATIVE), "") for word in _literals()]


def builtins() -> list[Row]:
    from compiler.builtins import BUILTINS

    return [
        (row.name, _first(row.name, POSITIVE), _first(row.name, NEGATIVE), "" if row.status == "built" else "planned")
        for row in BUILTINS
    ]


def patterns() -> list[Row]:
    from compiler.hir.ops import OPS

    return [(row.name, _patterns().get(row.name, ""), "", "") for row in OPS if row.pattern]


def codes() -> list[Row]:
    """Every diagnostic, with the first program that raises it."""
    from compiler.messages import everything

    folder = ROOT / NEGATIVE[0]
    names = sorted(path.name for path in folder.iterdir() if path.suffix == ".0x0" or path.is_dir())
    return [
        (code, "", next((f"{NEGATIVE[0]}/{name}" for name in names if name.startswith(code + "-")), ""), "")
        for code in everything()
    ]


def gaps() -> list[str]:
    """What is built and in no program, or can be misused and in no negative one."""
    lost = [
        f"{what}: no program"
        for what, shown, _, planned in (*words(), *builtins(), *patterns())
        if not (shown or planned)
    ]
    lost += [f"{what}: no negative program" for what, _, wrong, _ in words() if not (wrong or what in HARMLESS)]
    lost += [f"{what}: no negative program" for what, _, wrong, _ in codes() if not wrong]
    return lost


def _link(path: str) -> str:
    return f"[{path.removeprefix('fixtures/')}](../../{path})" if path else NONE


def _table(head: str, rows: Iterable[Row], columns: tuple[int, ...]) -> str:
    names = ("", "shown by", "misused by")
    lines = ["| " + " | ".join((head, *(names[k] for k in columns))) + " |", "|" + "---|" * (1 + len(columns))]
    for row in rows:
        cells = [("planned" if row[3] and k == 1 else _link(row[k])) for k in columns]
        name = row[0].replace("|", "\\|")
        lines.append("| " + " | ".join((f"`{name}`", *cells)) + " |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """The page: one program each, the first by name."""
    return (
        "# Coverage\n\n*Generated from the grammar and the compiler's tables by `invoke docs`; do not edit.*\n\n"
        "One program for each row, the first by name; others use it too.  A row without any fails a test.\n"
        f"\n## Words of the grammar\n\n{_table('word', words(), (1, 2))}"
        f"\n## Builtins\n\n{_table('builtin', builtins(), (1, 2))}"
        f"\n## Patterns\n\nAs [HIR](hir.md) names them.\n\n{_table('pattern', patterns(), (1,))}"
        f"\n## Diagnostics\n\n{_table('code', codes(), (2,))}"
    )
