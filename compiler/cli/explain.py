"""`zero explain CODE`: what a diagnostic means, at length."""

from __future__ import annotations

from compiler.cli.options import FLAG
from compiler.cli.streams import out
from compiler.diagnostics import UsageError, meant
from compiler.messages import everything

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cas.faults import Row
    from compiler.cli.options import Arguments
    from compiler.diagnostics import Kind

USAGE = "zero explain CODE…  or  zero explain --list"
OPTIONS = {"--list": FLAG}
HELP = """
  --list  every code with its message; a class alone (PARSE) lists its codes
"""


def run(arguments: Arguments) -> int:
    """0 when every code is known."""
    from compiler.cas.faults import FAULTS
    from compiler.query.faults import FAULTS as QUERIES

    kinds: dict[str, Kind | Row] = {**everything(), **FAULTS, **QUERIES}
    classes = {code.rpartition("-")[0] for code in kinds}
    if arguments.has("--list"):
        if arguments.words:
            raise UsageError("explain: --list takes no code", USAGE)
        out("".join(map(_line, kinds.values())))
        return 0
    if not arguments.words:
        raise UsageError("explain: a code is missing", USAGE)
    texts = []
    for word in arguments.words:
        name = word.upper().strip("[]")
        if name in classes:
            texts.append("".join(_line(kind) for code, kind in kinds.items() if code.rpartition("-")[0] == name))
            continue
        kind = kinds.get(name)
        if kind is None:
            raise UsageError(f"explain: no code `{word}`", meant(name, kinds, "zero explain --list shows all codes"))
        texts.append(f"{kind.code}: {_general(kind.summary)}\n\n{kind.explain}\n")
    out("\n".join(texts))
    return 0


def _line(kind: Kind | Row) -> str:
    return f"{kind.code}  {_general(kind.summary)}\n"


def _general(summary: str) -> str:
    """A message without its facts."""
    import re

    return re.sub(r"\{\w+\}", "…", summary)
