"""Hostile inputs by seed: bytes that nobody meant as a program, and programs that were damaged.

    bytes      any bytes, often no UTF-8
    tokens     words of the language in any order
    shapes     balanced forms of real heads with wrong insides
    damaged    a few forms of the corpus, cut, doubled, spliced, bytes flipped
    swapped    a few forms of the corpus with inner forms in each other's places
    extreme    deep nesting, long lines, huge literals, thousands of definitions

`hostile(seed)` is the same input for ever, as long as the corpus is.  A new kind is a function and a row of `KINDS`.
"""

from __future__ import annotations

import functools
import pathlib
import random
import re
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|;[^\n]*|[()]|[^\s();"]+|\s+')
# One text reads better than a list of a hundred strings.
WORDS = [
    "ƒ",
    "τ",
    "≔",
    "λ",
    "→",
    "∷",
    "↥",
    "↧",
    "⊢",
    "main",
    "type",
    "module",
    "import",
    "export",
    "const",
    "test",
    "extern",
    "cfg",
    "doc",
    "let",
    "fn",
    "if",
    "do",
    "while",
    "for",
    "match",
    "when",
    "or",
    "mut",
    "set!",
    "set-field!",
    ".",
    "with",
    "list",
    "array-of",
    "bytes-of",
    "cons",
    "region",
    "tail",
    "required",
    "pure",
    "io",
    "I64",
    "F64",
    "Bool",
    "Text",
    "Unit",
    "Any",
    "List",
    "Array",
    "Bytes",
    "a",
    "b",
    "x",
    "xs",
    "f",
    "_",
    "_x",
    "Some",
    "None",
    "Ok",
    "Err",
    "true",
    "false",
    "unit",
    "0",
    "1",
    "-1",
    "2.5",
    "-0.0",
    "1e308",
    "1e999",
    "0x",
    "0xff",
    "0b2",
    "1_000",
    "-",
    "+",
    "*",
    "/",
    "%",
    "<",
    "<=",
    "=",
    "!=",
    "and",
    "not",
    "show",
    "print",
    "write",
    "len",
    "nth",
    "head",
    "tail",
    "array",
    "array-get",
    "array-set!",
    "text-cat",
    "text-slice",
    "exit",
    "panic",
    "nan",
]
ODD = [
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "1" * 400,
    "0." + "3" * 400,
    '"\\u{110000}"',
    '"\\u{D800}"',
    '"\\u{}"',
    '"\\q"',
    '"',
    "\x00",
    "\ufeff",
    "\u202e",
    "\r",
    "\t",
    "𝔘",
    "e\u0301",
    "'",
    "`",
    ",@",
    "[",
    "}",
    "#|",
    "a" * 3000,
    ";",
]


@functools.cache
def programs() -> list[str]:
    """Small programs of the corpus, whole."""
    paths = sorted((ROOT / "fixtures/programs").glob("*.0x0"))
    return [text for path in paths if len(text := path.read_text("utf-8")) < 1500]


@functools.cache
def forms() -> list[str]:
    """Top-level forms of the corpus and the negative fixtures, small ones, in order."""
    found: dict[str, None] = {}
    for folder in ("programs", "negative", "workloads"):
        for path in sorted((ROOT / "fixtures" / folder).glob("**/*.0x0")):
            text = path.read_bytes().decode("utf-8", "ignore")
            if len(text) > 20_000:
                continue
            depth, start = 0, 0
            for token in TOKEN.finditer(text):
                if token[0] == "(":
                    start = token.start() if depth == 0 else start
                    depth += 1
                elif token[0] == ")":
                    depth -= 1
                    if depth == 0 and token.end() - start < 1200:
                        found[text[start : token.end()]] = None
    return list(found)


def any_bytes(r: random.Random) -> bytes:
    length = r.choice((0, 1, 2, 3, 8, 30, 100, 300))
    if r.random() < 0.5:
        return r.randbytes(length)
    alphabet = '()"; \n\\λτƒ0x9.e-_a\t'.encode() + b"\xff\xc3\x80\x00\xed\xa0"
    return bytes(r.choices(alphabet, k=length))


def tokens(r: random.Random) -> bytes:
    words = r.choices([*WORDS, "(", "(", "(", ")", ")", ")"], k=r.randint(1, 60))
    for _ in range(r.choice((0, 0, 1, 2))):
        words[r.randrange(len(words))] = r.choice(ODD)
    return " ".join(words).encode("utf-8", "surrogatepass")


def shapes(r: random.Random) -> bytes:
    heads = (
        "ƒ f (a b)",
        "ƒ main (_)",
        "τ T",
        "const c",
        "test",
        "import",
        "module m",
        "export",
        "extern",
        "cfg",
        "doc",
    )

    def form(depth: int) -> str:
        if depth == 0 or r.random() < 0.3:
            return r.choice(ODD) if r.random() < 0.02 else r.choice(WORDS)
        return f"({' '.join([form(depth - 1) for _ in range(r.choice((0, 1, 2, 2, 3, 3, 4)))])})"

    text = "\n".join(
        f"({r.choice(heads)} {' '.join([form(r.randint(1, 5)) for _ in range(r.randint(0, 3))])})"
        for _ in range(r.randint(1, 4))
    )
    return text.encode("utf-8", "surrogatepass")


def whole(pieces: list[str], start: int) -> int:
    """The end of the form or atom at `start`."""
    depth = 0
    for k in range(start, len(pieces)):
        depth += (pieces[k] == "(") - (pieces[k] == ")")
        if depth <= 0:
            return k + 1
    return start + 1


def swapped(r: random.Random) -> bytes:
    """Whole forms in the place of others: it reads, and the checker has to say what is wrong."""
    parts = [r.choice(forms()) for _ in range(r.choice((1, 2, 2, 3)))]
    if r.random() < 0.15:
        parts = [r.choice(programs())]
    pieces = TOKEN.findall("\n".join(parts))
    for _ in range(r.choice((1, 1, 2, 4))):
        places = [k for k, piece in enumerate(pieces) if piece.strip() and piece != ")"]
        if not places:
            break
        to, source = r.choice(places), r.choice(places)
        new = pieces[source : whole(pieces, source)] if r.random() < 0.7 else [r.choice(WORDS)]
        pieces[to : whole(pieces, to)] = new[:400]
    return ("".join(pieces) + ("\n(ƒ main (_) unit)" if r.random() < 0.7 else "")).encode("utf-8", "surrogatepass")


def damaged(r: random.Random) -> bytes:
    parts = [r.choice(forms()) for _ in range(r.choice((1, 1, 2, 3)))]
    pieces = TOKEN.findall("\n".join(parts))
    for _ in range(r.choice((0, 1, 1, 2, 3, 5))):
        if not pieces:
            break
        at, other = r.randrange(len(pieces)), r.randrange(len(pieces))
        kind = r.random()
        if kind < 0.25:
            pieces[at] = pieces[other]
        elif kind < 0.4:
            pieces[at] = r.choice(WORDS)
        elif kind < 0.45:
            pieces[at] = r.choice(ODD)
        elif kind < 0.6:
            del pieces[at]
        elif kind < 0.8:
            first, last = sorted((at, other))
            to = r.randrange(len(pieces))
            pieces[to:to] = pieces[first : min(last, first + 40)]
        else:
            first, last = sorted((at, other))
            del pieces[first : min(last, first + 20)]
    data = bytearray("".join(pieces).encode("utf-8", "surrogatepass"))
    if data and r.random() < 0.2:
        for _ in range(r.randint(1, 4)):
            data[r.randrange(len(data))] = r.randrange(256)
    return bytes(data)


def extreme(r: random.Random) -> bytes:
    n = r.choice((50, 200, 500, 1500))
    return r.choice(
        (
            lambda: "(" * n,
            lambda: ")" * n,
            lambda: "(" * n + ")" * n,
            lambda: f"(ƒ main (_) {'(+ 1 ' * n}1{')' * n})",
            lambda: f"(ƒ main (_) {'(≔ ((x 1)) ' * n}x{')' * n})",
            lambda: f"(ƒ f (x) {'(λ (y) ' * n}x{')' * n})",
            lambda: f"(ƒ f (x) (if {'(if true ' * n}x{' 1 2)' * n} 1 2))",
            lambda: f"(ƒ f (x) (match x ({'(Some ' * n}y{')' * n} 1)))",
            lambda: f"(τ T {'(List ' * n}I64{')' * n})",
            lambda: f"(ƒ f (x) : {'(→ ' * n}I64{' I64)' * n} x)",
            lambda: " " * 20 * n + "(" + ";" * n,
            lambda: '"' + "a\\n" * n + '"',
            lambda: "x" * 10 * n,
            lambda: f"(ƒ main (_) {'9' * n})",
            lambda: "\n".join([f"(ƒ f{k} (x) (f{k + 1} x))" for k in range(n // 5)]),
            lambda: f"(ƒ f ({' '.join([f'a{k}' for k in range(n)])}) 1)",
            lambda: f"(τ T {' '.join([f'(C{k} I64)' for k in range(n // 4)])}) (ƒ f (x) (match x ((C0 _) 1)))",
            lambda: f"(ƒ f (x) (match x {' '.join([f'({k} {k})' for k in range(n)])}))",
            lambda: f"(ƒ main (_) (do {' '.join(['(print q)'] * n)}))",
            lambda: f"(ƒ main (_) {'(f ' * n}",
        )
    )().encode()


KINDS: tuple[tuple[int, Callable[[random.Random], bytes]], ...] = (
    (10, any_bytes),
    (15, tokens),
    (24, shapes),
    (20, damaged),
    (30, swapped),
    (1, extreme),
)


def hostile(seed: int) -> bytes:
    """The input of a seed."""
    r = random.Random(seed)
    (make,) = r.choices([kind for _, kind in KINDS], [weight for weight, _ in KINDS])
    data = make(r)
    if r.random() < 0.1:
        data = data[: r.randint(0, len(data))]
    return data
