"""Programs of one shape at any size: what the costs of compiling are measured over.

A row of `SHAPES` is a name and a function from a size to the files of a program, whose root is `main.0x0`.  The source
grows in proportion to the size; each program runs and prints a line, so that the lanes can be asked too.  To measure
another shape, add a row.
"""

from __future__ import annotations

from collections.abc import Callable

Files = dict[str, str]
ROOT = "main.0x0"


def one(text: str) -> Files:
    return {ROOT: text}


def arms(patterns: list[str], scrutinee: str, *, prelude: str = "", guards: bool = False, last: str = "") -> Files:
    """A function of one match; an arm gives its number."""
    when = "(when (> k 0)) " if guards else ""
    rows = "\n".join([f"  ({pattern} {when}{number})" for number, pattern in enumerate(patterns)])
    return one(
        f"{prelude}(ƒ f (x k) (match x\n{rows}{last}))\n(ƒ main (_) (print (show (f {scrutinee} 1))))\n",
    )


OTHER = "\n  (_ -1)"


def text_arms(n: int) -> Files:
    return arms([f'"name-{k * 7919 % n}"' for k in range(n)], '"name-1"', last=OTHER)


def integer_arms(n: int) -> Files:
    return arms([str(k * 7919 % n * 11) for k in range(n)], "11", last=OTHER)


def float_arms(n: int) -> Files:
    return arms([f"{k * 7919 % n}.5" for k in range(n)], "1.5", last=OTHER)


def constructors(n: int) -> str:
    return "(τ T\n" + "\n".join([f"  (C{k} I64 Text)" for k in range(n)]) + ")\n"


def tag_arms(n: int) -> Files:
    patterns = [f"(C{k} 1 _)" if k % 2 else f"(C{k} a _)" for k in range(n)]
    return arms(patterns, '(C1 1 "")', prelude=constructors(n), last=OTHER)


def guarded_arms(n: int) -> Files:
    return arms([f'"name-{k}"' for k in range(n)], '"name-1"', guards=True, last=OTHER)


def or_arms(n: int) -> Files:
    """Eight alternatives an arm."""
    patterns = [f"(or {' '.join([str(8 * k + j) for j in range(8)])})" for k in range(n)]
    return arms(patterns, "11", last=OTHER)


def one_or(n: int) -> Files:
    """One arm of n alternatives."""
    return arms([f"(or {' '.join([str(j) for j in range(n)])})"], "11", last=OTHER)


def pair_arms(n: int) -> Files:
    """Two columns: a text each, eight numbers under a text, and a wildcard after them."""
    patterns = [f'(P "name-{k // 8}" {k % 8})' for k in range(n)]
    return arms(patterns, '(P "name-0" 1)', prelude="(τ P (P Text I64))\n", last=OTHER)


def mixed_arms(n: int) -> Files:
    """Numbers with a guarded name after every eighth: what falls through a guard goes on below it."""
    rows = []
    for k in range(n):
        rows.append(f"  ({k} {k})" if k % 8 else f"  (y (when (= k {k})) y)")
    return one(f"(ƒ f (x k) (match x\n{chr(10).join(rows)}{OTHER}))\n(ƒ main (_) (print (show (f 1 1))))\n")


def let_chain(n: int) -> Files:
    lets = "\n".join([f"  (x{k} (+ x{k - 1} {k}))" for k in range(1, n)])
    return one(f"(ƒ f (x0) (≔ (\n{lets})\n  x{n - 1}))\n(ƒ main (_) (print (show (f 1))))\n")


def statements(n: int) -> Files:
    steps = "\n".join([f"  (set! s (+ s (* x {k})))" for k in range(n)])
    return one(f"(ƒ f (x) (≔ ((mut s 0))\n{steps}\n  s))\n(ƒ main (_) (print (show (f 1))))\n")


def prints(n: int) -> Files:
    steps = "\n".join([f'  (print (text-cat "line {k} " (show x)))' for k in range(n)])
    return one(f"(ƒ f (x) (do\n{steps}))\n(ƒ main (_) (f 1))\n")


def branches(n: int) -> Files:
    """Ifs one after another, each changing one of eight variables."""
    names = " ".join([f"(mut v{j} {j})" for j in range(8)])
    steps = "\n".join([f"  (if (> (+ x v{k % 8}) {k}) (set! v{k % 8} (+ v{(k + 1) % 8} {k})) unit)" for k in range(n)])
    return one(f"(ƒ f (x) (≔ ({names})\n{steps}\n  (+ v0 v1 v2 v3 v4 v5 v6 v7)))\n(ƒ main (_) (print (show (f 1))))\n")


def loops(n: int) -> Files:
    steps = "\n".join([f"  (for (i 0 3) (set! s (+ s (* i {k}))))" for k in range(n)])
    return one(f"(ƒ f (x) (≔ ((mut s x))\n{steps}\n  s))\n(ƒ main (_) (print (show (f 1))))\n")


def live_values(n: int) -> Files:
    """All values are alive at once."""
    lets = "\n".join([f"  (x{k} (* y {k + 2}))" for k in range(n)])
    total = " ".join([f"x{k}" for k in range(n)])
    return one(f"(ƒ f (y) (≔ (\n{lets})\n  (+ {total} {total})))\n(ƒ main (_) (print (show (f 1))))\n")


def lambdas(n: int) -> Files:
    lets = "\n".join([f"  (g{k} (λ (a) (+ a x {k})))" for k in range(n)])
    calls = " ".join([f"(g{k} 1)" for k in range(n)])
    return one(f"(ƒ f (x) (≔ (\n{lets})\n  (+ {calls})))\n(ƒ main (_) (print (show (f 1))))\n")


def functions(n: int) -> Files:
    rows = [f"(ƒ f{k} (x) (if (> x {k}) (f{k - 1} (- x 1)) (+ x {k})))" for k in range(1, n)]
    return one("(ƒ f0 (x) (+ x 1))\n" + "\n".join(rows) + f"\n(ƒ main (_) (print (show (f{n - 1} 1))))\n")


def circle(n: int) -> Files:
    """Functions that all call each other in one circle."""
    rows = [f"(ƒ f{k} (x) (if (> x {k}) (f{(k + 1) % n} (- x 1)) (+ x {k})))" for k in range(n)]
    return one("\n".join(rows) + "\n(ƒ main (_) (print (show (f0 1))))\n")


def instances(n: int) -> Files:
    """One generic function at n types."""
    types = "\n".join([f"(τ T{k} (A{k} I64))" for k in range(n)])
    calls = "\n".join([f"  (print (show (same (A{k} 1))))" for k in range(n)])
    return one(f"{types}\n(ƒ same (x) x)\n(ƒ main (_)\n{calls})\n")


def module_chain(n: int) -> Files:
    """Each imports the one before."""
    files = {
        f"m{k}.0x0": f'(↥ "m{k - 1}.0x0" p)\n(ƒ f (∷ (→ I64 I64)) (x) (p.f (+ x {k})))\n(↦ f)\n' for k in range(1, n)
    }
    files["m0.0x0"] = "(ƒ f (∷ (→ I64 I64)) (x) x)\n(↦ f)\n"
    files[ROOT] = f'(↥ "m{n - 1}.0x0" p)\n(ƒ main (_) (print (show (p.f 1))))\n'
    return files


def module_star(n: int) -> Files:
    """One imports all."""
    files = {f"m{k}.0x0": f"(ƒ f (∷ (→ I64 I64)) (x) (+ x {k}))\n(↦ f)\n" for k in range(n)}
    imports = "\n".join([f'(↥ "m{k}.0x0" m{k})' for k in range(n)])
    calls = " ".join([f"(m{k}.f 1)" for k in range(n)])
    files[ROOT] = f"{imports}\n(ƒ main (_) (print (show (+ {calls}))))\n"
    return files


def exports(n: int) -> Files:
    """One module exports n functions, the other uses them all."""
    rows = "\n".join([f"(ƒ f{k} (∷ (→ I64 I64)) (x) (+ x {k}))" for k in range(n)])
    names = " ".join([f"f{k}" for k in range(n)])
    calls = " ".join([f"(m.f{k} 1)" for k in range(n)])
    return {"m.0x0": f"{rows}\n(↦ {names})\n", ROOT: f'(↥ "m.0x0" m)\n(ƒ main (_) (print (show (+ {calls}))))\n'}


def deep_sums(n: int) -> Files:
    return one(f"(ƒ f (x) {'(+ 1 (* x ' * n}x{'))' * n})\n(ƒ main (_) (print (show (f 1))))\n")


def deep_ifs(n: int) -> Files:
    heads = "".join([f"(if (> x {k}) {k} " for k in range(n)])
    return one(f"(ƒ f (x) {heads}x{')' * n})\n(ƒ main (_) (print (show (f 1))))\n")


def deep_matches(n: int) -> Files:
    heads = "".join([f"(match (+ x {k}) (0 {k}) (y{k} " for k in range(n)])
    return one(f"(ƒ f (x) {heads}x{'))' * n})\n(ƒ main (_) (print (show (f 1))))\n")


def deep_lets(n: int) -> Files:
    heads = "\n".join([f"(≔ ((x{k} (+ x{k - 1} 1)))" for k in range(1, n)])
    return one(f"(ƒ f (x0) {heads}\nx{n - 1}{')' * (n - 1)})\n(ƒ main (_) (print (show (f 1))))\n")


def deep_pattern(n: int) -> Files:
    depth = "(S " * n
    return one(
        f"(τ N Z (S N))\n(ƒ f (x) (match x ({depth}Z{')' * n} 1) (_ 0)))\n"
        f"(ƒ main (_) (print (show (f {depth}Z{')' * n}))))\n"
    )


def many_constructors(n: int) -> Files:
    arms = "\n".join([f"  ((C{k} a _) (+ a {k}))" for k in range(n)])
    return one(f'{constructors(n)}(ƒ f (x) (match x\n{arms}))\n(ƒ main (_) (print (show (f (C1 1 "")))))\n')


def many_types(n: int) -> Files:
    types = "\n".join([f"(τ T{k} (A{k} I64) (B{k} (Option T{max(k - 1, 0)})))" for k in range(n)])
    return one(f"{types}\n(ƒ main (_) (print (show (list (B{n - 1} None)))))\n")


def wide_record(n: int) -> Files:
    fields = "\n".join([f"  (f{k} I64)" for k in range(n)])
    values = " ".join([str(k) for k in range(n)])
    reads = " ".join([f"(. r f{k})" for k in range(n)])
    return one(
        f"(τ R (R\n{fields}))\n(ƒ f (∷ (→ R I64)) (r) (+ {reads}))\n(ƒ main (_) (print (show (f (R {values})))))\n"
    )


def long_list(n: int) -> Files:
    return one(f"(ƒ main (_) (print (show (len (list {' '.join([str(k) for k in range(n)])})))))\n")


def text_list(n: int) -> Files:
    words = " ".join([f'"word-{k}"' for k in range(n)])
    return one(f"(ƒ main (_) (print (show (len (list {words})))))\n")


def long_array(n: int) -> Files:
    return one(f"(ƒ main (_) (print (show (array-len (array-of {' '.join([str(k) for k in range(n)])})))))\n")


def long_text(n: int) -> Files:
    """Sixteen bytes a step."""
    return one(f'(ƒ main (_) (print (show (text-len "{"0123456789abcd√" * n}"))))\n')


def comments(n: int) -> Files:
    return one("; a line of words that say nothing\n" * n + '(ƒ main (_) (print "1"))\n')


# fmt: off
SHAPES: dict[str, tuple[Callable[[int], Files], int]] = {  # name -> maker, the largest size measured
    "arms/text": (text_arms, 3200), "arms/integer": (integer_arms, 3200), "arms/float": (float_arms, 3200),
    "arms/tag": (tag_arms, 1600), "arms/guarded": (guarded_arms, 1600), "arms/or": (or_arms, 800),
    "arms/one-or": (one_or, 6400), "arms/pair": (pair_arms, 3200), "arms/mixed": (mixed_arms, 1600),
    "body/let": (let_chain, 3200), "body/do": (statements, 3200), "body/print": (prints, 1600),
    "body/if": (branches, 1600), "body/for": (loops, 800), "body/live": (live_values, 1600),
    "body/lambda": (lambdas, 800),
    "functions/chain": (functions, 1600), "functions/circle": (circle, 1600), "functions/instances": (instances, 800),
    "modules/chain": (module_chain, 3200), "modules/star": (module_star, 800), "modules/exports": (exports, 1600),
    "depth/sum": (deep_sums, 3200), "depth/if": (deep_ifs, 3200), "depth/match": (deep_matches, 1600),
    "depth/let": (deep_lets, 1600), "depth/pattern": (deep_pattern, 3200),
    "types/constructors": (many_constructors, 1600), "types/types": (many_types, 1600),
    "types/record": (wide_record, 1600),
    "literals/list": (long_list, 6400), "literals/texts": (text_list, 6400), "literals/array": (long_array, 6400),
    "literals/text": (long_text, 25600), "literals/comments": (comments, 25600),
}
# fmt: on
