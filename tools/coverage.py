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
NEVER = "cannot be"
SHOWN = "shown by"
KINDS = {"TYPE_ARITY": "by count", "TYPE_CONTRACT": "by type", "TYPE_EFFECT": "where it is pure"}


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
def _misused() -> dict[tuple[str, str], str]:
    """(word, class of diagnostics) -> the first negative program with such an error on a line that has the word.

    The messages are those that a test holds the program to.  A comment `; misuses NAME` names what has no word.
    """
    from compiler.syntax.forms import GLYPHS

    found: dict[tuple[str, str], str] = {}
    for path in _files(*NEGATIVE):
        expected = (ROOT / path).with_suffix(".expected")
        if not expected.exists():
            continue
        lines = (ROOT / path).read_bytes().decode("utf-8", "replace").split("\n")
        text = expected.read_text("utf-8")
        for name, line, code in re.findall(r"^([^\s:]+):(\d+):\d+: error\[(\w+)-\d+\]", text, re.M):
            if path.endswith("/" + name):
                for word in re.findall(r'[^\s()";]+', lines[int(line) - 1]):
                    found.setdefault((GLYPHS.get(word, word), code), path)
    return found


def _wrong(word: str, *classes: str) -> str:
    """The first program that misuses the word; of the classes given, or any."""
    wanted = [path for (name, code), path in _misused().items() if name == word and (not classes or code in classes)]
    return min(wanted, default="")


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


Row = tuple[str, ...]  # what, the program that shows it, `planned` or "", the programs that misuse it


def words() -> list[Row]:
    """Every word of the grammar."""
    return [(word, _first(word, POSITIVE), "", _wrong(word)) for word in _literals()]


def builtins() -> list[Row]:
    from compiler.builtins import BUILTINS

    return [
        (
            row.name,
            _first(row.name, POSITIVE),
            "" if row.status == "built" else "planned",
            *[_wrong(row.name, kind) if kind in row.misuses else NEVER for kind in KINDS],
        )
        for row in BUILTINS
    ]


def patterns() -> list[Row]:
    from compiler.hir.ops import OPS

    return [(row.name, _patterns().get(row.name, ""), "", _wrong(row.name)) for row in OPS if row.pattern]


def codes() -> list[Row]:
    """Every diagnostic, with the first program that raises it."""
    from compiler.messages import everything

    folder = ROOT / NEGATIVE[0]
    names = sorted(path.name for path in folder.iterdir() if path.suffix == ".0x0" or path.is_dir())
    return [
        (code, "", "", next((f"{NEGATIVE[0]}/{name}" for name in names if name.startswith(code + "-")), ""))
        for code in everything()
    ]


def gaps() -> list[str]:
    """What is built and in no program, or can be misused and in no negative one."""
    built = [*words(), *builtins(), *patterns()]
    lost = [f"{what}: no program" for what, shown, planned, *_ in built if not (shown or planned)]
    lost += [
        f"{what}: no negative program"
        for what, _, planned, *wrong in (*built, *codes())
        if not (all(wrong) or planned or what in HARMLESS)
    ]
    return lost


def _link(path: str) -> str:
    if path == NEVER:
        return path
    return f"[{path.removeprefix('fixtures/')}](../../{path})" if path else NONE


def _table(names: tuple[str, ...], rows: Iterable[Row]) -> str:
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    for what, shown, planned, *wrong in rows:
        cells = ["planned" if planned else _link(shown)] if names[1] == SHOWN else []
        cells += [_link(path) for path in wrong]
        name = what.replace("|", "\\|")
        lines.append("| " + " | ".join((f"`{name}`", *cells)) + " |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """The page: one program each, the first by name."""
    kinds = tuple(f"misused {kind}" for kind in KINDS.values())
    return (
        "# Coverage\n\n*Generated from the grammar and the compiler's tables by `invoke docs`; do not edit.*\n\n"
        "One program for each row, the first by name; others use it too.  A row without any fails a test.\n"
        "A misuse is an error on a line with the word, in a program whose messages a test knows.\n"
        f"\n## Words of the grammar\n\n{_table(('word', SHOWN, 'misused by'), words())}"
        f"\n## Builtins\n\n{_table(('builtin', SHOWN, *kinds), builtins())}"
        f"\n## Patterns\n\nAs [HIR](hir.md) names them.\n\n{_table(('pattern', SHOWN, 'misused by'), patterns())}"
        f"\n## Diagnostics\n\n{_table(('code', 'raised by'), codes())}"
    )
