"""A project of three modules in a folder, with a store: small enough to name all that an edit makes anew.

`Project.build` compares with the whole pipeline each time, and says what was answered anew.
"""

from __future__ import annotations

import os
import pathlib
import shutil

from tests.incremental.histories import compile_whole
from tests.incremental.watched import Watched, build

LOW = """; The lowest module.
(⊙ low)
(↦ Point twice point both noisy limit)

(τ Point (Point (x I64) (y I64)))

(const limit I64 40)

; One more.
(ƒ more (∷ (→ I64 I64)) (n) (+ n 1))
(ƒ twice (∷ (→ I64 I64)) (n)
  (* 2 (more n)))
(ƒ point (∷ (→ I64 Point)) (n)
  (Point n 1))
(ƒ both (∷ (→ a (List a))) (x)
  (list x x))
(ƒ noisy (∷ (→ I64 I64)) (n)
  (/ 12 n))
"""
MIDDLE = """(⊙ middle)
(↥ "low.0x0" low)
(↥ "std:list" l)
(↦ sum wide pairs far other)
(ƒ sum (∷ (→ I64 I64)) (n)
  (+ (low.twice n) low.limit))
(ƒ wide (∷ (→ I64 I64)) (n)
  (. (low.point n) x))
(ƒ pairs (∷ (→ I64 I64)) (n)
  (l.sum (low.both n) 0))
(ƒ far (∷ (→ I64 I64)) (n)
  (low.noisy n))
(ƒ other (∷ (→ I64 I64)) (n)
  (* n 3))
"""
MAIN = """(⊙ top)
(↥ "middle.0x0" m)
(ƒ main (_)
  (print (show (+ (m.sum 1) (m.wide 2) (m.pairs 3) (m.far 4) (m.other 5)))))
"""
START = {"low.0x0": LOW, "middle.0x0": MIDDLE, "main.0x0": MAIN}
AFTER = ("checked", "lowered", "native", "link")


class Project:
    """Files in a folder, and a store."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder / "project"
        self.store = folder / "store"
        self.out = folder / "program"
        self.root = "main.0x0"  # as the command names it
        self.folder.mkdir()
        os.chdir(self.folder)
        for name, text in START.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, "utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text("utf-8")
        assert text.count(old) == 1, old
        self.write(name, text.replace(old, new))

    def forget(self) -> None:
        """Lose the record of the whole build, which would answer before there is a session."""
        shutil.rmtree(self.store / "objects" / "build-record-1")

    def build(self, *features: str) -> dict[str, set[str]]:
        """What a right program's build answers anew of `AFTER`."""
        found = self.all(*features)
        return {kind: found[kind] for kind in AFTER if kind in found}

    def all(self, *features: str) -> dict[str, set[str]]:
        """The same of every kind."""
        on = frozenset(features)
        image, messages, heard = build(self.root, self.out, on, self.store)
        assert (messages, heard) == ([], [])
        assert image == compile_whole(self.root, on)[0]
        assert Watched.last is not None
        assert Watched.last.ended == ""
        return Watched.last.anew()

    def wrong(self) -> set[str]:
        """The codes of a wrong program, which are those of the whole pipeline."""
        _, messages, heard = build(self.root, self.out, frozenset(), self.store)
        assert messages
        assert heard == []
        assert messages == compile_whole(self.root, frozenset())[1]
        return {code for code, *_ in messages}
