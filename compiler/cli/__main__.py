"""`python -m compiler.cli`: the command as a process."""

from __future__ import annotations

import sys

# Some environments forbid bytecode; without it every start would compile the compiler again.
sys.dont_write_bytecode = False

from compiler.cli.main import enter  # noqa: E402

enter()
