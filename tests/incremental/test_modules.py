"""Modules that join and leave: what is said of all modules is said of the new ones, too."""

from __future__ import annotations

import pathlib

from tests.incremental.project import Project

GROWING = "(⊙ more)\n(ƒ f (∷ (→ I64 a I64)) (n x) (if (= n 0) 0 (f (- n 1) (list x))))\n"


def test_types_that_grow_in_a_module_that_joins(tmp_path: pathlib.Path) -> None:
    project = Project(tmp_path, {"main.0x0": "(⊙ main)\n(ƒ main (_) 1)\n", "more.0x0": GROWING})
    project.build()
    project.edit("main.0x0", "(ƒ main", '(↥ "more.0x0" m)\n(ƒ main')
    assert project.refuse() == ["`f` needs itself here at ever larger types"]
    project.edit("more.0x0", "(list x)", "x")
    project.build()
