"""Programs of the corpus with forms swapped: what still checks does things that no generator thought of.

`mutant(seed, sources)` is a text, most often one that does not check.  A mutant may well run for ever; `lanes.py`
gives up on it when the reference does.
"""

from __future__ import annotations

import pathlib
import random

from tests.fuzz.shrink import Tree, at, parse, paths, replaced, text_of

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def sources() -> list[str]:
    """Corpus programs of one file that are quick to run."""
    found = []
    for path in sorted((ROOT / "fixtures/programs").glob("*.0x0")):
        text = path.read_text("utf-8")
        if len(text) < 4000 and "↥" not in text and "write-file" not in text:
            found.append(text)
    return found


def mutant(seed: int, texts: list[str]) -> str:
    r = random.Random(seed)
    forms = parse(r.choice(texts))
    for _ in range(r.choice([1, 1, 2, 3, 4])):
        places = [path for path in paths(forms, ()) if len(path) > 1]
        target, source = r.choice(places), r.choice(places)
        new: list[Tree] = [at(forms, source) or "0"]
        kind = r.random()
        if kind < 0.15:
            new = []
        elif kind < 0.3:
            new = [r.choice(["0", "1", "-1", "true", '""', "0.0", "x", "unit", "9223372036854775807"])]
        forms = replaced(forms, target, new)
    return text_of(forms)
