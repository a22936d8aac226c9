"""The checker against damaged programs: it reports or accepts, never crashes, and what it accepts is right HIR."""

from __future__ import annotations

import random
import re

import pytest

from compiler.hir.text import parse_program, print_program
from compiler.hir.verify import verify
from tests.conftest import ROOT
from tests.types.checking import run

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|;[^\n]*|[()]|[^\s()";]+|\s+')
WORDS = re.findall(
    r"\S+",
    'if match (list) x unit mut _ Some None 1 2.0 "t" + = show print λ ≔ set! . with set-field! : I64 a (List →'
    " ∷ cons or when for do main ( array-set! (_) Option true",
)
SOURCES = [
    text
    for path in sorted((ROOT / "fixtures/programs").glob("*.0x0"))
    if len(text := path.read_text("utf-8")) < 3000 and "↥" not in text
]


def closing(tokens: list[str], start: int) -> int:
    """The index of the parenthesis that closes the one at `start`."""
    depth = 0
    for k in range(start, len(tokens)):
        depth += (tokens[k] == "(") - (tokens[k] == ")")
        if depth == 0:
            return k
    return start


def damaged(rng: random.Random) -> str:
    tokens = TOKEN.findall(rng.choice(SOURCES))
    for _ in range(rng.randint(1, 3)):
        atoms = [k for k, token in enumerate(tokens) if token.strip() and token not in "()"]
        opens = [k for k, token in enumerate(tokens) if token == "("]
        if not atoms or not opens:
            break
        choice = rng.random()
        if choice < 0.5:
            tokens[rng.choice(atoms)] = rng.choice([*WORDS, tokens[rng.choice(atoms)]])
        else:
            first, second = rng.choice(opens), rng.choice(opens)
            tokens[first : closing(tokens, first) + 1] = tokens[second : closing(tokens, second) + 1]
    return "".join(tokens)


@pytest.mark.parametrize("seed", range(8))
def test_damaged_programs(seed: int) -> None:
    rng = random.Random(seed)
    accepted = 0
    for _ in range(250):
        source = damaged(rng)
        program, sink = run(source)
        for item in sink.items:
            assert item.message
            assert item.help is not None
            assert 0 <= item.start <= item.end <= len(item.file.text)
        places = [(item.file.id, item.start) for item in sink.items]
        assert program is not None or places, source
        if program is not None and not places:
            accepted += 1
            assert verify(program) == [], source
            text = print_program(program)
            assert print_program(parse_program(text)) == text, source
    assert 0 < accepted < 250
