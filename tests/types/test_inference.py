"""Types of functions without ∷, against the types that the literature and Haskell's Prelude give them."""

from __future__ import annotations

import pytest

from tests.types.checking import MAIN, messages, program, scheme

# name -> (source of a function f, its type).  Where Haskell has the function, the type is Haskell's.
CASES = {
    "id": ("(ƒ f (x) x)", "(→ a a)"),
    "const": ("(ƒ f (x y) x)", "(→ a b a)"),
    "flip": ("(ƒ f (g x y) (g y x))", "(→ (→ a b c) b a c)"),
    "compose": ("(ƒ f (g h) (λ (x) (g (h x))))", "(→ (→ a b) (→ c a) (→ c b))"),
    "s-combinator": ("(ƒ f (x y z) (x z (y z)))", "(→ (→ a b c) (→ a b) a c)"),
    "apply": ("(ƒ f (g x) (g x))", "(→ (→ a b) a b)"),
    "twice": ("(ƒ f (g x) (g (g x)))", "(→ (→ a a) a a)"),
    "map": (
        "(ƒ f (g xs) (match xs ((list) (list)) ((cons x r) (cons (g x) (f g r)))))",
        "(→ (→ a b) (List a) (List b))",
    ),
    "filter": (
        "(ƒ f (p xs) (match xs ((list) xs) ((cons x r) (if (p x) (cons x (f p r)) (f p r)))))",
        "(→ (→ a Bool) (List a) (List a))",
    ),
    "foldr": ("(ƒ f (g z xs) (match xs ((list) z) ((cons x r) (g x (f g z r)))))", "(→ (→ a b b) b (List a) b)"),
    "foldl": ("(ƒ f (g z xs) (match xs ((list) z) ((cons x r) (f g (g z x) r))))", "(→ (→ a b a) a (List b) a)"),
    "zipWith": (
        (
            "(ƒ f (g xs ys) (match xs ((list) (list)) ((cons x r) (match ys ((list) (list)) "
            "((cons y s) (cons (g x y) (f g r s)))))))"
        ),
        "(→ (→ a b c) (List a) (List b) (List c))",
    ),
    "maybe": ("(ƒ f (z g o) (match o (None z) ((Some x) (g x))))", "(→ a (→ b a) (Option b) a)"),
    "either": ("(ƒ f (g h r) (match r ((Ok x) (g x)) ((Err e) (h e))))", "(→ (→ a b) (→ c b) (Result a c) b)"),
    "concat": (
        (
            "(ƒ f (xss) (match xss ((list) (list)) ((cons xs r) (app xs (f r)))))\n"
            "(ƒ app (xs ys) (match xs ((list) ys) ((cons x r) (cons x (app r ys)))))"
        ),
        "(→ (List (List a)) (List a))",
    ),
    "elem": ("(ƒ f (x xs) (match xs ((list) false) ((cons y r) (or (= x y) (f x r)))))", "(→ a (List a) Bool)"),
    "sum": ("(ƒ f (z xs) (match xs ((list) z) ((cons x r) (+ x (f z r)))))", "(→ n (List n) n)"),
    "square": ("(ƒ f (x) (* x x))", "(→ n n)"),
    "compare": ("(ƒ f (x y) (< x y))", "(→ n n Bool)"),
    "numeric-fixed": ("(ƒ f (x) (+ x 1))", "(→ I64 I64)"),
    "numeric-f64": ("(ƒ f (x) (* 0.5 x))", "(→ F64 F64)"),
    "numeric-by-use": ('(ƒ f (x) (text-cat (i64->text (abs x)) ""))', "(→ I64 Text)"),
    "nullary": ("(ƒ f (_) (list))", "(→ Unit (List a))"),
    "ignores": ("(ƒ f (_ x) x)", "(→ a b b)"),
    "empty-body": ("(ƒ f (x))", "(→ a Unit)"),
    "panics": ("(ƒ f (t) (panic t))", "(→ Text a)"),
    "show": ("(ƒ f (x) (show x))", "(→ a Text)"),
    "array": ("(ƒ f (n x) (≔ ((a (array n x))) (array-set! a 0 x) a))", "(→ I64 a (Array a))"),
    "counter": ("(ƒ f (_) (≔ ((mut i 0)) (λ (_) (set! i (+ i 1)) i)))", "(→ Unit (→ a I64))"),
    "builtin-as-value": ("(ƒ f (_) not)", "(→ Unit (→ Bool Bool))"),
    "constructor-as-value": ("(ƒ f (_) Some)", "(→ Unit (→ a (Option a)))"),
    "apply-nullary": ("(ƒ f (g) (g))", "(→ (→ Unit a) a)"),
    "even-odd": (
        "(ƒ f (n) (if (= n 0) true (odd (- n 1))))\n(ƒ odd (n) (if (= n 0) false (f (- n 1))))",
        "(→ I64 Bool)",
    ),
    # Mutual recursion generalizes when the group is done, whatever the order in the file.
    "group": ("(ƒ f (x n) (if (= n 0) x (g x (- n 1))))\n(ƒ g (x n) (f x n))", "(→ a I64 a)"),
    # Used at two types by a function above it.
    "order": ("(ƒ f (x) (pair (id x) (id 1)))\n(ƒ id (x) x)\n(ƒ pair (x y) (list x))", "(→ a (List a))"),
}


@pytest.mark.parametrize("name", CASES)
def test_inferred_type(name: str) -> None:
    source, wanted = CASES[name]
    assert scheme(program(source + MAIN), "main.f") == wanted


DECLARED = {
    "rigid": ("(ƒ f (∷ (→ (→ a b) a b)) (g x) (g x))", "(→ (→ a b) a b)"),
    "narrower-than-inferred": ("(ƒ f (∷ (→ Text Text)) (x) x)", "(→ Text Text)"),
    "numeric-found-in-the-body": ("(ƒ f (∷ (→ a a a)) (x y) (+ x y))", "(→ n n n)"),
    "numeric-through-a-call": ("(ƒ f (∷ (→ a a)) (x) (g x))\n(ƒ g (∷ (→ a a)) (x) (* x x))", "(→ n n)"),
    # Polymorphic recursion, which a ∷ allows; at ever larger types it is refused (test_growth.py).
    "polymorphic-recursion": (
        '(ƒ f (∷ (→ I64 a I64)) (n x) (if (= n 0) 0 (+ (f (- n 1) "t") (f (- n 1) (list 1)))))',
        "(→ I64 a I64)",
    ),
    "variable-in-the-body": ("(ƒ f (∷ (→ a (List a))) (x) (: (list x) (List a)))", "(→ a (List a))"),
    "one-ignored-parameter": ("(ƒ f (∷ (→ I64 Bool)) (_) true)", "(→ I64 Bool)"),
}


@pytest.mark.parametrize("name", DECLARED)
def test_declared_type(name: str) -> None:
    source, wanted = DECLARED[name]
    assert scheme(program(source + MAIN), "main.f") == wanted


# Programs that must pass, and why they could fail.
ACCEPTED = {
    "field type known later": "(τ P (P (x I64)))\n"
    "(ƒ each (g xs) (match xs ((list) 0) ((cons x r) (+ (g x) (each g r)))))\n"
    "(ƒ f (_) (each (λ (p) (. p x)) (list (P 1))))",
    "shadowing a builtin": "(ƒ f (len) (+ len 1))",
    "shadowing list": "(ƒ f (list) (match list ((cons x _) x) (_ 0)))",
    "call of unit function with unit": "(ƒ g (_) 1)\n(ƒ f (_) (+ (g) (g unit)))",
    "unit value to a generic function value": "(ƒ ap (g x) (g x))\n(ƒ g (_) 1)\n(ƒ f (_) (ap g unit))",
    "do drops any value": '(ƒ f (_) (do 1 "a" (list) 2.0))',
    "or-pattern binds through nesting": "(ƒ f (r) (match r ((or (Ok (Some x)) (Err x)) x) ((Ok None) 0)))",
    "guard uses pattern names": "(ƒ f (o) (match o ((Some x) (when (> x 0)) x) (_ 0)))",
    "records update": "(τ P (P (x I64) (mut y F64)))\n"
    "(ƒ f (∷ (→ P P)) (p) (set-field! p y 2.0) (with p (x 1) (y 3.0)))",
    "pure makes and fills": "(ƒ f (cap pure) (n) (≔ ((a (array n 0))) (for (i 0 n) (array-set! a i i)) a))",
    "pure lends its own": "(ƒ fill (a) (for (i 0 (array-len a)) (array-set! a i i)))\n"
    "(ƒ f (cap pure) (n) (≔ ((a (array n 0))) (fill a) a))",
    "pure calls its parameter": '(ƒ f (cap pure) (g x) (g x))\n(ƒ h (cap io) (_) (f print "x"))',
    "pure may panic": '(ƒ f (cap pure) (x) (if (< x 0) (panic "negative") x))',
    "tail in every tail position": "(ƒ f (tail required) (n) (≔ ((m (- n 1))) (do 0 (if (< m 0) true "
    "(and true (or false (match m (0 (f m)) (_ (f m)))))))))",
    "constants of constants": "(const a I64 (+ b 1))\n(const b I64 2)\n"
    "(const c (List (Option I64)) (list (Some a) None))\n"
    "(ƒ f (_) (len c))",
    "captured mut in a loop": "(ƒ f (_) (≔ ((mut fs (list))) (for (i 0 3) (≔ ((mut k i)) "
    "(set! fs (cons (λ (_) (set! k (+ k 1)) k) fs)))) (len fs)))",
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str) -> None:
    program(ACCEPTED[name] + MAIN)


# Programs with several mistakes: every one is reported, at its place, and nothing else.
REJECTED = {
    "three functions": (
        '(ƒ f (x) (+ x "a"))\n(ƒ g (x) (prnt x))\n(ƒ h (_) (if 1 2 3))',
        ["TYPE_CONTRACT-001 1:15", "SEM_UNBOUND-020 2:11", "TYPE_CONTRACT-001 3:14"],
    ),
    "an unknown name spoils nothing": (
        "(ƒ f (x) (≔ ((y (foo x))) (+ y 1) (text-len y) (. y z) (y 1)))",
        ["SEM_UNBOUND-020 1:18"],
    ),
    "a wrong call is not reported by its users": (
        "(ƒ f (x) (print 1 2))\n(ƒ g (_) (+ (f 1) 1))",
        ["TYPE_ARITY-001 1:10"],
    ),
    "a broken type is not reported by its users": (
        "(ƒ f (∷ (→ Txt I64)) (t) (text-len t))\n(ƒ g (_) (f 3))",
        ["SEM_UNBOUND-021 1:12"],
    ),
    "arguments of an unknown function are looked at": (
        '(ƒ f (_) (foo (+ 1 "a")))',
        ["SEM_UNBOUND-020 1:11", "TYPE_CONTRACT-001 1:20"],
    ),
    "both branches": ("(ƒ f (b) (if b (+ 1 2.0) (shl 3 true)))", ["TYPE_CONTRACT-001 1:21", "TYPE_CONTRACT-001 1:33"]),
    "function in a record is not comparable": (
        "(τ P (P (g (→ I64 I64))))\n(ƒ f (∷ (→ P Bool)) (p) (= p p))",
        ["TYPE_CONTRACT-004 2:25"],
    ),
    "comparison demand through two functions": (
        "(ƒ a (x) (= x x))\n(ƒ b (x) (a (list x)))\n(ƒ c (_) (b print))",
        ["TYPE_CONTRACT-004 3:10"],
    ),
    "number demand through a declared function": (
        '(ƒ c (_) (b "x"))\n(ƒ b (∷ (→ a a)) (x) (a x))\n(ƒ a (∷ (→ a a)) (x) (+ x x))',
        ["TYPE_CONTRACT-008 1:10"],
    ),
    "set in a lambda of an immutable": ("(ƒ f (_) (≔ ((x 1)) (λ (_) (set! x 2))))", ["SEM_MUTABILITY-001 1:34"]),
    "lambda bodies count where they are made": (
        "(ƒ f (cap pure) (_) (λ (x) (print x)))",
        ["TYPE_EFFECT-001 1:28"],
    ),
    "a type that contains itself": ("(ƒ f (x) (x x))", ["TYPE_CONTRACT-002 1:13"]),
    "captured parameter store": (
        "(ƒ f (cap pure) (a) (λ (i) (array-set! a i 0)))",
        ["TYPE_EFFECT-002 1:28"],
    ),
    "own array of others' arrays may not be lent": (
        "(ƒ fill (aa) (array-set! (array-get aa 0) 0 1))\n(ƒ f (cap pure) (b) (≔ ((aa (array 1 b))) (fill aa)))",
        ["TYPE_EFFECT-001 2:43"],
    ),
    "declared without store is believed, pure is not": (
        "(ƒ g (cap time) (a) (array-set! a 0 1))\n(ƒ f (cap pure) (a) (g a))",
        ["TYPE_EFFECT-001 2:21"],
    ),
    "main in another module is an ordinary function": ("(ƒ main (x) (text-cat x x))", ["TYPE_CONTRACT-007 1:4"]),
}


@pytest.mark.parametrize("name", REJECTED)
def test_rejected(name: str) -> None:
    source, wanted = REJECTED[name]
    tail = "" if "(ƒ main" in source else MAIN
    assert messages(source + tail) == wanted


def test_modules_keep_their_names_apart() -> None:
    p = program(
        '(↥ "a.0x0" a)\n(↥ "b.0x0")\n(ƒ f (p) (a.get (a.Box p)))\n(ƒ main (_) (+ (f 1) (get 2)))',
        "(⊙ lib)\n(↦ get Box)\n(τ (Box x) (Box x))\n(ƒ get (∷ (→ (Box x) x)) (b) (match b ((Box x) x)))",
        "(⊙ lib)\n(ƒ get (x) (+ x 1))",
    )
    assert [f.name for f in p.functions if f.name.endswith(".get")] == ["lib.get", "lib.2.get"]
    assert scheme(p, "main.f") == "(→ a a)"


def test_capabilities_are_inferred_over_the_call_graph() -> None:
    p = program(
        "(ƒ a (x) (b x))\n(ƒ b (x) (if (= x 0) unit (c x)))\n(ƒ c (x) (print (show x)) (a (- x 1)))\n"
        "(ƒ d (xs) (array-set! xs 0 (now-ns)))\n(ƒ e (x) (* x x))\n(ƒ g (cap io file) (x) (e x))\n(ƒ main (_) (a 3))\n"
        "(ƒ fill (xs) (array-set! xs 0 1))\n(ƒ h (_) (≔ ((xs (array 1 0))) (fill xs) xs))"
    )
    caps = {f.name.removeprefix("main."): sorted(f.caps) for f in p.functions}
    assert caps["a"] == caps["b"] == caps["c"] == caps["main"] == ["io"]
    assert caps["d"] == ["store", "time"]
    assert caps["h"] == []  # it lends its own array only
    assert caps["e"] == []
    assert caps["g"] == ["file", "io"]


def test_nesting_to_the_reader_s_limit() -> None:
    depth = 9_900
    shapes = [
        "(+ 1 " * depth + "1" + ")" * depth,
        "(≔ ((x 1)) " * depth + "x" + ")" * depth,
        "(if true 1 " * depth + "1" + ")" * depth,
        "(match (list 1) (" + "(cons 1 " * depth + "_" + ")" * depth + " 1) (_ 0))",
    ]
    for shape in shapes:
        program(f"(ƒ main (_) {shape})")


def test_types_are_solved_and_captures_marked() -> None:
    p = program("(ƒ f (_) (≔ ((mut i 0) (j 1)) (≔ ((g (λ (x) (λ (y) (set! i (+ j y)) x)))) ((g 1) 2) i)))" + MAIN)
    f = p.functions[0]
    by_name = {local.name: local for local in f.locals}
    assert by_name["i"].cell
    assert not by_name["j"].cell
    assert min(f.body.type) >= 0
    captured = [[f.locals[k].name for k in row.captures] for row in f.lambdas]
    assert [sorted(names) for names in captured] == [["i", "j", "x"], ["i", "j"]]
