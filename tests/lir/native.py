"""Run MIR as a program: lowered, compiled, linked with the real runtime, executed."""

from __future__ import annotations

import pathlib
import subprocess
import tempfile

from compiler.ir.text import parse_module
from compiler.ir.verify import verify as verify_ssa
from compiler.link.link import link
from compiler.lir.lower import lower
from compiler.lir.verify import verify
from compiler.mir.ops import MIR
from compiler.object.archive import Archive
from compiler.object.assemble import assemble
from compiler.targets.x86_64.compile import compile_function
from runtime_c.build import build_freestanding


def program(text: str) -> bytes:
    """The executable of a MIR module's text, checked at every level."""
    module = parse_module(text, MIR)
    assert verify_ssa(module, MIR) == []
    lowered = lower(module)
    assert verify(lowered) == []
    codes = [compile_function(function) for function in lowered.functions.values()]
    archive = Archive(pathlib.Path(build_freestanding()).read_bytes(), "libzr.a")
    return link([assemble(codes, lowered.data, "program", lowered.exported)], archives=[archive])


def run(text: str, *args: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Status, standard output and standard error."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "program")
        path.write_bytes(program(text))
        path.chmod(0o755)
        done = subprocess.run([path, *args], input=stdin, capture_output=True, check=False, timeout=120, env=env)
        return done.returncode, done.stdout.decode(), done.stderr.decode()
