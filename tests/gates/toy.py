"""A copy of the toy project, for tests that change it.  Knows the layout of fixtures/gates/base."""

from __future__ import annotations

import shutil
from pathlib import Path

from gates.engine import inputs, negative, run
from gates.engine.project import Project, open_project

ROOT = Path(__file__).resolve().parents[2]


def toy_project(folder: Path) -> Path:
    root = folder / "toy"
    shutil.copytree(ROOT / negative.BASE, root)
    negative.copy_schemas(ROOT, root)
    shutil.copy2(ROOT / "schemas" / "result.json", root / "schemas")
    (root / "pyproject.toml").write_text('[project]\nversion = "1.0"\n', "utf-8")
    return root


def opened(root: Path) -> Project:
    inputs.forget()
    return open_project(root)


def judged(root: Path, **options: object) -> run.Outcome:
    project = opened(root)
    chosen = run.Options(as_of=negative.AS_OF, jobs=1, quiet=True)
    for name, value in options.items():
        chosen = run.Options(**{**{each: getattr(chosen, each) for each in chosen.__slots__}, name: value})
    return run.run(project, project.built(), chosen)


def edit(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {name}"
    (root / name).write_text(text.replace(old, new), "utf-8")
