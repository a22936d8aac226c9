"""`zero fuzz`: random programs by every lane, compared; what differs is shrunk and kept.

The generator and the lanes side by side are development tools of the checkout (`tests/fuzz`) and no part of the
compiler: this verb only finds them, says what is missing where they are not, and becomes them.
"""

from __future__ import annotations

import os
import sys

from compiler.cli.options import FLAG, VALUE
from compiler.diagnostics import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.cli.options import Arguments

USAGE = "zero fuzz [--count N] [--seed S] [--out DIR] [--jobs N] [--coverage]"
OPTIONS: dict[str, str | tuple[str, ...]] = {
    "--count": VALUE,
    "--seed": VALUE,
    "--out": VALUE,
    "--jobs": VALUE,
    "--coverage": FLAG,
}
HELP = """
  --count N        how many programs; 1000 without it
  --seed S         of the first program, 0 without it; the next ones count up
  --out DIR        where failures are kept; fixtures/regressions without it
  --jobs N         processes at once; 1 without it
  --coverage       print how often each form, builtin and op was reached

A failure is kept shrunk, with what each lane gave.  Status: 0 when all lanes agree, 1 when one differs.
"""
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run(arguments: Arguments) -> int:
    """Does not return where the tools are found: this process becomes them."""
    if arguments.words:
        raise UsageError(f"fuzz: `{arguments.words[0]}` is too much", USAGE)
    words = []
    for option in OPTIONS:
        if not arguments.has(option):
            continue
        value = arguments.get(option, "")
        words.append(option)
        if OPTIONS[option] == FLAG:
            continue
        if option != "--out" and not (value.isascii() and value.isdigit() and len(value) < 16):
            raise UsageError(f"fuzz: {option} takes a number, not `{value}`", USAGE)
        words.append(os.path.abspath(value) if option == "--out" else value)
    if not os.path.isfile(os.path.join(ROOT, "tests", "fuzz", "__main__.py")):
        raise UsageError("fuzz: the generator is not here", "run it in a checkout of the project")
    # The command itself runs without site packages; the tools need those of the development environment.
    probe = "import sys, importlib.util as u; sys.exit(u.find_spec('hypothesis') is None)"
    if os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", probe]):
        raise UsageError("fuzz: hypothesis is not installed", "`make setup` makes the development environment")
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "tests.fuzz", *words])
