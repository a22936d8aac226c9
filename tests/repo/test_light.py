"""`zero build` starts light: what each import costs is paid by every build."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.repo.tracked import files

HEAVY = {
    *("dataclasses", "typing", "enum", "json", "argparse", "inspect", "subprocess", "pathlib", "hashlib", "tempfile"),
    *(
        "shutil",
        "ast",
        "tokenize",
        "logging",
        "collections",
        "contextlib",
        "random",
        "decimal",
        "fractions",
        "traceback",
    ),
}
HELLO = str(ROOT / "fixtures/programs/hello.0x0")


@pytest.mark.parametrize("level", ["dev", "release"])
@pytest.mark.parametrize("times", [1, 2])
def test_what_a_build_imports(tmp_path: pathlib.Path, level: str, times: int) -> None:
    """The first build compiles, the second finds its result; both as `zero` starts Python."""
    out, cache = str(tmp_path / "out"), str(tmp_path / "cache")
    build = f"main(['build', {HELLO!r}, '-o', {out!r}, '--level', {level!r}])"
    program = (
        f"import os, sys; sys.path.insert(0, {str(ROOT)!r}); os.environ['ZERO_CACHE'] = {cache!r}; "
        "from compiler.cli.main import main; "
        f"status = {build}; sys.exit(status or print(*sorted(sys.modules)))"
    )
    for _ in range(times):
        done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, check=True)
    loaded = set(done.stdout.decode().split())
    # `re` brings some of these itself; it is allowed, since the lexer is made of it.
    bare = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import re, sys; print(*sys.modules)"], capture_output=True, check=True
    )
    assert sorted(loaded & HEAVY - set(bare.stdout.decode().split())) == []
    compiled = {name for name in loaded if name.startswith("compiler.targets")}
    assert bool(compiled) == (times == 1), "with its result at hand, a build loads no back end"
    assert all("passes" not in name for name in loaded) or level == "release"


def test_no_module_of_the_compiler_imports_heavy_things_at_its_top() -> None:
    """Dumps and references may, inside their functions."""
    pattern = re.compile(rf"^(?:import|from) ({'|'.join(sorted(HEAVY - {'collections'}))})\b", re.M)
    found = {
        str(path): pattern.findall((ROOT / path).read_text("utf-8"))
        for path in files("compiler/*.py")
        if path.name not in ("spec.py",)
    }
    assert {path: names for path, names in found.items() if names} == {}
