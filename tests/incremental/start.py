"""The project that histories of edits begin with: a database of ten modules, and beside it what uses packages, the
standard library, features, closures, generic functions and an array, each so that the program runs it.

`text()` gives its files by name; those of the standard library are `std/NAME.0x0`, and lie in the compiler's own tree.
"""

from __future__ import annotations

from tests.conftest import ROOT

MINISQL = ROOT / "fixtures/projects/minisql"
NUMBERS = ROOT / "fixtures/projects/atlas/lib/numbers"

_MANIFEST = "package history\nversion 1.0.0\nfeature extra\ndep numbers lib/numbers\n"
_MAIN = """; What the tour comes to.
(↥ "tour.0x0" tour)

(ƒ shown (∷ (→ I64 Text)) (n)
  (text-cat "the tour: " (show n)))

(ƒ main (_)
  (print (shown (tour.tour 3))))
"""
_TOUR = """; What the database has no use for.
(↥ "std:list" l)
(↥ "std:pair" p)
(↥ "std:option" o)
(↥ "pkg:numbers" n)
(↥ "sums/sums.0x0" sums)
(↦ tour)

(const base I64 12)

(τ (Tree a) Leaf (Node (Tree a) a (Tree a)))

(τ Mood Fine (Tired I64) Away)

(ƒ mood (∷ (→ Mood I64)) (m)
  (match m
    ((Tired n) n)
    (_ 7)))

(ƒ put (∷ (→ I64 (Tree I64) (Tree I64))) (x t)
  (match t
    (Leaf (Node Leaf x Leaf))
    ((Node a y b) (if (< x y) (Node (put x a) y b) (Node a y (put x b))))))

(ƒ walk (∷ (→ (→ a I64) (Tree a) I64)) (f t)
  (match t
    (Leaf 0)
    ((Node a x b) (+ (walk f a) (f x) (walk f b)))))

(ƒ swapped (∷ (→ I64 I64)) (n)
  (. (p.swap (p.Pair 1 n)) first))

(ƒ tour (∷ (→ I64 I64)) (n)
  (+ n
    (walk (λ (x) (* x n)) (put 3 (put 1 (put 2 Leaf))))
    (l.sum (l.map (λ (x) (+ x base)) (list 1 2 n)) 0)
    (o.default (l.find (λ (x) (> x 2)) (list 1 2 3)) 0)
    (n.gcd 12 (swapped n))
    (sums.total n)
    (mood (if (< n 2) Fine (Tired n)))
    ; more
    0))
"""
_SUMS = """(↥ "deep/terms.0x0" terms)
(↦ total)

(ƒ total (∷ (→ I64 I64)) (n)
  (≔ ((a (array 4 n)) (mut s 0))
    (for (i 0 4)
      (set! s (+ s (array-get a i) (terms.term i))))
    (+ s
    ; more
    0)))
"""
_TERMS = """(↦ term)

(ƒ term (∷ (→ I64 I64)) (n)
  (if (< n 0)
    (panic "a term below zero")
    (+ n
    ; more
    1)))
"""


def text(*, database: bool = True) -> dict[str, str]:
    """The files, by name; without the database a build takes a third of the time."""
    files = {"main.0x0": _MAIN}
    if database:
        files = {path.name: path.read_text("utf-8") for path in sorted(MINISQL.glob("*.0x0"))}
        head, body = "(⊙ minisql)\n", "  (≔ ((served "
        files["main.0x0"] = files["main.0x0"].replace(head, f'{head}(↥ "tour.0x0" tour)\n')
        files["main.0x0"] = files["main.0x0"].replace(body, f"  (print (show (tour.tour 3)))\n{body}")
    files |= {"tour.0x0": _TOUR, "sums/sums.0x0": _SUMS, "sums/deep/terms.0x0": _TERMS, "0x0.pkg": _MANIFEST}
    files |= {f"lib/numbers/{path.name}": path.read_text("utf-8") for path in sorted(NUMBERS.iterdir())}
    library = sorted((ROOT / "compiler/std").glob("*.0x0"))
    return files | {f"std/{path.name}": path.read_text("utf-8") for path in library}
