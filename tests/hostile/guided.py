"""Hostile inputs that follow coverage: `python -m tests.hostile.guided [libFuzzer's options]`, with atheris installed.

    pip install --require-hashes -r requirements-heavy.txt
    python -m tests.hostile.guided -runs=1000000 -seed=1 -max_len=400 build/hostile/corpus

Mutates what reached new code in the front end, beginning with forms of the corpus.  It is no part of `make test`; what
it finds becomes a file in fixtures/hostile.  Knows only `drive.one`; not every Python has an atheris.
"""

from __future__ import annotations

import importlib
import os
import sys

from tests.heavy.results import ROOT

KEPT = ROOT / "build" / "hostile"


def main(arguments: list[str]) -> int:
    try:
        atheris = importlib.import_module("atheris")  # it has no types
    except ImportError:
        print(
            "guided: atheris is not installed: pip install --require-hashes -r requirements-heavy.txt", file=sys.stderr
        )
        return 6
    with atheris.instrument_imports(include=["compiler"]):
        from tests.hostile import drive
    from tests.hostile.inputs import forms

    seeds = KEPT / "corpus"
    if not any(word for word in arguments if not word.startswith("-")):
        arguments = [*arguments, str(seeds)]
        seeds.mkdir(parents=True, exist_ok=True)
        for number, form in enumerate(forms()):
            (seeds / f"form-{number}").write_text(form, "utf-8")
    dictionary = KEPT / "words.dict"
    dictionary.write_text(words(), "utf-8")

    def one(data: bytes) -> None:
        drive.one(data)

    os.chdir(KEPT)  # libFuzzer leaves what it finds where it runs
    atheris.Setup([sys.argv[0], f"-dict={dictionary}", *arguments], one)
    atheris.Fuzz()
    return 0


def words() -> str:
    """The words of the language as libFuzzer's dictionary."""
    from tests.hostile.inputs import WORDS

    spelled = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in WORDS)
    return "".join(f'"{word}"\n' for word in dict.fromkeys(spelled))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
