"""Run the 0x0 compiler as a program: build a fixture, and find the fixtures.

The compiler is never imported; this is the only file under gates/ that knows its command line.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gates.collect.measure import Cost, run
from gates.collect.samples import ROOT, Unavailable

COMPILER = (sys.executable, "-m", "compiler.cli")


def command(*words: str) -> list[str]:
    return [*COMPILER, *words]


def shown(*words: str) -> str:
    """The command as a person types it."""
    return " ".join(("./zero", *words))


def build(source: Path, out: Path, *flags: str, environment: dict[str, str] | None = None) -> Cost:
    """Build one program, with a cache of its own beside `out`; refuses to go on if the compiler cannot."""
    if not (ROOT / "compiler" / "pipeline.py").exists():
        raise Unavailable("the compiler is not built yet")
    name = str(source.relative_to(ROOT)) if source.is_relative_to(ROOT) else str(source)
    return run(
        command("build", name, "-o", str(out), *flags),
        environment={"ZERO_CACHE": str(out.parent / "cache")} | (environment or {}),
    )


def largest_project() -> Path:
    """The root file of the project with the most source bytes; ties go to the first name.

    One with optional parts is left out: built without its features, its sources say little of what is compiled.
    """
    sizes = []
    for folder in sorted((ROOT / "fixtures" / "projects").glob("*/")):
        root = next((path for path in (folder / "main.0x0", folder / f"{folder.name}.0x0") if path.exists()), None)
        manifest = folder / "0x0.pkg"
        optional = manifest.exists() and "\nfeature " in manifest.read_text("utf-8")
        if root is not None and not optional:
            sizes.append((-sum(file.stat().st_size for file in folder.rglob("*.0x0")), str(root)))
    if not sizes:
        raise Unavailable("fixtures/projects holds no project with a main.0x0")
    return Path(min(sizes)[1])


def modules(root_file: Path) -> list[Path]:
    return sorted(root_file.parent.rglob("*.0x0"))
